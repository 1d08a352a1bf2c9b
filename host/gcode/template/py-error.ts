// thread: host
import { typeName, type Undefined, type Value } from "./values.js";

/** Python's and Jinja's exception types that templates can run into. */
export type PyErrorKind =
  | "AttributeError"
  | "FilterArgumentError"
  | "IndexError"
  | "KeyError"
  | "MemoryError"
  | "NotImplementedError"
  | "OverflowError"
  | "RuntimeError"
  | "SyntaxError"
  | "TemplateRuntimeError"
  | "TypeError"
  | "UndefinedError"
  | "UnicodeEncodeError"
  | "ValueError"
  | "ZeroDivisionError";

/** An exception inside a template. Only the renderer sees it; callers get a `HostError` with a place. */
export class PyError extends Error {
  override readonly name = "PyError";
  readonly kind: PyErrorKind;
  /** The missing value that was used, when that is the reason. */
  readonly missing: Undefined | undefined;
  /** What to do, when the place that raised it knows better than the general advice. */
  readonly fix: string | undefined;

  constructor(kind: PyErrorKind, message: string, more: { missing?: Undefined; fix?: string } = {}) {
    super(message);
    this.kind = kind;
    this.missing = more.missing;
    this.fix = more.fix;
  }
}

export function typeError(message: string, fix?: string): PyError {
  return new PyError("TypeError", message, fix === undefined ? {} : { fix });
}

export function valueError(message: string, fix?: string): PyError {
  return new PyError("ValueError", message, fix === undefined ? {} : { fix });
}

/** How a message calls the owner of a missing member: `dict object`, `None`. */
export function describeOwner(owner: Value): string {
  return owner === null ? "None" : `${typeName(owner)} object`;
}

/** The sentence that says what was missing. `keyText` gives the `repr()` of a key that is not a string. */
export function absenceText(missing: Undefined): string {
  const { absence } = missing;
  if (absence.kind === "hint") return absence.text;
  if (absence.kind === "name") return `'${absence.name}' is undefined`;
  const { owner, key } = absence;
  if (typeof key === "string") return `'${describeOwner(owner)}' has no attribute '${key}'`;
  const shown = typeof key === "number" || typeof key === "bigint" ? ` ${key}` : ` of this ${typeName(key)} key`;
  return `${describeOwner(owner)} has no element${shown}`;
}

/** The error of using a missing value. */
export function undefinedError(missing: Undefined): PyError {
  return new PyError("UndefinedError", absenceText(missing), { missing });
}
