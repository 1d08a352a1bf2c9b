// thread: host
import type { SensorCurve } from "../../machine/setup.js";

const KELVIN = 273.15;

/** Steinhart and Hart: 1/T = c1 + c2 ln R + c3 (ln R)^3, T in K and R in ohm. */
export interface SteinhartHart {
  readonly c1: number;
  readonly c2: number;
  readonly c3: number;
}

/** A resistance in ohm at a temperature in degC. */
export interface Resistance {
  readonly celsius: number;
  readonly ohm: number;
}

/** Coefficients from a resistance and the B value in K, which is how simple data sheets describe a thermistor. */
export function fromBeta({ celsius, ohm }: Resistance, beta: number): SteinhartHart {
  return { c1: 1 / (celsius + KELVIN) - Math.log(ohm) / beta, c2: 1 / beta, c3: 0 };
}

/**
 * Coefficients of the curve through three measurements, by elimination. `undefined` when no real thermistor has them:
 * then c2 or c3 would be negative, and the curve would turn back.
 */
export function fromThree(points: readonly [Resistance, Resistance, Resistance]): SteinhartHart | undefined {
  const [x1, x2, x3] = [Math.log(points[0].ohm), Math.log(points[1].ohm), Math.log(points[2].ohm)];
  const [y1, y2, y3] = [inverse(points[0]), inverse(points[1]), inverse(points[2])];
  // Divided differences: slopes of 1/T over ln R, then how the slope changes with the sum of the three places.
  const slope12 = (y2 - y1) / (x2 - x1);
  const slope13 = (y3 - y1) / (x3 - x1);
  const c3 = (slope13 - slope12) / ((x3 - x2) * (x1 + x2 + x3));
  const c2 = slope12 - c3 * (x1 * x1 + x1 * x2 + x2 * x2);
  const c1 = y1 - (c2 + c3 * x1 * x1) * x1;
  return c2 > 0 && c3 >= 0 && Number.isFinite(c1) ? { c1, c2, c3 } : undefined;
}

const inverse = ({ celsius }: Resistance): number => 1 / (celsius + KELVIN);

function three(...points: readonly [[number, number], [number, number], [number, number]]): SteinhartHart {
  const [a, b, c] = points;
  const found = fromThree([at(a), at(b), at(c)]);
  if (found === undefined) throw new RangeError("a built-in thermistor has an impossible curve");
  return found;
}

const at = ([celsius, ohm]: readonly [number, number]): Resistance => ({ celsius, ohm });

/** Thermistors by the name that `sensor_type` gives them, from their makers' tables of resistance (degC, ohm). */
export const THERMISTORS: ReadonlyMap<string, SteinhartHart> = new Map([
  ["EPCOS 100K B57560G104F", three([25, 100_000], [150, 1641.9], [250, 226.15])],
  ["ATC Semitec 104GT-2", three([20, 126_800], [150, 1360], [300, 80.65])],
  ["ATC Semitec 104NT-4-R025H42G", three([25, 100_000], [160, 1074], [300, 82.78])],
  ["Generic 3950", three([25, 100_000], [150, 1770], [250, 230])],
  ["Honeywell 100K 135-104LAG-J01", fromBeta(at([25, 100_000]), 3974)],
  ["NTC 100K MGB18-104F39050L32", fromBeta(at([25, 100_000]), 4100)],
  ["SliceEngineering 450", three([25, 500_000], [200, 3734], [400, 240])],
  ["TDK NTCG104LH104JT1", three([25, 100_000], [50, 31_230], [125, 2066])],
]);

/** What machine is told of a thermistor with its resistors. */
export function thermistorCurve(coefficients: SteinhartHart, pullupOhm: number, inlineOhm: number): SensorCurve {
  return { kind: "thermistor", pullupOhm, inlineOhm, ...coefficients };
}
