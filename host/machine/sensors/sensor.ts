// thread: machine
import type { PrintTime } from "../../shared/units.js";
import type { SensorSetup } from "../setup.js";

/** Shortest silence in s that counts; below the 3 s after which boards put heaters out by themselves. */
const MIN_SILENCE_S = 2;
/** A sensor is silent when it has missed so many of its reports. */
const MISSED_REPORTS = 3;
/** An idle sensor's last temperature is shown for so long, in s; then 0. */
const SHOWN_S = 7;
/** Readings in a row that must be implausible: the boards' own number. */
export const BAD_READINGS = 4;

/** Hears of each reading of a sensor. Must not throw. */
export interface SensorListener {
  /** A temperature in degC, measured at print time `time`. */
  onReading(time: PrintTime, celsius: number): void;
  /** A reading out of the allowed range, or none at all because the sensor's chip reports a fault. */
  onBadReading(): void;
}

/** What a sensor has measured, whatever measures for it. */
export class Sensor {
  readonly setup: SensorSetup;
  /** Longest silence in s that is no fault. */
  readonly silenceLimitS: number;
  readonly #listeners: SensorListener[] = [];
  #celsius = Number.NaN;
  #time = Number.NaN;
  #lowest = Number.POSITIVE_INFINITY;
  #highest = Number.NEGATIVE_INFINITY;
  #silentS = 0;
  #outOfRange = 0;
  #faults = 0;
  #fault = 0;

  /** `reportS` is how often it is told a temperature. */
  constructor(setup: SensorSetup, reportS: number) {
    this.setup = setup;
    this.silenceLimitS = Math.max(MIN_SILENCE_S, MISSED_REPORTS * reportS);
  }

  addListener(listener: SensorListener): void {
    this.#listeners.push(listener);
  }

  /** The last reading in degC; NaN before the first. */
  get celsius(): number {
    return this.#celsius;
  }

  /** Print time of the last reading in s; NaN before the first. */
  get time(): number {
    return this.#time;
  }

  /** What clients are shown: 0 before the first reading and when the last one is too old. */
  get shown(): number {
    return this.#time > Number.NEGATIVE_INFINITY && this.#silentS < Math.max(SHOWN_S, this.silenceLimitS)
      ? this.#celsius
      : 0;
  }

  /** Lowest and highest reading so far; 0 before the first. */
  get lowest(): number {
    return Number.isFinite(this.#lowest) ? this.#lowest : 0;
  }

  get highest(): number {
    return Number.isFinite(this.#highest) ? this.#highest : 0;
  }

  /** Seconds since the last reading, or since the start. Time in which this thread stood still does not count. */
  get silentS(): number {
    return this.#silentS;
  }

  get isSilent(): boolean {
    return this.#silentS > this.silenceLimitS;
  }

  /** Whether it has a reading that may be acted on. */
  get isKnown(): boolean {
    return !this.isSilent && this.#outOfRange === 0 && this.#faults === 0 && !Number.isNaN(this.#celsius);
  }

  /** Readings in a row out of range, and reports in a row of a fault with its number. */
  get outOfRange(): number {
    return this.#outOfRange;
  }

  get faults(): number {
    return this.#faults;
  }

  get fault(): number {
    return this.#fault;
  }

  /** Takes a reading. */
  accept(time: PrintTime, celsius: number): void {
    if (Number.isNaN(celsius)) return;
    const { minCelsius, maxCelsius } = this.setup;
    this.#silentS = 0;
    this.#faults = 0;
    this.#celsius = celsius;
    this.#time = time;
    const isInRange = celsius >= minCelsius && celsius <= maxCelsius;
    this.#outOfRange = isInRange ? 0 : this.#outOfRange + 1;
    if (isInRange) {
      this.#lowest = Math.min(this.#lowest, celsius);
      this.#highest = Math.max(this.#highest, celsius);
    }
    for (let i = 0; i < this.#listeners.length; i++) {
      if (isInRange) this.#listeners[i]?.onReading(time, celsius);
      else this.#listeners[i]?.onBadReading();
    }
  }

  /** Takes a chip's report of a fault in place of a reading. */
  acceptFault(fault: number): void {
    this.#silentS = 0;
    this.#faults++;
    this.#fault = fault;
    for (let i = 0; i < this.#listeners.length; i++) this.#listeners[i]?.onBadReading();
  }

  /** Lets time pass, in s. */
  age(elapsedS: number): void {
    this.#silentS += elapsedS;
  }
}
