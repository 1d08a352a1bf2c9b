// thread: host
import { type Bound, MethodTable } from "./arguments.js";
import { elements } from "./compare.js";
import { PyDict, PySet, PyView } from "./dict.js";
import { PyError, typeError, valueError } from "./py-error.js";
import { reprOf } from "./repr.js";
import type { Runtime } from "./runtime.js";
import { type Named, PyTuple, Undefined, type Value } from "./values.js";

/** Adds what `dict(...)` and `update()` accept: another dict or pairs, and keywords. Throws as Python does. */
export function mergeInto(rt: Runtime, dict: PyDict, args: readonly Value[], named: Named, name: string): void {
  const [source] = args;
  if (args.length > 1) throw typeError(`${name} expected at most 1 argument, got ${args.length}`);
  if (source instanceof PyDict) {
    for (const { key, value } of source.entries()) dict.set(key, value);
    rt.tick(source.size());
  } else if (source !== undefined) {
    for (const [i, pair] of elements(rt, source).entries()) {
      const [key, value, ...rest] = elements(rt, pair);
      if (key === undefined || value === undefined || rest.length > 0) {
        const length = key === undefined ? 0 : value === undefined ? 1 : 2 + rest.length;
        throw valueError(`dictionary update sequence element #${i} has length ${length}; 2 is required`);
      }
      dict.set(key, value);
    }
  }
  for (const [key, value] of named) dict.set(key, value);
  rt.fits(dict.size());
}

/** A new dict with the same keys and values. */
export function copyDict(dict: PyDict): PyDict {
  const copy = new PyDict();
  for (const { key, value } of dict.entries()) copy.set(key, value);
  return copy;
}

function keyError(rt: Runtime, dict: PyDict, key: Value): PyError {
  return new PyError("KeyError", reprOf(rt, key), {
    missing: new Undefined({ kind: "member", owner: dict, key }),
    fix: "give a value for the case that the key is missing, or ask first: {% if key in dict %}",
  });
}

function pop(rt: Runtime, dict: PyDict, args: Bound): Value {
  const taken = dict.take(args.value(0));
  if (taken !== undefined) return taken;
  if (args.has(1)) return args.value(1);
  throw keyError(rt, dict, args.value(0));
}

function popItem(rt: Runtime, dict: PyDict): PyTuple {
  rt.tick(dict.size());
  const last = dict.entries().at(-1);
  if (last === undefined) throw new PyError("KeyError", "'popitem(): dictionary is empty'");
  dict.take(last.key);
  return new PyTuple([last.key, last.value]);
}

function setDefault(rt: Runtime, dict: PyDict, args: Bound): Value {
  const known = dict.get(args.value(0));
  if (known !== undefined) return known;
  rt.fits(dict.size() + 1);
  dict.set(args.value(0), args.value(1));
  return args.value(1);
}

function setItem(rt: Runtime, dict: PyDict, args: Bound): null {
  dict.set(args.value(0), args.value(1));
  rt.fits(dict.size());
  return null;
}

function deleteItem(rt: Runtime, dict: PyDict, key: Value): null {
  if (dict.take(key) === undefined) throw keyError(rt, dict, key);
  return null;
}

function fromKeys(rt: Runtime, args: Bound): PyDict {
  const made = new PyDict();
  for (const key of elements(rt, args.value(0))) made.set(key, args.value(1));
  return made;
}

/** The methods of `dict`. */
export const DICT_METHODS = new MethodTable<PyDict>()
  .add("clear", [], (_rt, dict) => {
    dict.clear();
    return null;
  })
  .add("copy", [], (rt, dict) => {
    rt.tick(dict.size());
    return copyDict(dict);
  })
  .add("fromkeys", ["iterable", "value?"], (rt, _dict, a) => fromKeys(rt, a))
  .add("get", ["key", "default?"], (_rt, dict, a) => {
    const value = dict.get(a.value(0));
    return value === undefined ? a.value(1) : value;
  })
  .add("items", [], (_rt, dict) => new PyView("dict_items", dict))
  .add("keys", [], (_rt, dict) => new PyView("dict_keys", dict))
  .add("pop", ["key", "default?"], pop)
  .add("popitem", [], popItem)
  .add("setdefault", ["key", "default?"], setDefault)
  .addFree("update", (rt, dict, args, named) => {
    mergeInto(rt, dict, args, named, "update");
    return null;
  })
  .add("values", [], (_rt, dict) => new PyView("dict_values", dict))
  .add("__setitem__", ["key", "value"], setItem)
  .add("__delitem__", ["key"], (rt, dict, a) => deleteItem(rt, dict, a.value(0)));

function otherSet(rt: Runtime, args: Bound): PySet {
  return new PySet(elements(rt, args.value(0)));
}

function removeMember(rt: Runtime, set: PySet, member: Value): null {
  if (set.delete(member)) return null;
  throw new PyError("KeyError", reprOf(rt, member));
}

/** The methods of `set`. */
export const SET_METHODS = new MethodTable<PySet>()
  .add("add", ["member"], (rt, set, a) => {
    set.add(a.value(0));
    rt.fits(set.size());
    return null;
  })
  .add("clear", [], (_rt, set) => {
    set.clear();
    return null;
  })
  .add("copy", [], (_rt, set) => new PySet(set.members()))
  .add("difference", ["other"], (rt, set, a) => {
    const other = otherSet(rt, a);
    return new PySet(set.members().filter((member) => !other.has(member)));
  })
  .add("discard", ["member"], (_rt, set, a) => {
    set.delete(a.value(0));
    return null;
  })
  .add("intersection", ["other"], (rt, set, a) => {
    const other = otherSet(rt, a);
    return new PySet(set.members().filter((member) => other.has(member)));
  })
  .add("issubset", ["other"], (rt, set, a) => {
    const other = otherSet(rt, a);
    return set.members().every((member) => other.has(member));
  })
  .add("issuperset", ["other"], (rt, set, a) =>
    otherSet(rt, a)
      .members()
      .every((member) => set.has(member)),
  )
  .add("remove", ["member"], (rt, set, a) => removeMember(rt, set, a.value(0)))
  .add("union", ["other"], (rt, set, a) => new PySet([...set.members(), ...elements(rt, a.value(0))]))
  .add("update", ["other"], (rt, set, a) => {
    for (const member of elements(rt, a.value(0))) set.add(member);
    return null;
  });
