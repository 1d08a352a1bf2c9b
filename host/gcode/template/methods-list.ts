// thread: host
import { type Bound, MethodTable } from "./arguments.js";
import { compareForSort, elements, equals } from "./compare.js";
import { toIndex } from "./numbers.js";
import { PyError, typeError, valueError } from "./py-error.js";
import { reprOf } from "./repr.js";
import type { Runtime } from "./runtime.js";
import {
  isTrue,
  type Named,
  NO_NAMED,
  PyCallable,
  PyList,
  type PyRange,
  type PyTuple,
  typeName,
  type Value,
} from "./values.js";

function countEqual(rt: Runtime, items: readonly Value[], wanted: Value): number {
  rt.tick(items.length);
  return items.filter((item) => equals(rt, item, wanted)).length;
}

function indexOf(rt: Runtime, items: readonly Value[], args: Bound, type: string): number {
  const length = items.length;
  const bound = (at: number, whenMissing: number) => {
    const index = args.index(at, whenMissing);
    return index < 0 ? Math.max(0, index + length) : index;
  };
  const stop = Math.min(length, bound(2, length));
  for (let i = bound(1, 0); i < stop; i++) {
    rt.tick();
    if (equals(rt, items[i] ?? null, args.value(0))) return i;
  }
  throw valueError(
    `${reprOf(rt, args.value(0))} is not in ${type}`,
    "ask first whether it is there: {% if x in list %}",
  );
}

/** Moving elements within a list is quick, but not free. */
function countMove(rt: Runtime, list: PyList): void {
  rt.tick(Math.ceil(list.items.length / MOVES_PER_STEP));
}

const MOVES_PER_STEP = 64;

function pop(rt: Runtime, list: PyList, args: Bound): Value {
  countMove(rt, list);
  if (list.items.length === 0) {
    throw new PyError("IndexError", "pop from empty list", { fix: "ask first: {% if list %}" });
  }
  const index = args.index(0, -1);
  const at = index < 0 ? index + list.items.length : index;
  if (at < 0 || at >= list.items.length) throw new PyError("IndexError", "pop index out of range");
  const [taken = null] = list.items.splice(at, 1);
  return taken;
}

function insert(rt: Runtime, list: PyList, args: Bound): null {
  const index = args.index(0, 0);
  rt.fits(list.items.length + 1);
  countMove(rt, list);
  list.items.splice(index < 0 ? Math.max(0, index + list.items.length) : index, 0, args.value(1));
  return null;
}

function remove(rt: Runtime, list: PyList, wanted: Value): null {
  rt.tick(list.items.length);
  const at = list.items.findIndex((item) => equals(rt, item, wanted));
  if (at < 0) throw valueError("list.remove(x): x not in list", "ask first whether it is there: {% if x in list %}");
  list.items.splice(at, 1);
  return null;
}

function append(rt: Runtime, list: PyList, item: Value): null {
  rt.fits(list.items.length + 1);
  list.items.push(item);
  return null;
}

function extend(rt: Runtime, list: PyList, more: Value): null {
  const items = elements(rt, more);
  rt.fits(list.items.length + items.length);
  for (const item of items) list.items.push(item);
  return null;
}

/** Sorts with Python's `<` on what `key` gives for each item. Equal items keep their order, also in reverse. */
export function sortItems(
  rt: Runtime,
  items: readonly Value[],
  reverse: boolean,
  key: (item: Value) => Value = (item) => item,
): Value[] {
  const keyed = items.map((item) => ({ item, key: key(item) }));
  keyed.sort((a, b) => (reverse ? compareForSort(rt, b.key, a.key) : compareForSort(rt, a.key, b.key)));
  return keyed.map(({ item }) => item);
}

/** `list.sort(key=None, reverse=False)`. */
function sortList(rt: Runtime, list: PyList, args: readonly Value[], named: Named): null {
  const unknown = [...named.keys()].find((name) => name !== "key" && name !== "reverse");
  if (args.length > 0) throw typeError("sort() takes no positional arguments");
  if (unknown !== undefined) throw typeError(`'${unknown}' is an invalid keyword argument for sort()`);
  const key = named.get("key") ?? null;
  const reverse = isTrue(named.get("reverse") ?? false);
  if (key !== null && !(key instanceof PyCallable)) throw typeError(`'${typeName(key)}' object is not callable`);
  list.items = sortItems(rt, list.items, reverse, (item) => (key === null ? item : key.call(rt, [item], NO_NAMED)));
  return null;
}

/** Position of an element to change. Throws an `IndexError` or `TypeError`. */
function position(list: PyList, key: Value): number {
  if (typeof key !== "number" && typeof key !== "boolean") {
    throw typeError(`list indices must be integers or slices, not ${typeName(key)}`);
  }
  const index = toIndex(key);
  const at = index < 0 ? index + list.items.length : index;
  if (at >= 0 && at < list.items.length) return at;
  throw new PyError("IndexError", "list assignment index out of range", {
    fix: `the list has ${list.items.length} elements; add one with append()`,
  });
}

function setItem(list: PyList, args: Bound): null {
  list.items[position(list, args.value(0))] = args.value(1);
  return null;
}

function deleteItem(rt: Runtime, list: PyList, args: Bound): null {
  countMove(rt, list);
  list.items.splice(position(list, args.value(0)), 1);
  return null;
}

/** The methods of `list`. */
export const LIST_METHODS = new MethodTable<PyList>()
  .add("append", ["object"], (rt, list, a) => append(rt, list, a.value(0)))
  .add("clear", [], (_rt, list) => {
    list.items.length = 0;
    return null;
  })
  .add("copy", [], (rt, list) => new PyList(elements(rt, list)))
  .add("count", ["value"], (rt, list, a) => countEqual(rt, list.items, a.value(0)))
  .add("extend", ["iterable"], (rt, list, a) => extend(rt, list, a.value(0)))
  .add("index", ["value", "start?", "stop?"], (rt, list, a) => indexOf(rt, list.items, a, "list"))
  .add("insert", ["index", "object"], insert)
  .add("pop", ["index?"], pop)
  .add("remove", ["value"], (rt, list, a) => remove(rt, list, a.value(0)))
  .add("reverse", [], (rt, list) => {
    countMove(rt, list);
    list.items.reverse();
    return null;
  })
  .addFree("sort", sortList)
  .add("__setitem__", ["index", "value"], (_rt, list, a) => setItem(list, a))
  .add("__delitem__", ["index"], deleteItem);

/** The methods of `tuple`. */
export const TUPLE_METHODS = new MethodTable<PyTuple>()
  .add("count", ["value"], (rt, tuple, a) => countEqual(rt, tuple.items, a.value(0)))
  .add("index", ["value", "start?", "stop?"], (rt, tuple, a) => indexOf(rt, tuple.items, a, "tuple"));

/** The methods of `range`. */
export const RANGE_METHODS = new MethodTable<PyRange>()
  .add("count", ["value"], (rt, range, a) => countEqual(rt, elements(rt, range), a.value(0)))
  .add("index", ["value"], (rt, range, a) => indexOf(rt, elements(rt, range), a, "range"));
