// thread: host
import { type Bound, MethodTable, sliceRange } from "./arguments.js";
import { elements } from "./compare.js";
import { PyDict } from "./dict.js";
import { asInt } from "./numbers.js";
import { type PyError, typeError, valueError } from "./py-error.js";
import {
  capitalize,
  codePoints,
  isSpace,
  slicePoints,
  splitLines,
  splitWords,
  strip,
  stripEnd,
  stripStart,
  textLength,
  unitToPoint,
} from "./py-text.js";
import type { Runtime } from "./runtime.js";
import { PyList, PyTuple, typeName } from "./values.js";

const LETTER = /^\p{L}$/u;
const DECIMAL = /^\p{Nd}$/u;
const DIGIT = /^[\p{Nd}\u00b2\u00b3\u00b9\u2070\u2074-\u2079\u2080-\u2089]$/u;
const NUMERIC = /^\p{N}$/u;
const PRINTABLE = /^[^\p{C}\p{Z}]$/u;
const IDENTIFIER = /^[\p{ID_Start}_][\p{ID_Continue}]*$/u;

/** A character that has upper and lower case forms. */
function isCased(c: string): boolean {
  return c.toLowerCase() !== c || c.toUpperCase() !== c;
}

const isUpper = (c: string): boolean => c.toLowerCase() !== c;
const isLower = (c: string): boolean => c.toUpperCase() !== c && c.toLowerCase() === c;

/** `islower()` and `isupper()`: at least one cased character, all of that case. */
function allCased(text: string, wanted: (c: string) => boolean): boolean {
  const cased = codePoints(text).filter(isCased);
  return cased.length > 0 && cased.every(wanted);
}

function every(text: string, test: (c: string) => boolean): boolean {
  return text !== "" && codePoints(text).every(test);
}

/** `str.title()`: a capital after everything that is not a letter. */
function titleCase(text: string): string {
  let inWord = false;
  return codePoints(text)
    .map((c) => {
      const shown = inWord ? c.toLowerCase() : c.toUpperCase();
      inWord = isCased(c);
      return shown;
    })
    .join("");
}

function isTitle(text: string): boolean {
  let inWord = false;
  let any = false;
  for (const c of codePoints(text)) {
    if (isCased(c)) {
      if (isUpper(c) === inWord) return false;
      any = true;
    }
    inWord = isCased(c);
  }
  return any;
}

/** Part of the text that `start` and `end` (arguments `at` and `at + 1`) name, and where it begins. */
function part(text: string, args: Bound, at: number): { text: string; start: number; valid: boolean } {
  if (!args.has(at) && !args.has(at + 1)) return { text, start: 0, valid: true };
  const length = textLength(text);
  const range = sliceRange(args.value(at), args.value(at + 1), null, length);
  const first = args.optional(at);
  const valid = range.start <= range.stop && !(typeof first === "number" && first > length);
  return { text: slicePoints(text, range.start, Math.max(range.start, range.stop)), start: range.start, valid };
}

function find(text: string, args: Bound, backwards: boolean): number {
  const wanted = args.text(0, "the text to find");
  const within = part(text, args, 1);
  if (!within.valid) return -1;
  const at = backwards ? within.text.lastIndexOf(wanted) : within.text.indexOf(wanted);
  return at < 0 ? -1 : within.start + unitToPoint(within.text, at);
}

function count(text: string, args: Bound): number {
  const wanted = args.text(0, "count() argument");
  const within = part(text, args, 1);
  if (!within.valid) return 0;
  return wanted === "" ? textLength(within.text) + 1 : within.text.split(wanted).length - 1;
}

function notFound(found: number): number {
  if (found >= 0) return found;
  throw valueError("substring not found", "ask first whether the text is there: {% if 'x' in text %}");
}

