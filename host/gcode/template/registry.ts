// thread: host
import { type Bound, Signature } from "./arguments.js";
import type { Runtime } from "./runtime.js";
import type { Named, Value } from "./values.js";

/** What a filter does with a value and the arguments in its brackets. */
export type FilterBody = (rt: Runtime, value: Value, args: readonly Value[], named: Named, registry: Registry) => Value;

/** What a test says about a value. */
export type TestBody = (rt: Runtime, value: Value, args: readonly Value[], named: Named, registry: Registry) => boolean;

/** All filters and tests by name. */
export interface Registry {
  readonly filters: ReadonlyMap<string, FilterBody>;
  readonly tests: ReadonlyMap<string, TestBody>;
}

export type FilterEntry = readonly [string, FilterBody];
export type TestEntry = readonly [string, TestBody];

/** Declares a filter with named parameters (`?`: may be left out). */
export function filter(
  name: string,
  parameters: readonly string[],
  body: (rt: Runtime, value: Value, args: Bound) => Value,
): FilterEntry {
  const signature = new Signature(name, parameters);
  return [name, (rt, value, args, named) => body(rt, value, signature.bind(args, named))];
}

/** Declares a test with named parameters. */
export function test(
  name: string,
  parameters: readonly string[],
  body: (rt: Runtime, value: Value, args: Bound) => boolean,
): TestEntry {
  const signature = new Signature(name, parameters);
  return [name, (rt, value, args, named) => body(rt, value, signature.bind(args, named))];
}
