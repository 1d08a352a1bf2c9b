// thread: host
import type { CallArguments, CompareOperator, Expression } from "./ast.js";
import { parseIntText } from "./numbers.js";
import type { BinaryOperator } from "./operators.js";
import type { TokenStream } from "./token-stream.js";
import { pyFloat, type Value } from "./values.js";

export const NO_ARGUMENTS: CallArguments = { positional: [], named: [], spread: undefined, spreadNamed: undefined };

const CONSTANTS: ReadonlyMap<string, Value> = new Map<string, Value>([
  ["true", true],
  ["True", true],
  ["false", false],
  ["False", false],
  ["none", null],
  ["None", null],
]);

/** Names that cannot be assigned to. */
export function isConstantName(name: string): boolean {
  return CONSTANTS.has(name);
}

/** Parses `a if b else c` and everything that binds tighter. Throws `SyntaxProblem`. */
export function parseExpression(tokens: TokenStream): Expression {
  return tokens.nested(() => parseCondition(tokens));
}

/** Parses an expression or a tuple without brackets: `1, 2`. */
export function parseTupleOrExpression(tokens: TokenStream, withCondition = true): Expression {
  const { line } = tokens;
  const parse = withCondition ? parseExpression : parseExpressionWithoutIf;
  const first = parse(tokens);
  if (!tokens.isOperator(",")) return first;
  const items = [first];
  while (tokens.skipOperator(",") && !endsTuple(tokens)) items.push(parse(tokens));
  return { kind: "tuple", line, items };
}

function endsTuple(tokens: TokenStream): boolean {
  if (tokens.isType("variable_end") || tokens.isType("block_end") || tokens.isOperator(")")) return true;
  return tokens.isName("recursive") || tokens.isName("if");
}

/** Parses an expression that an `if` behind it does not belong to. */
export function parseExpressionWithoutIf(tokens: TokenStream): Expression {
  return tokens.nested(() => parseOr(tokens));
}

function parseCondition(tokens: TokenStream): Expression {
  const { line } = tokens;
  let value = parseOr(tokens);
  while (tokens.skipName("if")) {
    const test = parseOr(tokens);
    const otherwise = tokens.skipName("else") ? parseExpression(tokens) : undefined;
    value = { kind: "condition", line, test, whenTrue: value, otherwise };
  }
  return value;
}

function parseOr(tokens: TokenStream): Expression {
  const { line } = tokens;
  let left = parseAnd(tokens);
  while (tokens.skipName("or")) left = { kind: "or", line, left, right: parseAnd(tokens) };
  return left;
}

function parseAnd(tokens: TokenStream): Expression {
  const { line } = tokens;
  let left = parseNot(tokens);
  while (tokens.skipName("and")) left = { kind: "and", line, left, right: parseNot(tokens) };
  return left;
}

function parseNot(tokens: TokenStream): Expression {
  const { line } = tokens;
  if (!tokens.isName("not")) return parseCompare(tokens);
  tokens.next();
  return { kind: "not", line, operand: tokens.nested(() => parseNot(tokens)) };
}

function compareOperator(tokens: TokenStream): CompareOperator | undefined {
  const { type, text } = tokens.current;
  if (type === "operator") {
    switch (text) {
      case "==":
      case "!=":
      case "<":
      case "<=":
      case ">":
      case ">=":
        tokens.next();
        return text;
      default:
        return undefined;
    }
  }
  if (tokens.skipName("in")) return "in";
  if (!tokens.isName("not") || tokens.ahead.type !== "name" || tokens.ahead.text !== "in") return undefined;
  tokens.next();
  tokens.next();
  return "not in";
}

function parseCompare(tokens: TokenStream): Expression {
  const { line } = tokens;
  const first = parseSum(tokens);
  const rest: [CompareOperator, Expression][] = [];
  for (let op = compareOperator(tokens); op !== undefined; op = compareOperator(tokens)) {
    rest.push([op, parseSum(tokens)]);
  }
  return rest.length === 0 ? first : { kind: "compare", line, first, rest };
}

/** Parses operands joined by any of `operators`, from left to right. */
function parseBinary(
  tokens: TokenStream,
  operators: readonly BinaryOperator[],
  parse: (tokens: TokenStream) => Expression,
): Expression {
  const { line } = tokens;
  let left = parse(tokens);
  for (;;) {
    const op = operators.find((operator) => tokens.isOperator(operator));
    if (op === undefined) return left;
    tokens.next();
    left = { kind: "binary", line, op, left, right: parse(tokens) };
  }
}

