// thread: machine
import type { Core } from "../core/core.js";
import type { SharedClock } from "../shared/clock.js";
import type { ControlBlock } from "../shared/control.js";
import { HostError } from "../shared/errors.js";
import { SnapshotWriter } from "../shared/snapshot.js";
import { type HostTime, hostTime, type PrintTime, printTime, ticks } from "../shared/units.js";
import { Actions } from "./actions.js";
import type { Board } from "./board.js";
import { pollClock, type StartedBoard } from "./board-start.js";
import { smoothFilament } from "./core-setup.js";
import { HeatSystem } from "./heat/heat-system.js";
import { Homing } from "./homing.js";
import { HorizonWatch } from "./horizon.js";
import { Lateness } from "./lateness.js";
import type { MachineEvent } from "./messages.js";
import { Motion } from "./motion.js";
import { Motors } from "./motors.js";
import { declarePosition, placesAt } from "./placement.js";
import type { MachineSetup } from "./setup.js";
import { SlotPlan } from "./snapshot-fields.js";
import { MotionStatus } from "./status.js";
import type { Timers } from "./timers.js";
import { Trigger } from "./trigger.js";

/** A turn that has steps to make ends after so long, in s of real time. */
const TURN_BUDGET = 0.003;
/** Time between two turns while motors move, and while nothing does, in s. */
const BUSY_INTERVAL = 0.01;
const IDLE_INTERVAL = 0.05;
/** Time between two snapshots. */
const SNAPSHOT_INTERVAL = 0.05;
const STATS_INTERVAL = 1;
/** How often secondary boards are steered. */
const STEER_INTERVAL = 1;

export interface EngineOptions {
  readonly clock: SharedClock;
  readonly control: ControlBlock;
  readonly core: Core;
  readonly timers: Timers;
  readonly boards: readonly StartedBoard[];
  readonly setup: MachineSetup;
  readonly post: (event: MachineEvent) => void;
  /** Real time in s, for the budget of a turn. */
  readonly realTime: () => number;
}

/**
 * The printer while it is ready: everything that must go on whatever the host does. It is driven by turns; bytes from
 * boards are handled between them the moment they come.
 */
export class Engine {
  readonly homing: Homing;
  readonly heat: HeatSystem;
  readonly motion: Motion;
  readonly motors: Motors;
  readonly actions: Actions;
  readonly triggers: readonly Trigger[];
  readonly snapshot: SnapshotWriter;
  readonly slots = new SlotPlan();
  readonly lateness = new Lateness();
  readonly horizon = new HorizonWatch();
  readonly #options: EngineOptions;
  readonly #boards: readonly Board[];
  readonly #status: MotionStatus;
  #state: "running" | "stopped" = "running";
  #nextSnapshot = 0;
  #nextStats = 0;
  #nextSteer = 0;
  #factorChanges = 0;
  #isHostLost = false;

