// thread: any

/** How far a step without a former attempt on that side goes, mm. */
const FIRST_STEP = 0.2;
/** Attempts closer than this count as one, mm. */
const SAME = 1e-4;

/** Heights that were tried in a paper test, and what TESTZ makes of them. */
export class PaperTest {
  readonly #tried: number[] = [];

  /** Notes an attempt. */
  note(z: number): void {
    if (!this.#tried.some((known) => Math.abs(known - z) < SAME)) this.#tried.push(z);
  }

  /** The attempt next below `z`; `undefined` when there is none. */
  below(z: number): number | undefined {
    const lower = this.#tried.filter((known) => known < z - SAME);
    return lower.length === 0 ? undefined : Math.max(...lower);
  }

  /** The attempt next above `z`. */
  above(z: number): number | undefined {
    const higher = this.#tried.filter((known) => known > z + SAME);
    return higher.length === 0 ? undefined : Math.min(...higher);
  }

  /**
   * Where TESTZ goes from `z`: `+` and `-` half way to the next attempt, `++` and `--` all the way, a number by that
   * much. `undefined` for a text that is none of these.
   */
  target(request: string, z: number): number | undefined {
    switch (request.trim()) {
      case "+":
        return (z + (this.above(z) ?? z + 2 * FIRST_STEP)) / 2;
      case "-":
        return (z + (this.below(z) ?? z - 2 * FIRST_STEP)) / 2;
      case "++":
        return this.above(z) ?? z + FIRST_STEP;
      case "--":
        return this.below(z) ?? z - FIRST_STEP;
    }
    const by = Number(request);
    return request.trim() === "" || !Number.isFinite(by) ? undefined : z + by;
  }
}
