// thread: host
import { getItem } from "./attributes.js";
import { parseIntText } from "./numbers.js";
import type { Runtime } from "./runtime.js";
import { Undefined, type Value } from "./values.js";

/** Gets what a path such as `"temperature"`, `"a.b.0"` or `2` names in an element. */
export type MemberGetter = (rt: Runtime, element: Value) => Value;

/** A getter for the `attribute` argument of a filter; `None` names the element itself. */
export function memberGetter(attribute: Value, whenMissing: Value = null): MemberGetter {
  if (attribute === null) return (_rt, element) => element;
  const parts = typeof attribute === "string" ? attribute.split(".").map(pathPart) : [attribute];
  return (rt, element) => {
    let value = element;
    for (const part of parts) {
      value = getItem(rt, value, part);
      if (whenMissing !== null && value instanceof Undefined) value = whenMissing;
    }
    return value;
  };
}

function pathPart(part: string): Value {
  return /^\d+$/.test(part) ? (parseIntText(part) ?? part) : part;
}

/** Texts are compared without regard to case by several filters. */
export function ignoreCase(value: Value): Value {
  return typeof value === "string" ? value.toLowerCase() : value;
}
