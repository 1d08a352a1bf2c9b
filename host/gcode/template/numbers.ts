// thread: host
import { fractionalPower } from "./exact-power.js";
import { exactRatio, parseFloatText } from "./float-text.js";
import { PyError, typeError, undefinedError, valueError } from "./py-error.js";
import { strip } from "./py-text.js";
import { MAX_INT_DIGITS } from "./repr.js";
import { PyFloat, pyFloat, pyInt, typeName, Undefined, type Value } from "./values.js";

/** A Python int. */
export type Int = number | bigint;

/** Bits of the largest int that templates may compute. */
const MAX_INT_BITS = 16_384;

/** The value as an int when it is one or a bool, else `undefined`. */
export function asInt(value: Value): Int | undefined {
  if (typeof value === "number" || typeof value === "bigint") return value;
  return typeof value === "boolean" ? Number(value) : undefined;
}

/** The value as a JavaScript number when it is an int, a bool or a float, else `undefined`. */
export function asNumber(value: Value): number | undefined {
  if (typeof value === "number") return value;
  if (value instanceof PyFloat) return value.value;
  if (typeof value === "boolean") return Number(value);
  return typeof value === "bigint" ? bigToFloat(value) : undefined;
}

/** An int as a float. Throws an `OverflowError` when it is too large. */
export function bigToFloat(value: bigint): number {
  const float = Number(value);
  if (Number.isFinite(float)) return float;
  throw new PyError("OverflowError", "int too large to convert to float");
}

/** An index or count: an int that fits a JavaScript number. Throws a `TypeError` for anything else. */
export function toIndex(value: Value): number {
  const int = asInt(value);
  if (typeof int === "number") return int;
  if (int !== undefined) return int > 0n ? Number.MAX_SAFE_INTEGER : Number.MIN_SAFE_INTEGER;
  throw typeError(
    `'${typeName(value)}' object cannot be interpreted as an integer`,
    "convert it with |int before it is used as a count or an index",
  );
}

function limited(value: bigint): Int {
  const int = pyInt(value);
  if (typeof int === "bigint" && (int >> BigInt(MAX_INT_BITS) > 0n || int >> BigInt(MAX_INT_BITS) < -1n)) {
    throw new PyError("OverflowError", `int is larger than ${MAX_INT_BITS} bits`);
  }
  return int;
}

export function addInts(a: Int, b: Int): Int {
  if (typeof a === "number" && typeof b === "number") {
    const sum = a + b;
    if (Number.isSafeInteger(sum)) return sum;
  }
  return limited(BigInt(a) + BigInt(b));
}

export function subtractInts(a: Int, b: Int): Int {
  if (typeof a === "number" && typeof b === "number") {
    const difference = a - b;
    if (Number.isSafeInteger(difference)) return difference;
  }
  return limited(BigInt(a) - BigInt(b));
}

export function multiplyInts(a: Int, b: Int): Int {
  if (typeof a === "number" && typeof b === "number") {
    const product = a * b;
    if (Number.isSafeInteger(product)) return product === 0 ? 0 : product;
  }
  return limited(BigInt(a) * BigInt(b));
}

function zeroDivision(message: string): PyError {
  return new PyError("ZeroDivisionError", message, {
    fix: "check that the divisor is not 0 before dividing: {% if n != 0 %}",
  });
}

/** `a // b` for ints: rounds down. */
export function floorDivideInts(a: Int, b: Int): Int {
  if (b === 0) throw zeroDivision("integer division or modulo by zero");
  if (typeof a === "number" && typeof b === "number") {
    const rest = a % b;
    const quotient = (a - rest) / b;
    const down = rest !== 0 && rest < 0 !== b < 0 ? quotient - 1 : quotient;
    return down === 0 ? 0 : down;
  }
  const x = BigInt(a);
  const y = BigInt(b);
  const rest = x % y;
  return pyInt(rest !== 0n && rest < 0n !== y < 0n ? x / y - 1n : x / y);
}

