// thread: host
import { asInt, toIndex } from "./numbers.js";
import { typeError, valueError } from "./py-error.js";
import type { Runtime } from "./runtime.js";
import { type FunctionBody, isTrue, type Named, PyFunction, typeName, type Value } from "./values.js";

/** Arguments of a call, by position of the parameter; `undefined` where none was given. */
export class Bound {
  readonly #values: readonly (Value | undefined)[];

  constructor(values: readonly (Value | undefined)[]) {
    this.#values = values;
  }

  has(at: number): boolean {
    return this.#values[at] !== undefined;
  }

  /** The argument; `None` when it was not given. */
  value(at: number): Value {
    return this.#values[at] ?? null;
  }

  /** The argument, or `undefined` when it was not given or is `None`. */
  optional(at: number): Value | undefined {
    return this.#values[at] ?? undefined;
  }

  /** The argument as a flag. */
  flag(at: number, whenMissing: boolean): boolean {
    const value = this.#values[at];
    return value === undefined ? whenMissing : isTrue(value);
  }

  /** The argument as a count. Throws a `TypeError` when it is not an int. */
  index(at: number, whenMissing: number): number {
    const value = this.#values[at];
    return value === undefined ? whenMissing : toIndex(value);
  }

  /** The argument as a text. Throws a `TypeError` when it is not one. */
  text(at: number, what: string): string {
    const value = this.#values[at] ?? null;
    if (typeof value === "string") return value;
    throw typeError(`${what} must be str, not ${typeName(value)}`, "convert it to a text first, with |string");
  }
}

/** Names of a function's parameters; those that end in `?` may be left out. */
export class Signature {
  readonly name: string;
  readonly #parameters: readonly string[];
  readonly #required: number;

  constructor(name: string, parameters: readonly string[]) {
    this.name = name;
    this.#parameters = parameters.map((parameter) => parameter.replace("?", ""));
    this.#required = parameters.filter((parameter) => !parameter.endsWith("?")).length;
  }

  /** Assigns arguments to parameters. Throws a `TypeError` when they do not fit. */
  bind(args: readonly Value[], named: Named): Bound {
    if (args.length > this.#parameters.length) throw typeError(this.#arity(args.length + named.size), this.#fix());
    if (named.size === 0) {
      if (args.length < this.#required) throw typeError(this.#arity(args.length), this.#fix());
      return new Bound(args);
    }
    const values: (Value | undefined)[] = [...args];
    for (const [name, value] of named) {
      const at = this.#parameters.indexOf(name);
      if (at < 0) throw typeError(`${this.name}() got an unexpected keyword argument '${name}'`, this.#fix());
      if (values[at] !== undefined) throw typeError(`${this.name}() got multiple values for argument '${name}'`);
      values[at] = value;
    }
    for (let i = 0; i < this.#required; i++) {
      if (values[i] === undefined) throw typeError(this.#arity(args.length + named.size), this.#fix());
    }
    return new Bound(values);
  }

  #arity(given: number): string {
    const most = this.#parameters.length;
    if (most === 0) return `${this.name}() takes no arguments (${given} given)`;
    const count = this.#required === most ? "exactly" : given < this.#required ? "at least" : "at most";
    const wanted = given < this.#required ? this.#required : most;
    return `${this.name}() takes ${count} ${wanted} argument${wanted === 1 ? "" : "s"} (${given} given)`;
  }

  #fix(): string {
    if (this.#parameters.length === 0) return `write ${this.name}()`;
    const shown = this.#parameters.map((name, i) => (i < this.#required ? name : `[${name}]`));
    return `its arguments are: ${shown.join(", ")}`;
  }
}

/** What a method does: `self` and the arguments, by position. */
export type MethodBody<T> = (rt: Runtime, self: T, args: Bound) => Value;
/** A method that takes any arguments. */
export type FreeMethodBody<T> = (rt: Runtime, self: T, args: readonly Value[], named: Named) => Value;

/** The methods of one type: gives a bound method by name, or `undefined`. */
export class MethodTable<T extends Value> {
  readonly #methods = new Map<string, (self: T) => FunctionBody>();

  /** Declares a method. */
  add(name: string, parameters: readonly string[], body: MethodBody<T>): this {
    const signature = new Signature(name, parameters);
    this.#methods.set(name, (self) => (rt, args, named) => {
      rt.weigh(self);
      return body(rt, self, signature.bind(args, named));
    });
    return this;
  }

  /** Declares a method that looks at its arguments itself. */
  addFree(name: string, body: FreeMethodBody<T>): this {
    this.#methods.set(name, (self) => (rt, args, named) => {
      rt.weigh(self);
      return body(rt, self, args, named);
    });
    return this;
  }

  bind(name: string, self: T): PyFunction | undefined {
    const method = this.#methods.get(name);
    return method === undefined ? undefined : new PyFunction(name, method(self), typeName(self));
  }

  /** Names of all methods, for suggestions. */
  names(): Iterable<string> {
    return this.#methods.keys();
  }
}

/** A function with named parameters. */
export function makeFunction(
  name: string,
  parameters: readonly string[],
  body: (rt: Runtime, args: Bound) => Value,
): PyFunction {
  const signature = new Signature(name, parameters);
  return new PyFunction(name, (rt, args, named) => body(rt, signature.bind(args, named)));
}

/** Where a slice starts, stops and steps, for a sequence of `length`. */
export interface SliceRange {
  readonly start: number;
  readonly stop: number;
  readonly step: number;
}

/** Python's clamping of slice bounds. Throws for a step of 0 or a bound that is not an int. */
export function sliceRange(start: Value, stop: Value, step: Value, length: number): SliceRange {
  const by = bound(step) ?? 1;
  if (by === 0) throw valueError("slice step cannot be zero");
  const lowest = by < 0 ? -1 : 0;
  const highest = by < 0 ? length - 1 : length;
  const clamp = (value: number) => {
    const from0 = value < 0 ? value + length : value;
    return Math.min(highest, Math.max(lowest, from0));
  };
  const first = bound(start);
  const last = bound(stop);
  return {
    start: first === undefined ? (by < 0 ? highest : lowest) : clamp(first),
    stop: last === undefined ? (by < 0 ? lowest : highest) : clamp(last),
    step: by,
  };
}

function bound(value: Value): number | undefined {
  if (value === null) return undefined;
  if (asInt(value) === undefined) {
    throw typeError(
      "slice indices must be integers or None or have an __index__ method",
      "convert the bound first, with |int",
    );
  }
  return toIndex(value);
}

/** The part of a list that a slice names. */
export function sliceItems<T>(items: readonly T[], range: SliceRange): T[] {
  if (range.step === 1) return items.slice(range.start, Math.max(range.start, range.stop));
  const made: T[] = [];
  for (let i = range.start; range.step > 0 ? i < range.stop : i > range.stop; i += range.step) {
    const item = items[i];
    if (item !== undefined) made.push(item);
  }
  return made;
}
