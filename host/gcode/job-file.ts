// thread: host
import { createReadStream, type ReadStream } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import { HostError } from "../shared/errors.js";

/** The text of a file, a chunk at a time. */
export interface ChunkSource {
  /** Bytes of the text; of a compressed file, what its last bytes say. */
  readonly size: number;
  /** The next chunk, never empty; `undefined` at the end. Rejects with FILE_UNREADABLE. */
  readonly read: () => Promise<Uint8Array | undefined>;
  /** Makes the next chunk start at `position`. */
  readonly restart: (position: number) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Big enough that the disk is asked seldom, small enough that one chunk is parsed within a turn. */
const CHUNK_BYTES = 256 * 1024;
const GZIP_MAGIC = [0x1f, 0x8b];
const BINARY_MAGIC = [...new TextEncoder().encode("GCDE")];

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EISDIR: "it is a folder",
  EACCES: "access is not allowed",
  EIO: "the disk reports an error",
  ESTALE: "the drive is gone",
  ENODEV: "the drive is gone",
  ENXIO: "the drive is gone",
  Z_BUF_ERROR: "the compressed file is cut off",
  Z_DATA_ERROR: "the compressed file is damaged",
};

function unreadable(path: string, reason: string, fix: string, cause?: unknown): HostError {
  return new HostError("FILE_UNREADABLE", `'${path}' cannot be read: ${reason}`, {
    details: { path, reason },
    fix,
    ...(cause === undefined ? {} : { cause }),
  });
}

function readFailed(path: string, cause: unknown): HostError {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  const reason = REASONS[code] ?? (cause instanceof Error ? cause.message : String(cause));
  return unreadable(path, reason, "check that the file is whole and its drive connected, or upload it again", cause);
}

/** An open file, as far as it is needed: tests make it fail. */
export interface OpenFile {
  readonly read: (
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
  ) => Promise<{ readonly bytesRead: number }>;
  readonly stat: () => Promise<{ readonly size: number }>;
  readonly close: () => Promise<void>;
}

/** A plain file. It stays readable when it is deleted or replaced; when it becomes shorter, reading it fails. */
export class PlainChunks implements ChunkSource {
  readonly size: number;
  readonly #path: string;
  readonly #file: OpenFile;
  #position = 0;

  constructor(path: string, file: OpenFile, size: number) {
    this.size = size;
    this.#path = path;
    this.#file = file;
  }

  async read(): Promise<Uint8Array | undefined> {
    if (this.#position >= this.size) return undefined;
    const buffer = Buffer.allocUnsafeSlow(Math.min(CHUNK_BYTES, this.size - this.#position));
    try {
      const { bytesRead } = await this.#file.read(buffer, 0, buffer.length, this.#position);
      const { size } = await this.#file.stat();
      if (bytesRead > 0 && size >= this.size) {
        this.#position += bytesRead;
        return buffer.subarray(0, bytesRead);
      }
    } catch (error) {
      throw readFailed(this.#path, error);
    }
    const fix = "do not change a file while it is printed; upload it again";
    throw unreadable(this.#path, "it has become shorter since the job was started", fix);
  }

  restart(position: number): Promise<void> {
    this.#position = position;
    return Promise.resolve();
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

/** A file compressed with gzip. Positions are those of the text. */
class GzipChunks implements ChunkSource {
  readonly size: number;
  readonly #path: string;
  #stream: ReadStream | undefined;
  #chunks: AsyncIterator<Uint8Array> | undefined;
  #skip = 0;

  constructor(path: string, size: number) {
    this.size = size;
    this.#path = path;
  }

  async read(): Promise<Uint8Array | undefined> {
    try {
      for (;;) {
        this.#chunks ??= this.#start();
        const result = await this.#chunks.next();
        if (result.done === true) return undefined;
        const chunk = result.value;
        const left = chunk.subarray(Math.min(this.#skip, chunk.length));
        this.#skip -= chunk.length - left.length;
        if (left.length > 0) return left;
      }
    } catch (error) {
      throw readFailed(this.#path, error);
    }
  }

  async restart(position: number): Promise<void> {
    await this.close();
    this.#skip = position;
  }

  async close(): Promise<void> {
    this.#stream?.destroy();
    await this.#chunks?.return?.();
    this.#stream = undefined;
    this.#chunks = undefined;
  }

  #start(): AsyncIterator<Uint8Array> {
    const gunzip = createGunzip({ chunkSize: CHUNK_BYTES });
    this.#stream = createReadStream(this.#path, { highWaterMark: CHUNK_BYTES });
    // An error of either end reaches the iterator, which is where it is handled.
    pipeline(this.#stream, gunzip, () => undefined);
    return gunzip[Symbol.asyncIterator]();
  }
}

async function startsWith(file: FileHandle, magic: readonly number[]): Promise<boolean> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(magic.length), 0, magic.length, 0);
  return bytesRead === magic.length && magic.every((byte, index) => buffer[index] === byte);
}

/** The size of the text, modulo 2^32, stands in the last four bytes of a gzip file. */
async function unpackedSize(file: FileHandle, size: number): Promise<number> {
  const { buffer } = await file.read(Buffer.alloc(4), 0, 4, Math.max(0, size - 4));
  return buffer.readUInt32LE(0);
}

/** Opens a file of G-code, plain or compressed with gzip, whatever it is called. Throws FILE_UNREADABLE. */
export async function openJobFile(path: string): Promise<ChunkSource> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, "r");
    const stat = await file.stat();
    if (!stat.isFile()) throw unreadable(path, "it is not a file", "choose a file of G-code");
    if (await startsWith(file, BINARY_MAGIC)) {
      throw unreadable(path, "it is binary G-code", "switch binary G-code off in the slicer and slice again");
    }
    if (!(await startsWith(file, GZIP_MAGIC))) return new PlainChunks(path, file, stat.size);
    const chunks = new GzipChunks(path, await unpackedSize(file, stat.size));
    await file.close();
    return chunks;
  } catch (error) {
    await file?.close();
    throw error instanceof HostError ? error : readFailed(path, error);
  }
}
