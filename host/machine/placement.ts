// thread: any
import type { Core } from "../core/core.js";
import type { PrintTime } from "../shared/units.js";
import type { BoardAccess } from "./board-access.js";
import type { StepperSetup } from "./setup.js";

/** Declares where the tool head stands, in mm: each stepper of its queue is told its place. */
export function declarePosition(core: Core, steppers: readonly StepperSetup[], x: number, y: number, z: number): void {
  const height = z + core.exports.appliedOffset();
  for (const [i, { motion, queue }] of steppers.entries()) {
    if (queue === 0 && motion.kind === "linear") {
      core.exports.setAnchor(i, motion.x * x + motion.y * y + motion.z * height);
    }
  }
}

/** Where each stepper was at a print time, in mm of its actuator; NaN when that is too long ago. */
export function placesAt(
  core: Core,
  steppers: readonly StepperSetup[],
  boards: readonly BoardAccess[],
  time: PrintTime,
): readonly number[] {
  return steppers.map((stepper, i) => {
    const clock = boards[stepper.board]?.clockAt(time) ?? Number.NaN;
    return core.exports.stepperPlace(i, core.exports.stepperStepsAt(i, clock));
  });
}
