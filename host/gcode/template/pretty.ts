// thread: host
import { compareForSort } from "./compare.js";
import { PyDict } from "./dict.js";
import { PyError } from "./py-error.js";
import { textLength } from "./py-text.js";
import { reprOf } from "./repr.js";
import type { Runtime } from "./runtime.js";
import { PyList, PyTuple, typeName, type Value } from "./values.js";

const WIDTH = 80;

/**
 * Python's `pprint.pformat`: on one line when it fits into 80 characters, else an element a line.
 * `column` is where the text starts, `allowance` what must fit behind it.
 */
export function prettyText(rt: Runtime, value: Value): string {
  return pretty(rt, value, 0, 0);
}

function pretty(rt: Runtime, value: Value, column: number, allowance: number): string {
  rt.tick();
  const whole = oneLine(rt, value);
  if (textLength(whole) <= WIDTH - column - allowance) return whole;
  rt.enter();
  const text = split(rt, value, whole, column, allowance);
  rt.leave();
  rt.fits(text.length);
  return text;
}

/** `repr()` with the keys of dicts in order. */
function oneLine(rt: Runtime, value: Value): string {
  rt.tick();
  if (!(value instanceof PyList || value instanceof PyTuple || value instanceof PyDict)) return reprOf(rt, value);
  rt.enter();
  const text =
    value instanceof PyDict
      ? `{${sortedEntries(rt, value)
          .map((entry) => `${oneLine(rt, entry.key)}: ${oneLine(rt, entry.value)}`)
          .join(", ")}}`
      : value.repr((item) => oneLine(rt, item));
  rt.leave();
  rt.fits(text.length);
  return text;
}

function sortedEntries(rt: Runtime, dict: PyDict): { key: Value; value: Value }[] {
  return dict.entries().sort((a, b) => {
    try {
      return compareForSort(rt, a.key, b.key);
    } catch (error) {
      if (!(error instanceof PyError)) throw error;
      const left = typeName(a.key);
      const right = typeName(b.key);
      return left < right ? -1 : left > right ? 1 : 0;
    }
  });
}

function split(rt: Runtime, value: Value, whole: string, column: number, allowance: number): string {
  const margin = " ".repeat(column + 1);
  if (value instanceof PyDict && value.size() > 0) {
    const entries = sortedEntries(rt, value);
    const lines = entries.map((entry, i) => {
      const key = `${oneLine(rt, entry.key)}: `;
      const room = i === entries.length - 1 ? allowance + 1 : 1;
      return key + pretty(rt, entry.value, column + 1 + textLength(key), room);
    });
    return `{${lines.join(`,\n${margin}`)}}`;
  }
  if ((value instanceof PyList || value instanceof PyTuple) && value.items.length > 0) {
    const [open, close] = value instanceof PyList ? ["[", "]"] : ["(", value.items.length === 1 ? ",)" : ")"];
    const lines = value.items.map((item, i) =>
      pretty(rt, item, column + 1, i === value.items.length - 1 ? allowance + close.length : 1),
    );
    return `${open}${lines.join(`,\n${margin}`)}${close}`;
  }
  return typeof value === "string" ? splitText(rt, value, column, allowance) : whole;
}

/** A long text as several literals, broken after blanks; with brackets around them at the outermost level. */
function splitText(rt: Runtime, text: string, column: number, allowance: number): string {
  const outermost = column === 0;
  const start = outermost ? 1 : column;
  const room = allowance + (outermost ? 1 : 0);
  const chunks: string[] = [];
  const lines = text.split(/(?<=\n)/);
  for (const [i, line] of lines.entries()) {
    const isLast = i === lines.length - 1;
    const shown = reprOf(rt, line);
    if (textLength(shown) <= WIDTH - start - (isLast ? room : 0)) {
      chunks.push(shown);
      continue;
    }
    let current = "";
    const words = line.match(/\S*\s*/g)?.filter((word) => word !== "") ?? [];
    for (const [j, word] of words.entries()) {
      rt.tick();
      const tail = isLast && j === words.length - 1 ? room : 0;
      if (current !== "" && textLength(reprOf(rt, current + word)) > WIDTH - start - tail) {
        chunks.push(reprOf(rt, current));
        current = word;
      } else current += word;
    }
    if (current !== "") chunks.push(reprOf(rt, current));
  }
  const joined = chunks.join(`\n${" ".repeat(start)}`);
  return outermost && chunks.length > 1 ? `(${joined})` : joined;
}
