// thread: any

/** Blocks whose times are remembered; a power of two. */
const HISTORY = 64;
const MASK = HISTORY - 1;

/** When the last 64 blocks left and were acknowledged, by their sequence numbers. */
export class BlockTimes {
  readonly #sequence = new Float64Array(HISTORY).fill(-1);
  readonly #first = new Float64Array(HISTORY);
  readonly #sent = new Float64Array(HISTORY);
  readonly #acknowledged = new Float64Array(HISTORY);
  readonly #repeats = new Uint32Array(HISTORY);

  /** A block left for the first time. */
  send(sequence: number, time: number): void {
    const slot = sequence & MASK;
    this.#sequence[slot] = sequence;
    this.#first[slot] = time;
    this.#sent[slot] = time;
    this.#acknowledged[slot] = Number.NaN;
    this.#repeats[slot] = 0;
  }

  /** A block left again. */
  repeat(sequence: number, time: number): void {
    const slot = sequence & MASK;
    this.#sent[slot] = time;
    this.#repeats[slot] = (this.#repeats[slot] ?? 0) + 1;
  }

  acknowledge(sequence: number, time: number): void {
    this.#acknowledged[sequence & MASK] = time;
  }

  /** When it left first; NaN when not remembered. */
  firstSent(sequence: number): number {
    return this.#knows(sequence) ? (this.#first[sequence & MASK] ?? Number.NaN) : Number.NaN;
  }

  /** When it left last; NaN when not remembered. */
  sent(sequence: number): number {
    return this.#knows(sequence) ? (this.#sent[sequence & MASK] ?? Number.NaN) : Number.NaN;
  }

  /** When it left, if it left only once: only then does an answer tell how long it took. NaN otherwise. */
  onlySent(sequence: number): number {
    return (this.#repeats[sequence & MASK] ?? 0) === 0 ? this.sent(sequence) : Number.NaN;
  }

  /** When its acknowledgement came; NaN when it has not or is not remembered. */
  acknowledged(sequence: number): number {
    return this.#knows(sequence) ? (this.#acknowledged[sequence & MASK] ?? Number.NaN) : Number.NaN;
  }

  #knows(sequence: number): boolean {
    return sequence >= 0 && this.#sequence[sequence & MASK] === sequence;
  }
}
