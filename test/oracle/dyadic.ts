// thread: any

/**
 * An exact number `mantissa * 2^exponent`. Every double is one, and sums and products of them are again: positions can be
 * computed without any rounding.
 */
export class Dyadic {
  readonly mantissa: bigint;
  readonly exponent: number;

  constructor(mantissa: bigint, exponent: number) {
    this.mantissa = mantissa;
    this.exponent = exponent;
  }

  /** The exact value of a finite double. */
  static of(value: number): Dyadic {
    if (!Number.isFinite(value)) throw new RangeError(`${value} is not finite`);
    let exponent = 0;
    let scaled = value;
    while (!Number.isInteger(scaled)) {
      scaled *= 2;
      exponent -= 1;
    }
    return new Dyadic(BigInt(scaled), exponent);
  }

  plus(other: Dyadic): Dyadic {
    const exponent = Math.min(this.exponent, other.exponent);
    return new Dyadic(this.#at(exponent) + other.#at(exponent), exponent);
  }

  minus(other: Dyadic): Dyadic {
    return this.plus(new Dyadic(-other.mantissa, other.exponent));
  }

  times(other: Dyadic): Dyadic {
    return new Dyadic(this.mantissa * other.mantissa, this.exponent + other.exponent);
  }

  /** -1, 0 or 1. */
  get sign(): number {
    return this.mantissa > 0n ? 1 : this.mantissa < 0n ? -1 : 0;
  }

  isBelow(other: Dyadic): boolean {
    return this.minus(other).sign < 0;
  }

  #at(exponent: number): bigint {
    return this.mantissa << BigInt(this.exponent - exponent);
  }
}
