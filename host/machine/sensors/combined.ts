// thread: machine
import type { PrintTime } from "../../shared/units.js";
import type { SensorSource } from "../setup.js";
import type { Sensor } from "./sensor.js";

type CombinedSource = Extract<SensorSource, { readonly kind: "combined" }>;

/** A sensor whose temperature follows from several others. It falls silent when one of them cannot be believed. */
export class CombinedSensor {
  readonly sensor: Sensor;
  readonly #parts: readonly Sensor[];
  readonly #method: CombinedSource["method"];
  readonly #maxDeviation: number;
  #deviation = 0;

  constructor(sensor: Sensor, source: CombinedSource, parts: readonly Sensor[]) {
    this.sensor = sensor;
    this.#parts = parts;
    this.#method = source.method;
    this.#maxDeviation = source.maxDeviation;
  }

  /** Difference in degC between the hottest and the coldest part, at the last update. */
  get deviation(): number {
    return this.#deviation;
  }

  get maxDeviation(): number {
    return this.#maxDeviation;
  }

  get isApart(): boolean {
    return this.#deviation > this.#maxDeviation;
  }

  /** Takes the parts' temperatures as they are now. */
  update(now: PrintTime): void {
    let lowest = Number.POSITIVE_INFINITY;
    let highest = Number.NEGATIVE_INFINITY;
    let sum = 0;
    for (let i = 0; i < this.#parts.length; i++) {
      const part = this.#parts[i];
      if (part === undefined || !part.isKnown) return;
      lowest = Math.min(lowest, part.celsius);
      highest = Math.max(highest, part.celsius);
      sum += part.celsius;
    }
    this.#deviation = highest - lowest;
    const { length } = this.#parts;
    this.sensor.accept(now, this.#method === "min" ? lowest : this.#method === "max" ? highest : sum / length);
  }
}
