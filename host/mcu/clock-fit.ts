// thread: any

/** Samples kept: about a minute of them. */
const WINDOW = 256;
/** Weight falls to 1/e in so many seconds: long enough to average jitter, short enough to follow a warming crystal. */
const AGE = 30;
/** Uncertainty of a sample with the shortest round trip, s: interrupt latency, transfer slots. */
const BEST_SIGMA = 10e-6;
/** What crystals are off from their nominal frequency, as a standard deviation. */
const SLOPE_SIGMA = 100e-6;
/** This share of the samples had no stall worth the name: their doubt is the wire's ordinary jitter. */
const CALM_SHARE = 0.3;

/**
 * Line through the clock samples of the last minute. A sample's place in its round trip is not known, so it counts by
 * how much longer its round trip was than the shortest of the window: those that met a stall hardly count.
 */
export class ClockFit {
  readonly #x = new Float64Array(WINDOW);
  readonly #y = new Float64Array(WINDOW);
  readonly #roundTrip = new Float64Array(WINDOW);
  readonly #sorted = new Float64Array(WINDOW);
  readonly #weight = new Float64Array(WINDOW);
  #count = 0;
  #next = 0;
  #shortest = 0;
  #slope = 0;
  #meanX = 0;
  #meanY = 0;

  /** Shortest round trip in the window, s. */
  get shortest(): number {
    return this.#shortest;
  }

  get slope(): number {
    return this.#slope;
  }

  /** Value of the line at `x`. */
  at(x: number): number {
    return this.#meanY + this.#slope * (x - this.#meanX);
  }

  /** The `x` at which `x + at(x)` is `sum`. */
  solve(sum: number): number {
    return this.#meanX + (sum - this.#meanX - this.#meanY) / (1 + this.#slope);
  }

  /** Adds a sample later than those before it: value `y` in the middle of a round trip around `x`, all in s. */
  add(x: number, y: number, roundTrip: number): void {
    this.#x[this.#next] = x;
    this.#y[this.#next] = y;
    this.#roundTrip[this.#next] = roundTrip;
    this.#next = (this.#next + 1) % WINDOW;
    this.#count = Math.min(WINDOW, this.#count + 1);
    this.#weigh(x);
    this.#fit();
  }

  clear(): void {
    this.#count = 0;
    this.#next = 0;
    this.#slope = 0;
  }

  #weigh(now: number): void {
    const sorted = this.#sorted.subarray(0, this.#count);
    sorted.set(this.#roundTrip.subarray(0, this.#count));
    sorted.sort();
    this.#shortest = sorted[0] ?? 0;
    const calm = ((sorted[Math.floor(this.#count * CALM_SHARE)] ?? 0) - this.#shortest) / 2;
    const variance = Math.max(BEST_SIGMA, calm) ** 2;
    for (let i = 0; i < this.#count; i++) {
      const doubt = ((this.#roundTrip[i] ?? 0) - this.#shortest) / 2;
      // Squared once more than a variance would be: a long round trip is nearly always late on one side only.
      const trust = variance / (variance + doubt * doubt);
      this.#weight[i] = (Math.exp(((this.#x[i] ?? 0) - now) / AGE) * trust * trust) / variance;
    }
  }

  #fit(): void {
    let weight = 0;
    let x = 0;
    let y = 0;
    for (let i = 0; i < this.#count; i++) {
      const w = this.#weight[i] ?? 0;
      weight += w;
      x += w * (this.#x[i] ?? 0);
      y += w * (this.#y[i] ?? 0);
    }
    this.#meanX = x / weight;
    this.#meanY = y / weight;
    let xx = 1 / (SLOPE_SIGMA * SLOPE_SIGMA);
    let xy = 0;
    for (let i = 0; i < this.#count; i++) {
      const dx = (this.#x[i] ?? 0) - this.#meanX;
      xx += (this.#weight[i] ?? 0) * dx * dx;
      xy += (this.#weight[i] ?? 0) * dx * ((this.#y[i] ?? 0) - this.#meanY);
    }
    this.#slope = xy / xx;
  }
}
