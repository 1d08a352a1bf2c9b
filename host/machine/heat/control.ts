// thread: machine
import type { HeaterControl } from "../setup.js";

/** PID parameters are stated for outputs from 0 to 255. */
export const PID_SCALE = 255;
/** A regulated heater has settled when it is this near to its target, in degC, */
const SETTLED_C = 1;
/** and changes no faster than this, in degC/s. */
const SETTLED_SLOPE = 0.1;

/** Decides the power of a heater (or the effort of a fan) at each reading. Makes no garbage, never throws. */
export interface Control {
  /** Power from 0 to `maxPower` for a reading taken at `time` (print time, s). */
  power(time: number, celsius: number, target: number): number;
  /** Whether the target is not reached and held yet. `smoothed` is the temperature that clients see. */
  isBusy(smoothed: number, target: number): boolean;
  /** Forgets the past: the heater was off. */
  reset(): void;
}

/** On below the target by `maxDelta`, off above it by `maxDelta`. */
export class Watermark implements Control {
  readonly #maxDelta: number;
  readonly #maxPower: number;
  #isOn = false;

  constructor(maxDeltaC: number, maxPower: number) {
    this.#maxDelta = maxDeltaC;
    this.#maxPower = maxPower;
  }

  power(_time: number, celsius: number, target: number): number {
    if (celsius >= target + this.#maxDelta) this.#isOn = false;
    else if (celsius <= target - this.#maxDelta) this.#isOn = true;
    return this.#isOn ? this.#maxPower : 0;
  }

  isBusy(smoothed: number, target: number): boolean {
    return smoothed < target - this.#maxDelta;
  }

  reset(): void {
    this.#isOn = false;
  }
}

/**
 * `power = (Kp error + Ki integral(error) - Kd slope) / 255`, held within 0 and `maxPower`.
 *
 * The slope is that of the temperature alone, smoothed over `smoothTimeS`, so that a new target causes no jolt. The
 * integral is kept as the power that it causes: new parameters cause no jolt either. It does not grow in the direction
 * in which the power is at its limit already.
 */
export class Pid implements Control {
  readonly #kp: number;
  readonly #ki: number;
  readonly #kd: number;
  readonly #maxPower: number;
  readonly #smoothTime: number;
  #time = Number.NaN;
  #celsius = Number.NaN;
  #slope = 0;
  #integral = 0;

  /** Goes on where `former` was. */
  constructor(
    parameters: { readonly kp: number; readonly ki: number; readonly kd: number },
    maxPower: number,
    smoothTimeS: number,
    former?: Control,
  ) {
    this.#kp = parameters.kp / PID_SCALE;
    this.#ki = parameters.ki / PID_SCALE;
    this.#kd = parameters.kd / PID_SCALE;
    this.#maxPower = maxPower;
    this.#smoothTime = smoothTimeS;
    if (!(former instanceof Pid)) return;
    this.#time = former.#time;
    this.#celsius = former.#celsius;
    this.#slope = former.#slope;
    this.#integral = this.#ki > 0 ? Math.min(maxPower, former.#integral) : 0;
  }

  power(time: number, celsius: number, target: number): number {
    const elapsed = time - this.#time;
    const isFirst = !(elapsed > 0);
    if (!isFirst) {
      const slope = (celsius - this.#celsius) / elapsed;
      this.#slope += (slope - this.#slope) * Math.min(1, elapsed / this.#smoothTime);
    }
    this.#time = time;
    this.#celsius = celsius;
    const error = target - celsius;
    const grown = isFirst ? this.#integral : this.#integral + this.#ki * error * elapsed;
    const integral = Math.max(0, Math.min(this.#maxPower, grown));
    const wanted = this.#kp * error + integral - this.#kd * this.#slope;
    const power = Math.max(0, Math.min(this.#maxPower, wanted));
    const isLimited = (wanted > power && error > 0) || (wanted < power && error < 0);
    if (!isLimited) this.#integral = integral;
    return power;
  }

  isBusy(smoothed: number, target: number): boolean {
    return Math.abs(target - smoothed) > SETTLED_C || Math.abs(this.#slope) > SETTLED_SLOPE;
  }

  reset(): void {
    this.#time = Number.NaN;
    this.#celsius = Number.NaN;
    this.#slope = 0;
    this.#integral = 0;
  }
}

/** The regulator that a configuration asks for; with `former` it takes over from that one without a jolt. */
export function createControl(
  control: HeaterControl,
  maxPower: number,
  smoothTimeS: number,
  former?: Control,
): Control {
  return control.kind === "pid"
    ? new Pid(control, maxPower, smoothTimeS, former)
    : new Watermark(control.maxDeltaC, maxPower);
}
