// thread: feed
import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { statfs } from "node:fs/promises";
import { ApiError } from "../api-error.js";
import type { BodyReceiver, HttpExchange } from "../server.js";
import type { FileChange } from "./file-events.js";
import type { FileManager } from "./file-manager.js";
import { fsError } from "./fs-error.js";
import { isGcode } from "./metadata/metadata-store.js";
import { GcodeScanner } from "./metadata/scanner.js";
import { boundaryOf, MultipartParser, type PartHeader, type PartReceiver } from "./multipart.js";
import { checkPath, type Place } from "./roots.js";
import { type Disk, UnfinishedFile } from "./unfinished-file.js";

const GCODES = "gcodes";
const MAX_FIELD_BYTES = 64 * 1024;
/** Kept free on the disk, for everything else that has to be written. */
const RESERVE_BYTES = 16 * 1024 * 1024;

/** What is known of an upload while it comes in. */
export interface UploadProgress {
  readonly filename: string;
  readonly received: number;
  /** Size of the whole request in bytes; 0 when it was not said. */
  readonly total: number;
}

/** A file that was uploaded, and whether it is to be printed. */
export interface Uploaded {
  readonly change: FileChange;
  readonly print: boolean;
}

export interface UploadParts {
  readonly files: FileManager;
  readonly maxBytes: number;
  readonly disk?: Disk;
}

/**
 * Takes one uploaded file from a form. It is written to the disk as it comes, beside its place, and searched for its
 * metadata on the way; it appears in its place only when it is complete.
 */
export class Upload implements BodyReceiver {
  readonly #exchange: HttpExchange;
  readonly #parts: UploadParts;
  readonly #parser: MultipartParser;
  readonly #fields = new Map<string, string>();
  readonly #finished: { resolve: (done: Uploaded) => void; reject: (error: unknown) => void };
  readonly done: Promise<Uploaded>;
  #file: UnfinishedFile | undefined;
  #filename = "";
  #scanner: GcodeScanner | undefined;
  #hash: Hash | undefined;
  #received = 0;
  #failed = false;