/** `a % b` for ints: has the sign of `b`. */
export function moduloInts(a: Int, b: Int): Int {
  if (b === 0) throw zeroDivision("integer modulo by zero");
  if (typeof a === "number" && typeof b === "number") {
    const rest = a % b;
    if (rest === 0) return 0;
    return rest < 0 === b < 0 ? rest : rest + b;
  }
  const x = BigInt(a);
  const y = BigInt(b);
  const rest = x % y;
  return pyInt(rest !== 0n && rest < 0n !== y < 0n ? rest + y : rest);
}

/** `a / b` for ints: the nearest float. */
export function divideInts(a: Int, b: Int): number {
  if (b === 0) throw zeroDivision("division by zero");
  if (typeof a === "number" && typeof b === "number") return a / b;
  return nearestFloat(BigInt(a), BigInt(b));
}

/** The float nearest to a ratio of big ints. */
function nearestFloat(numerator: bigint, denominator: bigint): number {
  const negative = numerator < 0n !== denominator < 0n;
  const n = numerator < 0n ? -numerator : numerator;
  const d = denominator < 0n ? -denominator : denominator;
  // 66 bits of quotient or more, and one for the rest, decide the rounding that Number() does.
  const shift = 70 - 4 * (n.toString(16).length - d.toString(16).length);
  const top = shift > 0 ? n << BigInt(shift) : n;
  const bottom = shift > 0 ? d : d << BigInt(-shift);
  const quotient = (top / bottom) * 2n + (top % bottom === 0n ? 0n : 1n);
  const half = Math.trunc((-shift - 1) / 2);
  const size = Number(quotient) * 2 ** half * 2 ** (-shift - 1 - half);
  if (!Number.isFinite(size)) throw new PyError("OverflowError", "integer division result too large for a float");
  return negative ? -size : size;
}

/** At least 1, and at most the bits of an int other than 0, 1 and -1. */
function bitsBelow(int: Int): number {
  return typeof int === "number" ? Math.log2(Math.abs(int)) : 4 * (int.toString(16).replace("-", "").length - 1);
}

/** `a ** b` for ints: an int, or a float when `b` is negative. */
export function powerInts(a: Int, b: Int): Value {
  if (b < 0) {
    if (a === 0) throw zeroDivision("0.0 cannot be raised to a negative power");
    return pyFloat(powerFloats(Number(a), Number(b)));
  }
  if (a === 0 || a === 1) return b === 0 ? 1 : a;
  if (a === -1) return moduloInts(b, 2) === 0 ? 1 : -1;
  if (bitsBelow(a) * Number(b) > MAX_INT_BITS * 2)
    throw new PyError("OverflowError", `int is larger than ${MAX_INT_BITS} bits`);
  return limited(BigInt(a) ** BigInt(b));
}

/** `a / b` for floats. */
export function divideFloats(a: number, b: number): number {
  if (b === 0) throw zeroDivision("float division by zero");
  return a / b;
}

/** `a // b` for floats. */
export function floorDivideFloats(a: number, b: number): number {
  if (b === 0) throw zeroDivision("float floor division by zero");
  const rest = a % b;
  let quotient = (a - rest) / b;
  if (rest !== 0 && rest < 0 !== b < 0) quotient -= 1;
  if (quotient === 0) return a / b < 0 || Object.is(a / b, -0) ? -0 : 0;
  const down = Math.floor(quotient);
  return quotient - down > 0.5 ? down + 1 : down;
}

/** `a % b` for floats: has the sign of `b`. */
export function moduloFloats(a: number, b: number): number {
  if (b === 0) throw zeroDivision("float modulo");
  const rest = a % b;
  if (rest === 0) return b < 0 || Object.is(b, -0) ? -0 : 0;
  return rest < 0 === b < 0 || Number.isNaN(rest) ? rest : rest + b;
}

/** Powers up to this exponent are computed exactly. */
const EXACT_POWER = 64;

