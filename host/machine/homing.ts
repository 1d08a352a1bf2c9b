// thread: machine
import type { Core } from "../core/core.js";
import { HostError } from "../shared/errors.js";
import { type HostTime, type PrintTime, printTime, seconds, type Ticks, ticks } from "../shared/units.js";
import { ask, numberOf } from "./ask.js";
import type { Board } from "./board.js";
import type { HomingRequest, HomingResult, StepperHalt } from "./messages.js";
import { coreError, type Motion, START_DELAY } from "./motion.js";
import type { MachineSetup, StepperSetup } from "./setup.js";
import type { Timers } from "./timers.js";
import { REASON_ENDSTOP, REASON_EXPIRED, REASON_HOST, REASON_RELAY, SINGLE_TIMEOUT, type Trigger } from "./trigger.js";

/** Time between two looks at a homing move that nothing has interrupted, in s. */
const LOOK_INTERVAL = 0.005;
/** How long a board may take to say that its motors have stopped, in s. */
const STOP_TIMEOUT = 2;

/** What homing needs of the machine around it. */
export interface HomingContext {
  readonly core: Core;
  readonly motion: Motion;
  readonly boards: readonly Board[];
  readonly setup: MachineSetup;
  readonly triggers: readonly Trigger[];
  readonly timers: Timers;
  readonly now: () => HostTime;
  /** Print time now. */
  readonly printNow: () => PrintTime;
  /** Sends what waits at once, and looks at the links again soon. */
  readonly pump: () => void;
  /** Position of a board's counter at which our count was 0, by stepper. */
  readonly countOffsets: Float64Array;
}

/** One trigger on one board during a move. */
interface Side {
  readonly board: Board;
  /** Reason given by the board once it went off; 0 before. */
  reason: number;
  /** Clock up to which its motors may go on without hearing from us. */
  expiry: number;
  /** Clock of its last report. */
  reported: number;
}

/** One endstop during a move. */
interface Watch {
  readonly trigger: Trigger;
  readonly sides: readonly Side[];
  readonly timeout: number;
  readonly listeners: (() => void)[];
}

/**
 * Moves that end at a switch. From start to result nothing outside this thread takes part:
 *
 *   arm triggers ─► plan the move ─► steps up to the homing horizon ─► [trigger on the board stops the motors itself]
 *   report from the board ─► drop what is not sent ─► ask where the motors stand ─► positions in whole steps
 *
 * The clock of the trigger comes from the board, the position at that clock from the record of step commands, the halt
 * position from the board's own counter. With several boards, reports are answered (keep-alive) and a trigger is passed
 * on to the other boards the moment they arrive.
 */
export class Homing {
  readonly #context: HomingContext;
  #isActive = false;

  constructor(context: HomingContext) {
    this.#context = context;
  }

  /** Whether a homing move is under way: the homing horizon then holds. */
  get isActive(): boolean {
    return this.#isActive;
  }

  /** Runs one move. Nothing else may be planned. Rejects with a `HostError`; motors are stopped then. */
  async run(request: HomingRequest): Promise<HomingResult> {
    this.#isActive = true;
    const { core, motion, printNow, pump } = this.#context;
    const watches: Watch[] = [];
    try {
      const start = printTime(Math.max(motion.planEnd, printNow() + START_DELAY));
      core.exports.setEarliest(start);
      const before = this.#context.setup.steppers.map((_, i) => core.exports.stepperMade(i));
      for (const { endstop, stepRate } of request.endstops)
        watches.push(this.#watch(endstop, start, stepRate, request));
      const status = core.exports.planMove(request.x, request.y, request.z, request.speed, request.accel);
      if (status < 0) throw coreError(status, "a homing move");
      pump();
      await this.#waitForEnd(watches, motion.restEnd);
      return await this.#finish(request, watches, before);
    } finally {
      for (const watch of watches) {
        for (const stop of watch.listeners) stop();
        // Boards go on reporting until they are told that it is over.
        for (let i = 0; i < watch.sides.length; i++) watch.trigger.fire(i, REASON_HOST);
        watch.trigger.disarm();
      }
      pump();
      this.#isActive = false;
    }
  }

  #watch(endstop: number, start: PrintTime, stepRate: number, request: HomingRequest): Watch {
    const { triggers, boards, setup } = this.#context;
    const trigger = triggers[endstop];
    if (trigger === undefined) throw new RangeError(`there is no endstop ${endstop}`);
    const isAlone = trigger.setup.trsyncs.length === 1;
    const timeouts = trigger.setup.trsyncs.map(({ board }) => setup.boards[board]?.trsyncTimeoutS ?? SINGLE_TIMEOUT);
    const timeout = isAlone ? SINGLE_TIMEOUT : Math.min(...timeouts);
    const sides: Side[] = trigger.setup.trsyncs.map(({ board: index }) => {
      const board = boards[index];
      if (board === undefined) throw new RangeError(`there is no board ${index}`);
      const clock = board.clockAt(start);
      return { board, reason: 0, expiry: clock + timeout * board.frequency, reported: clock };
    });
    const watch: Watch = { trigger, sides, timeout, listeners: [] };
    for (const [i, { board, oid }] of trigger.setup.trsyncs.entries()) {
      const link = boards[board];
      if (link === undefined) continue;
      const stop = link.on("trsync_state", oid, `endstop ${trigger.setup.name}`, (fields) => {
        const clock = link.widen(fields.number("clock"));
        // A report from before the move is about the move before this one.
        if (clock < link.clockAt(start)) return;
        this.#onReport(watch, i, fields.number("can_trigger") !== 0 ? 0 : fields.number("trigger_reason"), clock);
      });
      watch.listeners.push(stop);
    }
    trigger.arm(start, timeout, stepRate, request.triggered);
    return watch;
  }