/** `startswith()` and `endswith()`: one text or a tuple of them. */
function hasEdge(text: string, args: Bound, name: string, test: (text: string, edge: string) => boolean): boolean {
  const edges = args.value(0);
  const within = part(text, args, 1);
  if (typeof edges === "string") return within.valid && test(within.text, edges);
  if (!(edges instanceof PyTuple)) {
    throw typeError(`${name} first arg must be str or a tuple of str, not ${typeName(edges)}`);
  }
  return edges.items.some((edge) => {
    if (typeof edge !== "string") throw typeError(`tuple for ${name} must only contain str, not ${typeName(edge)}`);
    return within.valid && test(within.text, edge);
  });
}

/** `replace()`: all of them, or the first `limit`. */
export function replaceText(rt: Runtime, text: string, from: string, to: string, limit: number): string {
  const parts = from === "" ? ["", ...codePoints(text), ""] : text.split(from);
  const cuts = limit < 0 ? parts.length - 1 : Math.min(limit, parts.length - 1);
  rt.tick(parts.length);
  rt.fits(text.length + cuts * (to.length - from.length));
  return (
    parts.slice(0, cuts + 1).join(to) +
    parts
      .slice(cuts + 1)
      .map((piece) => from + piece)
      .join("")
  );
}

function splitAt(text: string, separator: string, limit: number): string[] {
  if (separator === "") throw valueError("empty separator");
  const parts = text.split(separator);
  if (limit < 0 || parts.length <= limit + 1) return parts;
  return [...parts.slice(0, limit), parts.slice(limit).join(separator)];
}

function splitAtFromEnd(text: string, separator: string, limit: number): string[] {
  if (separator === "") throw valueError("empty separator");
  const parts = text.split(separator);
  if (limit < 0 || parts.length <= limit + 1) return parts;
  const kept = parts.length - limit;
  return [parts.slice(0, kept).join(separator), ...parts.slice(kept)];
}

function splitWordsFromEnd(text: string, limit: number): string[] {
  if (limit < 0) return splitWords(text, -1);
  const backwards = (value: string) => codePoints(value).reverse().join("");
  return splitWords(backwards(text), limit).map(backwards).reverse();
}

function split(rt: Runtime, text: string, args: Bound, fromEnd: boolean): PyList {
  const separator = args.optional(0);
  const limit = args.index(1, -1);
  if (separator !== undefined && typeof separator !== "string") {
    throw typeError(`must be str or None, not ${typeName(separator)}`, "the separator is a text, as in split(',')");
  }
  const words = fromEnd ? splitWordsFromEnd : splitWords;
  const cut = fromEnd ? splitAtFromEnd : splitAt;
  const parts = separator === undefined ? words(text, limit) : cut(text, separator, limit);
  rt.tick(parts.length);
  return new PyList(parts);
}

function partition(text: string, separator: string, backwards: boolean): PyTuple {
  if (separator === "") throw valueError("empty separator");
  const at = backwards ? text.lastIndexOf(separator) : text.indexOf(separator);
  if (at < 0) return new PyTuple(backwards ? ["", "", text] : [text, "", ""]);
  return new PyTuple([text.slice(0, at), separator, text.slice(at + separator.length)]);
}

type Side = "left" | "right" | "both";

/** Fills a text up to `width` characters. */
export function justify(rt: Runtime, text: string, width: number, fill: string, side: Side): string {
  const missing = width - textLength(text);
  if (missing <= 0) return text;
  rt.fits(width);
  if (side === "left") return text + fill.repeat(missing);
  if (side === "right") return fill.repeat(missing) + text;
  const before = Math.floor(missing / 2) + (missing & width & 1);
  return fill.repeat(before) + text + fill.repeat(missing - before);
}

function fillCharacter(args: Bound): string {
  if (!args.has(1)) return " ";
  const fill = args.value(1);
  if (typeof fill === "string" && textLength(fill) === 1) return fill;
  throw typeError("The fill character must be exactly one character long");
}

/** `sep.join(items)`: all items must be texts. */
function join(rt: Runtime, separator: string, args: Bound): string {
  const items = elements(rt, args.value(0));
  let size = 0;
  const texts = items.map((item, i) => {
    if (typeof item !== "string") {
      throw typeError(
        `sequence item ${i}: expected str instance, ${typeName(item)} found`,
        "the join filter takes any values: list|join(',')",
      );
    }
    size += item.length + separator.length;
    rt.fits(size);
    return item;
  });
  return texts.join(separator);
}

