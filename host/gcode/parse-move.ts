// thread: any
import { HAS_E, HAS_F, HAS_X, HAS_Y, HAS_Z, type MoveWords } from "./move-words.js";

const TAB = 9;
const SPACE = 32;
const PLUS = 43;
const MINUS = 45;
const POINT = 46;
const ZERO = 48;
const NINE = 57;
const SEMICOLON = 59;
/** Turns an upper case ASCII letter into its lower case one. */
const LOWER = 32;
const LETTER_A = 97;
const E = 101;
const F = 102;
const G = 103;
const X = 120;
const Y = 121;
const Z = 122;

/** Up to this many digits a number is exact in a double, and so is the power of ten that it is divided by. */
const MAX_DIGITS = 15;
const POWERS_OF_TEN = Float64Array.from({ length: MAX_DIGITS + 1 }, (_, exponent) => 10 ** exponent);

/**
 * Reads a line of bytes (`start` to `end`, without its line end) that is a plain G0 or G1: words X, Y, Z, E and F with
 * plain decimals, white space, a `;` comment. Returns false for every other line, moves with anything unusual among
 * them; those are for `parseLine`, which knows all forms and all errors. When true, `words` is what `parseLine` and
 * `Number` would give, bit for bit. Makes no objects.
 */
export function parseMove(bytes: Uint8Array, start: number, end: number, words: MoveWords): boolean {
  let at = start;
  let code = 0;
  while (at < end) {
    code = bytes[at] ?? 0;
    if (code !== SPACE && code !== TAB) break;
    at++;
  }
  if ((code | LOWER) !== G) return false;
  code = bytes[at + 1] ?? 0;
  if (at + 1 >= end || (code !== ZERO && code !== ZERO + 1)) return false;
  at += 2;
  let has = 0;
  words.clear();
  for (;;) {
    // Between words: white space, the end, a comment or the next letter.
    if (at >= end) break;
    code = bytes[at] ?? 0;
    if (code === SPACE || code === TAB) {
      at++;
      continue;
    }
    if (code === SEMICOLON) break;
    const letter = code | LOWER;
    at++;
    code = at < end ? (bytes[at] ?? 0) : 0;
    const isNegative = code === MINUS;
    if (isNegative || code === PLUS) {
      at++;
      code = at < end ? (bytes[at] ?? 0) : 0;
    }
    let mantissa = 0;
    let digits = 0;
    while (code >= ZERO && code <= NINE) {
      mantissa = mantissa * 10 + (code - ZERO);
      digits++;
      at++;
      code = at < end ? (bytes[at] ?? 0) : 0;
    }
    let decimals = 0;
    if (code === POINT) {
      at++;
      code = at < end ? (bytes[at] ?? 0) : 0;
      while (code >= ZERO && code <= NINE) {
        mantissa = mantissa * 10 + (code - ZERO);
        decimals++;
        at++;
        code = at < end ? (bytes[at] ?? 0) : 0;
      }
    }
    digits += decimals;
    if (digits === 0 || digits > MAX_DIGITS || !endsNumber(code, at, end)) return false;
    // Both are exact, so the quotient is the nearest double: what `Number` gives for the same text.
    const magnitude = decimals === 0 ? mantissa : mantissa / (POWERS_OF_TEN[decimals] ?? 1);
    const value = isNegative ? -magnitude : magnitude;
    switch (letter) {
      case X:
        words.x = value;
        has |= HAS_X;
        break;
      case Y:
        words.y = value;
        has |= HAS_Y;
        break;
      case Z:
        words.z = value;
        has |= HAS_Z;
        break;
      case E:
        words.e = value;
        has |= HAS_E;
        break;
      case F:
        words.f = value;
        has |= HAS_F;
        break;
      default:
        return false;
    }
  }
  words.has = has;
  return true;
}

/** Whether a number may end before `code`: at the end of the line, at white space, a comment or a letter. */
function endsNumber(code: number, at: number, end: number): boolean {
  if (at >= end || code === SPACE || code === TAB || code === SEMICOLON) return true;
  const lower = code | LOWER;
  return lower >= LETTER_A && lower <= Z;
}
