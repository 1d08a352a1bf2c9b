// thread: host
import type { Expression, Parameters, Statement, Target } from "./ast.js";
import { elements, iterate } from "./compare.js";
import { callValue, type Evaluate, ExpressionCompiler } from "./compile-expression.js";
import type { TemplateWarning } from "./lexer.js";
import { PyLoop, PyNamespace } from "./loop.js";
import { type MacroCode, PyMacro } from "./macro.js";
import { PyError, typeError, undefinedError, valueError } from "./py-error.js";
import type { Registry } from "./registry.js";
import { strOf } from "./repr.js";
import type { Runtime } from "./runtime.js";
import type { Scope } from "./scope.js";
import { isTrue, PyObject, typeName, Undefined, type Value } from "./values.js";

/** How a statement ended: on to the next one, or out of the loop around it. */
type Signal = "next" | "break" | "continue";

/** A compiled statement. */
export type Execute = (rt: Runtime, scope: Scope) => Signal;

type Assign = (rt: Runtime, scope: Scope, value: Value) => void;
type StatementOf<K extends Statement["kind"]> = Statement & { readonly kind: K };

/** Turns statements into closures. */
class StatementCompiler {
  readonly #expressions: ExpressionCompiler;

  constructor(registry: Registry, warnings: TemplateWarning[]) {
    this.#expressions = new ExpressionCompiler(registry, warnings);
  }

  body(statements: readonly Statement[]): Execute {
    const parts = statements.map((statement) => this.#statement(statement));
    return (rt, scope) => {
      for (const part of parts) {
        const signal = part(rt, scope);
        if (signal !== "next") return signal;
      }
      return "next";
    };
  }

  #expression(node: Expression, line: number): Evaluate {
    this.#expressions.statementLine = line;
    return this.#expressions.compile(node);
  }

