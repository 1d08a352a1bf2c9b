// thread: host
import type { SensorCurve, SensorSource } from "../../machine/setup.js";
import type { ModuleContext, SectionReader } from "../../printer/module.js";

/** What a sensor is used for. */
export interface SensorUse {
  /** Printer object that shows its temperature: `extruder`, `temperature_sensor chamber`. */
  readonly object: string;
  /** Name of the virtual heater whose temperature the virtual sensor has; without one it shows `virtualCelsius`. */
  readonly heater: string | undefined;
  readonly virtualCelsius: number;
}

/** What goes on while the printer is ready, for sensors that the host reads. */
export interface SensorFeed {
  /** In `ready()`: begins to tell temperatures. `sensor` is its index in the machine. */
  start(sensor: number): void;
}

export interface PreparedSensor {
  /** Asked when all modules are connected. */
  readonly source: () => SensorSource;
  readonly feed?: SensorFeed;
}

/** A sensor as its section describes it. */
export interface SensorDevice {
  /** How the analog value of its pin becomes a temperature; `undefined` for sensors without such a pin. */
  readonly curve?: SensorCurve;
  /** Makes its objects on the board and its place in the virtual printer. In `create()`. */
  prepare(ctx: ModuleContext, use: SensorUse): PreparedSensor;
}

/** Reads the options that one kind of sensor has beside its type. */
export type SensorKind = (section: SectionReader) => SensorDevice;
