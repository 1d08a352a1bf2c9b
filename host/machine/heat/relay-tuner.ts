// thread: machine
import { type Control, PID_SCALE } from "./control.js";

export interface PidParameters {
  readonly kp: number;
  readonly ki: number;
  readonly kd: number;
}

/** The heater goes on again when it is so many degC below the target: well above a sensor's noise. */
const BAND_C = 5;
/** Cycles that are not used: the first one starts with a block that is not heated through. */
const SKIPPED_CYCLES = 1;
/** Least and most cycles that count. */
const MIN_CYCLES = 3;
const MAX_CYCLES = 12;
/** With so many cycles, results that differ by more than this share are none. */
const MAX_SPREAD = 0.3;
/** Longest time in s for heating up and for half a cycle. */
const MAX_PHASE_S = 1800;

/** Ziegler and Nichols (1942), for a PID regulator: share of the ultimate gain, shares of the ultimate period. */
const ZN_GAIN = 0.6;
const ZN_INTEGRAL = 0.5;
const ZN_DERIVATIVE = 0.125;

/** One oscillation: the gain that would just sustain it, and how long it took in s. */
interface Cycle {
  readonly gain: number;
  readonly period: number;
}

export type TunerState =
  | { readonly value: "running" }
  | { readonly value: "done"; readonly parameters: PidParameters }
  | { readonly value: "failed"; readonly reason: string };

const RUNNING: TunerState = { value: "running" };

/**
 * Makes a heater oscillate around its target by switching it fully on and off (Astrom and Hagglund's relay), and finds
 * PID parameters from period and amplitude of the oscillation.
 *
 * Power that is on for a share D of the cycle has a fundamental of `2 P sin(pi D) / pi`; the temperature swings by half
 * its peak-to-peak range. The ratio of the two is the gain at which the loop would oscillate by itself. With D the
 * result does not depend on how much stronger the heater is than it needs to be.
 */
export class RelayTuner implements Control {
  readonly #maxPower: number;
  readonly #tolerance: number;
  readonly #cycles: Cycle[] = [];
  #seen = 0;
  #isOn = true;
  #phaseStart = Number.NaN;
  #cycleStart = Number.NaN;
  #onTime = 0;
  #highest = Number.NEGATIVE_INFINITY;
  #lowest = Number.POSITIVE_INFINITY;
  #state: TunerState = RUNNING;

  /** It is done when the last cycles agree within the share `tolerance`. */
  constructor(maxPower: number, tolerance: number) {
    this.#maxPower = maxPower;
    this.#tolerance = tolerance;
  }

  get state(): TunerState {
    return this.#state;
  }

  /** Lower end of the band in which the temperature swings by intention, below the target. */
  get slackC(): number {
    return BAND_C;
  }

  power(time: number, celsius: number, target: number): number {
    if (this.#state.value !== "running") return 0;
    if (Number.isNaN(this.#phaseStart)) this.#phaseStart = time;
    this.#highest = Math.max(this.#highest, celsius);
    this.#lowest = Math.min(this.#lowest, celsius);
    if (this.#isOn && celsius >= target) this.#switchOff(time);
    else if (!this.#isOn && celsius <= target - BAND_C) this.#switchOn(time);
    else if (time - this.#phaseStart > MAX_PHASE_S) {
      const what = this.#isOn ? "reach the target" : `cool down by ${BAND_C} °C`;
      this.#state = { value: "failed", reason: `the heater did not ${what} within ${MAX_PHASE_S / 60} minutes` };
    }
    return this.#isOn && this.#state.value === "running" ? this.#maxPower : 0;
  }

  isBusy(): boolean {
    return this.#state.value === "running";
  }

  reset(): void {
    this.#state = { value: "failed", reason: "the heater was turned off" };
  }

  #switchOn(time: number): void {
    this.#isOn = true;
    this.#phaseStart = time;
  }

  /** The end of a cycle: from here it cools down again. */
  #switchOff(time: number): void {
    this.#isOn = false;
    this.#onTime = time - this.#phaseStart;
    this.#phaseStart = time;
    if (!Number.isNaN(this.#cycleStart)) this.#addCycle(time - this.#cycleStart);
    this.#cycleStart = time;
    this.#highest = Number.NEGATIVE_INFINITY;
    this.#lowest = Number.POSITIVE_INFINITY;
  }

  #addCycle(period: number): void {
    if (this.#seen++ < SKIPPED_CYCLES) return;
    const swing = (this.#highest - this.#lowest) / 2;
    const drive = ((2 * this.#maxPower) / Math.PI) * Math.sin((Math.PI * this.#onTime) / period);
    this.#cycles.push({ gain: drive / swing, period });
    const last = this.#cycles.slice(-MIN_CYCLES);
    if (last.length < MIN_CYCLES) return;
    const gains = spread(last.map((cycle) => cycle.gain));
    const periods = spread(last.map((cycle) => cycle.period));
    if (Math.max(gains.share, periods.share) <= this.#tolerance) {
      this.#state = { value: "done", parameters: zieglerNichols(gains.median, periods.median) };
    } else if (this.#cycles.length >= MAX_CYCLES) {
      this.#finishAnyhow();
    }
  }

  /** The cycles go on differing a little, as with a draught: the middle of all is as good as it gets. */
  #finishAnyhow(): void {
    const settled = this.#cycles.slice(MAX_CYCLES / 2);
    const gains = spread(settled.map((cycle) => cycle.gain));
    const periods = spread(settled.map((cycle) => cycle.period));
    const share = Math.max(gains.share, periods.share);
    this.#state =
      share <= MAX_SPREAD
        ? { value: "done", parameters: zieglerNichols(gains.median, periods.median) }
        : { value: "failed", reason: `its swings differ by ${Math.round(share * 100)} % from each other` };
  }
}

/** Median, and the range of the values as a share of it. */
function spread(values: readonly number[]): { readonly median: number; readonly share: number } {
  const sorted = [...values].sort((a, b) => a - b);
  const median = sorted[sorted.length >> 1] ?? Number.NaN;
  const share = ((sorted.at(-1) ?? Number.NaN) - (sorted[0] ?? Number.NaN)) / median;
  return { median, share };
}

function zieglerNichols(gain: number, period: number): PidParameters {
  const kp = ZN_GAIN * gain * PID_SCALE;
  return { kp, ki: kp / (ZN_INTEGRAL * period), kd: kp * ZN_DERIVATIVE * period };
}
