// thread: feed
import type { Stats } from "node:fs";
import { cp, mkdir, rename, rm, rmdir, stat, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { ApiError } from "../api-error.js";
import { changeOf, type FileChange, type FileEvents, goneItem, itemOf } from "./file-events.js";
import { fsCode, fsError } from "./fs-error.js";
import { isGcode, type MetadataStore } from "./metadata/metadata-store.js";
import type { Scan } from "./metadata/scanner.js";
import { isBelow, type Place, type Roots } from "./roots.js";
import { syncFolder, type UnfinishedFile } from "./unfinished-file.js";

const GCODES = "gcodes";

/** Keeps what the watcher of the folders knows in step with what we do ourselves, so that nothing is told twice. */
export interface KnownFiles {
  /** Takes over the present state at a path, whatever it is, without telling anybody. */
  absorb(rootName: string, path: string): Promise<void>;
}

export interface FileManagerParts {
  readonly roots: Roots;
  readonly metadata: MetadataStore;
  readonly events: FileEvents;
  readonly known: KnownFiles;
  /** Paths below the G-code root that are being printed, or about to be. */
  readonly inPrint: () => readonly string[];
}

/** Changes files and folders below the roots. Files that are being printed are left alone. */
export class FileManager {
  readonly #parts: FileManagerParts;

  constructor(parts: FileManagerParts) {
    this.#parts = parts;
  }

  get roots(): Roots {
    return this.#parts.roots;
  }

  async createFolder(path: string): Promise<FileChange> {
    const place = await this.#writable(path);
    try {
      await mkdir(place.absolute);
    } catch (error) {
      throw fsError(error, "make the folder", path);
    }
    await this.#absorb(place);
    return this.#tell(changeOf("create_dir", await itemOf(place.root, place.path)));
  }

  async deleteFolder(path: string, force: boolean): Promise<FileChange> {
    const place = await this.#writable(path);
    if (!(await statOf(place, path)).isDirectory()) throw new ApiError(400, `'${path}' is no folder`);
    this.requireFree(place);
    try {
      if (force) await rm(place.absolute, { recursive: true });
      else await rmdir(place.absolute);
    } catch (error) {
      throw fsError(error, "delete", path);
    }
    await this.#absorb(place);
    if (place.root.name === GCODES) await this.#parts.metadata.forgetBelow(place.path);
    return this.#tell(changeOf("delete_dir", goneItem(place.root, place.path)));
  }

  async deleteFile(path: string): Promise<FileChange> {
    const place = await this.#writable(path);
    if ((await statOf(place, path)).isDirectory()) throw new ApiError(400, `'${path}' is a folder`);
    this.requireFree(place);
    try {
      await unlink(place.absolute);
    } catch (error) {
      throw fsError(error, "delete", path);
    }
    await this.#absorb(place);
    if (place.root.name === GCODES) await this.#parts.metadata.forget(place.path);
    return this.#tell(changeOf("delete_file", goneItem(place.root, place.path)));
  }

  async move(from: string, to: string): Promise<FileChange> {
    const source = await this.#writable(from);
    const stats = await statOf(source, from);
    const target = await this.#target(to, source, stats);
    this.requireFree(source);
    this.requireFree(target);
    try {
      await moveAcross(source.absolute, target.absolute);
    } catch (error) {
      throw fsError(error, "move", from);
    }
    await this.#absorb(source);
    await this.#absorb(target);
    await this.#moveMetadata(source, target, stats.isDirectory());
    const action = stats.isDirectory() ? "move_dir" : "move_file";
    return this.#tell(changeOf(action, await itemOf(target.root, target.path), source));
  }

  async copy(from: string, to: string): Promise<FileChange> {
    const source = await this.#parts.roots.locate(from);
    const stats = await statOf(source, from);
    const target = await this.#target(to, source, stats);
    this.requireFree(target);
    const replaces = await exists(target.absolute);
    try {
      await cp(source.absolute, target.absolute, { recursive: true, errorOnExist: false, force: true });
      await syncFolder(dirname(target.absolute));
    } catch (error) {
      throw fsError(error, "copy", from);
    }
    await this.#absorb(target);
    if (!stats.isDirectory()) await this.#scanned(target);
    const action = stats.isDirectory() ? "create_dir" : replaces ? "modify_file" : "create_file";
    return this.#tell(changeOf(action, await itemOf(target.root, target.path)));
  }

  /** Gives a file that was written elsewhere its place, with what a scan on the way has found. */
  async place(file: UnfinishedFile, target: Place, scan: Scan | undefined): Promise<FileChange> {
    this.requireFree(target);
    const replaces = await exists(target.absolute);
    try {
      if (replaces && (await stat(target.absolute)).isDirectory()) {
        throw new ApiError(400, `'${target.path}' is a folder`);
      }
      await file.moveTo(target.absolute);
    } catch (error) {
      throw fsError(error, "write", target.path);
    }
    await this.#absorb(target);
    if (scan !== undefined && target.root.name === GCODES) await this.#parts.metadata.keep(target.path, scan);
    const item = await itemOf(target.root, target.path);
    this.#tell(changeOf(replaces ? "modify_file" : "create_file", item));
    return changeOf("create_file", item);
  }

  /** Tells about a file that was written in its place by other means. */
  async announce(target: Place): Promise<void> {
    await this.#absorb(target);
    this.#tell(changeOf("create_file", await itemOf(target.root, target.path)));
  }

  /** Makes the folders that lead to a place. */
  async prepareFolder(target: Place): Promise<void> {
    const folder = dirname(target.absolute);
    try {
      const made = await mkdir(folder, { recursive: true });
      if (made === undefined) return;
      const path = made.slice(target.root.folder.length + 1);
      await this.#parts.known.absorb(target.root.name, path);
      this.#tell(changeOf("create_dir", await itemOf(target.root, path)));
    } catch (error) {
      throw fsError(error, "make the folder for", target.path);
    }
  }

  /** Refuses a place that is being printed, or a folder that holds such a file. */
  requireFree(place: Place): void {
    if (place.root.name !== GCODES) return;
    for (const path of this.#parts.inPrint()) {
      if (path === place.path || path.startsWith(`${place.path}/`)) {
        throw new ApiError(403, `'${path}' is being printed: it cannot be changed now`);
      }
    }
  }

  async #writable(path: string): Promise<Place> {
    const place = await this.#parts.roots.locate(path);
    this.#parts.roots.requireWritable(place);
    return place;
  }

  /** Where something goes: into the target when that is a folder, else in its place. */
  async #target(to: string, source: Place, stats: Stats): Promise<Place> {
    let target = await this.#parts.roots.locate(to);
    if (target.path === "" || (await isFolder(target.absolute))) {
      target = await this.#parts.roots.locate(join(to, basename(source.path)));
    }
    this.#parts.roots.requireWritable(target);
    if (target.absolute === source.absolute) throw new ApiError(400, "source and destination are the same");
    if (stats.isDirectory() && isBelow(target.absolute, source.absolute)) {
      throw new ApiError(400, "a folder cannot go into itself");
    }
    if (!stats.isDirectory() && (await isFolder(target.absolute))) {
      throw new ApiError(400, `'${target.path}' is a folder`);
    }
    return target;
  }

  async #moveMetadata(source: Place, target: Place, folder: boolean): Promise<void> {
    const { metadata } = this.#parts;
    const [fromGcodes, toGcodes] = [source.root.name === GCODES, target.root.name === GCODES];
    if (fromGcodes && toGcodes) {
      if (folder) await metadata.moveBelow(source.path, target.path);
      else await metadata.move(source.path, target.path);
    } else if (fromGcodes) {
      if (folder) await metadata.forgetBelow(source.path);
      else await metadata.forget(source.path);
    } else if (toGcodes && !folder) {
      await this.#scanned(target);
    }
  }

  async #scanned(target: Place): Promise<void> {
    if (target.root.name === GCODES && isGcode(target.path)) await this.#parts.metadata.scan(target.path);
  }

  async #absorb(place: Place): Promise<void> {
    await this.#parts.known.absorb(place.root.name, place.path);
  }

  #tell(change: FileChange): FileChange {
    this.#parts.events.tell(change);
    return change;
  }
}

async function statOf(place: Place, path: string): Promise<Stats> {
  try {
    return await stat(place.absolute);
  } catch (error) {
    throw fsError(error, "use", path);
  }
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch {
    return false;
  }
}

async function moveAcross(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
    await syncFolder(dirname(to));
  } catch (error) {
    if (fsCode(error) !== "EXDEV") throw error;
    await cp(from, to, { recursive: true, force: true });
    await syncFolder(dirname(to));
    await rm(from, { recursive: true });
  }
}
