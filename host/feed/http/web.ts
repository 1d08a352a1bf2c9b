// thread: feed
import { stat } from "node:fs/promises";
import { join, normalize, sep } from "node:path";
import { ApiError } from "../api-error.js";
import type { Headers, HttpExchange } from "../server.js";
import { type SendOptions, sendFile, typeOf } from "./send-file.js";

/** Files whose name holds a hash of their content never change. */
const HASHED = /[-.][A-Za-z0-9_-]{8,}\.[a-z0-9]+$/;
const FOR_EVER = "public, max-age=31536000, immutable";
const ASK_EACH_TIME = "no-cache";
/** The built-in page is here whatever is served at the root. */
const LITE = "/lite";
const SECURITY: Headers = {
  "x-frame-options": "SAMEORIGIN",
  "referrer-policy": "same-origin",
};

/** The path below the folder, or `undefined` when it would leave it or holds what no file name of ours holds. */
export function decodePath(path: string): string | undefined {
  let decoded: string;
  try {
    decoded = decodeURIComponent(path);
  } catch {
    return undefined;
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for.
  if (/[\u0000-\u001f\u007f\\]/.test(decoded)) return undefined;
  if (decoded.split("/").includes("..")) return undefined;
  return normalize(decoded);
}

/** Serves the pages: a web client's folder at `/`, the built-in page at `/lite` (and at `/` when there is no other). */
export class Web {
  readonly #page: string;
  readonly #root: string;

  constructor(page: string, web: string | undefined) {
    this.#page = page;
    this.#root = web ?? page;
  }

  /** Answers a GET or HEAD. Throws 404 when there is no such file. */
  async serve(exchange: HttpExchange, headers: Headers): Promise<void> {
    const path = decodePath(exchange.path);
    if (path === undefined) throw new ApiError(404, "File not found");
    if (path === LITE) {
      // Relative links of the page need the slash.
      exchange.reply(301, { ...headers, location: `${LITE}/` });
      return;
    }
    if (path.startsWith(`${LITE}/`)) await this.#send(exchange, this.#page, path.slice(LITE.length), headers);
    else await this.#send(exchange, this.#root, path, headers);
  }

  async #send(exchange: HttpExchange, folder: string, path: string, headers: Headers): Promise<void> {
    const found = await this.#find(folder, path);
    const cacheControl = HASHED.test(found) && !found.endsWith(".html") ? FOR_EVER : ASK_EACH_TIME;
    const options: SendOptions = { headers: { ...headers, ...SECURITY, vary: "Accept-Encoding" }, cacheControl };
    const accepted = exchange.header("accept-encoding");
    for (const [encoding, suffix] of [
      ["br", ".br"],
      ["gzip", ".gz"],
    ] as const) {
      if (!new RegExp(`\\b${encoding}\\b`).test(accepted) || !(await isFile(found + suffix))) continue;
      await sendFile(exchange, found + suffix, { ...options, encoding, type: typeOf(found) });
      return;
    }
    await sendFile(exchange, found, options);
  }

  /** The file for a path; a path without extension is a view of the client and gets its index page. */
  async #find(folder: string, path: string): Promise<string> {
    const target = join(folder, path);
    if (!target.startsWith(folder.endsWith(sep) ? folder : folder + sep) && target !== folder) {
      throw new ApiError(404, "File not found");
    }
    if (await isFile(target)) return target;
    const index = join(target, "index.html");
    if (path.endsWith("/") && (await isFile(index))) return index;
    if (!/\.[A-Za-z0-9]{1,8}$/.test(path)) return join(folder, "index.html");
    throw new ApiError(404, "File not found");
  }
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
