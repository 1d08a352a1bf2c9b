// thread: host
import { floatRepr, formatExponent, formatFixed, formatGeneral, isNegative, nonFiniteText } from "./float-text.js";
import { asInt, asNumber, type Int } from "./numbers.js";
import { PyError, typeError, undefinedError, valueError } from "./py-error.js";
import { codePoints, textLength } from "./py-text.js";
import { bigintText, strOf } from "./repr.js";
import type { Runtime } from "./runtime.js";
import { PyFloat, typeName, Undefined, type Value } from "./values.js";

/** A parsed format specification: `*>+#010,.2f`. */
interface Spec {
  readonly fill: string;
  readonly align: string;
  readonly sign: string;
  readonly noNegativeZero: boolean;
  readonly alternate: boolean;
  /** Zeros were asked for with a `0` before the width, not with an alignment. */
  readonly zero: boolean;
  readonly width: number;
  readonly grouping: string;
  readonly precision: number | undefined;
  readonly type: string;
}

/** Decimals that take about as long as a step. */
const DIGITS_PER_STEP = 16;
const SPEC = /^(?:(.)?([<>=^]))?([-+ ]?)(z?)(#?)(0?)(\d*)([,_]?)(?:\.(\d+))?(.?)$/su;

function parseSpec(text: string, value: Value): Spec {
  const match = SPEC.exec(text);
  if (match === null) {
    throw valueError(
      /\.(?!\d)/.test(text)
        ? "Format specifier missing precision"
        : `Invalid format specifier '${text}' for object of type '${typeName(value)}'`,
    );
  }
  const [, fill, align, sign = "", z = "", hash = "", zero = "", width = "", grouping = "", precision, type = ""] =
    match;
  return {
    fill: fill ?? (zero === "" ? " " : "0"),
    align: align ?? (zero === "" ? "" : "="),
    sign,
    noNegativeZero: z !== "",
    alternate: hash !== "",
    zero: zero !== "" && align === undefined,
    width: Number(width),
    grouping,
    precision: precision === undefined ? undefined : Number(precision),
    type,
  };
}

/** Python's `format(value, spec)`. Throws a `PyError` for a wrong specification. */
export function formatValue(rt: Runtime, value: Value, spec: string): string {
  if (spec === "") return strOf(rt, value);
  if (value instanceof Undefined) throw undefinedError(value);
  const isNumber = asNumber(value) !== undefined;
  if (typeof value !== "string" && !isNumber) {
    throw typeError(`unsupported format string passed to ${typeName(value)}.__format__`);
  }
  const parsed = parseSpec(spec, value);
  rt.fits(parsed.width);
  rt.fits(parsed.precision ?? 0);
  rt.tick(1 + Math.floor((parsed.precision ?? 0) / DIGITS_PER_STEP));
  if (typeof value === "string") return formatText(parsed, value);
  if (value instanceof PyFloat) return formatFloat(parsed, value.value, value);
  return formatInt(parsed, asInt(value) ?? 0, value);
}

function unknownCode(type: string, value: Value): PyError {
  return valueError(
    `Unknown format code '${type}' for object of type '${typeName(value)}'`,
    typeof value === "string" ? "convert the text first, with |float or |int" : undefined,
  );
}

function formatText(spec: Spec, text: string): string {
  if (spec.type !== "" && spec.type !== "s") throw unknownCode(spec.type, text);
  if (spec.sign !== "") throw valueError("Sign not allowed in string format specifier");
  if (spec.alternate) throw valueError("Alternate form (#) not allowed in string format specifier");
  if (spec.grouping !== "") throw valueError(`Cannot specify '${spec.grouping}' with 's'.`);
  if (spec.align === "=" && !spec.zero) throw valueError("'=' alignment not allowed in string format specifier");
  return align(spec.precision === undefined ? text : codePoints(text).slice(0, spec.precision).join(""), spec, "<");
}

function align(text: string, spec: Spec, usual: string): string {
  const missing = spec.width - textLength(text);
  if (missing <= 0) return text;
  const side = spec.align === "" || spec.align === "=" ? usual : spec.align;
  if (side === "<") return text + spec.fill.repeat(missing);
  if (side === ">") return spec.fill.repeat(missing) + text;
  const before = Math.floor(missing / 2);
  return spec.fill.repeat(before) + text + spec.fill.repeat(missing - before);
}

function formatInt(spec: Spec, int: Int, value: Value): string {
  if (spec.type !== "" && "eEfFgG%".includes(spec.type)) return formatFloat(spec, Number(int), value);
  if (spec.precision !== undefined) throw valueError("Precision not allowed in integer format specifier");
  if (spec.noNegativeZero) throw valueError("Negative zero coercion (z) not allowed in format specifier with integer");
  if (spec.type === "c") return formatCharacter(spec, int);
  const base = INT_BASES.get(spec.type);
  if (base === undefined) throw unknownCode(spec.type, value);
  if (spec.grouping !== "" && (spec.type === "n" || (spec.grouping === "," && base !== 10)))
    throw valueError(`Cannot specify '${spec.grouping}' with '${spec.type}'.`);
  const negative = int < 0;
  const digits = base === 10 ? bigintText(BigInt(int)).replace("-", "") : BigInt(int).toString(base).replace("-", "");
  const prefix = spec.alternate && base !== 10 ? `0${spec.type.toLowerCase()}` : "";
  const text = assemble(spec, negative, prefix, digits, "", base === 10 ? 3 : 4);
  return spec.type === "X" ? text.toUpperCase() : text;
}

const INT_BASES: ReadonlyMap<string, number> = new Map([
  ["", 10],
  ["d", 10],
  ["n", 10],
  ["x", 16],
  ["X", 16],
  ["o", 8],
  ["b", 2],
]);

function formatCharacter(spec: Spec, int: Int): string {
  if (spec.sign !== "") throw valueError("Sign not allowed with integer format specifier 'c'");
  if (spec.alternate) throw valueError("Alternate form (#) not allowed with integer format specifier 'c'");
  if (spec.grouping !== "") throw valueError(`Cannot specify '${spec.grouping}' with 'c'.`);
  if (!(int >= 0 && int < 0x110000)) throw new PyError("OverflowError", "%c arg not in range(0x110000)");
  return align(String.fromCodePoint(Number(int)), spec, ">");
}

function formatFloat(spec: Spec, x: number, value: Value): string {
  if (spec.type !== "" && !"eEfFgGn%".includes(spec.type)) throw unknownCode(spec.type, value);
  if (spec.grouping !== "" && spec.type === "n") throw valueError(`Cannot specify '${spec.grouping}' with 'n'.`);
  const shown = spec.type === "%" ? x * 100 : x;
  let text = nonFiniteText(shown)?.replace("-", "") ?? finite(spec, Math.abs(shown));
  const negative = isNegative(shown) && !(spec.noNegativeZero && /^[0.]*(?:e|$)/.test(text));
  if (spec.type === "%") text += "%";
  if (spec.type === "E" || spec.type === "F" || spec.type === "G") text = text.toUpperCase();
  const [, whole = "", rest = ""] = /^([0-9]*)([\s\S]*)$/.exec(text) ?? [];
  return assemble(spec, negative, "", whole, rest, 3);
}

function finite(spec: Spec, size: number): string {
  switch (spec.type.toLowerCase()) {
    case "e":
      return formatExponent(size, spec.precision ?? 6, spec.alternate);
    case "f":
    case "%":
      return formatFixed(size, spec.precision ?? 6) + (spec.alternate && spec.precision === 0 ? "." : "");
    case "g":
    case "n":
      return formatGeneral(size, spec.precision ?? 6, spec.alternate);
    default:
      return spec.precision === undefined
        ? shortest(size, spec.alternate)
        : formatGeneral(size, spec.precision, spec.alternate, true);
  }
}

/** The digits of `repr()`; `keepPoint` also gives whole mantissas a point. */
function shortest(size: number, keepPoint: boolean): string {
  const text = floatRepr(size);
  return keepPoint && !text.includes(".") ? text.replace("e", ".e") : text;
}

/** Digits in groups with `mark` between them. */
function group(digits: string, mark: string, size: number): string {
  let text = digits;
  let out = "";
  while (text.length > size) {
    out = mark + text.slice(-size) + out;
    text = text.slice(0, -size);
  }
  return text + out;
}

/** Sign, prefix, grouped digits and the rest of a number, filled up to the width. */
function assemble(spec: Spec, negative: boolean, prefix: string, whole: string, rest: string, size: number): string {
  const sign = (negative ? "-" : spec.sign === "-" ? "" : spec.sign) + prefix;
  const grouped = spec.grouping === "" ? whole : group(whole, spec.grouping, size);
  const text = grouped + rest;
  if (spec.align !== "=") return align(sign + text, spec, ">");
  const room = spec.width - sign.length - text.length;
  if (room <= 0) return sign + text;
  if (spec.fill !== "0" || spec.grouping === "" || whole === "") return sign + spec.fill.repeat(room) + text;
  // Zeros are grouped too; a mark never comes first, so the text may get one longer than asked for.
  let digits = whole;
  while (group(digits, spec.grouping, size).length + rest.length + sign.length < spec.width) digits = `0${digits}`;
  return sign + group(digits, spec.grouping, size) + rest;
}
