// thread: machine

const CAPACITY = 64;
const MASK = CAPACITY - 1;

/** Targets that take effect at a print time: an `M104` inside a job. In order of time; fixed size, no garbage. */
export class TimedTargets {
  readonly #times = new Float64Array(CAPACITY);
  readonly #indexes = new Int32Array(CAPACITY);
  readonly #targets = new Float64Array(CAPACITY);
  readonly #apply: (index: number, celsius: number) => void;
  #first = 0;
  #count = 0;

  constructor(apply: (index: number, celsius: number) => void) {
    this.#apply = apply;
  }

  /** Notes a target; when too many wait, the oldest takes effect early rather than get lost. */
  push(time: number, index: number, celsius: number): void {
    if (this.#count === CAPACITY) this.#applyFirst();
    const at = (this.#first + this.#count++) & MASK;
    this.#times[at] = time;
    this.#indexes[at] = index;
    this.#targets[at] = celsius;
  }

  /** Applies what is due at print time `now`. */
  tick(now: number): void {
    while (this.#count > 0 && (this.#times[this.#first] ?? 0) <= now) this.#applyFirst();
  }

  /** Forgets what waits for `index`: it has been given another target out of order. */
  drop(index: number): void {
    let kept = 0;
    for (let i = 0; i < this.#count; i++) {
      const from = (this.#first + i) & MASK;
      if (this.#indexes[from] === index) continue;
      const to = (this.#first + kept++) & MASK;
      this.#times[to] = this.#times[from] ?? 0;
      this.#indexes[to] = this.#indexes[from] ?? 0;
      this.#targets[to] = this.#targets[from] ?? 0;
    }
    this.#count = kept;
  }

  clear(): void {
    this.#count = 0;
  }

  #applyFirst(): void {
    const at = this.#first;
    this.#first = (at + 1) & MASK;
    this.#count--;
    this.#apply(this.#indexes[at] ?? -1, this.#targets[at] ?? 0);
  }
}
