// thread: feed
import type { Timers } from "../timers.js";

const MAX_WATCHED = 10_000;

/** How many requests somebody may make: some at once, so many a second in the long run. */
export class Allowance {
  readonly #perSecond: number;
  readonly #burst: number;
  #left: number;
  #at: number;

  /** Full at `now` (monotonic s). */
  constructor(perSecond: number, burst: number, now: number) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#left = burst;
    this.#at = now;
  }

  /** Takes `count` requests; false, and takes nothing, when that is too much. */
  take(count: number, now: number): boolean {
    this.#left = Math.min(this.#burst, this.#left + (now - this.#at) * this.#perSecond);
    this.#at = now;
    if (this.#left < count) return false;
    this.#left -= count;
    return true;
  }

  /** Whether nothing has been taken lately. */
  isFull(now: number): boolean {
    return this.#left + (now - this.#at) * this.#perSecond >= this.#burst;
  }
}

/** The allowances of many addresses. */
export class Allowances {
  readonly #perSecond: number;
  readonly #burst: number;
  readonly #timers: Timers;
  readonly #all = new Map<string, Allowance>();

  constructor(perSecond: number, burst: number, timers: Timers) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#timers = timers;
  }

  take(address: string): boolean {
    const now = this.#timers.now();
    let allowance = this.#all.get(address);
    if (allowance === undefined) {
      this.#makeRoom(now);
      allowance = new Allowance(this.#perSecond, this.#burst, now);
      this.#all.set(address, allowance);
    }
    return allowance.take(1, now);
  }

  #makeRoom(now: number): void {
    if (this.#all.size < MAX_WATCHED) return;
    for (const [address, allowance] of this.#all) if (allowance.isFull(now)) this.#all.delete(address);
    if (this.#all.size >= MAX_WATCHED) this.#all.clear();
  }
}
