// thread: host
import { exactRatio } from "./float-text.js";

/**
 * Powers with fractional exponents, in fixed point: a^b = 2^k * e^r with b * ln a = k * ln 2 + r. JavaScript engines
 * are wrong in the last digit of every tenth power or so, and templates print all digits.
 */
const BITS = 160n;
const ONE = 1n << BITS;
/** r is divided by 2^HALVINGS before the series of e^r, and the result squared as often. */
const HALVINGS = 8n;

/** ln((1 + z) / (1 - z)) = 2 (z + z^3/3 + z^5/5 + ...), for z in fixed point. */
function logOfRatio(z: bigint): bigint {
  const square = (z * z) >> BITS;
  let sum = 0n;
  let power = z;
  for (let k = 1n; power !== 0n && power !== -1n; k += 2n) {
    sum += power / k;
    power = (power * square) >> BITS;
  }
  return 2n * sum;
}

const LN_2 = logOfRatio(ONE / 3n);

/** e^r = 1 + r + r^2/2! + ... for a small r in fixed point. */
function exponential(r: bigint): bigint {
  let sum = ONE;
  let term = ONE;
  for (let k = 1n; term !== 0n && term !== -1n; k += 1n) {
    term = (term * r) / (k << BITS);
    sum += term;
  }
  return sum;
}

/** A positive number as a ratio of big ints. */
export interface Ratio {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

/**
 * a^b to about 140 bits. `a` is positive and not 1, both are finite, and the result must be a normal float
 * (the caller has looked at the engine's own, which is right but for its last digit).
 */
export function fractionalPower(a: number, b: number): Ratio {
  const exponent = Math.floor(Math.log2(a));
  const { numerator, denominator } = exactRatio(a);
  // a = m * 2^exponent with m near 1 to 2; ln m from z = (m - 1) / (m + 1).
  const top = exponent >= 0 ? numerator : numerator << BigInt(-exponent);
  const bottom = exponent >= 0 ? denominator << BigInt(exponent) : denominator;
  const logA = logOfRatio(((top - bottom) << BITS) / (top + bottom)) + BigInt(exponent) * LN_2;
  const by = exactRatio(b);
  const product = (logA * by.numerator) / by.denominator;
  const k = (product + LN_2 / 2n) / LN_2;
  let made = exponential((product - k * LN_2) >> HALVINGS);
  for (let i = 0n; i < HALVINGS; i += 1n) made = (made * made) >> BITS;
  return k >= 0n ? { numerator: made << k, denominator: ONE } : { numerator: made, denominator: ONE << -k };
}
