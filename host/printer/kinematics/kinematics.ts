// thread: host
import type { SectionReader } from "../../config/section-reader.js";
import type { ModuleContext } from "../module.js";
import type { MoveDraft } from "../move-draft.js";
import type { Endstop, Stepper } from "../services.js";
import type { HomingOptions } from "./rail.js";

/** Coordinates of x, y, z in mm. */
export type Xyz = readonly [x: number, y: number, z: number];

/** Coordinates of some axes. */
export type SomeXyz = readonly [x: number | undefined, y: number | undefined, z: number | undefined];

/** One homing of one or more axes that come to their switches together. */
export interface HomingStep {
  /** Letters of the axes. */
  readonly axes: string;
  /** Where the tool head is taken to be before the first approach. */
  readonly from: SomeXyz;
  /** Where it is when the switches trigger. */
  readonly to: SomeXyz;
  /** None when there is nothing to find out: the head is then taken to be at `to`. */
  readonly endstops: readonly Endstop[];
  /** `undefined` when there are no switches. */
  readonly homing: HomingOptions | undefined;
}

/** How the tool head's position and its steppers' positions belong together, and which moves are possible. */
export interface Kinematics {
  readonly steppers: readonly Stepper[];
  /** Homed axes, as letters in the order "xyz". */
  readonly homedAxes: string;
  readonly minimum: Xyz;
  readonly maximum: Xyz;
  /** Limits the move; throws MOVE_OUT_OF_RANGE or MOVE_NOT_HOMED when it cannot be made. Only for moves of the tool head. */
  checkMove(move: MoveDraft): void;
  setHomed(axes: string): void;
  clearHomed(axes: string): void;
  /** How to home these axes (letters), in order. */
  homingSteps(axes: string): readonly HomingStep[];
  /** Where a stepper's actuator is, in mm, when the tool head is at `position`. */
  toActuator(stepper: number, position: Xyz): number;
  /** Where the tool head is when the actuators of `steppers` are at these positions, in mm. */
  toPosition(actuators: readonly number[]): Xyz;
  /** Boards are known: adds the endstops. */
  connect(): void;
}

/** Speed and acceleration limits that `[printer]` sets for all kinematics. */
export interface BaseLimits {
  readonly maxVelocity: number;
  readonly maxAccel: number;
}

/** Gives the context of a section that the kinematics read. */
export type ContextOf = (section: string) => ModuleContext;

/** A kind of kinematics: reads `[printer]` and its steppers, then makes what moves them. */
export interface KinematicsKind {
  readonly name: string;
  /** Names of the stepper sections that it reads, for suggestions. */
  readonly sections: readonly string[];
  readonly read: (printer: SectionReader, limits: BaseLimits) => (contextOf: ContextOf) => Kinematics;
}
