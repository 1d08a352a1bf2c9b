// thread: host
import { PyDict } from "./dict.js";
import { typeError } from "./py-error.js";
import type { Runtime } from "./runtime.js";
import type { Scope } from "./scope.js";
import { type Named, PyCallable, PyTuple, Undefined, type Value } from "./values.js";

/** A compiled `{% macro %}` or `{% call %}` body. */
export interface MacroCode {
  /** `undefined` for the body of a `{% call %}`. */
  readonly name: string | undefined;
  readonly parameters: readonly string[];
  /** Gives the default of the parameter at an index, or `undefined` when it has none. */
  readonly defaultOf: (at: number, rt: Runtime, scope: Scope) => Value | undefined;
  /** Whether the body uses the names that hold surplus arguments. */
  readonly usesCaller: boolean;
  readonly usesKwargs: boolean;
  readonly usesVarargs: boolean;
  readonly run: (rt: Runtime, scope: Scope) => void;
}

/** A macro of a template: called with arguments it gives the text of its body. */
export class PyMacro extends PyCallable {
  readonly typeName = "Macro";
  readonly #code: MacroCode;
  readonly #scope: Scope;

  /** `scope` is where the macro stands: its body sees the names there as they are when it is called. */
  constructor(code: MacroCode, scope: Scope) {
    super();
    this.#code = code;
    this.#scope = scope;
  }

  call(rt: Runtime, args: readonly Value[], named: Named): Value {
    const line = rt.line;
    const scope = this.#scope.inner();
    this.#assign(rt, scope, args, named);
    rt.tick();
    rt.enter();
    const text = rt.capture(() => this.#code.run(rt, scope));
    rt.leave();
    rt.line = line;
    return text;
  }

  #assign(rt: Runtime, scope: Scope, args: readonly Value[], named: Named): void {
    const { name = "caller", parameters } = this.#code;
    const rest = new Map(named);
    for (const [at, parameter] of parameters.entries()) {
      let value = at < args.length ? args[at] : rest.get(parameter);
      if (at >= args.length) rest.delete(parameter);
      if (value === undefined) value = this.#code.defaultOf(at, rt, scope);
      scope.set(parameter, value === undefined ? notProvided(parameter) : value);
    }
    if (this.#code.usesCaller && !parameters.includes("caller")) {
      // A caller is a macro or missing, never None.
      scope.set("caller", rest.get("caller") ?? new Undefined({ kind: "hint", text: "No caller defined" }));
      rest.delete("caller");
    }
    if (this.#code.usesKwargs) scope.set("kwargs", PyDict.of(rest));
    else for (const extra of rest.keys()) throw typeError(`macro '${name}' takes no keyword argument '${extra}'`);
    if (this.#code.usesVarargs) scope.set("varargs", new PyTuple(args.slice(parameters.length)));
    else if (args.length > parameters.length) {
      throw typeError(
        `macro '${name}' takes not more than ${parameters.length} argument(s)`,
        `its parameters are: ${parameters.join(", ")}`,
      );
    }
  }

  override attribute(name: string): Value | undefined {
    switch (name) {
      case "name":
        return this.#code.name ?? null;
      case "arguments":
        return new PyTuple(this.#code.parameters);
      case "catch_kwargs":
        return this.#code.usesKwargs;
      case "catch_varargs":
        return this.#code.usesVarargs;
      case "caller":
        return this.#code.usesCaller;
      default:
        return undefined;
    }
  }

  override repr(): string {
    return this.#code.name === undefined ? "<Macro anonymous>" : `<Macro '${this.#code.name}'>`;
  }
}

function notProvided(parameter: string): Undefined {
  return new Undefined({ kind: "hint", text: `parameter '${parameter}' was not provided` });
}
