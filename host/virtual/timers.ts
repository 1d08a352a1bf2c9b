// thread: any
import { IndexHeap } from "../mcu/index-heap.js";

/** One timer of a board; at most one time is set. */
export interface Timer {
  /** Makes it fire at a clock, instead of any time set before. */
  set(ticks: number): void;
  cancel(): void;
  readonly isSet: boolean;
}

/** The timers of one board, by its 64-bit clock. Those of the same tick fire in the order in which they were set. */
export class Timers {
  readonly #heap = new IndexHeap();
  readonly #actions: (() => void)[] = [];
  #serial = 0;

  /** A timer that calls `action` when it fires; the action may set it again. */
  create(action: () => void): Timer {
    const heap = this.#heap;
    const index = this.#actions.push(action) - 1;
    return {
      set: (ticks) => heap.set(index, ticks, this.#serial++),
      cancel: () => heap.remove(index),
      get isSet() {
        return heap.has(index);
      },
    };
  }

  /** When the next one fires; infinity when none is set. */
  get next(): number {
    return this.#heap.topKey;
  }

  /** Fires the next one. */
  fire(): void {
    this.#actions[this.#heap.pop()]?.();
  }

  cancelAll(): void {
    this.#heap.clear();
  }
}
