// thread: host
import type { Bound } from "./arguments.js";
import { getOnlyAttribute, lengthOf } from "./attributes.js";
import { compareForSort, elements, equals, iterate } from "./compare.js";
import { PyDict, PySet, PyView } from "./dict.js";
import { ignoreCase, memberGetter } from "./member-path.js";
import { sortItems } from "./methods-list.js";
import { toIndex } from "./numbers.js";
import { binary } from "./operators.js";
import { PyError, typeError, undefinedError } from "./py-error.js";
import { codePoints } from "./py-text.js";
import { type FilterEntry, filter } from "./registry.js";
import { strOf } from "./repr.js";
import type { Runtime } from "./runtime.js";
import { isTrue, PyIterator, PyList, PyRange, PyTuple, typeName, Undefined, type Value } from "./values.js";

function nothing(text: string): Undefined {
  return new Undefined({ kind: "hint", text });
}

/** The element for which the key is smallest (or largest); the first of equal ones. */
function extreme(rt: Runtime, value: Value, args: Bound, sign: number): Value {
  const get = memberGetter(args.value(1));
  const caseSensitive = args.flag(0, false);
  const keyOf = (item: Value) => (caseSensitive ? get(rt, item) : ignoreCase(get(rt, item)));
  let best: { item: Value; key: Value } | undefined;
  for (const item of elements(rt, value)) {
    const key = keyOf(item);
    if (best === undefined || compareForSort(rt, key, best.key) * sign < 0) best = { item, key };
  }
  return best === undefined ? nothing("there is no smallest or largest item, the list was empty") : best.item;
}

/** Sorts by one or more members (`"a,b"`), without regard to case unless asked. */
function sorted(rt: Runtime, value: Value, args: Bound): PyList {
  const attribute = args.value(2);
  const paths = typeof attribute === "string" ? attribute.split(",") : [attribute];
  const getters = paths.map((path) => memberGetter(path));
  const caseSensitive = args.flag(1, false);
  const key = (item: Value): Value => {
    const parts = getters.map((get) => (caseSensitive ? get(rt, item) : ignoreCase(get(rt, item))));
    return new PyList(parts);
  };
  return new PyList(sortItems(rt, elements(rt, value), args.flag(0, false), key));
}

function dictSort(rt: Runtime, value: Value, args: Bound): PyList {
  const by = args.has(1) ? args.value(1) : "key";
  if (by !== "key" && by !== "value") {
    throw new PyError("FilterArgumentError", 'You can only sort by either "key" or "value"');
  }
  if (value instanceof Undefined) throw undefinedError(value);
  if (!(value instanceof PyDict)) throw typeError("dictsort needs a dict");
  const caseSensitive = args.flag(0, false);
  const pairs = value.entries().map((entry) => ({ entry, key: by === "key" ? entry.key : entry.value }));
  const reverse = args.flag(2, false);
  const shown = (key: Value) => (caseSensitive ? key : ignoreCase(key));
  pairs.sort((a, b) => compareForSort(rt, shown(a.key), shown(b.key)) * (reverse ? -1 : 1));
  return new PyList(pairs.map(({ entry }) => new PyTuple([entry.key, entry.value])));
}

/** Keeps the first of equal elements. */
function* unique(rt: Runtime, value: Value, args: Bound): Iterator<Value> {
  const get = memberGetter(args.value(1));
  const caseSensitive = args.flag(0, false);
  const seen = new PySet([]);
  for (const item of elements(rt, value)) {
    const key = caseSensitive ? get(rt, item) : ignoreCase(get(rt, item));
    if (seen.has(key)) continue;
    seen.add(key);
    yield item;
  }
}

function sum(rt: Runtime, value: Value, args: Bound): Value {
  const get = memberGetter(args.value(0));
  let total = args.has(1) ? args.value(1) : 0;
  if (typeof total === "string") throw typeError("sum() can't sum strings [use ''.join(seq) instead]");
  for (const item of elements(rt, value)) total = binary(rt, "+", total, get(rt, item));
  return total;
}

function join(rt: Runtime, value: Value, args: Bound): string {
  const separator = args.has(0) ? strOf(rt, args.value(0)) : "";
  const get = memberGetter(args.value(1));
  const texts: string[] = [];
  let size = 0;
  for (const item of elements(rt, value)) {
    const text = strOf(rt, get(rt, item));
    size += text.length + separator.length;
    rt.fits(size);
    texts.push(text);
  }
  return texts.join(separator);
}

function first(value: Value): Value {
  const step = iterate(value).next();
  return step.done === true ? nothing("there is no first item, the list was empty") : step.value;
}

function isReversible(value: Value): boolean {
  if (typeof value === "string" || value instanceof PyList || value instanceof PyTuple) return true;
  return value instanceof PyDict || value instanceof PyView || value instanceof PyRange || value instanceof Undefined;
}

function last(rt: Runtime, value: Value): Value {
  if (!isReversible(value)) {
    iterate(value);
    throw typeError("the last item of a generator cannot be had", "make it a list first: |list|last");
  }
  const item = elements(rt, value).at(-1);
  return item === undefined ? nothing("there is no last item, the list was empty") : item;
}

/** What Python calls the reversed iterators of its types. */
const REVERSED: ReadonlyMap<string, string> = new Map([
  ["list", "list_reverseiterator"],
  ["range", "range_iterator"],
  ["dict", "dict_reversekeyiterator"],
]);

