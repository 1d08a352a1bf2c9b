// thread: host
import { Container } from "./compare.js";
import { type DictEntry, type MapKey, PyDict, PySet } from "./dict.js";
import { strip } from "./py-text.js";
import { PyFloat, PyList, PyObject, PyTuple, pyFloat, type Value } from "./values.js";

/**
 * Which parts of a status object are floats, tuples and coordinates: JSON does not say. A path is made of keys with
 * dots between them, `*` stands for any key or index, and what it says about numbers holds for everything below.
 * The longer path wins: `{ floats: ["*"], ints: ["stalls"] }`.
 */
export interface StatusShape {
  /** Numbers that are floats: they print as `10.0`. Other integral numbers are ints. */
  readonly floats?: readonly string[];
  /** Exceptions from `floats`. */
  readonly ints?: readonly string[];
  /** Arrays that are tuples: they print as `(1, 2)`. Other arrays are lists. */
  readonly tuples?: readonly string[];
  /** Arrays that are tuples whose elements are also called x, y, z and e. */
  readonly coordinates?: readonly string[];
}

/** A shape, prepared once for many conversions. */
export interface StatusForm {
  readonly children: ReadonlyMap<string, StatusForm>;
  /** What holds for keys that are not in `children`. */
  readonly rest: StatusForm | undefined;
  readonly isFloat: boolean;
  readonly array: "list" | "tuple" | "coordinate";
}

interface FormBuilder {
  readonly children: Map<string, FormBuilder>;
  isFloat: boolean | undefined;
  array: StatusForm["array"];
}

const AXES = ["x", "y", "z", "e"];
const PLAIN: StatusForm = { children: new Map(), rest: undefined, isFloat: false, array: "list" };
const FLOATS: StatusForm = { children: new Map(), rest: undefined, isFloat: true, array: "list" };

function emptyForm(): FormBuilder {
  return { children: new Map(), isFloat: undefined, array: "list" };
}

function at(root: FormBuilder, path: string): FormBuilder {
  let form = root;
  for (const key of path.split(".")) {
    let child = form.children.get(key);
    if (child === undefined) {
      child = emptyForm();
      form.children.set(key, child);
    }
    form = child;
  }
  return form;
}

/** Turns what was said about a path into forms; `*` is merged into its siblings. */
function finishForm(builders: readonly FormBuilder[], inherited: boolean): StatusForm {
  const isFloat = builders.find((builder) => builder.isFloat !== undefined)?.isFloat ?? inherited;
  const array = builders.find((builder) => builder.array !== "list")?.array ?? "list";
  const stars = builders.flatMap((builder) => builder.children.get("*") ?? []);
  const keys = new Set(builders.flatMap((builder) => [...builder.children.keys()]));
  keys.delete("*");
  const children = new Map<string, StatusForm>();
  for (const key of keys) {
    const own = builders.flatMap((builder) => builder.children.get(key) ?? []);
    children.set(key, finishForm([...own, ...stars], isFloat));
  }
  const rest = stars.length > 0 ? finishForm(stars, isFloat) : isFloat ? FLOATS : PLAIN;
  return { children, rest, isFloat, array };
}

/** Prepares a shape. */
export function statusForm(shape: StatusShape): StatusForm {
  const root = emptyForm();
  for (const path of shape.floats ?? []) at(root, path).isFloat = true;
  for (const path of shape.ints ?? []) at(root, path).isFloat = false;
  for (const path of shape.tuples ?? []) at(root, path).array = "tuple";
  for (const path of shape.coordinates ?? []) at(root, path).array = "coordinate";
  return finishForm([root], false);
}

function below(form: StatusForm, key: string): StatusForm {
  return form.children.get(key) ?? form.rest ?? form;
}

/** A dict over a plain object: entries are converted when they are first looked at, and are then its own. */
class StatusDict extends PyDict {
  #source: Readonly<Record<string, unknown>> | undefined;
  readonly #form: StatusForm;
  readonly #read = new Map<string, Value>();

  constructor(source: Readonly<Record<string, unknown>>, form: StatusForm) {
    super();
    this.#source = source;
    this.#form = form;
  }

