// thread: machine
import {
  ACTION_DRAIN,
  ACTION_SET_POSITION,
  ACTION_TIMED,
  CORE_AGAIN,
  DUE_KIND,
  DUE_P0,
  DUE_TAG,
  DUE_TIME,
  PLAN_BARRIER,
  PLAN_BLOCKED,
} from "../../assembly/layout.js";
import type { Core } from "../core/core.js";
import { HostError } from "../shared/errors.js";
import { type PrintTime, printTime } from "../shared/units.js";

/** A plan that starts from rest starts this far ahead: time to send the first steps and to switch drivers on. */
export const START_DELAY = 0.25;
/** Moves leave look-ahead no further ahead than this, in s: what is live (speed, flow, Z offset, pause) acts within it. */
const PLAN_AHEAD = 1;
/** When the plan reaches less far ahead than this and nothing more has come, the waiting moves are planned to rest. */
const REST_MARGIN = 0.35;
/** A step command that could still grow is made when it starts within this time. */
const FORCE_MARGIN = 0.2;
/** At rest, the first moves wait this long for more, so that a print does not start with a stutter. */
const START_WAIT = 0.1;
/** Between motions that are made to their last step lies twice the settle time, and that is at least this, in s. */
const LEAST_SETTLE = 0.001;
/** Steps are made in slices of this much motion, so that no turn is long. */
const SLICE = 0.05;
/** Slice without regard to time. */
const BIG_SLICE = 1;

/** A timed action that the core has handed out: what, on which device, with which value, when. */
export interface DueAction {
  readonly kind: number;
  readonly index: number;
  readonly value: number;
  readonly extra: number;
  readonly time: PrintTime;
  readonly tag: number;
}

export interface MotionSink {
  /** A timed action whose time is known. */
  readonly onAction: (action: DueAction) => void;
  /** The plan has come to rest at a mark set by the host; `tag` is its number. */
  readonly onDrain: (mark: number, time: PrintTime) => void;
  /** The host has set the position at rest, in mm: steppers are to be told. */
  readonly onPosition: (x: number, y: number, z: number) => void;
}

/** The error for a negative status of the core. */
export function coreError(status: number, doing: string): HostError<"CORE_FAULT"> {
  return new HostError("CORE_FAULT", `the motion core refused ${doing} with status ${status}`, {
    details: { status },
    fix: "this is a fault of the program: please report it with the log; run RESTART to go on.",
  });
}

/**
 * Planning and step generation in time: takes what the host has written into the ring, plans it as late as possible, and
 * makes steps up to the horizon. Knows print time only; who sends the steps is not its matter.
 */
export class Motion {
  readonly #core: Core;
  readonly #sink: MotionSink;
  /** Print time up to which motion is known to step generation, which is behind it by what shapers look ahead. */
  #generated = 0;
  /** Print time since which moves wait at rest; infinity while none do. */
  #waitingSince = Number.POSITIVE_INFINITY;

  constructor(core: Core, sink: MotionSink) {
    this.#core = core;
    this.#sink = sink;
  }

