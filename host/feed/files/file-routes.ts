// thread: feed
import { basename, dirname } from "node:path";
import { ApiError } from "../api-error.js";
import { type HttpContext, requireIdentity, sendJson } from "../http/context.js";
import type { HttpRoute } from "../http/http-api.js";
import { sendFile } from "../http/send-file.js";
import { decodePath } from "../http/web.js";
import type { FileManager } from "./file-manager.js";
import { checkPath, type Place } from "./roots.js";
import { Upload, type Uploaded, type UploadParts, type UploadProgress } from "./upload.js";

const FILES = "/server/files/";
const UPLOADS = new Set(["/server/files/upload", "/api/files/local"]);
const LOGS: ReadonlySet<string> = new Set(["/server/files/klippy.log", "/server/files/moonraker.log"]);
/** Methods of the API that live below the same path. */
const METHODS = /^\/server\/files\/(list|directory|roots|metadata|metascan|thumbnails|move|copy|zip|delete_file)$/;
const ASK_EACH_TIME = "no-cache";

/** Whether a print was started or queued. */
export interface PrintOutcome {
  readonly print_started: boolean;
  readonly print_queued: boolean;
}

export interface UploadRouteParts {
  readonly upload: UploadParts;
  /** Prints a file that was just uploaded, now or later. */
  readonly print: (path: string, username: string | undefined) => Promise<PrintOutcome>;
}

/** Uploads: the server's own way and that of OctoPrint, which slicers use. */
export class UploadRoute implements HttpRoute {
  readonly #parts: UploadRouteParts;
  readonly #running = new Set<Upload>();

  constructor(parts: UploadRouteParts) {
    this.#parts = parts;
  }

  /** The uploads that are coming in. */
  get progress(): UploadProgress[] {
    return [...this.#running].map((upload) => upload.progress);
  }

  matches(method: string, path: string): boolean {
    return method === "POST" && UPLOADS.has(path);
  }

  async handle(context: HttpContext): Promise<void> {
    requireIdentity(context);
    const { exchange } = context;
    const upload = new Upload(exchange, this.#parts.upload);
    this.#running.add(upload);
    let uploaded: Uploaded;
    try {
      exchange.receive(upload);
      uploaded = await upload.done;
    } finally {
      this.#running.delete(upload);
    }
    const { change, print } = uploaded;
    const { item } = change;
    const username = context.visitor.identity?.username;
    const none: PrintOutcome = { print_started: false, print_queued: false };
    const outcome = print ? await this.#parts.print(item.path, username) : none;
    const reply = item.root === "gcodes" ? { ...change, ...outcome } : change;
    const host = exchange.header("host");
    const location = `http://${host}${FILES}${item.root}/${item.path.split("/").map(encodeURIComponent).join("/")}`;
    sendJson(context, 201, JSON.stringify(reply), { location });
  }
}

/** Downloads and deletions by path, and the log. */
export class FileRoute implements HttpRoute {
  readonly #files: FileManager;
  readonly #logFile: string;

  constructor(files: FileManager, logFile: string) {
    this.#files = files;
    this.#logFile = logFile;
  }

  matches(method: string, path: string): boolean {
    if (!path.startsWith(FILES) || METHODS.test(path)) return false;
    return method === "GET" || method === "HEAD" || method === "DELETE";
  }

  async handle(context: HttpContext): Promise<void> {
    const { exchange, cors } = context;
    requireIdentity(context);
    if (LOGS.has(exchange.path)) {
      await this.#send(context, this.#logFile);
      return;
    }
    const path = decodePath(exchange.path.slice(FILES.length));
    if (path === undefined) throw new ApiError(404, "File not found");
    if (exchange.method === "DELETE") {
      sendJson(context, 200, JSON.stringify({ result: await this.#files.deleteFile(path) }));
      return;
    }
    const { absolute } = await this.#locate(path);
    await sendFile(exchange, absolute, { headers: cors, saveAs: basename(path), cacheControl: ASK_EACH_TIME });
  }

  async #send({ exchange, cors }: HttpContext, path: string): Promise<void> {
    await sendFile(exchange, path, { headers: cors, saveAs: basename(path), cacheControl: ASK_EACH_TIME });
  }

  /** A place that can be read; whatever is wrong with the path, there is no such file. */
  async #locate(path: string): Promise<Place> {
    try {
      checkPath(dirname(path));
      return await this.#files.roots.locate(path);
    } catch (error) {
      if (error instanceof ApiError && error.status === 403) throw error;
      throw new ApiError(404, "File not found");
    }
  }
}
