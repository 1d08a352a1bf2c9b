// thread: host
import { floatRepr } from "./float-text.js";
import { PyError, valueError } from "./py-error.js";
import { quoteText } from "./py-text.js";
import { Runtime } from "./runtime.js";
import { PyFloat, PyObject, type ReprOf, Undefined, type Value } from "./values.js";

/** Python refuses to print ints with more digits (it would take too long). */
export const MAX_INT_DIGITS = 4300;

/** What printing an int beyond 2^53 counts. */
const BIG_INT_STEPS = 64;

/** Deeper nesting than any printer's data; keeps the call stack small. */
const MAX_NESTING = 200;

/** Decimal text of a big int. Throws a `ValueError` past Python's limit of 4300 digits. */
export function bigintText(value: bigint): string {
  const text = value.toString();
  if (text.length > MAX_INT_DIGITS + (value < 0n ? 1 : 0)) {
    throw valueError(`Exceeds the limit (${MAX_INT_DIGITS} digits) for integer string conversion`);
  }
  return text;
}

/** `repr()` of a value, or `undefined` when it has elements or a form of its own. */
function simpleRepr(value: Value): string | undefined {
  if (value === null) return "None";
  switch (typeof value) {
    case "boolean":
      return value ? "True" : "False";
    case "number":
      return String(value);
    case "bigint":
      return bigintText(value);
    case "string":
      return quoteText(value);
    default:
      return value instanceof PyFloat ? floatRepr(value.value) : undefined;
  }
}

/** `repr()` within a render: counts against its limits. */
export function reprOf(rt: Runtime, value: Value): string {
  if (typeof value === "bigint") rt.tick(BIG_INT_STEPS);
  const simple = simpleRepr(value);
  if (simple !== undefined) return simple;
  const open = new Set<PyObject>();
  let made = 0;
  const nested: ReprOf = (inner) => {
    rt.tick();
    const text = simpleRepr(inner);
    if (text !== undefined || !(inner instanceof PyObject)) {
      made += text?.length ?? 0;
      rt.fits(made);
      return text ?? "";
    }
    if (open.has(inner)) return inner.cycleMark;
    if (open.size >= MAX_NESTING) throw new PyError("RuntimeError", "values are nested too deeply to print");
    open.add(inner);
    const whole = inner.repr(nested);
    open.delete(inner);
    made += 2;
    rt.fits(whole.length);
    return whole;
  };
  return nested(value);
}

/** `str()` within a render: what `{ value }` prints. */
export function strOf(rt: Runtime, value: Value): string {
  if (typeof value === "string") return value;
  if (value instanceof Undefined) return "";
  return reprOf(rt, value);
}

/** Python's `repr()` of a value: texts in quotes, `1.0`, `True`, `None`, `(1,)`. */
export function pythonRepr(value: Value): string {
  return reprOf(new Runtime(), value);
}

/** Python's `str()` of a value: as `pythonRepr`, but a text is itself. */
export function pythonStr(value: Value): string {
  return strOf(new Runtime(), value);
}