const parseSum = (tokens: TokenStream): Expression => parseBinary(tokens, ["+", "-"], parseConcat);
const parseProduct = (tokens: TokenStream): Expression => parseBinary(tokens, ["*", "//", "/", "%"], parsePower);
const parsePower = (tokens: TokenStream): Expression => parseBinary(tokens, ["**"], parseUnary);

function parseConcat(tokens: TokenStream): Expression {
  const { line } = tokens;
  const first = parseProduct(tokens);
  if (!tokens.isOperator("~")) return first;
  const parts = [first];
  while (tokens.skipOperator("~")) parts.push(parseProduct(tokens));
  return { kind: "concat", line, parts };
}

/** A sign applies before filters: `-5|abs` is the absolute value of -5. */
function parseUnary(tokens: TokenStream): Expression {
  return parseFilters(tokens, parseSigned(tokens));
}

function parseSigned(tokens: TokenStream): Expression {
  const { line } = tokens;
  const op = tokens.isOperator("-") ? "-" : tokens.isOperator("+") ? "+" : undefined;
  if (op === undefined) return parsePostfix(tokens, parsePrimary(tokens));
  tokens.next();
  return { kind: "unary", line, op, operand: tokens.nested(() => parseSigned(tokens)) };
}

function parsePrimary(tokens: TokenStream): Expression {
  const { line } = tokens;
  const token = tokens.current;
  switch (token.type) {
    case "name": {
      tokens.next();
      const value = CONSTANTS.get(token.text);
      return value === undefined ? { kind: "name", line, name: token.text } : { kind: "constant", line, value };
    }
    case "string": {
      let text = "";
      while (tokens.isType("string")) text += tokens.next().text;
      return { kind: "constant", line, value: text };
    }
    case "integer":
      tokens.next();
      return { kind: "constant", line, value: parseIntText(token.text, 0) ?? 0 };
    case "float":
      tokens.next();
      return { kind: "constant", line, value: pyFloat(Number(token.text.replaceAll("_", ""))) };
    default:
      if (tokens.isOperator("(")) return parseParentheses(tokens);
      if (tokens.isOperator("[")) return parseList(tokens);
      if (tokens.isOperator("{")) return parseDict(tokens);
      throw tokens.unexpected("a value");
  }
}

function parseParentheses(tokens: TokenStream): Expression {
  const { line } = tokens;
  tokens.expectOperator("(");
  if (tokens.skipOperator(")")) return { kind: "tuple", line, items: [] };
  const inner = parseTupleOrExpression(tokens);
  tokens.expectOperator(")");
  return inner;
}

function parseList(tokens: TokenStream): Expression {
  const { line } = tokens;
  tokens.expectOperator("[");
  const items: Expression[] = [];
  while (!tokens.isOperator("]")) {
    if (items.length > 0) tokens.expectOperator(",");
    if (tokens.isOperator("]")) break;
    items.push(parseExpression(tokens));
  }
  tokens.expectOperator("]");
  return { kind: "list", line, items };
}

function parseDict(tokens: TokenStream): Expression {
  const { line } = tokens;
  tokens.expectOperator("{");
  const pairs: [Expression, Expression][] = [];
  while (!tokens.isOperator("}")) {
    if (pairs.length > 0) tokens.expectOperator(",");
    if (tokens.isOperator("}")) break;
    const key = parseExpression(tokens);
    tokens.expectOperator(":");
    pairs.push([key, parseExpression(tokens)]);
  }
  tokens.expectOperator("}");
  return { kind: "dict", line, pairs };
}

function parsePostfix(tokens: TokenStream, start: Expression): Expression {
  let node = start;
  for (;;) {
    const { line } = tokens;
    if (tokens.skipOperator(".")) node = parseDot(tokens, node, line);
    else if (tokens.skipOperator("[")) node = parseSubscript(tokens, node, line);
    else if (tokens.isOperator("(")) node = { kind: "call", line, callee: node, args: parseArguments(tokens) };
    else return node;
  }
}

function parseDot(tokens: TokenStream, operand: Expression, line: number): Expression {
  const token = tokens.current;
  if (token.type === "name") {
    tokens.next();
    return { kind: "attribute", line, operand, name: token.text };
  }
  if (token.type !== "integer") throw tokens.unexpected("a name or a number after '.'");
  tokens.next();
  return { kind: "item", line, operand, key: { kind: "constant", line, value: parseIntText(token.text, 0) ?? 0 } };
}

