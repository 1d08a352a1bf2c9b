// thread: any
import {
  ACTION_DRAIN,
  ACTION_DWELL,
  ACTION_FACTORS,
  ACTION_SET_EXTRUDER,
  ACTION_SET_POSITION,
  ACTION_TIMED,
  RECORD_ACCEL,
  RECORD_ADVANCE,
  RECORD_E,
  RECORD_FLAGS,
  RECORD_JUNCTION,
  RECORD_KIND,
  RECORD_MOVE,
  RECORD_P0,
  RECORD_SIZE,
  RECORD_SMOOTH_ACCEL,
  RECORD_SPEED,
  RECORD_SPEED_CAP,
  RECORD_TAG,
  RECORD_X,
  RECORD_Y,
  RECORD_Z,
} from "../../assembly/layout.js";

const WRITE = 0;
const READ = 64;
const RECORDS = 128;

/** A move as the planner takes it: end position in mm, filament in mm, speeds in mm/s, accelerations in mm/s^2. */
export interface MoveRecord {
  flags: number;
  x: number;
  y: number;
  z: number;
  /** Displacement of the filament. */
  e: number;
  speed: number;
  /** Highest speed that limits allow. */
  speedCap: number;
  accel: number;
  /** accel * (1 - minimum_cruise_ratio), by the toolhead's own limit. */
  smoothAccel: number;
  /** Junction deviation, in mm. */
  junction: number;
  /** Any number that says where the move comes from. */
  tag: number;
  /** Pressure advance, in s. */
  advance: number;
}

/** Actions that the planner itself performs in order with moves. */
export type BarrierKind = "dwell" | "drain" | "setPosition" | "setExtruder" | "factors";

const ACTION_KINDS: Record<BarrierKind, number> = {
  dwell: ACTION_DWELL,
  drain: ACTION_DRAIN,
  setPosition: ACTION_SET_POSITION,
  setExtruder: ACTION_SET_EXTRUDER,
  factors: ACTION_FACTORS,
};

/**
 * Writer of the core's input ring. One writer (host), one reader (the core). `push...` never wait: false means that the
 * ring is full and nothing was written.
 */
export class MoveRing {
  readonly #f64: Float64Array;
  readonly #i32: Int32Array;
  readonly #base: number;
  readonly #mask: number;
  #write: number;

  /** `address` and `capacity` as the core's `init` was given and returned them. */
  constructor(buffer: ArrayBufferLike, address: number, capacity: number) {
    this.#f64 = new Float64Array(buffer);
    this.#i32 = new Int32Array(buffer);
    this.#base = address;
    this.#mask = capacity - 1;
    this.#write = Atomics.load(this.#i32, (address + WRITE) >> 2);
  }

  /** Records that wait to be planned. */
  get waiting(): number {
    return (this.#write - Atomics.load(this.#i32, (this.#base + READ) >> 2)) >>> 0;
  }

  /** Records that still fit. */
  get room(): number {
    return this.#mask + 1 - this.waiting;
  }

  /** Number of records written so far, modulo 2^32. */
  get written(): number {
    return this.#write >>> 0;
  }

  pushMove(move: MoveRecord): boolean {
    if (this.room === 0) return false;
    const at = this.#base + RECORDS + (this.#write & this.#mask) * RECORD_SIZE;
    const f64 = this.#f64;
    this.#i32[(at + RECORD_KIND) >> 2] = RECORD_MOVE;
    this.#i32[(at + RECORD_FLAGS) >> 2] = move.flags;
    f64[(at + RECORD_X) >> 3] = move.x;
    f64[(at + RECORD_Y) >> 3] = move.y;
    f64[(at + RECORD_Z) >> 3] = move.z;
    f64[(at + RECORD_E) >> 3] = move.e;
    f64[(at + RECORD_SPEED) >> 3] = move.speed;
    f64[(at + RECORD_SPEED_CAP) >> 3] = move.speedCap;
    f64[(at + RECORD_ACCEL) >> 3] = move.accel;
    f64[(at + RECORD_SMOOTH_ACCEL) >> 3] = move.smoothAccel;
    f64[(at + RECORD_JUNCTION) >> 3] = move.junction;
    f64[(at + RECORD_TAG) >> 3] = move.tag;
    f64[(at + RECORD_ADVANCE) >> 3] = move.advance;
    this.#publish();
    return true;
  }

  /** An action that machine performs at the print time at which the moves before it end. */
  pushTimed(device: number, a: number, b: number, c: number, flags: number, tag: number): boolean {
    return this.#pushAction(ACTION_TIMED, flags, device, a, b, c, tag);
  }

  /** An action that the planner performs in order: see the `ACTION_` kinds in assembly/layout.ts. */
  pushBarrier(kind: BarrierKind, a: number, b: number, c: number, tag: number): boolean {
    return this.#pushAction(ACTION_KINDS[kind], 0, a, b, c, 0, tag);
  }

  #pushAction(kind: number, flags: number, p0: number, p1: number, p2: number, p3: number, tag: number): boolean {
    if (this.room === 0) return false;
    const at = this.#base + RECORDS + (this.#write & this.#mask) * RECORD_SIZE;
    const f64 = this.#f64;
    this.#i32[(at + RECORD_KIND) >> 2] = kind;
    this.#i32[(at + RECORD_FLAGS) >> 2] = flags;
    const first = (at + RECORD_P0) >> 3;
    f64[first] = p0;
    f64[first + 1] = p1;
    f64[first + 2] = p2;
    f64[first + 3] = p3;
    f64[first + 4] = 0;
    f64[first + 5] = 0;
    f64[(at + RECORD_TAG) >> 3] = tag;
    this.#publish();
    return true;
  }

  /** Payload first, index last. */
  #publish(): void {
    this.#write = (this.#write + 1) | 0;
    Atomics.store(this.#i32, (this.#base + WRITE) >> 2, this.#write);
  }
}
