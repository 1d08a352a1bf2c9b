// thread: any
import { type HostTime, hostTime } from "../shared/units.js";
import { type BoardReport, VirtualBoard } from "./board.js";
import type { Fault } from "./faults.js";
import type { StepSink } from "./firmware/step-log.js";
import { Machine, type MachineReport } from "./machine/machine.js";
import { MachineWorld } from "./machine/machine-world.js";
import { Random } from "./random.js";
import type { VirtualSetup } from "./setup.js";

/** How often carriages are looked at for hard stops while anything moves, s. */
const SETTLE_PERIOD = 0.02;

export interface SimulationOptions {
  readonly setup: VirtualSetup;
  /** Host time at which everything is switched on. */
  readonly origin: HostTime;
  /** Takes what a board sends, when it arrives at the host; borrowed for the call. */
  readonly onBytes: (board: number, bytes: Uint8Array, time: HostTime) => void;
  /** Takes every command that a stepper has carried out. */
  readonly steps?: (board: number) => StepSink;
  /** A board's cable was pulled out (true) or put back in. */
  readonly onPlug?: (board: number, isUnplugged: boolean) => void;
}

/** Everything that a test may want to know about a virtual printer. */
export interface SimulationReport {
  readonly time: number;
  readonly boards: readonly BoardReport[];
  readonly machine: MachineReport;
}

/**
 * All boards of a printer and the machine behind them, in one time. Events of all boards happen in the order of their
 * times, so that one board's switch sees another board's motors where they are. No thread, no timer: `receive` bytes,
 * then let time pass with `runTo`.
 */
export class Simulation {
  readonly boards: readonly VirtualBoard[];
  readonly machine: Machine;
  readonly #options: SimulationOptions;
  #now: number;
  #nextSettle: number;
  /** When the board that `#look` found has something to do. */
  #next = Number.POSITIVE_INFINITY;

  constructor(options: SimulationOptions) {
    const { setup, origin } = options;
    const random = new Random(setup.seed);
    this.#options = options;
    this.#now = origin;
    this.#nextSettle = origin;
    this.machine = new Machine(setup.machine, random.fork("machine"), origin);
    this.boards = setup.boards.map(
      (board, index) =>
        new VirtualBoard({
          setup: board,
          origin,
          random: random.fork(`board ${board.name}`),
          world: (dictionary, clock) => new MachineWorld(this.machine, board.name, dictionary, clock),
          onBytes: (bytes, time) => options.onBytes(index, bytes, time),
          steps: options.steps?.(index),
        }),
    );
  }

  /** How far it has run. */
  get now(): HostTime {
    return hostTime(this.#now);
  }

  /** The host sends bytes to a board at `time`; copied. */
  receive(board: number, bytes: Uint8Array, time: HostTime): void {
    const arrival = Math.max(time, this.#now);
    this.boards[board]?.receive(bytes, hostTime(arrival));
    this.#nextSettle = Math.min(this.#nextSettle, arrival);
  }

  /** When something happens next by itself. */
  get nextTime(): HostTime {
    this.#look();
    return hostTime(this.#next);
  }

  /** Lets everything happen that is due up to `time`. */
  runTo(time: HostTime): void {
    for (;;) {
      const board = this.#look();
      if (this.#nextSettle < Math.min(this.#next, time)) {
        this.#settle();
        continue;
      }
      if (board === undefined || this.#next > time) break;
      this.#now = Math.max(this.#now, this.#next);
      board.runNext(hostTime(this.#next));
    }
    this.#now = Math.max(this.#now, time);
    for (const board of this.boards) board.settle(time);
  }

  /** Makes something go wrong from now on. Throws a `TypeError` for a name that the setup does not have. */
  inject(fault: Fault): void {
    switch (fault.kind) {
      case "wire":
        this.#board(fault.board).setWireFault(fault.direction, fault.fault);
        break;
      case "stall":
        this.#board(fault.board).stall(hostTime(this.#now + fault.durationS));
        break;
      case "silence":
        this.#board(fault.board).silent = fault.silent;
        break;
      case "reset":
        this.#board(fault.board).reset(this.now);
        break;
      case "unplug":
      case "replug":
        this.#plug(fault.board, fault.kind === "unplug");
        break;
      case "endstop":
        this.machine.setSwitchFault(fault.endstop, { behaviour: fault.behaviour, lateMm: fault.lateMm ?? 0 });
        break;
      case "sensor":
        this.machine.setSensorFault(fault.sensor, fault.behaviour);
        break;
      case "heater":
        this.machine.setHeaterFault(fault.heater, fault.power ?? 1, fault.stuckOn ?? false, this.#now);
        break;
      case "driver":
        this.machine.setDriverSilent(fault.driver, fault.silent);
        break;
    }
  }

  /** Presses or releases a button or switch of the setup. */
  press(name: string, isPressed: boolean): void {
    this.machine.pressSwitch(name, isPressed);
  }

  report(): SimulationReport {
    return {
      time: this.#now,
      boards: this.boards.map((board) => board.report()),
      machine: this.machine.report(this.#now),
    };
  }

  /** Finds the board on which something happens next, and when. */
  #look(): VirtualBoard | undefined {
    let found: VirtualBoard | undefined;
    this.#next = Number.POSITIVE_INFINITY;
    for (const board of this.boards) {
      const time = board.nextTime;
      if (time >= this.#next) continue;
      this.#next = time;
      found = board;
    }
    return found;
  }

  /** Looks at the hard stops, and again soon while anything moves. */
  #settle(): void {
    const time = this.#nextSettle;
    this.#now = Math.max(this.#now, time);
    for (const board of this.boards) board.settle(hostTime(time));
    this.machine.settle(time);
    this.#nextSettle = this.boards.some((board) => board.isMoving) ? time + SETTLE_PERIOD : Number.POSITIVE_INFINITY;
  }

  #plug(name: string, isUnplugged: boolean): void {
    const board = this.#board(name);
    board.unplugged = isUnplugged;
    this.#options.onPlug?.(this.boards.indexOf(board), isUnplugged);
  }

  #board(name: string): VirtualBoard {
    const board = this.boards.find((one) => one.name === name);
    if (board === undefined) throw new TypeError(`virtual printer: there is no board '${name}'`);
    return board;
  }
}
