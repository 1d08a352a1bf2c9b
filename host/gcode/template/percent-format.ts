// thread: host
import { PyDict } from "./dict.js";
import { formatExponent, formatFixed, formatGeneral, isNegative, nonFiniteText } from "./float-text.js";
import { asInt, asNumber, type Int, toIndex, truncate } from "./numbers.js";
import { PyError, typeError, undefinedError, valueError } from "./py-error.js";
import { codePoints, textLength, toAscii } from "./py-text.js";
import { reprOf, strOf } from "./repr.js";
import type { Runtime } from "./runtime.js";
import { PyFloat, PyObject, PyTuple, typeName, Undefined, type Value } from "./values.js";

/** One `%` conversion: `%(name)-05.2f`. */
interface Conversion {
  readonly flags: string;
  readonly width: number;
  readonly precision: number | undefined;
  readonly type: string;
}

const SPEC = /%(?:\(([^)]*)\))?([-+ #0]*)(\*|\d+)?(?:\.(\*|\d*))?[hlL]?([\s\S])?/gu;

/** Hands out the arguments of one formatting in order. */
class Arguments {
  readonly #all: readonly Value[];
  readonly #isTuple: boolean;
  #next = 0;
  #named = false;

  constructor(args: Value) {
    this.#isTuple = args instanceof PyTuple;
    this.#all = args instanceof PyTuple ? args.items : [args];
  }

  take(): Value {
    const value = this.#all[this.#next];
    if (value === undefined || this.#named) throw typeError("not enough arguments for format string");
    this.#next += 1;
    return value;
  }

  byName(name: string): Value {
    const [mapping] = this.#all;
    if (this.#isTuple || !(mapping instanceof PyDict)) throw typeError("format requires a mapping");
    this.#named = true;
    const value = mapping.get(name);
    if (value === undefined) throw new PyError("KeyError", `'${name}'`);
    return value;
  }

  finish(): void {
    const unused = this.#next < this.#all.length && !this.#named;
    // Python lets everything with elements but texts and tuples pass: it might have been meant for %(name)s.
    if (unused && (this.#isTuple || !isMappingLike(this.#all[0] ?? null))) {
      throw typeError(
        "not all arguments converted during string formatting",
        "give as many values as there are % places; put a tuple that is one value in (value,)",
      );
    }
  }
}

function isMappingLike(value: Value): boolean {
  return value instanceof PyObject && !(value instanceof PyFloat) && value.size() !== undefined;
}

/** `text % args` as Python formats it. Throws a `PyError` as Python does. */
export function percentFormat(rt: Runtime, text: string, args: Value): string {
  const values = new Arguments(args);
  let out = "";
  let end = 0;
  for (const match of text.matchAll(SPEC)) {
    const [whole, name, flags = "", width, precision, type] = match;
    out += text.slice(end, match.index);
    end = match.index + whole.length;
    if (whole === "%%") {
      out += "%";
      continue;
    }
    const value = name === undefined ? undefined : values.byName(name);
    let allFlags = flags;
    let wide = width === "*" ? starValue(values.take()) : Number(width ?? 0);
    if (wide < 0) {
      allFlags += "-";
      wide = -wide;
    }
    const places = precision === "*" ? Math.max(0, starValue(values.take())) : precision;
    if (type === undefined) throw valueError("incomplete format");
    rt.fits(wide);
    if (type === "%") {
      out += "%";
      continue;
    }
    const conversion = {
      flags: allFlags,
      width: wide,
      precision: places === undefined ? undefined : Number(places),
      type,
    };
    rt.fits(conversion.precision ?? 0);
    rt.tick(1 + Math.floor((conversion.precision ?? 0) / DIGITS_PER_STEP));
    if (!CONVERSIONS.includes(type)) {
      const at = end - type.length;
      const point = (type.codePointAt(0) ?? 0).toString(16);
      throw valueError(`unsupported format character '${type}' (0x${point}) at index ${at}`);
    }
    out += convert(rt, conversion, value === undefined ? values.take() : value);
    rt.fits(out.length);
  }
  values.finish();
  return out + text.slice(end);
}

/** Decimals that take about as long as a step. */
const DIGITS_PER_STEP = 16;
const CONVERSIONS = "diouxXeEfFgGcrsa";

function starValue(value: Value): number {
  if (asInt(value) === undefined) throw typeError("* wants int");
  return toIndex(value);
}

function convert(rt: Runtime, how: Conversion, value: Value): string {
  switch (how.type) {
    case "s":
      return pad(cut(strOf(rt, value), how.precision), how);
    case "r":
      return pad(cut(reprOf(rt, value), how.precision), how);
    case "a":
      return pad(cut(toAscii(reprOf(rt, value)), how.precision), how);
    case "c":
      return pad(character(value), how);
    case "d":
    case "i":
    case "u":
      return integer(how, toInteger(how.type, value, true), 10);
    case "x":
    case "X":
      return integer(how, toInteger(how.type, value, false), 16);
    case "o":
      return integer(how, toInteger(how.type, value, false), 8);
    default:
      return float(how, value);
  }
}

function cut(text: string, precision: number | undefined): string {
  return precision === undefined || textLength(text) <= precision
    ? text
    : codePoints(text).slice(0, precision).join("");
}

function character(value: Value): string {
  if (typeof value === "string") {
    if (textLength(value) === 1) return value;
    throw typeError("%c requires int or char");
  }
  const point = asInt(value);
  if (point === undefined) throw typeError("%c requires int or char");
  if (!(point >= 0 && point < 0x110000)) throw new PyError("OverflowError", "%c arg not in range(0x110000)");
  return String.fromCodePoint(Number(point));
}

function toInteger(type: string, value: Value, allowFloat: boolean): Int {
  const int = asInt(value);
  if (int !== undefined) return int;
  if (value instanceof PyFloat && allowFloat) return truncate(value.value);
  if (value instanceof Undefined) throw undefinedError(value);
  throw typeError(
    `%${type} format: ${allowFloat ? "a real number" : "an integer"} is required, not ${typeName(value)}`,
    "convert it first, with |int or |float; %s accepts everything",
  );
}

function pad(text: string, how: Conversion): string {
  const missing = how.width - textLength(text);
  if (missing <= 0) return text;
  return how.flags.includes("-") ? text + " ".repeat(missing) : " ".repeat(missing) + text;
}

/** Puts sign, prefix and digits together and fills up with zeros or blanks. */
function padNumber(how: Conversion, negative: boolean, prefix: string, digits: string): string {
  const sign = negative ? "-" : how.flags.includes("+") ? "+" : how.flags.includes(" ") ? " " : "";
  const used = sign.length + prefix.length + digits.length;
  if (how.flags.includes("0") && !how.flags.includes("-")) {
    return sign + prefix + "0".repeat(Math.max(0, how.width - used)) + digits;
  }
  return pad(sign + prefix + digits, how);
}

function integer(how: Conversion, value: Int, base: number): string {
  const negative = value < 0;
  const big = BigInt(value);
  const digits = (negative ? -big : big).toString(base).padStart(how.precision ?? 1, "0");
  const prefix = how.flags.includes("#") ? (base === 16 ? "0x" : base === 8 ? "0o" : "") : "";
  const text = prefix + digits;
  const shown = how.type === "X" ? text.toUpperCase() : text;
  return padNumber(how, negative, shown.slice(0, prefix.length), shown.slice(prefix.length));
}

function float(how: Conversion, value: Value): string {
  const number = asNumber(value);
  if (number === undefined) {
    if (value instanceof Undefined) throw undefinedError(value);
    throw typeError(
      `must be real number, not ${typeName(value)}`,
      "convert it first, with |float; %s accepts everything",
    );
  }
  const text = nonFiniteText(number)?.replace("-", "") ?? finite(how, Math.abs(number));
  const upper = how.type === how.type.toUpperCase();
  return padNumber(how, isNegative(number), "", upper ? text.toUpperCase() : text);
}

function finite(how: Conversion, size: number): string {
  const precision = how.precision ?? 6;
  const alternate = how.flags.includes("#");
  switch (how.type.toLowerCase()) {
    case "e":
      return formatExponent(size, precision, alternate);
    case "g":
      return formatGeneral(size, precision, alternate);
    default:
      return formatFixed(size, precision) + (alternate && precision === 0 ? "." : "");
  }
}
