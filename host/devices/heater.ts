// thread: host
import type { HeaterControl, HeaterSetup, HeaterVerify } from "../machine/setup.js";
import type { Heater, ModuleContext, Pin, SectionReader } from "../printer/module.js";
import { HostError } from "../shared/errors.js";
import { type Celsius, celsius, type Ratio, ratio, type Seconds, seconds } from "../shared/units.js";
import { readControl } from "./heater-control.js";
import { waitForHeater } from "./heater-wait.js";
import { addOutput, readOutputPins } from "./output.js";
import type { SensorDevice } from "./sensors/device.js";
import "./temperature-report.js";
import { type AddedSensor, addSensor, readSensor, restingCelsius } from "./temperature-sensor.js";

declare module "../printer/module.js" {
  interface Parts {
    /** What `[verify_heater]` sections say, by the name of the heater. */
    heaterVerify: HeaterVerify;
    /** How heaters are regulated, by the name of the heater. */
    heaterRegulator: HeaterRegulator;
  }
}

/** The way a heater is regulated, for commands that change it. */
export interface HeaterRegulator {
  /** Its section in the configuration. */
  readonly section: string;
  /** As it is now. */
  readonly control: HeaterControl;
  /** Regulates in another way from now on, without a jolt. */
  set(control: HeaterControl): void;
}

/** The board turns a heater off by itself when it has not been told for so long, in s: Klipper's number. */
const MAX_DURATION_S = 3;
const MAX_CYCLE_S = 0.3;
const ABSOLUTE_ZERO_C = -273.15;

/** A heater as its section describes it. */
export interface HeaterOptions {
  readonly pins: readonly Pin[];
  readonly cycleTime: Seconds;
  readonly maxPower: Ratio;
  readonly sensor: SensorDevice;
  readonly minTemp: Celsius;
  readonly maxTemp: Celsius;
  readonly control: HeaterControl;
  readonly smoothTime: Seconds;
}

/** Reads the options that all sections with a heater have. */
export function readHeater(section: SectionReader): HeaterOptions {
  const pins = readOutputPins(section, "heater_pin", "Pin that switches the heater.");
  const sensor = readSensor(section);
  const { minTemp, maxTemp } = readRange(section);
  return {
    pins,
    sensor,
    minTemp,
    maxTemp,
    control: readControl(section),
    maxPower: section.ratio("max_power", ratio(1), { above: 0, max: 1, help: "Most share of the time that it is on." }),
    smoothTime: section.seconds("smooth_time", seconds(1), {
      above: 0,
      help: "Time over which the temperature is smoothed.",
    }),
    cycleTime: section.seconds("pwm_cycle_time", seconds(0.1), {
      above: 0,
      max: MAX_CYCLE_S,
      help: "Length of one pulse and pause of the heater's pin.",
    }),
  };
}

/** Reads `min_temp` and `max_temp` of something whose range is watched. */
export function readRange(section: SectionReader): { readonly minTemp: Celsius; readonly maxTemp: Celsius } {
  const minTemp = section.celsius("min_temp", undefined, {
    min: ABSOLUTE_ZERO_C,
    help: "The printer stops when the sensor reads less: a broken wire.",
  });
  const maxTemp = section.celsius("max_temp", undefined, {
    above: ABSOLUTE_ZERO_C,
    help: "The printer stops when the sensor reads more.",
  });
  if (section.has("min_temp") && section.has("max_temp") && !(minTemp < maxTemp)) {
    section.reject(
      "max_temp",
      `is ${maxTemp} °C, but must be above 'min_temp', which is ${minTemp} °C`,
      "raise max_temp or lower min_temp",
    );
  }
  return { minTemp, maxTemp };
}

/** What kind of heater it is. */
export interface HeaterUse {
  /** As commands name it: `extruder`, `heater_bed`, `chamber`. */
  readonly name: string;
  /** Below this the filament is too cold to push; `undefined` for heaters that push none. */
  readonly minExtrude?: Celsius;
  /** Where M105 shows it; `null` for nowhere. */
  readonly gcodeId: string | null;
  /** Which model the virtual printer has of it. */
  readonly model: "hot end" | "bed";
  /** Least time in s in which it must gain some degrees, unless [verify_heater] says otherwise. */
  readonly gainTime: number;
}

/** A heater that has been added. */
export interface AddedHeater extends Heater {
  readonly sensor: AddedSensor;
}

/**
 * Adds a heater with its sensor to the machine and to the virtual printer. Offers the part `heater` of its name, and
 * what M105 shows. In `create()`; `sensor.start()` is to be called in `ready()`.
 */
