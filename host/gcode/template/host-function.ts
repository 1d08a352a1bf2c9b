// thread: host
import { HostError } from "../../shared/errors.js";
import { PyError } from "./py-error.js";
import { LimitError } from "./runtime.js";
import { type Named, PyFunction, type Value } from "./values.js";

/**
 * A function of the host for templates, such as `action_respond_info`. What it returns is what the call gives; return
 * `""` when it should print nothing. A `HostError` that it throws passes through the render with the template's place
 * attached; anything else becomes `MACRO_FUNCTION`.
 */
export function hostFunction(name: string, body: (args: readonly Value[], named: Named) => Value): PyFunction {
  return new PyFunction(name, (_rt, args, named) => {
    try {
      return body(args, named);
    } catch (error) {
      if (error instanceof HostError || error instanceof PyError || error instanceof LimitError) throw error;
      throw new HostError("MACRO_FUNCTION", `${name}() failed: ${error instanceof Error ? error.message : error}`, {
        details: { function: name },
        fix: "this is a fault of the host, not of the macro: report it with the log",
        cause: error,
      });
    }
  });
}