function reversed(rt: Runtime, value: Value): Value {
  if (typeof value === "string") return codePoints(value).reverse().join("");
  const items = elements(rt, value).reverse();
  return isReversible(value)
    ? new PyIterator(items[Symbol.iterator](), REVERSED.get(typeName(value)) ?? "reversed")
    : new PyList(items);
}

function random(rt: Runtime, value: Value): Value {
  if (!isReversible(value) || value instanceof PyDict || value instanceof PyView) {
    throw typeError("random needs a list, a tuple or a text", "make it a list first: |list|random");
  }
  const items = elements(rt, value);
  const item = items[Math.floor(rt.random() * items.length)];
  return item === undefined ? nothing("there is no random item, the list was empty") : item;
}

/** Rows of `size` elements; with a filler, the last row is filled up. */
function* batch(rt: Runtime, value: Value, size: number, filler: Value): Iterator<Value> {
  let row: Value[] = [];
  for (const item of elements(rt, value)) {
    if (row.length === size) {
      yield new PyList(row);
      row = [];
    }
    row.push(item);
  }
  if (row.length === 0) return;
  rt.fits(size);
  if (filler !== null) while (row.length < size) row.push(filler);
  yield new PyList(row);
}

/** `count` columns of nearly equal length; with a filler, the shorter ones are filled up. */
function* columns(rt: Runtime, value: Value, count: number, filler: Value): Iterator<Value> {
  const items = elements(rt, value);
  if (count === 0) throw new PyError("ZeroDivisionError", "integer division or modulo by zero");
  const short = Math.floor(items.length / count);
  const longer = items.length - short * count;
  let start = 0;
  for (let column = 0; column < count; column++) {
    rt.tick();
    const end = start + short + (column < longer ? 1 : 0);
    const part = items.slice(start, end);
    if (filler !== null && column >= longer) part.push(filler);
    yield new PyList(part);
    start = end;
  }
}

function groupBy(rt: Runtime, value: Value, args: Bound): PyList {
  const get = memberGetter(args.value(0), args.value(1));
  const caseSensitive = args.flag(2, false);
  const keyOf = (item: Value) => (caseSensitive ? get(rt, item) : ignoreCase(get(rt, item)));
  const groups: { key: Value; items: Value[] }[] = [];
  for (const item of sortItems(rt, elements(rt, value), false, keyOf)) {
    const key = keyOf(item);
    const group = groups.at(-1);
    if (group !== undefined && equals(rt, group.key, key)) group.items.push(item);
    else groups.push({ key, items: [item] });
  }
  return new PyList(
    groups.map(({ items }) => new PyTuple([get(rt, items[0] ?? null), new PyList(items)], ["grouper", "list"])),
  );
}

function* items(value: Value): Iterator<Value> {
  if (value instanceof Undefined) return;
  if (!(value instanceof PyDict)) throw typeError("Can only get item pairs from a mapping.");
  for (const entry of value.entries()) yield new PyTuple([entry.key, entry.value]);
}

function withDefault(value: Value, args: Bound): Value {
  const missing = value instanceof Undefined || (args.flag(1, false) && !isTrue(value));
  if (!missing) return value;
  return args.has(0) ? args.value(0) : "";
}

/** Filters of lists, dicts and other things with elements. */
export const SEQUENCE_FILTERS: readonly FilterEntry[] = [
  filter("attr", ["name"], (rt, value, a) => getOnlyAttribute(value, strOf(rt, a.value(0)))),
  filter(
    "batch",
    ["linecount", "fill_with?"],
    (rt, value, a) => new PyIterator(batch(rt, value, toIndex(a.value(0)), a.value(1))),
  ),
  filter("count", [], (_rt, value) => lengthOf(value)),
  filter("d", ["default_value?", "boolean?"], (_rt, value, a) => withDefault(value, a)),
  filter("default", ["default_value?", "boolean?"], (_rt, value, a) => withDefault(value, a)),
  filter("dictsort", ["case_sensitive?", "by?", "reverse?"], dictSort),
  filter("first", [], (_rt, value) => first(value)),
  filter("groupby", ["attribute", "default?", "case_sensitive?"], groupBy),
  filter("items", [], (_rt, value) => new PyIterator(items(value))),
  filter("join", ["d?", "attribute?"], join),
  filter("last", [], (rt, value) => last(rt, value)),
  filter("length", [], (_rt, value) => lengthOf(value)),
  filter("list", [], (rt, value) => new PyList(elements(rt, value))),
  filter("max", ["case_sensitive?", "attribute?"], (rt, value, a) => extreme(rt, value, a, -1)),
  filter("min", ["case_sensitive?", "attribute?"], (rt, value, a) => extreme(rt, value, a, 1)),
  filter("random", [], random),
  filter("reverse", [], reversed),
  filter(
    "slice",
    ["slices", "fill_with?"],
    (rt, value, a) => new PyIterator(columns(rt, value, toIndex(a.value(0)), a.value(1))),
  ),
  filter("sort", ["reverse?", "case_sensitive?", "attribute?"], sorted),
  filter("sum", ["attribute?", "start?"], sum),
  filter("unique", ["case_sensitive?", "attribute?"], (rt, value, a) => new PyIterator(unique(rt, value, a))),
];
