// thread: host
import { PyDict, PySet, PyView } from "./dict.js";
import { asInt } from "./numbers.js";
import { type PyError, typeError, undefinedError } from "./py-error.js";
import { compareText } from "./py-text.js";
import type { Runtime } from "./runtime.js";
import { PyFloat, PyList, PyObject, PyRange, PyTuple, typeName, Undefined, type Value } from "./values.js";

export type Ordering = "<" | "<=" | ">" | ">=";

/** A number for comparing: JavaScript compares `bigint` with `number` exactly. */
function comparable(value: Value): number | bigint | undefined {
  return value instanceof PyFloat ? value.value : asInt(value);
}

/** Python's `==`. Counts against the limits of the render, since shared lists can be very deep. */
export function equals(rt: Runtime, a: Value, b: Value): boolean {
  if (typeof a === "string" || typeof b === "string" || a === null || b === null) {
    rt.weigh(a);
    return a === b;
  }
  const left = comparable(a);
  const right = comparable(b);
  // biome-ignore lint/suspicious/noDoubleEquals: compares a bigint with a number by value
  if (left !== undefined && right !== undefined) return left == right;
  if (a === b) return true;
  if (!(a instanceof PyObject && b instanceof PyObject)) return false;
  rt.tick();
  if (a instanceof PyList) return b instanceof PyList && equalItems(rt, a.items, b.items);
  if (a instanceof PyTuple) return b instanceof PyTuple && equalItems(rt, a.items, b.items);
  if (a instanceof PyDict) return b instanceof PyDict && equalDicts(rt, a, b);
  if (a instanceof PySet) return b instanceof PySet && a.size() === b.size() && a.members().every((m) => b.has(m));
  if (a instanceof Undefined) return b instanceof Undefined;
  if (a instanceof PyRange) return b instanceof PyRange && equalRanges(a, b);
  if (a instanceof PyView) return b instanceof PyView && a.typeName === b.typeName && equalViews(rt, a, b);
  return false;
}

function nested<T>(rt: Runtime, body: () => T): T {
  rt.enter();
  const result = body();
  rt.leave();
  return result;
}

function equalItems(rt: Runtime, a: readonly Value[], b: readonly Value[]): boolean {
  if (a.length !== b.length) return false;
  rt.tick(a.length);
  return nested(rt, () => a.every((item, i) => equals(rt, item, b[i] ?? null)));
}

function equalDicts(rt: Runtime, a: PyDict, b: PyDict): boolean {
  if (a.size() !== b.size()) return false;
  rt.tick(a.size());
  return nested(rt, () =>
    a.entries().every((entry) => {
      const other = b.get(entry.key);
      return other !== undefined && equals(rt, entry.value, other);
    }),
  );
}

function equalRanges(a: PyRange, b: PyRange): boolean {
  if (a.length !== b.length) return false;
  return a.length === 0 || (a.start === b.start && (a.length === 1 || a.step === b.step));
}

function equalViews(rt: Runtime, a: PyView, b: PyView): boolean {
  if (a.typeName === "dict_values" || a.size() !== b.size()) return false;
  return a.dict.entries().every((entry) => {
    const other = b.dict.get(entry.key);
    return other !== undefined && (a.typeName === "dict_keys" || equals(rt, entry.value, other));
  });
}

/** Python's `<`, `<=`, `>`, `>=`. Throws a `TypeError` for types without an order. */
export function ordered(rt: Runtime, op: Ordering, a: Value, b: Value): boolean {
  const left = comparable(a);
  const right = comparable(b);
  if (left !== undefined && right !== undefined) return holds(op, left, right);
  if (typeof a === "string" && typeof b === "string") {
    rt.weigh(a);
    return holds(op, compareText(a, b), 0);
  }
  if (a instanceof Undefined) throw undefinedError(a);
  if (b instanceof Undefined) throw undefinedError(b);
  if ((a instanceof PyList && b instanceof PyList) || (a instanceof PyTuple && b instanceof PyTuple)) {
    return nested(rt, () => orderedItems(rt, op, a.items, b.items));
  }
  if (a instanceof PySet && b instanceof PySet) return orderedSets(op, a, b);
  throw typeError(
    `'${op}' not supported between instances of '${typeName(a)}' and '${typeName(b)}'`,
    typeof a === "string" || typeof b === "string"
      ? "a parameter is a text: convert it first, as in params.S|float"
      : "compare values of the same kind",
  );
}

