// thread: host
import type { Bound } from "./arguments.js";
import { lengthOf } from "./attributes.js";
import { elements } from "./compare.js";
import { PyDict } from "./dict.js";
import { jsonText } from "./json-text.js";
import { justify, replaceText } from "./methods-text.js";
import { percentFormat } from "./percent-format.js";
import { prettyText } from "./pretty.js";
import { PyError, typeError, undefinedError } from "./py-error.js";
import { capitalize, codePoints, splitLines, splitWords, strip, textLength } from "./py-text.js";
import { type FilterEntry, filter } from "./registry.js";
import { strOf } from "./repr.js";
import type { Runtime } from "./runtime.js";
import { PyObject, PyTuple, typeName, Undefined, type Value } from "./values.js";

const HTML: ReadonlyMap<string, string> = new Map([
  ["&", "&amp;"],
  ["<", "&lt;"],
  [">", "&gt;"],
  ["'", "&#39;"],
  ['"', "&#34;"],
]);
const HTML_NAMES: ReadonlyMap<string, string> = new Map([
  ["amp", "&"],
  ["lt", "<"],
  ["gt", ">"],
  ["quot", '"'],
  ["apos", "'"],
  ["nbsp", "\u00a0"],
]);

function escapeHtml(text: string): string {
  return text.replace(/[&<>'"]/g, (c) => HTML.get(c) ?? c);
}

/** Without HTML tags and comments. Looks at each character once, whatever the text. */
function withoutTags(text: string): string {
  let out = "";
  let at = 0;
  for (let open = text.indexOf("<"); open >= 0; open = text.indexOf("<", at)) {
    const commentEnd = text.startsWith("<!--", open) ? text.indexOf("-->", open + 4) : -1;
    const end = commentEnd >= 0 ? commentEnd + 3 : text.indexOf(">", open) + 1;
    if (end === 0) break;
    out += text.slice(at, open);
    at = end;
  }
  return out + text.slice(at);
}

function stripTags(text: string): string {
  return splitWords(withoutTags(text), -1)
    .join(" ")
    .replace(/&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|(\w+));/gi, (whole, hex, decimal, name) => {
      if (name !== undefined) return HTML_NAMES.get(name) ?? whole;
      const point = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
      return point <= 0x10ffff ? String.fromCodePoint(point) : whole;
    });
}

function quoteUrl(text: string, query: boolean): string {
  const quoted = encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
  return query ? quoted.replaceAll("%20", "+") : quoted.replaceAll("%2F", "/");
}

function urlEncode(rt: Runtime, value: Value): string {
  const isPlain = !(value instanceof PyObject) || value.iterate() === undefined;
  if (isPlain) return quoteUrl(strOf(rt, value), false);
  const pairs = value instanceof PyDict ? value.entries().map((e) => [e.key, e.value]) : pairsOf(rt, value);
  return pairs
    .map(([k = null, v = null]) => `${quoteUrl(strOf(rt, k), true)}=${quoteUrl(strOf(rt, v), true)}`)
    .join("&");
}

function pairsOf(rt: Runtime, value: Value): Value[][] {
  return elements(rt, value).map((pair) => {
    const both = elements(rt, pair);
    if (both.length !== 2) throw typeError("urlencode needs a text, a dict or a list of pairs");
    return both;
  });
}

/** The value when it is a text: a few filters of Jinja take nothing else. */
function textOnly(value: Value, name: string): string {
  if (typeof value === "string") return value;
  if (value instanceof Undefined) throw undefinedError(value);
  throw typeError(`${name} needs a text, not ${typeName(value)}`, `make it a text first: |string|${name}`);
}

function indent(rt: Runtime, text: string, args: Bound): string {
  const width = args.has(0) ? args.value(0) : 4;
  const blanks = typeof width === "string" ? width : justify(rt, "", args.index(0, 4), " ", "left");
  const [head = "", ...lines] = splitLines(`${text}\n`, false);
  rt.fits(text.length + lines.length * blanks.length);
  rt.tick(lines.length);
  const blankToo = args.flag(2, false);
  const rest = lines.map((line) => (line === "" && !blankToo ? line : blanks + line));
  return (args.flag(1, false) ? blanks : "") + [head, ...rest].join("\n");
}

function title(text: string): string {
  return text
    .split(/([-\s({[<]+)/)
    .map((part) => {
      const [first = ""] = codePoints(part.slice(0, 2));
      return first.toUpperCase() + part.slice(first.length).toLowerCase();
    })
    .join("");
}

function truncate(rt: Runtime, value: Value, args: Bound): Value {
  const length = args.index(0, 255);
  const end = args.has(2) ? strOf(rt, args.value(2)) : "...";
  const leeway = args.optional(3) === undefined ? 5 : args.index(3, 5);
  const kept = length - textLength(end);
  if (kept < 0) throw new PyError("ValueError", `expected length >= ${textLength(end)}, got ${length}`);
  if (lengthOf(value) <= length + leeway) return value;
  const points = codePoints(textOnly(value, "truncate"));
  const cut = points.slice(0, kept).join("");
  if (args.flag(1, false)) return cut + end;
  const blank = cut.lastIndexOf(" ");
  return (blank < 0 ? cut : cut.slice(0, blank)) + end;
}

const LETTER = "[\\p{L}_]";
/** Where a word may be broken after a hyphen, as Python's textwrap has it. */
const HYPHEN = new RegExp(`(?<=${LETTER}{2}-|${LETTER}-${LETTER}-)(?=${LETTER}-?${LETTER})`, "u");

/** Pieces of a line that a wrap may put on different lines. */
function wrapPieces(line: string, hyphens: boolean): string[] {
  const words = line.split(/([\t\n\v\f\r ]+)/).filter((piece) => piece !== "");
  return hyphens ? words.flatMap((word) => word.split(HYPHEN)) : words;
}

function wrapLine(rt: Runtime, line: string, width: number, breakLong: boolean, hyphens: boolean): string[] {
  const isBlank = (piece: string) => piece.trim() === "";
  const lines: string[] = [];
  let row: string[] = [];
  let used = 0;
  const finish = () => {
    if (row.length > 0 && isBlank(row.at(-1) ?? "")) row.pop();
    if (row.length > 0) lines.push(row.join(""));
    row = [];
    used = 0;
  };
  const pieces = wrapPieces(line, hyphens).reverse();
  for (let piece = pieces.pop(); piece !== undefined; piece = pieces.pop()) {
    rt.tick();
    if (row.length === 0 && lines.length > 0 && isBlank(piece)) continue;
    const size = textLength(piece);
    if (used + size <= width) {
      row.push(piece);
      used += size;
    } else if (size > width && breakLong) {
      const room = width - used;
      const points = codePoints(piece);
      row.push(points.slice(0, room).join(""));
      pieces.push(points.slice(room).join(""));
      finish();
    } else {
      const alone = row.length === 0;
      if (alone) row.push(piece);
      else pieces.push(piece);
      finish();
    }
  }
  finish();
  return lines;
}

function wordWrap(rt: Runtime, text: string, args: Bound): string {
  const width = args.index(0, 79);
  if (width <= 0) throw new PyError("ValueError", `invalid width ${width} (must be > 0)`);
  const mark = args.optional(2);
  return splitLines(text, false)
    .map((line) => wrapLine(rt, line, width, args.flag(1, true), args.flag(3, true)))
    .map((lines) => lines.join(mark === undefined ? "\n" : strOf(rt, mark)))
    .join(mark === undefined ? "\n" : strOf(rt, mark));
}

function trim(rt: Runtime, value: Value, characters: Value | undefined): string {
  if (characters !== undefined && typeof characters !== "string") throw typeError("strip arg must be None or str");
  return strip(strOf(rt, value), characters);
}

/** Declares a filter of the text of a value. */
function textFilter(name: string, change: (text: string) => string): FilterEntry {
  return filter(name, [], (rt, value) => change(strOf(rt, value)));
}

/** Filters that give texts. */
export const TEXT_FILTERS: readonly FilterEntry[] = [
  textFilter("capitalize", capitalize),
  textFilter("e", escapeHtml),
  textFilter("escape", escapeHtml),
  textFilter("forceescape", escapeHtml),
  textFilter("lower", (text) => text.toLowerCase()),
  textFilter("safe", (text) => text),
  textFilter("string", (text) => text),
  textFilter("striptags", stripTags),
  textFilter("title", title),
  textFilter("upper", (text) => text.toUpperCase()),
  filter("center", ["width?"], (rt, value, a) => justify(rt, strOf(rt, value), a.index(0, 80), " ", "both")),
  [
    "format",
    (rt, value, args, named) => {
      if (args.length > 0 && named.size > 0) {
        throw new PyError("FilterArgumentError", "can't handle positional and keyword arguments at the same time");
      }
      return percentFormat(rt, strOf(rt, value), named.size > 0 ? PyDict.of(named) : new PyTuple(args));
    },
  ],
  filter("indent", ["width?", "first?", "blank?"], (rt, value, a) => indent(rt, textOnly(value, "indent"), a)),
  filter("pprint", [], (rt, value) => prettyText(rt, value)),
  filter("replace", ["old", "new", "count?"], (rt, value, a) =>
    replaceText(
      rt,
      strOf(rt, value),
      strOf(rt, a.value(0)),
      strOf(rt, a.value(1)),
      a.optional(2) === undefined ? -1 : a.index(2, -1),
    ),
  ),
  filter("tojson", ["indent?"], (rt, value, a) =>
    jsonText(rt, value, a.optional(0) === undefined ? undefined : a.index(0, 0)),
  ),
  filter("trim", ["chars?"], (rt, value, a) => trim(rt, value, a.optional(0))),
  filter("truncate", ["length?", "killwords?", "end?", "leeway?"], (rt, value, a) => truncate(rt, value, a)),
  filter("urlencode", [], urlEncode),
  filter("wordcount", [], (rt, value) => strOf(rt, value).match(/[\p{L}\p{N}_]+/gu)?.length ?? 0),
  filter("wordwrap", ["width?", "break_long_words?", "wrapstring?", "break_on_hyphens?"], (rt, value, a) =>
    wordWrap(rt, textOnly(value, "wordwrap"), a),
  ),
];
