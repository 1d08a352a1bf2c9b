// thread: machine
import type { PrintTime, Ticks } from "../shared/units.js";
import { ticks } from "../shared/units.js";
import type { BoardAccess, BoundCommand } from "./board-access.js";
import type { EndstopSetup } from "./setup.js";

/** Why a trigger went off, as numbers of our choice that the board gives back. */
export const REASON_ENDSTOP = 1;
export const REASON_HOST = 2;
export const REASON_RELAY = 3;
export const REASON_EXPIRED = 4;

/** The pin is looked at again after so long, and so often, before it counts: 4 looks of 15 us. */
const SAMPLE_TIME = 0.000015;
const SAMPLE_COUNT = 4;
/** Boards report this share of their timeout apart, so that two reports may be lost. */
const REPORT_SHARE = 0.3;
/** A board that is alone stops by itself when it has heard nothing for so long, in s. */
export const SINGLE_TIMEOUT = 0.25;

/** Commands of one trigger on one board. */
interface Side {
  readonly board: BoardAccess;
  readonly oid: number;
  readonly device: number;
  readonly start: BoundCommand;
  readonly setTimeout: BoundCommand;
  readonly trigger: BoundCommand;
}

/** Steppers by index, as triggers see them. */
export interface StoppableStepper {
  readonly board: number;
  readonly oid: number;
}

/**
 * One endstop and the triggers that stop its steppers, one on each board that has some. Writes the commands; what the
 * boards answer is heard elsewhere. Used alike for real boards and for the dry run.
 */
export class Trigger {
  readonly setup: EndstopSetup;
  readonly #boards: readonly BoardAccess[];
  readonly #sides: readonly Side[];
  readonly #steppers: readonly (StoppableStepper | undefined)[];
  readonly #home: BoundCommand;
  readonly #endstopDevice: number;
  /** Time between two looks at the pin in the present move, in ticks of the endstop's board. */
  #restTicks = 0;

  constructor(
    setup: EndstopSetup,
    boards: readonly BoardAccess[],
    steppers: readonly (StoppableStepper | undefined)[],
  ) {
    this.setup = setup;
    this.#boards = boards;
    this.#steppers = steppers;
    const feature = `endstop ${setup.name}`;
    const board = this.#boardAt(setup.board);
    this.#home = board.command(
      "endstop_home oid=%c clock=%u sample_ticks=%u sample_count=%c rest_ticks=%u pin_value=%c trsync_oid=%c trigger_reason=%c",
      feature,
    );
    this.#endstopDevice = board.createDevice();
    this.#sides = setup.trsyncs.map(({ board: index, oid }) => {
      const own = this.#boardAt(index);
      return {
        board: own,
        oid,
        device: own === board ? this.#endstopDevice : own.createDevice(),
        start: own.command("trsync_start oid=%c report_clock=%u report_ticks=%u expire_reason=%c", feature),
        setTimeout: own.command("trsync_set_timeout oid=%c clock=%u", feature),
        trigger: own.command("trsync_trigger oid=%c reason=%c", feature),
      };
    });
  }

  get sides(): readonly { readonly board: BoardAccess; readonly oid: number }[] {
    return this.#sides;
  }

  get restTicks(): number {
    return this.#restTicks;
  }

  /** Arms the endstop and its triggers for a move that starts at `time`: `timeout` in s, `stepRate` in steps per s. */
  arm(time: PrintTime, timeout: number, stepRate: number, triggered: boolean): void {
    for (const [i, side] of this.#sides.entries()) {
      const { board } = side;
      const clock = board.clockAt(time);
      // reports of several boards come apart from each other
      const report = Math.round(timeout * REPORT_SHARE * board.frequency);
      const first = ticks(clock + Math.round((report * i) / this.#sides.length));
      this.#send(side, side.start.encode(side.oid, low(first), report, REASON_EXPIRED), clock);
      for (const index of this.setup.steppers) {
        const stepper = this.#steppers[index];
        if (stepper === undefined || this.#boards[stepper.board] !== board) continue;
        const stop = board.command("stepper_stop_on_trigger oid=%c trsync_oid=%c", `endstop ${this.setup.name}`);
        this.#send(side, stop.encode(stepper.oid, side.oid), clock);
      }
      this.setExpiry(i, ticks(clock + Math.round(timeout * board.frequency)));
    }
    const board = this.#boardAt(this.setup.board);
    const clock = board.clockAt(time);
    this.#restTicks = Math.max(1, Math.round(board.frequency / stepRate));
    const first = this.#sides[0];
    const bytes = this.#home.encode(
      this.setup.oid,
      low(clock),
      Math.round(SAMPLE_TIME * board.frequency),
      SAMPLE_COUNT,
      this.#restTicks,
      triggered !== this.setup.inverted ? 1 : 0,
      first?.oid ?? 0,
      REASON_ENDSTOP,
    );
    board.send(this.#endstopDevice, bytes, ticks(0), clock);
  }

  /** Puts off the time at which side `i` stops its motors by itself. */
  setExpiry(i: number, clock: Ticks): void {
    const side = this.#sides[i];
    if (side === undefined) return;
    side.board.sendNow(side.device, side.setTimeout.encode(side.oid, low(clock)));
  }

  /** Sets off side `i`. */
  fire(i: number, reason: number): void {
    const side = this.#sides[i];
    if (side !== undefined) side.board.sendNow(side.device, side.trigger.encode(side.oid, reason));
  }

  /** Stops looking at the pin. */
  disarm(): void {
    const board = this.#boardAt(this.setup.board);
    board.sendNow(this.#endstopDevice, this.#home.encode(this.setup.oid, 0, 0, 0, 0, 0, 0, 0));
  }

  #send(side: Side, bytes: Uint8Array, due: Ticks): void {
    side.board.send(side.device, bytes, ticks(0), due);
  }

  #boardAt(index: number): BoardAccess {
    const board = this.#boards[index];
    if (board === undefined) throw new RangeError(`there is no board ${index}`);
    return board;
  }
}

const low = (clock: number): number => clock % 4294967296;
