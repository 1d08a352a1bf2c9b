// thread: host
import type { SectionReader } from "../../config/section-reader.js";
import type { StepperMotion } from "../../machine/setup.js";
import type { ModuleContext } from "../module.js";
import type { MoveDraft } from "../move-draft.js";
import type { Endstop, Stepper } from "../services.js";
import type { BaseLimits, ContextOf, HomingStep, Kinematics, KinematicsKind, SomeXyz, Xyz } from "./kinematics.js";
import { notHomed, outOfRange } from "./move-errors.js";
import { type RailOptions, readRail } from "./rail.js";
import { RailMotors } from "./rail-motors.js";

/** How far the first homing move may go, in lengths of the axis: the carriage may stand anywhere. */
const HOMING_TRAVEL = 1.5;
/** Space behind the ends of an axis before a virtual carriage meets a hard stop, mm. */
const VIRTUAL_CLEARANCE = 3;

const AXES = ["x", "y", "z"] as const;
type AxisIndex = 0 | 1 | 2;
const AXIS_INDEXES: readonly AxisIndex[] = [0, 1, 2];

/** A kinematics in which each actuator's position is a sum of coordinates with fixed weights. */
export interface LinearTable {
  readonly name: string;
  /** Weights of x, y, z for the steppers of each rail. */
  readonly actuators: readonly [x: Xyz, y: Xyz, z: Xyz];
  /** The inverse: weights of the rails' actuators for each coordinate. */
  readonly coordinates: readonly [x: Xyz, y: Xyz, z: Xyz];
}

interface Rail {
  readonly options: RailOptions;
  readonly motors: RailMotors;
  readonly steppers: readonly Stepper[];
  endstops: readonly Endstop[];
}

const dot = (a: Xyz, b: Xyz): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];

class LinearKinematics implements Kinematics {
  readonly steppers: readonly Stepper[];
  readonly minimum: Xyz;
  readonly maximum: Xyz;
  readonly #table: LinearTable;
  readonly #rails: readonly [Rail, Rail, Rail];
  /** Weights of x, y, z for each stepper. */
  readonly #weights: readonly Xyz[];
  /** Places of the rails' main steppers in `steppers`. */
  readonly #mains: readonly [number, number, number];
  readonly #contextOf: ContextOf;
  readonly #maxZVelocity: number;
  readonly #maxZAccel: number;
  /** Bits 1, 2, 4 for x, y, z. */
  #homed = 0;

  constructor(
    table: LinearTable,
    rails: readonly [RailOptions, RailOptions, RailOptions],
    zLimits: BaseLimits,
    contextOf: ContextOf,
  ) {
    this.#table = table;
    this.#contextOf = contextOf;
    this.#maxZVelocity = zLimits.maxVelocity;
    this.#maxZAccel = zLimits.maxAccel;
    const make = (axis: AxisIndex): Rail => {
      const options = rails[axis];
      const [x, y, z] = table.actuators[axis];
      const motion: StepperMotion = { kind: "linear", x, y, z };
      const motors = new RailMotors(contextOf, options.steppers, options.endstopPin, motion);
      return { options, motors, steppers: motors.steppers, endstops: [] };
    };
    this.#rails = [make(0), make(1), make(2)];
    this.steppers = this.#rails.flatMap((rail) => rail.steppers);
    this.#weights = AXIS_INDEXES.flatMap((axis) => this.#rails[axis].steppers.map(() => table.actuators[axis]));
    const [x, y, z] = rails;
    this.#mains = [0, x.steppers.length, x.steppers.length + y.steppers.length];
    this.minimum = [x.min, y.min, z.min];
    this.maximum = [x.max, y.max, z.max];
    this.#describe();
  }

