// thread: feed
import { randomBytes } from "node:crypto";
import { mkdirSync, realpathSync } from "node:fs";
import { lstat, realpath } from "node:fs/promises";
import { basename, dirname, join, sep } from "node:path";
import { HostError } from "../../shared/errors.js";
import { ApiError } from "../api-error.js";

/** Longest name of a file or folder, in bytes, on the file systems that we run on. */
const MAX_NAME_BYTES = 255;
const MAX_PATH_BYTES = 3000;
/** Names of this beginning are unfinished files of ours: never listed, never served. */
export const UNFINISHED = ".steadyhand-unfinished-";
/** Tells this run's unfinished files from those that an earlier run has left behind. */
const OURS = `${UNFINISHED}${randomBytes(4).toString("hex")}-`;

/** A name for a file that is being written. */
export const unfinishedName = (): string => `${OURS}${randomBytes(8).toString("hex")}`;

/** Whether a name is that of a file that nobody will finish any more. */
export const isLeftOver = (name: string): boolean => name.startsWith(UNFINISHED) && !name.startsWith(OURS);

/** A folder that is served under a name. */
export interface Root {
  readonly name: string;
  /** Absolute, without links. */
  readonly folder: string;
  readonly permissions: "r" | "rw";
}

/** A place below a root; whether there is anything is not said. */
export interface Place {
  readonly root: Root;
  /** Path below the root, with slashes; empty for the root itself. */
  readonly path: string;
  readonly absolute: string;
}

/** Whether `path` is `folder` or below it. Both absolute and without links. */
export const isBelow = (path: string, folder: string): boolean =>
  path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);

/** Refuses names that leave a folder, or that no file system keeps as they are. */
export function checkPath(path: string): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for.
  if (/[\u0000-\u001f\u007f\\]/.test(path))
    throw new ApiError(400, "a path may not hold control characters or backslashes");
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) throw new ApiError(400, "the path is too long");
  for (const part of path.split("/")) {
    if (part === "." || part === "..") throw new ApiError(403, "a path may not leave its folder");
    if (Buffer.byteLength(part) > MAX_NAME_BYTES) {
      throw new ApiError(400, `a name may have ${MAX_NAME_BYTES} bytes: '${part.slice(0, 40)}...' is longer`);
    }
    if (part.startsWith(UNFINISHED)) throw new ApiError(403, "this name is reserved");
  }
}

/** The folders that are served. */
export class Roots {
  readonly #roots = new Map<string, Root>();

  /** Makes folders that are missing. Throws `FEED_FOLDER` for one that cannot be used. */
  constructor(roots: readonly { readonly name: string; readonly folder: string; readonly permissions: "r" | "rw" }[]) {
    for (const { name, folder, permissions } of roots) {
      this.#roots.set(name, { name, folder: prepare(folder), permissions });
    }
  }

  get all(): readonly Root[] {
    return [...this.#roots.values()];
  }

  get(name: string): Root {
    const root = this.#roots.get(name);
    if (root === undefined) throw new ApiError(400, `there is no root '${name}'`);
    return root;
  }

  /** The place that a path such as `gcodes/sub/a.gcode` means. 400 or 403 when it means none of ours. */
  async locate(path: string): Promise<Place> {
    const trimmed = path.replace(/^\/+|\/+$/g, "");
    const slash = trimmed.indexOf("/");
    const name = slash < 0 ? trimmed : trimmed.slice(0, slash);
    return await this.below(this.get(name), slash < 0 ? "" : trimmed.slice(slash + 1));
  }

  /** The place at `path` below a root. No link may lead out of the root. */
  async below(root: Root, path: string): Promise<Place> {
    const clean = path.replace(/\/{2,}/g, "/").replace(/^\/|\/$/g, "");
    checkPath(clean);
    const absolute = join(root.folder, clean);
    if (!isBelow(await resolved(absolute), root.folder)) throw new ApiError(403, "this path leads out of its folder");
    return { root, path: clean, absolute };
  }

  /** A place that may be written to. 400 when its root is only for reading. */
  requireWritable(place: Place): void {
    if (place.root.permissions !== "rw") throw new ApiError(400, `the root '${place.root.name}' is read-only`);
    if (place.path === "") throw new ApiError(400, `the root '${place.root.name}' itself cannot be changed`);
  }
}

/** The real path behind `path`; parts that do not exist yet stay as they are. */
async function resolved(path: string): Promise<string> {
  const missing: string[] = [];
  for (let at = path; ; at = dirname(at)) {
    try {
      return join(await realpath(at), ...missing);
    } catch (error) {
      const code = error instanceof Error && "code" in error ? error.code : undefined;
      // A link to nowhere, or a link that goes in circles, is not followed to wherever it may lead one day.
      if (code !== "ENOENT" && code !== "ENOTDIR") throw new ApiError(403, "this path cannot be followed");
      if (code === "ENOENT" && (await isDanglingLink(at))) throw new ApiError(403, "this path leads out of its folder");
      if (at === dirname(at)) return path;
      missing.unshift(basename(at));
    }
  }
}

async function isDanglingLink(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isSymbolicLink();
  } catch {
    return false;
  }
}

function prepare(folder: string): string {
  try {
    mkdirSync(folder, { recursive: true });
    return realpathSync(folder);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new HostError("FEED_FOLDER", `cannot use the folder '${folder}': ${reason}`, {
      details: { path: folder, reason },
      fix: "make the folder, or let the user that runs this program write to it.",
      cause: error,
    });
  }
}
