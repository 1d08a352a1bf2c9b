// thread: any
import { widen } from "../../mcu/clock.js";
import { ticks } from "../../shared/units.js";
import type { Timer } from "../timers.js";
import { type Firmware, FirmwareObject } from "./firmware.js";
import { type ExecutedMove, StepLog, type StepperReport, type StepSink } from "./step-log.js";
import { type Stoppable, Trsync } from "./trsync.js";

/** A step train may fall behind by this much before the firmware gives up. */
const MAX_LAG = 1e-3;
const INITIAL_QUEUE = 64;

/** Clock of step `k` (from 1) of a command that begins at `start`. */
const stepClock = (start: number, interval: number, add: number, k: number): number =>
  start + k * interval + (add * k * (k - 1)) / 2;

/**
 * A stepper: carries out `queue_step` commands by arithmetic, a whole command at a time. Nothing happens when a step is
 * due; where the stepper stands at a clock is computed when somebody asks.
 *
 *   queue_step ─► ring of waiting moves (each in a move slot) ─► current move ─► log
 */
export class Stepper extends FirmwareObject implements Stoppable {
  readonly #firmware: Firmware;
  readonly #log = new StepLog();
  readonly #sink: StepSink | undefined;
  readonly #oid: number;
  readonly #stepPin: string;
  readonly #dirPin: string;
  readonly #stepTicks: number;
  readonly #faultTimer: Timer;
  // Waiting moves: a ring whose size is a power of two.
  #interval = new Uint32Array(INITIAL_QUEUE);
  #count = new Uint16Array(INITIAL_QUEUE);
  #add = new Int16Array(INITIAL_QUEUE);
  #dir = new Uint8Array(INITIAL_QUEUE);
  #head = 0;
  #waiting = 0;
  // Current move; none when `#curCount` is 0.
  #curStart = 0;
  #curInterval = 0;
  #curCount = 0;
  #curAdd = 0;
  #curDir = 0;
  #curEnd = Number.POSITIVE_INFINITY;
  /** Clock of the last step of the last move that is finished: what the next one counts from. */
  #last = 0;
  /** Clock of the last step of all that is queued, and how far behind the board is then. */
  #tail = 0;
  #lag = 0;
  #position = 0;
  #nextDir = 0;
  #needsReset = false;

  constructor(
    firmware: Firmware,
    options: { oid: number; stepPin: string; dirPin: string; stepTicks: number; sink: StepSink | undefined },
  ) {
    super();
    this.#firmware = firmware;
    this.#oid = options.oid;
    this.#stepPin = options.stepPin;
    this.#dirPin = options.dirPin;
    this.#stepTicks = options.stepTicks;
    this.#sink = options.sink;
    this.#faultTimer = firmware.createTimer(() => firmware.shutdown("Stepper too far in past"));
    firmware.moves.addUser(() => this.settle(firmware.now));
  }

