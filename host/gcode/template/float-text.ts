// thread: host
import { strip } from "./py-text.js";

/** A finite number's digits: `digits` times ten to the power `exponent - digits.length + 1`; sign apart. */
export interface Decimal {
  readonly negative: boolean;
  /** At least one digit. */
  readonly digits: string;
  /** Power of ten of the first digit. */
  readonly exponent: number;
}

/** Python's text for infinities and NaN, or `undefined` for a finite number. */
export function nonFiniteText(x: number): string | undefined {
  if (Number.isFinite(x)) return undefined;
  if (Number.isNaN(x)) return "nan";
  return x > 0 ? "inf" : "-inf";
}

export function isNegative(x: number): boolean {
  return x < 0 || Object.is(x, -0);
}

/** An exponent as C prints it: a sign and at least two digits. */
export function exponentText(exponent: number): string {
  const size = Math.abs(exponent);
  return `${exponent < 0 ? "-" : "+"}${size < 10 ? "0" : ""}${size}`;
}

/** `repr()` of a float: the shortest digits that read back as the same number. */
export function floatRepr(x: number): string {
  const special = nonFiniteText(x);
  if (special !== undefined) return special;
  const size = Math.abs(x);
  if (x === 0) return isNegative(x) ? "-0.0" : "0.0";
  if (size >= 1e-4 && size < 1e16) {
    const text = String(x); // JavaScript has no exponent in this range
    return text.includes(".") ? text : `${text}.0`;
  }
  const [mantissa = "", power = "0"] = x.toExponential().split("e");
  return `${mantissa}e${exponentText(Number(power))}`;
}

/** Numerator and denominator of a finite number, exactly. The denominator is a power of two. */
export function exactRatio(x: number): { readonly numerator: bigint; readonly denominator: bigint } {
  let scaled = x;
  let shift = 0;
  while (!Number.isInteger(scaled)) {
    scaled *= 2;
    shift += 1;
  }
  return { numerator: BigInt(scaled), denominator: 1n << BigInt(shift) };
}

/** `numerator / denominator` to the nearest integer, ties to even. `denominator` is positive. */
export function divideHalfEven(numerator: bigint, denominator: bigint): bigint {
  const negative = numerator < 0n;
  const size = negative ? -numerator : numerator;
  let quotient = size / denominator;
  const rest = (size % denominator) * 2n;
  if (rest > denominator || (rest === denominator && quotient % 2n === 1n)) quotient += 1n;
  return negative ? -quotient : quotient;
}

/** `x` with `places` decimals (0 or more), rounded exactly, ties to even; as C's `%.*f`. `x` must be finite. */
export function formatFixed(x: number, places: number): string {
  const doubled = Math.abs(x) * 2 ** (places + 1);
  const canTie = !Number.isFinite(doubled) || Math.abs(doubled % 2) === 1;
  if (!canTie && places <= 100 && Math.abs(x) < 1e21) {
    const text = x.toFixed(places);
    return isNegative(x) && !text.startsWith("-") ? `-${text}` : text;
  }
  const { numerator, denominator } = exactRatio(Math.abs(x));
  const digits = divideHalfEven(numerator * 10n ** BigInt(places), denominator)
    .toString()
    .padStart(places + 1, "0");
  const sign = isNegative(x) ? "-" : "";
  return places === 0 ? sign + digits : `${sign}${digits.slice(0, -places)}.${digits.slice(-places)}`;
}

function isBelowPower(size: number, exponent: number): boolean {
  const { numerator, denominator } = exactRatio(size);
  const power = 10n ** BigInt(Math.abs(exponent));
  return exponent >= 0 ? numerator < power * denominator : numerator * power < denominator;
}

