// thread: host
import { formatFixed, roundFloat } from "./float-text.js";
import { asInt, asNumber, bigToFloat, type Int, parseIntText, toFloat, toIndex, truncate } from "./numbers.js";
import { binary, unary } from "./operators.js";
import { PyError, typeError, undefinedError } from "./py-error.js";
import { type FilterEntry, filter } from "./registry.js";
import type { Runtime } from "./runtime.js";
import { PyFloat, pyFloat, pyInt, typeName, Undefined, type Value } from "./values.js";

/** Runs a conversion; gives `whenWrong` when the value cannot be converted. */
function converted(value: Value, whenWrong: Value, convert: () => Value): Value {
  if (value instanceof Undefined) throw undefinedError(value);
  try {
    return convert();
  } catch (error) {
    if (!(error instanceof PyError)) throw error;
    return whenWrong;
  }
}

function toInt(value: Value, whenWrong: Value, base: number): Value {
  return converted(value, whenWrong, () => {
    const direct = typeof value === "string" ? parseIntText(value, base) : asInt(value);
    return direct ?? truncate(toFloat(value));
  });
}

/** Python's `round()` of an int to tens, hundreds and so on: ties to even. */
function roundInt(value: Int, places: number): Int {
  if (places >= 0) return value;
  if (places < -MAX_PLACES) return 0;
  const unit = 10n ** BigInt(-places);
  const wide = BigInt(value);
  const rest = ((wide % unit) + unit) % unit;
  const down = wide - rest;
  const up = rest * 2n > unit || (rest * 2n === unit && (down / unit) % 2n !== 0n);
  return pyInt(up ? down + unit : down);
}

const MAX_PLACES = 4300;

function round(rt: Runtime, value: Value, precision: Value, method: Value): Value {
  if (method !== "common" && method !== "ceil" && method !== "floor") {
    throw new PyError("FilterArgumentError", "method must be common, ceil or floor");
  }
  if (method !== "common") {
    const unit = binary(rt, "**", 10, precision);
    const scaled = binary(rt, "*", value, unit);
    const number = asNumber(scaled);
    if (number === undefined) throw typeError(`must be real number, not ${typeName(scaled)}`);
    const whole = asInt(scaled) ?? truncate(method === "ceil" ? Math.ceil(number) : Math.floor(number));
    return binary(rt, "/", whole, unit);
  }
  const int = asInt(value);
  if (int !== undefined) return roundInt(int, precision === null ? 0 : toIndex(precision));
  if (value instanceof PyFloat) return roundValue(value.value, precision);
  throw typeError(
    `type ${typeName(value)} doesn't define __round__ method`,
    "convert the value first: params.X|float|round(2)",
  );
}

function roundValue(x: number, precision: Value): Value {
  if (precision === null) return truncate(Number.isFinite(x) ? Number(formatFixed(x, 0)) : x);
  const rounded = roundFloat(x, toIndex(precision));
  if (rounded === undefined) throw new PyError("OverflowError", "rounded value too large to represent");
  return pyFloat(rounded);
}

function absolute(value: Value): Value {
  if (value instanceof PyFloat) return pyFloat(Math.abs(value.value));
  const int = asInt(value);
  if (int !== undefined) return int < 0 ? unary("-", int) : int;
  throw typeError(
    `bad operand type for abs(): '${typeName(value)}'`,
    "convert the value first, with |int or |float, or give a default",
  );
}

const PREFIXES = ["k", "M", "G", "T", "P", "E", "Z", "Y"];

function fileSize(value: Value, binaryUnits: boolean): string {
  const bytes = toFloat(value);
  const base = binaryUnits ? 1024 : 1000;
  if (bytes === 1) return "1 Byte";
  if (bytes < base) return `${truncate(bytes)} Bytes`;
  let unit = base;
  let name = "";
  for (const prefix of PREFIXES) {
    unit *= base;
    name = binaryUnits ? `${prefix === "k" ? "K" : prefix}iB` : `${prefix}B`;
    if (bytes < unit) break;
  }
  return `${formatFixed((base * bytes) / unit, 1)} ${name}`;
}

/** Filters that give numbers or print them. */
export const NUMBER_FILTERS: readonly FilterEntry[] = [
  filter("abs", [], (_rt, value) => absolute(value)),
  filter("filesizeformat", ["binary?"], (_rt, value, a) => fileSize(value, a.flag(0, false))),
  filter("float", ["default?"], (_rt, value, a) =>
    converted(value, a.has(0) ? a.value(0) : pyFloat(0), () =>
      pyFloat(typeof value === "bigint" ? bigToFloat(value) : toFloat(value)),
    ),
  ),
  filter("int", ["default?", "base?"], (_rt, value, a) => toInt(value, a.has(0) ? a.value(0) : 0, a.index(1, 10))),
  filter("round", ["precision?", "method?"], (rt, value, a) =>
    round(rt, value, a.has(0) ? a.value(0) : 0, a.has(1) ? a.value(1) : "common"),
  ),
];
