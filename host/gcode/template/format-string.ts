// thread: host
import { formatValue } from "./format-spec.js";
import { PyError, valueError } from "./py-error.js";
import { toAscii } from "./py-text.js";
import { reprOf, strOf } from "./repr.js";
import type { Runtime } from "./runtime.js";
import type { Named, Value } from "./values.js";

/** Looks members up for `{0.x}` and `{0[1]}`; both throw when there is none. */
export interface FieldAccess {
  attribute(owner: Value, name: string): Value;
  item(owner: Value, key: Value): Value;
}

/** Replacement fields inside a specification may not have fields of their own. */
const MAX_NESTING = 2;

/** One run of `str.format`. */
class Formatter {
  readonly #rt: Runtime;
  readonly #args: readonly Value[];
  readonly #named: Named;
  readonly #access: FieldAccess;
  #next = 0;
  #numbering: "auto" | "manual" | undefined;

  constructor(rt: Runtime, args: readonly Value[], named: Named, access: FieldAccess) {
    this.#rt = rt;
    this.#args = args;
    this.#named = named;
    this.#access = access;
  }

  format(text: string, nesting: number): string {
    if (nesting > MAX_NESTING) throw valueError("Max string recursion exceeded");
    let out = "";
    let at = 0;
    while (at < text.length) {
      const brace = text.slice(at).search(/[{}]/);
      if (brace < 0) break;
      this.#rt.tick();
      out += text.slice(at, at + brace);
      at += brace;
      const mark = text.charAt(at);
      if (text.charAt(at + 1) === mark) {
        out += mark;
        at += 2;
        continue;
      }
      if (mark === "}") throw valueError("Single '}' encountered in format string");
      const end = closingBrace(text, at);
      out += this.#field(text.slice(at + 1, end), nesting);
      this.#rt.fits(out.length);
      at = end + 1;
    }
    return out + text.slice(at);
  }

  #field(field: string, nesting: number): string {
    const { name, conversion, spec } = splitField(field);
    const value = convertField(this.#rt, this.#lookUp(name), conversion);
    return formatValue(
      this.#rt,
      value,
      spec.includes("{") || spec.includes("}") ? this.format(spec, nesting + 1) : spec,
    );
  }

  #lookUp(name: string): Value {
    const head = /^[^.[]*/.exec(name)?.[0] ?? "";
    let value = this.#argument(head);
    let rest = name.slice(head.length);
    while (rest !== "") {
      const step = /^(?:\.([^.[]*)|\[([^\]]*)\])/.exec(rest);
      if (step === null) {
        throw valueError(
          rest.startsWith("[")
            ? "Missing ']' in format string"
            : "Only '.' or '[' may follow ']' in format field specifier",
        );
      }
      const [whole, attribute, item] = step;
      if ((attribute ?? item) === "") throw valueError("Empty attribute in format string");
      value =
        attribute !== undefined
          ? this.#access.attribute(value, attribute)
          : this.#access.item(value, /^\d+$/.test(item ?? "") ? Number(item) : (item ?? ""));
      rest = rest.slice(whole.length);
    }
    return value;
  }

  #argument(head: string): Value {
    if (head !== "" && !/^\d+$/.test(head)) {
      const value = this.#named.get(head);
      if (value === undefined) throw new PyError("KeyError", `'${head}'`);
      return value;
    }
    const numbering = head === "" ? "auto" : "manual";
    if (this.#numbering !== undefined && this.#numbering !== numbering) {
      throw valueError(
        numbering === "auto"
          ? "cannot switch from manual field specification to automatic field numbering"
          : "cannot switch from automatic field numbering to manual field specification",
      );
    }
    this.#numbering = numbering;
    const index = head === "" ? this.#next : Number(head);
    if (head === "") this.#next += 1;
    const value = this.#args[index];
    if (value !== undefined) return value;
    throw new PyError("IndexError", `Replacement index ${index} out of range for positional args tuple`, {
      fix: "give format() as many values as the text has {} places",
    });
  }
}

function convertField(rt: Runtime, value: Value, conversion: string | undefined): Value {
  switch (conversion) {
    case undefined:
      return value;
    case "r":
      return reprOf(rt, value);
    case "s":
      return strOf(rt, value);
    case "a":
      return toAscii(reprOf(rt, value));
    default:
      throw valueError(`Unknown conversion specifier '${conversion}'`);
  }
}

/** Index of the brace that closes the one at `open`. */
function closingBrace(text: string, open: number): number {
  let depth = 0;
  let inItem = false;
  for (let i = open; i < text.length; i++) {
    const c = text.charAt(i);
    if (c === "[" && depth === 1) inItem = true;
    else if (c === "]") inItem = false;
    else if (inItem) continue;
    else if (c === "{") depth += 1;
    else if (c === "}" && --depth === 0) return i;
  }
  throw valueError(
    open === text.length - 1 ? "Single '{' encountered in format string" : "expected '}' before end of string",
  );
}

function splitField(field: string): { name: string; conversion: string | undefined; spec: string } {
  const match = /^((?:[^[\]!:]|\[[^\]]*\]?)*)(?:!([\s\S]?))?(?::([\s\S]*))?$/u.exec(field);
  if (match === null) {
    throw valueError(
      /![\s\S][^:]/u.test(field) ? "expected ':' after conversion specifier" : "unexpected '{' in field name",
    );
  }
  const [whole, name = "", conversion, spec = ""] = match;
  if (conversion === "") {
    throw valueError(
      whole.endsWith("!") ? "end of string while looking for conversion specifier" : "expected ':' after conversion",
    );
  }
  if (name.includes("{")) throw valueError("unexpected '{' in field name");
  return { name, conversion, spec };
}

/** `text.format(*args, **named)`. Throws a `PyError` as Python does. */
export function formatText(
  rt: Runtime,
  text: string,
  args: readonly Value[],
  named: Named,
  access: FieldAccess,
): string {
  return new Formatter(rt, args, named, access).format(text, 1);
}
