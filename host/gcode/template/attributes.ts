// thread: host
import { MethodTable, sliceItems, sliceRange } from "./arguments.js";
import { contains, elements, lengthError } from "./compare.js";
import { PyDict, PySet } from "./dict.js";
import { type FieldAccess, formatText } from "./format-string.js";
import { DICT_METHODS, SET_METHODS } from "./methods-dict.js";
import { LIST_METHODS, RANGE_METHODS, TUPLE_METHODS } from "./methods-list.js";
import { FLOAT_METHODS, floatAttribute, INT_METHODS, intAttribute } from "./methods-number.js";
import { TEXT_METHODS } from "./methods-text.js";
import { toIndex } from "./numbers.js";
import { PyError, typeError, undefinedError } from "./py-error.js";
import { characterAt, codePoints, textLength } from "./py-text.js";
import { reprOf, strOf } from "./repr.js";
import type { Runtime } from "./runtime.js";
import { PyFloat, PyList, PyObject, PyRange, PyTuple, PyType, typeName, Undefined, type Value } from "./values.js";

/** Member access of `str.format`, which raises where templates give an undefined value. */
const STRICT: FieldAccess = {
  attribute(owner, name) {
    const found = findAttribute(owner, name);
    if (found !== undefined) return found;
    throw new PyError("AttributeError", `'${typeName(owner)}' object has no attribute '${name}'`);
  },
  item(owner, key) {
    const found = findItem(owner, key);
    if (found !== undefined) return found;
    if (owner instanceof PyDict) throw new PyError("KeyError", typeof key === "string" ? `'${key}'` : String(key));
    if (sequenceLength(owner) === undefined) throw typeError(`'${typeName(owner)}' object is not subscriptable`);
    if (typeof key === "string") throw typeError(`${typeName(owner)} indices must be integers or slices, not str`);
    throw new PyError("IndexError", `${typeName(owner)} index out of range`);
  },
};

const FORMAT_METHODS = new MethodTable<string>()
  .addFree("format", (rt, text, args, named) => formatText(rt, text, args, named, STRICT))
  .add("format_map", ["mapping"], (rt, text, args) => {
    const mapping = args.value(0);
    const named = new Map<string, Value>();
    for (const key of elements(rt, mapping)) {
      const value = findItem(mapping, key);
      if (typeof key === "string" && value !== undefined) named.set(key, value);
    }
    return formatText(rt, text, [], named, STRICT);
  });

/** The methods that every value with elements has under Python's own names. */
const PROTOCOL_METHODS = new MethodTable<Value>()
  .add("__contains__", ["key"], (rt, value, a) => contains(rt, value, a.value(0)))
  .add("__getitem__", ["key"], (_rt, value, a) => STRICT.item(value, a.value(0)))
  .add("__len__", [], (_rt, value) => lengthOf(value))
  .add("__repr__", [], (rt, value) => reprOf(rt, value))
  .add("__str__", [], (rt, value) => strOf(rt, value));

/** `len()`. Throws a `TypeError` for values without a length. */
export function lengthOf(value: Value): number {
  if (typeof value === "string") return textLength(value);
  const size = value instanceof PyObject ? value.size() : undefined;
  if (size !== undefined) return size;
  throw lengthError(value);
}

function ownAttribute(value: Value, name: string): Value | undefined {
  if (value === null) return undefined;
  switch (typeof value) {
    case "string":
      return TEXT_METHODS.bind(name, value) ?? FORMAT_METHODS.bind(name, value);
    case "number":
    case "bigint":
    case "boolean":
      return intAttribute(value, name) ?? INT_METHODS.bind(name, value);
    default:
      return objectAttribute(value, name);
  }
}

function objectAttribute(value: PyObject, name: string): Value | undefined {
  const own = value.attribute(name);
  if (own !== undefined) return own;
  if (value instanceof PyDict) return DICT_METHODS.bind(name, value);
  if (value instanceof PyList) return LIST_METHODS.bind(name, value);
  if (value instanceof PyFloat) return floatAttribute(value, name) ?? FLOAT_METHODS.bind(name, value);
  if (value instanceof PyTuple) return TUPLE_METHODS.bind(name, value);
  if (value instanceof PySet) return SET_METHODS.bind(name, value);
  return value instanceof PyRange ? RANGE_METHODS.bind(name, value) : undefined;
}

/** Python's `getattr`: data and methods, or `undefined`. */
function findAttribute(value: Value, name: string): Value | undefined {
  const own = ownAttribute(value, name);
  if (own !== undefined || !name.startsWith("__")) return own;
  if (name === "__class__") return typeOf(value);
  if (value instanceof Undefined || (name !== "__str__" && name !== "__repr__" && !hasElements(value)))
    return undefined;
  return PROTOCOL_METHODS.bind(name, value);
}

