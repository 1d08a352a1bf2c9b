// thread: host
import { suggest } from "../../shared/suggest.js";
import type { CallArguments, CompareOperator, Expression } from "./ast.js";
import { getAttribute, getItem, getSlice } from "./attributes.js";
import { contains, elements, equals, ordered } from "./compare.js";
import { PyDict } from "./dict.js";
import { isFoldable } from "./foldable.js";
import type { TemplateWarning } from "./lexer.js";
import { asNumber } from "./numbers.js";
import { binary, unary } from "./operators.js";
import { PyError, typeError, undefinedError } from "./py-error.js";
import type { FilterBody, Registry, TestBody } from "./registry.js";
import { strOf } from "./repr.js";
import { LimitError, Runtime } from "./runtime.js";
import { Scope } from "./scope.js";
import { SyntaxProblem } from "./syntax-problem.js";
import {
  isTrue,
  type Named,
  NO_NAMED,
  PyCallable,
  PyFloat,
  PyList,
  PyTuple,
  pyFloat,
  typeName,
  Undefined,
  type Value,
} from "./values.js";

/** A compiled expression. */
export type Evaluate = (rt: Runtime, scope: Scope) => Value;

/** Compiled arguments of a call. */
interface CompiledArguments {
  readonly positional: (rt: Runtime, scope: Scope) => readonly Value[];
  readonly named: (rt: Runtime, scope: Scope) => Named;
}

const NO_VALUES: readonly Value[] = [];

/** Turns expressions into closures. */
export class ExpressionCompiler {
  readonly registry: Registry;
  readonly warnings: TemplateWarning[];
  /** Within `if`: unknown filters and tests are errors only when they are reached, as in Jinja. */
  soft = false;
  /** Line of the statement that is being compiled; its closure has set it when an expression runs. */
  statementLine = 1;

  constructor(registry: Registry, warnings: TemplateWarning[]) {
    this.registry = registry;
    this.warnings = warnings;
  }

  /** Compiles an expression. Throws `SyntaxProblem` for unknown filters and tests. */
  compile(node: Expression): Evaluate {
    const evaluate = this.#compile(node);
    const { line } = node;
    if (line === this.statementLine || node.kind === "constant" || node.kind === "name") return evaluate;
    return (rt, scope) => {
      rt.line = line;
      return evaluate(rt, scope);
    };
  }