function stripped(text: string, args: Bound, how: (text: string, characters?: string) => string): string {
  const characters = args.optional(0);
  if (characters !== undefined && typeof characters !== "string") {
    throw typeError(`strip arg must be None or str, not ${typeName(characters)}`);
  }
  return how(text, characters);
}

function expandTabs(rt: Runtime, text: string, size: number): string {
  let column = 0;
  let out = "";
  for (const c of codePoints(text)) {
    if (c === "\t") {
      const blanks = size > 0 ? size - (column % size) : 0;
      rt.fits(out.length + blanks);
      out += " ".repeat(blanks);
      column += blanks;
    } else {
      out += c;
      column = c === "\n" || c === "\r" ? 0 : column + 1;
    }
  }
  return out;
}

function fillZeros(rt: Runtime, text: string, width: number): string {
  const sign = /^[+-]/.exec(text)?.[0] ?? "";
  return sign + justify(rt, text.slice(sign.length), width - sign.length, "0", "right");
}

function swapCase(text: string): string {
  return codePoints(text)
    .map((c) => (isUpper(c) ? c.toLowerCase() : c.toUpperCase()))
    .join("");
}

/** `translate()`: a dict of code points to texts, code points or `None`. */
function translate(text: string, args: Bound): string {
  const table = args.value(0);
  if (!(table instanceof PyDict)) throw typeError(`'${typeName(table)}' object is not subscriptable`);
  return codePoints(text)
    .map((c) => {
      const made = table.get(c.codePointAt(0) ?? 0);
      if (made === undefined) return c;
      if (made === null) return "";
      if (typeof made === "string") return made;
      const point = asInt(made);
      if (point === undefined) throw typeError("character mapping must return integer, None or str");
      return String.fromCodePoint(Number(point));
    })
    .join("");
}

function makeTranslation(args: Bound): PyDict {
  const table = new PyDict();
  const [from, to, removed] = [args.value(0), args.optional(1), args.optional(2)];
  if (from instanceof PyDict) {
    for (const { key, value } of from.entries()) table.set(typeof key === "string" ? pointOf(key) : key, value);
    return table;
  }
  if (typeof from !== "string" || typeof to !== "string") throw maketransError();
  const targets = codePoints(to);
  const sources = codePoints(from);
  if (sources.length !== targets.length) {
    throw valueError("the first two maketrans arguments must have equal length");
  }
  for (const [i, c] of sources.entries()) table.set(pointOf(c), pointOf(targets[i] ?? ""));
  if (typeof removed === "string") for (const c of codePoints(removed)) table.set(pointOf(c), null);
  return table;
}

function pointOf(text: string): number {
  return text.codePointAt(0) ?? 0;
}

function maketransError(): PyError {
  return typeError("maketrans needs a dict or two texts of the same length");
}

