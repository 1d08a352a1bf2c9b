// thread: any

/** Rounding of times must not make a tick that has begun look like the one before, ticks. */
const TOLERANCE = 1e-3;

/** A board's crystal: relates its counter to host time. */
export class BoardClock {
  /** Ticks per second of host time. */
  readonly #rate: number;
  readonly #period: number;
  #origin: number;
  #start: number;

  constructor(frequency: number, errorPpm: number, origin: number, startTicks: number) {
    this.#rate = frequency * (1 + errorPpm * 1e-6);
    this.#period = 1 / this.#rate;
    this.#origin = origin;
    this.#start = startTicks;
  }

  /** Whole ticks counted at a host time. */
  ticksAt(time: number): number {
    return this.#start + Math.floor((time - this.#origin) * this.#rate + TOLERANCE);
  }

  /** Host time at which the counter reaches `ticks`. */
  timeOf(ticks: number): number {
    return this.#origin + (ticks - this.#start) * this.#period;
  }

  /** The counter starts again at 0. */
  restart(time: number): void {
    this.#origin = time;
    this.#start = 0;
  }
}
