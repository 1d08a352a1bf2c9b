// thread: host
import { equals } from "./compare.js";
import { typeError } from "./py-error.js";
import type { Runtime } from "./runtime.js";
import { type Named, PyCallable, PyFunction, PyObject, PyTuple, Undefined, type Value } from "./values.js";

/** Renders the loop again over other elements, one level deeper. */
export type Recurse = (rt: Runtime, iterable: Value) => string;

/** The `loop` of a `{% for %}`: where the loop is, without reading further than it must. */
export class PyLoop extends PyCallable {
  readonly typeName = "LoopContext";
  readonly #iterable: Value;
  readonly #iterator: Iterator<Value>;
  readonly #depth: number;
  readonly #recurse: Recurse | undefined;
  /** Elements that were read ahead of the loop. */
  #ahead: Value[] = [];
  #index = -1;
  #previous: Value | undefined;
  #current: Value | undefined;
  #length: number | undefined;
  #changed: Value | undefined;

  constructor(iterable: Value, iterator: Iterator<Value>, depth: number, recurse: Recurse | undefined) {
    super();
    this.#iterable = iterable;
    this.#iterator = iterator;
    this.#depth = depth;
    this.#recurse = recurse;
  }

  /** Steps to the next element and gives it, or `undefined` at the end. */
  advance(): Value | undefined {
    const next = this.#peek();
    if (next === undefined) return undefined;
    this.#ahead.shift();
    this.#index += 1;
    this.#previous = this.#current;
    this.#current = next;
    return next;
  }

  #peek(): Value | undefined {
    if (this.#ahead.length > 0) return this.#ahead[0];
    const step = this.#iterator.next();
    if (step.done === true) return undefined;
    this.#ahead.push(step.value);
    return step.value;
  }

  #total(): number {
    if (this.#length !== undefined) return this.#length;
    const known = typeof this.#iterable === "string" ? undefined : sizeOf(this.#iterable);
    if (known === undefined) {
      for (let step = this.#iterator.next(); step.done !== true; step = this.#iterator.next()) {
        this.#ahead.push(step.value);
      }
    }
    this.#length = known ?? this.#index + 1 + this.#ahead.length;
    return this.#length;
  }

  call(rt: Runtime, args: readonly Value[], _named: Named): Value {
    const [iterable] = args;
    if (this.#recurse === undefined) {
      throw typeError(
        "the loop must have the 'recursive' marker to be called",
        "write {% for item in list recursive %}",
      );
    }
    if (iterable === undefined) throw typeError("loop() takes exactly 1 argument (0 given)");
    return this.#recurse(rt, iterable);
  }

  override attribute(name: string): Value | undefined {
    switch (name) {
      case "index":
        return this.#index + 1;
      case "index0":
        return this.#index;
      case "revindex":
        return this.#total() - this.#index;
      case "revindex0":
        return this.#total() - this.#index - 1;
      case "first":
        return this.#index === 0;
      case "last":
        return this.#peek() === undefined;
      case "length":
        return this.#total();
      case "depth":
        return this.#depth + 1;
      case "depth0":
        return this.#depth;
      case "previtem":
        return orMissing(this.#previous, "there is no previous item");
      case "nextitem":
        return orMissing(this.#peek(), "there is no next item");
      case "cycle":
        return new PyFunction("cycle", (_rt, args) => this.#cycle(args));
      case "changed":
        return new PyFunction("changed", (rt, args) => this.#hasChanged(rt, args));
      default:
        return undefined;
    }
  }

  #cycle(args: readonly Value[]): Value {
    const value = args[this.#index % Math.max(1, args.length)];
    if (value === undefined) throw typeError("no items for cycling given", "write loop.cycle('a', 'b')");
    return value;
  }

  #hasChanged(rt: Runtime, args: readonly Value[]): boolean {
    const now = new PyTuple(args);
    if (this.#changed !== undefined && equals(rt, this.#changed, now)) return false;
    this.#changed = now;
    return true;
  }

  override size(): number {
    return this.#total();
  }

  override repr(): string {
    return `<LoopContext ${this.#index + 1}/${this.#total()}>`;
  }
}

function orMissing(value: Value | undefined, text: string): Value {
  return value === undefined ? new Undefined({ kind: "hint", text }) : value;
}

function sizeOf(value: Value): number | undefined {
  return value instanceof PyObject ? value.size() : undefined;
}

/** `cycler(...)`: gives its items in turn. */
export class PyCycler extends PyObject {
  readonly typeName = "Cycler";
  readonly #items: readonly Value[];
  #at = 0;

  constructor(items: readonly Value[]) {
    super();
    if (items.length === 0) throw typeError("at least one item has to be provided", "write cycler('a', 'b')");
    this.#items = items;
  }

  override attribute(name: string): Value | undefined {
    if (name === "current") return this.#items[this.#at] ?? null;
    if (name === "pos") return this.#at;
    if (name === "items") return new PyTuple(this.#items);
    if (name === "next" || name === "__next__") return new PyFunction("next", () => this.#next());
    if (name !== "reset") return undefined;
    return new PyFunction("reset", () => {
      this.#at = 0;
      return null;
    });
  }

  #next(): Value {
    const value = this.#items[this.#at] ?? null;
    this.#at = (this.#at + 1) % this.#items.length;
    return value;
  }
}

/** `joiner(sep)`: gives nothing the first time, then `sep`. */
export class PyJoiner extends PyCallable {
  readonly typeName = "Joiner";
  readonly #separator: Value;
  #used = false;

  constructor(separator: Value) {
    super();
    this.#separator = separator;
  }

  call(): Value {
    if (this.#used) return this.#separator;
    this.#used = true;
    return "";
  }

  override attribute(name: string): Value | undefined {
    if (name === "sep") return this.#separator;
    return name === "used" ? this.#used : undefined;
  }
}

/** `namespace(...)`: values that blocks inside loops can change. */
export class PyNamespace extends PyObject {
  readonly typeName = "Namespace";
  readonly #values: Map<string, Value>;

  constructor(values: Iterable<readonly [string, Value]>) {
    super();
    this.#values = new Map(values);
  }

  set(name: string, value: Value): void {
    this.#values.set(name, value);
  }

  names(): Iterable<string> {
    return this.#values.keys();
  }

  override attribute(name: string): Value | undefined {
    const value = this.#values.get(name);
    if (value !== undefined || name !== "__setitem__") return value;
    return new PyFunction("__setitem__", (_rt, [key, item]) => {
      if (typeof key !== "string" || item === undefined) throw typeError("__setitem__() takes a name and a value");
      this.set(key, item);
      return null;
    });
  }

  override repr(repr: (value: Value) => string): string {
    const shown = [...this.#values].map(([name, value]) => `${repr(name)}: ${repr(value)}`);
    return `<Namespace {${shown.join(", ")}}>`;
  }
}
