// thread: host
import { TIMED_HEATER, TIMED_MOTOR, TIMED_OUTPUT, TIMED_RULE, TIMED_SMOOTH } from "../machine/messages.js";
import type { HeaterControl } from "../machine/setup.js";
import type { Pending, PidParameters, TimedActions } from "./hardware.js";
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

  ruleNow(rule: number, celsius: number, minValue: number, maxValue: number): void {
    this.#queue.machine.notify({ notice: "rule", rule, celsius, minValue, maxValue });
  }

  control(heater: number, control: HeaterControl): void {
    this.#queue.machine.notify({ notice: "control", heater, control });
  }

  temperature(sensor: number, celsius: number): void {
    this.#queue.machine.notify({ notice: "temperature", sensor, celsius });
  }

  calibrate(heater: number, celsius: number, tolerance: number): Promise<PidParameters> {
    return this.#queue.wait(this.#queue.machine.call({ call: "pidCalibrate", heater, target: celsius, tolerance }));
  }

  motor(stepper: number, isOn: boolean): Pending {
    return this.#queue.pushTimed(TIMED_MOTOR, stepper, isOn ? 1 : 0, 0);
  }

  smooth(extruder: number, timeS: number): Pending {
    return this.#queue.pushTimed(TIMED_SMOOTH, extruder, timeS, 0);
  }

  marker(): Promise<number> {
    return this.#queue.marker();
  }
}
