// thread: host
import { keyOf, PySet } from "./dict.js";
import {
  addInts,
  asInt,
  asNumber,
  divideFloats,
  divideInts,
  floorDivideFloats,
  floorDivideInts,
  type Int,
  moduloFloats,
  moduloInts,
  multiplyInts,
  powerFloats,
  powerInts,
  subtractInts,
  toIndex,
} from "./numbers.js";
import { percentFormat } from "./percent-format.js";
import { type PyError, typeError, undefinedError } from "./py-error.js";
import type { Runtime } from "./runtime.js";
import { PyFloat, PyList, PyTuple, pyFloat, typeName, Undefined, type Value } from "./values.js";

export type BinaryOperator = "+" | "-" | "*" | "/" | "//" | "%" | "**";
export type UnaryOperator = "+" | "-";

/** What an operation on an int beyond 2^53 counts. */
const BIG_INT_STEPS = 32;
/** Powers are computed exactly, which takes longer than other arithmetic. */
const POWER_STEPS = 16;

/** Python's arithmetic. Throws a `PyError` as Python does. */
export function binary(rt: Runtime, op: BinaryOperator, a: Value, b: Value): Value {
  if (typeof a === "number" && typeof b === "number") return intOperation(op, a, b);
  if (op === "**") rt.tick(POWER_STEPS);
  const left = asInt(a);
  const right = asInt(b);
  if (left !== undefined && right !== undefined) {
    if (typeof left === "bigint" || typeof right === "bigint") rt.tick(BIG_INT_STEPS);
    return intOperation(op, left, right);
  }
  if (a instanceof PyFloat || b instanceof PyFloat) {
    const x = asNumber(a);
    const y = asNumber(b);
    if (x !== undefined && y !== undefined) return pyFloat(floatOperation(op, x, y));
  }
  if (op === "%" && typeof a === "string") {
    const text = percentFormat(rt, a, b);
    rt.weigh(a);
    rt.weigh(text);
    return text;
  }
  if (a instanceof Undefined) throw undefinedError(a);
  if (b instanceof Undefined) throw undefinedError(b);
  if (op === "+") return concatenate(rt, a, b);
  if (op === "*") return repeat(rt, a, b);
  if (op === "-" && a instanceof PySet && b instanceof PySet) return new PySet(a.members().filter((m) => !b.has(m)));
  throw unsupported(op, a, b);
}

function intOperation(op: BinaryOperator, a: Int, b: Int): Value {
  switch (op) {
    case "+":
      return addInts(a, b);
    case "-":
      return subtractInts(a, b);
    case "*":
      return multiplyInts(a, b);
    case "/":
      return pyFloat(divideInts(a, b));
    case "//":
      return floorDivideInts(a, b);
    case "%":
      return moduloInts(a, b);
    case "**":
      return powerInts(a, b);
  }
}

function floatOperation(op: BinaryOperator, a: number, b: number): number {
  switch (op) {
    case "+":
      return a + b;
    case "-":
      return a - b;
    case "*":
      return a * b;
    case "/":
      return divideFloats(a, b);
    case "//":
      return floorDivideFloats(a, b);
    case "%":
      return moduloFloats(a, b);
    case "**":
      return powerFloats(a, b);
  }
}

function isText(value: Value): boolean {
  return typeof value === "string";
}

function unsupported(op: BinaryOperator, a: Value, b: Value): PyError {
  const shown = op === "**" ? "** or pow()" : op;
  return typeError(
    `unsupported operand type(s) for ${shown}: '${typeName(a)}' and '${typeName(b)}'`,
    isText(a) || isText(b)
      ? "a parameter is a text: convert it first, as in params.S|float; to put texts together use ~"
      : undefined,
  );
}

function concatenate(rt: Runtime, a: Value, b: Value): Value {
  if (typeof a === "string") {
    if (typeof b !== "string") throw concatenateError("str", b);
    rt.fits(a.length + b.length);
    const text = a + b;
    rt.weigh(text);
    return text;
  }
  if (a instanceof PyList) {
    if (!(b instanceof PyList)) throw concatenateError("list", b);
    rt.fits(a.items.length + b.items.length);
    rt.tick(a.items.length + b.items.length);
    return new PyList([...a.items, ...b.items]);
  }
  if (a instanceof PyTuple) {
    if (!(b instanceof PyTuple)) throw concatenateError("tuple", b);
    rt.fits(a.items.length + b.items.length);
    rt.tick(a.items.length + b.items.length);
    return new PyTuple([...a.items, ...b.items]);
  }
  throw unsupported("+", a, b);
}

function concatenateError(wanted: string, b: Value): PyError {
  return typeError(
    `can only concatenate ${wanted} (not "${typeName(b)}") to ${wanted}`,
    wanted === "str" ? "put texts and numbers together with ~ instead of +, or convert with |int or |float" : undefined,
  );
}

function repeat(rt: Runtime, a: Value, b: Value): Value {
  const [sequence, times] = isSequence(a) ? [a, b] : [b, a];
  if (!isSequence(sequence)) throw unsupported("*", a, b);
  if (asInt(times) === undefined) {
    throw typeError(
      `can't multiply sequence by non-int of type '${typeName(times)}'`,
      "a parameter is a text: convert it first, as in params.S|float",
    );
  }
  const count = Math.max(0, toIndex(times));
  if (typeof sequence === "string") {
    rt.fits(sequence.length * count);
    const text = sequence.repeat(sequence === "" ? 0 : count);
    rt.weigh(text);
    return text;
  }
  const items = sequence instanceof PyList || sequence instanceof PyTuple ? sequence.items : [];
  rt.fits(items.length * count);
  rt.tick(items.length * count);
  const made: Value[] = [];
  if (items.length > 0) for (let i = 0; i < count; i++) made.push(...items);
  return sequence instanceof PyList ? new PyList(made) : new PyTuple(made);
}

function isSequence(value: Value): boolean {
  return typeof value === "string" || value instanceof PyList || value instanceof PyTuple;
}

/** Python's `-a` and `+a`. */
export function unary(op: UnaryOperator, a: Value): Value {
  if (a instanceof PyFloat) return op === "-" ? pyFloat(-a.value) : a;
  const int = asInt(a);
  if (int !== undefined) return op === "-" ? subtractInts(0, int) : int;
  if (a instanceof Undefined) throw undefinedError(a);
  throw typeError(
    `bad operand type for unary ${op}: '${typeName(a)}'`,
    isText(a) ? "convert the text first, with |int or |float" : undefined,
  );
}

/** Whether two values are the same object (`is sameas`). Small values have no identity of their own. */
export function isSame(a: Value, b: Value): boolean {
  if (a instanceof PyFloat && b instanceof PyFloat) return keyOf(a) === keyOf(b);
  return typeof a === typeof b && a === b;
}
