// thread: host
import { compareForSort } from "./compare.js";
import { PyDict } from "./dict.js";
import { floatRepr } from "./float-text.js";
import { typeError } from "./py-error.js";
import { bigintText } from "./repr.js";
import type { Runtime } from "./runtime.js";
import { PyFloat, PyList, PyTuple, typeName, type Value } from "./values.js";

/** `json.dumps` as the `tojson` filter uses it: keys in order, safe inside HTML. */
export function jsonText(rt: Runtime, value: Value, indent: number | undefined): string {
  return write(rt, value, indent, 0).replace(/[<>&']/g, (c) => `\\u00${c.charCodeAt(0).toString(16)}`);
}

function quote(text: string): string {
  return JSON.stringify(text).replace(/[\u007f-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

function floatText(x: number): string {
  if (Number.isNaN(x)) return "NaN";
  if (Number.isFinite(x)) return floatRepr(x);
  return x > 0 ? "Infinity" : "-Infinity";
}

function scalar(value: Value): string | undefined {
  if (value === null) return "null";
  if (typeof value === "boolean") return value ? "true" : "false";
  if (typeof value === "number") return String(value);
  if (typeof value === "bigint") return bigintText(value);
  return value instanceof PyFloat ? floatText(value.value) : undefined;
}

function write(rt: Runtime, value: Value, indent: number | undefined, depth: number): string {
  rt.tick();
  if (typeof value === "string") return quote(value);
  const plain = scalar(value);
  if (plain !== undefined) return plain;
  rt.enter();
  const text = container(rt, value, indent, depth);
  rt.leave();
  rt.fits(text.length);
  return text;
}

function container(rt: Runtime, value: Value, indent: number | undefined, depth: number): string {
  const inner = (item: Value) => write(rt, item, indent, depth + 1);
  if (value instanceof PyList || value instanceof PyTuple) return wrap("[", value.items.map(inner), "]", indent, depth);
  if (!(value instanceof PyDict)) throw typeError(`Object of type ${typeName(value)} is not JSON serializable`);
  const entries = value.entries().sort((a, b) => compareForSort(rt, a.key, b.key));
  return wrap(
    "{",
    entries.map(({ key, value: item }) => `${keyText(key)}: ${inner(item)}`),
    "}",
    indent,
    depth,
  );
}

function keyText(key: Value): string {
  if (typeof key === "string") return quote(key);
  const text = scalar(key);
  if (text !== undefined) return `"${text}"`;
  throw typeError(`keys must be str, int, float, bool or None, not ${typeName(key)}`);
}

function wrap(
  open: string,
  parts: readonly string[],
  close: string,
  indent: number | undefined,
  depth: number,
): string {
  if (parts.length === 0) return open + close;
  if (indent === undefined) return open + parts.join(", ") + close;
  const line = `\n${" ".repeat(Math.max(0, indent) * (depth + 1))}`;
  return `${open}${line}${parts.join(`,${line}`)}\n${" ".repeat(Math.max(0, indent) * depth)}${close}`;
}
