// thread: feed
import type { AccessSetup } from "../messages.js";
import type { Identity } from "../moonraker/caller.js";
import type { Headers } from "../server.js";
import type { Timers } from "../timers.js";
import { AddressRanges, hostPart, isLocalName, originAuthority, Patterns, plainAddress } from "./network.js";
import { randomToken, sameSecret, signToken, verifyToken } from "./tokens.js";
import type { Users } from "./users.js";

const LOOPBACK = ["127.0.0.0/8", "::1"];
const ONE_SHOT_CHARACTERS = 32;
const ONE_SHOT_S = 5;
const MAX_ONE_SHOTS = 10_000;
const ACCESS_TOKEN_S = 3600;
const REFRESH_TOKEN_S = 90 * 24 * 3600;
/** Wrong passwords from one address before it has to wait, and for how long, in s. */
const MAX_FAILURES = 10;
const LOCKED_S = 300;
const MAX_WATCHED = 10_000;
const BEARER = "bearer ";
/** Somebody who is known by the address alone. */
export const TRUSTED: Identity = { kind: "trusted", username: undefined };

/** What access control needs to see of a request. */
export interface Approach {
  readonly peer: string;
  readonly query: string;
  header(name: string): string;
}

/** Who stands behind a request. */
export interface Visitor {
  readonly address: string;
  readonly identity: Identity | undefined;
  /** Needs no credentials because of where it is. */
  readonly isTrusted: boolean;
}

interface OneShot {
  readonly identity: Identity;
  readonly until: number;
}

/**
 * Decides who somebody is: by address, API key, one-shot token or a user's token. An address counts only when the
 * request does not come from a foreign web page: neither its origin nor the name it knows us by may be strange.
 */
export class Access {
  readonly #setup: AccessSetup;
  readonly #users: Users;
  readonly #timers: Timers;
  readonly #trusted: AddressRanges;
  readonly #origins: Patterns;
  readonly #hosts: Patterns;
  readonly #oneShots = new Map<string, OneShot>();
  readonly #failures = new Map<string, { count: number; until: number }>();

  /** Throws `FEED_SETTING` for a range that is none. */
  constructor(setup: AccessSetup, users: Users, timers: Timers) {
    this.#setup = setup;
    this.#users = users;
    this.#timers = timers;
    this.#trusted = new AddressRanges([...LOOPBACK, ...setup.trusted]);
    this.#origins = new Patterns(setup.cors);
    this.#hosts = new Patterns(setup.hosts);
  }

  /** Whether users have to log in wherever they come from. */
  get loginRequired(): boolean {
    return this.#setup.forceLogins && !this.#users.isEmpty;
  }

