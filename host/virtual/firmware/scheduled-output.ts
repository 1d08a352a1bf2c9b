// thread: any
import type { Timer } from "../timers.js";
import type { Firmware } from "./firmware.js";

export interface OutputOptions {
  readonly defaultValue: number;
  /** Ticks for which it may differ from its default without a new order; 0 for no limit. */
  readonly maxDuration: number;
  readonly missed: string;
  readonly exceeds: string;
  /** Whether a value counts as different from the default. */
  readonly differs: (value: number) => boolean;
  /** Puts a value on the pin. */
  readonly apply: (value: number) => void;
  /** Puts the default on the pin, whatever pulsed it before. */
  readonly applyDefault: () => void;
}

interface Order {
  readonly clock: number;
  readonly value: number;
}

/**
 * A pin whose changes are queued by clock, each in a move slot. While it differs from its default it must get an order
 * at least every `maxDuration` ticks: how a heater is switched off when the host is gone.
 */
export class ScheduledOutput {
  readonly #firmware: Firmware;
  readonly #options: OutputOptions;
  readonly #loadTimer: Timer;
  readonly #endTimer: Timer;
  #queue: Order[] = [];
  /** Clock at which an order must have come; infinity when none is needed. */
  #end = Number.POSITIVE_INFINITY;

  constructor(firmware: Firmware, options: OutputOptions, initial: number) {
    this.#firmware = firmware;
    this.#options = options;
    this.#loadTimer = firmware.createTimer(() => this.#load());
    this.#endTimer = firmware.createTimer(() => firmware.shutdown(options.missed));
    options.apply(initial);
  }

  get isQueued(): boolean {
    return this.#queue.length > 0;
  }

  /** An order for a clock from the wire. */
  push(clock32: number, value: number): void {
    if (!this.#firmware.moves.take()) this.#firmware.shutdown("Move queue overflow");
    if (this.isQueued) {
      // Behind others its clock is looked at when its turn comes.
      const last = this.#queue.at(-1)?.clock ?? 0;
      this.#queue.push({ clock: last + ((clock32 - this.#firmware.narrow(last)) | 0), value });
      return;
    }
    const clock = this.#firmware.widen(clock32);
    if (clock > this.#end) this.#firmware.shutdown(this.#options.exceeds);
    this.#queue.push({ clock, value });
    this.#endTimer.cancel();
    this.#loadTimer.set(clock);
  }

  /** An order for now, which may not overtake queued ones. */
  update(value: number): void {
    this.#set(value);
    this.#await();
  }

  /** The board has shut down: the pin goes to its default. */
  onShutdown(): void {
    this.#firmware.moves.give(this.#queue.length);
    this.#queue = [];
    this.#end = Number.POSITIVE_INFINITY;
    this.#options.applyDefault();
  }

  #load(): void {
    const order = this.#queue.shift();
    if (order === undefined) return;
    this.#firmware.moves.give();
    this.#set(order.value);
    this.#await();
  }

  #set(value: number): void {
    const { apply, differs, maxDuration } = this.#options;
    apply(value);
    const isLimited = maxDuration > 0 && differs(value);
    this.#end = isLimited ? this.#firmware.now + maxDuration : Number.POSITIVE_INFINITY;
  }

  /** Waits for the next order, or for the time at which one must have come. */
  #await(): void {
    const next = this.#queue[0];
    if (next !== undefined) {
      if (next.clock > this.#end) this.#firmware.shutdown(this.#options.exceeds);
      this.#loadTimer.set(Math.max(next.clock, this.#firmware.now));
    } else if (this.#end < Number.POSITIVE_INFINITY) {
      this.#endTimer.set(this.#end);
    } else {
      this.#endTimer.cancel();
    }
  }
}