  #compile(node: Expression): Evaluate {
    switch (node.kind) {
      case "constant":
        return constant(node.value);
      case "name":
        return lookUp(node.name);
      case "list":
        return this.#list(node.items);
      case "tuple":
        return this.#tuple(node.items);
      case "dict":
        return this.#dict(node.pairs);
      case "not": {
        const operand = this.compile(node.operand);
        return (rt, scope) => !isTrue(operand(rt, scope));
      }
      case "unary": {
        const operand = this.compile(node.operand);
        const { op } = node;
        return (rt, scope) => unary(op, operand(rt, scope));
      }
      case "and":
      case "or":
        return this.#logical(node.kind === "and", node.left, node.right);
      case "concat":
        return this.#concat(node.parts);
      case "binary":
        return this.#binary(node);
      case "compare":
        return this.#compare(node.first, node.rest);
      case "condition":
        return this.#condition(node.test, node.whenTrue, node.otherwise);
      case "filter":
        return this.#filter(node);
      case "test":
        return this.#test(node);
      case "attribute": {
        const operand = this.compile(node.operand);
        const { name } = node;
        return (rt, scope) => getAttribute(operand(rt, scope), name);
      }
      case "item": {
        const operand = this.compile(node.operand);
        const key = this.compile(node.key);
        return (rt, scope) => getItem(rt, operand(rt, scope), key(rt, scope));
      }
      case "slice":
        return this.#slice(node);
      case "call":
        return this.#call(node.callee, node.args);
    }
  }

  #list(nodes: readonly Expression[]): Evaluate {
    const items = nodes.map((node) => this.compile(node));
    return (rt, scope) => new PyList(items.map((item) => item(rt, scope)));
  }

  #tuple(nodes: readonly Expression[]): Evaluate {
    const items = nodes.map((node) => this.compile(node));
    return (rt, scope) => new PyTuple(items.map((item) => item(rt, scope)));
  }

  #dict(nodes: readonly (readonly [Expression, Expression])[]): Evaluate {
    const pairs = nodes.map(([key, value]) => [this.compile(key), this.compile(value)] as const);
    return (rt, scope) => {
      const dict = new PyDict();
      for (const [key, value] of pairs) dict.set(key(rt, scope), value(rt, scope));
      return dict;
    };
  }

  #logical(isAnd: boolean, leftNode: Expression, rightNode: Expression): Evaluate {
    const left = this.compile(leftNode);
    const right = this.compile(rightNode);
    return (rt, scope) => {
      const value = left(rt, scope);
      return isTrue(value) === isAnd ? right(rt, scope) : value;
    };
  }

  #concat(nodes: readonly Expression[]): Evaluate {
    const parts = nodes.map((node) => this.compile(node));
    return (rt, scope) => {
      let text = "";
      for (const part of parts) text += strOf(rt, part(rt, scope));
      rt.fits(text.length);
      rt.weigh(text);
      return text;
    };
  }

  #binary(node: Expression & { readonly kind: "binary" }): Evaluate {
    const left = this.compile(node.left);
    const right = this.compile(node.right);
    const { op } = node;
    if (op === "**" && isFoldable(node.left) && !isFoldable(node.right) && isNegative(left)) {
      return this.#negatedPower(node, left, right);
    }
    if (op !== "+" && op !== "-" && op !== "*") return (rt, scope) => binary(rt, op, left(rt, scope), right(rt, scope));
    // The two commonest pairs of types, without going through all the others.
    const plain = op === "+" ? add : op === "-" ? subtract : multiply;
    return (rt, scope) => {
      const a = left(rt, scope);
      const b = right(rt, scope);
      if (a instanceof PyFloat && b instanceof PyFloat) return pyFloat(plain(a.value, b.value));
      if (typeof a === "number" && typeof b === "number") {
        const result = plain(a, b);
        if (Number.isSafeInteger(result) && result !== 0) return result;
      }
      return binary(rt, op, a, b);
    };
  }

  /** Jinja writes a constant base without brackets into the code it makes, so `(-1) ** n` is `-(1 ** n)`. */
  #negatedPower(node: Expression & { readonly kind: "binary" }, left: Evaluate, right: Evaluate): Evaluate {
    this.warnings.push({
      line: node.line,
      message: "a negative constant to a power that is not constant is always negative in Jinja",
      fix: "for a sign that changes use a list: [1, -1][n % 2]",
    });
    return (rt, scope) => unary("-", binary(rt, "**", unary("-", left(rt, scope)), right(rt, scope)));
  }

  #compare(firstNode: Expression, nodes: readonly (readonly [CompareOperator, Expression])[]): Evaluate {
    const first = this.compile(firstNode);
    const rest = nodes.map(([op, node]) => [comparison(op), this.compile(node)] as const);
    return (rt, scope) => {
      let left = first(rt, scope);
      for (const [holds, evaluate] of rest) {
        const right = evaluate(rt, scope);
        if (!holds(rt, left, right)) return false;
        left = right;
      }
      return true;
    };
  }

  #condition(testNode: Expression, trueNode: Expression, otherwiseNode: Expression | undefined): Evaluate {
    const wasSoft = this.soft;
    this.soft = true;
    const test = this.compile(testNode);
    const whenTrue = this.compile(trueNode);
    const otherwise = otherwiseNode === undefined ? constant(NO_ELSE) : this.compile(otherwiseNode);
    this.soft = wasSoft;
    return (rt, scope) => (isTrue(test(rt, scope)) ? whenTrue(rt, scope) : otherwise(rt, scope));
  }

  #slice(node: Expression & { readonly kind: "slice" }): Evaluate {
    const operand = this.compile(node.operand);
    const bound = (part: Expression | undefined) => (part === undefined ? constant(null) : this.compile(part));
    const start = bound(node.start);
    const stop = bound(node.stop);
    const step = bound(node.step);
    return (rt, scope) => getSlice(rt, operand(rt, scope), start(rt, scope), stop(rt, scope), step(rt, scope));
  }

  #call(calleeNode: Expression, argumentNodes: CallArguments): Evaluate {
    const callee = this.compile(calleeNode);
    const args = this.arguments(argumentNodes);
    return (rt, scope) => {
      rt.tick();
      const result = callValue(rt, callee(rt, scope), args.positional(rt, scope), args.named(rt, scope));
      rt.weigh(result);
      return result;
    };
  }

  /** Compiles the arguments of a call. */
  arguments(nodes: CallArguments): CompiledArguments {
    const items = nodes.positional.map((node) => this.compile(node));
    const names = nodes.named.map(([name, node]) => [name, this.compile(node)] as const);
    const spread = nodes.spread === undefined ? undefined : this.compile(nodes.spread);
    const spreadNamed = nodes.spreadNamed === undefined ? undefined : this.compile(nodes.spreadNamed);
    const plain = items.length === 0 && spread === undefined;
    const positional = (rt: Runtime, scope: Scope): readonly Value[] => {
      const values = items.map((item) => item(rt, scope));
      return spread === undefined ? values : [...values, ...elements(rt, spread(rt, scope))];
    };
    const named = (rt: Runtime, scope: Scope): Named => {
      const values = new Map<string, Value>();
      for (const [name, evaluate] of names) values.set(name, evaluate(rt, scope));
      if (spreadNamed !== undefined) addNamed(values, spreadNamed(rt, scope));
      return values;
    };
    return {
      positional: plain ? () => NO_VALUES : positional,
      named: names.length === 0 && spreadNamed === undefined ? () => NO_NAMED : named,
    };
  }

  #filter(node: Expression & { readonly kind: "filter" }): Evaluate {
    if (node.operand === undefined)
      throw new SyntaxProblem("the filter has nothing to work on", node.line, "put a value before |");
    const operand = this.compile(node.operand);
    const apply = this.filterCall(node);
    return (rt, scope) => apply(rt, scope, operand(rt, scope));
  }

  /** Compiles a filter and its arguments; the value comes when it runs. */
  filterCall(node: Expression & { readonly kind: "filter" }): (rt: Runtime, scope: Scope, value: Value) => Value {
    const body = this.registry.filters.get(node.name) ?? this.#unknownFilter(node.name, node.line);
    const args = this.arguments(node.args);
    const { registry } = this;
    return (rt, scope, value) => {
      rt.weigh(value);
      const result = body(rt, value, args.positional(rt, scope), args.named(rt, scope), registry);
      rt.weigh(result);
      return result;
    };
  }

  #test(node: Expression & { readonly kind: "test" }): Evaluate {
    const operand = this.compile(node.operand);
    const body = this.registry.tests.get(node.name) ?? this.#unknownTest(node.name, node.line);
    const args = this.arguments(node.args);
    const { registry } = this;
    return (rt, scope) => {
      const value = operand(rt, scope);
      rt.weigh(value);
      return body(rt, value, args.positional(rt, scope), args.named(rt, scope), registry);
    };
  }

  #unknownFilter(name: string, line: number): FilterBody {
    const problem = unknownName("filter", name, this.registry.filters.keys(), line);
    this.#report(problem);
    return () => {
      throw new PyError("TemplateRuntimeError", problem.message, { fix: problem.fix });
    };
  }

  #unknownTest(name: string, line: number): TestBody {
    const problem = unknownName("test", name, this.registry.tests.keys(), line);
    this.#report(problem);
    return () => {
      throw new PyError("TemplateRuntimeError", problem.message, { fix: problem.fix });
    };
  }

  #report(problem: SyntaxProblem): void {
    if (!this.soft) throw problem;
    this.warnings.push({ line: problem.line, message: problem.message, fix: problem.fix });
  }
}

