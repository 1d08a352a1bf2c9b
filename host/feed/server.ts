// thread: feed
import { HostError } from "../shared/errors.js";
import type { FeedAdapter } from "./messages.js";

/** Largest websocket frame that is accepted, in bytes: the connection that sends a larger one is closed. */
export const MAX_FRAME_BYTES = 8 * 1024 * 1024;

export type Headers = Readonly<Record<string, string>>;

/** Gets the body of a request piece by piece. Exactly one of `end` and `aborted` is called, once, at the end. */
export interface BodyReceiver {
  /** `bytes` are valid only until the call returns. */
  chunk(bytes: Buffer): void;
  end(): void;
  aborted(): void;
}

/** Gives the body of a reply piece by piece. */
export interface BodySource {
  /** The next piece, `undefined` at the end. A rejection breaks the connection off. */
  next(): Promise<Uint8Array | undefined>;
  /** Called once, when the last piece was given or the client went away. */
  close(): void;
}

/** One HTTP request and the way to answer it. Everything is harmless after the client has gone. */
export interface HttpExchange {
  readonly method: string;
  /** As sent: not decoded, without the query. */
  readonly path: string;
  readonly query: string;
  /** Address of the peer of the socket, as text. */
  readonly peer: string;
  /** The value of a header by its lower-case name, empty when missing. */
  header(name: string): string;
  /** Asks for the body. To be called before the handler returns, at most once. */
  receive(receiver: BodyReceiver): void;
  /** Stops and restarts the flow of the body. */
  pause(): void;
  resume(): void;
  readonly isOpen: boolean;
  /** Registers a call for when the client goes away before it was answered. */
  onGone(run: () => void): void;
  reply(status: number, headers: Headers, body?: string | Uint8Array): void;
  /** Sends a body of `length` bytes, or of unknown length. */
  replyStream(status: number, headers: Headers, length: number | undefined, source: BodySource): void;
  /** Answers HEAD: the headers of a reply of `length` bytes. */
  replyHead(status: number, headers: Headers, length: number): void;
}

/** A request to open a websocket. */
export interface UpgradeRequest {
  readonly path: string;
  readonly query: string;
  readonly peer: string;
  header(name: string): string;
}

/** One open websocket. Everything is harmless after it was closed. */
export interface Socket {
  /** Bytes that were given to `send` and not taken by the client yet. */
  readonly backlog: number;
  /** Sends one text frame. Bytes must be UTF-8 and must not change afterwards. */
  send(text: string | Uint8Array): void;
  ping(): void;
  /** Says goodbye with a code and closes. */
  close(code: number, reason: string): void;
  /** Closes at once. */
  terminate(): void;
}

/** What an open websocket calls. */
export interface SocketHandler {
  opened(socket: Socket): void;
  /** A whole frame as text. */
  message(text: string): void;
  /** The client answered a ping. */
  pong(): void;
  closed(): void;
}

export type UpgradeAnswer =
  | { readonly handler: SocketHandler }
  | { readonly status: number; readonly headers: Headers; readonly body: string };

/** What the server calls. */
export interface ServerHandlers {
  request(exchange: HttpExchange): void;
  upgrade(request: UpgradeRequest): UpgradeAnswer;
  /** A handler threw: a fault of ours, the client gets status 500. */
  fault(error: unknown): void;
}

/** An HTTP and websocket server that listens. */
export interface FeedServer {
  readonly adapter: FeedAdapter;
  readonly port: number;
  /** Closes the listening socket and every connection, at once. */
  close(): void;
}

export interface ServerOptions {
  readonly host: string;
  readonly port: number;
  readonly tls: { readonly certificate: string; readonly key: string } | undefined;
}

/** Every reply carries these. */
export const COMMON_HEADERS: Headers = { "x-content-type-options": "nosniff" };

/** The reason phrases of the status codes that we send. */
export const STATUS_TEXT: Readonly<Record<number, string>> = {
  200: "OK",
  201: "Created",
  204: "No Content",
  206: "Partial Content",
  301: "Moved Permanently",
  304: "Not Modified",
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  409: "Conflict",
  411: "Length Required",
  413: "Payload Too Large",
  416: "Range Not Satisfiable",
  422: "Unprocessable Entity",
  429: "Too Many Requests",
  500: "Internal Server Error",
  503: "Service Unavailable",
  507: "Insufficient Storage",
};

/** `FEED_BIND` with what the owner can do about it. */
export function bindError(options: ServerOptions, reason: string): HostError<"FEED_BIND"> {
  return new HostError("FEED_BIND", `cannot listen on ${options.host}:${options.port}: ${reason}`, {
    details: { host: options.host, port: options.port, reason },
    fix: "stop the other program that uses this port (often an older Moonraker), or choose another with --port.",
  });
}

/** `FEED_TLS` with what the owner can do about it. */
export function tlsError(path: string, cause: unknown): HostError<"FEED_TLS"> {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new HostError("FEED_TLS", `cannot use the certificate file '${path}': ${reason}`, {
    details: { path, reason },
    fix: "give PEM files that this user may read: the certificate with its chain, and its private key.",
    cause,
  });
}
