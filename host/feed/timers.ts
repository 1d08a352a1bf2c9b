// thread: feed
import { monotonic } from "../shared/clock.js";

/** Stops a timer; harmless when it has fired already. */
export type Cancel = () => void;

/** Time and timers of the feed. They run in real time, also when a virtual printer's clock does not. */
export interface Timers {
  /** Monotonic time in s. */
  now(): number;
  /** Wall clock in s since 1970. */
  unix(): number;
  after(ms: number, run: () => void): Cancel;
  every(ms: number, run: () => void): Cancel;
}

/** Real timers with one owner: `close` stops all that are left. */
export class OwnedTimers implements Timers {
  readonly #running = new Set<NodeJS.Timeout>();
  #closed = false;

  now(): number {
    return monotonic();
  }

  unix(): number {
    return Date.now() / 1000;
  }

  after(ms: number, run: () => void): Cancel {
    if (this.#closed) return () => undefined;
    const timer = setTimeout(() => {
      this.#running.delete(timer);
      run();
    }, ms);
    this.#running.add(timer);
    return () => this.#stop(timer);
  }

  every(ms: number, run: () => void): Cancel {
    if (this.#closed) return () => undefined;
    const timer = setInterval(run, ms);
    this.#running.add(timer);
    return () => this.#stop(timer);
  }

  close(): void {
    this.#closed = true;
    for (const timer of this.#running) clearTimeout(timer);
    this.#running.clear();
  }

  #stop(timer: NodeJS.Timeout): void {
    clearTimeout(timer);
    this.#running.delete(timer);
  }
}
