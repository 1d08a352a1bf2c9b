// thread: feed
/** One line of the console's memory. */
export interface GcodeEntry {
  readonly message: string;
  /** Unix time in s. */
  readonly time: number;
  readonly type: "command" | "response";
}

/** The last commands and responses, for consoles that open later. */
export class GcodeStore {
  readonly #size: number;
  readonly #unix: () => number;
  #entries: GcodeEntry[] = [];

  constructor(size: number, unix: () => number) {
    this.#size = Math.max(1, size);
    this.#unix = unix;
  }

  add(type: GcodeEntry["type"], message: string): void {
    this.#entries.push({ message, time: this.#unix(), type });
    // Cut in blocks, so that a full store does not copy itself for every line.
    if (this.#entries.length >= this.#size * 2) this.#entries = this.#entries.slice(-this.#size);
  }

  /** The newest `count` entries, oldest first. */
  last(count = this.#size): readonly GcodeEntry[] {
    const wanted = Math.min(count, this.#size);
    return wanted === 0 ? [] : this.#entries.slice(-wanted);
  }
}
