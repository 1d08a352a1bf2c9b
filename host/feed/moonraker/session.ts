// thread: feed
import type { Visitor } from "../access/access.js";
import { Allowance } from "../access/allowance.js";
import type { Socket, SocketHandler } from "../server.js";
import type { StatusSink, Subscription } from "../status/subscriptions.js";
import type { Timers } from "../timers.js";
import type { Caller, ClientInfo, Connection, Identity } from "./caller.js";

/** A client with more bytes than this waiting for it is not reading: it is disconnected. */
const BACKLOG_END = 1024 * 1024;
/** Requests per second, on average, and how many may come at once (a page that loads asks a lot). */
const REQUESTS_PER_S = 200;
const REQUEST_BURST = 4000;

/** What a session calls. */
export interface SessionOwner {
  readonly timers: Timers;
  /** A whole frame of a client. */
  frame(session: Session, text: string): void;
  opened(session: Session): void;
  closed(session: Session): void;
  /** A client was disconnected because it does not read, or not answer. */
  dropped(session: Session, reason: string): void;
}

/** One websocket client: who it is, what it subscribed to, and how far behind it may fall. */
export class Session implements SocketHandler, Connection, StatusSink {
  readonly id: number;
  readonly address: string;
  readonly isTrusted: boolean;
  client: ClientInfo | undefined;
  identity: Identity | undefined;
  subscription: Subscription | undefined;
  readonly remoteMethods = new Set<string>();
  readonly #owner: SessionOwner;
  #socket: Socket | undefined;
  /** When the client was last heard, monotonic s. */
  #heardAt: number;
  #behindSince: number | undefined;
  readonly #allowance: Allowance;

  constructor(id: number, visitor: Visitor, owner: SessionOwner) {
    this.id = id;
    this.address = visitor.address;
    this.isTrusted = visitor.isTrusted;
    this.identity = visitor.identity;
    this.#owner = owner;
    this.#heardAt = owner.timers.now();
    this.#allowance = new Allowance(REQUESTS_PER_S, REQUEST_BURST, this.#heardAt);
  }

  get sink(): StatusSink {
    return this;
  }

  get backlog(): number {
    return this.#socket?.backlog ?? 0;
  }

  get isOpen(): boolean {
    return this.#socket !== undefined;
  }

  opened(socket: Socket): void {
    this.#socket = socket;
    this.#owner.opened(this);
  }

  message(text: string): void {
    this.#heardAt = this.#owner.timers.now();
    this.#owner.frame(this, text);
  }

  pong(): void {
    this.#heardAt = this.#owner.timers.now();
  }

  closed(): void {
    this.#socket = undefined;
    this.#owner.closed(this);
  }

  send(text: string): void {
    this.#send(text);
  }

  deliver(frame: Buffer): void {
    this.#send(frame);
  }

  close(code: number, reason: string): void {
    this.#socket?.close(code, reason);
  }

  /** Takes `count` requests from the client's allowance; false when it asks too much. */
  admit(count: number): boolean {
    return this.#allowance.take(count, this.#owner.timers.now());
  }

  /** Asks for a sign of life after `askAfterS` of silence, and disconnects after `endAfterS`. */
  checkAlive(askAfterS: number, endAfterS: number, behindLimit: number): void {
    const now = this.#owner.timers.now();
    const silence = now - this.#heardAt;
    if (silence > endAfterS) this.#drop("does not answer");
    else if (silence > askAfterS) this.#socket?.ping();
    if (this.backlog <= behindLimit) this.#behindSince = undefined;
    else this.#behindSince ??= now;
    if (this.#behindSince !== undefined && now - this.#behindSince > endAfterS) this.#drop("does not read");
  }

  #send(data: string | Buffer): void {
    const socket = this.#socket;
    if (socket === undefined) return;
    if (socket.backlog > BACKLOG_END) this.#drop("does not read");
    else socket.send(data);
  }

  #drop(reason: string): void {
    const socket = this.#socket;
    if (socket === undefined) return;
    this.#owner.dropped(this, reason);
    socket.terminate();
  }
}

/** The caller behind one frame of a session. */
export class SessionCaller implements Caller {
  readonly transport = "websocket";
  readonly connection: Session;
  readonly #after: (() => void)[] = [];

  constructor(session: Session) {
    this.connection = session;
  }

  /** As it is now: a login earlier in the same batch counts. */
  get identity(): Identity | undefined {
    return this.connection.identity;
  }

  get isTrusted(): boolean {
    return this.connection.isTrusted;
  }

  get address(): string {
    return this.connection.address;
  }

  afterReply(run: () => void): void {
    this.#after.push(run);
  }

  /** To be called when the reply has been sent. */
  replied(): void {
    for (const run of this.#after.splice(0)) run();
  }
}
