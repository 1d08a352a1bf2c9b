// thread: feed
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { Duplex } from "node:stream";
import { type RawData, type WebSocket, WebSocketServer } from "ws";
import {
  type BodyReceiver,
  type BodySource,
  bindError,
  COMMON_HEADERS,
  type FeedServer,
  type Headers,
  type HttpExchange,
  MAX_FRAME_BYTES,
  type ServerHandlers,
  type ServerOptions,
  type Socket,
  type SocketHandler,
  STATUS_TEXT,
  tlsError,
} from "./server.js";

/** Time to send the headers of a request, in ms; a body may take as long as it needs. */
const HEADERS_TIMEOUT_MS = 20_000;
const KEEP_ALIVE_MS = 30_000;
const MAX_HEADER_BYTES = 32 * 1024;

const hasCode = (error: unknown): error is Error & { code: string } => error instanceof Error && "code" in error;

function splitUrl(url: string): [path: string, query: string] {
  const mark = url.indexOf("?");
  return mark < 0 ? [url, ""] : [url.slice(0, mark), url.slice(mark + 1)];
}

function headerOf(request: IncomingMessage, name: string): string {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(", ") : (value ?? "");
}

class NodeExchange implements HttpExchange {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly peer: string;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  #answered = false;
  #gone = false;
  #receiver: BodyReceiver | undefined;
  readonly #whenGone: (() => void)[] = [];

  constructor(request: IncomingMessage, response: ServerResponse) {
    this.#request = request;
    this.#response = response;
    this.method = request.method ?? "GET";
    [this.path, this.query] = splitUrl(request.url ?? "/");
    this.peer = request.socket.remoteAddress ?? "";
    response.on("close", () => this.#closed());
    request.on("error", () => this.#closed());
    response.on("error", () => this.#closed());
  }

  get isOpen(): boolean {
    return !this.#answered && !this.#gone;
  }

  header(name: string): string {
    return headerOf(this.#request, name);
  }

  onGone(run: () => void): void {
    this.#whenGone.push(run);
  }

  receive(receiver: BodyReceiver): void {
    this.#receiver = receiver;
    this.#request.on("data", (chunk: Buffer) => this.#receiver?.chunk(chunk));
    this.#request.on("end", () => {
      this.#receiver = undefined;
      if (!this.#gone && !this.#answered) receiver.end();
    });
  }

  pause(): void {
    this.#request.pause();
  }

  resume(): void {
    this.#request.resume();
  }

  reply(status: number, headers: Headers, body: string | Uint8Array = ""): void {
    if (!this.isOpen) return;
    this.#answered = true;
    this.#receiver = undefined;
    this.#request.resume();
    const length = typeof body === "string" ? Buffer.byteLength(body) : body.byteLength;
    const hasBody = status !== 204 && status !== 304;
    this.#head(status, hasBody ? { ...headers, "content-length": String(length) } : headers);
    this.#response.end(hasBody ? body : undefined);
  }

  replyHead(status: number, headers: Headers, length: number): void {
    if (!this.isOpen) return;
    this.#answered = true;
    this.#head(status, { ...headers, "content-length": String(length) });
    this.#response.end();
  }

  replyStream(status: number, headers: Headers, length: number | undefined, source: BodySource): void {
    if (!this.isOpen) {
      source.close();
      return;
    }
    this.#answered = true;
    this.#head(status, length === undefined ? headers : { ...headers, "content-length": String(length) });
    this.#pump(length, source)
      .catch(() => this.#response.destroy())
      .finally(() => source.close());
  }

  async #pump(length: number | undefined, source: BodySource): Promise<void> {
    let sent = 0;
    while (!this.#gone) {
      const piece = await source.next();
      if (piece === undefined) break;
      sent += piece.byteLength;
      if (!this.#response.write(piece)) await this.#drained();
    }
    if (length !== undefined && sent < length) this.#response.destroy();
    else this.#response.end();
  }

  #drained(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#gone) {
        resolve();
        return;
      }
      this.#response.once("drain", resolve);
      this.#whenGone.push(resolve);
    });
  }

  #head(status: number, headers: Headers): void {
    this.#response.writeHead(status, STATUS_TEXT[status] ?? "Status", { ...COMMON_HEADERS, ...headers });
  }

  #closed(): void {
    if (this.#gone) return;
    this.#gone = true;
    const receiver = this.#receiver;
    this.#receiver = undefined;
    receiver?.aborted();
    for (const run of this.#whenGone.splice(0)) run();
  }
}

