// thread: feed
import type { Socket, SocketHandler } from "../server.js";
import type { KlipperApi, KlipperConnection, KlipperLine } from "./klipper-api.js";

/** A client with more bytes than this waiting for it is not reading: it is disconnected. */
const BACKLOG_END = 16 * 1024 * 1024;

/** Klipper's own API on a websocket: one frame, one message. */
export class Bridge implements SocketHandler, KlipperLine {
  readonly #api: KlipperApi;
  #connection: KlipperConnection | undefined;
  #socket: Socket | undefined;

  constructor(api: KlipperApi) {
    this.#api = api;
  }

  get backlog(): number {
    return this.#socket?.backlog ?? 0;
  }

  opened(socket: Socket): void {
    this.#socket = socket;
    this.#connection = this.#api.connect(this);
  }

  message(text: string): void {
    this.#connection?.receive(text);
  }

  pong(): void {
    // Whether this client lives shows when it does not read.
  }

  closed(): void {
    this.#socket = undefined;
    if (this.#connection !== undefined) this.#api.disconnect(this.#connection);
  }

  write(text: string): void {
    this.#send(text);
  }

  deliver(frame: Buffer): void {
    this.#send(frame);
  }

  end(): void {
    this.#socket?.close(1001, "printer is restarting");
  }

  #send(data: string | Buffer): void {
    if (this.backlog > BACKLOG_END) this.#socket?.terminate();
    else this.#socket?.send(data);
  }
}
