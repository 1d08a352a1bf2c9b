// thread: host
import { HostError } from "../../shared/errors.js";
import { PyDict, PySet } from "./dict.js";
import { decodeEscapes } from "./escapes.js";
import { parseIntText } from "./numbers.js";
import { PyError } from "./py-error.js";
import { PyFloat, PyList, PyTuple, pyFloat, pyInt, type Value } from "./values.js";

const MAX_NESTING = 100;
const BLANK = /(?:[ \t\f]|\\\r?\n|[\r\n]|#[^\r\n]*)+/y;
const BLANK_ON_LINE = /(?:[ \t\f]|\\\r?\n|#[^\r\n]*)+/y;
const NUMBER =
  /(?:0x(?:_?[\da-f])+|0o(?:_?[0-7])+|0b(?:_?[01])+|(?:\d(?:_?\d)*)?\.?(?:\d(?:_?\d)*)?(?:e[+-]?\d(?:_?\d)*)?)(j?)/iy;
const NAME = /[\p{ID_Start}_]\p{ID_Continue}*/uy;
const STRING_START = /([a-z]{0,2})("""|'''|"|')/iy;

const CONSTANTS: ReadonlyMap<string, Value> = new Map<string, Value>([
  ["None", null],
  ["True", true],
  ["False", false],
]);

/** What people write who know other languages. */
const CAPITALIZED: ReadonlyMap<string, string> = new Map([
  ["true", "True"],
  ["false", "False"],
  ["none", "None"],
  ["null", "None"],
]);

/** Why a literal cannot be read. */
class LiteralProblem extends Error {
  override readonly name = "LiteralProblem";
  readonly fix: string;

  constructor(message: string, fix: string) {
    super(message);
    this.fix = fix;
  }
}

/** Reads one literal. */
class LiteralParser {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text.replace(/^[ \t]+/, "");
  }

  whole(): Value {
    const items: Value[] = [];
    let isTuple = false;
    this.#blank(true);
    do {
      items.push(this.#value());
      this.#blank(false);
      if (!this.#take(",")) break;
      isTuple = true;
      this.#blank(false);
    } while (this.#at < this.#text.length);
    this.#blank(true);
    if (this.#at < this.#text.length) throw this.#unexpected();
    const [only = null] = items;
    return isTuple ? new PyTuple(items) : only;
  }

  #blank(acrossLines: boolean): void {
    this.#match(acrossLines || this.#depth > 0 ? BLANK : BLANK_ON_LINE);
  }

  #match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match === null || match[0] === "") return undefined;
    this.#at += match[0].length;
    return match;
  }

  #take(text: string): boolean {
    if (!this.#text.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  #unexpected(): LiteralProblem {
    const rest = this.#text.slice(this.#at);
    if (this.#text.trim() === "") return new LiteralProblem("it is empty", `for an empty text write "''"`);
    if (rest === "") return new LiteralProblem("it ends too early", "close every bracket and quote");
    const word = /^[\p{L}_][\p{L}\p{N}_]*/u.exec(rest)?.[0];
    if (word !== undefined) return this.#notAValue(word);
    return new LiteralProblem(
      `unexpected '${rest.charAt(0)}' at character ${this.#at + 1}`,
      "write one number, text, list, tuple or dict; nothing is calculated here",
    );
  }

  #notAValue(word: string): LiteralProblem {
    const meant = CAPITALIZED.get(word.toLowerCase());
    if (meant !== undefined) return new LiteralProblem(`'${word}' is not a value`, `write ${meant}`);
    const isAlone = /^[^'"()[\]{}]+$/.test(this.#text) && this.#text.trim().startsWith(word);
    const text = isAlone ? this.#text.trim() : word;
    return new LiteralProblem(
      `'${word}' is not a value`,
      `put a text into quotes of its own inside the others, as in VALUE="'${text}'"`,
    );
  }

  #value(): Value {
    const sign = /[+-]/y;
    const signed = this.#match(sign)?.[0];
    if (signed !== undefined) {
      this.#blank(false);
      return this.#signed(signed);
    }
    const string = this.#strings();
    if (string !== undefined) return string;
    if (this.#take("(")) return this.#bracketed(() => this.#tuple());
    if (this.#take("[")) return this.#bracketed(() => new PyList(this.#items("]").items));
    if (this.#take("{")) return this.#bracketed(() => this.#dictOrSet());
    const number = this.#number();
    if (number !== undefined) return number;
    return this.#constant();
  }

  #signed(sign: string): Value {
    const value = this.#take("(") ? this.#bracketed(() => this.#tuple()) : this.#number();
    if (value instanceof PyFloat) return sign === "-" ? pyFloat(-value.value) : value;
    if (typeof value === "number" || typeof value === "bigint") {
      return sign === "-" ? pyInt(-BigInt(value)) : value;
    }
    throw this.#unexpected();
  }

  #constant(): Value {
    const start = this.#at;
    const name = this.#match(NAME)?.[0] ?? "";
    const value = CONSTANTS.get(name);
    if (value !== undefined) return value;
    if (name === "set" && /^\s*\(\s*\)/.test(this.#text.slice(this.#at))) {
      this.#at = this.#text.indexOf(")", this.#at) + 1;
      return new PySet([]);
    }
    this.#at = start;
    throw this.#unexpected();
  }

  #number(): Value | undefined {
    const start = this.#at;
    const match = this.#match(NUMBER);
    if (match === undefined || !/^\.?\d/.test(match[0])) {
      this.#at = start;
      return undefined;
    }
    const [text, imaginary] = match;
    if (imaginary !== "") throw new LiteralProblem("complex numbers are not supported", "write a plain number");
    if (/^[\p{L}\p{N}_]/u.test(this.#text.slice(this.#at))) throw this.#unexpected();
    const isInt = /^(?:0[xob]|[\d_]+$)/i.test(text);
    if (!isInt) return pyFloat(Number(text.replaceAll("_", "")));
    const int = parseIntText(text, 0);
    if (int !== undefined) return int;
    throw new LiteralProblem(`'${text}' is not a number`, "remove the leading zeros");
  }

  /** One or more texts side by side, which are one text. */
  #strings(): string | undefined {
    let joined: string | undefined;
    for (;;) {
      const before = this.#at;
      const part = this.#string();
      if (part === undefined) {
        this.#at = before;
        return joined;
      }
      joined = (joined ?? "") + part;
      this.#blank(false);
    }
  }

  #string(): string | undefined {
    const start = this.#match(STRING_START);
    if (start === undefined) return undefined;
    const [, prefix = "", quote = "'"] = start;
    const kind = prefix.toLowerCase();
    if (kind !== "" && kind !== "r" && kind !== "u") {
      throw new LiteralProblem(`a text with the prefix '${prefix}' is not supported`, "remove the prefix");
    }
    const end = this.#closingQuote(quote);
    const body = this.#text.slice(this.#at, end);
    this.#at = end + quote.length;
    if (kind === "r") return body;
    const decoded = decodeEscapes(body);
    if (typeof decoded === "string") return decoded;
    throw new LiteralProblem(decoded.problem, "correct the text, or write the backslash twice");
  }

  #closingQuote(quote: string): number {
    for (let i = this.#at; i < this.#text.length; i++) {
      if (this.#text.startsWith(quote, i)) return i;
      const c = this.#text.charAt(i);
      if (c === "\\") i += 1;
      else if (c === "\n" && quote.length === 1) break;
    }
    throw new LiteralProblem("a text is not closed", `end it with ${quote}`);
  }

  #bracketed(parse: () => Value): Value {
    this.#depth += 1;
    if (this.#depth > MAX_NESTING) {
      throw new LiteralProblem(`more than ${MAX_NESTING} levels of brackets`, "use a simpler value");
    }
    const value = parse();
    this.#depth -= 1;
    return value;
  }

  /** Elements up to the closing bracket, and whether there was a comma. */
  #items(close: string): { items: Value[]; comma: boolean } {
    const items: Value[] = [];
    let comma = false;
    this.#blank(true);
    while (!this.#take(close)) {
      if (items.length > 0 && !comma) throw this.#unexpected();
      items.push(this.#value());
      this.#blank(true);
      comma = this.#take(",");
      if (comma) this.#blank(true);
      else if (!this.#text.startsWith(close, this.#at)) throw this.#unexpected();
    }
    return { items, comma: comma || items.length > 1 };
  }

  #tuple(): Value {
    const { items, comma } = this.#items(")");
    const [only] = items;
    return only !== undefined && !comma ? only : new PyTuple(items);
  }

  #dictOrSet(): Value {
    const dict = new PyDict();
    this.#blank(true);
    if (this.#take("}")) return dict;
    const first = this.#value();
    this.#blank(true);
    if (!this.#text.startsWith(":", this.#at)) return this.#setFrom(first);
    for (let key: Value = first; ; key = this.#value()) {
      this.#blank(true);
      if (!this.#take(":")) throw this.#unexpected();
      this.#blank(true);
      dict.set(key, this.#value());
      this.#blank(true);
      const comma = this.#take(",");
      this.#blank(true);
      if (this.#take("}")) return dict;
      if (!comma) throw this.#unexpected();
    }
  }

  #setFrom(first: Value): Value {
    const set = new PySet([first]);
    if (!this.#take(",")) {
      if (this.#take("}")) return set;
      throw this.#unexpected();
    }
    for (const item of this.#items("}").items) set.add(item);
    return set;
  }
}

/**
 * Reads a Python literal as `ast.literal_eval` does: numbers, texts, tuples, lists, dicts, sets, `True`, `False`,
 * `None`. It is what `SET_GCODE_VARIABLE`, `SAVE_VARIABLE` and `variable_` options take.
 * Throws `MACRO_LITERAL` with the reason.
 */
export function parsePythonLiteral(text: string): Value {
  try {
    return new LiteralParser(text).whole();
  } catch (error) {
    if (!(error instanceof LiteralProblem || error instanceof PyError)) throw error;
    const shown = text.length > 60 ? `${text.slice(0, 57)}...` : text;
    throw new HostError("MACRO_LITERAL", `cannot read '${shown}' as a value: ${error.message}`, {
      details: { value: text, reason: error.message },
      fix: error.fix ?? "write one number, text, list, tuple or dict",
    });
  }
}
