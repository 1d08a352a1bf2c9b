// thread: any
import type { Core } from "../core/core.js";
import type { PrintTime } from "../shared/units.js";
import type { BoardAccess } from "./board-access.js";
import { coreError } from "./motion.js";
import type { StepperSetup } from "./setup.js";

/** Declares where the tool head stands, in mm: each stepper of its queue is told its place. Throws `CORE_FAULT`. */
export function declarePosition(core: Core, x: number, y: number, z: number): void {
  const status = core.exports.declarePosition(0, x, y, z + core.exports.appliedOffset());
  if (status < 0) throw coreError(status, `the position X:${x} Y:${y} Z:${z}`);
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
