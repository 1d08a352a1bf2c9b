// thread: feed
import type { StatusSink, Subscription } from "../status/subscriptions.js";

/** On what grounds somebody may use the API. */
export interface Identity {
  readonly kind: "trusted" | "key" | "user";
  /** The user's name, also for a trusted client that logged in. */
  readonly username: string | undefined;
}

/** What a client said about itself. */
export interface ClientInfo {
  readonly name: string;
  readonly version: string;
  readonly type: string;
  readonly url: string;
}

/** A connection that stays open: it can subscribe and be called. */
export interface Connection {
  readonly id: number;
  /** Needs no credentials because of where it is. */
  readonly isTrusted: boolean;
  readonly sink: StatusSink;
  client: ClientInfo | undefined;
  identity: Identity | undefined;
  subscription: Subscription | undefined;
  /** Methods that macros may call on this client. */
  readonly remoteMethods: Set<string>;
  send(text: string): void;
}

/** Who makes a request. */
export interface Caller {
  readonly transport: "websocket" | "http" | "mqtt";
  readonly connection: Connection | undefined;
  /** `undefined`: nobody we know; only open methods answer. */
  readonly identity: Identity | undefined;
  readonly isTrusted: boolean;
  /** Address of the client, seen through a trusted proxy. */
  readonly address: string;
  /** Runs `run` when the reply to this request has been sent. */
  afterReply(run: () => void): void;
}
