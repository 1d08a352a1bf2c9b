// thread: machine
import type { HostError } from "../../shared/errors.js";
import { type PrintTime, printTime } from "../../shared/units.js";
import type { Output } from "../outputs/output.js";
import type { Sensor, SensorListener } from "../sensors/sensor.js";
import type { HeaterControl, HeaterSetup } from "../setup.js";
import { type Control, createControl } from "./control.js";
import { calibrationFailed, notHeating, sensorSilent } from "./errors.js";
import { type PidParameters, RelayTuner } from "./relay-tuner.js";
import { HeaterWatch } from "./verify.js";

/** The power for a reading is applied so many s after it: long enough for it to arrive, short for the regulator. */
const CONTROL_DELAY_S = 0.2;

/** Takes the result of a calibration. */
export type CalibrationDone = (result: PidParameters | HostError) => void;

interface Calibration {
  readonly tuner: RelayTuner;
  readonly done: CalibrationDone;
}

export interface HeaterOptions {
  readonly setup: HeaterSetup;
  readonly output: Output;
  readonly sensor: Sensor;
  /** Nothing is measured: it is at its target at once. */
  readonly isDry: boolean;
  readonly onFault: (error: HostError) => void;
}

/** Temperature in degC of everything that is not heated, in a dry run. */
export const DRY_AMBIENT_C = 25;

/**
 * One heater, regulated at every reading of its sensor and watched. Any doubt turns it off: for a bad reading until the
 * next good one, for good when its sensor is silent or its temperature does not follow; then `onFault` is called, once.
 */
export class Heater implements SensorListener {
  readonly setup: HeaterSetup;
  /** Name in messages and commands: `extruder`, `chamber`. */
  readonly name: string;
  readonly #output: Output;
  readonly #sensor: Sensor;
  readonly #isDry: boolean;
  readonly #onFault: (error: HostError) => void;
  readonly #watch: HeaterWatch | undefined;
  #control: Control;
  #calibration: Calibration | undefined;
  #target = 0;
  #power = 0;
  #smoothed = Number.NaN;
  #readTime = Number.NaN;
  #isFaulty = false;

  constructor({ setup, output, sensor, isDry, onFault }: HeaterOptions) {
    this.setup = setup;
    this.name = setup.object.slice(setup.object.indexOf(" ") + 1);
    this.#output = output;
    this.#sensor = sensor;
    this.#isDry = isDry;
    this.#onFault = onFault;
    this.#watch = setup.verify === undefined ? undefined : new HeaterWatch(setup.verify);
    this.#control = createControl(setup.control, setup.maxPower, setup.smoothTimeS);
    sensor.addListener(this);
  }

  get target(): number {
    return this.#target;
  }

  /** Power that it has been given, from 0 to 1. */
  get power(): number {
    return this.#power;
  }

