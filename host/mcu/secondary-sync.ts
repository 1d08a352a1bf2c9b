// thread: any
import { type PrintTime, printTime, type Seconds, seconds, type Ticks, ticks } from "../shared/units.js";
import type { ClockSync } from "./clock-sync.js";

/** How far ahead of the time up to which steps are made a secondary board is steered to agree. */
const AGREE_AHEAD = 4;

/**
 * Print time on a board that is not the first. Print time is the first board's clock; crystals differ, so the line
 * `clock = (time - offset) * frequency` is aimed anew every second, so that the two boards agree a few seconds later.
 * The line turns at a point, so no step is ever moved that was already made.
 */
export class SecondarySync {
  readonly #primary: ClockSync;
  readonly #own: ClockSync;
  #offset = 0;
  #frequency: number;
  #disagreement = 0;

  constructor(primary: ClockSync, own: ClockSync) {
    this.#primary = primary;
    this.#own = own;
    this.#frequency = own.nominal;
  }

  /** Begins with exact agreement at `now` and `AGREE_AHEAD` later. Both boards must have started their clocks. */
  start(now: PrintTime): void {
    this.#aim(now, this.#agreed(now));
    this.#disagreement = 0;
  }

  /**
   * Steers anew. `from` is the print time up to which clocks were already handed out: the line keeps its value there,
   * and agrees with the first board `AGREE_AHEAD` later. Call about once a second.
   */
  adjust(from: PrintTime): void {
    const held = (from - this.#offset) * this.#frequency;
    this.#disagreement = (held - this.#agreed(from)) / this.#own.nominal;
    this.#aim(from, held);
  }

  /** This board's clock at a print time, in whole ticks. */
  toClock(time: PrintTime): Ticks {
    return ticks(Math.round((time - this.#offset) * this.#frequency));
  }

  toPrintTime(clock: Ticks): PrintTime {
    return printTime(clock / this.#frequency + this.#offset);
  }

  /** Print time at which this board's clock would be 0. */
  get offset(): PrintTime {
    return printTime(this.#offset);
  }

  /** Ticks of this board per second of print time. */
  get frequency(): number {
    return this.#frequency;
  }

  /** How far this board was ahead of the first one at the last `adjust`. */
  get disagreement(): Seconds {
    return seconds(this.#disagreement);
  }

  #aim(from: PrintTime, clock: number): void {
    const target = this.#agreed(printTime(from + AGREE_AHEAD));
    this.#frequency = (target - clock) / AGREE_AHEAD;
    this.#offset = from - clock / this.#frequency;
  }

  /** The clock of this board at the moment at which the first board's clock shows `time`. */
  #agreed(time: PrintTime): number {
    return this.#own.clockAt(this.#primary.timeOf(ticks(time * this.#primary.nominal)));
  }
}
