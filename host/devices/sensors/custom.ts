// thread: host
import type { SectionReader } from "../../printer/module.js";
import { resistanceKind, thermistorKind, voltageKind } from "./analog.js";
import type { SensorKind } from "./device.js";
import { fromBeta, fromThree, type Resistance, type SteinhartHart } from "./thermistors.js";

const ABSOLUTE_ZERO_C = -273.15;

/** Reads `[thermistor NAME]`; `undefined` when it is wrong, which has been reported then. */
export function readThermistor(section: SectionReader): SteinhartHart | undefined {
  const first = readResistance(section, 1);
  const beta = section.float("beta", null, { above: 0, help: "B value in K, in place of the other two measurements." });
  if (beta !== null) return first === undefined ? undefined : fromBeta(first, beta);
  const second = readResistance(section, 2);
  const third = readResistance(section, 3);
  if (first === undefined || second === undefined || third === undefined) return undefined;
  const found = fromThree([first, second, third]);
  if (found === undefined) {
    section.reject(
      undefined,
      "has measurements that no thermistor can have",
      "check them: the resistance must fall while the temperature rises, and the three must be well apart",
    );
  }
  return found;
}

function readResistance(section: SectionReader, index: number): Resistance | undefined {
  const celsius = section.celsius(`temperature${index}`, undefined, {
    above: ABSOLUTE_ZERO_C,
    help: "Temperature of a measurement.",
  });
  const ohm = section.float(`resistance${index}`, undefined, {
    above: 0,
    help: "Resistance at that temperature, ohm.",
  });
  return section.has(`temperature${index}`) && section.has(`resistance${index}`) ? { celsius, ohm } : undefined;
}

/** Reads `[adc_temperature NAME]`. */
export function readAdcTemperature(section: SectionReader): SensorKind {
  const isResistance = section.has("resistance1");
  const option = isResistance ? "resistance" : "voltage";
  const points: (readonly [celsius: number, value: number])[] = [];
  for (let i = 1; i <= 2 || section.has(`temperature${i}`); i++) {
    const celsius = section.celsius(`temperature${i}`, undefined, { help: "Temperature of a measurement." });
    const value = section.float(`${option}${i}`, undefined, {
      ...(isResistance ? { above: 0 } : {}),
      help: isResistance ? "Resistance at that temperature, ohm." : "Voltage at that temperature.",
    });
    points.push([celsius, value]);
  }
  checkOrder(section, option, points);
  return isResistance ? resistanceKind(points) : voltageKind(points);
}

/** A table that turns back or stands still does not say which temperature a value means. */
function checkOrder(
  section: SectionReader,
  option: string,
  points: readonly (readonly [celsius: number, value: number])[],
): void {
  const sorted = [...points].sort((a, b) => a[0] - b[0]);
  const steps = sorted.slice(1).map(([celsius, value], i) => {
    const [celsiusBefore, valueBefore] = sorted[i] ?? [0, 0];
    return (value - valueBefore) / (celsius - celsiusBefore);
  });
  if (steps.every((step) => step > 0) || steps.every((step) => step < 0)) return;
  const isComplete = points.every((_, i) => section.has(`temperature${i + 1}`) && section.has(`${option}${i + 1}`));
  if (!isComplete) return;
  section.reject(
    undefined,
    `has ${option}s that neither only rise nor only fall with the temperature`,
    `check the measurements: each temperature needs another ${option}, in order`,
  );
}

/** The sensor that a `[thermistor NAME]` or `[adc_temperature NAME]` section makes; `undefined` when there is none. */
export function customKind(section: SectionReader, name: string): SensorKind | undefined {
  const thermistor = section.config.optional(`thermistor ${name}`);
  if (thermistor !== undefined) return thermistorKind(readThermistor(thermistor));
  const adc = section.config.optional(`adc_temperature ${name}`);
  return adc === undefined ? undefined : readAdcTemperature(adc);
}
