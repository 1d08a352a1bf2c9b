// thread: host
import type { Runtime } from "./runtime.js";

/**
 * A value as templates see it, with Python's types kept apart:
 *
 * | Python | here |
 * | --- | --- |
 * | `None`, `bool`, `str` | `null`, `boolean`, `string` |
 * | `int` | `number` (always a safe integer), `bigint` beyond 2^53 |
 * | `float` | `PyFloat`, also when its value is integral |
 * | everything else | a subclass of `PyObject` |
 *
 * A `number` that is not a safe integer must never become a `Value`: make floats with `pyFloat`.
 */
export type Value = null | boolean | number | bigint | string | PyObject;

/** Gives the `repr()` of a value inside another one. */
export type ReprOf = (value: Value) => string;

/** Keyword arguments of a call. */
export type Named = ReadonlyMap<string, Value>;

export const NO_NAMED: Named = new Map();

/** What is not a JavaScript primitive. The defaults are those of a plain Python object. */
export abstract class PyObject {
  /** Name of the Python type, as error messages show it. */
  abstract readonly typeName: string;

  isTrue(): boolean {
    return true;
  }

  /** `len()`, or `undefined` when the type has none. */
  size(): number | undefined {
    return undefined;
  }

  /** A new iterator, or `undefined` when the type cannot be iterated. */
  iterate(): Iterator<Value> | undefined {
    return undefined;
  }

  /** An attribute that is data, not a method of the type. */
  attribute(_name: string): Value | undefined {
    return undefined;
  }

  /** What `value[key]` gives, or `undefined` when there is no such element. Lists, dicts and texts have their own. */
  item(_key: Value): Value | undefined {
    return undefined;
  }

  /** `repr()`; `repr` gives the text of the elements. */
  repr(_repr: ReprOf): string {
    return `<${this.typeName} object>`;
  }

  /** What `repr()` shows when the value contains itself. */
  get cycleMark(): string {
    return "...";
  }
}

/** A Python `float`. */
export class PyFloat extends PyObject {
  readonly typeName = "float";
  readonly value: number;

  constructor(value: number) {
    super();
    this.value = value;
  }

  override isTrue(): boolean {
    return this.value !== 0;
  }

  /** A plain number, so that a float in a status object reaches JSON as one. */
  toJSON(): number {
    return this.value;
  }
}

/** A float value: prints as `10.0`, where the plain number 10 is an int and prints as `10`. */
export function pyFloat(value: number): PyFloat {
  return new PyFloat(value);
}

/** An int value of any size. `value` must be integral. */
export function pyInt(value: bigint): number | bigint {
  return value >= MIN_SAFE && value <= MAX_SAFE ? Number(value) : value;
}

const MAX_SAFE = BigInt(Number.MAX_SAFE_INTEGER);
const MIN_SAFE = BigInt(Number.MIN_SAFE_INTEGER);

/** A mutable list. */
export class PyList extends PyObject {
  readonly typeName = "list";
  items: Value[];

  constructor(items: Value[]) {
    super();
    this.items = items;
  }

  override isTrue(): boolean {
    return this.items.length > 0;
  }

  override size(): number {
    return this.items.length;
  }

  override iterate(): Iterator<Value> {
    return this.items[Symbol.iterator]();
  }

  override repr(repr: ReprOf): string {
    return `[${this.items.map(repr).join(", ")}]`;
  }

  override get cycleMark(): string {
    return "[...]";
  }
}

/** A tuple; with `fields`, its elements also have names (`position.x`). */
export class PyTuple extends PyObject {
  readonly typeName = "tuple";
  readonly items: readonly Value[];
  readonly fields: readonly string[] | undefined;

  constructor(items: readonly Value[], fields?: readonly string[]) {
    super();
    this.items = items;
    this.fields = fields;
  }

  override isTrue(): boolean {
    return this.items.length > 0;
  }

  override size(): number {
    return this.items.length;
  }

  override iterate(): Iterator<Value> {
    return this.items[Symbol.iterator]();
  }

  override attribute(name: string): Value | undefined {
    const at = this.fields?.indexOf(name) ?? -1;
    return at < 0 ? undefined : this.items[at];
  }

  override repr(repr: ReprOf): string {
    return this.items.length === 1 ? `(${this.items.map(repr).join("")},)` : `(${this.items.map(repr).join(", ")})`;
  }

  override get cycleMark(): string {
    return "(...)";
  }
}