/** Whether a constant expression is a number below 0. One that fails will fail again when it runs, with its place. */
function isNegative(constantExpression: Evaluate): boolean {
  try {
    const value = asNumber(constantExpression(new Runtime(), Scope.root([])));
    return value !== undefined && value < 0;
  } catch (error) {
    if (error instanceof PyError || error instanceof LimitError) return false;
    throw error;
  }
}

/** What `a if b` gives when `b` is false. */
const NO_ELSE = new Undefined({
  kind: "hint",
  text: "the condition of an inline if was false and it has no else",
});

const add = (a: number, b: number): number => a + b;
const subtract = (a: number, b: number): number => a - b;
const multiply = (a: number, b: number): number => a * b;

function constant(value: Value): Evaluate {
  return () => value;
}

function lookUp(name: string): Evaluate {
  const missing = new Undefined({ kind: "name", name });
  return (_rt, scope) => {
    const value = scope.get(name);
    return value === undefined ? missing : value;
  };
}

function comparison(op: CompareOperator): (rt: Runtime, a: Value, b: Value) => boolean {
  switch (op) {
    case "==":
      return equals;
    case "!=":
      return (rt, a, b) => !equals(rt, a, b);
    case "in":
      return (rt, a, b) => contains(rt, b, a);
    case "not in":
      return (rt, a, b) => !contains(rt, b, a);
    default:
      return (rt, a, b) => ordered(rt, op, a, b);
  }
}

function addNamed(values: Map<string, Value>, more: Value): void {
  if (!(more instanceof PyDict)) throw typeError(`argument after ** must be a mapping, not ${typeName(more)}`);
  for (const { key, value } of more.entries()) {
    if (typeof key !== "string") throw typeError("keywords must be strings");
    if (values.has(key)) throw typeError(`got multiple values for keyword argument '${key}'`);
    values.set(key, value);
  }
}

/** Calls a value. Throws when it cannot be called. */
export function callValue(rt: Runtime, callee: Value, args: readonly Value[], named: Named): Value {
  if (callee instanceof PyCallable) return callee.call(rt, args, named);
  if (callee instanceof Undefined) throw undefinedError(callee);
  throw typeError(
    `'${typeName(callee)}' object is not callable`,
    "remove the brackets after it, or the filter sign | is missing before it",
  );
}

function unknownName(what: string, name: string, known: Iterable<string>, line: number): SyntaxProblem {
  const names = [...known].filter((other) => /^\w+$/.test(other)).sort();
  const suggestion = suggest(name, names);
  const fix = suggestion === undefined ? `${what}s are ${names.join(", ")}` : `did you mean '${suggestion}'?`;
  return new SyntaxProblem(`there is no ${what} '${name}'`, line, fix);
}