  /** Temperature in degC as clients see it: smoothed; 0 when it is not known. */
  get temperature(): number {
    if (this.#isDry) return this.#target > 0 ? this.#target : DRY_AMBIENT_C;
    return this.#sensor.shown === 0 || Number.isNaN(this.#smoothed) ? 0 : this.#smoothed;
  }

  /** Whether it has a target that it has not reached, or not settled at yet. */
  get isBusy(): boolean {
    return (
      this.#target > 0 && !this.#isDry && (!this.#sensor.isKnown || this.#control.isBusy(this.#smoothed, this.#target))
    );
  }

  /** Whether its filament is hot enough to be pushed. */
  get canExtrude(): boolean {
    const { minExtrudeCelsius } = this.setup;
    return minExtrudeCelsius === undefined || this.temperature >= minExtrudeCelsius;
  }

  /** Whether it is on, or hotter than `aboveCelsius`. When its temperature is no longer known, it counts as hot. */
  needsCooling(aboveCelsius: number): boolean {
    if (this.#target > 0 || this.temperature > aboveCelsius) return true;
    return !this.#isDry && !this.#sensor.isKnown && this.#sensor.time > Number.NEGATIVE_INFINITY;
  }

  /** Regulates to `celsius` from the next reading on; 0 is off, at once. Ends a calibration. */
  setTarget(celsius: number): void {
    this.#endCalibration(calibrationFailed(this.name, "it was given another target"));
    this.#aim(celsius);
  }

  /** Off, at once. */
  off(): void {
    this.#endCalibration(calibrationFailed(this.name, "it was turned off"));
    this.#aim(0);
  }

  /** Other parameters from now on, without a jolt. */
  setControl(control: HeaterControl): void {
    this.#control = createControl(control, this.setup.maxPower, this.setup.smoothTimeS, this.#control);
  }

  /** Lets it oscillate below `target` until PID parameters are found; it is off afterwards. */
  calibrate(target: number, tolerance: number, done: CalibrationDone): void {
    this.#endCalibration(calibrationFailed(this.name, "another calibration was started"));
    this.#aim(target);
    if (this.#target <= 0) {
      done(calibrationFailed(this.name, "the printer is stopped"));
      return;
    }
    this.#calibration = { tuner: new RelayTuner(this.setup.maxPower, tolerance), done };
  }

  onReading(time: PrintTime, celsius: number): void {
    this.#smooth(time, celsius);
    if (this.#isFaulty || this.#target <= 0) return;
    const { verify } = this.setup;
    const slack = this.#calibration?.tuner.slackC ?? 0;
    if (verify !== undefined && this.#watch?.isFailing(time, celsius, this.#target, slack) === true) {
      this.#fail(notHeating(this.name, celsius, this.#target, verify));
      return;
    }
    const control = this.#calibration?.tuner ?? this.#control;
    this.#apply(time + CONTROL_DELAY_S, control.power(time, celsius, this.#target));
    this.#finishCalibration();
  }

  /** One is not enough to stop a print, but enough not to heat until the next one is good. */
  onBadReading(): void {
    if (this.#power > 0) this.#putOut();
  }

  /** To be called ten times a second: notices a silent sensor, and keeps the power alive of one that reports rarely. */
  tick(now: PrintTime): void {
    if (this.#isDry || this.#isFaulty || this.#target <= 0) return;
    if (this.#sensor.isSilent) this.#fail(sensorSilent(this.#sensor, this.name));
    else if (this.#power > 0) this.#output.set(printTime(now + CONTROL_DELAY_S), this.#power);
  }

  #smooth(time: number, celsius: number): void {
    const elapsed = time - this.#readTime;
    this.#readTime = time;
    if (!(elapsed > 0)) this.#smoothed = celsius;
    else this.#smoothed += (celsius - this.#smoothed) * Math.min(1, elapsed / this.setup.smoothTimeS);
  }

  #aim(celsius: number): void {
    const { maxCelsius } = this.#sensor.setup;
    const target = celsius > 0 ? Math.min(celsius, maxCelsius) : 0;
    if (target <= 0) {
      this.#control.reset();
      if (this.#power > 0) this.#putOut();
    }
    this.#target = this.#isFaulty ? 0 : target;
  }

  #apply(time: number, power: number): void {
    this.#power = power;
    this.#output.set(printTime(time), power);
    this.#output.tick();
  }

  #putOut(): void {
    this.#power = 0;
    this.#output.stopNow();
  }

  #fail(error: HostError): void {
    this.#isFaulty = true;
    this.#endCalibration(error);
    this.#target = 0;
    this.#control.reset();
    this.#putOut();
    this.#onFault(error);
  }

  #finishCalibration(): void {
    const calibration = this.#calibration;
    if (calibration === undefined) return;
    const { state } = calibration.tuner;
    if (state.value === "running") return;
    this.#calibration = undefined;
    this.#aim(0);
    calibration.done(state.value === "done" ? state.parameters : calibrationFailed(this.name, state.reason));
  }

  #endCalibration(error: HostError): void {
    const calibration = this.#calibration;
    this.#calibration = undefined;
    calibration?.done(error);
  }
}
