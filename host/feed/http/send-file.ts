// thread: feed
import { createReadStream, type Stats } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { extname } from "node:path";
import { createGzip } from "node:zlib";
import { ApiError } from "../api-error.js";
import type { BodySource, Headers, HttpExchange } from "../server.js";

const PIECE_BYTES = 64 * 1024;
/** Smaller is not worth it, larger costs a small board more time than it saves on the wire. */
const GZIP_MIN = 1024;
const GZIP_MAX = 8 * 1024 * 1024;
const VARY = "Origin, Accept-Encoding";
const TEXT = "text/plain; charset=UTF-8";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=UTF-8",
  ".js": "text/javascript; charset=UTF-8",
  ".mjs": "text/javascript; charset=UTF-8",
  ".css": "text/css; charset=UTF-8",
  ".json": "application/json; charset=UTF-8",
  ".webmanifest": "application/manifest+json",
  ".map": "application/json; charset=UTF-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".jpg": "image/jpeg",
  ".jpeg": "image/jpeg",
  ".gif": "image/gif",
  ".webp": "image/webp",
  ".avif": "image/avif",
  ".ico": "image/x-icon",
  ".woff": "font/woff",
  ".woff2": "font/woff2",
  ".ttf": "font/ttf",
  ".wasm": "application/wasm",
  ".mp4": "video/mp4",
  ".zip": "application/zip",
  ".txt": TEXT,
  ".md": TEXT,
  ".log": TEXT,
  ".cfg": TEXT,
  ".conf": TEXT,
  ".gcode": TEXT,
  ".gco": TEXT,
  ".g": TEXT,
  ".ufp": "application/octet-stream",
};

/** The media type for a file's name; of an unknown kind it is bytes. */
export function typeOf(path: string): string {
  return TYPES[extname(path).toLowerCase()] ?? "application/octet-stream";
}

const isText = (type: string): boolean => /^text\/|json|javascript|svg\+xml|manifest/.test(type);

export interface SendOptions {
  readonly headers: Headers;
  /** Name under which a browser is to save the file; shown inline when missing. */
  readonly saveAs?: string;
  /** The media type, when it is not that of the path's own name. */
  readonly type?: string;
  /** `br` or `gzip` when the file on disk is compressed already. */
  readonly encoding?: "br" | "gzip";
  readonly cacheControl: string;
}

