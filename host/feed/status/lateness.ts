// thread: feed
const SECONDS_KEPT = 60;

/** How late our own ticks were: the worst of each of the last 60 seconds. */
export class Lateness {
  readonly #worst = new Float64Array(SECONDS_KEPT);
  readonly #second = new Float64Array(SECONDS_KEPT).fill(Number.NEGATIVE_INFINITY);

  /** Notes a tick at `now` (monotonic s) that came `late` s after its time. */
  record(now: number, late: number): void {
    const second = Math.floor(now);
    const slot = second % SECONDS_KEPT;
    if (this.#second[slot] !== second) {
      this.#second[slot] = second;
      this.#worst[slot] = 0;
    }
    if (late > (this.#worst[slot] ?? 0)) this.#worst[slot] = late;
  }

  /** Worst lateness in s of the last `windowS` seconds (60 at most). */
  worst(now: number, windowS = SECONDS_KEPT): number {
    const oldest = Math.floor(now) - Math.min(windowS, SECONDS_KEPT) + 1;
    let worst = 0;
    for (let slot = 0; slot < SECONDS_KEPT; slot++) {
      if ((this.#second[slot] ?? 0) >= oldest) worst = Math.max(worst, this.#worst[slot] ?? 0);
    }
    return worst;
  }
}
