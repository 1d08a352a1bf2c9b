// thread: any
import type { Core } from "./core.js";
import { type ActuatorMotion, geometryOf } from "./geometry.js";
import type { Pulse } from "./shapers.js";

/** Columns of a move list: see `parseMoveList`. */
const COLUMNS = 13;
/** Motion is given to the core this far ahead of the steps, and steps are made in slices of this length, in s. */
const AHEAD = 1;
const SLICE = 0.25;
/** Commands are made for steps up to so long before the end of a slice, and the run goes on so long behind the list, in s. */
const FLUSH_BEHIND = 0.05;
const TAIL = 0.5;
const MAX_EARLY = 0.000025;
const REVERSAL_FILTER = 0.00075;
const SEGMENTS = 16384;
const COMMANDS = 4096;
const SLOTS = 4096;
const PIECE = 4096;
/** Ids of `queue_step` and `set_next_step_dir` in the encoded commands. */
const STEP_ID = 22;
const DIRECTION_ID = 24;

/** Kinematics whose steppers `moveListSteppers` knows. */
export type MoveListKinematics = "cartesian" | "corexy" | "delta" | "extruder";

const linear = (x: number, y: number): ActuatorMotion => ({ kind: "linear", x, y, z: 0 });

/** Radius and arm of the delta that move lists are run on, mm. */
const DELTA_RADIUS = 174.75;
const DELTA_ARM = 333;

function tower(degrees: number): ActuatorMotion {
  const angle = (degrees * Math.PI) / 180;
  return { kind: "delta", arm: DELTA_ARM, x: DELTA_RADIUS * Math.cos(angle), y: DELTA_RADIUS * Math.sin(angle) };
}

/** The steppers of a kind of kinematics, in their usual order. */
export function moveListSteppers(kinematics: MoveListKinematics): readonly ActuatorMotion[] {
  switch (kinematics) {
    case "cartesian":
      return [linear(1, 0), linear(0, 1)];
    case "corexy":
      return [linear(1, 1), linear(1, -1)];
    case "delta":
      return [tower(210), tower(330), tower(90)];
    case "extruder":
      return [{ kind: "extruder", extruder: 0 }];
  }
}

/**
 * Reads trapezoids from comma-separated text with a header line: print time, three durations in s, start position in mm,
 * unit direction, start and cruise speed in mm/s, acceleration in mm/s^2. Throws `RangeError` with the line that is wrong.
 */
export function parseMoveList(text: string): readonly Float64Array[] {
  return text
    .trim()
    .split("\n")
    .slice(1)
    .map((line, i) => {
      const row = Float64Array.from(line.split(","), Number);
      if (row.length === COLUMNS && row.every(Number.isFinite)) return row;
      throw new RangeError(`line ${i + 2} is not ${COLUMNS} numbers`);
    });
}

export interface MoveListOptions {
  readonly kinematics: MoveListKinematics;
  readonly stepsPerMm: number;
  readonly frequencyHz: number;
  /** Pressure advance and its smooth time in s, for an extruder: moves whose second direction is 1 get it. */
  readonly advanceS: number;
  readonly smoothTimeS: number;
  /** Shapers of x and y; none when empty. */
  readonly shapers: readonly [x: readonly Pulse[], y: readonly Pulse[]];
  /** Work of the compressor, 0 to 2. */
  readonly effort: number;
  /** Takes the encoded commands, borrowed for the call. */
  readonly onCommands?: (bytes: Uint8Array) => void;
}

/** What one stepper came to. */
export interface StepperTotals {
  readonly steps: number;
  readonly commands: number;
  readonly directions: number;
  readonly bytes: number;
  /** Steps forward less steps backward. */
  readonly net: number;
}

function check(status: number, doing: string): number {
  if (status < 0) throw new RangeError(`the motion core refused ${doing} with status ${status}`);
  return status;
}

/** A move list on its way through a core: `run` makes all its steps. */
export class MoveListRun {
  readonly #core: Core;
  readonly #rows: readonly Float64Array[];
  readonly #options: MoveListOptions;
  readonly #steppers: number;