export function addHeater(ctx: ModuleContext, options: HeaterOptions, use: HeaterUse): AddedHeater {
  const { control, cycleTime, maxPower, maxTemp, minTemp, pins, smoothTime } = options;
  const object = ctx.name;
  const range = { min: minTemp, max: maxTemp };
  addModel(ctx, options, use);
  const sensor = addSensor(ctx, {
    device: options.sensor,
    range,
    guards: true,
    publishExtremes: false,
    heater: object,
  });
  const output = addOutput(ctx, {
    name: object,
    pins,
    pulse: { isHardware: false, cycleTime },
    maxDuration: MAX_DURATION_S,
    maxValue: 1,
  });
  const index = ctx.machine.addHeater(
    (): HeaterSetup => ({
      object,
      output,
      sensor: sensor.index,
      maxPower,
      control,
      smoothTimeS: smoothTime,
      verify: ctx.findPart("heaterVerify", use.name) ?? { ...VERIFY, checkGainTimeS: use.gainTime },
      minExtrudeCelsius: use.minExtrude,
    }),
  );
  const heater = createHeater(ctx, { index, sensor, use, range });
  ctx.offerPart("heater", use.name, heater);
  ctx.offerPart("heaterRegulator", use.name, createRegulator(ctx, index, control));
  if (use.gcodeId !== null) ctx.offerPart("temperatureReport", use.gcodeId, heater);
  return heater;
}

/** `[verify_heater]` without options. */
export const VERIFY: Omit<HeaterVerify, "checkGainTimeS"> = { maxError: 120, hysteresisC: 5, heatingGainC: 2 };

interface HeaterParts {
  readonly index: number;
  readonly sensor: AddedSensor;
  readonly use: HeaterUse;
  readonly range: { readonly min: Celsius; readonly max: Celsius };
}

function createHeater(ctx: ModuleContext, { index, range, sensor, use }: HeaterParts): AddedHeater {
  const { minExtrude, name } = use;
  const object = ctx.name;
  const live = (field: string): number => ctx.live.number(object, field);
  const { max: maxTemp, min: minTemp } = range;
  return {
    name,
    object,
    index,
    sensor,
    minTemp,
    maxTemp,
    minExtrudeTemp: minExtrude ?? celsius(Number.NaN),
    get temperature(): Celsius {
      return celsius(live("temperature"));
    },
    get target(): Celsius {
      return celsius(live("target"));
    },
    get power(): Ratio {
      return ratio(live("power"));
    },
    get canExtrude(): boolean {
      return ctx.isDryRun || minExtrude === undefined || live("temperature") >= minExtrude;
    },
    setTarget(target) {
      checkTarget(name, target, range);
      return ctx.actions.heater(index, target);
    },
    setTargetNow(target) {
      checkTarget(name, target, range);
      ctx.actions.heaterNow(index, target);
    },
    reached: (signal) => waitForHeater(ctx, object, signal),
  };
}

function createRegulator(ctx: ModuleContext, heater: number, initial: HeaterControl): HeaterRegulator {
  let control = initial;
  return {
    section: ctx.name,
    get control(): HeaterControl {
      return control;
    },
    set(next) {
      control = next;
      ctx.actions.control(heater, next);
    },
  };
}

function checkTarget(heater: string, target: number, { max, min }: HeaterParts["range"]): void {
  if (target === 0 || (target >= min && target <= max)) return;
  throw new HostError(
    "HEATER_TARGET_RANGE",
    `heater '${heater}' cannot be set to ${target} °C: it is made for ${min} to ${max} °C`,
    {
      details: { heater, value: target, min, max },
      fix: `use 0 (off) or a temperature from ${min} to ${max} °C; the limits are min_temp and max_temp of its section`,
    },
  );
}

/**
 * What the virtual printer heats. A hot end of 40 W needs 100 s to 210 degC, a bed of 250 W 80 s to 60 degC; with
 * `max_power` below 1 the element is stronger, as it is in such a printer.
 */
const MODELS = {
  "hot end": { watts: 40, joulesPerKelvin: 17, lossWattsPerKelvin: 0.07, sensorDelayS: 1.5 },
  bed: { watts: 250, joulesPerKelvin: 500, lossWattsPerKelvin: 1.2, sensorDelayS: 3 },
} as const;

function addModel(ctx: ModuleContext, { maxPower, maxTemp, minTemp, pins }: HeaterOptions, use: HeaterUse): void {
  const [pin] = pins;
  if (pin === undefined) return;
  const model = MODELS[use.model];
  const ambientC = restingCelsius({ min: minTemp, max: maxTemp });
  ctx.virtual.add("heaters", {
    ...model,
    name: ctx.name,
    pin: ctx.virtual.pin(pin),
    watts: model.watts / maxPower,
    ambientC,
  });
}
