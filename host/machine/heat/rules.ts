// thread: machine
import type { PrintTime } from "../../shared/units.js";
import { AT_ONCE, type Output } from "../outputs/output.js";
import type { Sensor, SensorListener } from "../sensors/sensor.js";
import type { RuleSetup } from "../setup.js";
import { type Control, createControl, Pid, Watermark } from "./control.js";
import type { Heater } from "./heater.js";

type Rule<K extends RuleSetup["kind"]> = Extract<RuleSetup, { readonly kind: K }>;

/** Something that machine keeps by itself. `tick` is called ten times a second; it must not throw. */
export interface FanRule {
  tick(now: PrintTime): void;
}

/** On while any heater is on or still hot. */
export class HeaterFanRule implements FanRule {
  readonly #setup: Rule<"heater-fan">;
  readonly #output: Output;
  readonly #heaters: readonly Heater[];

  constructor(setup: Rule<"heater-fan">, output: Output, heaters: readonly Heater[]) {
    this.#setup = setup;
    this.#output = output;
    this.#heaters = heaters;
  }

  tick(now: PrintTime): void {
    let isHot = false;
    for (let i = 0; i < this.#heaters.length; i++) {
      if (this.#heaters[i]?.needsCooling(this.#setup.aboveCelsius) === true) isHot = true;
    }
    this.#output.set(now, isHot ? this.#setup.value : 0);
  }
}

/** On while any heater or stepper is on; then for a while at another speed. */
export class ControllerFanRule implements FanRule {
  readonly #setup: Rule<"controller-fan">;
  readonly #output: Output;
  readonly #heaters: readonly Heater[];
  readonly #isStepperOn: (stepper: number) => boolean;
  #activeUntil = Number.NEGATIVE_INFINITY;

  constructor(
    setup: Rule<"controller-fan">,
    output: Output,
    heaters: readonly Heater[],
    isStepperOn: (stepper: number) => boolean,
  ) {
    this.#setup = setup;
    this.#output = output;
    this.#heaters = heaters;
    this.#isStepperOn = isStepperOn;
  }

  tick(now: PrintTime): void {
    const { idleTimeoutS, idleValue, value } = this.#setup;
    const isActive = this.#isActive();
    if (isActive) this.#activeUntil = now + idleTimeoutS;
    this.#output.set(now, isActive ? value : now < this.#activeUntil ? idleValue : 0);
  }

  #isActive(): boolean {
    const { steppers } = this.#setup;
    for (let i = 0; i < this.#heaters.length; i++) if ((this.#heaters[i]?.target ?? 0) > 0) return true;
    for (let i = 0; i < steppers.length; i++) if (this.#isStepperOn(steppers[i] ?? -1)) return true;
    return false;
  }
}

/**
 * Cools a sensor to a target: by how much it is too hot (PID, between two speeds), or fully above the target and not at
 * all below it (watermark). With the target 0 it is off; when the temperature is not known, it runs at full speed.
 */
export class TemperatureFanRule implements FanRule, SensorListener {
  readonly setup: Rule<"temperature-fan">;
  readonly #output: Output;
  readonly #sensor: Sensor;
  readonly #control: Control;
  #target: number;
  #min: number;
  #max: number;
  #value = 0;

  constructor(setup: Rule<"temperature-fan">, output: Output, sensor: Sensor) {
    this.setup = setup;
    this.#output = output;
    this.#sensor = sensor;
    this.#target = setup.targetCelsius;
    this.#min = setup.minValue;
    this.#max = setup.maxValue;
    this.#control = createControl(setup.control, setup.maxValue, setup.smoothTimeS);
    sensor.addListener(this);
  }

  get target(): number {
    return this.#target;
  }

  setTarget(celsius: number): void {
    this.#target = Number.isNaN(celsius) ? 0 : Math.max(0, celsius);
    this.#apply();
  }

  /** Least and most speed, from 0 to 1, while it has a target. */
  setRange(min: number, max: number): void {
    this.#min = min;
    this.#max = Math.max(min, max);
    this.#apply();
  }

  onReading(time: PrintTime, celsius: number): void {
    // The regulators are heaters': what they would heat with is what the fan leaves off.
    const warmth = this.#control.power(time, celsius, this.#target);
    if (this.#control instanceof Pid) this.#value = this.#max - warmth;
    else this.#value = warmth > 0 ? 0 : this.#max;
    this.#apply();
  }

  onBadReading(): void {
    this.#value = this.#max;
    this.#apply();
  }

  tick(): void {
    if (!this.#sensor.isSilent) return;
    this.#value = this.#max;
    this.#apply();
  }

  #apply(): void {
    const least = this.#control instanceof Watermark ? 0 : this.#min;
    const value = this.#target > 0 ? Math.max(least, Math.min(this.#max, this.#value)) : 0;
    this.#output.set(AT_ONCE, value);
  }
}
