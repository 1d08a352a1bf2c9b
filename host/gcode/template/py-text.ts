// thread: host

/** White space as Python's `str.isspace()` has it (JavaScript's differs in U+FEFF, U+0085 and U+001C to U+001F). */
export const SPACE_SET = "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
const SPACE = new RegExp(`[${SPACE_SET}]`);
const SPACES = new RegExp(`[${SPACE_SET}]+`);
const SURROGATE = /[\ud800-\udfff]/;

/** Whether `text` has characters that take two code units, so that indexes need care. */
function hasPairs(text: string): boolean {
  return SURROGATE.test(text);
}

/** The characters (code points) of a text. */
export function codePoints(text: string): string[] {
  return hasPairs(text) ? Array.from(text) : text.split("");
}

const isHigh = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff;
const isLow = (unit: number): boolean => unit >= 0xdc00 && unit <= 0xdfff;

/** Index of the unit after the character at `unit`. */
function after(text: string, unit: number): number {
  return unit + (isHigh(text.charCodeAt(unit)) && isLow(text.charCodeAt(unit + 1)) ? 2 : 1);
}

/** Index of the first unit of the character that ends before `unit`. */
function before(text: string, unit: number): number {
  return unit - (isLow(text.charCodeAt(unit - 1)) && isHigh(text.charCodeAt(unit - 2)) ? 2 : 1);
}

/** `len()` of a text. */
export function textLength(text: string): number {
  return hasPairs(text) ? unitToPoint(text, text.length) : text.length;
}

/** The character at `index` (from 0, negative counts from the end), or `undefined`. */
export function characterAt(text: string, index: number): string | undefined {
  if (!hasPairs(text)) return text.at(index);
  let unit = index < 0 ? text.length : 0;
  for (let i = 0; i < index && unit < text.length; i++) unit = after(text, unit);
  for (let i = 0; i > index && unit >= 0; i--) unit = before(text, unit);
  return unit >= 0 && unit < text.length ? text.slice(unit, after(text, unit)) : undefined;
}

/** Characters from `start` up to `stop`; both are within the text. */
export function slicePoints(text: string, start: number, stop: number): string {
  return hasPairs(text) ? Array.from(text).slice(start, stop).join("") : text.slice(start, stop);
}

/** Turns an index in code units into one in characters. */
export function unitToPoint(text: string, unit: number): number {
  if (unit <= 0 || !hasPairs(text)) return unit;
  let points = 0;
  for (let i = 0; i < unit; i = after(text, i)) points += 1;
  return points;
}

export function isSpace(character: string): boolean {
  return SPACE.test(character);
}

function isIn(characters: string | undefined, character: string): boolean {
  return characters === undefined ? isSpace(character) : characters.includes(character);
}

/** `str.lstrip()`: without the leading characters that are in `characters`, or white space. */
export function stripStart(text: string, characters?: string): string {
  let start = 0;
  while (start < text.length && isIn(characters, text.slice(start, after(text, start)))) start = after(text, start);
  return start === 0 ? text : text.slice(start);
}

/** `str.rstrip()`. */
export function stripEnd(text: string, characters?: string): string {
  let end = text.length;
  while (end > 0 && isIn(characters, text.slice(before(text, end), end))) end = before(text, end);
  return end === text.length ? text : text.slice(0, end);
}

const isVisible = (unit: number): boolean => unit > 0x20 && unit < 0x7f;

/** `str.strip()`. */
export function strip(text: string, characters?: string): string {
  const bare = isVisible(text.charCodeAt(0)) && isVisible(text.charCodeAt(text.length - 1));
  if (bare && characters === undefined) return text; // by far the most texts
  return stripEnd(stripStart(text, characters), characters);
}

/** `str.split()` without a separator: the words, at most `limit` cuts (negative: no limit). */
export function splitWords(text: string, limit: number): string[] {
  const words: string[] = [];
  let rest = stripStart(text);
  while (rest !== "") {
    const gap = words.length === limit ? null : SPACES.exec(rest);
    if (gap === null) {
      words.push(words.length === limit ? rest : stripEnd(rest));
      break;
    }
    words.push(rest.slice(0, gap.index));
    rest = rest.slice(gap.index + gap[0].length);
  }
  return words;
}

const LINE_BREAKS = "\\n\\v\\f\\r\\x1c-\\x1e\\x85\\u2028\\u2029";
const LINE_END = new RegExp(`\\r\\n|[${LINE_BREAKS}]`, "g");

/** `str.splitlines()`. */
export function splitLines(text: string, keepEnds: boolean): string[] {
  const lines: string[] = [];
  let start = 0;
  for (const end of text.matchAll(LINE_END)) {
    lines.push(text.slice(start, keepEnds ? end.index + end[0].length : end.index));
    start = end.index + end[0].length;
  }
  if (start < text.length) lines.push(text.slice(start));
  return lines;
}

/** Compares two texts by code point: negative, 0 or positive. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  if (!hasPairs(a) && !hasPairs(b)) return a < b ? -1 : 1;
  const left = Array.from(a);
  const right = Array.from(b);
  for (let i = 0; i < left.length && i < right.length; i++) {
    const difference = (left[i]?.codePointAt(0) ?? 0) - (right[i]?.codePointAt(0) ?? 0);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

/** `str.capitalize()`. */
export function capitalize(text: string): string {
  const [first = ""] = codePoints(text.slice(0, 2));
  return first.toUpperCase() + text.slice(first.length).toLowerCase();
}

const UNPRINTABLE = /[\p{C}\p{Z}]/u;

function escapeCharacter(character: string, quote: string): string {
  if (character === quote || character === "\\") return `\\${character}`;
  if (character === "\n") return "\\n";
  if (character === "\r") return "\\r";
  if (character === "\t") return "\\t";
  if (character === " " || !UNPRINTABLE.test(character)) return character;
  return escapePoint(character.codePointAt(0) ?? 0);
}

/** A code point as an escape of a Python string literal. */
export function escapePoint(point: number): string {
  if (point <= 0xff) return `\\x${point.toString(16).padStart(2, "0")}`;
  if (point <= 0xffff) return `\\u${point.toString(16).padStart(4, "0")}`;
  return `\\U${point.toString(16).padStart(8, "0")}`;
}

const PLAIN = /^[ !#-&(-[\]-~]*$/;

/** `repr()` of a text: in single quotes, or in double quotes when it only has single ones inside. */
export function quoteText(text: string): string {
  if (PLAIN.test(text)) return `'${text}'`;
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  return (
    quote +
    codePoints(text)
      .map((c) => escapeCharacter(c, quote))
      .join("") +
    quote
  );
}

/** `ascii()` of a text that `repr()` made: other characters become escapes. */
export function toAscii(text: string): string {
  return codePoints(text)
    .map((c) => ((c.codePointAt(0) ?? 0) < 0x80 ? c : escapePoint(c.codePointAt(0) ?? 0)))
    .join("");
}