function holds(op: Ordering, a: number | bigint, b: number | bigint): boolean {
  switch (op) {
    case "<":
      return a < b;
    case "<=":
      return a <= b;
    case ">":
      return a > b;
    case ">=":
      return a >= b;
  }
}

function orderedItems(rt: Runtime, op: Ordering, a: readonly Value[], b: readonly Value[]): boolean {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    rt.tick();
    const left = a[i] ?? null;
    const right = b[i] ?? null;
    if (!equals(rt, left, right)) return ordered(rt, op, left, right);
  }
  return holds(op, a.length, b.length);
}

function orderedSets(op: Ordering, a: PySet, b: PySet): boolean {
  const inside = (small: PySet, large: PySet) => small.members().every((member) => large.has(member));
  if (op === "<=") return inside(a, b);
  if (op === "<") return a.size() < b.size() && inside(a, b);
  return op === ">=" ? inside(b, a) : b.size() < a.size() && inside(b, a);
}

/** Orders two values for `sort`, `min` and `max`, which use `<` alone. */
export function compareForSort(rt: Runtime, a: Value, b: Value): number {
  rt.tick();
  if (ordered(rt, "<", a, b)) return -1;
  return ordered(rt, "<", b, a) ? 1 : 0;
}

/** Something that answers `in` by itself. */
export abstract class Container extends PyObject {
  abstract contains(item: Value): boolean;
}

/** Python's `item in container`. */
export function contains(rt: Runtime, container: Value, item: Value): boolean {
  if (typeof container === "string") {
    rt.weigh(container);
    if (typeof item === "string") return container.includes(item);
    if (item instanceof Undefined) throw undefinedError(item);
    throw typeError(
      `'in <string>' requires string as left operand, not ${typeName(item)}`,
      "convert it to a text first, with |string",
    );
  }
  if (container instanceof Container) return container.contains(item);
  if (container instanceof PyDict || container instanceof PySet) return container.has(item);
  if (container instanceof PyView) return viewContains(rt, container, item);
  if (container instanceof PyRange) return rangeContains(container, item);
  const iterator = container instanceof PyObject ? container.iterate() : undefined;
  if (iterator === undefined) throw typeError(`argument of type '${typeName(container)}' is not iterable`);
  for (let step = iterator.next(); step.done !== true; step = iterator.next()) {
    rt.tick();
    if (equals(rt, step.value, item)) return true;
  }
  return false;
}

function viewContains(rt: Runtime, view: PyView, item: Value): boolean {
  if (view.typeName === "dict_keys") return view.dict.has(item);
  if (view.typeName === "dict_values") return view.dict.entries().some((entry) => equals(rt, entry.value, item));
  if (!(item instanceof PyTuple) || item.items.length !== 2) return false;
  const [key = null, value = null] = item.items;
  const found = view.dict.get(key);
  return found !== undefined && equals(rt, found, value);
}

function rangeContains(range: PyRange, item: Value): boolean {
  const value = comparable(item);
  if (value === undefined || range.length === 0) return false;
  const turns = (Number(value) - range.start) / range.step;
  return Number.isInteger(turns) && turns >= 0 && turns < range.length;
}

/** The iterator of a value. Throws a `TypeError` when it cannot be iterated. */
export function iterate(value: Value): Iterator<Value> {
  if (typeof value === "string") return value[Symbol.iterator]();
  const iterator = value instanceof PyObject ? value.iterate() : undefined;
  if (iterator !== undefined) return iterator;
  throw typeError(`'${typeName(value)}' object is not iterable`, iterationFix(value));
}

function iterationFix(value: Value): string {
  return asInt(value) === undefined ? "loop over a list, a dict or a text" : "loop over range(n) to count";
}

/** All elements of a value, counted as steps. Throws a `TypeError` when it cannot be iterated. */
export function elements(rt: Runtime, value: Value): Value[] {
  if (value instanceof PyList || value instanceof PyTuple) {
    rt.tick(value.items.length);
    return [...value.items];
  }
  const iterator = iterate(value);
  const items: Value[] = [];
  for (let step = iterator.next(); step.done !== true; step = iterator.next()) {
    rt.tick();
    items.push(step.value);
    rt.fits(items.length);
  }
  return items;
}

/** `len()` of a text, list, dict and so on. Throws a `TypeError` for others. */
export function lengthError(value: Value): PyError {
  return typeError(`object of type '${typeName(value)}' has no len()`);
}