function hasElements(value: Value): boolean {
  return typeof value === "string" || (value instanceof PyObject && value.size() !== undefined);
}

function typeOf(value: Value): PyType {
  const name = typeName(value);
  return new PyType(name, () => {
    throw typeError(`'${name}' cannot be called in a template`);
  });
}

/** Number of elements of something with numbered elements, else `undefined`. */
function sequenceLength(value: Value): number | undefined {
  if (value instanceof PyList || value instanceof PyTuple) return value.items.length;
  if (value instanceof PyRange) return value.length;
  return typeof value === "string" ? textLength(value) : undefined;
}

/** Python's `value[key]`, or `undefined` where Python raises. */
function findItem(value: Value, key: Value): Value | undefined {
  if (value instanceof PyDict) return dictItem(value, key);
  if (typeof key === "number" || typeof key === "boolean") {
    const index = toIndex(key);
    if (value instanceof PyList || value instanceof PyTuple) return value.items.at(index);
    if (typeof value === "string") return characterAt(value, index);
    if (value instanceof PyRange) return rangeItem(value, index);
  }
  return value instanceof PyObject ? value.item(key) : undefined;
}

/** A key that cannot be one is just not there, as in Jinja. */
function dictItem(dict: PyDict, key: Value): Value | undefined {
  if (!(key instanceof PyObject)) return dict.get(key);
  try {
    return dict.get(key);
  } catch (error) {
    if (error instanceof PyError) return undefined;
    throw error;
  }
}

function rangeItem(range: PyRange, index: number): number | undefined {
  const at = index < 0 ? index + range.length : index;
  return at >= 0 && at < range.length ? range.start + at * range.step : undefined;
}

function missing(owner: Value, key: Value): Undefined {
  return new Undefined({ kind: "member", owner, key });
}

/** What `{ value.name }` gives: the attribute, else the element of that name, else an undefined value. */
export function getAttribute(value: Value, name: string): Value {
  if (value instanceof Undefined) throw undefinedError(value);
  let found = findAttribute(value, name);
  if (found === undefined) found = findItem(value, name);
  return found === undefined ? missing(value, name) : found;
}

/** What `{ value[key] }` gives: the element, else the attribute of that name, else an undefined value. */
export function getItem(rt: Runtime, value: Value, key: Value): Value {
  if (value instanceof Undefined) throw undefinedError(value);
  rt.weigh(value);
  let found = findItem(value, key);
  if (found === undefined && typeof key === "string") found = findAttribute(value, key);
  return found === undefined ? missing(value, key) : found;
}

/** The attribute only, never an element: the `attr` filter. */
export function getOnlyAttribute(value: Value, name: string): Value {
  if (value instanceof Undefined) throw undefinedError(value);
  const found = findAttribute(value, name);
  return found === undefined ? missing(value, name) : found;
}

/** What `{ value[start:stop:step] }` gives. Throws a `TypeError` for what cannot be sliced. */
export function getSlice(rt: Runtime, value: Value, start: Value, stop: Value, step: Value): Value {
  if (value instanceof Undefined) throw undefinedError(value);
  const length = sequenceLength(value);
  if (length === undefined) {
    throw value instanceof PyDict
      ? typeError("unhashable type: 'slice'", "a dict has no order to slice: use its keys, as in (d|list)[:2]")
      : typeError(`'${typeName(value)}' object is not subscriptable`);
  }
  const range = sliceRange(start, stop, step, length);
  rt.tick(length);
  if (typeof value === "string") return sliceItems(codePoints(value), range).join("");
  if (value instanceof PyList) return new PyList(sliceItems(value.items, range));
  if (value instanceof PyTuple) return new PyTuple(sliceItems(value.items, range));
  if (!(value instanceof PyRange)) return missing(value, "slice");
  const at = (index: number) => value.start + index * value.step;
  return new PyRange(at(range.start), at(range.stop), value.step * range.step);
}

/** Names that `value.name` finds, for suggestions. */
export function memberNames(value: Value): string[] {
  const names: string[] = [];
  if (value instanceof PyDict)
    names.push(...value.entries().flatMap(({ key }) => (typeof key === "string" ? key : [])));
  if (value instanceof PyTuple) names.push(...(value.fields ?? []));
  if (typeof value === "string") names.push(...TEXT_METHODS.names(), ...FORMAT_METHODS.names());
  else if (value instanceof PyDict) names.push(...DICT_METHODS.names());
  else if (value instanceof PyList) names.push(...LIST_METHODS.names());
  else if (value instanceof PyTuple) names.push(...TUPLE_METHODS.names());
  return names.filter((name) => !name.startsWith("__"));
}
