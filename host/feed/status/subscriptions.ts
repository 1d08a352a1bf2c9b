// thread: feed
import type { HostTime } from "../../shared/units.js";
import type { Cancel, Timers } from "../timers.js";
import type { Lateness } from "./lateness.js";
import type { Selected, StatusObjects } from "./objects.js";

/** What clients get that do not ask for another rate. */
export const DEFAULT_INTERVAL_MS = 250;
/** 60 Hz: the shortest interval that a subscription may ask for. */
export const MIN_INTERVAL_MS = 1000 / 60;
export const MAX_INTERVAL_MS = 60_000;
/** A client that has not taken this many bytes gets no further update until it has. */
const BACKLOG_LIMIT = 64 * 1024;

/** Who gets the updates. */
export interface StatusSink {
  /** Bytes that were sent and not taken yet. */
  readonly backlog: number;
  deliver(frame: Buffer): void;
}

/** How an update is wrapped for one kind of client. Clients with the same `key` share their frames. */
export interface FrameStyle {
  readonly key: string;
  wrap(status: string, eventtime: string, ages: string | undefined): string;
}

export interface SubscriptionRequest {
  readonly selection: readonly Selected[];
  readonly intervalMs: number;
  /** Add the age of each object to every update. */
  readonly ages: boolean;
  readonly style: FrameStyle;
}

/** One client's subscription. */
export interface Subscription {
  readonly sink: StatusSink;
  /** Newest commit that the client has seen. */
  seen: number;
  /** False until the reply with the complete state has been sent. */
  active: boolean;
  readonly group: Group;
}

interface Group {
  readonly key: string;
  readonly request: SubscriptionRequest;
  readonly members: Set<Subscription>;
}

interface Ticker {
  readonly groups: Set<Group>;
  cancel: Cancel;
}

/** What the subscriptions need from the feed. */
export interface StatusSource {
  readonly objects: StatusObjects;
  readonly timers: Timers;
  readonly lateness: Lateness;
  /** The printer's time, as `eventtime` says it. */
  now(): HostTime;
  /** When the host last gave a sign of life. */
  hostConfirmed(): HostTime;
  /** Called before each commit, to bring our own objects up to date. */
  refresh(): void;
}

/**
 * Sends each subscriber the differences since what it has seen, at its rate.
 *
 *   commit ─► group (same selection, rate and wrapping) ─► one frame per "seen" ─► every member with that "seen"
 *
 * A client that does not read is passed over and keeps its "seen": what it gets later is one merged difference, at most
 * as large as the complete state of what it asked for.
 */
export class Subscriptions {
  readonly #source: StatusSource;
  readonly #groups = new Map<string, Group>();
  readonly #tickers = new Map<number, Ticker>();
  #skipped = 0;

  constructor(source: StatusSource) {
    this.#source = source;
  }

  /** Updates that were put off because their client did not read. */
  get skipped(): number {
    return this.#skipped;
  }

  /** Starts a subscription. Nothing is sent before `active` is set, after the reply with the complete state. */
  add(sink: StatusSink, request: SubscriptionRequest): Subscription {
    this.commit();
    const key = groupKey(request);
    let group = this.#groups.get(key);
    if (group === undefined) {
      group = { key, request, members: new Set() };
      this.#groups.set(key, group);
      this.#ticker(request.intervalMs).groups.add(group);
    }
    const subscription: Subscription = { sink, seen: this.#source.objects.version, active: false, group };
    group.members.add(subscription);
    return subscription;
  }

  remove(subscription: Subscription): void {
    const { group } = subscription;
    if (!group.members.delete(subscription) || group.members.size > 0) return;
    this.#groups.delete(group.key);
    const interval = group.request.intervalMs;
    const ticker = this.#tickers.get(interval);
    ticker?.groups.delete(group);
    if (ticker !== undefined && ticker.groups.size === 0) {
      ticker.cancel();
      this.#tickers.delete(interval);
    }
  }

  /** Ends all subscriptions. */
  clear(): void {
    for (const ticker of this.#tickers.values()) ticker.cancel();
    this.#tickers.clear();
    this.#groups.clear();
  }

  /** Brings all objects up to date, so that queries answer from the present state. */
  commit(): void {
    this.#source.refresh();
    this.#source.objects.commit();
  }

  #ticker(intervalMs: number): Ticker {
    const known = this.#tickers.get(intervalMs);
    if (known !== undefined) return known;
    const ticker: Ticker = { groups: new Set(), cancel: () => undefined };
    this.#tickers.set(intervalMs, ticker);
    this.#schedule(ticker, intervalMs, this.#source.timers.now() + intervalMs / 1000);
    return ticker;
  }

  /** Ticks on a grid that does not drift; ticks that were missed altogether are left out. */
  #schedule(ticker: Ticker, intervalMs: number, due: number): void {
    const { timers, lateness } = this.#source;
    ticker.cancel = timers.after(Math.max(0, (due - timers.now()) * 1000), () => {
      const late = timers.now() - due;
      lateness.record(timers.now(), Math.max(0, late));
      const missed = Math.max(0, Math.floor((late * 1000) / intervalMs));
      this.#schedule(ticker, intervalMs, due + ((missed + 1) * intervalMs) / 1000);
      this.#tick(ticker);
    });
  }

  #tick(ticker: Ticker): void {
    this.commit();
    const { objects } = this.#source;
    const now = this.#source.now();
    const eventtime = toEventtime(now);
    for (const group of ticker.groups) {
      const frames = new Map<number, Buffer | undefined>();
      for (const subscription of group.members) {
        const { seen, sink } = subscription;
        if (!subscription.active || seen === objects.version) continue;
        if (sink.backlog > BACKLOG_LIMIT) {
          this.#skipped++;
          continue;
        }
        if (!frames.has(seen)) frames.set(seen, this.#frame(group.request, seen, eventtime, now));
        subscription.seen = objects.version;
        const frame = frames.get(seen);
        if (frame !== undefined) sink.deliver(frame);
      }
    }
  }

  #frame(request: SubscriptionRequest, seen: number, eventtime: string, now: HostTime): Buffer | undefined {
    const { objects } = this.#source;
    const status = objects.changes(request.selection, seen);
    if (status === undefined) return undefined;
    return Buffer.from(request.style.wrap(status, eventtime, request.ages ? this.agesText(now) : undefined));
  }

  /** JSON of the age of every object. */
  agesText(now: HostTime): string {
    return JSON.stringify(this.#source.objects.ages(now, this.#source.hostConfirmed()));
  }
}

/** A printer time as clients get it: s, to the microsecond. */
export const toEventtime = (time: HostTime): string => time.toFixed(6);

function groupKey(request: SubscriptionRequest): string {
  const selection = request.selection.map(({ name, fields }) => [name, fields]);
  return JSON.stringify([request.style.key, request.intervalMs, request.ages, selection]);
}
