// thread: host
import { decodeEscapes } from "./escapes.js";
import { stripEnd } from "./py-text.js";
import { SyntaxProblem } from "./syntax-problem.js";

export type TokenType =
  | "data"
  | "block_begin"
  | "block_end"
  | "variable_begin"
  | "variable_end"
  | "name"
  | "string"
  | "integer"
  | "float"
  | "operator"
  | "eof";

/** One piece of a template. `text` is the name, operator, number or (decoded) text itself. */
export interface Token {
  readonly type: TokenType;
  readonly text: string;
  readonly line: number;
}

/** Something that is allowed but most likely not meant. */
export interface TemplateWarning {
  readonly line: number;
  readonly message: string;
  readonly fix: string;
}

const RAW_BEGIN = /\{%[-+]?[ \t\n\r\f\v]*raw[ \t\n\r\f\v]*(?:-%\}\s*|%\})/y;
const RAW_END = /\{%([-+]?)\s*endraw\s*(?:\+%\}|-%\}\s*|%\})/g;
const COMMENT_END = /(?:-#\}\s*|\+?#\})/g;
const BLOCK_END = /(?:\+%\}|-%\}\s*|%\})/y;
const VARIABLE_END = /(?:-\}\s*|\})/y;
const BLANK = /\s+/y;
const FLOAT = /(?<!\.)(?:\d+_)*\d+(?:(?:\.(?:\d+_)*\d+)?e[+-]?(?:\d+_)*\d+|\.(?:\d+_)*\d+)/iy;
const INTEGER = /0b(?:_?[01])+|0o(?:_?[0-7])+|0x(?:_?[\da-f])+|[1-9](?:_?\d)*|0(?:_?0)*/iy;
const NAME = /[\p{ID_Start}_]\p{ID_Continue}*/uy;
const STRING = /'([^'\\]*(?:\\[\s\S][^'\\]*)*)'|"([^"\\]*(?:\\[\s\S][^"\\]*)*)"/y;
const OPERATOR = /\/\/|\*\*|==|!=|>=|<=|[-+/*%~[\](){}><=.:|,;]/y;

const CLOSERS: ReadonlyMap<string, string> = new Map([
  ["(", ")"],
  ["[", "]"],
  ["{", "}"],
]);

/** What people mean who know other languages. */
const MEANT: ReadonlyMap<string, string> = new Map([
  ["!", "write 'not' before a condition, and != between values"],
  ["&", "write 'and' between conditions"],
  ["?", "write: value if condition else other"],
  ["$", "names have no $ before them"],
]);

/** Cuts a template into tokens. */
class Lexer {
  readonly #text: string;
  readonly tokens: Token[] = [];
  readonly warnings: TemplateWarning[] = [];
  #at = 0;
  #line = 1;
  /** End of the text that `#line` is counted up to. */
  #counted = 0;

  constructor(source: string) {
    const text = source.replace(/\r\n?/g, "\n");
    this.#text = text.endsWith("\n") ? text.slice(0, -1) : text;
  }

  run(): void {
    while (this.#at < this.#text.length) {
      const brace = this.#text.indexOf("{", this.#at);
      if (brace < 0) break;
      this.#opener(brace);
    }
    this.#data(this.#at, this.#text.length, false);
    this.#push("eof", "", this.#text.length);
  }

  /** Handles the brace at `open` and everything up to its end. */
  #opener(open: number): void {
    const kind = this.#text.charAt(open + 1);
    const isBlock = kind === "%";
    const isComment = kind === "#";
    const afterOpen = open + (isBlock || isComment ? 2 : 1);
    const control = this.#text.charAt(afterOpen);
    const hasControl = control === "-" || control === "+";
    this.#data(this.#at, open, control === "-");
    const inside = afterOpen + (hasControl ? 1 : 0);
    if (isComment) this.#comment(open, inside);
    else if (isBlock && this.#match(RAW_BEGIN, open) !== undefined) this.#raw(open);
    else {
      if (!isBlock && hasControl) this.#warnAboutSign(open, control);
      this.#push(isBlock ? "block_begin" : "variable_begin", this.#text.slice(open, inside), open);
      this.#at = inside;
      this.#code(isBlock, open);
    }
  }

  /** `X{-offset}` prints offset without its sign: Jinja takes the `-` for white space control. */
  #warnAboutSign(open: number, sign: string): void {
    const before = this.#text.charAt(open - 1);
    const after = this.#text.charAt(open + 2);
    if (before.trim() === "" || !/[\w.(]/.test(after)) return;
    this.warnings.push({
      line: this.#lineAt(open),
      message: `the '${sign}' right after '{' controls white space, it is no sign`,
      fix: `for a sign write { ${sign}value } with a blank before it`,
    });
  }

  #comment(open: number, inside: number): void {
    COMMENT_END.lastIndex = inside;
    const end = COMMENT_END.exec(this.#text);
    if (end === null) {
      throw new SyntaxProblem("the comment is not closed", this.#lineAt(open), "end it with #}");
    }
    this.#at = end.index + end[0].length;
  }

  #raw(open: number): void {
    const begin = this.#match(RAW_BEGIN, open) ?? "";
    const start = open + begin.length;
    RAW_END.lastIndex = start;
    const end = RAW_END.exec(this.#text);
    if (end === null) {
      throw new SyntaxProblem("{% raw %} is not closed", this.#lineAt(open), "end it with {% endraw %}");
    }
    this.#data(start, end.index, end[1] === "-");
    this.#at = end.index + end[0].length;
  }

  /** Tokens of an expression or a statement, up to its closing delimiter. */
  #code(isBlock: boolean, open: number): void {
    const closing: string[] = [];
    const end = isBlock ? BLOCK_END : VARIABLE_END;
    while (this.#at < this.#text.length) {
      const start = this.#at;
      const finish = closing.length === 0 ? this.#match(end, start) : undefined;
      if (finish !== undefined) {
        this.#push(isBlock ? "block_end" : "variable_end", isBlock ? "%}" : "}", start);
        this.#at = start + finish.length;
        return;
      }
      this.#token(closing);
    }
    const shown = isBlock ? "%}" : "}";
    const missing = closing.at(-1) ?? shown;
    throw new SyntaxProblem(
      `the template ends before '${missing}'`,
      this.#lineAt(open),
      `close what begins with '${isBlock ? "{%" : "{"}' on this line with '${shown}'`,
    );
  }

  #token(closing: string[]): void {
    const start = this.#at;
    const blank = this.#match(BLANK, start);
    if (blank !== undefined) {
      this.#at += blank.length;
      return;
    }
    if (this.#take("float", FLOAT) || this.#take("integer", INTEGER) || this.#take("name", NAME)) return;
    if (this.#string()) return;
    const operator = this.#match(OPERATOR, start);
    if (operator === undefined) throw this.#unexpectedCharacter(start);
    this.#balance(operator, closing);
    this.#push("operator", operator, start);
    this.#at += operator.length;
  }

  #take(type: TokenType, pattern: RegExp): boolean {
    const text = this.#match(pattern, this.#at);
    if (text === undefined) return false;
    this.#push(type, text, this.#at);
    this.#at += text.length;
    return true;
  }

  #string(): boolean {
    STRING.lastIndex = this.#at;
    const match = STRING.exec(this.#text);
    if (match === null) return false;
    const decoded = decodeEscapes(match[1] ?? match[2] ?? "");
    if (typeof decoded !== "string") {
      throw new SyntaxProblem(
        decoded.problem,
        this.#lineAt(this.#at),
        "correct the text, or write the backslash twice",
      );
    }
    this.#push("string", decoded, this.#at);
    this.#at += match[0].length;
    return true;
  }

  #balance(operator: string, closing: string[]): void {
    const closer = CLOSERS.get(operator);
    if (closer !== undefined) {
      closing.push(closer);
      return;
    }
    if (operator !== ")" && operator !== "]" && operator !== "}") return;
    const wanted = closing.pop();
    if (wanted === operator) return;
    throw new SyntaxProblem(
      wanted === undefined ? `unexpected '${operator}'` : `unexpected '${operator}', expected '${wanted}'`,
      this.#lineAt(this.#at),
      wanted === undefined
        ? `remove the '${operator}', or open it before`
        : `close the bracket with '${wanted}' before this '${operator}'`,
    );
  }

  #unexpectedCharacter(at: number): SyntaxProblem {
    const character = this.#text.charAt(at);
    const line = this.#lineAt(at);
    if (character === "'" || character === '"') {
      return new SyntaxProblem("a text is not closed", line, `end the text with ${character}`);
    }
    const fix = MEANT.get(character) ?? "remove it, or put it into quotes";
    return new SyntaxProblem(`unexpected character '${character}'`, line, fix);
  }

  #data(start: number, end: number, cutEnd: boolean): void {
    if (end <= start) return;
    const text = this.#text.slice(start, end);
    const shown = cutEnd ? stripEnd(text) : text;
    if (shown !== "") this.#push("data", shown, start);
  }

  #push(type: TokenType, text: string, at: number): void {
    this.tokens.push({ type, text, line: this.#lineAt(at) });
  }

  #match(pattern: RegExp, at: number): string | undefined {
    pattern.lastIndex = at;
    return pattern.exec(this.#text)?.[0];
  }

  /** Line of the character at `at`; asked for in rising order, so each character is looked at once. */
  #lineAt(at: number): number {
    if (at < this.#counted) return this.#line - (this.#text.slice(at, this.#counted).split("\n").length - 1);
    for (let i = this.#text.indexOf("\n", this.#counted); i >= 0 && i < at; i = this.#text.indexOf("\n", i + 1)) {
      this.#line += 1;
    }
    this.#counted = at;
    return this.#line;
  }
}

/** Cuts a template into tokens. Throws `SyntaxProblem`. */
export function tokenize(source: string): { tokens: readonly Token[]; warnings: TemplateWarning[] } {
  const lexer = new Lexer(source);
  lexer.run();
  return { tokens: lexer.tokens, warnings: lexer.warnings };
}
