// thread: host

interface Entry<T> {
  readonly position: number;
  readonly value: T;
}

/** More changes than a queue of motion can hold are never looked back at. */
const MOST = 4096;

/**
 * States by the byte of the print file behind which they hold, for commands that run ahead of the motion: when the file
 * is read again from an earlier place, the state is what it was there.
 */
export class RewindLog<T> {
  #entries: Entry<T>[] = [];
  #first: T;

  /** `first` is the state before the first change. */
  constructor(first: T) {
    this.#first = first;
  }

  /** The state is `value` from the line on that ends at `position`; -1 for a change that is not part of a file. */
  note(position: number, value: T): void {
    if (position < 0) {
      this.reset(value);
      return;
    }
    this.#entries.push({ position, value });
    if (this.#entries.length < MOST * 2) return;
    this.#first = this.#entries[MOST - 1]?.value ?? this.#first;
    this.#entries = this.#entries.slice(MOST);
  }

  /** Forgets all changes: the state is `value` whatever is read again. */
  reset(value: T): void {
    this.#first = value;
    this.#entries = [];
  }

  /** The state behind `position`; later changes are forgotten. */
  rewind(position: number): T {
    this.#entries = this.#entries.filter((entry) => entry.position <= position);
    return this.#entries[this.#entries.length - 1]?.value ?? this.#first;
  }
}
