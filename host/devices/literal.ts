// thread: host
import { PyDict } from "../gcode/template/dict.js";
import { parsePythonLiteral } from "../gcode/template/literal.js";
import { pythonRepr } from "../gcode/template/repr.js";
import { copyValue, isJsonValue, toPlain } from "../gcode/template/status.js";
import { PyFloat, PyObject, PyTuple, pyFloat, type Value } from "../gcode/template/values.js";

export type { Value };
export { copyValue, isJsonValue, parsePythonLiteral, pyFloat, pythonRepr, toPlain };

/** A tuple of `items`. */
export function tupleOf(items: readonly Value[]): Value {
  return new PyTuple([...items]);
}

/** Whether a template can change the value in place: lists, dicts and sets, and what holds them. */
export function canChange(value: Value): boolean {
  return value instanceof PyObject && !(value instanceof PyFloat);
}

/** A dict with text keys. */
export function dictOf(entries: Iterable<readonly [string, Value]>): Value {
  return PyDict.of(entries);
}
