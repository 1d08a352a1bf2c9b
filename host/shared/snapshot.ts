// thread: any
import { type HostTime, hostTime } from "./units.js";

const SEQUENCE = 0;
const HEADER_BYTES = 16;
/** Reads that met a writer in the middle before the reader takes the last whole copy instead. */
const MAX_RETRIES = 64;

/** How a field of a printer object is built from the snapshot's numbers. */
export interface SnapshotField {
  /** Printer object, as clients name it: `toolhead`, `heater_bed`, `fan_generic chamber`. */
  readonly object: string;
  readonly field: string;
  /** First number of the field. */
  readonly slot: number;
  /** `number`, or `list` of `width` numbers, or `boolean`, or `axes`: bits 1, 2, 4 as the letters of "xyz". */
  readonly kind: "number" | "list" | "boolean" | "axes";
  readonly width: number;
  /** Digits behind the point that a client gets. */
  readonly digits: number;
  /** For host alone: clients do not see it. */
  readonly hidden?: boolean;
}

/** Which numbers a snapshot holds; fixed from configuration until the next restart of the printer. */
export interface SnapshotLayout {
  readonly slots: number;
  readonly fields: readonly SnapshotField[];
}

/** Slot of the time (`HostTime`) at which the snapshot was taken: always the first. */
export const SNAPSHOT_TIME = 0;
/** Slot of the number of snapshots published so far. */
export const SNAPSHOT_COUNT = 1;
/** First slot that a layout may use. */
export const SNAPSHOT_FIRST_FREE = 2;

const bytesFor = (slots: number): number => HEADER_BYTES + slots * 8;

/**
 * Writer of the machine's status. One writer (machine), any number of readers. Publishing copies numbers under a
 * sequence lock: the sequence is odd while a copy is under way.
 */
export class SnapshotWriter {
  readonly buffer: SharedArrayBuffer;
  /** Numbers to publish, filled in place by the owner; copied out by `publish`. */
  readonly values: Float64Array;
  readonly #shared: Float64Array;
  readonly #words: Int32Array;

  constructor(slots: number) {
    this.buffer = new SharedArrayBuffer(bytesFor(slots));
    this.values = new Float64Array(slots);
    this.#words = new Int32Array(this.buffer, 0, 2);
    this.#shared = new Float64Array(this.buffer, HEADER_BYTES);
  }

  /** Makes the present `values` visible, taken at `now`. */
  publish(now: HostTime): void {
    this.values[SNAPSHOT_TIME] = now;
    this.values[SNAPSHOT_COUNT] = (this.values[SNAPSHOT_COUNT] ?? 0) + 1;
    Atomics.add(this.#words, SEQUENCE, 1);
    this.#shared.set(this.values);
    Atomics.add(this.#words, SEQUENCE, 1);
  }
}

/** Reader of the machine's status: O(1), never waits, never a message to the machine worker. */
export class SnapshotReader {
  /** The last whole copy that `read` made. */
  readonly values: Float64Array;
  readonly #shared: Float64Array;
  readonly #words: Int32Array;
  readonly #trial: Float64Array;

  constructor(buffer: SharedArrayBuffer) {
    const slots = (buffer.byteLength - HEADER_BYTES) / 8;
    this.#words = new Int32Array(buffer, 0, 2);
    this.#shared = new Float64Array(buffer, HEADER_BYTES);
    this.values = new Float64Array(slots);
    this.#trial = new Float64Array(slots);
  }

  /** Copies the newest snapshot into `values`; keeps the former one when a writer is in the way for too long. */
  read(): Float64Array {
    for (let attempt = 0; attempt < MAX_RETRIES; attempt++) {
      const before = Atomics.load(this.#words, SEQUENCE);
      if ((before & 1) !== 0) continue;
      this.#trial.set(this.#shared);
      if (Atomics.load(this.#words, SEQUENCE) !== before) continue;
      this.values.set(this.#trial);
      break;
    }
    return this.values;
  }

  /** When the last snapshot that was read had been taken. */
  get time(): HostTime {
    return hostTime(this.values[SNAPSHOT_TIME] ?? 0);
  }
}

const AXIS_LETTERS = "xyz";

/** The value of one field, as clients see it, from a snapshot's numbers. NaN becomes null. */
export function fieldValue(field: SnapshotField, values: Float64Array): unknown {
  const number = (slot: number): number | null => {
    const value = values[slot] ?? Number.NaN;
    return Number.isFinite(value) ? Number(value.toFixed(field.digits)) : null;
  };
  switch (field.kind) {
    case "number":
      return number(field.slot);
    case "list":
      return Array.from({ length: field.width }, (_, i) => number(field.slot + i));
    case "boolean":
      return (values[field.slot] ?? 0) !== 0;
    case "axes": {
      const bits = values[field.slot] ?? 0;
      return [...AXIS_LETTERS].filter((_, i) => (bits & (1 << i)) !== 0).join("");
    }
  }
}