  /** Throws 400 when the request is no form, 413 when it is too large. */
  constructor(exchange: HttpExchange, parts: UploadParts) {
    const boundary = boundaryOf(exchange.header("content-type"));
    if (boundary === undefined) throw new ApiError(400, "an upload is a form of the type multipart/form-data");
    this.#exchange = exchange;
    this.#parts = parts;
    if (this.#total > parts.maxBytes) throw this.#tooLarge();
    this.#parser = new MultipartParser(boundary, (header) => this.#begin(header));
    const { promise, resolve, reject } = withResolvers<Uploaded>();
    this.done = promise;
    this.#finished = { resolve, reject };
    this.#checkSpace().catch((error: unknown) => this.#fail(error));
  }

  get progress(): UploadProgress {
    return { filename: this.#filename, received: this.#received, total: this.#total };
  }

  chunk(bytes: Buffer): void {
    if (this.#failed) return;
    this.#received += bytes.byteLength;
    try {
      if (this.#received > this.#parts.maxBytes) throw this.#tooLarge();
      this.#parser.write(bytes);
      if (this.#file?.failure !== undefined) throw fsError(this.#file.failure, "write", this.#filename);
    } catch (error) {
      this.#fail(error);
    }
  }

  end(): void {
    if (this.#failed) return;
    this.#finish()
      .then((done) => this.#finished.resolve(done))
      .catch((error: unknown) => this.#fail(error));
  }

  aborted(): void {
    this.#fail(new ApiError(400, "the upload was broken off"));
  }

  get #total(): number {
    return Number(this.#exchange.header("content-length")) || 0;
  }

  #tooLarge(): ApiError {
    return new ApiError(413, `an upload may have ${this.#parts.maxBytes} bytes`);
  }

  #begin(header: PartHeader): PartReceiver {
    if (header.filename === undefined) return this.#field(header.name);
    if (this.#file !== undefined) throw new ApiError(400, "one file at a time: this form holds several");
    return this.#beginFile(header.filename);
  }

  #field(name: string): PartReceiver {
    const pieces: Buffer[] = [];
    let size = 0;
    return {
      data(bytes) {
        size += bytes.byteLength;
        if (size > MAX_FIELD_BYTES) throw new ApiError(400, `the field '${name}' of the form is too long`);
        pieces.push(Buffer.from(bytes));
      },
      end: () => this.#fields.set(name, Buffer.concat(pieces).toString("utf8")),
    };
  }

  #beginFile(filename: string): PartReceiver {
    this.#filename = filename.replace(/^\/+/, "");
    if (this.#filename === "" || this.#filename.endsWith("/")) throw new ApiError(400, "the file has no name");
    checkPath(this.#filename);
    const root = this.#parts.files.roots.get(this.#fields.get("root") ?? GCODES);
    const file = new UnfinishedFile(root.folder, () => this.#exchange.resume(), this.#parts.disk);
    this.#file = file;
    if (isGcode(this.#filename)) this.#scanner = new GcodeScanner();
    if (this.#fields.has("checksum")) this.#hash = createHash("sha256");
    return {
      data: (bytes) => {
        const copy = Buffer.from(bytes);
        this.#scanner?.push(copy);
        this.#hash?.update(copy);
        if (!file.write(copy)) this.#exchange.pause();
      },
      end: () => undefined,
    };
  }

  async #finish(): Promise<Uploaded> {
    this.#parser.end();
    const file = this.#file;
    if (file === undefined) throw new ApiError(400, "the form holds no file");
    const { files } = this.#parts;
    const target = await this.#target();
    files.requireFree(target);
    try {
      await file.finish();
    } catch (error) {
      throw fsError(error, "write", this.#filename);
    }
    await this.#compareChecksum(file.path);
    await files.prepareFolder(target);
    const change = await files.place(file, target, this.#scanner?.finish());
    const print = target.root.name === GCODES && this.#fields.get("print")?.toLowerCase() === "true";
    return { change, print };
  }

  async #target(): Promise<Place> {
    const { roots } = this.#parts.files;
    const folder = (this.#fields.get("path") ?? "").replace(/^\/+|\/+$/g, "");
    const root = roots.get(this.#fields.get("root") ?? GCODES);
    const target = await roots.below(root, folder === "" ? this.#filename : `${folder}/${this.#filename}`);
    roots.requireWritable(target);
    return target;
  }

  async #compareChecksum(path: string): Promise<void> {
    const wanted = this.#fields.get("checksum")?.trim().toLowerCase();
    if (wanted === undefined) return;
    let hash = this.#hash;
    if (hash === undefined) {
      // The field came behind the file.
      hash = createHash("sha256");
      for await (const piece of createReadStream(path)) if (Buffer.isBuffer(piece)) hash.update(piece);
    }
    const found = hash.digest("hex");
    if (found === wanted) return;
    throw new ApiError(422, `the file was damaged on its way: its checksum is ${found}, not ${wanted}`);
  }

  /** Refuses at once what cannot fit. */
  async #checkSpace(): Promise<void> {
    const { bavail, bsize } = await statfs(this.#parts.files.roots.get(GCODES).folder);
    const free = bavail * bsize;
    if (this.#total + RESERVE_BYTES <= free || this.#total === 0) return;
    const mb = (bytes: number): number => Math.round(bytes / 1e6);
    throw new ApiError(507, `there is no space for this upload: it has ${mb(this.#total)} MB, ${mb(free)} MB are free`);
  }

  #fail(error: unknown): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#exchange.resume();
    const told = (): void => this.#finished.reject(error);
    if (this.#file === undefined) told();
    else this.#file.discard().then(told, told);
  }
}

function withResolvers<T>(): { promise: Promise<T>; resolve: (value: T) => void; reject: (error: unknown) => void } {
  let resolve: (value: T) => void = () => undefined;
  let reject: (error: unknown) => void = () => undefined;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}
