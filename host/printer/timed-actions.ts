// thread: host
import { TIMED_HEATER, TIMED_MOTOR, TIMED_OUTPUT, TIMED_RULE } from "../machine/messages.js";
import type { Pending, TimedActions } from "./hardware.js";
import type { MotionQueue } from "./motion-queue.js";

/** Timed actions by way of the motion queue. */
export class QueuedActions implements TimedActions {
  readonly #queue: MotionQueue;

  constructor(queue: MotionQueue) {
    this.#queue = queue;
  }

  output(output: number, value: number): Pending {
    return this.#queue.pushTimed(TIMED_OUTPUT, output, value, 0);
  }

  outputNow(output: number, value: number): void {
    this.#queue.machine.notify({ notice: "output", output, value });
  }

  heater(heater: number, celsius: number): Pending {
    return this.#queue.pushTimed(TIMED_HEATER, heater, celsius, 0);
  }

  heaterNow(heater: number, celsius: number): void {
    this.#queue.machine.notify({ notice: "heater", heater, celsius });
  }

  rule(rule: number, celsius: number): Pending {
    return this.#queue.pushTimed(TIMED_RULE, rule, celsius, 0);
  }

  motor(stepper: number, isOn: boolean): Pending {
    return this.#queue.pushTimed(TIMED_MOTOR, stepper, isOn ? 1 : 0, 0);
  }

  marker(): Promise<number> {
    return this.#queue.marker();
  }
}
