// thread: machine
import { type PrintTime, printTime, type Ticks, ticks } from "../../shared/units.js";
import type { BoardAccess } from "../board-access.js";
import type { OutputSetup } from "../setup.js";
import { OutputWire } from "./output-wire.js";
import { PendingOrders } from "./pending-orders.js";

/** For requests that are due as soon as possible, behind those that were made before. */
export const AT_ONCE = printTime(0);
/** Least time in s by which an order is ahead of the board: it survives a few lost blocks on the way. */
export const MIN_AHEAD_S = 0.1;
/** Orders leave so many s ahead, so that the board has them when this thread stalls; a later request can still win. */
const SEND_AHEAD_S = 0.5;
/** Least s between two orders: a board takes about 20 us for one. */
const MIN_GAP_S = 1e-3;
/** Share of `maxDurationS` after which an order is repeated: the board's patience survives a stall of the rest. */
const REFRESH_SHARE = 0.3;
/** A rise of the request by more than this starts a fan with a kick. */
const KICK_RISE = 0.5;

/**
 * One pin that is set at given print times. Orders leave in order, never for the past, no closer than allowed; when
 * requests come faster than the pin may change, the last one wins. Nothing here throws or makes garbage besides the
 * bytes that it sends.
 */
export class Output {
  readonly setup: OutputSetup;
  readonly #board: BoardAccess;
  readonly #wire: OutputWire;
  readonly #device: number;
  readonly #pending = new PendingOrders();
  readonly #gap: number;
  readonly #isRegulated: boolean;
  readonly #followers: { readonly output: Output; readonly follows: "value" | "on" }[] = [];
  /** The last order that left: its time, what it put on the pin, and what is published for it. */
  #sentDue = Number.NEGATIVE_INFINITY;
  #sentClock = 0;
  #sentPower: number;
  #sentValue: number;
  #isHalted = false;

  /**
   * Throws `MCU_COMMAND_MISSING`. A regulated output is not renewed by itself: it goes off on the board when its
   * regulator falls silent.
   */
  constructor(board: BoardAccess, setup: OutputSetup, isRegulated: boolean) {
    this.setup = setup;
    this.#board = board;
    this.#wire = new OutputWire(board, setup);
    this.#device = board.createDevice();
    this.#gap = Math.max(MIN_GAP_S, setup.minIntervalS);
    this.#isRegulated = isRegulated;
    this.#sentPower = setup.startValue;
    this.#sentValue = setup.startValue;
  }

  /** Another output that changes with this one. */
  addFollower(output: Output, follows: "value" | "on"): void {
    this.#followers.push({ output, follows });
  }

  /** What clients are told: the request that the pin has, or gets within the next half second. */
  get value(): number {
    return this.#sentValue;
  }

  /** The last request, whether it has left or not. */
  get requested(): number {
    return this.#pending.count > 0 ? this.#pending.lastValue : this.#sentValue;
  }

  /** Whether the pin is at the value to which its board returns by itself. */
  get isAtRest(): boolean {
    return this.#pending.count === 0 && this.#sentPower === this.setup.shutdownValue;
  }

  /** Tells the board the start value: after a restart of the host its pin may have another one. */
  start(): void {
    this.#send(this.#earliest(), this.setup.startValue, this.setup.startValue);
  }

