// thread: host
import type { SectionReader } from "../../config/section-reader.js";
import { type Mm, mm } from "../../shared/units.js";
import type { MoveDraft } from "../move-draft.js";
import type { Endstop, Stepper } from "../services.js";
import { readStepper } from "../stepper.js";
import type { BaseLimits, ContextOf, HomingStep, Kinematics, KinematicsKind, Xyz } from "./kinematics.js";
import { notHomed, outOfRange, outOfReach } from "./move-errors.js";
import { endstopUse, type HomingOptions, type RailStepper, readApproach } from "./rail.js";
import { RailMotors } from "./rail-motors.js";
import { trilaterate } from "./trilaterate.js";

/** A carriage goes so many times as fast as the tool head where moves are slowed down to a half, to a quarter, ... */
const SLOW_RATIO = 3;
const VERY_SLOW_RATIO = 6;
/** ... and where they end. */
const LIMIT_RATIO = 12;
/** The first homing move may go so far down, in lengths of the arms' height: the head may stand anywhere. */
const HOMING_TRAVEL = 1.5;
/** Room that the virtual carriages have above their switches, and below their lowest place, mm. */
const CLEARANCE = 3;
const VIRTUAL_DEPTH = 40;

interface TowerOptions {
  readonly stepper: RailStepper;
  /** Height of the nozzle over the bed when the switch triggers and the head is in the centre. */
  readonly endstop: Mm;
  readonly arm: Mm;
  /** Degrees. */
  readonly angle: number;
}

interface Tower extends TowerOptions {
  readonly x: number;
  readonly y: number;
  readonly motors: RailMotors;
  /** Height of the carriage at its switch. */
  readonly top: number;
}

interface DeltaOptions {
  readonly towers: readonly [TowerOptions, TowerOptions, TowerOptions];
  readonly homing: HomingOptions;
  readonly radius: Mm;
  readonly printRadius: Mm;
  readonly minZ: Mm;
  readonly limits: BaseLimits;
  readonly maxZVelocity: number;
  readonly maxZAccel: number;
}

class DeltaKinematics implements Kinematics {
  readonly steppers: readonly Stepper[];
  readonly minimum: Xyz;
  readonly maximum: Xyz;
  readonly #options: DeltaOptions;
  readonly #towers: readonly Tower[];
  /** Place of each stepper's tower in `#towers`. */
  readonly #towerOf: readonly number[];
  readonly #home: Xyz;
  readonly #maxZ: number;
  /** Above this height the arms let the head reach less far out. */
  readonly #freeZ: number;
  readonly #reach: number;
  readonly #slow: number;
  readonly #verySlow: number;
  readonly #shortestArm: number;
  #isHomed = false;
  #endstops: readonly Endstop[] = [];

