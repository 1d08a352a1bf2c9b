// thread: any
import { PLAN_BLOCKED } from "../../assembly/layout.js";
import { type Core, createMemory, instantiateCore } from "./core.js";
import { type ActuatorMotion, geometryOf } from "./geometry.js";
import { compileCore, type LoadOptions } from "./load.js";
import { MoveRing } from "./move-ring.js";
import type { Pulse } from "./shapers.js";
import { CommandReader, type StepCommand } from "./step-commands.js";

const RECORDS = 4096;
const SEGMENTS = 16384;
const COMMANDS = 4096;
const STEP_ID = 1;
const DIRECTION_ID = 2;
const SLOTS = 4096;
const PIECE = 4096;
const MAX_EARLY = 0.000025;
const REVERSAL_FILTER = 0.00075;
const AXES = [0, 1, 2] as const;

/** One motor. Units: steps per mm, or per radian for actuators that turn. */
export interface Motor {
  readonly motion: ActuatorMotion;
  readonly stepsPerMm: number;
}

/** What holds for every move. Speeds in mm/s, accelerations in mm/s^2. */
export interface Limits {
  readonly maxVelocity: number;
  readonly maxAccel: number;
  /** Share of a move that is run at constant speed at least, 0 to 1 (without 1). */
  readonly minimumCruiseRatio: number;
  /** Speed at which a corner of 90 degrees may be taken. */
  readonly squareCornerVelocity: number;
  /** By how much the filament's speed may change at once. */
  readonly instantCornerVelocity: number;
}

export interface MotionOptions extends LoadOptions {
  readonly motors: readonly Motor[];
  readonly limits: Limits;
  /** Clock of the board that the motors are on, in Hz; default 180 MHz. */
  readonly frequencyHz?: number;
  /** Where the tool head stands, in mm; default 0, 0, 0. */
  readonly start?: readonly [x: number, y: number, z: number];
  /** Input shapers of x, y and z; see `shaperPulses`. */
  readonly shapers?: readonly (readonly Pulse[])[];
  /** Seconds over which filament is smoothed; needed for moves with pressure advance to show. Default 0. */
  readonly smoothTimeS?: number;
}

/** A straight move to a position in mm. */
export interface Move {
  readonly x: number;
  readonly y: number;
  readonly z: number;
  /** Filament pushed meanwhile, in mm; default 0. */
  readonly e?: number;
  /** Speed asked for, in mm/s. */
  readonly speed: number;
  /** Limits of this move alone; default those of all. */
  readonly maxVelocity?: number;
  readonly maxAccel?: number;
  /** Pressure advance in s; default 0. */
  readonly advanceS?: number;
  /** Any number that says where the move comes from; `at` gives it back. */
  readonly tag?: number;
}

/** Where everything is at a moment. Lengths in mm, speeds in mm/s. */
export interface MovePoint {
  readonly x: number;
  readonly y: number;
  readonly z: number;
  readonly e: number;
  readonly speed: number;
  readonly flow: number;
  readonly tag: number;
}

function check(status: number, doing: string): number {
  if (status < 0) throw new RangeError(`the motion core refused ${doing} with status ${status}`);
  return status;
}

/**
 * A machine without a board: takes moves, plans them as the printer would, and tells when each motor steps. The first
 * motor moves at 0 s or later. Throws `RangeError` for numbers that make no sense.
 */
export class MotionModel {
  readonly #core: Core;
  readonly #ring: MoveRing;
  readonly #options: MotionOptions;
  readonly #reader = new CommandReader();
  readonly #pending: StepCommand[] = [];

  private constructor(core: Core, options: MotionOptions) {
    this.#core = core;
    this.#options = options;
    const { exports } = core;
    const { limits, motors, frequencyHz = 180e6, start = [0, 0, 0], shapers = [], smoothTimeS = 0 } = options;
    const ring = check(exports.init(RECORDS, SEGMENTS, 1), "its memory");
    check(exports.addBoard(0, SLOTS, frequencyHz), "the clock frequency");
    check(exports.setCornerSpeed(0, limits.instantCornerVelocity), "the corner velocity");
    for (const [i, { motion, stepsPerMm }] of motors.entries()) {
      const { kind, parameters } = geometryOf(motion);
      check(exports.stepperAdd(0, 0, i, STEP_ID, DIRECTION_ID, COMMANDS), `motor ${i}`);
      check(exports.setGeometry(i, kind, stepsPerMm, 0, ...parameters), `the geometry of motor ${i}`);
      const early = Math.floor(MAX_EARLY * frequencyHz);
      check(exports.setTolerance(i, early, Math.floor(REVERSAL_FILTER * frequencyHz)), "the tolerance");
      if (motion.kind === "extruder") check(exports.setSmoothTime(i, smoothTimeS), "the smooth time");
      else for (const axis of AXES) this.#shape(i, axis, shapers[axis] ?? []);
      check(exports.setAnchor(i, 0), "the first place");
    }
    check(exports.start(), "to start");
    exports.setEarliest(exports.motionBefore());
    this.#ring = new MoveRing(core.buffer, ring, RECORDS);
    this.#ring.pushBarrier("setPosition", start[0], start[1], start[2], 0);
    this.#plan(true);
    check(exports.declarePosition(0, start[0], start[1], start[2]), "the first position");
  }

