// thread: feed

import uWS, {
  type HttpRequest,
  type HttpResponse,
  type TemplatedApp,
  type us_listen_socket,
  type WebSocket,
} from "uWebSockets.js";
import { accessSync, constants } from "node:fs";
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
  type UpgradeAnswer,
  type UpgradeRequest,
} from "./server.js";

/** Our own limits close a connection long before this one. */
const MAX_BACKPRESSURE = 256 * 1024 * 1024;
/** Well below the 10 s that the library waits. */
const RESTART_CLOCK_MS = 2000;
/** Do not share the port with another program. */
const EXCLUSIVE_PORT = 1;

interface SocketData {
  readonly handler: SocketHandler;
  socket: UwsSocket | undefined;
}

const statusLine = (status: number): string => `${status} ${STATUS_TEXT[status] ?? "Status"}`;
const textOf = (bytes: ArrayBuffer): string => Buffer.from(bytes).toString("utf8");

/** The typings do not say so, but without a question mark there is no query at all. */
function queryOf(request: HttpRequest): string {
  const query: string | undefined = request.getQuery();
  return query ?? "";
}

class UwsExchange implements HttpExchange {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly peer: string;
  readonly #headers = new Map<string, string>();
  readonly #response: HttpResponse;
  #open = true;
  #paused = false;
  #waitingSince = performance.now();
  #source: BodySource | undefined;
  #receiver: BodyReceiver | undefined;
  readonly #gone: (() => void)[] = [];

  constructor(response: HttpResponse, request: HttpRequest) {
    this.#response = response;
    this.method = request.getCaseSensitiveMethod().toUpperCase();
    this.path = request.getUrl();
    this.query = queryOf(request);
    this.peer = textOf(response.getRemoteAddressAsText());
    request.forEach((name, value) => {
      this.#headers.set(name, value);
    });
    response.onAborted(() => this.#aborted());
  }

  get isOpen(): boolean {
    return this.#open;
  }

  header(name: string): string {
    return this.#headers.get(name) ?? "";
  }

  onGone(run: () => void): void {
    this.#gone.push(run);
  }

  receive(receiver: BodyReceiver): void {
    this.#receiver = receiver;
    this.#response.onData((chunk, isLast) => {
      if (this.#receiver === undefined) return;
      if (!isLast) this.#keepWaiting();
      if (chunk.byteLength > 0) receiver.chunk(Buffer.from(chunk));
      if (!isLast) return;
      this.#receiver = undefined;
      receiver.end();
    });
  }

  pause(): void {
    if (!this.#open || this.#paused) return;
    this.#paused = true;
    this.#response.pause();
  }

  resume(): void {
    // The library loses the socket's events when one resumes what was not paused.
    if (!this.#open || !this.#paused) return;
    this.#paused = false;
    this.#response.resume();
  }

  reply(status: number, headers: Headers, body: string | Uint8Array = ""): void {
    if (!this.#open) return;
    this.#open = false;
    this.#receiver = undefined;
    this.#response.cork(() => {
      this.#head(status, headers);
      if (status === 204 || status === 304) this.#response.endWithoutBody();
      else this.#response.end(body);
    });
  }

  replyHead(status: number, headers: Headers, length: number): void {
    if (!this.#open) return;
    this.#open = false;
    this.#response.cork(() => {
      this.#head(status, { ...headers, "content-length": String(length) });
      this.#response.endWithoutBody();
    });
  }

  replyStream(status: number, headers: Headers, length: number | undefined, source: BodySource): void {
    if (!this.#open) {
      source.close();
      return;
    }
    this.#source = source;
    this.#response.cork(() => this.#head(status, headers));
    this.#pump(length).catch(() => {
      if (this.#open) this.#response.close();
    });
  }

  async #pump(length: number | undefined): Promise<void> {
    const source = this.#source;
    while (source !== undefined && this.#open) {
      const piece = await source.next();
      if (!this.#open) return;
      if (piece === undefined) {
        this.#finish(length);
        return;
      }
      if (piece.byteLength === 0) continue;
      const taken = length === undefined ? this.#write(piece) : this.#tryEnd(piece, length);
      if (!(await taken)) return;
    }
  }

  /** The source has ended: with a known length the last piece has closed the reply already. */
  #finish(length: number | undefined): void {
    const source = this.#source;
    this.#source = undefined;
    this.#open = false;
    source?.close();
    if (length === undefined || length === 0) this.#response.cork(() => this.#response.end());
    else this.#response.close();
  }

  async #write(piece: Uint8Array): Promise<boolean> {
    let written = true;
    this.#response.cork(() => {
      written = this.#response.write(piece);
    });
    if (!written) await this.#writable();
    return this.#open;
  }

  async #tryEnd(piece: Uint8Array, length: number): Promise<boolean> {
    let rest = piece;
    while (this.#open) {
      const before = this.#response.getWriteOffset();
      let outcome: [boolean, boolean] = [false, false];
      this.#response.cork(() => {
        outcome = this.#response.tryEnd(rest, length);
      });
      const [ok, done] = outcome;
      if (done) {
        const source = this.#source;
        this.#source = undefined;
        this.#open = false;
        source?.close();
        return false;
      }
      if (ok) return true;
      const offset = await this.#writable();
      rest = rest.subarray(offset - before);
    }
    return false;
  }

  #writable(): Promise<number> {
    return new Promise((resolve) => {
      this.#gone.push(() => resolve(0));
      this.#response.onWritable((offset) => {
        resolve(offset);
        return true;
      });
    });
  }

  #head(status: number, headers: Headers): void {
    this.#response.writeStatus(statusLine(status));
    for (const [name, value] of Object.entries({ ...COMMON_HEADERS, ...headers })) {
      this.#response.writeHeader(name, value);
    }
  }

  /**
   * The library ends requests whose body comes slower than 16 kB/s, as over a bad wireless link. Its clock starts again
   * when the flow does.
   */
  #keepWaiting(): void {
    const now = performance.now();
    if (this.#paused || now - this.#waitingSince < RESTART_CLOCK_MS) return;
    this.#waitingSince = now;
    this.pause();
    this.resume();
  }

  #aborted(): void {
    this.#open = false;
    const source = this.#source;
    const receiver = this.#receiver;
    this.#source = undefined;
    this.#receiver = undefined;
    source?.close();
    receiver?.aborted();
    for (const run of this.#gone.splice(0)) run();
  }
}

