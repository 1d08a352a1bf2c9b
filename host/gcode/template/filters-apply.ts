// thread: host
import { suggest } from "../../shared/suggest.js";
import { iterate } from "./compare.js";
import { memberGetter } from "./member-path.js";
import { PyError } from "./py-error.js";
import type { FilterBody, FilterEntry, Registry } from "./registry.js";
import type { Runtime } from "./runtime.js";
import { isTrue, type Named, PyIterator, typeName, type Value } from "./values.js";

function argumentError(message: string, fix?: string): PyError {
  return new PyError("FilterArgumentError", message, fix === undefined ? {} : { fix });
}

function unknown(what: string, name: Value, known: Iterable<string>): PyError {
  const shown = typeof name === "string" ? name : typeName(name);
  const suggestion = suggest(shown, known);
  return new PyError("TemplateRuntimeError", `there is no ${what} '${shown}'`, {
    fix: suggestion === undefined ? `give the name of a ${what} as a text` : `did you mean '${suggestion}'?`,
  });
}

/** What `map` does with each element. */
function mapping(rt: Runtime, args: readonly Value[], named: Named, registry: Registry): (item: Value) => Value {
  const [name, ...rest] = args;
  const attribute = named.get("attribute");
  if (name === undefined) {
    if (attribute === undefined)
      throw argumentError("map requires a filter argument", "write |map('int') or |map(attribute='x')");
    const other = [...named.keys()].find((key) => key !== "attribute" && key !== "default");
    if (other !== undefined) throw argumentError(`Unexpected keyword argument '${other}'`);
    const get = memberGetter(attribute, named.get("default") ?? null);
    return (item) => get(rt, item);
  }
  const body = typeof name === "string" ? registry.filters.get(name) : undefined;
  if (body === undefined) throw unknown("filter", name, registry.filters.keys());
  return (item) => body(rt, item, rest, named, registry);
}

/** What `select` and its kin ask of each element. */
function condition(
  rt: Runtime,
  args: readonly Value[],
  named: Named,
  registry: Registry,
  ofMember: boolean,
): (item: Value) => boolean {
  const [attribute = null] = args;
  if (ofMember && args.length === 0) throw argumentError("Missing parameter for attribute name");
  const member = memberGetter(ofMember ? attribute : null);
  const get = (item: Value) => member(rt, item);
  const [name, ...rest] = ofMember ? args.slice(1) : args;
  if (name === undefined) return (item) => isTrue(get(item));
  const body = typeof name === "string" ? registry.tests.get(name) : undefined;
  if (body === undefined) throw unknown("test", name, registry.tests.keys());
  return (item) => body(rt, get(item), rest, named, registry);
}

function* mapped(rt: Runtime, value: Value, args: readonly Value[], named: Named, registry: Registry): Iterator<Value> {
  if (!isTrue(value)) return;
  const change = mapping(rt, args, named, registry);
  const source = iterate(value);
  for (let step = source.next(); step.done !== true; step = source.next()) {
    rt.tick();
    rt.weigh(step.value);
    const changed = change(step.value);
    rt.weigh(changed);
    yield changed;
  }
}

function* chosen(rt: Runtime, value: Value, test: () => (item: Value) => boolean, wanted: boolean): Iterator<Value> {
  if (!isTrue(value)) return;
  const holds = test();
  const source = iterate(value);
  for (let step = source.next(); step.done !== true; step = source.next()) {
    rt.tick();
    rt.weigh(step.value);
    if (holds(step.value) === wanted) yield step.value;
  }
}

function choose(ofMember: boolean, wanted: boolean): FilterBody {
  return (rt, value, args, named, registry) =>
    new PyIterator(chosen(rt, value, () => condition(rt, args, named, registry, ofMember), wanted));
}

/** Filters that apply another filter or a test to each element. What they give is computed as it is read. */
export const APPLY_FILTERS: readonly FilterEntry[] = [
  ["map", (rt, value, args, named, registry) => new PyIterator(mapped(rt, value, args, named, registry))],
  ["select", choose(false, true)],
  ["reject", choose(false, false)],
  ["selectattr", choose(true, true)],
  ["rejectattr", choose(true, false)],
];