/** `size * 10^scale` to the nearest integer, ties to even, as digits. */
function scaledDigits(size: number, scale: number): string {
  const { numerator, denominator } = exactRatio(size);
  const scaled =
    scale >= 0
      ? divideHalfEven(numerator * 10n ** BigInt(scale), denominator)
      : divideHalfEven(numerator, denominator * 10n ** BigInt(-scale));
  return scaled.toString();
}

/** The first `count` digits of a finite number, rounded exactly, ties to even. */
export function significantDigits(x: number, count: number): Decimal {
  const negative = isNegative(x);
  const size = Math.abs(x);
  if (size === 0) return { negative, digits: "0".repeat(count), exponent: 0 };
  let exponent = Number(size.toExponential().split("e")[1]);
  // The shortest text may be rounded up to the next power of ten: 1e23 is a little less than that.
  if (isBelowPower(size, exponent)) exponent -= 1;
  let digits = scaledDigits(size, count - 1 - exponent);
  if (digits.length > count) {
    digits = digits.slice(0, count); // 9.99 became 10.0
    exponent += 1;
  }
  return { negative, digits, exponent };
}

/** `x` as C's `%.*e`; `keepPoint` is its `#` flag. */
export function formatExponent(x: number, places: number, keepPoint = false): string {
  const { negative, digits, exponent } = significantDigits(x, places + 1);
  const point = places > 0 || keepPoint ? "." : "";
  return `${negative ? "-" : ""}${digits.slice(0, 1)}${point}${digits.slice(1)}e${exponentText(exponent)}`;
}

/** `x` as C's `%.*g`; `keepZeros` is its `#` flag. With `pointZero` a whole number keeps one decimal. */
export function formatGeneral(x: number, precision: number, keepZeros = false, pointZero = false): string {
  const count = Math.max(1, precision);
  const { exponent } = significantDigits(x, count);
  const limit = pointZero ? count - 1 : count;
  if (exponent >= -4 && exponent < limit) {
    const text = formatFixed(x, Math.max(0, count - 1 - exponent));
    if (keepZeros) return text.includes(".") ? text : `${text}.`;
    const short = text.includes(".") ? text.replace(/\.?0+$/, "") : text;
    return pointZero && !short.includes(".") ? `${short}.0` : short;
  }
  const text = formatExponent(x, count - 1, keepZeros);
  if (keepZeros) return text;
  return text.replace(/\.?0*e/, (end) => (text.includes(".") ? "e" : end));
}

/** Python's `round(x, places)` for a float: exact, ties to even. `undefined` when the result is out of range. */
export function roundFloat(x: number, places: number): number | undefined {
  if (!Number.isFinite(x) || x === 0 || places > 323) return x;
  if (places >= 0) {
    const rounded = Number(formatFixed(x, places));
    return Number.isFinite(rounded) ? rounded : undefined;
  }
  if (places < -309) return isNegative(x) ? -0 : 0;
  const unit = 10n ** BigInt(-places);
  const { numerator, denominator } = exactRatio(Math.abs(x));
  const rounded = Number(divideHalfEven(numerator, denominator * unit) * unit);
  if (!Number.isFinite(rounded)) return undefined;
  return isNegative(x) ? -rounded : rounded;
}

const DIGITS = "\\d+(?:_\\d+)*";
const FLOAT_TEXT = new RegExp(`^[+-]?(?:${DIGITS}(?:\\.(?:${DIGITS})?)?|\\.${DIGITS})(?:e[+-]?${DIGITS})?$`, "i");
const SPECIAL_TEXT = /^([+-]?)(inf|infinity|nan)$/i;

/** Text to float as Python's `float()` reads it, or `undefined` when it is not a number. */
export function parseFloatText(text: string): number | undefined {
  const trimmed = strip(text);
  if (FLOAT_TEXT.test(trimmed)) return Number(trimmed.replaceAll("_", ""));
  const special = SPECIAL_TEXT.exec(trimmed);
  if (special === null) return undefined;
  if (special[2]?.toLowerCase() === "nan") return Number.NaN;
  return special[1] === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}