  constructor(options: EngineOptions) {
    this.#options = options;
    const { core, setup } = options;
    this.#boards = options.boards.map(({ board }) => board);
    this.#status = new MotionStatus(core, this.slots);
    this.heat = new HeatSystem({
      setup,
      boards: this.#boards,
      firstSlot: this.slots.slots,
      isStepperOn: (stepper) => this.motors.enabled[stepper] ?? false,
      onError: (error) => this.stop(error),
      isDry: false,
    });
    this.slots.append(this.heat.fields, this.heat.slots);
    this.motors = new Motors(core, setup.steppers, this.#boards, this.heat.outputs);
    this.actions = new Actions({
      heat: this.heat,
      motors: this.motors,
      boards: this.#boards,
      smoothFilament: (extruder, timeS) => smoothFilament(core, setup, extruder, timeS),
      onMarker: (marker, timeS) => options.post({ event: "marker", marker, timeS }),
    });
    this.motion = new Motion(core, {
      onAction: (action) => this.actions.add(action),
      onDrain: (mark, time) => this.actions.addMark(mark, time),
      onPosition: (x, y, z) => declarePosition(core, x, y, z),
    });
    this.triggers = setup.endstops.map((endstop) => new Trigger(endstop, this.#boards, setup.steppers));
    this.homing = new Homing({
      core,
      motion: this.motion,
      boards: this.#boards,
      setup,
      triggers: this.triggers,
      timers: options.timers,
      now: () => options.clock.now(),
      printNow: () => this.printNow,
      pump: () => this.pump(),
      countOffsets: new Float64Array(setup.steppers.length),
    });
    this.snapshot = new SnapshotWriter(this.slots.slots);
    this.heat.start();
    const now = options.clock.now();
    this.#nextSnapshot = now;
    this.#nextStats = now + STATS_INTERVAL;
    this.#nextSteer = now + STEER_INTERVAL;
  }

  get core(): Core {
    return this.#options.core;
  }

  get setup(): MachineSetup {
    return this.#options.setup;
  }

  get isRunning(): boolean {
    return this.#state === "running";
  }

  /** Print time now: the first board's clock. */
  get printNow(): PrintTime {
    const first = this.#boards[0];
    if (first === undefined) return printTime(this.#options.clock.now());
    return printTime(first.sync.clockAt(this.#options.clock.now()) / first.frequency);
  }

  /** One turn; returns when the next one is wanted at the latest. */
  turn(now: HostTime): HostTime {
    const { control, timers } = this.#options;
    control.beat("machine", now);
    timers.runDue(now);
    let wanted = hostTime(now + IDLE_INTERVAL);
    if (this.#state === "running") {
      this.#watchHost(now);
      const more = this.#move(now);
      wanted = hostTime(now + (more ? 0 : this.#isBusy ? BUSY_INTERVAL : IDLE_INTERVAL));
    }
    const pumped = this.pump();
    this.#report(now);
    return hostTime(Math.min(wanted, pumped, timers.next));
  }

  /** Sends what may leave to every board; returns when a link wants to be looked at again. */
  pump(): HostTime {
    const now = this.#options.clock.now();
    let next = Number.POSITIVE_INFINITY;
    for (const board of this.#boards) {
      pollClock(board, now);
      next = Math.min(next, board.pump(now), board.sync.nextQuery);
    }
    return hostTime(next);
  }

  /** Where each stepper was at a print time, in mm of its actuator; NaN when that is too long ago. */
  placesAt(time: PrintTime): readonly number[] {
    return placesAt(this.#options.core, this.#options.setup.steppers, this.#boards, time);
  }

  /** Stops everything, once: heaters off, motors off, nothing is sent any more but the stop itself. */
  stop(error: HostError): void {
    if (this.#state === "stopped") return;
    this.#state = "stopped";
    this.heat.halt();
    for (const board of this.#boards) board.stopNow();
    this.pump();
    this.#options.post({ event: "shutdown", error: error.toWire() });
    this.#report(this.#options.clock.now());
  }

  #move(now: HostTime): boolean {
    const { control, core, setup, realTime } = this.#options;
    const live = core.exports.setLive(control.speedFactor, control.flowFactor, control.zOffset, control.hold ? 1 : 0);
    if (live < 0) this.#remark("a live speed, flow or Z offset is not a usable number: the former one stays");
    const printNow = this.printNow;
    const horizon = this.homing.isActive ? setup.homingHorizonS : setup.horizonS;
    const began = realTime();
    const more = this.motion.turn(printNow, horizon, () => realTime() - began > TURN_BUDGET);
    this.#noteFactors(control);
    this.motors.wake();
    this.actions.perform(printNow, horizon);
    this.heat.tick(printNow);
    for (const board of this.#boards) board.releaseUntil(printTime(printNow + horizon));
    this.#steer(now);
    if (this.motors.takeChanged()) this.#options.post({ event: "motors", enabled: [...this.motors.enabled] });
    return more;
  }

  /** A factor set by the job takes the place of one set from a console. */
  #noteFactors(control: ControlBlock): void {
    const changes = this.#options.core.exports.factorsChanged();
    if (changes === this.#factorChanges) return;
    this.#factorChanges = changes;
    control.speedFactor = 0;
    control.flowFactor = 0;
  }

  get #isBusy(): boolean {
    return this.homing.isActive || this.motion.planEnd > this.printNow || this.actions.isWaiting;
  }

  /** Secondary boards are aimed at the first one's time. */
  #steer(now: HostTime): void {
    if (now < this.#nextSteer) return;
    this.#nextSteer = now + STEER_INTERVAL;
    const from = printTime(Math.max(this.motion.generated, this.printNow));
    for (const board of this.#boards) {
      const { secondary } = board;
      if (secondary === undefined) continue;
      secondary.adjust(from);
      this.#options.core.exports.boardClock(board.index, secondary.offset, secondary.frequency);
    }
  }

  /** Heaters go off when the host has shown no sign of life for too long. */
  #watchHost(now: HostTime): void {
    const { control, setup } = this.#options;
    if (setup.hostTimeoutS <= 0) return;
    const silent = now - control.lastBeat("host");
    const isLost = silent > setup.hostTimeoutS;
    if (isLost && !this.#isHostLost) {
      this.heat.allOff();
      this.#remark(`the host has not answered for ${silent.toFixed(0)} s (${control.activity}): heaters are off`);
    }
    this.#isHostLost = isLost;
  }

  #report(now: HostTime): void {
    if (now < this.#nextSnapshot && this.#state === "running") return;
    this.#nextSnapshot = now + SNAPSHOT_INTERVAL;
    const printNow = this.printNow;
    this.horizon.note(printNow, this.motion.planEnd, this.#unsent(printNow));
    this.#status.fill(this.snapshot.values, printNow, this.motion.planEnd, this.horizon, this.lateness);
    this.heat.publish(this.snapshot.values);
    this.snapshot.publish(now);
    this.#options.control.wakeHost();
    if (now < this.#nextStats) return;
    this.#nextStats = now + STATS_INTERVAL;
    this.#postStats();
  }

  /**
   * Print time of the first step command that no board has been sent yet. One that counts from a time gone by is that of
   * a motor at rest: its step is still to come.
   */
  #unsent(now: PrintTime): number {
    let first = Number.POSITIVE_INFINITY;
    for (const board of this.#boards) {
      const due = this.#options.core.exports.boardNextDue(board.index);
      const time = due < Number.POSITIVE_INFINITY ? board.timeAt(ticks(due)) : due;
      if (time > now) first = Math.min(first, time);
    }
    return first;
  }

  #postStats(): void {
    const boards = this.#boards.map((board) => ({
      name: board.name,
      stats: { ...board.link.stats, freq: board.sync.frequency, unanswered: board.sync.unanswered },
    }));
    const machine: Record<string, number> = {
      worst_lateness: this.lateness.worst,
      longest_turn: this.lateness.longest,
      smallest_horizon: this.horizon.smallest,
    };
    this.#options.post({ event: "stats", boards, machine });
  }

  #remark(text: string): void {
    this.#options.post({ event: "remark", text });
  }
}

/** The error for a stop that somebody asked for. */
export function stoppedError(reason: string): HostError<"PRINTER_SHUTDOWN"> {
  return new HostError("PRINTER_SHUTDOWN", `the printer was stopped: ${reason}`, {
    details: { reason },
    fix: "when it is safe, run FIRMWARE_RESTART.",
  });
}
