// thread: browser
import { isJson, json, list, num, parseJson, text } from "./json.js";

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 4000;
/** No frame for this long: the line is dead even if the browser has not noticed. */
const SILENCE_MS = 10_000;
const CHECK_MS = 1000;
/** What the server answers to those it does not know. */
const UNAUTHORIZED = "Unauthorized";

/** An error that the server answered with. */
export class RpcError extends Error {
  override readonly name = "RpcError";
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }

  get isUnauthorized(): boolean {
    return this.code === 401 || this.message === UNAUTHORIZED;
  }
}

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: RpcError) => void;
}

export interface RpcListener {
  /** The line is up: again after each loss. */
  opened(): void;
  closed(): void;
  notified(method: string, params: readonly unknown[]): void;
}

/** JSON-RPC over a websocket that connects again by itself. */
export class Rpc {
  readonly #url: () => string;
  readonly #listener: RpcListener;
  readonly #waiting = new Map<number, Waiting>();
  #socket: WebSocket | undefined;
  #nextId = 1;
  #waitMs = FIRST_WAIT_MS;
  #heardAt = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isWanted = false;

  /** `url` is asked for each attempt. */
  constructor(url: () => string, listener: RpcListener) {
    this.#url = url;
    this.#listener = listener;
    setInterval(() => this.#check(), CHECK_MS);
  }

  get isOpen(): boolean {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  /** Connects, and stays connected until `close`. */
  open(): void {
    if (this.#isWanted) return;
    this.#isWanted = true;
    if (this.#socket === undefined) this.#connect();
  }

  close(): void {
    this.#isWanted = false;
    clearTimeout(this.#timer);
    // Browsers complain about a socket that is closed before it is open: `open` closes that one.
    if (this.isOpen) this.#socket?.close();
  }

  /** Tries at once: somebody has come back to the page, or the network has. */
  retry(): void {
    if (!this.#isWanted || this.isOpen || this.#socket?.readyState === WebSocket.CONNECTING) return;
    clearTimeout(this.#timer);
    this.#connect();
  }

  /** Rejects with an `RpcError`: what the server says, or code 0 when the line is down. */
  call(method: string, params: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
    const socket = this.#socket;
    if (socket === undefined || socket.readyState !== WebSocket.OPEN) {
      return Promise.reject(new RpcError(0, "not connected to the printer"));
    }
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      socket.send(JSON.stringify({ jsonrpc: "2.0", method, params, id }));
    });
  }

  #connect(): void {
    const socket = new WebSocket(this.#url());
    this.#socket = socket;
    this.#heardAt = performance.now();
    socket.addEventListener("open", () => {
      this.#waitMs = FIRST_WAIT_MS;
      this.#heardAt = performance.now();
      if (this.#isWanted) this.#listener.opened();
      else socket.close();
    });
    socket.addEventListener("message", ({ data }) => {
      this.#heardAt = performance.now();
      if (typeof data === "string") this.#take(parseJson(data));
    });
    socket.addEventListener("close", () => {
      if (this.#socket === socket) this.#lost();
    });
  }

  #lost(): void {
    this.#socket = undefined;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of waiting) reject(new RpcError(0, "the line to the printer was lost"));
    this.#listener.closed();
    if (!this.#isWanted) return;
    this.#timer = setTimeout(() => this.#connect(), this.#waitMs);
    this.#waitMs = Math.min(this.#waitMs * 2, LONGEST_WAIT_MS);
  }

  #check(): void {
    const socket = this.#socket;
    if (socket === undefined || performance.now() - this.#heardAt < SILENCE_MS) return;
    socket.close();
    // A socket on a dead line may take minutes to close: do not wait for it.
    this.#lost();
  }

  #take(message: unknown): void {
    if (!isJson(message)) return;
    const id = num(message["id"]);
    if (id === undefined) {
      this.#listener.notified(text(message["method"]), list(message["params"]));
      return;
    }
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (waiting === undefined) return;
    if (!("error" in message)) waiting.resolve(message["result"]);
    else {
      const error = json(message["error"]);
      waiting.reject(new RpcError(num(error["code"]) ?? 0, text(error["message"])));
    }
  }
}
