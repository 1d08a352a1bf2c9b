// thread: feed
import type { Visitor } from "../access/access.js";
import type { StatusSink, Subscriptions } from "../status/subscriptions.js";
import type { Timers } from "../timers.js";
import { type JsonRpc, notification } from "./json-rpc.js";
import { Session, SessionCaller, type SessionOwner } from "./session.js";

const CHECK_MS = 5000;
const ASK_AFTER_S = 20;
const END_AFTER_S = 60;
/** As many bytes waiting as a client may have without counting as one that does not read. */
const BEHIND_LIMIT = 64 * 1024;

export interface SessionsParts {
  readonly timers: Timers;
  readonly rpc: JsonRpc;
  readonly subscriptions: Subscriptions;
  readonly limit: number;
  readonly dropped: (session: Session, reason: string) => void;
  readonly agentGone: (session: Session) => void;
}

/** Somebody besides the websockets who gets the notifications. */
export interface Listener {
  notified(text: string): void;
}

/** All open websockets, and what is told to all of them. */
export class Sessions implements SessionOwner {
  readonly timers: Timers;
  readonly #parts: SessionsParts;
  readonly #open = new Set<Session>();
  readonly #listeners = new Set<Listener>();
  #nextId: number;
  #droppedCount = 0;

  constructor(parts: SessionsParts) {
    this.#parts = parts;
    this.timers = parts.timers;
    // Not from 1 at each start: a client must not take a new connection for its former one.
    this.#nextId = Math.floor(Math.random() * 1e6) * 1000 + 1;
    parts.timers.every(CHECK_MS, () => {
      for (const session of this.#open) session.checkAlive(ASK_AFTER_S, END_AFTER_S, BEHIND_LIMIT);
    });
  }

  get count(): number {
    return this.#open.size;
  }

  get isFull(): boolean {
    return this.#open.size >= this.#parts.limit;
  }

  get all(): Iterable<Session> {
    return this.#open;
  }

  /** Clients that were disconnected because they did not read or answer. */
  get droppedCount(): number {
    return this.#droppedCount;
  }

  /** Bytes that wait for clients to read them. */
  get backlog(): number {
    let sum = 0;
    for (const session of this.#open) sum += session.backlog;
    return sum;
  }

  create(visitor: Visitor): Session {
    return new Session(this.#nextId++, visitor, this);
  }

  /** A number for a connection that is no websocket, unique among all. */
  takeId(): number {
    return this.#nextId++;
  }

  listen(listener: Listener): void {
    this.#listeners.add(listener);
  }

  /** Tells every client that may know, except one. */
  broadcast(method: string, payload?: unknown, except?: StatusSink): void {
    const text = notification(method, payload);
    const frame = Buffer.from(text);
    for (const session of this.#open) {
      if (session.identity !== undefined && session !== except) session.deliver(frame);
    }
    for (const listener of this.#listeners) listener.notified(text);
  }

  /** Ends every subscription: the printer is another one now. */
  endSubscriptions(): void {
    for (const session of this.#open) this.endSubscription(session);
  }

  endSubscription(session: { subscription: Session["subscription"] }): void {
    if (session.subscription === undefined) return;
    this.#parts.subscriptions.remove(session.subscription);
    session.subscription = undefined;
  }

  frame(session: Session, text: string): void {
    const caller = new SessionCaller(session);
    this.#parts.rpc.handle(
      text,
      caller,
      (reply) => {
        if (reply !== undefined) session.send(reply);
        caller.replied();
      },
      (count) => session.admit(count),
    );
  }

  opened(session: Session): void {
    this.#open.add(session);
  }

  closed(session: Session): void {
    if (!this.#open.delete(session)) return;
    this.endSubscription(session);
    if (session.client?.type === "agent") this.#parts.agentGone(session);
  }

  dropped(session: Session, reason: string): void {
    this.#droppedCount++;
    this.#parts.dropped(session, reason);
  }

  /** Says goodbye to everybody. */
  close(): void {
    for (const session of this.#open) session.close(1001, "server is going down");
  }
}