/** `range(start, stop, step)`: computed, never stored. */
export class PyRange extends PyObject {
  readonly typeName = "range";
  readonly start: number;
  readonly stop: number;
  readonly step: number;
  readonly length: number;

  constructor(start: number, stop: number, step: number) {
    super();
    this.start = start;
    this.stop = stop;
    this.step = step;
    this.length = Math.max(0, Math.ceil((stop - start) / step));
  }

  override isTrue(): boolean {
    return this.length > 0;
  }

  override size(): number {
    return this.length;
  }

  override *iterate(): Iterator<Value> {
    for (let i = 0; i < this.length; i++) yield this.start + i * this.step;
  }

  override attribute(name: string): Value | undefined {
    if (name === "start") return this.start;
    if (name === "stop") return this.stop;
    return name === "step" ? this.step : undefined;
  }

  override repr(): string {
    return this.step === 1 ? `range(${this.start}, ${this.stop})` : `range(${this.start}, ${this.stop}, ${this.step})`;
  }
}

/** Something that gives its elements once: what `map`, `select` and their kin return. */
export class PyIterator extends PyObject {
  readonly typeName: string;
  readonly #source: Iterator<Value>;

  constructor(source: Iterator<Value>, typeName = "generator") {
    super();
    this.typeName = typeName;
    this.#source = source;
  }

  override iterate(): Iterator<Value> {
    return this.#source;
  }
}

/** Something that can be called. */
export abstract class PyCallable extends PyObject {
  abstract call(rt: Runtime, args: readonly Value[], named: Named): Value;
}

/** Body of a function that templates can call. */
export type FunctionBody = (rt: Runtime, args: readonly Value[], named: Named) => Value;

/** A function or a bound method. */
export class PyFunction extends PyCallable {
  readonly typeName = "builtin_function_or_method";
  readonly functionName: string;
  readonly #body: FunctionBody;
  readonly #owner: string | undefined;

  /** `owner` is the type whose bound method this is. */
  constructor(name: string, body: FunctionBody, owner?: string) {
    super();
    this.functionName = name;
    this.#body = body;
    this.#owner = owner;
  }

  call(rt: Runtime, args: readonly Value[], named: Named): Value {
    return this.#body(rt, args, named);
  }

  override attribute(name: string): Value | undefined {
    return name === "__name__" ? this.functionName : undefined;
  }

  override repr(): string {
    return this.#owner === undefined
      ? `<built-in function ${this.functionName}>`
      : `<built-in method ${this.functionName} of ${this.#owner} object>`;
  }
}

/** A type, such as `dict`, which is also called to make values. */
export class PyType extends PyCallable {
  readonly typeName = "type";
  readonly describes: string;
  readonly #make: FunctionBody;
  readonly #attributes: Named;

  constructor(describes: string, make: FunctionBody, attributes: Named = NO_NAMED) {
    super();
    this.describes = describes;
    this.#make = make;
    this.#attributes = attributes;
  }

  call(rt: Runtime, args: readonly Value[], named: Named): Value {
    return this.#make(rt, args, named);
  }

  override attribute(name: string): Value | undefined {
    return name === "__name__" ? this.describes : this.#attributes.get(name);
  }

  override repr(): string {
    return `<class '${this.describes}'>`;
  }
}

/** Why a value is not there. */
export type Absence =
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "member"; readonly owner: Value; readonly key: Value }
  | { readonly kind: "hint"; readonly text: string };

/** What a missing name or member gives: prints as nothing, is false and empty, and raises when it is used. */
export class Undefined extends PyObject {
  readonly typeName = "Undefined";
  readonly absence: Absence;

  constructor(absence: Absence) {
    super();
    this.absence = absence;
  }

  override isTrue(): boolean {
    return false;
  }

  override size(): number {
    return 0;
  }

  override iterate(): Iterator<Value> {
    return [][Symbol.iterator]();
  }

  override repr(): string {
    return "Undefined";
  }
}

/** Name of the value's Python type. */
export function typeName(value: Value): string {
  if (value === null) return "NoneType";
  switch (typeof value) {
    case "boolean":
      return "bool";
    case "string":
      return "str";
    case "number":
    case "bigint":
      return "int";
    default:
      return value.typeName;
  }
}

/** Python's truth of a value. */
export function isTrue(value: Value): boolean {
  if (value === null) return false;
  switch (typeof value) {
    case "boolean":
      return value;
    case "string":
      return value !== "";
    case "number":
      return value !== 0;
    case "bigint":
      return true;
    default:
      return value.isTrue();
  }
}
