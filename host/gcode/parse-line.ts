// thread: any

/**
 * One line of G-code: the name of its command and what follows it.
 *
 * Lines are read as Klipper reads them. A *classic* command is a letter and a number, its parameters are letters with
 * values (`G1 X10 Y-5.5`). Any other command is *extended*, its parameters are `NAME=value`.
 */
export interface GcodeLine {
  /** Upper case. */
  readonly name: string;
  /** The rest of the line as it was typed, comments included, without the one space behind the name. */
  readonly raw: string;
}

/** Parameters by name (upper case), values as typed. */
export type GcodeParams = ReadonlyMap<string, string>;

const CLASSIC_NAME = /^[A-Z]\d+(?:\.\d*)?$/;
const EXTENDED_NAME = /^(?:[\p{L}_]|[\p{L}_][\p{L}_][\p{L}_\d]*)$/u;

/** Whether commands of this name (upper case) have classic parameters. */
export function isClassicName(name: string): boolean {
  return CLASSIC_NAME.test(name);
}

/** Whether a command can have this name (upper case). */
export function isCommandName(name: string): boolean {
  return CLASSIC_NAME.test(name) || EXTENDED_NAME.test(name);
}

const STAR = 42;
const SEMICOLON = 59;

/** ASCII letters, the underscore and the star start a word. */
function startsWord(code: number): boolean {
  return (code >= 65 && code <= 90) || (code >= 97 && code <= 122) || code === 95 || code === STAR;
}

/** End of the letters that start at `from`; a star stands alone. */
function endOfLetters(text: string, from: number, limit: number): number {
  if (text.charCodeAt(from) === STAR) return from + 1;
  let at = from;
  while (at < limit && startsWord(text.charCodeAt(at)) && text.charCodeAt(at) !== STAR) at++;
  return at;
}

/** Where the next word starts, at `from` or behind it. */
function nextWord(text: string, from: number, limit: number): number {
  let at = from;
  while (at < limit && !startsWord(text.charCodeAt(at))) at++;
  return at;
}

/** A line number at the start (`N12`): where what follows it starts; 0 when there is none. */
function skipLineNumber(text: string, limit: number): number {
  const code = text.charCodeAt(0);
  if ((code !== 78 && code !== 110) || endOfLetters(text, 0, limit) !== 1) return 0;
  return nextWord(text, 1, limit);
}

/** The command in a line; `undefined` for an empty line, a comment or a bare line number. Never throws. */
export function parseLine(text: string): GcodeLine | undefined {
  const line = text.trim();
  const comment = line.indexOf(";");
  const limit = comment < 0 ? line.length : comment;
  if (limit === 0) return undefined;
  const start = skipLineNumber(line, limit);
  const letters = nextWord(line, start, limit);
  const name = line.slice(start, nextWord(line, endOfLetters(line, letters, limit), limit)).trimEnd();
  if (name === "") return undefined;
  const rest = line.slice(start + name.length);
  // A checksum only makes sense with a line number; elsewhere a star is text.
  const raw = start === 0 ? rest : rest.replace(/\*\d+\s*$/, "");
  return { name: name.toUpperCase(), raw: /^\s/.test(raw) ? raw.slice(1) : raw };
}

/** Commands whose parameter is any text: it may start with what is no letter. */
const TEXT_COMMANDS = new Set(["M117", "M118"]);

/**
 * The line read again with its first word as the name: for names that have digits or other letters than ASCII inside
 * (`PARK_1_LEFT`), and for texts that start with a quote or a bracket (`M117 "hi"`). `undefined` for other lines.
 */
export function readFirstWord(text: string): GcodeLine | undefined {
  const [, word = "", raw = ""] = /^(\S+)(?:\s(.*))?$/s.exec(text.trim()) ?? [];
  const name = word.toUpperCase();
  const isSpecial = TEXT_COMMANDS.has(name) || (EXTENDED_NAME.test(name) && /\d[\p{L}_]|[^A-Z_\d]/u.test(name));
  return isSpecial ? { name, raw } : undefined;
}

/** Parameters of a classic command, the command's own letter among them. Of a letter given twice the last counts. */
export function parseClassicParams({ name, raw }: GcodeLine): GcodeParams {
  const params = new Map<string, string>([[name.charAt(0), name.slice(1)]]);
  const comment = raw.indexOf(";");
  const limit = comment < 0 ? raw.length : comment;
  let at = nextWord(raw, 0, limit);
  while (at < limit) {
    const value = endOfLetters(raw, at, limit);
    const next = nextWord(raw, value, limit);
    params.set(raw.slice(at, value).toUpperCase(), raw.slice(value, next).trim());
    at = next;
  }
  return params;
}

/**
 * Words of a shell-like text: white space parts them, quotes and backslashes keep it, `#` and `;` start a comment.
 * `undefined` when a quote is not closed.
 */
export function splitWords(text: string): readonly string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  let at = 0;
  while (at < text.length) {
    const letter = text.charAt(at++);
    if (letter === "#" || text.charCodeAt(at - 1) === SEMICOLON) break;
    if (letter.trim() === "") {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (letter === "\\") {
      if (at >= text.length) return undefined;
      word = (word ?? "") + text.charAt(at++);
    } else if (letter === '"' || letter === "'") {
      const quoted = readQuoted(text, at, letter);
      if (quoted === undefined) return undefined;
      word = (word ?? "") + quoted.value;
      at = quoted.next;
    } else {
      word = (word ?? "") + letter;
    }
  }
  if (word !== undefined) words.push(word);
  return words;
}

/** What stands up to the closing quote. In double quotes a backslash keeps a quote or a backslash. */
function readQuoted(text: string, from: number, quote: string): { value: string; next: number } | undefined {
  let value = "";
  for (let at = from; at < text.length; at++) {
    const letter = text.charAt(at);
    if (letter === quote) return { value, next: at + 1 };
    const next = text.charAt(at + 1);
    const isEscape = letter === "\\" && quote === '"' && (next === '"' || next === "\\");
    value += isEscape ? next : letter;
    if (isEscape) at++;
  }
  return undefined;
}

/** Parameters of an extended command; `undefined` when `raw` is not made of `NAME=value`. The last of a name counts. */
export function parseExtendedParams(raw: string): GcodeParams | undefined {
  const words = splitWords(raw);
  if (words === undefined) return undefined;
  const params = new Map<string, string>();
  for (const word of words) {
    const equals = word.indexOf("=");
    if (equals < 0) return undefined;
    params.set(word.slice(0, equals).toUpperCase(), word.slice(equals + 1));
  }
  return params;
}
