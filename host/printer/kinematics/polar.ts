// thread: host
import { mm } from "../../shared/units.js";
import type { MoveDraft } from "../move-draft.js";
import type { Endstop, Stepper } from "../services.js";
import { addStepper, readRotaryStepper, type StepperOptions } from "../stepper.js";
import type { BaseLimits, ContextOf, HomingStep, Kinematics, KinematicsKind, Xyz } from "./kinematics.js";
import { notHomed, outOfRange, outOfReach } from "./move-errors.js";
import { type RailOptions, readRail } from "./rail.js";
import { RailMotors } from "./rail-motors.js";

const CLEARANCE = 3;
/** Places of the steppers: the bed comes first, then those of the arm, then those of z. */
const BED = 0;
const ARM = 1;

interface PolarOptions {
  readonly bed: StepperOptions;
  readonly arm: RailOptions;
  readonly z: RailOptions;
  readonly zLimits: BaseLimits;
}

class PolarKinematics implements Kinematics {
  readonly steppers: readonly Stepper[];
  readonly minimum: Xyz;
  readonly maximum: Xyz;
  readonly #options: PolarOptions;
  readonly #arm: RailMotors;
  readonly #z: RailMotors;
  readonly #firstZ: number;
  #endstops: { readonly arm: readonly Endstop[]; readonly z: readonly Endstop[] } = { arm: [], z: [] };
  #isPlaneHomed = false;
  #isZHomed = false;

  constructor(options: PolarOptions, contextOf: ContextOf) {
    this.#options = options;
    const { bed, arm, z } = options;
    const bedStepper = addStepper(contextOf(bed.name), bed, { motion: () => ({ kind: "polar-bed" }) });
    this.#arm = new RailMotors(contextOf, arm.steppers, arm.endstopPin, { kind: "polar-arm" });
    this.#z = new RailMotors(contextOf, z.steppers, z.endstopPin, { kind: "linear", x: 0, y: 0, z: 1 });
    this.steppers = [bedStepper, ...this.#arm.steppers, ...this.#z.steppers];
    this.#firstZ = ARM + this.#arm.steppers.length;
    this.minimum = [-arm.max, -arm.max, z.min];
    this.maximum = [arm.max, arm.max, z.max];
    this.#describe(contextOf);
  }

  get homedAxes(): string {
    return `${this.#isPlaneHomed ? "xy" : ""}${this.#isZHomed ? "z" : ""}`;
  }

  checkMove(move: MoveDraft): void {
    const { arm, z, zLimits } = this.#options;
    if (move.dx !== 0 || move.dy !== 0) {
      if (!this.#isPlaneHomed) throw notHomed("xy");
      const out = Math.hypot(move.x, move.y);
      if (!(out <= arm.max)) {
        throw outOfReach(out, arm.max, move.z, "stay closer to the centre, or correct position_max in [stepper_arm]");
      }
    }
    if (move.dz === 0) return;
    if (!this.#isZHomed) throw notHomed("z");
    if (!(move.z >= z.min && move.z <= z.max)) throw outOfRange("z", move.z, z.min, z.max);
    const perZ = move.distance / Math.abs(move.dz);
    move.limit(zLimits.maxVelocity * perZ, zLimits.maxAccel * perZ);
  }

  setHomed(axes: string): void {
    if (/[xy]/.test(axes)) this.#isPlaneHomed = true;
    if (axes.includes("z")) this.#isZHomed = true;
  }

  clearHomed(axes: string): void {
    if (/[xy]/.test(axes)) this.#isPlaneHomed = false;
    if (axes.includes("z")) this.#isZHomed = false;
  }

  homingSteps(axes: string): readonly HomingStep[] {
    const steps: HomingStep[] = [];
    const { arm, z } = this.#options;
    if (/[xy]/.test(axes)) {
      const { from, to } = approach(arm, this.#endstops.arm);
      steps.push({
        axes: "xy",
        from: [from, 0, undefined],
        to: [to, 0, undefined],
        endstops: this.#endstops.arm,
        homing: arm.homing,
      });
    }
    if (axes.includes("z")) {
      const { from, to } = approach(z, this.#endstops.z);
      const endstops = this.#endstops.z;
      steps.push({
        axes: "z",
        from: [undefined, undefined, from],
        to: [undefined, undefined, to],
        endstops,
        homing: z.homing,
      });
    }
    return steps;
  }

  toActuator(stepper: number, [x, y, z]: Xyz): number {
    if (stepper === BED) return Math.atan2(y, x);
    return stepper < this.#firstZ ? Math.hypot(x, y) : z;
  }

  toPosition(actuators: readonly number[]): Xyz {
    const angle = actuators[BED] ?? Number.NaN;
    const arm = actuators[ARM] ?? Number.NaN;
    return [Math.cos(angle) * arm, Math.sin(angle) * arm, actuators[this.#firstZ] ?? Number.NaN];
  }

  connect(): void {
    this.#endstops = { arm: this.#arm.addEndstops("arm"), z: this.#z.addEndstops("z") };
  }

  #describe(contextOf: ContextOf): void {
    const { virtual } = contextOf("printer");
    for (const { name, min, max, endstopPosition, endstopPin, homing } of [this.#options.arm, this.#options.z]) {
      const short = name.replace(/^stepper_/, "");
      const position = [{ motor: name, coefficient: 1 }];
      virtual.add("rails", { name: short, position, minMm: min - CLEARANCE, maxMm: max + CLEARANCE });
      if (endstopPosition === undefined) continue;
      const side = homing.isPositive ? "above" : "below";
      virtual.add("endstops", {
        name: short,
        pin: virtual.pin(endstopPin),
        position,
        triggerMm: endstopPosition,
        side,
      });
    }
  }
}

/** The first homing move covers the rail once. */
function approach(rail: RailOptions, endstops: readonly Endstop[]): { readonly from: number; readonly to: number } {
  const to = endstops[0]?.position ?? rail.endstopPosition ?? rail.min;
  const from = rail.homing.isPositive ? to - (to - rail.min) : to + (rail.max - to);
  return { from: mm(from), to: mm(to) };
}

/** A bed that turns under an arm that reaches out from its centre. */
export const polar: KinematicsKind = {
  name: "polar",
  sections: ["stepper_bed", "stepper_arm", "stepper_z"],
  read(printer, { maxVelocity, maxAccel }) {
    const zLimits = {
      maxVelocity: printer.float("max_z_velocity", maxVelocity, {
        above: 0,
        max: maxVelocity,
        help: "Highest speed of the z axis, in mm/s.",
      }),
      maxAccel: printer.float("max_z_accel", maxAccel, {
        above: 0,
        max: maxAccel,
        help: "Highest acceleration of the z axis, in mm/s^2.",
      }),
    };
    const bed = readRotaryStepper(printer.config.section("stepper_bed"));
    const arm = readRail(printer.config.section("stepper_arm"));
    const z = readRail(printer.config.section("stepper_z"));
    return (contextOf) => new PolarKinematics({ bed, arm, z, zLimits }, contextOf);
  },
};
