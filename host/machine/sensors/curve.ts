// thread: machine
import type { SensorCurve } from "../setup.js";

const KELVIN = 273.15;
/** A ratio nearer to 0 or 1 than this means a short or a broken wire: some extreme temperature, but a number. */
const MARGIN = 1e-5;
/** A short circuit is hotter than anything: 1/K below which a thermistor's formula is not followed, or it turns cold. */
const HOTTEST = 1e-4;

/** Platinum by IEC 60751, above 0 degC; below, within 0.03 degC down to -50 degC. */
const RTD_A = 3.9083e-3;
const RTD_B = -5.775e-7;

/** How an analog value (0 to 1 of the reference) and a temperature in degC follow from each other. */
export interface Curve {
  celsius(ratio: number): number;
  ratio(celsius: number): number;
}

export function createCurve(curve: SensorCurve): Curve {
  switch (curve.kind) {
    case "thermistor":
      return new Thermistor(curve.pullupOhm, curve.inlineOhm, curve.c1, curve.c2, curve.c3);
    case "rtd":
      return new Rtd(curve.pullupOhm, curve.nominalOhm);
    case "resistance":
      return new ResistanceTable(curve.pullupOhm, new Polyline(curve.ohms, curve.celsius));
    case "table":
      return new RatioTable(new Polyline(curve.ratios, curve.celsius));
  }
}

/** Resistance to ground below a pull-up, in ohm. */
function toOhm(ratio: number, pullupOhm: number): number {
  const inside = Math.min(1 - MARGIN, Math.max(MARGIN, ratio));
  return (pullupOhm * inside) / (1 - inside);
}

const toRatio = (ohm: number, pullupOhm: number): number => ohm / (ohm + pullupOhm);

/** Steinhart and Hart: 1/T = c1 + c2 ln R + c3 (ln R)^3, T in K and R in ohm. */
class Thermistor implements Curve {
  readonly #pullup: number;
  readonly #inline: number;
  readonly #c1: number;
  readonly #c2: number;
  readonly #c3: number;

  constructor(pullupOhm: number, inlineOhm: number, c1: number, c2: number, c3: number) {
    this.#pullup = pullupOhm;
    this.#inline = inlineOhm;
    this.#c1 = c1;
    this.#c2 = c2;
    this.#c3 = c3;
  }

  celsius(ratio: number): number {
    const ohm = Math.max(MARGIN, toOhm(ratio, this.#pullup) - this.#inline);
    const x = Math.log(ohm);
    return 1 / Math.max(HOTTEST, this.#c1 + this.#c2 * x + this.#c3 * x * x * x) - KELVIN;
  }

  ratio(celsius: number): number {
    const constant = this.#c1 - 1 / Math.max(MARGIN, celsius + KELVIN);
    return toRatio(Math.exp(this.#logOhm(constant)) + this.#inline, this.#pullup);
  }

  /** Solves c3 x^3 + c2 x + constant = 0, by Cardano's formula: c2 and c3 are positive, so one root is real. */
  #logOhm(constant: number): number {
    if (this.#c3 === 0) return -constant / this.#c2;
    const p = this.#c2 / this.#c3;
    const q = constant / this.#c3;
    const root = Math.sqrt((q * q) / 4 + (p * p * p) / 27);
    return Math.cbrt(root - q / 2) - Math.cbrt(root + q / 2);
  }
}

/** Callendar and Van Dusen: R = R0 (1 + A t + B t^2). */
class Rtd implements Curve {
  readonly #pullup: number;
  readonly #nominal: number;

  constructor(pullupOhm: number, nominalOhm: number) {
    this.#pullup = pullupOhm;
    this.#nominal = nominalOhm;
  }

  celsius(ratio: number): number {
    return rtdCelsius(toOhm(ratio, this.#pullup) / this.#nominal);
  }

  ratio(celsius: number): number {
    return toRatio(this.#nominal * rtdShare(celsius), this.#pullup);
  }
}

/** Temperature of a platinum sensor, in degC, by its resistance as a share of that at 0 degC. */
export function rtdCelsius(share: number): number {
  // Beyond the vertex, at about 3380 degC, there is no such temperature.
  const root = Math.sqrt(Math.max(0, RTD_A * RTD_A - 4 * RTD_B * (1 - share)));
  return (root - RTD_A) / (2 * RTD_B);
}

/** Resistance of a platinum sensor as a share of that at 0 degC. */
export function rtdShare(celsius: number): number {
  return 1 + RTD_A * celsius + RTD_B * celsius * celsius;
}

class ResistanceTable implements Curve {
  readonly #pullup: number;
  readonly #line: Polyline;

  constructor(pullupOhm: number, line: Polyline) {
    this.#pullup = pullupOhm;
    this.#line = line;
  }

  celsius(ratio: number): number {
    return this.#line.y(toOhm(ratio, this.#pullup));
  }

  ratio(celsius: number): number {
    return toRatio(Math.max(0, this.#line.x(celsius)), this.#pullup);
  }
}

class RatioTable implements Curve {
  readonly #line: Polyline;

  constructor(line: Polyline) {
    this.#line = line;
  }

  celsius(ratio: number): number {
    return this.#line.y(ratio);
  }

  ratio(celsius: number): number {
    return this.#line.x(celsius);
  }
}

/** Straight lines between points, and on beyond the first and last of them. */
class Polyline {
  readonly #x: Float64Array;
  readonly #y: Float64Array;

  constructor(x: readonly number[], y: readonly number[]) {
    this.#x = Float64Array.from(x);
    this.#y = Float64Array.from(y);
  }

  y(x: number): number {
    return interpolate(this.#x, this.#y, x);
  }

  x(y: number): number {
    return interpolate(this.#y, this.#x, y);
  }
}

/** `from` ascends or descends. */
function interpolate(from: Float64Array, to: Float64Array, value: number): number {
  const last = from.length - 1;
  const isAscending = (from[last] ?? 0) >= (from[0] ?? 0);
  let i = 1;
  while (i < last && (isAscending ? value > (from[i] ?? 0) : value < (from[i] ?? 0))) i++;
  const x0 = from[i - 1] ?? 0;
  const x1 = from[i] ?? x0;
  const y0 = to[i - 1] ?? 0;
  const y1 = to[i] ?? y0;
  return x1 === x0 ? y0 : y0 + ((value - x0) * (y1 - y0)) / (x1 - x0);
}