/** Sends a file with ranges, conditions and compression. Throws 404 when there is no such regular file. */
export async function sendFile(exchange: HttpExchange, path: string, options: SendOptions): Promise<void> {
  const file = await openRegular(path);
  try {
    const stat = await file.stat();
    if (!stat.isFile()) throw new ApiError(404, "File not found");
    await answer(exchange, file, path, stat, options);
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function openRegular(path: string): Promise<FileHandle> {
  try {
    return await open(path, "r");
  } catch {
    throw new ApiError(404, "File not found");
  }
}

/** Answers; whatever way it ends, the file is closed in the end. */
async function answer(
  exchange: HttpExchange,
  file: FileHandle,
  path: string,
  stat: Stats,
  options: SendOptions,
): Promise<void> {
  const type = options.type ?? typeOf(path);
  const etag = `"${stat.size.toString(36)}-${Math.round(stat.mtimeMs * 1000).toString(36)}"`;
  const headers: Record<string, string> = {
    ...options.headers,
    "content-type": type,
    "cache-control": options.cacheControl,
    "last-modified": stat.mtime.toUTCString(),
    "accept-ranges": "bytes",
    etag,
  };
  if (options.saveAs !== undefined) headers["content-disposition"] = disposition(options.saveAs);
  if (options.encoding !== undefined) headers["content-encoding"] = options.encoding;
  if (isNotModified(exchange, etag, stat.mtimeMs)) {
    await file.close();
    exchange.reply(304, headers);
    return;
  }
  const range = wantedRange(exchange, etag, stat);
  if (range === "unsatisfiable") {
    await file.close();
    exchange.reply(416, { ...headers, "content-range": `bytes */${stat.size}` });
    return;
  }
  if (exchange.method === "HEAD") {
    await file.close();
    exchange.replyHead(200, headers, stat.size);
    return;
  }
  if (range !== undefined) {
    headers["content-range"] = `bytes ${range.first}-${range.last}/${stat.size}`;
    const length = range.last - range.first + 1;
    exchange.replyStream(206, headers, length, new FileSource(file, range.first, length));
    return;
  }
  if (options.encoding === undefined && worthGzip(exchange, type, stat.size)) {
    await file.close();
    const changed = { "content-encoding": "gzip", "accept-ranges": "none", etag: `W/${etag}`, vary: VARY };
    exchange.replyStream(200, { ...headers, ...changed }, undefined, new GzipSource(path));
    return;
  }
  exchange.replyStream(200, headers, stat.size, new FileSource(file, 0, stat.size));
}

function worthGzip(exchange: HttpExchange, type: string, size: number): boolean {
  return size >= GZIP_MIN && size <= GZIP_MAX && isText(type) && /\bgzip\b/.test(exchange.header("accept-encoding"));
}

function isNotModified(exchange: HttpExchange, etag: string, mtimeMs: number): boolean {
  const known = exchange.header("if-none-match");
  if (known !== "") {
    return known.split(",").some((tag) => tag.trim() === "*" || tag.trim().replace(/^W\//, "") === etag);
  }
  const since = Date.parse(exchange.header("if-modified-since"));
  return Number.isFinite(since) && Math.floor(mtimeMs / 1000) * 1000 <= since;
}

interface ByteRange {
  readonly first: number;
  readonly last: number;
}

/** The one range that is asked for. Several ranges, or a range of an older file, are answered with the whole file. */
function wantedRange(exchange: HttpExchange, etag: string, stat: Stats): ByteRange | "unsatisfiable" | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(exchange.header("range").trim());
  if (match === null) return undefined;
  const condition = exchange.header("if-range");
  if (condition !== "" && condition !== etag && condition !== stat.mtime.toUTCString()) return undefined;
  const [, from = "", to = ""] = match;
  if (from === "" && to === "") return undefined;
  const first = from === "" ? Math.max(0, stat.size - Number(to)) : Number(from);
  const last = from === "" || to === "" ? stat.size - 1 : Math.min(Number(to), stat.size - 1);
  return first > last || first >= stat.size ? "unsatisfiable" : { first, last };
}

/** A `Content-Disposition` that keeps every name as it is. */
function disposition(name: string): string {
  const plain = name.replace(/[^\x20-\x7e]|["\\]/g, "_");
  return `attachment; filename="${plain}"; filename*=UTF-8''${encodeURIComponent(name)}`;
}

class FileSource implements BodySource {
  readonly #file: FileHandle;
  #position: number;
  #left: number;

  constructor(file: FileHandle, position: number, length: number) {
    this.#file = file;
    this.#position = position;
    this.#left = length;
  }

  async next(): Promise<Uint8Array | undefined> {
    if (this.#left === 0) return undefined;
    const piece = Buffer.allocUnsafe(Math.min(PIECE_BYTES, this.#left));
    const { bytesRead } = await this.#file.read(piece, 0, piece.byteLength, this.#position);
    if (bytesRead === 0) return undefined;
    this.#position += bytesRead;
    this.#left -= bytesRead;
    return piece.subarray(0, bytesRead);
  }

  close(): void {
    this.#file.close().catch(() => undefined);
  }
}

class GzipSource implements BodySource {
  readonly #input: ReturnType<typeof createReadStream>;
  readonly #pieces: AsyncIterator<unknown>;

  constructor(path: string) {
    this.#input = createReadStream(path);
    const gzip = createGzip({ level: 4 });
    this.#input.on("error", (error) => gzip.destroy(error));
    this.#pieces = this.#input.pipe(gzip)[Symbol.asyncIterator]();
  }

  async next(): Promise<Uint8Array | undefined> {
    const { value, done } = await this.#pieces.next();
    return done !== true && value instanceof Uint8Array ? value : undefined;
  }

  close(): void {
    this.#input.destroy();
  }
}
