// thread: machine
import type { SnapshotField } from "../../shared/snapshot.js";
import type { Output } from "../outputs/output.js";
import type { Sensor } from "../sensors/sensor.js";
import type { Tachometer } from "../sensors/tachometer.js";
import { DRY_AMBIENT_C, type Heater } from "./heater.js";
import type { TemperatureFanRule } from "./rules.js";

const TEMPERATURE_DIGITS = 2;
const SHARE_DIGITS = 4;
const RPM_DIGITS = 0;
/** Sections whose objects show `rpm`, with a tachometer or without. */
const FAN = /^(?:fan|heater_fan|controller_fan|fan_generic|temperature_fan)(?: |$)/;

/** The numbers that heat publishes: where each goes, and where it comes from. */
export class HeatFields {
  readonly fields: SnapshotField[] = [];
  readonly #firstSlot: number;
  readonly #reads: (() => number)[] = [];

  /** Slots from `firstSlot` on are its own. */
  constructor(firstSlot: number) {
    this.#firstSlot = firstSlot;
  }

  get slots(): number {
    return this.#reads.length;
  }

  addHeater(heater: Heater): void {
    const { minExtrudeCelsius, object } = heater.setup;
    this.#add(object, "temperature", TEMPERATURE_DIGITS, () => heater.temperature);
    this.#add(object, "target", TEMPERATURE_DIGITS, () => heater.target);
    this.#add(object, "power", SHARE_DIGITS, () => heater.power);
    if (minExtrudeCelsius !== undefined) this.#addFlag(object, "can_extrude", () => heater.canExtrude, false);
    this.#addFlag(object, "busy", () => heater.isBusy, true);
  }

  /** A sensor that is not a heater's. */
  addSensor(sensor: Sensor, isDry: boolean): void {
    const { object, publishExtremes } = sensor.setup;
    const shown = (value: () => number): (() => number) => (isDry ? () => DRY_AMBIENT_C : value);
    this.#add(
      object,
      "temperature",
      TEMPERATURE_DIGITS,
      shown(() => sensor.shown),
    );
    if (!publishExtremes) return;
    this.#add(
      object,
      "measured_min_temp",
      TEMPERATURE_DIGITS,
      shown(() => sensor.lowest),
    );
    this.#add(
      object,
      "measured_max_temp",
      TEMPERATURE_DIGITS,
      shown(() => sensor.highest),
    );
  }

  addTemperatureFan(rule: TemperatureFanRule): void {
    this.#add(rule.setup.object, "target", TEMPERATURE_DIGITS, () => rule.target);
  }

  addOutput(output: Output, tachometers: readonly Tachometer[]): void {
    const { publish } = output.setup;
    if (publish === undefined) return;
    this.#add(publish.object, publish.field, SHARE_DIGITS, () => output.value);
    if (!FAN.test(publish.object)) return;
    const tachometer = tachometers.find((one) => one.setup.object === publish.object);
    // NaN is shown as null: this fan's speed is not measured.
    this.#add(publish.object, "rpm", RPM_DIGITS, tachometer === undefined ? () => Number.NaN : () => tachometer.rpm);
  }

  /** Writes all numbers. */
  publish(values: Float64Array): void {
    for (let i = 0; i < this.#reads.length; i++) values[this.#firstSlot + i] = this.#reads[i]?.() ?? Number.NaN;
  }

  #add(object: string, field: string, digits: number, read: () => number): void {
    this.fields.push({ object, field, slot: this.#firstSlot + this.#reads.length, kind: "number", width: 1, digits });
    this.#reads.push(read);
  }

  #addFlag(object: string, field: string, read: () => boolean, isHidden: boolean): void {
    const slot = this.#firstSlot + this.#reads.length;
    this.fields.push({
      object,
      field,
      slot,
      kind: "boolean",
      width: 1,
      digits: 0,
      ...(isHidden ? { hidden: true } : {}),
    });
    this.#reads.push(() => Number(read()));
  }
}