  /** Print time at which the plan ends. */
  get planEnd(): PrintTime {
    return printTime(this.#core.exports.planEnd());
  }

  /** Print time at which the motors stand still, when nothing follows: shapers and smoothing outlast the plan. */
  get restEnd(): PrintTime {
    return printTime(this.planEnd + this.#core.exports.motionAfter());
  }

  /** Longest time in s that motors move before or after the tool head does; never less than `LEAST_SETTLE`. */
  get settleTime(): number {
    const { exports } = this.#core;
    return Math.max(LEAST_SETTLE, exports.motionBefore(), exports.motionAfter());
  }

  /** Print time up to which all steps are made. */
  get generated(): PrintTime {
    return printTime(this.#generated - this.#core.exports.motionBefore());
  }

  /**
   * One turn at print time `now`: plans, and makes the steps that start before `now + horizon`. Stops early when
   * `isLate` says that the turn has taken long enough. Returns whether there is more to do at once.
   */
  turn(now: PrintTime, horizon: number, isLate: () => boolean): boolean {
    const { exports } = this.#core;
    exports.setEarliest(now + START_DELAY);
    let more = this.#plan(now + PLAN_AHEAD, this.#shouldRest(now));
    // A move that lasts longer than that is planned when the moves behind it are known: they are taken too, then.
    while (!more && this.#shouldRest(now) && exports.aheadTime() > 0) {
      const taken = exports.recordsTaken();
      const end = exports.planEnd();
      more = this.#plan(end + exports.aheadTime() + PLAN_AHEAD, true);
      if (taken === exports.recordsTaken() && end === exports.planEnd()) break;
    }
    const release = now + horizon;
    const goal = release + exports.motionBefore();
    this.#generated = Math.max(this.#generated, Math.min(now, this.planEnd));
    const isRest = exports.aheadTime() === 0;
    const end = isRest ? this.#settledEnd : this.planEnd;
    // At least once: commands that waited to grow are due some time, also when the plan does not go on.
    do {
      if (isLate()) return true;
      const until = Math.max(this.#generated, Math.min(this.#generated + SLICE, goal, end));
      if (!this.#make(until, release, now + FORCE_MARGIN, isRest && until >= end)) break;
      more = false;
    } while (this.#generated < Math.min(goal, end));
    exports.releaseSegments();
    return more;
  }

  /** Plans everything that waits and makes its steps, without regard to time: for the dry run. */
  runAll(): void {
    while (this.#plan(Number.POSITIVE_INFINITY, false)) this.#makeAll(false);
    this.#makeAll(false);
  }

  /** Plans what waits to rest and makes its steps to the last: for the dry run. */
  finish(): void {
    while (this.#plan(Number.POSITIVE_INFINITY, true)) this.#makeAll(false);
    this.#makeAll(true);
  }

  /**
   * Drops what is written but not in look-ahead yet, which is planned to rest. False while there is no room for that: to
   * be called again.
   */
  drop(): boolean {
    this.#core.exports.dropUnplanned();
    return !this.#plan(Number.POSITIVE_INFINITY, true);
  }

  /** Records of the ring that were taken since the start, modulo 2^32. */
  get taken(): number {
    return this.#core.exports.recordsTaken() >>> 0;
  }

  /** Moves that were planned since the start, modulo 2^32. */
  get plannedMoves(): number {
    return this.#core.exports.plannedMoves() >>> 0;
  }

  /** Forgets how far steps are made: after motors were stopped at `time`. */
  restartAt(time: PrintTime): void {
    this.#generated = time;
  }

  /** Called when commands must be taken before more steps can be made; without it, the next turn goes on. */
  onFull: (() => void) | undefined;

  /**
   * Whether moves that wait for their successors are to be planned to rest: in motion when the end of the plan is near,
   * at rest after a short wait for more.
   */
  #shouldRest(now: number): boolean {
    const left = this.planEnd - now;
    if (left > 0) {
      this.#waitingSince = Number.POSITIVE_INFINITY;
      return left < REST_MARGIN;
    }
    if (this.#core.exports.aheadTime() === 0) {
      this.#waitingSince = Number.POSITIVE_INFINITY;
      return false;
    }
    this.#waitingSince = Math.min(this.#waitingSince, now);
    return now - this.#waitingSince >= START_WAIT || this.#core.exports.aheadTime() > PLAN_AHEAD / 2;
  }

  /** Plans up to print time `until`; true when it stopped for want of room and wants to be called again. */
  #plan(until: number, rest: boolean): boolean {
    const { exports } = this.#core;
    for (;;) {
      const status = exports.plan(until, rest ? 1 : 0);
      if (status < 0) throw coreError(status, "a move");
      this.#handOutActions();
      if (status === PLAN_BLOCKED) {
        exports.releaseSegments();
        return true;
      }
      if (status !== PLAN_BARRIER) return false;
      if (!this.#makeAll(true)) return true;
      const passed = exports.passBarrier();
      if (passed < 0) throw coreError(passed, "an action between moves");
      this.#handOutActions();
    }
  }

  /** Makes all steps of the plan, with `last` those at its very end too; false when it has to go on later. */
  #makeAll(last: boolean): boolean {
    const end = this.planEnd;
    while (this.#generated < end) {
      const until = Math.min(this.#generated + BIG_SLICE, end);
      if (!this.#make(until, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, false)) return false;
    }
    const isDone = !last || this.#make(this.#settledEnd, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, true);
    this.#core.exports.releaseSegments();
    return isDone;
  }

  /** Up to where motion must be known, at rest, for the last step to be made. */
  get #settledEnd(): number {
    return this.restEnd + this.#core.exports.motionBefore();
  }

  /** Makes steps up to `until`; false when commands must be taken first. */
  #make(until: number, release: number, force: number, last: boolean): boolean {
    for (;;) {
      const status = this.#core.exports.advanceSteppers(until, release, force, last ? 1 : 0);
      if (status < 0) throw coreError(status, "to make steps");
      if (status !== CORE_AGAIN) break;
      if (this.onFull === undefined) return false;
      this.onFull();
    }
    this.#generated = Math.max(this.#generated, until);
    return true;
  }

  #handOutActions(): void {
    const { exports, f64, i32 } = this.#core;
    for (;;) {
      const address = exports.dueAt() >>> 0;
      if (address === 0) return;
      const kind = i32[(address + DUE_KIND) >>> 2] ?? 0;
      const first = (address + DUE_P0) >>> 3;
      const time = printTime(f64[(address + DUE_TIME) >>> 3] ?? 0);
      const tag = f64[(address + DUE_TAG) >>> 3] ?? 0;
      const [p0, p1, p2, p3] = [f64[first] ?? 0, f64[first + 1] ?? 0, f64[first + 2] ?? 0, f64[first + 3] ?? 0];
      exports.popDue();
      if (kind === ACTION_DRAIN) this.#sink.onDrain(p0, time);
      else if (kind === ACTION_SET_POSITION) this.#sink.onPosition(p0, p1, p2);
      else if (kind === ACTION_TIMED) this.#sink.onAction({ kind: p0, index: p1, value: p2, extra: p3, time, tag });
    }
  }
}