/** `a ** b` for floats. */
export function powerFloats(a: number, b: number): number {
  if (a === 0 && b < 0) throw zeroDivision("0.0 cannot be raised to a negative power");
  if (a === 1 || b === 0) return 1;
  if (a < 0 && Number.isFinite(a) && Number.isFinite(b) && !Number.isInteger(b)) {
    throw valueError("a negative number cannot be raised to a fractional power", "take |abs of the number first");
  }
  if (a === -1 && !Number.isFinite(b)) return Number.isNaN(b) ? b : 1;
  if (!(Number.isFinite(a) && Number.isFinite(b)) || a === 0) return a ** b;
  const rough = a ** b;
  if (!Number.isFinite(rough)) throw new PyError("OverflowError", "(34, 'Numerical result out of range')");
  // Far below and above these there are not enough digits left, or none that a printer needs.
  return Math.abs(rough) > 1e-290 && Math.abs(rough) < 1e290 ? accuratePower(a, b) : rough;
}

/** The float nearest to a power of finite numbers other than 0. */
function accuratePower(a: number, b: number): number {
  if (Number.isInteger(b) && Math.abs(b) <= EXACT_POWER) {
    const { numerator, denominator } = exactRatio(a);
    const n = BigInt(Math.abs(b));
    return b < 0 ? nearestFloat(denominator ** n, numerator ** n) : nearestFloat(numerator ** n, denominator ** n);
  }
  const { numerator, denominator } = fractionalPower(Math.abs(a), b);
  return nearestFloat(a < 0 && Math.abs(b % 2) === 1 ? -numerator : numerator, denominator);
}

/** A float's integer part as an int. Throws for infinities and NaN. */
export function truncate(x: number): Int {
  if (Number.isFinite(x)) {
    const whole = Math.trunc(x);
    return Number.isSafeInteger(whole) ? whole + 0 : BigInt(whole);
  }
  if (Number.isNaN(x)) throw valueError("cannot convert float NaN to integer");
  throw new PyError("OverflowError", "cannot convert float infinity to integer");
}

/** Text to int as Python's `int(text, base)`, or `undefined` when it is not one. Base 0 goes by the prefix. */
export function parseIntText(text: string, base = 10): Int | undefined {
  if (text.length > MAX_NUMBER_TEXT) return undefined;
  const match = /^([+-]?)([0-9a-z]+(?:_[0-9a-z]+)*)$/i.exec(strip(text));
  if (match === null) return undefined;
  const [, sign = "", body = ""] = match;
  const prefixed = /^0([xob])_?(.+)$/i.exec(body);
  const prefixBase = PREFIX_BASES.get(prefixed?.[1]?.toLowerCase() ?? "");
  if (prefixBase !== undefined && (base === 0 || base === prefixBase)) {
    return digitsToInt(sign, prefixed?.[2] ?? "", prefixBase);
  }
  if (base === 0 && /^0[0_]*[1-9]/.test(body)) return undefined;
  return digitsToInt(sign, body, base === 0 ? 10 : base);
}

/** No text that is longer, blanks and all, is taken for a number. */
const MAX_NUMBER_TEXT = 10_000;

const PREFIX_BASES: ReadonlyMap<string, number> = new Map([
  ["x", 16],
  ["o", 8],
  ["b", 2],
]);

function digitsToInt(sign: string, body: string, base: number): Int | undefined {
  const digits = body.replaceAll("_", "").toLowerCase();
  if (digits.length > MAX_INT_DIGITS) return undefined;
  const wide = BigInt(base);
  let value = 0n;
  for (const digit of digits) {
    const worth = Number.parseInt(digit, 36);
    if (!(worth < base)) return undefined;
    value = value * wide + BigInt(worth);
  }
  return pyInt(sign === "-" ? -value : value);
}

/** `float()` of a value. Throws as Python does. */
export function toFloat(value: Value): number {
  const number = asNumber(value);
  if (number !== undefined) return number;
  if (value instanceof Undefined) throw undefinedError(value);
  if (typeof value !== "string") {
    throw typeError(`float() argument must be a string or a real number, not '${typeName(value)}'`);
  }
  const parsed = value.length > MAX_NUMBER_TEXT ? undefined : parseFloatText(value);
  if (parsed === undefined) throw valueError(`could not convert string to float: '${value.slice(0, 60)}'`);
  return parsed;
}
