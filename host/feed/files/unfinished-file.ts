// thread: feed
import { copyFile, type FileHandle, open, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fsCode } from "./fs-error.js";
import { unfinishedName } from "./roots.js";

/** Waiting bytes at which the sender is to pause, and at which it may go on. */
const HIGH_WATER = 4 * 1024 * 1024;
const LOW_WATER = 1024 * 1024;

/** How content gets to the disk; another one only in tests. */
export interface Disk {
  open(path: string): Promise<Pick<FileHandle, "write" | "sync" | "close">>;
}

const REAL_DISK: Disk = { open: (path) => open(path, "wx", 0o644) };

/**
 * A file that is being written, under a name that nobody sees, until it is complete and gets its place in one step. If
 * anything fails, or the program ends, nothing is left in the place.
 */
export class UnfinishedFile {
  readonly path: string;
  readonly #opened: Promise<Pick<FileHandle, "write" | "sync" | "close">>;
  readonly #queue: Buffer[] = [];
  readonly #drained: () => void;
  #waiting = 0;
  #writing: Promise<void> | undefined;
  #error: unknown;
  #discarded = false;

  /** Begins a file in `folder`, which exists. `drained` is called when the sender may go on. */
  constructor(folder: string, drained: () => void, disk: Disk = REAL_DISK) {
    this.path = join(folder, unfinishedName());
    this.#drained = drained;
    this.#opened = disk.open(this.path);
    this.#opened.catch((error: unknown) => {
      this.#error ??= error;
    });
  }

  /** Takes a piece, which must not change any more. False when the sender is to pause. */
  write(bytes: Buffer): boolean {
    if (this.#error !== undefined || this.#discarded) return true;
    this.#queue.push(bytes);
    this.#waiting += bytes.byteLength;
    this.#writing ??= this.#drain();
    return this.#waiting < HIGH_WATER;
  }

  /** The first failure so far. */
  get failure(): unknown {
    return this.#error;
  }

  /** Writes what is waiting and makes sure that it is on the disk. Rejects with the first failure. */
  async finish(): Promise<void> {
    await this.#writing;
    const file = await this.#opened;
    if (this.#error === undefined) await file.sync();
    await file.close();
    if (this.#error !== undefined) throw this.#error;
  }

  /** Gives the finished file its place; what was there before is replaced in one step. */
  async moveTo(target: string): Promise<void> {
    try {
      await rename(this.path, target);
    } catch (error) {
      if (fsCode(error) !== "EXDEV") throw error;
      await this.#copyTo(target);
    }
    await syncFolder(dirname(target));
  }

  /** Removes the file, in whatever state it is. */
  async discard(): Promise<void> {
    this.#discarded = true;
    this.#queue.length = 0;
    try {
      await this.#writing;
      const file = await this.#opened;
      await file.close();
    } catch {
      // Closed already, or never opened.
    }
    await rm(this.path, { force: true });
  }

  /** The place is on another disk: first to a hidden name there. */
  async #copyTo(target: string): Promise<void> {
    const near = join(dirname(target), unfinishedName());
    try {
      await copyFile(this.path, near);
      const copy = await open(near, "r+");
      await copy.sync();
      await copy.close();
      await rename(near, target);
      await rm(this.path, { force: true });
    } catch (error) {
      await rm(near, { force: true });
      throw error;
    }
  }

  async #drain(): Promise<void> {
    let wasFull = false;
    try {
      const file = await this.#opened;
      for (let bytes = this.#queue.shift(); bytes !== undefined; bytes = this.#queue.shift()) {
        for (let at = 0; at < bytes.byteLength; ) {
          const { bytesWritten } = await file.write(bytes, at, bytes.byteLength - at);
          at += bytesWritten;
        }
        wasFull ||= this.#waiting >= HIGH_WATER;
        this.#waiting -= bytes.byteLength;
        if (wasFull && this.#waiting < LOW_WATER) {
          wasFull = false;
          this.#drained();
        }
      }
    } catch (error) {
      this.#error ??= error;
      this.#queue.length = 0;
      this.#drained();
    } finally {
      this.#writing = undefined;
    }
  }
}

/** Makes a change of names in a folder survive a power cut. Not every file system lets us. */
export async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, "r");
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch {
    // The content itself is safe already.
  }
}