  override get(key: Value): Value | undefined {
    const source = this.#source;
    if (source === undefined || typeof key !== "string") return super.get(key);
    const known = this.#read.get(key);
    if (known !== undefined || !Object.hasOwn(source, key)) return known;
    const value = fromStatus(source[key], below(this.#form, key));
    this.#read.set(key, value);
    return value;
  }

  override has(key: Value): boolean {
    return this.#source === undefined || typeof key !== "string" ? super.has(key) : Object.hasOwn(this.#source, key);
  }

  /** Converts everything that was not looked at yet; from then on it is an ordinary dict. */
  protected override table(): Map<MapKey, DictEntry> {
    const table = super.table();
    const source = this.#source;
    if (source === undefined) return table;
    const values = Object.keys(source).map((key) => [key, this.get(key)] as const);
    this.#source = undefined;
    for (const [key, value] of values) if (value !== undefined) this.set(key, value);
    return table;
  }
}

function isPlainObject(value: object): value is Readonly<Record<string, unknown>> {
  return !(value instanceof PyObject);
}

function arrayFrom(source: readonly unknown[], form: StatusForm): Value {
  const items = source.map((item, i) => fromStatus(item, below(form, String(i))));
  if (form.array === "list") return new PyList(items);
  return form.array === "tuple" ? new PyTuple(items) : new PyTuple(items, AXES.slice(0, items.length));
}

/**
 * A status value as templates see it: a copy that a render may change without anyone noticing. Objects are converted
 * as they are looked at, so the cost is that of what a template uses. Values of templates inside (variables of other
 * macros) are copied. `undefined` and functions become `None`. Without a form, integral numbers are ints.
 */
export function fromStatus(value: unknown, form: StatusForm = PLAIN): Value {
  switch (typeof value) {
    case "string":
    case "boolean":
    case "bigint":
      return value;
    case "number":
      return form.isFloat || !Number.isSafeInteger(value) ? pyFloat(value) : value + 0;
    case "object":
      break;
    default:
      return null;
  }
  if (value === null) return null;
  if (value instanceof PyObject) return copyValue(value);
  if (Array.isArray(value)) return arrayFrom(value, form);
  if (value instanceof Map) {
    const dict = new PyDict();
    for (const [key, item] of value) {
      dict.set(fromStatus(key), fromStatus(item, typeof key === "string" ? below(form, key) : form));
    }
    return dict;
  }
  return isPlainObject(value) ? new StatusDict(value, form) : null;
}

/** A copy of a value whose lists, dicts and sets are new at every level. Other objects are shared. */
export function copyValue(value: Value, copies: Map<PyObject, Value> = new Map()): Value {
  if (!(value instanceof PyObject)) return value;
  const known = copies.get(value);
  if (known !== undefined) return known;
  if (value instanceof PyList) {
    const list = new PyList([]);
    copies.set(value, list);
    for (const item of value.items) list.items.push(copyValue(item, copies));
    return list;
  }
  if (value instanceof PyDict) {
    const dict = new PyDict();
    copies.set(value, dict);
    for (const entry of value.entries()) dict.set(entry.key, copyValue(entry.value, copies));
    return dict;
  }
  if (value instanceof PyTuple) {
    return new PyTuple(
      value.items.map((item) => copyValue(item, copies)),
      value.fields,
    );
  }
  return value instanceof PySet ? new PySet(value.members()) : value;
}

/**
 * A value as plain data for a status object or JSON. Tuples and sets become arrays, keys become texts, infinities and
 * NaN become `null`, and ints beyond 2^53 lose digits. What is not data (functions, generators) becomes its name.
 */
export function toPlain(value: Value): unknown {
  if (typeof value === "bigint") return Number(value);
  if (!(value instanceof PyObject)) return value;
  if (value instanceof PyFloat) return Number.isFinite(value.value) ? value.value : null;
  if (value instanceof PyList || value instanceof PyTuple) return value.items.map(toPlain);
  if (value instanceof PySet) return value.members().map(toPlain);
  if (!(value instanceof PyDict)) return value.typeName;
  return Object.fromEntries(value.entries().map((entry) => [plainKey(entry.key), toPlain(entry.value)]));
}

function plainKey(key: Value): string {
  if (key === null) return "null";
  if (key instanceof PyTuple) return JSON.stringify(toPlain(key));
  return String(toPlain(key));
}

/** Whether JSON can hold the value: what `SET_GCODE_VARIABLE` accepts. Sets cannot. */
export function isJsonValue(value: Value): boolean {
  if (!(value instanceof PyObject) || value instanceof PyFloat) return true;
  if (value instanceof PyList || value instanceof PyTuple) return value.items.every(isJsonValue);
  if (!(value instanceof PyDict)) return false;
  return value.entries().every((entry) => isJsonKey(entry.key) && isJsonValue(entry.value));
}

function isJsonKey(key: Value): boolean {
  return !(key instanceof PyObject) || key instanceof PyFloat;
}

/** Where a lazy mapping such as `printer` gets its objects. Keys are asked for as the template names them. */
export interface MappingSource {
  /** The object, or `undefined` when there is none. Make it with `fromStatus`. */
  get(key: string): Value | undefined;
  has(key: string): boolean;
  keys(): Iterable<string>;
}

/**
 * A mapping of the host that templates can index, iterate and ask with `in`, but not change. Make one for each
 * render: it remembers what it gave, so that two looks at an object see the same copy. Blanks around a key do not count.
 */
export class HostMapping extends Container {
  readonly typeName: string;
  readonly #source: MappingSource;
  readonly #given = new Map<string, Value>();

  /** `typeName` is what messages call it: "'printer object' has no attribute 'fann'". */
  constructor(typeName: string, source: MappingSource) {
    super();
    this.typeName = typeName;
    this.#source = source;
  }

  override item(key: Value): Value | undefined {
    if (typeof key !== "string") return undefined;
    const name = strip(key);
    const known = this.#given.get(name);
    if (known !== undefined) return known;
    const value = this.#source.get(name);
    if (value !== undefined) this.#given.set(name, value);
    return value;
  }

  override attribute(name: string): Value | undefined {
    return name.startsWith("__") ? undefined : this.item(name);
  }

  override iterate(): Iterator<Value> {
    return [...this.#source.keys()][Symbol.iterator]();
  }

  contains(item: Value): boolean {
    return typeof item === "string" && this.#source.has(strip(item));
  }

  /** The keys, for suggestions. */
  names(): string[] {
    return [...this.#source.keys()];
  }

  override repr(): string {
    return `<${this.typeName}>`;
  }
}
