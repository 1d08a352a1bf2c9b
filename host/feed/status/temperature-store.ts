// thread: feed
import { isStringList, RawJson } from "../json-value.js";
import type { StatusObjects } from "./objects.js";

const HEATERS = "heaters";
/** Fields of a sensor object that are kept, with the name of their list. */
const SERIES = [
  ["temperature", "temperatures"],
  ["target", "targets"],
  ["power", "powers"],
  ["speed", "speeds"],
] as const;

type FieldName = (typeof SERIES)[number][0];

interface Sensor {
  readonly isMonitor: boolean;
  readonly series: Map<FieldName, Float64Array>;
}

/**
 * Temperatures of the last minutes, one value a second. All lists have the same length; a sensor that was not there at
 * some time has 0 for it (a monitor, which may have nothing to report, null).
 */
export class TemperatureStore {
  readonly #size: number;
  readonly #objects: StatusObjects;
  readonly #sensors = new Map<string, Sensor>();
  /** Samples taken so far; the ring's next place is this modulo its size. */
  #count = 0;
  readonly #texts = new Map<boolean, { at: number; text: string }>();

  constructor(size: number, objects: StatusObjects) {
    this.#size = Math.max(1, size);
    this.#objects = objects;
  }

  /** Takes one sample of every sensor. To be called once a second, printer or not. */
  sample(): void {
    this.#discover();
    const slot = this.#count % this.#size;
    for (const [name, sensor] of this.#sensors) {
      for (const [field, values] of sensor.series) {
        const value = this.#objects.value(name, field);
        values[slot] = typeof value === "number" && Number.isFinite(value) ? value : sensor.isMonitor ? Number.NaN : 0;
      }
    }
    this.#count++;
  }

  /** JSON of the store, encoded once per sample. */
  toJson(includeMonitors: boolean): RawJson {
    const known = this.#texts.get(includeMonitors);
    if (known?.at === this.#count) return new RawJson(known.text);
    const parts: string[] = [];
    for (const [name, sensor] of this.#sensors) {
      if (sensor.isMonitor && !includeMonitors) continue;
      parts.push(`${JSON.stringify(name)}:{${this.#sensorText(sensor)}}`);
    }
    const text = `{${parts.join(",")}}`;
    this.#texts.set(includeMonitors, { at: this.#count, text });
    return new RawJson(text);
  }

  #sensorText(sensor: Sensor): string {
    const lists: string[] = [];
    for (const [field, list] of SERIES) {
      const values = sensor.series.get(field);
      if (values !== undefined) lists.push(`"${list}":[${this.#ordered(values).join(",")}]`);
    }
    return lists.join(",");
  }

  /** Oldest first, as JSON numbers with two digits. */
  #ordered(values: Float64Array): string[] {
    const length = Math.min(this.#count, this.#size);
    const first = this.#count - length;
    return Array.from({ length }, (_, i) => {
      const value = values[(first + i) % this.#size] ?? Number.NaN;
      return Number.isNaN(value) ? "null" : String(Math.round(value * 100) / 100);
    });
  }

  /** Takes up sensors that have appeared; those that went stay, as a restart takes them away for a moment. */
  #discover(): void {
    const sensors = this.#objects.value(HEATERS, "available_sensors");
    const monitors = this.#objects.value(HEATERS, "available_monitors");
    const monitorNames = new Set(isStringList(monitors) ? monitors : []);
    for (const name of new Set([...(isStringList(sensors) ? sensors : []), ...monitorNames])) {
      if (!this.#objects.has(name)) continue;
      let sensor = this.#sensors.get(name);
      if (sensor === undefined) {
        sensor = { isMonitor: monitorNames.has(name), series: new Map() };
        this.#sensors.set(name, sensor);
      }
      for (const [field] of SERIES) {
        if (sensor.series.has(field) || this.#objects.value(name, field) === undefined) continue;
        sensor.series.set(field, new Float64Array(this.#size).fill(sensor.isMonitor ? Number.NaN : 0));
      }
    }
  }
}
