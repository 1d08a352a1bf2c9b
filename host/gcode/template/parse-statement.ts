// thread: host
import { suggest } from "../../shared/suggest.js";
import type { Expression, Parameters, Statement, Target } from "./ast.js";
import { type TemplateWarning, type Token, tokenize } from "./lexer.js";
import { isConstantName, parseExpression, parseFilterChain, parseTupleOrExpression } from "./parse-expression.js";
import { SyntaxProblem } from "./syntax-problem.js";
import { TokenStream } from "./token-stream.js";

/** A block that is open while its body is parsed. */
interface OpenBlock {
  readonly tag: string;
  readonly line: number;
  /** Tags that continue or end it. */
  readonly closers: readonly string[];
}

const STATEMENTS = "set if for macro call do with filter print raw break continue".split(" ");
const CLOSING = ["elif", "else", "endif", "endfor", "endset", "endmacro", "endcall", "endwith", "endfilter", "endraw"];
/** Tags of Jinja that make no sense in a macro, with what to do instead. */
const FOREIGN: ReadonlyMap<string, string> = new Map([
  ...["include", "import", "from", "extends", "block"].map((tag) => [tag, "call another macro by its name"] as const),
  ["autoescape", "remove it: G-code is never escaped"],
  ["trans", "remove it: there are no translations"],
]);

/** Parses the statements of a template. */
class StatementParser {
  readonly #tokens: TokenStream;
  readonly #open: OpenBlock[] = [];

  constructor(tokens: readonly Token[]) {
    this.#tokens = new TokenStream(tokens);
  }

  template(): Statement[] {
    const body = this.#body();
    if (!this.#tokens.isType("eof")) throw this.#unknownTag();
    return body;
  }

  /** Statements up to the end or to a tag that closes the innermost block, which is left standing. */
  #body(): Statement[] {
    const made: Statement[] = [];
    for (;;) {
      const token = this.#tokens.current;
      if (token.type === "eof") {
        this.#mustBeClosed();
        return made;
      }
      this.#tokens.next();
      if (token.type === "data") made.push({ kind: "text", line: token.line, text: token.text });
      else if (token.type === "variable_begin") made.push(this.#output(token.line));
      else if (this.#isCloser()) return made;
      else made.push(this.#statement());
    }
  }

  #isCloser(): boolean {
    const { type, text } = this.#tokens.current;
    return type === "name" && (this.#open.at(-1)?.closers.includes(text) ?? false);
  }

  #mustBeClosed(): void {
    const block = this.#open.at(-1);
    if (block === undefined) return;
    const closer = block.closers.at(-1) ?? "";
    throw this.#tokens.problem(
      `the template ends inside {% ${block.tag} %}, which is not closed`,
      `add {% ${closer} %} where it should end`,
      block.line,
    );
  }

  #output(line: number): Statement {
    const value = parseTupleOrExpression(this.#tokens);
    if (!this.#tokens.isType("variable_end")) throw this.#tokens.unexpected("'}'");
    this.#tokens.next();
    return { kind: "output", line, values: [value] };
  }

  /** Parses the body of a block up to one of `closers` and gives the one found, without the rest of its tag. */
  #block(tag: string, line: number, closers: readonly string[]): { body: Statement[]; closer: string } {
    this.#open.push({ tag, line, closers });
    const body = this.#tokens.nested(() => this.#body());
    this.#open.pop();
    return { body, closer: this.#tokens.next().text };
  }

  /** Parses a body that has just one closing tag. */
  #simpleBlock(tag: string, line: number, closer: string): Statement[] {
    this.#tokens.expectBlockEnd();
    const { body } = this.#block(tag, line, [closer]);
    this.#tokens.expectBlockEnd();
    return body;
  }

  /** Parses one statement behind `{%`. */
  #statement(): Statement {
    const { line } = this.#tokens;
    const tag = this.#tokens.current;
    if (tag.type !== "name") throw this.#tokens.unexpected("the name of a statement after '{%'");
    const parse = this.#parser(tag.text);
    if (parse === undefined) throw this.#unknownTag();
    this.#tokens.next();
    return parse(line);
  }

