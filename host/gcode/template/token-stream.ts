// thread: host
import type { Token, TokenType } from "./lexer.js";
import { SyntaxProblem } from "./syntax-problem.js";

/** Deepest nesting of brackets and blocks; keeps the call stack small. */
const MAX_NESTING = 100;

const SHOWN: ReadonlyMap<TokenType, string> = new Map([
  ["block_end", "'%}'"],
  ["variable_end", "'}'"],
  ["eof", "the end of the template"],
  ["data", "text"],
]);

/** How a message shows a token. */
export function describe(token: Token): string {
  return SHOWN.get(token.type) ?? `'${token.text}'`;
}

/** The tokens of a template with a position. */
export class TokenStream {
  readonly #tokens: readonly Token[];
  readonly #end: Token;
  #at = 0;
  #depth = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
    this.#end = tokens.at(-1) ?? { type: "eof", text: "", line: 1 };
  }

  get current(): Token {
    return this.#tokens[this.#at] ?? this.#end;
  }

  /** The token after the current one. */
  get ahead(): Token {
    return this.#tokens[this.#at + 1] ?? this.#end;
  }

  get line(): number {
    return this.current.line;
  }

  next(): Token {
    const token = this.current;
    this.#at += 1;
    return token;
  }

  isType(type: TokenType): boolean {
    return this.current.type === type;
  }

  isOperator(text: string): boolean {
    return this.current.type === "operator" && this.current.text === text;
  }

  isName(name: string): boolean {
    return this.current.type === "name" && this.current.text === name;
  }

  /** Takes the operator when it is next. */
  skipOperator(text: string): boolean {
    if (!this.isOperator(text)) return false;
    this.#at += 1;
    return true;
  }

  /** Takes the name when it is next. */
  skipName(name: string): boolean {
    if (!this.isName(name)) return false;
    this.#at += 1;
    return true;
  }

  expectOperator(text: string): void {
    if (!this.skipOperator(text)) throw this.unexpected(`'${text}'`);
  }

  expectName(what: string): string {
    if (!this.isType("name")) throw this.unexpected(what);
    return this.next().text;
  }

  expectBlockEnd(): void {
    if (!this.isType("block_end")) throw this.unexpected("'%}'");
    this.#at += 1;
  }

  /** The error of a token that does not fit here. */
  unexpected(wanted: string): SyntaxProblem {
    return this.problem(`expected ${wanted}, found ${describe(this.current)}`, unexpectedFix(this.current));
  }

  problem(message: string, fix: string, line = this.line): SyntaxProblem {
    return new SyntaxProblem(message, line, fix);
  }

  /** Parses something nested. Throws `SyntaxProblem` when it is too deep. */
  nested<T>(parse: () => T): T {
    this.#depth += 1;
    if (this.#depth > MAX_NESTING) {
      throw this.problem(`more than ${MAX_NESTING} levels of brackets or blocks`, "split it into several steps");
    }
    const parsed = parse();
    this.#depth -= 1;
    return parsed;
  }
}

function unexpectedFix(token: Token): string {
  if (token.text === "=") return "compare with ==; a single = is for {% set name = value %}";
  if (token.type === "block_end" || token.type === "variable_end") return "complete the expression before it";
  if (token.type === "eof") return "complete the expression and close it";
  return `check what stands before ${describe(token)}: an operator, a filter sign | or a comma may be missing`;
}
