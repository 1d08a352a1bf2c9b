// thread: feed
import { type FileHandle, open } from "node:fs/promises";
import { Readable } from "node:stream";
import { createDeflateRaw } from "node:zlib";
import { ApiError } from "../api-error.js";

/** The plain form of the format holds no more than this, in bytes and in files. */
const MAX_BYTES = 0xffff_ffff;
const MAX_FILES = 0xffff;
const PIECE_BYTES = 128 * 1024;
const LOCAL_HEADER = 0x04034b50;
const LOCAL_BYTES = 30;
const CENTRAL_HEADER = 0x02014b50;
const CENTRAL_BYTES = 46;
const CENTRAL_END = 0x06054b50;
const END_BYTES = 22;
const VERSION = 20;
const MADE_ON_UNIX = 0x0300 | VERSION;
/** The name is UTF-8. */
const UTF8_FLAG = 0x0800;
const STORED = 0;
const DEFLATED = 8;
const REGULAR_FILE = 0o100644;

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = (c & 1) !== 0 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c >>> 0;
});

/** CRC-32 of `bytes`, continued from `crc` (0 at the beginning). */
export function crc32(bytes: Uint8Array, crc = 0): number {
  let c = ~crc;
  for (const byte of bytes) c = (CRC_TABLE[(c ^ byte) & 0xff] ?? 0) ^ (c >>> 8);
  return ~c >>> 0;
}

/** One file to pack: where it is, and its name in the archive, with slashes. */
export interface ZipInput {
  readonly path: string;
  readonly name: string;
}

interface Packed {
  readonly name: Buffer;
  readonly offset: number;
  readonly crc: number;
  readonly packed: number;
  readonly size: number;
  readonly modified: Date;
}

/** Writes an archive to `target`, which must not exist. Rejects with what the disk says, or 400 when it grows too big. */
export async function writeZip(target: string, inputs: readonly ZipInput[], storeOnly: boolean): Promise<void> {
  if (inputs.length > MAX_FILES) throw new ApiError(400, `an archive holds at most ${MAX_FILES} files`);
  const file = await open(target, "wx");
  try {
    const writer = new ZipWriter(file, storeOnly ? STORED : DEFLATED);
    for (const input of inputs) await writer.add(input);
    await writer.finish();
    await file.sync();
  } finally {
    await file.close();
  }
}

class ZipWriter {
  readonly #file: FileHandle;
  readonly #method: number;
  readonly #packed: Packed[] = [];
  #position = 0;

  constructor(file: FileHandle, method: number) {
    this.#file = file;
    this.#method = method;
  }

  async add({ path, name }: ZipInput): Promise<void> {
    const input = await open(path, "r");
    try {
      const { mtime: modified } = await input.stat();
      const offset = this.#position;
      const entry = { name: Buffer.from(name), offset, crc: 0, packed: 0, size: 0, modified };
      const header = this.#localHeader(entry);
      await this.#write(header);
      const content = { crc: 0, size: 0 };
      const begin = this.#position;
      const source = Readable.from(pieces(input, content));
      for await (const piece of this.#method === STORED ? source : source.pipe(createDeflateRaw())) {
        if (piece instanceof Uint8Array) await this.#write(piece);
      }
      const done = { ...entry, ...content, packed: this.#position - begin };
      if (content.size > MAX_BYTES) throw new ApiError(400, `'${name}' is too large for an archive`);
      const final = this.#localHeader(done);
      await this.#file.write(final, 0, final.byteLength, offset);
      this.#packed.push(done);
    } finally {
      await input.close();
    }
  }

  async finish(): Promise<void> {
    const begin = this.#position;
    for (const entry of this.#packed) await this.#write(this.#centralHeader(entry));
    const end = Buffer.alloc(END_BYTES);
    end.writeUInt32LE(CENTRAL_END, 0);
    end.writeUInt16LE(this.#packed.length, 8);
    end.writeUInt16LE(this.#packed.length, 10);
    end.writeUInt32LE(this.#position - begin, 12);
    end.writeUInt32LE(begin, 16);
    await this.#write(end);
  }

  async #write(bytes: Uint8Array): Promise<void> {
    if (this.#position + bytes.byteLength > MAX_BYTES)
      throw new ApiError(400, "the archive would be larger than 4 GiB");
    for (let at = 0; at < bytes.byteLength; ) {
      const { bytesWritten } = await this.#file.write(bytes, at, bytes.byteLength - at, this.#position);
      at += bytesWritten;
      this.#position += bytesWritten;
    }
  }

  #localHeader(entry: Packed): Buffer {
    const header = Buffer.alloc(LOCAL_BYTES);
    header.writeUInt32LE(LOCAL_HEADER, 0);
    header.writeUInt16LE(VERSION, 4);
    this.#common(header, 6, entry);
    return Buffer.concat([header, entry.name]);
  }

  #centralHeader(entry: Packed): Buffer {
    const header = Buffer.alloc(CENTRAL_BYTES);
    header.writeUInt32LE(CENTRAL_HEADER, 0);
    header.writeUInt16LE(MADE_ON_UNIX, 4);
    header.writeUInt16LE(VERSION, 6);
    this.#common(header, 8, entry);
    header.writeUInt32LE(REGULAR_FILE * 0x10000, 38);
    header.writeUInt32LE(entry.offset, 42);
    return Buffer.concat([header, entry.name]);
  }

  /** The 22 bytes that both headers share. */
  #common(header: Buffer, at: number, entry: Packed): void {
    const { modified } = entry;
    const time = (modified.getHours() << 11) | (modified.getMinutes() << 5) | (modified.getSeconds() >> 1);
    const year = Math.min(127, Math.max(0, modified.getFullYear() - 1980));
    const date = (year << 9) | ((modified.getMonth() + 1) << 5) | modified.getDate();
    header.writeUInt16LE(UTF8_FLAG, at);
    header.writeUInt16LE(this.#method, at + 2);
    header.writeUInt16LE(time, at + 4);
    header.writeUInt16LE(date, at + 6);
    header.writeUInt32LE(entry.crc, at + 8);
    header.writeUInt32LE(entry.packed, at + 12);
    header.writeUInt32LE(entry.size, at + 16);
    header.writeUInt16LE(entry.name.byteLength, at + 20);
  }
}

async function* pieces(input: FileHandle, content: { crc: number; size: number }): AsyncGenerator<Uint8Array> {
  for (;;) {
    const piece = Buffer.allocUnsafe(PIECE_BYTES);
    const { bytesRead } = await input.read(piece, 0, PIECE_BYTES);
    if (bytesRead === 0) return;
    const bytes = piece.subarray(0, bytesRead);
    content.crc = crc32(bytes, content.crc);
    content.size += bytesRead;
    yield bytes;
  }
}
