// thread: host
import type { SectionReader } from "../config/section-reader.js";
import { mmPerS, mmPerS2, ratio } from "../shared/units.js";
import type { MotionLimits } from "./services.js";

const LIMIT_VELOCITY = 0;
const LIMIT_ACCEL = 1;
const LIMIT_CRUISE_RATIO = 2;
const LIMIT_CORNER = 3;

/** Square corners are defined by the speed at 90 degrees: junction deviation = v^2 (sqrt(2) - 1) / a. */
const CORNER = Math.SQRT2 - 1;

/** The limits that hold for moves from now on, and what follows from them. */
export class CurrentLimits implements MotionLimits {
  /** As numbers in a row, for the journal. */
  readonly row = new Float64Array(4);
  /** Acceleration of the smooth profile, mm/s^2: acceleration * (1 - minimum cruise ratio). */
  smoothAccel = 0;
  /** Junction deviation, mm. */
  junction = 0;

  constructor(limits: MotionLimits) {
    this.set(limits);
  }

  get velocity(): MotionLimits["velocity"] {
    return mmPerS(this.row[LIMIT_VELOCITY] ?? 0);
  }

  get accel(): MotionLimits["accel"] {
    return mmPerS2(this.row[LIMIT_ACCEL] ?? 0);
  }

  get minimumCruiseRatio(): MotionLimits["minimumCruiseRatio"] {
    return ratio(this.row[LIMIT_CRUISE_RATIO] ?? 0);
  }

  get squareCornerVelocity(): MotionLimits["squareCornerVelocity"] {
    return mmPerS(this.row[LIMIT_CORNER] ?? 0);
  }

  set(limits: Partial<MotionLimits>): void {
    const { velocity, accel, minimumCruiseRatio, squareCornerVelocity } = limits;
    if (velocity !== undefined) this.row[LIMIT_VELOCITY] = velocity;
    if (accel !== undefined) this.row[LIMIT_ACCEL] = accel;
    if (minimumCruiseRatio !== undefined) this.row[LIMIT_CRUISE_RATIO] = minimumCruiseRatio;
    if (squareCornerVelocity !== undefined) this.row[LIMIT_CORNER] = squareCornerVelocity;
    this.#derive();
  }

  /** Goes back to a row that was kept. */
  restore(row: Float64Array): void {
    this.row.set(row);
    this.#derive();
  }

  #derive(): void {
    this.smoothAccel = this.accel * (1 - this.minimumCruiseRatio);
    this.junction = (this.squareCornerVelocity ** 2 * CORNER) / this.accel;
  }
}

/** Reads the limits of `[printer]`. The old `max_accel_to_decel` is accepted with its modern equivalent. */
export function readMotionLimits(printer: SectionReader): MotionLimits {
  const velocity = printer.mmPerS("max_velocity", undefined, { above: 0, help: "Highest speed of the tool head." });
  const accel = printer.mmPerS2("max_accel", undefined, { above: 0, help: "Highest acceleration of the tool head." });
  const help = "Least share of a move that is travelled at an even speed.";
  let minimumCruiseRatio = printer.ratio("minimum_cruise_ratio", ratio(0.5), { min: 0, below: 1, help });
  if (printer.has("max_accel_to_decel") && !printer.has("minimum_cruise_ratio")) {
    const old = printer.mmPerS2("max_accel_to_decel", undefined, { above: 0, help: "See minimum_cruise_ratio." });
    minimumCruiseRatio = ratio(1 - Math.min(1, old / accel));
    const shown = Number(minimumCruiseRatio.toPrecision(6));
    printer.deprecate("max_accel_to_decel", `is an old one: write 'minimum_cruise_ratio: ${shown}'`);
  }
  const squareCornerVelocity = printer.mmPerS("square_corner_velocity", mmPerS(5), {
    min: 0,
    help: "Highest speed at a corner of 90 degrees.",
  });
  return { velocity, accel, minimumCruiseRatio, squareCornerVelocity };
}
