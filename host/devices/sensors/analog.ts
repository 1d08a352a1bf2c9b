// thread: host
import type { SensorCurve } from "../../machine/setup.js";
import type { Pin, SectionReader, VirtualPart } from "../../printer/module.js";
import { type AmplifierTable, STEP_C } from "./amplifiers.js";
import type { SensorDevice, SensorKind } from "./device.js";
import { type SteinhartHart, thermistorCurve } from "./thermistors.js";

type VirtualCurve = VirtualPart<"sensors">["curve"];

/** Resistor between a thermistor's pin and its reference, on nearly every board. */
const PULLUP_OHM = 4700;
const ADC_VOLTS = 5;
/** Resistance at 0 degC that gives a PT100 and a PT1000 their names. */
const PT100_OHM = 100;
const PT1000_OHM = 1000;
/** The usual PT100 amplifier: an INA826 that amplifies ten times what 4400 ohm and the sensor divide 5 V into. */
const INA826_GAIN = 10;
const INA826_OHM = 4400;
const INA826_VOLTS = 5;
/** Range and steps of its table, in degC: straight lines between the points are exact to 0.02 degC. */
const INA826_MAX_C = 500;
const INA826_STEP_C = 10;
/** IEC 60751. */
const RTD_A = 3.9083e-3;
const RTD_B = -5.775e-7;

/** A sensor behind an analog pin. */
export function analogSensor(pin: Pin, curve: SensorCurve): SensorDevice {
  return {
    curve,
    prepare(ctx, { heater, object, virtualCelsius }) {
      const board = ctx.mcu(pin.chip);
      const oid = board.createOid();
      ctx.virtual.add("sensors", {
        name: object,
        pin: ctx.virtual.pin(pin),
        curve: virtualCurve(curve),
        ...(heater === undefined ? { temperatureC: virtualCelsius } : { heater }),
      });
      return {
        source: () => {
          board.addConfig(`config_analog_in oid=${oid} pin=${pin.pin}`);
          return { kind: "adc", board: board.index, oid, curve };
        },
      };
    },
  };
}

/** `sensor_pin` of a sensor that gives a voltage. */
export function readAnalogPin(section: SectionReader): Pin {
  return section.pin("sensor_pin", { invert: false, help: "Analog pin that the sensor is connected to." });
}

/** `pullup_resistor`. */
export function readPullup(section: SectionReader): number {
  return section.float("pullup_resistor", PULLUP_OHM, {
    above: 0,
    help: "Resistor in ohm between the sensor's pin and the reference voltage.",
  });
}

/** A thermistor whose coefficients are known; `undefined` for one whose section is wrong. */
export function thermistorKind(coefficients: SteinhartHart | undefined): SensorKind {
  return (section) => {
    const pullup = readPullup(section);
    const inline = section.float("inline_resistor", 0, {
      min: 0,
      help: "Resistor in ohm in line with the thermistor.",
    });
    return analogSensor(
      readAnalogPin(section),
      thermistorCurve(coefficients ?? { c1: 0, c2: 0, c3: 0 }, pullup, inline),
    );
  };
}

/** A PT1000 without an amplifier. */
export const pt1000Kind: SensorKind = (section) =>
  analogSensor(readAnalogPin(section), { kind: "rtd", pullupOhm: readPullup(section), nominalOhm: PT1000_OHM });

/** A sensor whose resistance is known at some temperatures, on a pull-up. */
export function resistanceKind(points: readonly (readonly [celsius: number, ohm: number])[]): SensorKind {
  return (section) => {
    const sorted = [...points].sort((a, b) => a[1] - b[1]);
    return analogSensor(readAnalogPin(section), {
      kind: "resistance",
      pullupOhm: readPullup(section),
      ohms: sorted.map(([, ohm]) => ohm),
      celsius: sorted.map(([celsius]) => celsius),
    });
  };
}

/** A sensor whose voltage is known at some temperatures. */
export function voltageKind(points: readonly (readonly [celsius: number, volts: number])[]): SensorKind {
  return (section) => {
    const full = section.float("adc_voltage", ADC_VOLTS, { above: 0, help: "Reference voltage of the analog input." });
    const offset = section.float("voltage_offset", 0, { help: "Voltage that the amplifier gives too much." });
    const sorted = [...points].sort((a, b) => a[1] - b[1]);
    return analogSensor(readAnalogPin(section), {
      kind: "table",
      ratios: sorted.map(([, volts]) => (volts - offset) / full),
      celsius: sorted.map(([celsius]) => celsius),
    });
  };
}

/** A thermocouple amplifier. */
export function amplifierKind({ fromC, millivolts }: AmplifierTable): SensorKind {
  return voltageKind(millivolts.map((value, i) => [fromC + i * STEP_C, value / 1000]));
}

/** A PT100 behind an INA826. */
export const pt100Ina826Kind: SensorKind = voltageKind(
  Array.from({ length: INA826_MAX_C / INA826_STEP_C + 1 }, (_, i) => {
    const celsius = i * INA826_STEP_C;
    const ohm = PT100_OHM * (1 + RTD_A * celsius + RTD_B * celsius * celsius);
    return [celsius, (INA826_GAIN * INA826_VOLTS * ohm) / (ohm + INA826_OHM)];
  }),
);

/** The same curve as the virtual printer states it. */
function virtualCurve(curve: SensorCurve): VirtualCurve {
  switch (curve.kind) {
    case "thermistor":
      return {
        kind: "thermistor",
        pullupOhm: curve.pullupOhm,
        inlineOhm: curve.inlineOhm,
        a: curve.c1,
        b: curve.c2,
        c: curve.c3,
      };
    case "rtd":
      return {
        kind: "resistance",
        pullupOhm: curve.pullupOhm,
        points: Array.from({ length: 101 }, (_, i) => {
          const c = i * 10 - 50;
          return { c, ohm: curve.nominalOhm * (1 + RTD_A * c + RTD_B * c * c) };
        }),
      };
    case "resistance":
      return {
        kind: "resistance",
        pullupOhm: curve.pullupOhm,
        points: byTemperature(curve.celsius.map((c, i) => ({ c, ohm: curve.ohms[i] ?? 0 }))),
      };
    case "table":
      return {
        kind: "ratio",
        points: byTemperature(curve.celsius.map((c, i) => ({ c, ratio: curve.ratios[i] ?? 0 }))),
      };
  }
}

function byTemperature<P extends { readonly c: number }>(points: readonly P[]): readonly P[] {
  return [...points].sort((a, b) => a.c - b.c);
}
