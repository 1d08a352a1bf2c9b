// thread: any
import type { MotorSetup, MotorSum } from "../setup.js";

/** Net steps of a board's stepper at a time. */
export type StepCounter = (time: number) => number;

/** A motor and its driver: follows the steps while it is enabled. */
export class Motor {
  readonly setup: MotorSetup;
  readonly #sign: number;
  #counter: StepCounter | undefined;
  #isEnabled: boolean;
  /** Position at the count of steps at which it was last enabled. */
  #base: number;
  #baseCount = 0;

  constructor(setup: MotorSetup, start: number) {
    this.setup = setup;
    this.#sign = setup.dir.inverted === true ? -1 : 1;
    this.#isEnabled = setup.enable === undefined;
    this.#base = start;
  }

  get isEnabled(): boolean {
    return this.#isEnabled;
  }

  /** Where it stands, mm. `time` never goes back. */
  position(time: number): number {
    if (!this.#isEnabled || this.#counter === undefined) return this.#base;
    return this.#base + (this.#counter(time) - this.#baseCount) * this.setup.stepDistanceMm * this.#sign;
  }

  /** A board has configured the stepper that drives it. */
  attach(counter: StepCounter, time: number): void {
    this.detach(time);
    this.#counter = counter;
    this.#baseCount = counter(time);
  }

  /** Its board has restarted: nobody drives it. */
  detach(time: number): void {
    this.#base = this.position(time);
    this.#counter = undefined;
  }

  enable(isEnabled: boolean, time: number): void {
    if (isEnabled === this.#isEnabled) return;
    this.#base = this.position(time);
    this.#isEnabled = isEnabled;
    this.#baseCount = this.#counter?.(time) ?? 0;
  }

  /** Loses steps: moves by `distance` without the board knowing. */
  shift(distance: number): void {
    this.#base += distance;
  }
}

/** A weighted sum of motors. */
export class WeightedMotors {
  readonly terms: readonly { readonly motor: Motor; readonly coefficient: number }[];
  readonly #squares: number;

  constructor(sum: MotorSum, motors: ReadonlyMap<string, Motor>) {
    this.terms = sum.map(({ motor: name, coefficient }) => {
      const motor = motors.get(name);
      if (motor === undefined) throw new TypeError(`virtual machine: there is no motor '${name}'`);
      return { motor, coefficient };
    });
    this.#squares = this.terms.reduce((total, { coefficient }) => total + coefficient * coefficient, 0);
  }

  position(time: number): number {
    let total = 0;
    for (const { motor, coefficient } of this.terms) total += coefficient * motor.position(time);
    return total;
  }

  /** Moves the sum by `distance` with the smallest movement of the motors. */
  shift(distance: number): void {
    if (this.#squares === 0) return;
    for (const { motor, coefficient } of this.terms) motor.shift((distance * coefficient) / this.#squares);
  }
}
