// thread: any

/** Seeded random numbers (xoshiro128**): the same seed gives the same numbers on every computer. */
export class Random {
  readonly #state = new Uint32Array(4);

  constructor(seed: number) {
    // Splitmix spreads similar seeds over the whole state.
    let mixed = seed >>> 0;
    for (let i = 0; i < 4; i++) {
      mixed = (mixed + 0x9e3779b9) >>> 0;
      let z = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
      z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
      this.#state[i] = z ^ (z >>> 15);
    }
  }

  /** A whole number from 0 to 2^32 - 1. */
  uint32(): number {
    const s = this.#state;
    const [s0 = 0, s1 = 0, s2 = 0, s3 = 0] = s;
    const times5 = Math.imul(s1, 5);
    const result = Math.imul((times5 << 7) | (times5 >>> 25), 9) >>> 0;
    s[0] = s0 ^ s3 ^ s1;
    s[1] = s1 ^ s2 ^ s0;
    s[2] = s2 ^ s0 ^ (s1 << 9);
    const t = s3 ^ s1;
    s[3] = (t << 11) | (t >>> 21);
    return result;
  }

  /** From 0 up to, but not including, 1. */
  ratio(): number {
    return this.uint32() / 0x1_0000_0000;
  }

  /** From `low` up to `high`. */
  between(low: number, high: number): number {
    return low + (high - low) * this.ratio();
  }

  /** True with a probability of `share`. */
  chance(share: number): boolean {
    return share > 0 && this.ratio() < share;
  }

  /** A generator of its own, so that what one part draws does not change what another gets. */
  fork(name: string): Random {
    let seed = this.#state[0] ?? 0;
    for (let i = 0; i < name.length; i++) seed = Math.imul(seed ^ name.charCodeAt(i), 0x01000193);
    return new Random(seed);
  }
}