/** The methods of `str`. `format` and `format_map` are added by attributes.ts, which knows member access. */
export const TEXT_METHODS = new MethodTable<string>()
  .add("capitalize", [], (_rt, s) => capitalize(s))
  .add("casefold", [], (_rt, s) => s.toLowerCase().replaceAll("ß", "ss"))
  .add("center", ["width", "fillchar?"], (rt, s, a) => justify(rt, s, a.index(0, 0), fillCharacter(a), "both"))
  .add("count", ["sub", "start?", "end?"], (_rt, s, a) => count(s, a))
  .add("endswith", ["suffix", "start?", "end?"], (_rt, s, a) => hasEdge(s, a, "endswith", (t, e) => t.endsWith(e)))
  .add("expandtabs", ["tabsize?"], (rt, s, a) => expandTabs(rt, s, a.index(0, 8)))
  .add("find", ["sub", "start?", "end?"], (_rt, s, a) => find(s, a, false))
  .add("index", ["sub", "start?", "end?"], (_rt, s, a) => notFound(find(s, a, false)))
  .add("isalnum", [], (_rt, s) => every(s, (c) => LETTER.test(c) || NUMERIC.test(c)))
  .add("isalpha", [], (_rt, s) => every(s, (c) => LETTER.test(c)))
  .add("isascii", [], (_rt, s) => codePoints(s).every((c) => c < "\u0080"))
  .add("isdecimal", [], (_rt, s) => every(s, (c) => DECIMAL.test(c)))
  .add("isdigit", [], (_rt, s) => every(s, (c) => DIGIT.test(c)))
  .add("isidentifier", [], (_rt, s) => IDENTIFIER.test(s))
  .add("islower", [], (_rt, s) => allCased(s, isLower))
  .add("isnumeric", [], (_rt, s) => every(s, (c) => NUMERIC.test(c)))
  .add("isprintable", [], (_rt, s) => codePoints(s).every((c) => c === " " || PRINTABLE.test(c)))
  .add("isspace", [], (_rt, s) => every(s, isSpace))
  .add("istitle", [], (_rt, s) => isTitle(s))
  .add("isupper", [], (_rt, s) => allCased(s, isUpper))
  .add("join", ["iterable"], (rt, s, a) => join(rt, s, a))
  .add("ljust", ["width", "fillchar?"], (rt, s, a) => justify(rt, s, a.index(0, 0), fillCharacter(a), "left"))
  .add("lower", [], (_rt, s) => s.toLowerCase())
  .add("lstrip", ["chars?"], (_rt, s, a) => stripped(s, a, stripStart))
  .add("maketrans", ["x", "y?", "z?"], (_rt, _s, a) => makeTranslation(a))
  .add("partition", ["sep"], (_rt, s, a) => partition(s, a.text(0, "separator"), false))
  .add("removeprefix", ["prefix"], (_rt, s, a) => {
    const prefix = a.text(0, "removeprefix() argument");
    return s.startsWith(prefix) ? s.slice(prefix.length) : s;
  })
  .add("removesuffix", ["suffix"], (_rt, s, a) => {
    const suffix = a.text(0, "removesuffix() argument");
    return suffix !== "" && s.endsWith(suffix) ? s.slice(0, -suffix.length) : s;
  })
  .add("replace", ["old", "new", "count?"], (rt, s, a) =>
    replaceText(rt, s, a.text(0, "replace() argument 1"), a.text(1, "replace() argument 2"), a.index(2, -1)),
  )
  .add("rfind", ["sub", "start?", "end?"], (_rt, s, a) => find(s, a, true))
  .add("rindex", ["sub", "start?", "end?"], (_rt, s, a) => notFound(find(s, a, true)))
  .add("rjust", ["width", "fillchar?"], (rt, s, a) => justify(rt, s, a.index(0, 0), fillCharacter(a), "right"))
  .add("rpartition", ["sep"], (_rt, s, a) => partition(s, a.text(0, "separator"), true))
  .add("rsplit", ["sep?", "maxsplit?"], (rt, s, a) => split(rt, s, a, true))
  .add("rstrip", ["chars?"], (_rt, s, a) => stripped(s, a, stripEnd))
  .add("split", ["sep?", "maxsplit?"], (rt, s, a) => split(rt, s, a, false))
  .add("splitlines", ["keepends?"], (_rt, s, a) => new PyList(splitLines(s, a.flag(0, false))))
  .add("startswith", ["prefix", "start?", "end?"], (_rt, s, a) =>
    hasEdge(s, a, "startswith", (t, e) => t.startsWith(e)),
  )
  .add("strip", ["chars?"], (_rt, s, a) => stripped(s, a, strip))
  .add("swapcase", [], (_rt, s) => swapCase(s))
  .add("title", [], (_rt, s) => titleCase(s))
  .add("translate", ["table"], (_rt, s, a) => translate(s, a))
  .add("upper", [], (_rt, s) => s.toUpperCase())
  .add("zfill", ["width"], (rt, s, a) => fillZeros(rt, s, a.index(0, 0)));
