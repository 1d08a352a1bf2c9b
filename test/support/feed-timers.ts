import type { Cancel, Timers } from "../../host/feed/timers.js";

interface Timer {
  due: number;
  readonly run: () => void;
  readonly everyMs: number | undefined;
}

/** Timers whose time passes only when a test says so. */
export class FakeTimers implements Timers {
  #now = 1000;
  readonly #timers = new Set<Timer>();

  now(): number {
    return this.#now;
  }

  unix(): number {
    return 1_700_000_000 + this.#now;
  }

  after(ms: number, run: () => void): Cancel {
    return this.#add({ due: this.#now + ms / 1000, run, everyMs: undefined });
  }

  every(ms: number, run: () => void): Cancel {
    return this.#add({ due: this.#now + ms / 1000, run, everyMs: ms });
  }

  /** Lets time pass; every timer fires at its time. */
  advance(ms: number): void {
    const end = this.#now + ms / 1000;
    for (let timer = this.#next(end); timer !== undefined; timer = this.#next(end)) {
      this.#now = Math.max(this.#now, timer.due);
      if (timer.everyMs === undefined) this.#timers.delete(timer);
      else timer.due += timer.everyMs / 1000;
      timer.run();
    }
    this.#now = end;
  }

  /** Lets time pass in which nothing could run: what was due fires late. */
  stall(ms: number): void {
    this.#now += ms / 1000;
    this.advance(0);
  }

  #add(timer: Timer): Cancel {
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  #next(end: number): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.due <= end + 1e-9 && (first === undefined || timer.due < first.due)) first = timer;
    }
    return first;
  }
}
