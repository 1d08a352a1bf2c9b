// thread: host
import { PyDict } from "./dict.js";
import { APPLY_FILTERS } from "./filters-apply.js";
import { NUMBER_FILTERS } from "./filters-number.js";
import { SEQUENCE_FILTERS } from "./filters-sequence.js";
import { TEXT_FILTERS } from "./filters-text.js";
import { PyCycler, PyJoiner, PyNamespace } from "./loop.js";
import { DICT_METHODS, mergeInto } from "./methods-dict.js";
import { toIndex } from "./numbers.js";
import { typeError, valueError } from "./py-error.js";
import type { Registry } from "./registry.js";
import type { Runtime } from "./runtime.js";
import { TESTS } from "./tests.js";
import { type Named, PyRange, PyType, type Value } from "./values.js";

/** Every filter and test. */
export const REGISTRY: Registry = {
  filters: new Map([...TEXT_FILTERS, ...NUMBER_FILTERS, ...SEQUENCE_FILTERS, ...APPLY_FILTERS]),
  tests: new Map(TESTS),
};

function makeRange(_rt: Runtime, args: readonly Value[], named: Named): PyRange {
  if (named.size > 0) throw typeError("range() takes no keyword arguments");
  const [first, second, third] = args;
  if (first === undefined) throw typeError("range expected at least 1 argument, got 0", "write range(count)");
  if (args.length > 3) throw typeError(`range expected at most 3 arguments, got ${args.length}`);
  const step = third === undefined ? 1 : toIndex(third);
  if (step === 0) throw valueError("range() arg 3 must not be zero");
  return second === undefined ? new PyRange(0, toIndex(first), 1) : new PyRange(toIndex(first), toIndex(second), step);
}

function makeDict(rt: Runtime, args: readonly Value[], named: Named): PyDict {
  const dict = new PyDict();
  mergeInto(rt, dict, args, named, "dict");
  return dict;
}

function makeNamespace(rt: Runtime, args: readonly Value[], named: Named): PyNamespace {
  const values: [string, Value][] = [];
  for (const { key, value } of makeDict(rt, args, named).entries()) {
    if (typeof key === "string") values.push([key, value]);
  }
  return new PyNamespace(values);
}

const FROM_KEYS = DICT_METHODS.bind("fromkeys", new PyDict());

/** The names that every template has. */
export const GLOBALS: ReadonlyMap<string, Value> = new Map<string, Value>([
  ["range", new PyType("range", makeRange)],
  ["dict", new PyType("dict", makeDict, new Map(FROM_KEYS === undefined ? [] : [["fromkeys", FROM_KEYS]]))],
  ["namespace", new PyType("namespace", makeNamespace)],
  ["cycler", new PyType("cycler", (_rt, args) => new PyCycler(args))],
  ["joiner", new PyType("joiner", (_rt, [separator = ", "]) => new PyJoiner(separator))],
]);