  /** Requests `value` (0 to 1, before scaling) from print time `time` on, or as soon as possible when that is past. */
  set(time: PrintTime, value: number): void {
    if (this.#isHalted) return;
    const wanted = this.#toValue(value);
    this.#request(Math.max(time, this.#earliest()), wanted);
    for (let i = 0; i < this.#followers.length; i++) {
      const follower = this.#followers[i];
      follower?.output.set(time, follower.follows === "value" ? value : Number(wanted > 0));
    }
  }

  /** Requests `value` as soon as possible; what was requested for later is dropped. */
  setNow(value: number): void {
    if (this.#isHalted) return;
    this.#pending.clear();
    this.set(this.#earliest(), value);
    this.tick();
    for (let i = 0; i < this.#followers.length; i++) this.#followers[i]?.output.tick();
  }

  /** Off as soon as possible; what was requested for later is dropped. */
  stopNow(): void {
    this.setNow(0);
  }

  /** To the value to which its board returns by itself, as soon as possible; what was requested for later is dropped. */
  rest(): void {
    if (this.#isHalted || this.isAtRest) return;
    this.#pending.clear();
    const { shutdownValue } = this.setup;
    this.#send(this.#earliest(), shutdownValue, shutdownValue);
  }

  /** The board is shut down and has put its pins to rest: sends nothing more. */
  halt(): void {
    this.#isHalted = true;
    this.#pending.clear();
    this.#sentPower = this.setup.shutdownValue;
    this.#sentValue = this.setup.shutdownValue;
  }

  /** Sends what is due soon, and repeats what the board would otherwise undo. To be called ten times a second. */
  tick(): void {
    if (this.#isHalted) return;
    const now = this.#now;
    this.#sendUntil(now + SEND_AHEAD_S, now + MIN_AHEAD_S);
  }

  /** Sends everything that is due up to `time`: for dry runs, where time leaps. */
  flush(time: PrintTime): void {
    if (!this.#isHalted) this.#sendUntil(time, time);
  }

  get #now(): PrintTime {
    return this.#board.timeAt(this.#board.clockNow);
  }

  #earliest(): PrintTime {
    return printTime(this.#now + MIN_AHEAD_S);
  }

  #toValue(value: number): number {
    if (!(value > 0) || value < this.setup.offBelow) return 0;
    return Math.min(1, value);
  }

  #toPower(value: number): number {
    if (value === 0) return 0;
    const { minValue, maxValue } = this.setup;
    return minValue + value * (maxValue - minValue);
  }

  #request(at: number, value: number): void {
    const pending = this.#pending;
    if (pending.count > 0 && at <= pending.lastDue) {
      this.#replace(at, value);
      return;
    }
    const former = this.requested;
    const power = this.#toPower(value);
    // The pin may still have the power of a kick start whose end was dropped.
    const isSame = value === former && (pending.count > 0 || this.#sentPower === power);
    if (isSame && !this.#isRenewal(at)) return;
    const { kickStartS, maxValue } = this.setup;
    const due = Math.max(at, this.#lastDue + this.#gap);
    const isKick = kickStartS > 0 && power > 0 && power < maxValue && (former === 0 || value - former > KICK_RISE);
    if (isKick) {
      this.#push(due, maxValue, value, false);
      this.#push(due + Math.max(kickStartS, this.#gap), power, value, true);
    } else {
      this.#push(due, power, value, false);
    }
  }

  /** The youngest request has not left and would come later than this one: this one takes its place. */
  #replace(at: number, value: number): void {
    const pending = this.#pending;
    const isAfterKick = pending.isLastAfterKick;
    // A fan that is told to stop need not finish its start.
    const before = Number.isNaN(pending.dueBeforeLast) ? this.#sentDue : pending.dueBeforeLast;
    const due = isAfterKick && value === 0 ? Math.max(at, before + this.#gap) : pending.lastDue;
    pending.replaceLast(due, this.#toPower(value), value, isAfterKick && value > 0);
  }

  /** Time of the last order, sent or not. */
  get #lastDue(): number {
    return this.#pending.count > 0 ? this.#pending.lastDue : this.#sentDue;
  }

  /** Whether a regulator's request for the value that the pin already has keeps the board from undoing it. */
  #isRenewal(at: number): boolean {
    return this.#isRegulated && !this.isAtRest && at - this.#lastDue >= this.setup.maxDurationS * REFRESH_SHARE;
  }

  #push(due: number, power: number, value: number, isAfterKick: boolean): void {
    if (this.#pending.isFull) this.#sendFirst();
    this.#pending.push(due, power, value, isAfterKick);
  }

  /** A renewal leaves late: behind one that has left, a request to turn a laser off at once would have to wait. */
  #sendUntil(horizon: number, renewalHorizon: number): void {
    for (;;) {
      const next = this.#pending.count > 0 ? this.#pending.firstDue : Number.POSITIVE_INFINITY;
      const renewal = this.#renewalDue;
      if (next <= renewal) {
        if (next > horizon) return;
        this.#sendFirst();
      } else {
        if (renewal > renewalHorizon) return;
        this.#send(renewal, this.#sentPower, this.#sentValue);
      }
    }
  }

  /** When the last order that left must be repeated; never, when the board does not undo it or a regulator does that. */
  get #renewalDue(): number {
    const { maxDurationS, shutdownValue } = this.setup;
    if (maxDurationS <= 0 || this.#isRegulated || this.#sentPower === shutdownValue) return Number.POSITIVE_INFINITY;
    return this.#sentDue + maxDurationS * REFRESH_SHARE;
  }

  #sendFirst(): void {
    this.#send(this.#pending.firstDue, this.#pending.firstPower, this.#pending.firstValue);
    this.#pending.dropFirst();
  }

  #send(wanted: number, power: number, value: number): void {
    const due = Math.max(wanted, this.#earliest(), this.#sentDue + this.#gap);
    const clock = ticks(Math.round(this.#board.clockAt(printTime(due))));
    // Not before the order ahead of it is carried out, so that a pin holds few of the board's slots; but in time.
    const ahead = clock - MIN_AHEAD_S * this.#board.frequency;
    const min: Ticks = ticks(Math.max(0, Math.round(Math.min(this.#sentClock, ahead))));
    this.#board.send(this.#device, this.#wire.encode(clock, power), min, clock, true);
    this.#sentDue = due;
    this.#sentClock = clock;
    this.#sentPower = power;
    this.#sentValue = value;
  }
}