  /** A board has reported: keep the others going, or stop them. Runs at once, not in a turn. */
  #onReport(watch: Watch, i: number, reason: number, clock: Ticks): void {
    const side = watch.sides[i];
    if (side === undefined) return;
    if (reason !== 0) {
      if (side.reason !== 0) return;
      side.reason = reason;
      for (let other = 0; other < watch.sides.length; other++) {
        if (watch.sides[other]?.reason === 0) watch.trigger.fire(other, REASON_RELAY);
      }
      this.#context.pump();
      return;
    }
    side.reported = Math.max(side.reported, clock);
    this.#putOff(watch);
  }

  /** Every board may go on until the one heard from longest ago, plus the timeout. */
  #putOff(watch: Watch): void {
    if (watch.sides.some((side) => side.reason !== 0)) return;
    const heard = Math.min(...watch.sides.map((side) => side.board.timeAt(ticks(side.reported))));
    let isSent = false;
    for (const [i, side] of watch.sides.entries()) {
      const expiry = side.board.clockAt(printTime(heard + watch.timeout));
      // small gains are not worth a message
      if (expiry - side.expiry < 0.8 * 0.3 * watch.timeout * side.board.frequency) continue;
      side.expiry = expiry;
      watch.trigger.setExpiry(i, expiry);
      isSent = true;
    }
    if (isSent) this.#context.pump();
  }

  async #waitForEnd(watches: readonly Watch[], end: PrintTime): Promise<void> {
    const { timers, now, printNow } = this.#context;
    const isOver = (): boolean => watches.every((watch) => watch.sides.every((side) => side.reason !== 0));
    while (!isOver() && printNow() < end) await timers.sleep(now(), seconds(LOOK_INTERVAL));
    // What has not triggered by now is stopped by us, so that every board says where it stands. What has goes on
    // reporting until it is told to end: a report that comes late would be taken for one of the next move.
    for (const { sides, trigger } of watches) for (const i of sides.keys()) trigger.fire(i, REASON_HOST);
    this.#context.pump();
    const patience = now() + STOP_TIMEOUT;
    while (!isOver()) {
      const silent = watches.flatMap((watch) => watch.sides).find((side) => side.reason === 0);
      if (now() > patience && silent !== undefined) throw lostError(silent.board.name, STOP_TIMEOUT);
      await timers.sleep(now(), seconds(LOOK_INTERVAL));
    }
  }

  async #finish(request: HomingRequest, watches: readonly Watch[], before: readonly number[]): Promise<HomingResult> {
    const { core, motion, printNow } = this.#context;
    const expired = watches.find((watch) => watch.sides.some((side) => side.reason === REASON_EXPIRED));
    const times = await Promise.all(watches.map((watch) => this.#triggerTime(watch)));
    const moved = this.#context.setup.steppers.map((_, i) => core.exports.stepperMade(i) !== before[i]);
    const end = motion.planEnd;
    const halts: StepperHalt[] = [];
    for (const [i, stepper] of this.#context.setup.steppers.entries()) {
      if (moved[i] !== true) continue;
      const watch = watches.findIndex(({ trigger }) => trigger.setup.steppers.includes(i));
      const time = times[watch];
      const halt = await this.#whereIs(i, stepper);
      const board = this.#context.boards[stepper.board];
      const clock = board?.clockAt(time === undefined || Number.isNaN(time) ? end : printTime(time)) ?? 0;
      const triggerSteps = core.exports.stepperStepsAt(i, clock);
      halts.push({
        stepper: i,
        startSteps: before[i] ?? 0,
        triggerSteps,
        haltSteps: halt,
        triggerMm: core.exports.stepperPlace(i, triggerSteps),
        haltMm: core.exports.stepperPlace(i, halt),
      });
    }
    const stopTime = printNow();
    this.#restart(halts, stopTime);
    core.exports.cutPlan(stopTime);
    motion.restartAt(stopTime);
    if (expired !== undefined) throw timeoutError(expired);
    return {
      endstops: times.map((time, i) => ({
        endstop: request.endstops[i]?.endstop ?? -1,
        triggered: !Number.isNaN(time),
        triggerTimeS: time,
      })),
      steppers: halts,
      overshootMm: Math.max(0, ...halts.map((halt) => Math.abs(halt.haltMm - halt.triggerMm))),
      overshootBoundMm: Math.max(0, ...watches.map((w) => (w.sides.length > 1 ? w.timeout * request.speed : 0))),
    };
  }

  /** Print time at which an endstop triggered; NaN when it did not. */
  async #triggerTime(watch: Watch): Promise<number> {
    if (!watch.sides.some((side) => side.reason === REASON_ENDSTOP)) return Number.NaN;
    const { setup } = watch.trigger;
    const board = this.#context.boards[setup.board];
    if (board === undefined) return Number.NaN;
    const feature = `endstop ${setup.name}`;
    const bytes = board.command("endstop_query_state oid=%c", feature).encode(setup.oid);
    const state = await this.#ask(board, bytes, "endstop_state", setup.oid, feature);
    const next = board.widen(numberOf(state, "next_clock"));
    return board.timeAt(ticks(next - watch.trigger.restTicks));
  }

  /** Where a board says that one of its steppers stands, in our count. */
  async #whereIs(index: number, stepper: StepperSetup): Promise<number> {
    const board = this.#context.boards[stepper.board];
    if (board === undefined) throw new RangeError(`there is no board ${stepper.board}`);
    const bytes = board.command("stepper_get_position oid=%c", stepper.name).encode(stepper.oid);
    const answer = await this.#ask(board, bytes, "stepper_position", stepper.oid, stepper.name);
    const position = numberOf(answer, "pos");
    return (stepper.inverted ? -position : position) - (this.#context.countOffsets[index] ?? 0);
  }

  #ask(board: Board, bytes: Uint8Array, response: string, oid: number, feature: string): ReturnType<typeof ask> {
    const answer = ask({ board, bytes, response, oid, feature }, this.#context.timers, this.#context.now);
    this.#context.pump();
    return answer;
  }

  /** Drops what waits for stopped steppers and lets their next step count from now. */
  #restart(halts: readonly StepperHalt[], time: PrintTime): void {
    const { core, boards, setup } = this.#context;
    for (const halt of halts) {
      const stepper = setup.steppers[halt.stepper];
      const board = stepper === undefined ? undefined : boards[stepper.board];
      if (stepper === undefined || board === undefined) continue;
      const clock = board.clockAt(time);
      core.exports.stepperHalt(halt.stepper, halt.haltSteps, clock);
      const reset = board.command("reset_step_clock oid=%c clock=%u", stepper.name);
      board.sendNow(board.device, reset.encode(stepper.oid, clock % 4294967296));
    }
  }
}

