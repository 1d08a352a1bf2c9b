// thread: machine
import type { HeaterVerify } from "../setup.js";

/** The temperature is looked at so often, in s. */
const PERIOD_S = 1;

/**
 * Watches whether a heater does what it is told (`[verify_heater]`). Near the target all is well. On the way up it must
 * gain some degrees within some time. Otherwise, what it is too cold adds up, degrees times seconds, and above a limit
 * that is a fault.
 */
export class HeaterWatch {
  readonly #options: HeaterVerify;
  #next = Number.NEGATIVE_INFINITY;
  /** The target for which the rise is watched. */
  #target = 0;
  /** On the way up: the temperature to be reached, and until when. */
  #isRising = false;
  #goal = 0;
  #goalTime = 0;
  /** The goal has been reached at least once on this way. */
  #hasGained = false;
  #error = 0;

  constructor(options: HeaterVerify) {
    this.#options = options;
  }

  /** Degrees times seconds that have added up. */
  get error(): number {
    return this.#error;
  }

  /** Looks at a reading; true when the heater does not heat. `slack` widens the range that counts as near, in degC. */
  isFailing(time: number, celsius: number, target: number, slack = 0): boolean {
    if (time < this.#next) return false;
    this.#next = time + PERIOD_S;
    const { heatingGainC, hysteresisC, maxError } = this.#options;
    const missing = target - hysteresisC - slack - celsius;
    if (target <= 0 || missing <= 0) {
      this.#isRising = false;
      this.#target = target;
      this.#error = 0;
      return false;
    }
    if (target !== this.#target) {
      this.#target = target;
      this.#isRising = true;
      this.#hasGained = false;
      this.#error = 0;
      this.#setGoal(time, celsius);
    }
    this.#error += missing;
    if (!this.#isRising) return this.#error >= maxError;
    if (celsius >= this.#goal) {
      this.#hasGained = true;
      this.#error = 0;
      this.#setGoal(time, celsius);
    } else if (time >= this.#goalTime) {
      this.#isRising = false;
    } else if (!this.#hasGained) {
      // A block that was hotter goes on cooling at first: what counts is the gain from its lowest temperature.
      this.#goal = Math.min(this.#goal, celsius + heatingGainC);
    }
    return false;
  }

  #setGoal(time: number, celsius: number): void {
    this.#goal = celsius + this.#options.heatingGainC;
    this.#goalTime = time + this.#options.checkGainTimeS;
  }
}
