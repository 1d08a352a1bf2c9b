// thread: machine

/** Less motion than this ahead is an end, not a shrinking horizon, in s. */
const END = 0.05;

/** How much motion the boards have in hand, in s, and the least they had while more was to come. */
export class HorizonWatch {
  #now = 0;
  #smallest = Number.POSITIVE_INFINITY;

  /** At print time `now` the plan ends at `planEnd`, and the first command that is not sent yet is due at `unsent`. */
  note(now: number, planEnd: number, unsent: number): void {
    const left = planEnd - now;
    if (left <= END) {
      this.#now = 0;
      return;
    }
    this.#now = Math.max(0, Math.min(unsent, planEnd) - now);
    if (unsent < planEnd && this.#now < this.#smallest) this.#smallest = this.#now;
  }

  get now(): number {
    return this.#now;
  }

  /** Infinity when motion has not outlasted the horizon yet. */
  get smallest(): number {
    return this.#smallest;
  }

  reset(): void {
    this.#smallest = Number.POSITIVE_INFINITY;
  }
}
