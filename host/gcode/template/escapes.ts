// thread: host

const SIMPLE: ReadonlyMap<string, string> = new Map([
  ["\n", ""],
  ["\\", "\\"],
  ["'", "'"],
  ['"', '"'],
  ["a", "\u0007"],
  ["b", "\b"],
  ["f", "\f"],
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
  ["v", "\v"],
]);

const ESCAPE =
  /\\(?:([0-7]{1,3})|x([0-9a-fA-F]{0,2})|u([0-9a-fA-F]{0,4})|U([0-9a-fA-F]{0,8})|(N)(?:\{[^}]*\})?|([\s\S]))/gu;

/**
 * The body of a Python string literal with its escapes resolved. Unknown escapes stay as they are, as in Python.
 * Gives `{ problem }` for an escape with too few digits, a code point that does not exist, or `\N{...}`.
 */
export function decodeEscapes(body: string): string | { readonly problem: string } {
  if (!body.includes("\\")) return body;
  let problem: string | undefined;
  const decoded = body.replace(ESCAPE, (whole, octal, x, u, long, named, other) => {
    if (octal !== undefined) return String.fromCodePoint(Number.parseInt(octal, 8));
    const simple = SIMPLE.get(other);
    if (simple !== undefined) return simple;
    if (other !== undefined) return whole;
    if (named !== undefined) {
      problem ??= "\\N{...} escapes are not supported: put the character itself";
      return whole;
    }
    const digits: string = x ?? u ?? long ?? "";
    const wanted = x !== undefined ? 2 : u !== undefined ? 4 : 8;
    const point = Number.parseInt(digits, 16);
    if (digits.length < wanted || point > 0x10ffff) {
      problem ??= `the escape ${whole} needs ${wanted} hexadecimal digits that name a character`;
      return whole;
    }
    return String.fromCodePoint(point);
  });
  return problem === undefined ? decoded : { problem };
}
