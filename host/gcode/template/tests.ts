// thread: host
import { contains, equals, type Ordering, ordered } from "./compare.js";
import { PyDict, PySet } from "./dict.js";
import { TEXT_METHODS } from "./methods-text.js";
import { asInt, asNumber } from "./numbers.js";
import { binary, isSame } from "./operators.js";
import { type TestEntry, test } from "./registry.js";
import { strOf } from "./repr.js";
import type { Runtime } from "./runtime.js";
import { NO_NAMED, PyCallable, PyFloat, PyList, PyObject, PyRange, PyTuple, Undefined, type Value } from "./values.js";

function isInteger(value: Value): boolean {
  return typeof value === "number" || typeof value === "bigint";
}

function isIterable(value: Value): boolean {
  return typeof value === "string" || (value instanceof PyObject && value.iterate() !== undefined);
}

function isSequence(value: Value): boolean {
  if (typeof value === "string" || value instanceof PyList || value instanceof PyTuple) return true;
  return value instanceof PyDict || value instanceof PyRange || value instanceof Undefined;
}

/** `islower()` or `isupper()` of the text of a value. */
function isCased(rt: Runtime, value: Value, method: string): boolean {
  return TEXT_METHODS.bind(method, strOf(rt, value))?.call(rt, [], NO_NAMED) === true;
}

function hasRest(rt: Runtime, value: Value, divisor: Value, rest: number): boolean {
  return equals(rt, binary(rt, "%", value, divisor), rest);
}

/** A comparison under all its names. */
function orderings(op: Ordering, names: readonly string[]): TestEntry[] {
  return names.map((name) => test(name, ["other"], (rt, value, a) => ordered(rt, op, value, a.value(0))));
}

function equality(names: readonly string[], wanted: boolean): TestEntry[] {
  return names.map((name) => test(name, ["other"], (rt, value, a) => equals(rt, value, a.value(0)) === wanted));
}

/** All tests: what stands behind `is`. */
export const TESTS: readonly TestEntry[] = [
  test("boolean", [], (_rt, value) => typeof value === "boolean"),
  test("callable", [], (_rt, value) => value instanceof PyCallable || value instanceof Undefined),
  test("defined", [], (_rt, value) => !(value instanceof Undefined)),
  test("divisibleby", ["num"], (rt, value, a) => hasRest(rt, value, a.value(0), 0)),
  test("escaped", [], () => false),
  test("even", [], (rt, value) => hasRest(rt, value, 2, 0)),
  test("false", [], (_rt, value) => value === false),
  ["filter", (_rt, value, _args, _named, registry) => typeof value === "string" && registry.filters.has(value)],
  test("float", [], (_rt, value) => value instanceof PyFloat),
  test("in", ["seq"], (rt, value, a) => contains(rt, a.value(0), value)),
  test("integer", [], (_rt, value) => isInteger(value)),
  test("iterable", [], (_rt, value) => isIterable(value)),
  test("lower", [], (rt, value) => isCased(rt, value, "islower")),
  test("mapping", [], (_rt, value) => value instanceof PyDict),
  test("none", [], (_rt, value) => value === null),
  test("number", [], (_rt, value) => asInt(value) !== undefined || asNumber(value) !== undefined),
  test("odd", [], (rt, value) => hasRest(rt, value, 2, 1)),
  test("sameas", ["other"], (_rt, value, a) => isSame(value, a.value(0))),
  test("sequence", [], (_rt, value) => isSequence(value) && !(value instanceof PySet)),
  test("string", [], (_rt, value) => typeof value === "string"),
  ["test", (_rt, value, _args, _named, registry) => typeof value === "string" && registry.tests.has(value)],
  test("true", [], (_rt, value) => value === true),
  test("undefined", [], (_rt, value) => value instanceof Undefined),
  test("upper", [], (rt, value) => isCased(rt, value, "isupper")),
  ...equality(["==", "eq", "equalto"], true),
  ...equality(["!=", "ne"], false),
  ...orderings("<", ["<", "lt", "lessthan"]),
  ...orderings("<=", ["<=", "le"]),
  ...orderings(">", [">", "gt", "greaterthan"]),
  ...orderings(">=", [">=", "ge"]),
];