  #statement(node: Statement): Execute {
    const run = this.#compile(node);
    const { line } = node;
    if (node.kind === "text") return run;
    return (rt, scope) => {
      rt.line = line;
      rt.tick();
      return run(rt, scope);
    };
  }

  #compile(node: Statement): Execute {
    switch (node.kind) {
      case "text": {
        const { text } = node;
        return (rt) => {
          rt.write(text);
          return "next";
        };
      }
      case "output": {
        const values = node.values.map((value) => this.#expression(value, node.line));
        return (rt, scope) => {
          for (const value of values) rt.write(strOf(rt, value(rt, scope)));
          return "next";
        };
      }
      case "do": {
        const value = this.#expression(node.value, node.line);
        return (rt, scope) => {
          value(rt, scope);
          return "next";
        };
      }
      case "if":
        return this.#if(node);
      case "for":
        return this.#for(node);
      case "set": {
        const value = this.#expression(node.value, node.line);
        const assign = target(node.target);
        return (rt, scope) => {
          assign(rt, scope, value(rt, scope));
          return "next";
        };
      }
      case "set_block":
        return this.#setBlock(node);
      case "macro": {
        const code = this.#macroCode(node.name, node.parameters, node.body, node.line);
        const { name } = node;
        return (_rt, scope) => {
          scope.set(name, new PyMacro(code, scope));
          return "next";
        };
      }
      case "call_block":
        return this.#callBlock(node);
      case "filter_block":
        return this.#filterBlock(node);
      case "with":
        return this.#with(node);
      case "break":
      case "continue": {
        const signal = node.kind;
        return () => signal;
      }
    }
  }

  #if(node: StatementOf<"if">): Execute {
    const wasSoft = this.#expressions.soft;
    this.#expressions.soft = true;
    const branches = node.branches.map(({ test, body }) => ({
      line: test.line,
      test: this.#expression(test, test.line),
      body: this.body(body),
    }));
    const otherwise = this.body(node.otherwise);
    this.#expressions.soft = wasSoft;
    return (rt, scope) => {
      for (const { line, test, body } of branches) {
        rt.line = line;
        if (isTrue(test(rt, scope))) return body(rt, scope);
      }
      return otherwise(rt, scope);
    };
  }

  #for(node: StatementOf<"for">): Execute {
    const iterable = this.#expression(node.iterable, node.line);
    const assign = target(node.target);
    const filter = node.filter === undefined ? undefined : this.#expression(node.filter, node.line);
    const body = this.body(node.body);
    const otherwise = this.body(node.otherwise);
    const { line, recursive } = node;

    const run = (rt: Runtime, scope: Scope, values: Value, depth: number): Signal => {
      const all = iterate(values);
      const chosen = filter === undefined ? all : filtered(rt, scope, all, assign, filter);
      const recurse = (inner: Runtime, more: Value): string => {
        const from = inner.line;
        inner.enter();
        const text = inner.capture(() => run(inner, scope, more, depth + 1));
        inner.leave();
        inner.line = from;
        return text;
      };
      // A filtered loop has no length until its elements were looked at.
      const loop = new PyLoop(filter === undefined ? values : null, chosen, depth, recursive ? recurse : undefined);
      const around = scope.inner();
      around.set("loop", loop);
      let any = false;
      for (let value = loop.advance(); value !== undefined; value = loop.advance()) {
        any = true;
        rt.tick();
        const turn = around.inner();
        assign(rt, turn, value);
        if (body(rt, turn) === "break") break;
        rt.line = line;
      }
      return any ? "next" : otherwise(rt, scope.inner());
    };
    return (rt, scope) => run(rt, scope, iterable(rt, scope), 0);
  }

  #setBlock(node: StatementOf<"set_block">): Execute {
    const body = this.body(node.body);
    const apply = node.filter === undefined ? undefined : this.#filterChain(node.filter, node.line);
    const assign = target(node.target);
    return (rt, scope) => {
      const { text, signal } = captured(rt, scope, body);
      if (signal === "next") assign(rt, scope, apply === undefined ? text : apply(rt, scope, text));
      return signal;
    };
  }

  #filterBlock(node: StatementOf<"filter_block">): Execute {
    const body = this.body(node.body);
    const apply = this.#filterChain(node.filter, node.line);
    return (rt, scope) => {
      const { text, signal } = captured(rt, scope, body);
      if (signal === "next") rt.write(strOf(rt, apply(rt, scope, text)));
      return signal;
    };
  }

  /** Compiles `|a|b(1)`: filters of a text that comes when they run. */
  #filterChain(node: Expression, line: number): (rt: Runtime, scope: Scope, text: Value) => Value {
    if (node.kind !== "filter") return (_rt, _scope, text) => text;
    this.#expressions.statementLine = line;
    const before = node.operand === undefined ? undefined : this.#filterChain(node.operand, line);
    const apply = this.#expressions.filterCall(node);
    return (rt, scope, text) => apply(rt, scope, before === undefined ? text : before(rt, scope, text));
  }

  #with(node: StatementOf<"with">): Execute {
    const values = node.values.map((value) => this.#expression(value, node.line));
    const assigns = node.targets.map(target);
    const body = this.body(node.body);
    return (rt, scope) => {
      const inner = scope.inner();
      for (const [i, value] of values.entries()) assigns[i]?.(rt, inner, value(rt, scope));
      return body(rt, inner);
    };
  }

  #callBlock(node: StatementOf<"call_block">): Execute {
    const code = this.#macroCode(undefined, node.parameters, node.body, node.line);
    if (node.call.kind !== "call") return () => "next";
    const callee = this.#expression(node.call.callee, node.line);
    const args = this.#expressions.arguments(node.call.args);
    return (rt, scope) => {
      const named = new Map(args.named(rt, scope));
      named.set("caller", new PyMacro(code, scope));
      rt.write(strOf(rt, callValue(rt, callee(rt, scope), args.positional(rt, scope), named)));
      return "next";
    };
  }

  #macroCode(
    name: string | undefined,
    parameters: Parameters,
    statements: readonly Statement[],
    line: number,
  ): MacroCode {
    const defaults = parameters.defaults.map((node) => this.#expression(node, line));
    const firstDefault = parameters.names.length - defaults.length;
    const wasSoft = this.#expressions.soft;
    const body = this.body(statements);
    this.#expressions.soft = wasSoft;
    const used = new Set<string>();
    collectNames(statements, used);
    return {
      name,
      parameters: parameters.names,
      defaultOf: (at, rt, scope) => defaults[at - firstDefault]?.(rt, scope),
      usesCaller: used.has("caller"),
      usesKwargs: used.has("kwargs"),
      usesVarargs: used.has("varargs"),
      run: body,
    };
  }
}

