// thread: host
import { readdir, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { join, relative, resolve, sep } from "node:path";
import { HostError } from "../shared/errors.js";

/** A file of G-code in the folder. */
export interface ListedFile {
  /** Path below the folder, with slashes. */
  readonly name: string;
  readonly size: number;
}

const EXTENSIONS = [".gcode", ".g", ".gco", ".gc", ".gcode.gz"];
/** Folders inside folders: deeper ones are not looked into. */
const DEEPEST = 12;

/** A path as the owner wrote it: `~` is the home folder. */
export function expandHome(path: string): string {
  return path === "~" || path.startsWith("~/") ? join(homedir(), path.slice(1)) : path;
}

/** The folder that print files are in. */
export class JobFolder {
  readonly path: string;

  constructor(path: string) {
    this.path = resolve(expandHome(path));
  }

  /** Every file of G-code in it and its folders, by name; empty when there is no such folder. */
  async list(): Promise<readonly ListedFile[]> {
    const found: ListedFile[] = [];
    await this.#collect(this.path, 0, found);
    return found.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /**
   * The path of a file by its name below the folder, with or without a slash in front; when there is none of exactly that
   * name, one that differs in its case only. Throws FILE_UNREADABLE for a name that leads out of the folder.
   */
  async find(name: string): Promise<string> {
    const wanted = name.replace(/^[/\\]+/, "");
    const path = resolve(this.path, wanted);
    if (wanted === "" || !path.startsWith(this.path + sep)) {
      throw new HostError("FILE_UNREADABLE", `'${name}' cannot be printed: it is not in the folder of print files`, {
        details: { path: name, reason: "it is outside" },
        fix: `choose a file below ${this.path}, or change 'path' of [virtual_sdcard]`,
      });
    }
    if (await exists(path)) return path;
    const lower = wanted.toLowerCase();
    const similar = (await this.list()).find((file) => file.name.toLowerCase() === lower);
    return similar === undefined ? path : join(this.path, similar.name);
  }

  /** The name of a path below the folder. */
  nameOf(path: string): string {
    return relative(this.path, path).split(sep).join("/");
  }

  async #collect(folder: string, depth: number, found: ListedFile[]): Promise<void> {
    if (depth > DEEPEST) return;
    // A folder that is gone or forbidden has no files for us.
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      if (entry.name.startsWith(".")) continue;
      const path = join(folder, entry.name);
      if (entry.isDirectory()) await this.#collect(path, depth + 1, found);
      else if (EXTENSIONS.some((extension) => entry.name.toLowerCase().endsWith(extension))) {
        const { size } = await stat(path).catch(() => ({ size: 0 }));
        found.push({ name: this.nameOf(path), size });
      }
    }
  }
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}
