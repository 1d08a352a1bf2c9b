// thread: any
import type { SensorCurve } from "../setup.js";

const KELVIN = 273.15;

/** Voltage at the analog input for a temperature, from 0 to 1 of the reference. */
export function sensorRatio(curve: SensorCurve, celsius: number): number {
  switch (curve.kind) {
    case "thermistor":
      return divide(steinhartHart(curve.a, curve.b, curve.c, celsius) + (curve.inlineOhm ?? 0), curve.pullupOhm);
    case "beta": {
      const ohm = curve.ohm * Math.exp(curve.beta * (1 / (celsius + KELVIN) - 1 / (curve.atC + KELVIN)));
      return divide(ohm + (curve.inlineOhm ?? 0), curve.pullupOhm);
    }
    case "resistance":
      return divide(
        interpolate(curve.points, (point) => point.ohm, celsius),
        curve.pullupOhm,
      );
    case "ratio":
      return interpolate(curve.points, (point) => point.ratio, celsius);
  }
}

const divide = (ohm: number, pullup: number): number => ohm / (ohm + pullup);

/** Resistance of a thermistor: 1/T = a + b x + c x^3 solved for x = ln R by Cardano's formula. */
function steinhartHart(a: number, b: number, c: number, celsius: number): number {
  const constant = a - 1 / (celsius + KELVIN);
  if (c === 0) return Math.exp(-constant / b);
  // x^3 + p x + q = 0 with p > 0 for every real thermistor: one real root.
  const p = b / c;
  const q = constant / c;
  const root = Math.sqrt((q * q) / 4 + (p * p * p) / 27);
  return Math.exp(Math.cbrt(root - q / 2) - Math.cbrt(root + q / 2));
}

/** Straight lines between points, and on beyond the first and last of them. Points are in order of temperature. */
function interpolate<P extends { readonly c: number }>(
  points: readonly P[],
  value: (point: P) => number,
  celsius: number,
): number {
  const above = points.findIndex((point) => point.c > celsius);
  const right = above < 0 ? points.length - 1 : Math.max(1, above);
  const low = points[right - 1];
  const high = points[right];
  if (high === undefined) return Number.NaN;
  if (low === undefined) return value(high);
  const share = (celsius - low.c) / (high.c - low.c);
  return value(low) + share * (value(high) - value(low));
}
