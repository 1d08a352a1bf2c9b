import { type ClientOptions, WebSocket } from "ws";
import { isRecord, type JsonRecord, member } from "../../host/feed/json-value.js";

/** An error reply of the server. */
export class RpcError extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** A websocket client of the feed that speaks JSON-RPC, as web clients do. */
export class RpcClient {
  readonly socket: WebSocket;
  /** Notifications and other frames that nobody has asked for yet, in order. */
  readonly frames: unknown[] = [];
  readonly #waiting = new Map<number, Waiting>();
  readonly #watchers = new Set<() => void>();
  #nextId = 1;
  #closed = false;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on("message", (data) => this.#frame(JSON.parse(data.toString()) as unknown));
    socket.on("close", () => {
      this.#closed = true;
      for (const { reject } of this.#waiting.values()) reject(new Error("the connection was closed"));
      this.#waiting.clear();
      for (const watcher of [...this.#watchers]) watcher();
    });
  }

  static connect(url: string, options: ClientOptions = {}): Promise<RpcClient> {
    const socket = new WebSocket(`${url.replace(/^http/, "ws")}websocket`, options);
    const client = new RpcClient(socket);
    return new Promise((resolve, reject) => {
      socket.on("open", () => resolve(client));
      socket.on("error", reject);
    });
  }

  /** Calls a method; rejects with `RpcError`. */
  call(method: string, params?: JsonRecord): Promise<unknown> {
    const id = this.#nextId++;
    const request = { jsonrpc: "2.0", method, id, ...(params === undefined ? {} : { params }) };
    this.socket.send(JSON.stringify(request));
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
    });
  }

  /** Calls a method whose result is an object. */
  async get(method: string, params?: JsonRecord): Promise<JsonRecord> {
    const result = await this.call(method, params);
    if (!isRecord(result)) throw new Error(`${method} did not answer with an object: ${JSON.stringify(result)}`);
    return result;
  }

  /** The error that a call is answered with. */
  async error(method: string, params?: JsonRecord): Promise<{ code: number; message: string }> {
    try {
      await this.call(method, params);
    } catch (error) {
      if (error instanceof RpcError) return { code: error.code, message: error.message };
      throw error;
    }
    throw new Error(`${method} did not fail`);
  }

  /** Sends a frame as it is and returns the next frame that is no answer to a call. */
  async raw(text: string): Promise<unknown> {
    this.socket.send(text);
    return await this.next(() => true);
  }

  /** The parameters of the next notification of a kind, or of one that has come already. */
  async notification(method: string): Promise<readonly unknown[]> {
    const frame = await this.next((value) => isRecord(value) && member(value, "method") === method);
    const params = isRecord(frame) ? member(frame, "params") : undefined;
    return Array.isArray(params) ? params : [];
  }

  /** The next frame that fits, or one that has come already; frames before it are kept. */
  next(fits: (frame: unknown) => boolean): Promise<unknown> {
    const look = (): unknown => {
      const index = this.frames.findIndex(fits);
      return index < 0 ? undefined : this.frames.splice(index, 1)[0];
    };
    const found = look();
    if (found !== undefined) return Promise.resolve(found);
    return new Promise((resolve, reject) => {
      const watcher = (): void => {
        const now = look();
        if (now === undefined && !this.#closed) return;
        this.#watchers.delete(watcher);
        if (now === undefined) reject(new Error("the connection was closed"));
        else resolve(now);
      };
      this.#watchers.add(watcher);
    });
  }

  /** Resolves when the server has closed the connection. */
  closed(): Promise<void> {
    if (this.#closed) return Promise.resolve();
    return new Promise((resolve) => {
      this.socket.on("close", () => resolve());
    });
  }

  close(): void {
    this.socket.terminate();
  }

  #frame(frame: unknown): void {
    const id = isRecord(frame) ? member(frame, "id") : undefined;
    if (isRecord(frame) && typeof id === "number" && member(frame, "method") === undefined) {
      const waiting = this.#waiting.get(id);
      if (waiting !== undefined) {
        this.#waiting.delete(id);
        const error = member(frame, "error");
        if (isRecord(error))
          waiting.reject(new RpcError(Number(member(error, "code")), String(member(error, "message"))));
        else waiting.resolve(member(frame, "result"));
        return;
      }
    }
    this.frames.push(frame);
    for (const watcher of [...this.#watchers]) watcher();
  }
}
