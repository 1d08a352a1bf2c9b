// thread: host
import type { SharedClock } from "../shared/clock.js";
import { type HostTime, hostTime, type Seconds, seconds } from "../shared/units.js";
import type { Timer } from "./module.js";

/** Sets and clears a timer of real time; node's own unless a test gives another. */
export interface RealTimers {
  readonly set: (run: () => void, ms: number) => unknown;
  readonly clear: (timer: unknown) => void;
}

const nodeTimers: RealTimers = {
  set: (run, ms) => setTimeout(run, ms),
  clear: (timer) => clearTimeout(timer as NodeJS.Timeout),
};

/** Longer than this node's timers cannot wait, in ms. */
const LONGEST_MS = 2 ** 31 - 1;
/** A lockstep clock is looked at this often even when nobody says that it has moved. */
const LOOK_PERIOD = seconds(1);

interface Entry {
  readonly run: () => void;
  /** Seconds between calls; 0 for a timer that fires once. */
  readonly period: number;
  at: number;
}

/**
 * Timers of the host on the printer's clock: real, faster than real, or in lockstep with a simulation. A timer that is
 * late fires once, and a periodic one goes on from there. Timers that are due fire in the order of their times.
 */
export class Scheduler {
  readonly #clock: SharedClock;
  readonly #real: RealTimers;
  readonly #onFault: (error: unknown) => void;
  readonly #entries = new Set<Entry>();
  #wake: unknown;
  #wakeAt = Number.POSITIVE_INFINITY;
  #isWatching = false;
  #isClosed = false;
  /** Scripts that run or wait their turn, and waits for time among them. */
  #works = 0;
  #waits = 0;
  #isMarked = false;

  /** `onFault` hears of timers that throw. */
  constructor(clock: SharedClock, onFault: (error: unknown) => void, real: RealTimers = nodeTimers) {
    this.#clock = clock;
    this.#onFault = onFault;
    this.#real = real;
  }

  now(): HostTime {
    return this.#clock.now();
  }

  after(delay: Seconds, run: () => void): Timer {
    return this.#add({ run, period: 0, at: this.#clock.now() + Math.max(0, delay) });
  }

  /** Calls `run` every `period` s (more than 0), for the first time after one period. */
  every(period: Seconds, run: () => void): Timer {
    return this.#add({ run, period, at: this.#clock.now() + period });
  }

  /** Resolves after `delay`; rejects with the signal's reason when that comes first. */
  sleep(delay: Seconds, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    return this.idle(
      new Promise((resolve, reject) => {
        const end = (): void => {
          timer.stop();
          reject(signal.reason);
        };
        const timer = this.after(delay, () => {
          signal.removeEventListener("abort", end);
          resolve();
        });
        signal.addEventListener("abort", end, { once: true });
      }),
    );
  }

  /** Does work that a lockstep clock must not overtake: running a script. */
  async busy<T>(work: () => Promise<T>): Promise<T> {
    this.#works++;
    this.#mark();
    try {
      return await work();
    } finally {
      this.#works--;
      this.#mark();
    }
  }

  /** Inside busy work: waits for something that only comes when time goes on. Work that waits its turn is no hindrance. */
  async idle<T>(wait: Promise<T>): Promise<T> {
    this.#waits++;
    this.#mark();
    try {
      return await wait;
    } finally {
      this.#waits--;
      this.#mark();
    }
  }

  /** Ends all timers for good. */
  close(): void {
    this.#isClosed = true;
    this.#entries.clear();
    this.#arm();
  }

  #mark(): void {
    const isBusy = this.#works > 0 && this.#waits === 0;
    if (!this.#clock.isLockstep || isBusy === this.#isMarked) return;
    this.#isMarked = isBusy;
    if (isBusy) this.#clock.enterBusy();
    else this.#clock.leaveBusy();
  }

  #add(entry: Entry): Timer {
    if (!this.#isClosed) {
      this.#entries.add(entry);
      this.#arm();
    }
    return {
      stop: () => {
        if (this.#entries.delete(entry)) this.#arm();
      },
    };
  }

  #next(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const { at } of this.#entries) next = Math.min(next, at);
    return next;
  }

  /** Makes sure that `#fire` is called when the next timer is due. */
  #arm(): void {
    const next = this.#next();
    if (next === this.#wakeAt) return;
    this.#wakeAt = next;
    if (this.#clock.isLockstep) {
      this.#clock.hostDeadline = hostTime(next);
      if (!this.#isWatching && next < Number.POSITIVE_INFINITY) void this.#watch();
      return;
    }
    this.#real.clear(this.#wake);
    this.#wake = undefined;
    if (next === Number.POSITIVE_INFINITY) return;
    const ms = Math.min(this.#clock.realMsUntil(hostTime(next)), LONGEST_MS);
    this.#wake = this.#real.set(() => {
      this.#wakeAt = Number.POSITIVE_INFINITY;
      this.#fire();
    }, Math.ceil(ms));
  }

  /** Lockstep: fires timers as the clock comes to them, until there are none. */
  async #watch(): Promise<void> {
    this.#isWatching = true;
    while (this.#entries.size > 0) {
      const seen = this.#clock.hostDueCount;
      if (this.#clock.now() >= this.#wakeAt) {
        this.#clock.enterBusy();
        this.#fire();
        this.#clock.leaveBusy();
        continue;
      }
      await this.#clock.hostDueAfter(seen, LOOK_PERIOD);
    }
    this.#isWatching = false;
  }

  #fire(): void {
    const now = this.#clock.now();
    const due = [...this.#entries].filter(({ at }) => at <= now).sort((a, b) => a.at - b.at);
    for (const entry of due) {
      // One that fired before it may have stopped it.
      if (!this.#entries.has(entry)) continue;
      if (entry.period === 0) this.#entries.delete(entry);
      else entry.at = entry.at + entry.period > now ? entry.at + entry.period : now + entry.period;
      try {
        entry.run();
      } catch (error) {
        this.#onFault(error);
      }
    }
    this.#arm();
  }
}
