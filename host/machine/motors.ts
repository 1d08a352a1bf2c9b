// thread: machine
import type { Core } from "../core/core.js";
import { type PrintTime, printTime, ticks } from "../shared/units.js";
import type { BoardAccess } from "./board-access.js";
import type { StepperSetup } from "./setup.js";

/** A driver is switched on this long before its motor's first step. */
const ENABLE_LEAD = 0.002;

/** What switches a driver: an output that is set at a time. */
export interface EnablePin {
  set(time: PrintTime, value: number): void;
}

/**
 * Switches stepper drivers: on by itself before a motor's first step, off when told. Drivers may share a pin: it stays
 * on while any of its motors is.
 */
export class Motors {
  readonly #core: Core;
  readonly #steppers: readonly StepperSetup[];
  readonly #boards: readonly BoardAccess[];
  readonly #pins: readonly (EnablePin | undefined)[];
  readonly #enabled: boolean[];
  #changed = false;

  /** `pins` are all outputs, by index. */
  constructor(
    core: Core,
    steppers: readonly StepperSetup[],
    boards: readonly BoardAccess[],
    pins: readonly (EnablePin | undefined)[],
  ) {
    this.#core = core;
    this.#steppers = steppers;
    this.#boards = boards;
    this.#pins = pins;
    this.#enabled = steppers.map(() => false);
  }

  /** Whether each stepper's driver is on. */
  get enabled(): readonly boolean[] {
    return this.#enabled;
  }

  get anyEnabled(): boolean {
    return this.#enabled.includes(true);
  }

  /** Whether something has changed since the last call. */
  takeChanged(): boolean {
    const changed = this.#changed;
    this.#changed = false;
    return changed;
  }

  /** Switches on the drivers of motors that have steps coming. Call after steps were made, before they are sent. */
  wake(): void {
    for (const [i, stepper] of this.#steppers.entries()) {
      if (this.#enabled[i] === true) continue;
      const clock = this.#core.exports.stepperWake(i);
      const board = this.#boards[stepper.board];
      if (Number.isNaN(clock) || board === undefined) continue;
      this.#switch(i, stepper, printTime(board.timeAt(ticks(clock)) - ENABLE_LEAD), true);
    }
  }

  /** Switches one stepper's driver at a print time; all of them with `index` -1. */
  set(index: number, time: PrintTime, on: boolean): void {
    for (const [i, stepper] of this.#steppers.entries()) {
      if ((index === -1 || index === i) && this.#enabled[i] !== on) this.#switch(i, stepper, time, on);
    }
  }

  #switch(index: number, stepper: StepperSetup, time: PrintTime, on: boolean): void {
    const { enable } = stepper;
    const isShared = this.#steppers.some(
      (other, i) => i !== index && enable !== undefined && other.enable === enable && this.#enabled[i] === true,
    );
    this.#enabled[index] = on;
    this.#changed = true;
    if (!on) this.#core.exports.stepperSleep(index);
    if (enable !== undefined && !isShared) this.#pins[enable]?.set(time, on ? 1 : 0);
  }
}