function parseSubscript(tokens: TokenStream, operand: Expression, line: number): Expression {
  const bound = () => (endsBound(tokens) ? undefined : parseExpression(tokens));
  const start = bound();
  if (tokens.skipOperator(":")) {
    const stop = bound();
    const step = tokens.skipOperator(":") ? bound() : undefined;
    tokens.expectOperator("]");
    return { kind: "slice", line, operand, start, stop, step };
  }
  if (start === undefined) throw tokens.unexpected("an index");
  const keys = [start];
  while (tokens.skipOperator(",")) keys.push(parseExpression(tokens));
  tokens.expectOperator("]");
  return { kind: "item", line, operand, key: keys.length === 1 ? start : { kind: "tuple", line, items: keys } };
}

function endsBound(tokens: TokenStream): boolean {
  return tokens.isOperator(":") || tokens.isOperator("]");
}

/** Filters, tests, and calls of what they give. */
function parseFilters(tokens: TokenStream, start: Expression): Expression {
  let node = start;
  for (;;) {
    const { line } = tokens;
    if (tokens.skipOperator("|")) node = parseFilter(tokens, node, line);
    else if (tokens.skipName("is")) node = parseTest(tokens, node, line);
    else if (tokens.isOperator("(")) node = { kind: "call", line, callee: node, args: parseArguments(tokens) };
    else return node;
  }
}

function dottedName(tokens: TokenStream, what: string): string {
  let name = tokens.expectName(what);
  while (tokens.skipOperator(".")) name += `.${tokens.expectName(what)}`;
  return name;
}

function parseFilter(tokens: TokenStream, operand: Expression | undefined, line: number): Expression {
  const name = dottedName(tokens, "the name of a filter after '|'");
  const args = tokens.isOperator("(") ? parseArguments(tokens) : NO_ARGUMENTS;
  return { kind: "filter", line, operand, name, args };
}

/** Parses `name(args)|name...` of a filter block or a block set: filters without an operand. */
export function parseFilterChain(tokens: TokenStream): Expression {
  let node = parseFilter(tokens, undefined, tokens.line);
  while (tokens.isOperator("|")) {
    const { line } = tokens.next();
    node = parseFilter(tokens, node, line);
  }
  return node;
}

/** Names that end a test instead of being its argument. */
const AFTER_TEST = new Set(["else", "or", "and"]);

function parseTest(tokens: TokenStream, operand: Expression, line: number): Expression {
  const negated = tokens.skipName("not");
  const name = dottedName(tokens, "the name of a test after 'is'");
  const test: Expression = { kind: "test", line, operand, name, args: parseTestArguments(tokens) };
  return negated ? { kind: "not", line, operand: test } : test;
}

function parseTestArguments(tokens: TokenStream): CallArguments {
  if (tokens.isOperator("(")) return parseArguments(tokens);
  const { type, text } = tokens.current;
  const startsValue =
    type === "string" ||
    type === "integer" ||
    type === "float" ||
    (type === "operator" && (text === "[" || text === "{"));
  if (!startsValue && !(type === "name" && !AFTER_TEST.has(text))) return NO_ARGUMENTS;
  if (tokens.isName("is")) {
    throw tokens.problem("tests cannot be chained with 'is'", "put brackets around the first test");
  }
  if (tokens.isName("if") || tokens.isName("in") || tokens.isName("not")) return NO_ARGUMENTS;
  return { ...NO_ARGUMENTS, positional: [parsePostfix(tokens, parsePrimary(tokens))] };
}

/** Parses the arguments of a call, brackets included. */
export function parseArguments(tokens: TokenStream): CallArguments {
  const positional: Expression[] = [];
  const named: [string, Expression][] = [];
  let spread: Expression | undefined;
  let spreadNamed: Expression | undefined;
  tokens.expectOperator("(");
  for (let first = true; !tokens.isOperator(")"); first = false) {
    if (!first) tokens.expectOperator(",");
    if (tokens.isOperator(")")) break;
    if (tokens.isOperator("*") && spread === undefined && spreadNamed === undefined) {
      tokens.next();
      spread = parseExpression(tokens);
    } else if (tokens.isOperator("**") && spreadNamed === undefined) {
      tokens.next();
      spreadNamed = parseExpression(tokens);
    } else if (tokens.isType("name") && tokens.ahead.type === "operator" && tokens.ahead.text === "=") {
      const name = tokens.next().text;
      if (spreadNamed !== undefined || named.some(([known]) => known === name)) {
        throw tokens.problem(`the argument '${name}' is given twice or after **`, "give each argument once");
      }
      tokens.next();
      named.push([name, parseExpression(tokens)]);
    } else if (spread !== undefined || spreadNamed !== undefined || named.length > 0) {
      throw tokens.problem("an argument without a name comes after one with a name", "put the named arguments last");
    } else {
      positional.push(parseExpression(tokens));
    }
  }
  tokens.expectOperator(")");
  return { positional, named, spread, spreadNamed };
}
