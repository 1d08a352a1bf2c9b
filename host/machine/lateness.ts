// thread: machine

/** Upper edges of the histogram's bins, in s; the last bin has none. */
export const LATENESS_EDGES: readonly number[] = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1];

/** How late turns begin and how long they take, in s: counted without garbage, reset when a job begins. */
export class Lateness {
  readonly histogram = new Float64Array(LATENESS_EDGES.length + 1);
  #worst = 0;
  #longest = 0;

  /** A turn that was due at `due` began at `began` and took until `ended`. */
  note(due: number, began: number, ended: number): void {
    const late = Math.max(0, began - due);
    if (late > this.#worst) this.#worst = late;
    const took = ended - began;
    if (took > this.#longest) this.#longest = took;
    let bin = 0;
    while (bin < LATENESS_EDGES.length && late > (LATENESS_EDGES[bin] ?? 0)) bin++;
    this.histogram[bin] = (this.histogram[bin] ?? 0) + 1;
  }

  get worst(): number {
    return this.#worst;
  }

  get longest(): number {
    return this.#longest;
  }

  reset(): void {
    this.histogram.fill(0);
    this.#worst = 0;
    this.#longest = 0;
  }
}
