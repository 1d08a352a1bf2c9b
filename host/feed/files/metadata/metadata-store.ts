// thread: feed
import { randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import { isRecord } from "../../json-value.js";
import type { Storage, Table } from "../../storage.js";
import type { Root } from "../roots.js";
import type { Metadata, Thumbnail } from "./metadata.js";
import { GcodeScanner, type Scan } from "./scanner.js";
import { readFacts, readProcessors } from "./slicers.js";
import { findPictures } from "./thumbnails.js";

const READ_BYTES = 256 * 1024;
const THUMBS = ".thumbs";
const GCODE = new Set([".gcode", ".g", ".gco", ".nc"]);

/** Whether a file's name says that it is G-code. */
export const isGcode = (path: string): boolean => GCODE.has(extname(path).toLowerCase());

function decodeMetadata(value: unknown): Metadata | undefined {
  if (!isRecord(value)) return undefined;
  const { size, modified, thumbnails } = value;
  const isOne = typeof size === "number" && typeof modified === "number" && Array.isArray(thumbnails);
  return isOne ? (value as unknown as Metadata) : undefined;
}

/** What is known about the G-code files, by their paths below the root. Pictures lie beside the files. */
export class MetadataStore {
  readonly #table: Table<Metadata>;
  readonly #root: Root;
  readonly #scanning = new Map<string, Promise<Metadata | undefined>>();

  constructor(storage: Storage, root: Root) {
    this.#table = storage.table("gcode_metadata", decodeMetadata);
    this.#root = root;
  }

  get(path: string): Metadata | undefined {
    return this.#table.get(path);
  }

  /** Whether what is known is about this very content. */
  isCurrent(path: string, size: number, modified: number): boolean {
    const known = this.get(path);
    return known !== undefined && known.size === size && Math.abs(known.modified - modified) < 0.002;
  }

  all(): Iterable<readonly [path: string, metadata: Metadata]> {
    return [...this.#table.entries()].map(([path, metadata]) => [String(path), metadata] as const);
  }

  /** Reads a file and keeps what it says. `undefined` when it cannot be read. Two calls share one reading. */
  scan(path: string): Promise<Metadata | undefined> {
    const running = this.#scanning.get(path);
    if (running !== undefined) return running;
    const scan = this.#scan(path).finally(() => this.#scanning.delete(path));
    this.#scanning.set(path, scan);
    return scan;
  }

  /** Keeps what a scan of the file's content has found. The file must be in its place. */
  async keep(path: string, scan: Scan): Promise<Metadata> {
    const { size, mtimeMs } = await stat(join(this.#root.folder, path));
    const former = this.get(path);
    if (former !== undefined) await this.#removePictures(path, former);
    const metadata: Metadata = {
      ...readFacts(scan),
      size,
      modified: mtimeMs / 1000,
      uuid: randomUUID(),
      file_processors: readProcessors(scan),
      gcode_start_byte: scan.firstCommand,
      gcode_end_byte: scan.lastCommand,
      thumbnails: await this.#writePictures(path, scan),
      print_start_time: null,
      job_id: null,
    };
    await this.#table.put(path, metadata);
    return metadata;
  }

  /** Notes the last print of a file. */
  async noteStart(path: string, jobId: string, time: number): Promise<void> {
    const metadata = this.get(path);
    if (metadata !== undefined) await this.#table.put(path, { ...metadata, job_id: jobId, print_start_time: time });
  }

  /** Forgets a file that is gone, and its pictures. */
  async forget(path: string): Promise<void> {
    const known = this.get(path);
    if (known === undefined) return;
    await this.#removePictures(path, known);
    await this.#table.remove(path);
  }

  /** Forgets everything below a folder that is gone. */
  async forgetBelow(folder: string): Promise<void> {
    for (const path of this.#below(folder)) await this.#table.remove(path);
  }

  /** Follows a file that was moved, with its pictures. */
  async move(from: string, to: string): Promise<void> {
    const known = this.get(from);
    if (known === undefined) return;
    const thumbnails: Thumbnail[] = [];
    for (const picture of known.thumbnails) {
      const name = pictureName(to, picture.width, picture.height, extname(picture.relative_path));
      const target = join(this.#root.folder, dirname(to), THUMBS, name);
      try {
        await mkdir(dirname(target), { recursive: true });
        await rename(join(this.#root.folder, dirname(from), picture.relative_path), target);
        thumbnails.push({ ...picture, relative_path: `${THUMBS}/${name}` });
      } catch {
        // A picture that is not there any more is not missed.
      }
    }
    await this.#table.put(to, { ...known, thumbnails });
    await this.#table.remove(from);
  }

  /** Follows a folder that was moved: its pictures went with it. */
  async moveBelow(from: string, to: string): Promise<void> {
    for (const path of this.#below(from)) {
      const known = this.get(path);
      if (known === undefined) continue;
      await this.#table.put(`${to}${path.slice(from.length)}`, known);
      await this.#table.remove(path);
    }
  }

  async #scan(path: string): Promise<Metadata | undefined> {
    const scanner = new GcodeScanner();
    try {
      const stream = createReadStream(join(this.#root.folder, path), { highWaterMark: READ_BYTES });
      for await (const piece of stream) if (Buffer.isBuffer(piece)) scanner.push(piece);
      return await this.keep(path, scanner.finish());
    } catch {
      return undefined;
    }
  }

  #below(folder: string): string[] {
    const prefix = `${folder}/`;
    const paths: string[] = [];
    for (const [key] of this.#table.entries({ from: prefix })) {
      const path = String(key);
      if (!path.startsWith(prefix)) break;
      paths.push(path);
    }
    return paths;
  }

  async #writePictures(path: string, scan: Scan): Promise<Thumbnail[]> {
    const written: Thumbnail[] = [];
    const folder = join(this.#root.folder, dirname(path), THUMBS);
    for (const { width, height, kind, bytes } of findPictures(scan.head)) {
      const name = pictureName(path, width, height, `.${kind}`);
      try {
        await mkdir(folder, { recursive: true });
        await writeFile(join(folder, name), bytes);
        written.push({ width, height, size: bytes.byteLength, relative_path: `${THUMBS}/${name}` });
      } catch {
        // Without space for its picture the file is still good.
      }
    }
    return written;
  }

  async #removePictures(path: string, metadata: Metadata): Promise<void> {
    for (const { relative_path: picture } of metadata.thumbnails) {
      if (!picture.startsWith(`${THUMBS}/`) || picture.includes("..")) continue;
      await rm(join(this.#root.folder, dirname(path), picture), { force: true });
    }
  }
}

function pictureName(path: string, width: number, height: number, suffix: string): string {
  const stem = basename(path, extname(path));
  return `${stem}-${width}x${height}${suffix}`;
}
