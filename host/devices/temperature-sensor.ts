// thread: host
import type { SensorSetup } from "../machine/setup.js";
import type { ModuleContext, SectionReader, TemperatureSensor } from "../printer/module.js";
import { type Celsius, celsius } from "../shared/units.js";
import { AMPLIFIERS } from "./sensors/amplifiers.js";
import { amplifierKind, pt100Ina826Kind, pt1000Kind, thermistorKind } from "./sensors/analog.js";
import { boardTemperatureKind } from "./sensors/board-temperature.js";
import { combinedKind } from "./sensors/combined.js";
import { customKind } from "./sensors/custom.js";
import type { SensorDevice, SensorKind, SensorUse } from "./sensors/device.js";
import { ds18b20Kind } from "./sensors/ds18b20.js";
import { hostTemperatureKind } from "./sensors/host-temperature.js";
import { THERMISTORS } from "./sensors/thermistors.js";
import { CHIPS } from "./sensors/thermocouple.js";

const KINDS: ReadonlyMap<string, SensorKind> = new Map<string, SensorKind>([
  ...[...THERMISTORS].map(([name, coefficients]) => [name, thermistorKind(coefficients)] as const),
  ["PT1000", pt1000Kind],
  ["PT100 INA826", pt100Ina826Kind],
  ...[...AMPLIFIERS].map(([name, table]) => [name, amplifierKind(table)] as const),
  ...CHIPS,
  ["temperature_mcu", boardTemperatureKind],
  ["temperature_host", hostTemperatureKind],
  ["DS18B20", ds18b20Kind],
  ["temperature_combined", combinedKind],
]);

/** Sections whose names are sensor types too. */
const CUSTOM = ["thermistor", "adc_temperature"] as const;

/** Reads `sensor_type` and the options of that type of sensor. */
export function readSensor(section: SectionReader): SensorDevice {
  const own = CUSTOM.flatMap((kind) => section.config.ofKind(kind)).map(({ label }) => label);
  const [first = "", ...rest] = [...KINDS.keys(), ...own];
  const type = section.choice("sensor_type", [first, ...rest], undefined, { help: "Type of the temperature sensor." });
  const kind = customKind(section, type) ?? KINDS.get(type);
  if (kind === undefined) throw new RangeError(`sensor type '${type}' is offered but not known`);
  return kind(section);
}

export interface SensorRange {
  readonly min: Celsius;
  readonly max: Celsius;
}

export interface SensorOptions {
  readonly device: SensorDevice;
  readonly range: SensorRange;
  /** Whether leaving the range stops the printer. */
  readonly guards: boolean;
  /** Whether the lowest and highest readings are published. */
  readonly publishExtremes: boolean;
  /** Name of the virtual heater whose temperature it has. */
  readonly heater?: string;
}

const ROOM_C = 25;
/** How far inside of its range a virtual sensor stays. */
const MARGIN_C = 5;

/** A temperature of the virtual printer, at rest, that does not stop it. */
export function restingCelsius({ min, max }: SensorRange): number {
  return Math.min(Math.max(ROOM_C, min + MARGIN_C), max - MARGIN_C);
}

/** A sensor that has been added. */
export interface AddedSensor extends TemperatureSensor {
  /** To be called in `ready()`. */
  start(): void;
}

/** Adds a sensor to the machine and to the virtual printer, and offers it as the part `sensor` of its object's name. */
export function addSensor(ctx: ModuleContext, options: SensorOptions): AddedSensor {
  const { device, guards, publishExtremes, range } = options;
  const object = ctx.name;
  const use: SensorUse = { object, heater: options.heater, virtualCelsius: restingCelsius(range) };
  const { feed, source } = device.prepare(ctx, use);
  const index = ctx.machine.addSensor(
    (): SensorSetup => ({
      object,
      source: source(),
      minCelsius: range.min,
      maxCelsius: range.max,
      guards,
      publishExtremes,
    }),
  );
  const sensor: AddedSensor = {
    object,
    index,
    get temperature(): Celsius {
      return celsius(ctx.live.number(object, "temperature"));
    },
    start: () => feed?.start(index),
  };
  ctx.offerPart("sensor", object, sensor);
  return sensor;
}