/** Runs a body in a scope of its own and keeps what it writes. */
function captured(rt: Runtime, scope: Scope, body: Execute): { text: string; signal: Signal } {
  let signal: Signal = "next";
  const text = rt.capture(() => {
    signal = body(rt, scope.inner());
  });
  return { text, signal };
}

/** The elements for which the `if` of a loop holds. */
function* filtered(rt: Runtime, scope: Scope, all: Iterator<Value>, assign: Assign, filter: Evaluate): Iterator<Value> {
  for (let step = all.next(); step.done !== true; step = all.next()) {
    rt.tick();
    const inner = scope.inner();
    assign(rt, inner, step.value);
    if (isTrue(filter(rt, inner))) yield step.value;
  }
}

function target(node: Target): Assign {
  switch (node.kind) {
    case "name": {
      const { name } = node;
      return (_rt, scope, value) => scope.set(name, value);
    }
    case "tuple":
      return unpack(node.items.map(target));
    case "member": {
      const { owner, name } = node;
      return (_rt, scope, value) => {
        const namespace = scope.get(owner);
        if (namespace instanceof PyNamespace) return namespace.set(name, value);
        if (namespace === undefined) throw undefinedError(new Undefined({ kind: "name", name: owner }));
        throw new PyError("TemplateRuntimeError", "cannot assign attribute on non-namespace object", {
          fix: `make it one with {% set ${owner} = namespace() %}; for a dict write {% set _ = ${owner}.update({'${name}': value}) %}`,
        });
      };
    }
  }
}

function unpack(assigns: readonly Assign[]): Assign {
  const wanted = assigns.length;
  return (rt, scope, value) => {
    if (typeof value !== "string" && !(value instanceof PyObject && isIterable(value))) {
      throw typeError(`cannot unpack non-iterable ${typeName(value)} object`, `${wanted} values are needed here`);
    }
    const values = elements(rt, value);
    if (values.length > wanted) {
      throw valueError(`too many values to unpack (expected ${wanted})`, `there are ${values.length}`);
    }
    if (values.length < wanted) {
      throw valueError(`not enough values to unpack (expected ${wanted}, got ${values.length})`);
    }
    for (const [i, assign] of assigns.entries()) assign(rt, scope, values[i] ?? null);
  };
}

function isIterable(value: PyObject): boolean {
  return value.size() !== undefined || value.iterate() !== undefined;
}

/** Every name that is read anywhere below `node`. */
function collectNames(node: unknown, found: Set<string>): void {
  if (typeof node !== "object" || node === null || node instanceof PyObject) return;
  if ("kind" in node && node.kind === "name" && "name" in node && typeof node.name === "string") found.add(node.name);
  for (const part of Object.values(node)) collectNames(part, found);
}

/** Compiles statements. Throws `SyntaxProblem`; adds to `warnings` what is only wrong when it is reached. */
export function compileStatements(
  statements: readonly Statement[],
  registry: Registry,
  warnings: TemplateWarning[],
): (rt: Runtime, scope: Scope) => void {
  return new StatementCompiler(registry, warnings).body(statements);
}
