// thread: host
import type { Pin } from "../../config/pins.js";
import type { StepperMotion } from "../../machine/setup.js";
import { reserveSwitch } from "../endstop.js";
import type { Endstop, ReservedSwitch, Stepper } from "../services.js";
import { addStepper } from "../stepper.js";
import type { ContextOf } from "./kinematics.js";
import type { RailStepper } from "./rail.js";

function pinKey({ chip, pin }: Pin): string {
  return `${chip}:${pin}`;
}

/** The motors of a rail with their switches: made on the boards in the order that Klipper has. */
export class RailMotors {
  readonly steppers: readonly Stepper[];
  readonly #options: readonly RailStepper[];
  readonly #endstopPin: Pin;
  readonly #contextOf: ContextOf;
  readonly #reserved = new Map<string, ReservedSwitch | undefined>();

  /** `endstopPin` is the switch of those steppers that have none of their own. */
  constructor(contextOf: ContextOf, options: readonly RailStepper[], endstopPin: Pin, motion: StepperMotion) {
    this.#contextOf = contextOf;
    this.#options = options;
    this.#endstopPin = endstopPin;
    this.steppers = options.map(({ stepper, endstopPin: own }) => {
      const pin = own ?? endstopPin;
      const key = pinKey(pin);
      if (!this.#reserved.has(key)) this.#reserved.set(key, reserveSwitch(contextOf(stepper.name), pin));
      return addStepper(contextOf(stepper.name), stepper, { motion: () => motion });
    });
  }

  /** The switches, each with its own steppers of this rail. The first is called `name`. */
  addEndstops(name: string): readonly Endstop[] {
    const found = new Map<string, Endstop>();
    for (const [i, { stepper, endstopPin }] of this.#options.entries()) {
      const pin = endstopPin ?? this.#endstopPin;
      const key = pinKey(pin);
      const use = { name: i === 0 ? name : stepper.name.replace(/^stepper_/, ""), reserved: this.#reserved.get(key) };
      const endstop = found.get(key) ?? this.#contextOf(stepper.name).endstop(pin, use);
      found.set(key, endstop);
      const own = this.steppers[i];
      if (own !== undefined) endstop.addStepper(own);
    }
    return [...found.values()];
  }
}