  /** Appends a move behind those that wait, or begins with it. */
  queue(interval: number, count: number, add: number): void {
    const firmware = this.#firmware;
    if (!firmware.moves.take()) firmware.shutdown("Move queue overflow");
    if (count === 0) firmware.shutdown("Invalid count parameter");
    if (this.#needsReset) {
      firmware.moves.give();
      return;
    }
    this.settle(firmware.now);
    if (this.#curCount === 0) {
      // Idle: the first step must still be ahead, on a clock of 32 bits.
      const last = widen(this.#last, ticks(firmware.now));
      const first = widen(last + interval, ticks(firmware.now));
      if (first < firmware.now) firmware.shutdown("Timer too close");
      this.#last = first - interval;
      this.#tail = this.#last;
      this.#lag = 0;
    }
    this.#look(interval, count, add);
    this.#push(interval, count, add);
    if (this.#curCount === 0) this.#load();
  }

  setNextDir(dir: number): void {
    this.#nextDir = dir === 0 ? 0 : 1;
  }

  /** The next step counts from `clock32`. */
  resetClock(clock32: number): void {
    this.settle(this.#firmware.now);
    if (this.#curCount !== 0) this.#firmware.shutdown("Can't reset time when stepper active");
    this.#last = widen(clock32, ticks(this.#firmware.now));
    this.#needsReset = false;
  }

  /** Steps with dir=1 minus steps with dir=0 up to and including `clock`, which never goes back. */
  positionAt(clock: number): number {
    this.settle(clock);
    if (this.#curCount === 0) return this.#position;
    const done = this.#stepsDone(clock);
    return this.#position + (this.#curDir === 0 ? -done : done);
  }

  /** Finishes the moves that have ended by `clock`. */
  settle(clock: number): void {
    while (this.#curEnd <= clock) {
      this.#finish(this.#curCount);
      this.#last = this.#curEnd;
      this.#load();
    }
  }

  /** Halts at once and forgets what is queued; further moves are thrown away until the clock is reset. */
  stop(): void {
    const clock = this.#firmware.now;
    this.settle(clock);
    if (this.#curCount !== 0) this.#finish(this.#stepsDone(clock));
    this.#firmware.moves.give(this.#waiting);
    this.#waiting = 0;
    this.#curCount = 0;
    this.#curEnd = Number.POSITIVE_INFINITY;
    this.#last = 0;
    this.#nextDir = 0;
    this.#needsReset = true;
    this.#faultTimer.cancel();
  }

  override onShutdown(): void {
    this.stop();
  }

  /** Whether steps are still to come. */
  isMoving(clock: number): boolean {
    this.settle(clock);
    return this.#curCount !== 0;
  }

  report(): StepperReport {
    this.settle(this.#firmware.now);
    const report = this.#log.report(this.#oid, this.#stepPin, this.#dirPin);
    return this.#curCount === 0 ? report : { ...report, ...this.#unfinished(report) };
  }

  /** The move under way is not in the log yet: count its steps up to now. */
  #unfinished(report: StepperReport): { steps: number; position: number; recent: readonly ExecutedMove[] } {
    const done = this.#stepsDone(this.#firmware.now);
    const move = {
      clock: this.#curStart,
      interval: this.#curInterval,
      count: done,
      add: this.#curAdd,
      dir: this.#curDir,
    };
    return {
      steps: report.steps + done,
      position: report.position + (this.#curDir === 0 ? -done : done),
      recent: done === 0 ? report.recent : [...report.recent, move],
    };
  }

  /** Looks at a new move for steps that the board cannot make, which shut it down when it gets there. */
  #look(interval: number, count: number, add: number): void {
    const shortest = Math.min(interval, interval + add * (count - 1));
    const start = this.#tail;
    this.#tail = stepClock(start, interval, add, count);
    if (shortest >= this.#stepTicks && this.#lag === 0) return;
    const limit = MAX_LAG * this.#firmware.frequency;
    for (let k = 1, step = interval; k <= count; k++, step += add) {
      this.#lag = step <= 0 ? limit + 1 : Math.max(0, this.#lag + this.#stepTicks - step);
      if (this.#lag > limit && !this.#faultTimer.isSet) {
        this.#faultTimer.set(Math.max(this.#firmware.now, stepClock(start, interval, add, k - 1) + limit));
      }
    }
  }

  #push(interval: number, count: number, add: number): void {
    if (this.#waiting === this.#interval.length) this.#grow();
    const slot = (this.#head + this.#waiting++) & (this.#interval.length - 1);
    this.#interval[slot] = interval;
    this.#count[slot] = count;
    this.#add[slot] = add;
    this.#dir[slot] = this.#nextDir;
  }

  #load(): void {
    if (this.#waiting === 0) {
      this.#curCount = 0;
      this.#curEnd = Number.POSITIVE_INFINITY;
      return;
    }
    const slot = this.#head;
    this.#head = (slot + 1) & (this.#interval.length - 1);
    this.#waiting--;
    this.#firmware.moves.give();
    this.#curStart = this.#last;
    this.#curInterval = this.#interval[slot] ?? 0;
    this.#curCount = this.#count[slot] ?? 0;
    this.#curAdd = this.#add[slot] ?? 0;
    this.#curDir = this.#dir[slot] ?? 0;
    this.#curEnd = stepClock(this.#curStart, this.#curInterval, this.#curAdd, this.#curCount);
  }

  /** Records the first `done` steps of the current move as made. */
  #finish(done: number): void {
    if (done === 0) return;
    this.#position += this.#curDir === 0 ? -done : done;
    this.#log.add(this.#curStart, this.#curInterval, done, this.#curAdd, this.#curDir);
    this.#sink?.steps(this.#stepPin, this.#curStart, this.#curInterval, done, this.#curAdd, this.#curDir);
  }

  /** Steps of the current move made by `clock`: the largest k whose clock is not later. */
  #stepsDone(clock: number): number {
    const elapsed = clock - this.#curStart;
    if (elapsed < this.#curInterval) return 0;
    if (clock >= this.#curEnd) return this.#curCount;
    // k * interval + add * k * (k - 1) / 2 = elapsed, solved in the form that is exact for small `add`.
    const b = this.#curInterval - this.#curAdd / 2;
    const root = Math.sqrt(Math.max(0, b * b + 2 * this.#curAdd * elapsed));
    let k = Math.min(this.#curCount, Math.max(0, Math.floor((2 * elapsed) / (b + root))));
    while (k < this.#curCount && this.#clockOf(k + 1) <= clock) k++;
    while (k > 0 && this.#clockOf(k) > clock) k--;
    return k;
  }

  #clockOf(k: number): number {
    return stepClock(this.#curStart, this.#curInterval, this.#curAdd, k);
  }

  #grow(): void {
    const size = this.#interval.length * 2;
    const interval = new Uint32Array(size);
    const count = new Uint16Array(size);
    const add = new Int16Array(size);
    const dir = new Uint8Array(size);
    for (let i = 0; i < this.#waiting; i++) {
      const slot = (this.#head + i) & (this.#interval.length - 1);
      interval[i] = this.#interval[slot] ?? 0;
      count[i] = this.#count[slot] ?? 0;
      add[i] = this.#add[slot] ?? 0;
      dir[i] = this.#dir[slot] ?? 0;
    }
    this.#interval = interval;
    this.#count = count;
    this.#add = add;
    this.#dir = dir;
    this.#head = 0;
  }
}

/** `config_stepper` and what acts on it. Gives the list of steppers, which grows as they are configured. */
export function addStepper(firmware: Firmware, stepTicks: number, sink: StepSink | undefined): readonly Stepper[] {
  const steppers: Stepper[] = [];
  const position = firmware.replyEncoder("stepper_position oid=%c pos=%i");
  const pins = firmware.dictionary.enumerations.get("pin");
  const pinName = (pin: number): string => pins?.nameOf(pin) ?? `?${pin}`;
  firmware.on(
    "config_stepper oid=%c step_pin=%c dir_pin=%c invert_step=%c step_pulse_ticks=%u",
    ({ values: [oid = 0, stepPin = 0, dirPin = 0] }) => {
      const names = { stepPin: pinName(stepPin), dirPin: pinName(dirPin) };
      const stepper = new Stepper(firmware, { oid, ...names, stepTicks, sink });
      firmware.assign(oid, stepper);
      steppers.push(stepper);
      firmware.world.attachStepper(stepPin, (clock) => stepper.positionAt(clock), firmware.now);
    },
  );
  firmware.on("queue_step oid=%c interval=%u count=%hu add=%hi", ({ values }) => {
    firmware.lookup(values[0] ?? 0, Stepper).queue(values[1] ?? 0, values[2] ?? 0, values[3] ?? 0);
  });
  firmware.on("set_next_step_dir oid=%c dir=%c", ({ values }) => {
    firmware.lookup(values[0] ?? 0, Stepper).setNextDir(values[1] ?? 0);
  });
  firmware.on("reset_step_clock oid=%c clock=%u", ({ values: [oid = 0, clock = 0] }) => {
    firmware.lookup(oid, Stepper).resetClock(clock);
  });
  firmware.on("stepper_get_position oid=%c", ({ values: [oid = 0] }) => {
    firmware.reply(position, oid, firmware.lookup(oid, Stepper).positionAt(firmware.now));
  });
  firmware.on("stepper_stop_on_trigger oid=%c trsync_oid=%c", ({ values: [oid = 0, trsync = 0] }) => {
    const stepper = firmware.lookup(oid, Stepper);
    firmware.lookup(trsync, Trsync).add(stepper);
  });
  return steppers;
}
