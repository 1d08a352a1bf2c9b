// thread: any

/** Farthest that a suggestion may be from what was typed. */
const MAX_DISTANCE = 2;

/** A run of names with a number at the end: `PA0` to `PA15` are `first` to `first + count - 1`. */
interface Run {
  readonly prefix: string;
  readonly start: number;
  readonly first: number;
  readonly count: number;
}

/** Names that a field takes instead of numbers (pins, buses, reasons), as a board's dictionary lists them. */
export class Enumeration {
  readonly name: string;
  readonly #values = new Map<string, number>();
  readonly #names = new Map<number, string>();

  /** `entries`: value of a name, or `[first, count]` for a run that begins with that name. */
  constructor(name: string, entries: Iterable<readonly [string, number | readonly [number, number]]>) {
    this.name = name;
    for (const [key, value] of entries) {
      if (typeof value === "number") this.#add(key, value);
      else this.#addRun(key, value[0], value[1]);
    }
  }

  get size(): number {
    return this.#values.size;
  }

  /** Every name, in the dictionary's order, runs written out. */
  names(): Iterable<string> {
    return this.#values.keys();
  }

  valueOf(name: string): number | undefined {
    return this.#values.get(name);
  }

  /** The name of a value; the last one listed when there are several. */
  nameOf(value: number): string | undefined {
    return this.#names.get(value);
  }

  /** The name that `typed` was probably meant to be. */
  suggest(typed: string): string | undefined {
    const wanted = typed.toLowerCase();
    let best: string | undefined;
    let least = MAX_DISTANCE + 1;
    for (const name of this.#values.keys()) {
      const found = distance(wanted, name.toLowerCase(), least);
      if (found >= least) continue;
      least = found;
      best = name;
    }
    return best;
  }

  #add(name: string, value: number): void {
    this.#values.set(name, value);
    this.#names.set(value, name);
  }

  #addRun(name: string, first: number, count: number): void {
    const { prefix, start } = splitRun(name, first, count);
    for (let i = 0; i < count; i++) this.#add(`${prefix}${start + i}`, first + i);
  }
}

function splitRun(name: string, first: number, count: number): Run {
  const digits = /\d+$/.exec(name)?.[0] ?? "";
  return { prefix: name.slice(0, name.length - digits.length), start: Number(digits), first, count };
}

/** Edits between two words, given up at `limit`. */
function distance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 0; i < a.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++) {
      const swap = (row[j] ?? 0) + (a[i] === b[j] ? 0 : 1);
      next.push(Math.min(swap, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? limit;
}