  #parser(tag: string): ((line: number) => Statement) | undefined {
    switch (tag) {
      case "set":
        return (line) => this.#set(line);
      case "if":
        return (line) => this.#if(line);
      case "for":
        return (line) => this.#for(line);
      case "macro":
        return (line) => this.#macro(line);
      case "call":
        return (line) => this.#call(line);
      case "with":
        return (line) => this.#with(line);
      case "filter":
        return (line) => this.#filter(line);
      case "do":
        return (line) => this.#ending({ kind: "do", line, value: parseTupleOrExpression(this.#tokens) });
      case "print":
        return (line) => this.#print(line);
      case "break":
      case "continue":
        return (line) => this.#ending({ kind: tag, line: this.#insideLoop(tag, line) });
      default:
        return undefined;
    }
  }

  #print(line: number): Statement {
    const values: Expression[] = [];
    while (!this.#tokens.isType("block_end")) {
      if (values.length > 0) this.#tokens.expectOperator(",");
      values.push(parseExpression(this.#tokens));
    }
    return this.#ending({ kind: "output", line, values });
  }

  #ending(statement: Statement): Statement {
    this.#tokens.expectBlockEnd();
    return statement;
  }

  #insideLoop(tag: string, line: number): number {
    const scope = this.#open.findLast((block) => block.tag === "for" || block.tag === "macro" || block.tag === "call");
    if (scope?.tag === "for") return line;
    throw this.#tokens.problem(`{% ${tag} %} stands outside a loop`, "use it between {% for %} and {% endfor %}", line);
  }

  #unknownTag(): SyntaxProblem {
    const { text, line } = this.#tokens.current;
    const block = this.#open.at(-1);
    if (CLOSING.includes(text)) {
      if (block === undefined) {
        return this.#tokens.problem(
          `{% ${text} %} without its beginning`,
          "remove it, or add the statement that it closes",
        );
      }
      return new SyntaxProblem(
        `{% ${text} %} stands inside {% ${block.tag} %}`,
        line,
        `close {% ${block.tag} %} with {% ${block.closers.at(-1) ?? ""} %} first`,
        block.line,
      );
    }
    const instead = FOREIGN.get(text);
    if (instead !== undefined) return this.#tokens.problem(`{% ${text} %} is not available in macros`, instead);
    const suggestion = suggest(text, [...STATEMENTS, ...CLOSING]);
    return this.#tokens.problem(
      `unknown statement '${text}'`,
      suggestion === undefined
        ? `statements are ${STATEMENTS.join(", ")}; text that begins with {% goes between {% raw %} and {% endraw %}`
        : `did you mean '${suggestion}'?`,
      line,
    );
  }

  #if(line: number): Statement {
    const branches: { test: Expression; body: Statement[] }[] = [];
    let closer = "elif";
    while (closer === "elif") {
      const test = parseTupleOrExpression(this.#tokens, false);
      this.#tokens.expectBlockEnd();
      const part = this.#block("if", line, ["elif", "else", "endif"]);
      branches.push({ test, body: part.body });
      closer = part.closer;
    }
    const otherwise = closer === "else" ? this.#simpleBlock("if", line, "endif") : this.#emptyEnd();
    return { kind: "if", line, branches, otherwise };
  }

  #emptyEnd(): Statement[] {
    this.#tokens.expectBlockEnd();
    return [];
  }

  #for(line: number): Statement {
    const target = this.#target(["in"]);
    if (!this.#tokens.skipName("in")) throw this.#tokens.unexpected("'in'");
    const iterable = parseTupleOrExpression(this.#tokens, false);
    const filter = this.#tokens.skipName("if") ? parseExpression(this.#tokens) : undefined;
    const recursive = this.#tokens.skipName("recursive");
    this.#tokens.expectBlockEnd();
    const { body, closer } = this.#block("for", line, ["else", "endfor"]);
    const otherwise = closer === "else" ? this.#elseOfLoop(line) : this.#emptyEnd();
    return { kind: "for", line, target, iterable, filter, recursive, body, otherwise };
  }

  #elseOfLoop(line: number): Statement[] {
    this.#tokens.expectBlockEnd();
    const { body } = this.#block("for-else", line, ["endfor"]);
    this.#tokens.expectBlockEnd();
    return body;
  }

  #set(line: number): Statement {
    const target = this.#target(["="]);
    if (this.#tokens.skipOperator("=")) {
      const value = parseTupleOrExpression(this.#tokens);
      return this.#ending({ kind: "set", line, target, value });
    }
    const filter = this.#tokens.skipOperator("|") ? parseFilterChain(this.#tokens) : undefined;
    if (!this.#tokens.isType("block_end")) throw this.#tokens.unexpected("'='");
    return { kind: "set_block", line, target, filter, body: this.#simpleBlock("set", line, "endset") };
  }

  /** Parses names to assign to: `a`, `a, b`, `(a, b), c`, `ns.a`. */
  #target(enders: readonly string[]): Target {
    const { line } = this.#tokens;
    const first = this.#singleTarget();
    if (!this.#tokens.isOperator(",")) return first;
    const items = [first];
    while (this.#tokens.skipOperator(",")) {
      if (enders.includes(this.#tokens.current.text)) break;
      items.push(this.#singleTarget());
    }
    return { kind: "tuple", line, items };
  }

  #singleTarget(): Target {
    const { line } = this.#tokens;
    if (this.#tokens.skipOperator("(")) {
      const inner = this.#target([")"]);
      this.#tokens.expectOperator(")");
      return inner;
    }
    const token = this.#tokens.current;
    if (token.type !== "name" || isConstantName(token.text)) {
      throw this.#tokens.problem(
        `cannot assign to '${token.text}'`,
        "a name starts with a letter or _, as in {% set speed = 100 %}",
      );
    }
    this.#tokens.next();
    if (this.#tokens.isOperator("[")) {
      throw this.#tokens.problem(
        `cannot assign to an element of '${token.text}'`,
        `for a dict write {% set _ = ${token.text}.update({key: value}) %}`,
      );
    }
    if (!this.#tokens.skipOperator(".")) return { kind: "name", line, name: token.text };
    return { kind: "member", line, owner: token.text, name: this.#tokens.expectName("a name after '.'") };
  }

  #parameters(): Parameters {
    const names: string[] = [];
    const defaults: Expression[] = [];
    this.#tokens.expectOperator("(");
    while (!this.#tokens.isOperator(")")) {
      if (names.length > 0) this.#tokens.expectOperator(",");
      const name = this.#tokens.expectName("the name of a parameter");
      if (this.#tokens.skipOperator("=")) defaults.push(parseExpression(this.#tokens));
      else if (defaults.length > 0) {
        throw this.#tokens.problem(
          `the parameter '${name}' has no default but comes after one that has`,
          "put parameters without a default first",
        );
      }
      names.push(name);
    }
    this.#tokens.expectOperator(")");
    return { names, defaults };
  }

  #macro(line: number): Statement {
    const name = this.#tokens.expectName("the name of the macro");
    const parameters = this.#parameters();
    return { kind: "macro", line, name, parameters, body: this.#simpleBlock("macro", line, "endmacro") };
  }

  #call(line: number): Statement {
    const parameters = this.#tokens.isOperator("(") ? this.#parameters() : { names: [], defaults: [] };
    const call = parseExpression(this.#tokens);
    if (call.kind !== "call") {
      throw this.#tokens.problem("{% call %} needs a call", "write {% call name(arguments) %}", line);
    }
    return { kind: "call_block", line, call, parameters, body: this.#simpleBlock("call", line, "endcall") };
  }

  #with(line: number): Statement {
    const targets: Target[] = [];
    const values: Expression[] = [];
    while (!this.#tokens.isType("block_end")) {
      if (targets.length > 0) this.#tokens.expectOperator(",");
      targets.push(this.#singleTarget());
      this.#tokens.expectOperator("=");
      values.push(parseExpression(this.#tokens));
    }
    return { kind: "with", line, targets, values, body: this.#simpleBlock("with", line, "endwith") };
  }

  #filter(line: number): Statement {
    const filter = parseFilterChain(this.#tokens);
    return { kind: "filter_block", line, filter, body: this.#simpleBlock("filter", line, "endfilter") };
  }
}

/** Parses a template. Throws `SyntaxProblem`. */
export function parseTemplate(source: string): { body: readonly Statement[]; warnings: TemplateWarning[] } {
  const { tokens, warnings } = tokenize(source);
  return { body: new StatementParser(tokens).template(), warnings };
}