class UwsSocket implements Socket {
  readonly #socket: WebSocket<SocketData>;
  #open = true;

  constructor(socket: WebSocket<SocketData>) {
    this.#socket = socket;
  }

  get backlog(): number {
    return this.#open ? this.#socket.getBufferedAmount() : 0;
  }

  send(text: string | Uint8Array): void {
    if (this.#open) this.#socket.send(text, false, false);
  }

  ping(): void {
    if (this.#open) this.#socket.ping();
  }

  close(code: number, reason: string): void {
    if (this.#open) this.#socket.end(code, reason);
  }

  terminate(): void {
    if (this.#open) this.#socket.close();
  }

  closed(): void {
    this.#open = false;
  }
}

/** The fast adapter, on uWebSockets.js. Throws `FEED_BIND`, or `FEED_TLS` when the certificate cannot be used. */
export function openUws(options: ServerOptions, handlers: ServerHandlers): Promise<FeedServer> {
  const app = options.tls === undefined ? uWS.App() : secureApp(options.tls);
  const guard = (run: () => void): void => {
    try {
      run();
    } catch (error) {
      handlers.fault(error);
    }
  };
  app.ws<SocketData>("/*", {
    maxPayloadLength: MAX_FRAME_BYTES,
    maxBackpressure: MAX_BACKPRESSURE,
    idleTimeout: 0,
    sendPingsAutomatically: false,
    compression: uWS.DISABLED,
    upgrade: (response, request, context) => {
      const headers = new Map<string, string>();
      request.forEach((name, value) => {
        headers.set(name, value);
      });
      const peer = textOf(response.getRemoteAddressAsText());
      const asked: UpgradeRequest = {
        path: request.getUrl(),
        query: queryOf(request),
        peer,
        header: (name) => headers.get(name) ?? "",
      };
      const answer = answerUpgrade(handlers, asked);
      if ("handler" in answer) {
        response.upgrade<SocketData>(
          { handler: answer.handler, socket: undefined },
          asked.header("sec-websocket-key"),
          asked.header("sec-websocket-protocol"),
          asked.header("sec-websocket-extensions"),
          context,
        );
        return;
      }
      response.writeStatus(statusLine(answer.status));
      for (const [name, value] of Object.entries({ ...COMMON_HEADERS, ...answer.headers })) {
        response.writeHeader(name, value);
      }
      response.end(answer.body);
    },
    open: (ws) => {
      const data = ws.getUserData();
      const socket = new UwsSocket(ws);
      data.socket = socket;
      guard(() => data.handler.opened(socket));
    },
    message: (ws, message) => guard(() => ws.getUserData().handler.message(textOf(message))),
    pong: (ws) => guard(() => ws.getUserData().handler.pong()),
    close: (ws) => {
      const data = ws.getUserData();
      data.socket?.closed();
      guard(() => data.handler.closed());
    },
  });
  app.any("/*", (response, request) => {
    const exchange = new UwsExchange(response, request);
    try {
      handlers.request(exchange);
    } catch (error) {
      handlers.fault(error);
      exchange.reply(500, {});
    }
  });
  return listen(app, options);
}

function answerUpgrade(handlers: ServerHandlers, asked: UpgradeRequest): UpgradeAnswer {
  try {
    return handlers.upgrade(asked);
  } catch (error) {
    handlers.fault(error);
    return { status: 500, headers: {}, body: "" };
  }
}

function listen(app: TemplatedApp, options: ServerOptions): Promise<FeedServer> {
  return new Promise((resolve, reject) => {
    const done = (listening: us_listen_socket | false): void => {
      if (listening === false) {
        app.close();
        reject(bindError(options, "the address is in use or not one of this computer's"));
        return;
      }
      resolve({ adapter: "uws", port: uWS.us_socket_local_port(listening), close: () => app.close() });
    };
    // The typings lack the form with host and options together.
    Reflect.apply(app.listen, app, [options.host, options.port, EXCLUSIVE_PORT, done]);
  });
}

function secureApp(tls: NonNullable<ServerOptions["tls"]>): TemplatedApp {
  for (const file of [tls.certificate, tls.key]) {
    try {
      accessSync(file, constants.R_OK);
    } catch (error) {
      throw tlsError(file, error);
    }
  }
  try {
    return uWS.SSLApp({ cert_file_name: tls.certificate, key_file_name: tls.key });
  } catch (error) {
    throw tlsError(tls.certificate, error);
  }
}