  /** Prepares `core`, forgetting what it had. Throws `RangeError` for numbers that it refuses. */
  constructor(core: Core, rows: readonly Float64Array[], options: MoveListOptions) {
    this.#core = core;
    this.#rows = rows;
    this.#options = options;
    const { exports } = core;
    const { frequencyHz, stepsPerMm } = options;
    const steppers = moveListSteppers(options.kinematics);
    this.#steppers = steppers.length;
    check(exports.init(2, SEGMENTS, 1), "its memory");
    check(exports.addBoard(0, SLOTS, frequencyHz), "the clock frequency");
    exports.setEffort(options.effort);
    for (const [i, motion] of steppers.entries()) {
      const { kind, parameters } = geometryOf(motion);
      check(exports.stepperAdd(0, 0, i, STEP_ID, DIRECTION_ID, COMMANDS), "a stepper");
      check(exports.setGeometry(i, kind, stepsPerMm, 0, ...parameters), "the steps per mm");
      const early = Math.floor(MAX_EARLY * frequencyHz);
      check(exports.setTolerance(i, early, Math.floor(REVERSAL_FILTER * frequencyHz)), "the tolerance");
      if (motion.kind === "extruder") check(exports.setSmoothTime(i, options.smoothTimeS), "the smooth time");
      else for (const axis of [0, 1] as const) this.#shape(i, axis, options.shapers[axis]);
    }
    check(exports.start(), "to start");
    const first = rows[0];
    if (first === undefined) throw new RangeError("the list has no moves");
    const [, , , , x = 0, y = 0, z = 0] = first;
    if (options.kinematics === "extruder") check(exports.setAnchor(0, x), "the first place");
    else check(exports.declarePosition(0, x, y, z), "the first position");
  }

  #shape(stepper: number, axis: 0 | 1, pulses: readonly Pulse[]): void {
    const { exports, f64 } = this.#core;
    const address = exports.scratchAt();
    pulses.forEach(({ weight, delayS }, i) => {
      f64[(address >>> 3) + 2 * i] = weight;
      f64[(address >>> 3) + 2 * i + 1] = delayS;
    });
    check(exports.shapeStepper(stepper, axis, pulses.length, address), "a shaper");
  }

  /** Makes all steps of the list and returns what each stepper came to. */
  run(): readonly StepperTotals[] {
    const { exports } = this.#core;
    const rows = this.#rows;
    const last = rows[rows.length - 1] ?? new Float64Array(COLUMNS);
    const [start = 0, accelTime = 0, cruiseTime = 0, decelTime = 0] = last;
    const end = start + accelTime + cruiseTime + decelTime + TAIL;
    let added = 0;
    for (let made = SLICE; ; made += SLICE) {
      added = this.#append(added, made + AHEAD);
      const isLast = made >= end;
      const release = isLast ? Number.POSITIVE_INFINITY : made - FLUSH_BEHIND;
      while (check(exports.advanceSteppers(made, release, release, isLast ? 1 : 0), "to make steps") !== 0)
        this.#take();
      this.#take();
      if (isLast) break;
    }
    return Array.from({ length: this.#steppers }, (_, i) => ({
      steps: exports.stepperSum(i, 0),
      commands: exports.stepperSum(i, 1),
      directions: exports.stepperSum(i, 2),
      bytes: exports.stepperSum(i, 3),
      net: exports.stepperMade(i),
    }));
  }

  /** Gives the core the moves that begin before `until`; returns how many it has in all. */
  #append(from: number, until: number): number {
    const { exports } = this.#core;
    const isFilament = this.#options.kinematics === "extruder";
    let added = from;
    for (; added < this.#rows.length; added++) {
      const row = this.#rows[added];
      if (row === undefined) break;
      const [t = 0, ta = 0, tc = 0, td = 0, x = 0, y = 0, z = 0, rx = 0, ry = 0, rz = 0, v = 0, vc = 0, a = 0] = row;
      if (t >= until) break;
      const advance = ry !== 0 ? this.#options.advanceS : 0;
      const status = isFilament
        ? exports.appendSegment(0, t, ta, tc, td, 0, 0, 0, 0, 0, 0, v, vc, a, x, rx, advance)
        : exports.appendSegment(0, t, ta, tc, td, x, y, z, rx, ry, rz, v, vc, a, 0, 0, 0);
      check(status, `move ${added + 1} of the list`);
    }
    return added;
  }

  #take(): void {
    const { exports, u8 } = this.#core;
    const from = exports.scratchAt();
    for (;;) {
      const length = exports.boardTake(0, PIECE, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 0);
      if (length <= 0) return;
      this.#options.onCommands?.(u8.subarray(from, from + length));
    }
  }
}