  constructor(options: DeltaOptions, contextOf: ContextOf) {
    this.#options = options;
    const { radius, printRadius } = options;
    this.#towers = options.towers.map((tower) => {
      const angle = (tower.angle * Math.PI) / 180;
      const [x, y] = [Math.cos(angle) * radius, Math.sin(angle) * radius];
      const motion = { kind: "delta", arm: tower.arm, x, y } as const;
      const pin = tower.stepper.endstopPin;
      if (pin === null) throw new Error(`${tower.stepper.stepper.name} has no switch`);
      const motors = new RailMotors(contextOf, [tower.stepper], pin, motion);
      return { ...tower, x, y, motors, top: tower.endstop + Math.sqrt(tower.arm ** 2 - radius ** 2) };
    });
    this.steppers = this.#towers.flatMap(({ motors }) => motors.steppers);
    this.#towerOf = this.#towers.flatMap(({ motors }, i) => motors.steppers.map(() => i));
    const arms = this.#towers.map(({ arm }) => arm);
    this.#shortestArm = Math.min(...arms);
    this.#home = trilaterate(this.#towers.map(({ x, y, top, arm }) => ({ x, y, height: top, arm })));
    this.#maxZ = Math.min(...this.#towers.map(({ endstop }) => endstop));
    this.#freeZ = Math.min(...this.#towers.map(({ top, arm }) => top - arm));
    // A carriage goes d / sqrt(arm^2 - d^2) times as fast as a head that moves at d from its tower straight away from it;
    // half a step is allowed for.
    const half = Math.min(...this.steppers.map(({ stepDistance }) => stepDistance)) / 2;
    const outAt = (ratio: number): number =>
      ratio * Math.sqrt(this.#shortestArm ** 2 / (ratio ** 2 + 1) - half ** 2) + half - radius;
    this.#slow = outAt(SLOW_RATIO);
    this.#verySlow = outAt(VERY_SLOW_RATIO);
    this.#reach = Math.min(printRadius, this.#shortestArm - radius, outAt(LIMIT_RATIO));
    this.minimum = [-this.#reach, -this.#reach, options.minZ];
    this.maximum = [this.#reach, this.#reach, this.#maxZ];
    this.#describe(contextOf);
  }

  get homedAxes(): string {
    return this.#isHomed ? "xyz" : "";
  }

  checkMove(move: MoveDraft): void {
    if (!this.#isHomed) throw notHomed("xyz");
    const { limits, maxZVelocity, maxZAccel } = this.#options;
    const end = Math.hypot(move.x, move.y);
    this.#checkEnd(move, end);
    if (move.dz !== 0) {
      const perZ = move.distance / Math.abs(move.dz);
      move.limit(maxZVelocity * perZ, maxZAccel * perZ);
    }
    const out = Math.max(end, Math.hypot(move.x - move.dx, move.y - move.dy));
    const share = out > this.#verySlow ? 0.25 : out > this.#slow ? 0.5 : 1;
    if (share < 1) move.limit(limits.maxVelocity * share, limits.maxAccel * share);
  }

  setHomed(axes: string): void {
    if (axes !== "") this.#isHomed = true;
  }

  clearHomed(axes: string): void {
    if (axes !== "") this.#isHomed = false;
  }

  homingSteps(): readonly HomingStep[] {
    const longest = Math.max(...this.#towers.map(({ arm }) => arm));
    const below = HOMING_TRAVEL * Math.sqrt(longest ** 2 - this.#reach ** 2);
    const [x, y, z] = this.#home;
    const { homing } = this.#options;
    return [{ axes: "xyz", from: [x, y, -below], to: [x, y, z], endstops: this.#endstops, homing }];
  }

  toActuator(stepper: number, [x, y, z]: Xyz): number {
    const tower = this.#towers[this.#towerOf[stepper] ?? -1];
    if (tower === undefined) return Number.NaN;
    return z + Math.sqrt(tower.arm ** 2 - (x - tower.x) ** 2 - (y - tower.y) ** 2);
  }

  toPosition(actuators: readonly number[]): Xyz {
    return trilaterate(this.#towers.map(({ x, y, arm }, i) => ({ x, y, arm, height: actuators[i] ?? Number.NaN })));
  }

  connect(): void {
    this.#endstops = this.#towers.flatMap(({ motors, stepper }) =>
      motors.addEndstops(stepper.stepper.name.replace(/^stepper_/, "")),
    );
  }

  #checkEnd(move: MoveDraft, out: number): void {
    const [homeX, homeY, homeZ] = this.#home;
    const { minZ } = this.#options;
    // Straight over the home position the switches allow a little more than elsewhere.
    const isAtHome = move.x === homeX && move.y === homeY;
    const top = isAtHome ? homeZ : this.#maxZ;
    if (!(move.z >= minZ && move.z <= top)) {
      throw outOfRange("z", move.z, minZ, top, "minimum_z_position in [printer] and position_endstop in [stepper_a]");
    }
    const reach = isAtHome ? Number.POSITIVE_INFINITY : this.#reachAt(move.z);
    if (out <= reach) return;
    throw outOfReach(
      out,
      reach,
      move.z,
      "stay closer to the centre, or correct delta_radius or print_radius in [printer]",
    );
  }

  /** How far out the head may be: near the top the arms of the nearest tower would be pulled too high. */
  #reachAt(z: number): number {
    const over = z - this.#freeZ;
    if (over <= 0) return this.#reach;
    const arm = this.#shortestArm;
    return Math.min(this.#reach, this.#options.radius - Math.sqrt(Math.max(0, arm ** 2 - (arm - over) ** 2)));
  }

  #describe(contextOf: ContextOf): void {
    const { virtual } = contextOf("printer");
    const towers = this.#towers.map(({ stepper, x, y, arm }) => ({
      motor: stepper.stepper.name,
      xMm: x,
      yMm: y,
      armMm: arm,
    }));
    virtual.set({ nozzle: { kind: "delta", towers } });
    for (const { stepper, top } of this.#towers) {
      const { name } = stepper.stepper;
      const position = [{ motor: name, coefficient: 1 }];
      virtual.add("rails", {
        name: name.replace(/^stepper_/, ""),
        position,
        minMm: Math.min(top - VIRTUAL_DEPTH, top - this.#maxZ + this.#options.minZ - VIRTUAL_DEPTH),
        maxMm: top + CLEARANCE,
      });
      if (stepper.endstopPin === null) continue;
      virtual.add("endstops", {
        name: name.replace(/^stepper_/, ""),
        pin: virtual.pin(stepper.endstopPin),
        position,
        triggerMm: top,
        side: "above",
      });
    }
  }
}

/** A tower; what it does not say is as in the section of the first one. */
function readTower(section: SectionReader, angle: number, first: TowerOptions | undefined): TowerOptions {
  const pin = section.pin("endstop_pin", endstopUse(section.name));
  // All towers are homed together, as the first one says; the others may say it too.
  if (first !== undefined) readApproach(section);
  return {
    stepper: { stepper: readStepper(section), endstopPin: pin },
    endstop: section.mm("position_endstop", first?.endstop, {
      help: "Height of the nozzle over the bed when the switch triggers and the head is in the centre.",
    }),
    arm: section.mm("arm_length", first?.arm, { above: 0, help: "Length of the arm of this tower." }),
    angle: section.float("angle", angle, { help: "Direction of the tower, in degrees." }),
  };
}

/** Three vertical towers whose carriages carry the tool head on arms. */
export const delta: KinematicsKind = {
  name: "delta",
  sections: ["stepper_a", "stepper_b", "stepper_c"],
  read(printer, limits) {
    const { maxVelocity, maxAccel } = limits;
    const maxZVelocity = printer.float("max_z_velocity", maxVelocity, {
      above: 0,
      max: maxVelocity,
      help: "Highest speed of moves with a change of height, in mm/s.",
    });
    const maxZAccel = printer.float("max_z_accel", maxAccel, {
      above: 0,
      max: maxAccel,
      help: "Highest acceleration of moves with a change of height, in mm/s^2.",
    });
    const minZ = printer.mm("minimum_z_position", mm(0), { help: "Smallest z coordinate." });
    const radius = printer.mm("delta_radius", undefined, {
      above: 0,
      help: "Distance of the towers' arms from the centre.",
    });
    const printRadius = printer.mm("print_radius", radius, { above: 0, help: "How far out the nozzle may go." });
    const section = printer.config.section("stepper_a");
    const a = readTower(section, 210, undefined);
    const b = readTower(printer.config.section("stepper_b"), 330, a);
    const c = readTower(printer.config.section("stepper_c"), 90, a);
    for (const { stepper, arm } of [a, b, c]) {
      if (arm > radius) continue;
      const { name } = stepper.stepper;
      printer.config
        .section(name)
        .reject("arm_length", `is ${arm} mm, not longer than delta_radius (${radius} mm)`, "measure the arms again");
    }
    const homing = { ...readApproach(section), isPositive: true };
    const towers = [a, b, c] as const;
    const options = { towers, homing, radius, printRadius, minZ, limits, maxZVelocity, maxZAccel };
    return (contextOf) => new DeltaKinematics(options, contextOf);
  },
};