function lostError(mcu: string, waitedS: number): HostError<"MCU_TIMEOUT"> {
  return new HostError("MCU_TIMEOUT", `the board did not report the end of a homing move within ${waitedS} s`, {
    details: { mcu, command: "trsync_state", waitedS },
    fix: "check the board's cable and power, then run FIRMWARE_RESTART.",
    place: { device: `mcu '${mcu}'` },
  });
}

function timeoutError(watch: Watch): HostError<"HOMING_TIMEOUT"> {
  const side = watch.sides.find(({ reason }) => reason === REASON_EXPIRED);
  const endstop = watch.trigger.setup.name;
  const ms = Math.round(watch.timeout * 1000);
  const mcu = side?.board.name ?? "mcu";
  return new HostError(
    "HOMING_TIMEOUT",
    `board '${mcu}' heard nothing for ${ms} ms while homing and stopped its motors`,
    {
      details: { endstop, mcu },
      fix:
        watch.sides.length > 1
          ? "home again. If it comes back: use a shorter USB or CAN path, reduce the load of this computer, or raise trsync_timeout of that board (the overshoot bound grows with it)."
          : "home again. If it comes back: check the cable and the load of this computer (SYSTEM_STATUS shows what was late).",
      place: { device: `endstop '${endstop}'` },
    },
  );
}
