// thread: host
import { closeSync, createWriteStream, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { finished } from "node:stream/promises";
import { createGzip, type Gzip } from "node:zlib";

/** A file that appears under its name when it is complete. */
interface CommandFile {
  write(piece: Uint8Array): void;
  /** Waits until everything is written; gives the file its name. */
  finish(): Promise<void>;
  /** Removes what was written. */
  discard(): void;
}

const partOf = (path: string): string => `${path}.part`;

class PlainFile implements CommandFile {
  readonly #path: string;
  readonly #fd: number;

  constructor(path: string) {
    this.#path = path;
    this.#fd = openSync(partOf(path), "w");
  }

  write(piece: Uint8Array): void {
    for (let at = 0; at < piece.length; ) at += writeSync(this.#fd, piece, at);
  }

  finish(): Promise<void> {
    closeSync(this.#fd);
    renameSync(partOf(this.#path), this.#path);
    return Promise.resolve();
  }

  discard(): void {
    closeSync(this.#fd);
    rmSync(partOf(this.#path), { force: true });
  }
}

class GzipFile implements CommandFile {
  readonly #path: string;
  readonly #gzip: Gzip = createGzip();
  readonly #done: Promise<void>;

  constructor(path: string) {
    this.#path = path;
    const file = createWriteStream(partOf(path));
    this.#gzip.pipe(file);
    this.#done = finished(file);
    // Told when it is finished; nobody may be waiting yet.
    this.#done.catch(() => undefined);
  }

  write(piece: Uint8Array): void {
    this.#gzip.write(Buffer.from(piece));
  }

  async finish(): Promise<void> {
    this.#gzip.end();
    await this.#done;
    renameSync(partOf(this.#path), this.#path);
  }

  discard(): void {
    this.#gzip.destroy();
    rmSync(partOf(this.#path), { force: true });
  }
}

/**
 * The files that `compile` writes: the main board's under the name given, those of others under that name and theirs.
 * Compressed when a name ends in `.gz`. None appears before all are complete.
 */
export class CommandFiles {
  readonly #path: string;
  readonly #files: CommandFile[] = [];

  constructor(path: string) {
    this.#path = path;
  }

  /** The file of a board. Throws what the file system says. */
  open(board: string): (piece: Uint8Array) => void {
    const path = board === "mcu" ? this.#path : `${this.#path}.${board}`;
    const file = path.endsWith(".gz") ? new GzipFile(path) : new PlainFile(path);
    this.#files.push(file);
    return (piece) => file.write(piece);
  }

  async finish(): Promise<void> {
    for (const file of this.#files) await file.finish();
  }

  discard(): void {
    for (const file of this.#files) file.discard();
  }
}