  /** Loads a core and makes a model on it. */
  static async load(options: MotionOptions): Promise<MotionModel> {
    const module = await compileCore(options);
    return new MotionModel(instantiateCore(module, createMemory(options.shared ?? false)), options);
  }

  /** Seconds at which the motion that is planned so far ends. */
  get endTime(): number {
    return this.#core.exports.planEnd();
  }

  /** Adds a move behind the others. */
  push(move: Move): void {
    const { limits } = this.#options;
    const accel = move.maxAccel ?? limits.maxAccel;
    const { x, y, z, speed } = move;
    const record = {
      flags: 0,
      x,
      y,
      z,
      e: move.e ?? 0,
      speed,
      speedCap: move.maxVelocity ?? limits.maxVelocity,
      accel,
      smoothAccel: limits.maxAccel * (1 - limits.minimumCruiseRatio),
      junction: (limits.squareCornerVelocity ** 2 * (Math.SQRT2 - 1)) / limits.maxAccel,
      tag: move.tag ?? 0,
      advance: move.advanceS ?? 0,
    };
    while (!this.#ring.pushMove(record)) this.#plan(false);
  }

  /** Plans what has been pushed so that it ends at rest; more may be pushed afterwards. Returns its end in s. */
  finish(): number {
    this.#plan(true);
    return this.endTime;
  }

  /**
   * Commands for all steps up to now, in the order of their start times; those of motion that is not final yet come
   * later, unless `isLast` says that nothing follows.
   */
  *commands(isLast = false): Generator<StepCommand> {
    if (isLast) this.finish();
    this.#make(isLast);
    yield* this.#pending.splice(0);
  }

  /** Where the tool head is at `time` (s), before shapers; undefined when that is too long ago to be remembered. */
  at(time: number): MovePoint | undefined {
    const { exports, f64 } = this.#core;
    if (exports.momentAt(0, time) !== 1) return undefined;
    const at = exports.scratchAt() >>> 3;
    const [x = 0, y = 0, z = 0, e = 0, speed = 0, flow = 0, tag = 0] = f64.subarray(at, at + 7);
    return { x, y, z, e, speed, flow, tag };
  }

  #shape(motor: number, axis: number, pulses: readonly Pulse[]): void {
    const { exports, f64 } = this.#core;
    const address = exports.scratchAt();
    pulses.forEach(({ weight, delayS }, i) => {
      f64[(address >>> 3) + 2 * i] = weight;
      f64[(address >>> 3) + 2 * i + 1] = delayS;
    });
    check(exports.shapeStepper(motor, axis, pulses.length, address), "a shaper");
  }

  /** Plans everything pushed so far; with `rest` to its very end. Makes steps where their room is needed. */
  #plan(rest: boolean): void {
    const { exports } = this.#core;
    for (;;) {
      const status = check(exports.plan(Number.POSITIVE_INFINITY, rest ? 1 : 0), "a move");
      while (exports.dueAt() !== 0) exports.popDue();
      if (status === PLAN_BLOCKED) this.#make(false);
      else if (status === 0) return;
      else check(exports.passBarrier(), "a position");
    }
  }

  #make(isLast: boolean): void {
    const { exports } = this.#core;
    const end = exports.planEnd();
    const until = isLast ? end + exports.motionBefore() + exports.motionAfter() : end;
    const force = isLast ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
    const last = isLast ? 1 : 0;
    while (check(exports.advanceSteppers(until, Number.POSITIVE_INFINITY, force, last), "to make steps") !== 0)
      this.#take();
    this.#take();
    exports.releaseSegments();
  }

  #take(): void {
    const { exports, u8 } = this.#core;
    const from = exports.scratchAt();
    for (;;) {
      const length = exports.boardTake(0, PIECE, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 0);
      if (length <= 0) return;
      this.#pending.push(...this.#reader.read(u8.subarray(from, from + length)));
    }
  }
}
