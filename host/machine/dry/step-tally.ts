// thread: any

/** Steps of a board are counted in spans of so much time to find its peak load, in s. */
const SPAN_S = 0.05;

/** What the step commands of one stepper come to. */
export class StepTally {
  steps = 0;
  /** Steps forward minus steps back, by the direction bit. */
  net = 0;
  commands = 0;
  directions = 0;
  /** Bytes of all its step commands, without the frames around them. */
  bytes = 0;
  /** Clock of its first and last step; NaN before there is one. */
  first = Number.NaN;
  last = Number.NaN;
  /** Shortest time between two steps, in ticks. */
  shortest = Number.POSITIVE_INFINITY;
  #clock = 0;
  #direction = 0;

  direction(bit: number, bytes: number): void {
    this.directions += 1;
    this.bytes += bytes;
    this.#direction = bit;
  }

  /** Counts a `queue_step`; `load` counts its steps by time. */
  move(interval: number, count: number, add: number, bytes: number, load: BoardLoad): void {
    this.commands += 1;
    this.bytes += bytes;
    this.steps += count;
    this.net += this.#direction === 0 ? -count : count;
    const lastInterval = interval + add * (count - 1);
    const from = this.#clock + interval;
    // The sum of an arithmetic series: intervals shrink or grow by `add` from step to step.
    this.#clock += (count * (interval + lastInterval)) / 2;
    if (Number.isNaN(this.first)) {
      this.first = from;
      if (count > 1) this.shortest = Math.min(this.shortest, interval + add, lastInterval);
    } else {
      this.shortest = Math.min(this.shortest, interval, lastInterval);
    }
    this.last = this.#clock;
    load.add(from, this.#clock, count);
  }
}

/** How many steps a board makes per second at most. */
export class BoardLoad {
  readonly #span: number;
  #steps = new Float64Array(1024);
  #peak = 0;

  constructor(frequency: number) {
    this.#span = frequency * SPAN_S;
  }

  /** `count` steps from one clock to another. */
  add(from: number, to: number, count: number): void {
    const first = Math.floor(from / this.#span);
    const last = Math.floor(to / this.#span);
    if (last >= this.#steps.length) this.#grow(last);
    if (first === last) {
      this.#count(last, count);
      return;
    }
    const perSpan = (count * this.#span) / (to - from);
    for (let i = first; i <= last; i++) {
      const share = Math.min(1, (Math.min(to, (i + 1) * this.#span) - Math.max(from, i * this.#span)) / this.#span);
      this.#count(i, share * perSpan);
    }
  }

  /** Most steps per second over any span of 50 ms, and the print time in s at which that span starts. */
  get peak(): { readonly stepsPerS: number; readonly timeS: number } {
    return { stepsPerS: (this.#steps[this.#peak] ?? 0) / SPAN_S, timeS: this.#peak * SPAN_S };
  }

  #count(span: number, steps: number): void {
    const sum = (this.#steps[span] ?? 0) + steps;
    this.#steps[span] = sum;
    if (sum > (this.#steps[this.#peak] ?? 0)) this.#peak = span;
  }

  #grow(index: number): void {
    const steps = new Float64Array(Math.max(index + 1, this.#steps.length * 2));
    steps.set(this.#steps);
    this.#steps = steps;
  }
}
