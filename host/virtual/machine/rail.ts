// thread: any
import type { RailSetup } from "../setup.js";
import type { WeightedMotors } from "./motor.js";

/** A carriage that was driven against a hard stop. */
export interface Crash {
  readonly rail: string;
  /** When it first touched the stop, host time s. */
  readonly time: number;
  /** How far it was driven on in all, mm. */
  readonly distanceMm: number;
}

/** Two pushes less than this apart are one crash, s. */
const SAME_CRASH = 0.25;
/** A carriage that has just been pushed counts as stalled for so long, s. */
const STALL_HOLD = 0.02;

/** A carriage between two hard stops. Driven against one it stays there, and its motors lose the steps. */
export class Rail {
  readonly setup: RailSetup;
  readonly motors: WeightedMotors;
  readonly #crashes: { rail: string; time: number; distanceMm: number }[] = [];
  #pushedAt = Number.NEGATIVE_INFINITY;

  constructor(setup: RailSetup, motors: WeightedMotors) {
    this.setup = setup;
    this.motors = motors;
  }

  get crashes(): readonly Crash[] {
    return this.#crashes;
  }

  position(time: number): number {
    return this.motors.position(time);
  }

  /** Stops the carriage at its ends; must be asked often enough while it moves. */
  settle(time: number): void {
    const { maxMm, minMm } = this.setup;
    const position = this.position(time);
    const excess = position > maxMm ? position - maxMm : position < minMm ? position - minMm : 0;
    if (excess === 0) return;
    this.motors.shift(-excess);
    const last = this.#crashes.at(-1);
    if (last !== undefined && time - this.#pushedAt < SAME_CRASH) last.distanceMm += Math.abs(excess);
    else this.#crashes.push({ rail: this.setup.name, time, distanceMm: Math.abs(excess) });
    this.#pushedAt = time;
  }

  /** Whether it is being pushed against a stop. */
  isStalled(time: number): boolean {
    this.settle(time);
    return time - this.#pushedAt < STALL_HOLD;
  }
}
