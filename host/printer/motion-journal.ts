// thread: host
import { STATE_SIZE } from "./gcode-state.js";

/** What a record of the ring was. */
export const JOURNAL_OTHER = 0;
export const JOURNAL_MOVE = 1;
export const JOURNAL_TIMED = 2;

const KIND = 0;
/** Moves written so far, this one included, modulo 2^32. */
const MOVES = 1;
/** Seconds that all moves up to this one take at least, at the speeds asked for. */
const TIME = 2;
const TAG = 3;
const LINE = 4;
/**
 * Numbers of the record: x, y, z, e, speed and flags of a move, then where it started; device and its three values of a
 * timed action; number of the kind, three values and seconds of an action of the planner.
 */
const VALUES = 5;
const JOURNAL_VALUES = 10;
/** Velocity, acceleration, minimum cruise ratio and square corner velocity. */
const LIMITS = VALUES + JOURNAL_VALUES;
export const JOURNAL_LIMITS = 4;
const STATE = LIMITS + JOURNAL_LIMITS;
const ROW = STATE + STATE_SIZE;

/** A record that was queued: where it came from, and everything that is needed to go on behind it. */
export interface JournalRow {
  readonly kind: number;
  readonly tag: number;
  readonly line: number;
  readonly values: Float64Array;
  readonly limits: Float64Array;
  /** State of G-code behind the record. */
  readonly state: Float64Array;
}

/**
 * What the records in the ring and in look-ahead are, one row for each: so that what is not planned yet can be dropped
 * and the file read again from there. Rows are numbers in one block of memory; writing one makes no objects.
 */
export class MotionJournal {
  readonly #rows: Float64Array;
  readonly #mask: number;
  #moves = 0;
  #time = 0;

  /** `records` that are kept at least. */
  constructor(records: number) {
    const capacity = 2 ** Math.ceil(Math.log2(records));
    this.#mask = capacity - 1;
    this.#rows = new Float64Array(capacity * ROW);
  }

  /** Notes the record with number `sequence` (`MoveRing.written` before it was pushed). */
  note(sequence: number, kind: number, tag: number, line: number, seconds: number): void {
    const rows = this.#rows;
    const at = (sequence & this.#mask) * ROW;
    if (kind === JOURNAL_MOVE) this.#moves = (this.#moves + 1) >>> 0;
    this.#time += seconds;
    rows[at + KIND] = kind;
    rows[at + MOVES] = this.#moves;
    rows[at + TIME] = this.#time;
    rows[at + TAG] = tag;
    rows[at + LINE] = line;
  }

  /** The numbers of the record that was noted as `sequence`. */
  setValues(sequence: number, a: number, b: number, c: number, d: number, e: number, f: number): void {
    const rows = this.#rows;
    const at = (sequence & this.#mask) * ROW + VALUES;
    rows[at] = a;
    rows[at + 1] = b;
    rows[at + 2] = c;
    rows[at + 3] = d;
    rows[at + 4] = e;
    rows[at + 5] = f;
  }

  /** Where the move that is noted as `sequence` starts. */
  setStart(sequence: number, x: number, y: number, z: number, e: number): void {
    const rows = this.#rows;
    const at = (sequence & this.#mask) * ROW + VALUES + 6;
    rows[at] = x;
    rows[at + 1] = y;
    rows[at + 2] = z;
    rows[at + 3] = e;
  }

  /** Limits and state of G-code behind the record that was noted as `sequence`. */
  setState(sequence: number, limits: Float64Array, state: Float64Array): void {
    const rows = this.#rows;
    const at = (sequence & this.#mask) * ROW;
    for (let i = 0; i < JOURNAL_LIMITS; i++) rows[at + LIMITS + i] = limits[i] ?? 0;
    for (let i = 0; i < STATE_SIZE; i++) rows[at + STATE + i] = state[i] ?? 0;
  }

  /** Seconds that the last `count` records take at least; `sequence` is the number of the next one. */
  secondsOf(count: number, sequence: number): number {
    if (count === 0) return 0;
    const before = (((sequence - count - 1) >>> 0) & this.#mask) * ROW + TIME;
    // Behind the end of the journal: more than it can hold is queued, which is as much as it knows.
    const known = count <= this.#mask ? (this.#rows[before] ?? 0) : 0;
    return Math.max(0, this.#time - known);
  }

  row(sequence: number): JournalRow {
    const at = (sequence & this.#mask) * ROW;
    const part = (from: number, length: number) => this.#rows.slice(at + from, at + from + length);
    return {
      kind: this.#rows[at + KIND] ?? 0,
      tag: this.#rows[at + TAG] ?? -1,
      line: this.#rows[at + LINE] ?? 0,
      values: part(VALUES, JOURNAL_VALUES),
      limits: part(LIMITS, JOURNAL_LIMITS),
      state: part(STATE, STATE_SIZE),
    };
  }

  /** Moves were planned that were no records: homing and the like. */
  skipMoves(count: number): void {
    this.#moves = (this.#moves + count) >>> 0;
  }

  /** Only the first `moves` moves count from now on: the others were dropped. */
  forgetBehind(moves: number): void {
    this.#moves = moves >>> 0;
  }
}
