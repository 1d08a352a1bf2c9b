// thread: machine
import type { Core } from "../core/core.js";
import { restoreGeometry } from "./core-setup.js";
import type { MachineCall } from "./messages.js";
import { coreError } from "./motion.js";
import type { StepperSetup } from "./setup.js";

type ShiftRequest = Extract<MachineCall, { readonly call: "shift" }>;

/** Kind of motion: a sum of coordinates (assembly/stepgen.ts). */
const KIND_LINEAR = 1;

/**
 * Plans a move of single steppers, at rest; false when there is nothing to move. Until `endShift` each of them follows a
 * share of the height and all others follow nothing. The tool head's coordinates are put right by the host afterwards,
 * which also tells every stepper its place.
 */
export function beginShift(core: Core, steppers: readonly StepperSetup[], request: ShiftRequest): boolean {
  const longest = Math.max(0, ...request.shifts.map(({ distanceMm }) => Math.abs(distanceMm)));
  if (!(longest > 0)) return false;
  const shares = new Map(request.shifts.map(({ stepper, distanceMm }) => [stepper, distanceMm / longest]));
  const height = request.z + core.exports.appliedOffset();
  for (const [i, stepper] of steppers.entries()) {
    if (stepper.queue !== 0) continue;
    const share = shares.get(i) ?? 0;
    const perMm = 1 / stepper.stepDistanceMm;
    const invert = stepper.inverted ? 1 : 0;
    check(core.exports.setGeometry(i, KIND_LINEAR, perMm, invert, 0, 0, share, 0, 0, 0));
    check(core.exports.setAnchor(i, share * height));
  }
  check(core.exports.planMove(request.x, request.y, request.z + longest, request.speed, request.accel));
  return true;
}

/** The move is done: steppers follow what they did before. */
export function endShift(core: Core, steppers: readonly StepperSetup[]): void {
  for (const [i, stepper] of steppers.entries()) if (stepper.queue === 0) restoreGeometry(core, i, stepper);
}

function check(status: number): void {
  if (status < 0) throw coreError(status, "to move a single stepper");
}