  identify(approach: Approach): Visitor {
    const address = this.#addressOf(approach);
    const isTrusted = this.isTrusted(address, approach);
    return { address, isTrusted, identity: this.#byCredentials(approach) ?? (isTrusted ? TRUSTED : undefined) };
  }

  /** Whether a client needs no credentials because of where it is. */
  isTrusted(address: string, approach: Approach): boolean {
    if (this.loginRequired || !this.#trusted.has(address)) return false;
    const host = hostPart(approach.header("host"));
    if (!isLocalName(host) && !this.#hosts.match(host)) return false;
    const origin = approach.header("origin");
    return origin === "" || this.#isOwnOrigin(origin, host) || this.#isListed(origin);
  }

  /** Whether a browser may open a websocket from the page it shows, whoever its user is. */
  allowsOrigin(approach: Approach): boolean {
    const origin = approach.header("origin");
    if (origin === "") return true;
    return this.#isOwnOrigin(origin, hostPart(approach.header("host"))) || this.#isListed(origin);
  }

  /** Headers that let a page of an allowed origin read a reply; none for others. */
  corsHeaders(approach: Approach): Headers {
    const origin = approach.header("origin");
    if (origin === "" || !this.allowsOrigin(approach)) return { vary: "Origin" };
    return { "access-control-allow-origin": origin, vary: "Origin" };
  }

  apiKeyIdentity(key: string): Identity | undefined {
    const known = this.#setup.apiKey && key !== "" && sameSecret(key, this.#users.apiKey);
    return known ? { kind: "key", username: undefined } : undefined;
  }

  /** The user behind an access token. */
  tokenIdentity(token: string): Identity | undefined {
    const claims = this.#verify(token);
    return claims?.kind === "access" ? { kind: "user", username: claims.username } : undefined;
  }

  /** The user behind a refresh token. */
  refreshUser(token: string): string | undefined {
    const claims = this.#verify(token);
    return claims?.kind === "refresh" ? claims.username : undefined;
  }

  accessToken(username: string): string {
    return this.#sign(username, "access", ACCESS_TOKEN_S);
  }

  refreshToken(username: string): string {
    return this.#sign(username, "refresh", REFRESH_TOKEN_S);
  }

  /** A text that stands for `identity` once, within 5 s. */
  oneShot(identity: Identity): string {
    const now = this.#timers.now();
    for (const [token, { until }] of this.#oneShots) {
      if (until < now || this.#oneShots.size >= MAX_ONE_SHOTS) this.#oneShots.delete(token);
    }
    const token = randomToken(ONE_SHOT_CHARACTERS);
    this.#oneShots.set(token, { identity, until: now + ONE_SHOT_S });
    return token;
  }

  /** Whether this address guessed wrong too often and has to wait. */
  isLocked(address: string): boolean {
    const failed = this.#failures.get(address);
    return failed !== undefined && failed.count >= MAX_FAILURES && failed.until > this.#timers.now();
  }

  loginFailed(address: string): void {
    const now = this.#timers.now();
    if (this.#failures.size >= MAX_WATCHED) {
      for (const [known, { until }] of this.#failures) if (until <= now) this.#failures.delete(known);
      if (this.#failures.size >= MAX_WATCHED) this.#failures.clear();
    }
    const former = this.#failures.get(address);
    const count = former === undefined || former.until <= now ? 0 : former.count;
    this.#failures.set(address, { count: count + 1, until: now + LOCKED_S });
  }

  loginSucceeded(address: string): void {
    this.#failures.delete(address);
  }

  #addressOf(approach: Approach): string {
    const peer = plainAddress(approach.peer);
    if (!this.#trusted.has(peer)) return peer;
    const forwarded = approach.header("x-real-ip") || (approach.header("x-forwarded-for").split(",")[0] ?? "");
    return forwarded === "" ? peer : plainAddress(forwarded.trim());
  }

  #byCredentials(approach: Approach): Identity | undefined {
    const authorization = approach.header("authorization");
    if (authorization.toLowerCase().startsWith(BEARER)) {
      const identity = this.tokenIdentity(authorization.slice(BEARER.length).trim());
      if (identity !== undefined) return identity;
    }
    const byKey = this.apiKeyIdentity(approach.header("x-api-key"));
    if (byKey !== undefined || !approach.query.includes("token=")) return byKey;
    const query = new URLSearchParams(approach.query);
    return this.#spend(query.get("token") ?? "") ?? this.tokenIdentity(query.get("access_token") ?? "");
  }

  #spend(token: string): Identity | undefined {
    const found = this.#oneShots.get(token);
    this.#oneShots.delete(token);
    return found !== undefined && found.until >= this.#timers.now() ? found.identity : undefined;
  }

  #isOwnOrigin(origin: string, host: string): boolean {
    const authority = originAuthority(origin);
    return authority !== "" && hostPart(authority) === host && (isLocalName(host) || this.#hosts.match(host));
  }

  #isListed(origin: string): boolean {
    const authority = originAuthority(origin);
    return this.#origins.match(origin) || (authority !== "" && this.#origins.match(authority));
  }

  #sign(username: string, kind: "access" | "refresh", lifeS: number): string {
    const now = this.#timers.unix();
    const secret = this.#users.get(username)?.secret ?? randomToken(ONE_SHOT_CHARACTERS);
    return signToken({ username, kind, expires: now + lifeS }, secret, now);
  }

  #verify(token: string): ReturnType<typeof verifyToken> {
    if (token === "") return undefined;
    return verifyToken(token, (name) => this.#users.get(name)?.secret, this.#timers.unix());
  }
}