class NodeSocket implements Socket {
  readonly #socket: WebSocket;

  constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  get backlog(): number {
    return this.#socket.bufferedAmount;
  }

  send(text: string | Uint8Array): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(text, { binary: false });
  }

  ping(): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.ping();
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
  }

  terminate(): void {
    this.#socket.terminate();
  }
}

function frameText(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString("utf8");
  return Buffer.isBuffer(data) ? data.toString("utf8") : Buffer.from(data).toString("utf8");
}

function serve(socket: WebSocket, handler: SocketHandler, handlers: ServerHandlers): void {
  const guard = (run: () => void): void => {
    try {
      run();
    } catch (error) {
      handlers.fault(error);
    }
  };
  const wrapped = new NodeSocket(socket);
  socket.on("message", (data) => guard(() => handler.message(frameText(data))));
  socket.on("pong", () => guard(() => handler.pong()));
  socket.on("close", () => guard(() => handler.closed()));
  // The close event follows every error.
  socket.on("error", () => undefined);
  guard(() => handler.opened(wrapped));
}

/** The portable adapter, on node:http and ws. Throws `FEED_BIND` or `FEED_TLS`. */
export function openNode(options: ServerOptions, handlers: ServerHandlers): Promise<FeedServer> {
  const server = makeServer(options.tls);
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_FRAME_BYTES, perMessageDeflate: false });
  server.headersTimeout = HEADERS_TIMEOUT_MS;
  server.requestTimeout = 0;
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.on("request", (request, response) => {
    const exchange = new NodeExchange(request, response);
    try {
      handlers.request(exchange);
    } catch (error) {
      handlers.fault(error);
      exchange.reply(500, {});
    }
  });
  server.on("upgrade", (request, socket, head) => upgrade(sockets, handlers, request, socket, head));
  server.on("clientError", (_error, socket) => {
    if (socket.writable) socket.end("HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n");
    else socket.destroy();
  });
  return new Promise((resolve, reject) => {
    const refused = (error: unknown): void => reject(bindError(options, hasCode(error) ? error.code : String(error)));
    server.once("error", refused);
    server.listen({ host: options.host, port: options.port, backlog: 1024 }, () => {
      server.off("error", refused);
      server.on("error", (error) => handlers.fault(error));
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : options.port;
      resolve({
        adapter: "node",
        port,
        close() {
          server.close();
          for (const client of sockets.clients) client.terminate();
          server.closeAllConnections();
        },
      });
    });
  });
}

function upgrade(
  sockets: WebSocketServer,
  handlers: ServerHandlers,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): void {
  socket.on("error", () => socket.destroy());
  const [path, query] = splitUrl(request.url ?? "/");
  const peer = request.socket.remoteAddress ?? "";
  try {
    const answer = handlers.upgrade({ path, query, peer, header: (name) => headerOf(request, name) });
    if ("handler" in answer) {
      sockets.handleUpgrade(request, socket, head, (client) => serve(client, answer.handler, handlers));
      return;
    }
    const headers = Object.entries({
      ...COMMON_HEADERS,
      ...answer.headers,
      "content-length": String(Buffer.byteLength(answer.body)),
      connection: "close",
    }).map(([name, value]) => `${name}: ${value}\r\n`);
    const line = `HTTP/1.1 ${answer.status} ${STATUS_TEXT[answer.status] ?? "Status"}\r\n`;
    socket.end(`${line}${headers.join("")}\r\n${answer.body}`);
  } catch (error) {
    handlers.fault(error);
    socket.destroy();
  }
}

function makeServer(tls: ServerOptions["tls"]): Server {
  if (tls === undefined) return createServer({ maxHeaderSize: MAX_HEADER_BYTES });
  const read = (path: string): Buffer => {
    try {
      return readFileSync(path);
    } catch (error) {
      throw tlsError(path, error);
    }
  };
  const [cert, key] = [read(tls.certificate), read(tls.key)];
  try {
    return createSecureServer({ cert, key, maxHeaderSize: MAX_HEADER_BYTES });
  } catch (error) {
    throw tlsError(tls.certificate, error);
  }
}
