// thread: host
import { PyError, typeError } from "./py-error.js";
import { PyFloat, PyObject, PyRange, PyTuple, type ReprOf, typeName, Undefined, type Value } from "./values.js";

/**
 * What a `Map` needs so that keys which are equal in Python meet: `1`, `1.0` and `True` are one key. Texts and
 * numbers stand for themselves, the rest becomes a text that starts with NUL.
 */
export type MapKey = string | number | bigint | null | PyObject;

const NUL = "\u0000";

/** Key of a value in a dict or set. Throws a `TypeError` for lists, dicts and sets. */
export function keyOf(value: Value): MapKey {
  if (value === null) return null;
  switch (typeof value) {
    case "string":
      return value.startsWith(NUL) ? NUL + value : value;
    case "number":
    case "bigint":
      return value;
    case "boolean":
      return value ? 1 : 0;
    default:
      return objectKey(value);
  }
}

function objectKey(value: PyObject): MapKey {
  if (value instanceof PyFloat) {
    const n = value.value;
    if (Number.isNaN(n)) return value;
    return Number.isInteger(n) && !Number.isSafeInteger(n) ? BigInt(n) : n;
  }
  if (value instanceof PyTuple) return tupleKey(value);
  if (value instanceof Undefined) return `${NUL}u`;
  if (value instanceof PyRange) return `${NUL}r${value.length}:${value.length === 0 ? "" : value.start}:${value.step}`;
  if (value instanceof PyDict || value instanceof PySet || value.typeName === "list") {
    throw typeError(`unhashable type: '${typeName(value)}'`, "use a text, a number or a tuple as the key");
  }
  return value;
}

/** More text than any sensible key has; stops tuples that contain each other many times. */
const MAX_KEY = 10_000;

function tupleKey(tuple: PyTuple): string {
  let key = `${NUL}t`;
  for (const item of tuple.items) {
    key += partKey(item);
    if (key.length > MAX_KEY) throw typeError("a tuple is too large to be a key", "use a text or a number as the key");
  }
  return key;
}

/** A key inside a tuple's key: its type and length keep `("a", "b")` and `("ab",)` apart. */
function partKey(value: Value): string {
  const key = keyOf(value);
  if (key instanceof PyObject && !(key instanceof PyFloat)) throw typeError(`unhashable type: '${typeName(value)}'`);
  const text = `${typeof key === "string" ? "s" : "n"}${key instanceof PyFloat ? "nan" : key}`;
  return `${text.length}:${text}`;
}

/** One key of a dict with its value. The key is the first one used, as in Python. */
export interface DictEntry {
  readonly key: Value;
  value: Value;
}

/** A mutable dict that keeps the order of insertion. */
export class PyDict extends PyObject {
  readonly typeName = "dict";
  readonly #table = new Map<MapKey, DictEntry>();

  /** A dict with text keys. */
  static of(entries: Iterable<readonly [string, Value]>): PyDict {
    const made = new PyDict();
    for (const [key, value] of entries) made.set(key, value);
    return made;
  }

  /** The entries by key. A dict that is filled late fills itself here. */
  protected table(): Map<MapKey, DictEntry> {
    return this.#table;
  }

  get(key: Value): Value | undefined {
    return this.table().get(keyOf(key))?.value;
  }

  has(key: Value): boolean {
    return this.table().has(keyOf(key));
  }

  set(key: Value, value: Value): void {
    const mapKey = keyOf(key);
    const entry = this.table().get(mapKey);
    if (entry === undefined) this.table().set(mapKey, { key, value });
    else entry.value = value;
  }

  /** Removes a key and gives its value, or `undefined` when it was not there. */
  take(key: Value): Value | undefined {
    const mapKey = keyOf(key);
    const entry = this.table().get(mapKey);
    this.table().delete(mapKey);
    return entry?.value;
  }

  clear(): void {
    this.table().clear();
  }

  /** The entries in order, as they are now. */
  entries(): DictEntry[] {
    return [...this.table().values()];
  }

  override isTrue(): boolean {
    return this.size() > 0;
  }

  override size(): number {
    return this.table().size;
  }

  override iterate(): Iterator<Value> {
    return this.walk((entry) => entry.key);
  }

  /** Goes through the live entries. Throws a `RuntimeError` when keys come or go meanwhile. */
  *walk(pick: (entry: DictEntry) => Value): Iterator<Value> {
    const before = this.size();
    for (const entry of this.table().values()) {
      yield pick(entry);
      if (this.table().size !== before) {
        throw new PyError("RuntimeError", "dictionary changed size during iteration", {
          fix: "loop over a copy: {% for key in names|list %}",
        });
      }
    }
  }

  override repr(repr: ReprOf): string {
    return `{${this.entries()
      .map((entry) => `${repr(entry.key)}: ${repr(entry.value)}`)
      .join(", ")}}`;
  }

  override get cycleMark(): string {
    return "{...}";
  }
}

/** What `keys()`, `values()` and `items()` of a dict give: live, without a copy. */
export class PyView extends PyObject {
  readonly typeName: "dict_keys" | "dict_values" | "dict_items";
  readonly dict: PyDict;

  constructor(typeName: "dict_keys" | "dict_values" | "dict_items", dict: PyDict) {
    super();
    this.typeName = typeName;
    this.dict = dict;
  }

  override isTrue(): boolean {
    return this.dict.isTrue();
  }

  override size(): number {
    return this.dict.size();
  }

  override iterate(): Iterator<Value> {
    if (this.typeName === "dict_keys") return this.dict.iterate();
    if (this.typeName === "dict_values") return this.dict.walk((entry) => entry.value);
    return this.dict.walk((entry) => new PyTuple([entry.key, entry.value]));
  }

  override repr(repr: ReprOf): string {
    const items: string[] = [];
    for (const entry of this.dict.entries()) {
      if (this.typeName === "dict_keys") items.push(repr(entry.key));
      else if (this.typeName === "dict_values") items.push(repr(entry.value));
      else items.push(`(${repr(entry.key)}, ${repr(entry.value)})`);
    }
    return `${this.typeName}([${items.join(", ")}])`;
  }
}

/** A set. Templates have no literal for it; a saved variable may hold one. Keeps the order of insertion. */
export class PySet extends PyObject {
  readonly typeName = "set";
  readonly #members = new Map<MapKey, Value>();

  constructor(members: Iterable<Value>) {
    super();
    for (const member of members) this.add(member);
  }

  add(member: Value): void {
    const key = keyOf(member);
    if (!this.#members.has(key)) this.#members.set(key, member);
  }

  has(member: Value): boolean {
    return this.#members.has(keyOf(member));
  }

  delete(member: Value): boolean {
    return this.#members.delete(keyOf(member));
  }

  clear(): void {
    this.#members.clear();
  }

  members(): Value[] {
    return [...this.#members.values()];
  }

  override isTrue(): boolean {
    return this.#members.size > 0;
  }

  override size(): number {
    return this.#members.size;
  }

  override iterate(): Iterator<Value> {
    return this.members()[Symbol.iterator]();
  }

  override repr(repr: ReprOf): string {
    return this.#members.size === 0 ? "set()" : `{${this.members().map(repr).join(", ")}}`;
  }
}
