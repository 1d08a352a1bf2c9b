// thread: host
import { MethodTable } from "./arguments.js";
import { exactRatio } from "./float-text.js";
import { asInt } from "./numbers.js";
import { PyError, valueError } from "./py-error.js";
import { type PyFloat, PyTuple, pyFloat, pyInt, type Value } from "./values.js";

/** Attributes of an int or bool that are not methods. */
export function intAttribute(value: Value, name: string): Value | undefined {
  const int = asInt(value);
  if (int === undefined) return undefined;
  if (name === "real" || name === "numerator") return int;
  if (name === "imag") return 0;
  return name === "denominator" ? 1 : undefined;
}

/** Attributes of a float that are not methods. */
export function floatAttribute(value: PyFloat, name: string): Value | undefined {
  if (name === "real") return value;
  return name === "imag" ? pyFloat(0) : undefined;
}

function bits(value: Value): string {
  const int = BigInt(asInt(value) ?? 0);
  return (int < 0n ? -int : int).toString(2);
}

function ratio(value: PyFloat): PyTuple {
  const x = value.value;
  if (Number.isNaN(x)) throw valueError("cannot convert NaN to integer ratio");
  if (!Number.isFinite(x)) throw new PyError("OverflowError", "cannot convert Infinity to integer ratio");
  const { numerator, denominator } = exactRatio(x);
  return new PyTuple([pyInt(numerator), pyInt(denominator)]);
}

/** The methods of `int` and `bool`. */
export const INT_METHODS = new MethodTable<number | bigint | boolean>()
  .add("as_integer_ratio", [], (_rt, n) => new PyTuple([asInt(n) ?? 0, 1]))
  .add("bit_count", [], (_rt, n) => bits(n).replaceAll("0", "").length)
  .add("bit_length", [], (_rt, n) => (asInt(n) === 0 ? 0 : bits(n).length))
  .add("conjugate", [], (_rt, n) => asInt(n) ?? 0);

/** The methods of `float`. */
export const FLOAT_METHODS = new MethodTable<PyFloat>()
  .add("as_integer_ratio", [], (_rt, x) => ratio(x))
  .add("conjugate", [], (_rt, x) => x)
  .add("is_integer", [], (_rt, x) => Number.isInteger(x.value));
