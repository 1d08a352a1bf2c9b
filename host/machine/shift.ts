// thread: machine
import type { Core } from "../core/core.js";
import type { SharedClock } from "../shared/clock.js";
import { printTime, seconds } from "../shared/units.js";
import { restoreGeometry } from "./core-setup.js";
import type { Engine } from "./engine.js";
import type { MachineCall } from "./messages.js";
import { coreError, START_DELAY } from "./motion.js";
import type { MachineSetup } from "./setup.js";
import type { Timers } from "./timers.js";

type ShiftRequest = Extract<MachineCall, { readonly call: "shift" }>;

/** Time between two looks at a move that is under way, in s. */
const LOOK_INTERVAL = seconds(0.01);
/** Kind of motion: a sum of coordinates (assembly/stepgen.ts). */
const KIND_LINEAR = 1;

/** What a shift needs of the machine around it. */
export interface ShiftContext {
  readonly core: Core;
  readonly engine: Engine;
  readonly setup: MachineSetup;
  readonly timers: Timers;
  readonly clock: SharedClock;
}

/**
 * Moves single steppers. For the time of the move each of them follows a share of the height and all others follow
 * nothing; the tool head's coordinates are put right by the host afterwards, which also tells every stepper its place.
 */
export async function shiftSteppers(context: ShiftContext, request: ShiftRequest): Promise<null> {
  const { core, engine, setup, timers, clock } = context;
  const longest = Math.max(0, ...request.shifts.map(({ distanceMm }) => Math.abs(distanceMm)));
  if (!(longest > 0)) return null;
  const shares = new Map(request.shifts.map(({ stepper, distanceMm }) => [stepper, distanceMm / longest]));
  const height = request.z + core.exports.appliedOffset();
  for (const [i, stepper] of setup.steppers.entries()) {
    if (stepper.queue !== 0) continue;
    const share = shares.get(i) ?? 0;
    const perMm = 1 / stepper.stepDistanceMm;
    const invert = stepper.inverted ? 1 : 0;
    check(core.exports.setGeometry(i, KIND_LINEAR, perMm, invert, 0, 0, share, 0, 0, 0));
    check(core.exports.setAnchor(i, share * height));
  }
  try {
    core.exports.setEarliest(Math.max(engine.motion.planEnd, engine.printNow + START_DELAY));
    check(core.exports.planMove(request.x, request.y, request.z + longest, request.speed, request.accel));
    engine.pump();
    const end = printTime(engine.motion.planEnd);
    while (engine.isRunning && engine.printNow < end) await timers.sleep(clock.now(), LOOK_INTERVAL);
  } finally {
    for (const [i, stepper] of setup.steppers.entries()) if (stepper.queue === 0) restoreGeometry(core, i, stepper);
  }
  return null;
}

function check(status: number): void {
  if (status < 0) throw coreError(status, "to move a single stepper");
}