  get homedAxes(): string {
    return AXES.filter((_, axis) => (this.#homed & (1 << axis)) !== 0).join("");
  }

  checkMove(move: MoveDraft): void {
    const { minimum, maximum } = this;
    // An axis that stays where it is need not be homed, and may be outside.
    if (move.dx !== 0 && !(move.x >= minimum[0] && move.x <= maximum[0] && (this.#homed & 1) !== 0))
      this.#refuse(0, move.x);
    if (move.dy !== 0 && !(move.y >= minimum[1] && move.y <= maximum[1] && (this.#homed & 2) !== 0))
      this.#refuse(1, move.y);
    if (move.dz === 0) return;
    if (!(move.z >= minimum[2] && move.z <= maximum[2] && (this.#homed & 4) !== 0)) this.#refuse(2, move.z);
    const perZ = move.distance / Math.abs(move.dz);
    move.limit(this.#maxZVelocity * perZ, this.#maxZAccel * perZ);
  }

  setHomed(axes: string): void {
    this.#homed |= this.#bits(axes);
  }

  clearHomed(axes: string): void {
    this.#homed &= ~this.#bits(axes);
  }

  homingSteps(axes: string): readonly HomingStep[] {
    return AXIS_INDEXES.filter((axis) => axes.includes(AXES[axis])).map((axis) => {
      const { options, endstops } = this.#rails[axis];
      const { min, max, homing } = options;
      const to = endstops[0]?.position ?? options.endstopPosition ?? min;
      const travel = HOMING_TRAVEL * (homing.isPositive ? to - min : max - to);
      const only = (value: number): SomeXyz => [
        axis === 0 ? value : undefined,
        axis === 1 ? value : undefined,
        axis === 2 ? value : undefined,
      ];
      const from = homing.isPositive ? to - travel : to + travel;
      return { axes: AXES[axis], from: only(from), to: only(to), endstops, homing };
    });
  }

  toActuator(stepper: number, position: Xyz): number {
    const weights = this.#weights[stepper];
    return weights === undefined ? Number.NaN : dot(weights, position);
  }

  toPosition(actuators: readonly number[]): Xyz {
    const [x, y, z] = this.#mains;
    const mains: Xyz = [actuators[x] ?? Number.NaN, actuators[y] ?? Number.NaN, actuators[z] ?? Number.NaN];
    const [wx, wy, wz] = this.#table.coordinates;
    return [dot(wx, mains), dot(wy, mains), dot(wz, mains)];
  }

  connect(): void {
    for (const axis of AXIS_INDEXES) this.#rails[axis].endstops = this.#addEndstops(axis);
  }

  /** The switches of a rail, each with every stepper that moves while the rail comes to it. */
  #addEndstops(axis: AxisIndex): readonly Endstop[] {
    const found = this.#rails[axis].motors.addEndstops(AXES[axis]);
    // Motors of other rails that turn when this axis moves, as on a corexy.
    for (const other of AXIS_INDEXES) {
      if (other === axis || this.#table.actuators[other][axis] === 0) continue;
      for (const stepper of this.#rails[other].steppers) for (const endstop of found) endstop.addStepper(stepper);
    }
    return found;
  }

  #bits(axes: string): number {
    return AXES.reduce((bits, letter, axis) => bits | (axes.includes(letter) ? 1 << axis : 0), 0);
  }

  #refuse(axis: AxisIndex, value: number): never {
    const letter = AXES[axis];
    if ((this.#homed & (1 << axis)) === 0) throw notHomed(letter);
    throw outOfRange(letter, value, this.minimum[axis], this.maximum[axis]);
  }

  /** Tells the virtual printer about carriages and switches. */
  #describe(): void {
    const { virtual } = this.#contextOf("printer");
    const sum = (axis: AxisIndex) =>
      AXIS_INDEXES.flatMap((rail) => {
        const weight = this.#table.coordinates[axis][rail];
        const motor = this.#rails[rail].options.name;
        return weight === 0 ? [] : [{ motor, coefficient: weight }];
      });
    for (const axis of AXIS_INDEXES) {
      const { options } = this.#rails[axis];
      const { min, max, endstopPosition, endstopPin, homing } = options;
      const position = sum(axis);
      virtual.add("rails", {
        name: AXES[axis],
        position,
        minMm: min - VIRTUAL_CLEARANCE,
        maxMm: max + VIRTUAL_CLEARANCE,
      });
      if (endstopPosition === undefined) continue;
      virtual.add("endstops", {
        name: AXES[axis],
        pin: virtual.pin(endstopPin),
        position,
        triggerMm: endstopPosition,
        side: homing.isPositive ? "above" : "below",
      });
      this.#describeOthers(options, endstopPosition, virtual);
    }
    virtual.set({ nozzle: { kind: "linear", x: sum(0), y: sum(1), z: sum(2) } });
  }

  /** Further motors of a rail with switches of their own: each stops where its own carriage part meets its switch. */
  #describeOthers(options: RailOptions, triggerMm: number, virtual: ModuleContext["virtual"]): void {
    for (const { stepper, endstopPin } of options.steppers) {
      if (endstopPin === null || endstopPin.pin === options.endstopPin.pin) continue;
      virtual.add("endstops", {
        name: stepper.name,
        pin: virtual.pin(endstopPin),
        position: [{ motor: stepper.name, coefficient: 1 }],
        triggerMm,
        side: options.homing.isPositive ? "above" : "below",
      });
    }
  }
}

/** Reads `[printer]` and the three rails of such a kinematics. */
function readLinear(
  table: LinearTable,
  printer: SectionReader,
  { maxVelocity, maxAccel }: BaseLimits,
): (contextOf: ContextOf) => Kinematics {
  const zVelocity = printer.float("max_z_velocity", maxVelocity, {
    above: 0,
    max: maxVelocity,
    help: "Highest speed of the z axis, in mm/s.",
  });
  const zAccel = printer.float("max_z_accel", maxAccel, {
    above: 0,
    max: maxAccel,
    help: "Highest acceleration of the z axis, in mm/s^2.",
  });
  const rail = (name: string): RailOptions => readRail(printer.config.section(name));
  const rails: readonly [RailOptions, RailOptions, RailOptions] = [
    rail("stepper_x"),
    rail("stepper_y"),
    rail("stepper_z"),
  ];
  return (contextOf) => new LinearKinematics(table, rails, { maxVelocity: zVelocity, maxAccel: zAccel }, contextOf);
}

/** The kind of kinematics that a table describes. */
export function linearKinematics(table: LinearTable): KinematicsKind {
  return {
    name: table.name,
    sections: ["stepper_x", "stepper_y", "stepper_z"],
    read: (printer, limits) => readLinear(table, printer, limits),
  };
}
