// thread: any
import { CORE_OK } from "../../assembly/layout.js";
import type { Core } from "../core/core.js";
import { geometryOf } from "../core/geometry.js";
import { HostError } from "../shared/errors.js";
import type { MachineSetup, StepperMotion, StepperSetup } from "./setup.js";

/** Segments of the tool head's queue that are remembered: 30 s at 500 moves per second. */
const SEGMENTS = 16384;
/** Segments of a queue of its own (a manual stepper). */
const EXTRA_SEGMENTS = 256;
/** Commands of one stepper that may wait to be sent: more than a second of dense printing. */
const COMMANDS = 4096;
/** A step may be early by at most this, in s (design limit; half the time to the step before is the other). */
const MAX_EARLY = 0.000025;
/** A step and its reversal that are closer than this are both dropped, in s. */
const REVERSAL_FILTER = 0.00075;

/** A board as the core sees it. */
export interface CoreBoard {
  readonly frequency: number;
  readonly slots: number;
  /** Ids of the two step commands in the board's dictionary. */
  readonly stepId: number;
  readonly directionId: number;
}

function check(status: number, doing: string): number {
  if (status >= CORE_OK) return status;
  throw new HostError("CORE_FAULT", `the motion core refused ${doing} with status ${status}`, {
    details: { status },
    fix: "check the numbers of the steppers in printer.cfg; report it if they are right.",
  });
}

function setGeometry(core: Core, index: number, stepper: StepperSetup): void {
  const perMm = 1 / stepper.stepDistanceMm;
  const invert = stepper.inverted ? 1 : 0;
  const { kind, parameters } = geometryOf(stepper.motion);
  const [a, b, c, d, e, f] = parameters;
  check(core.exports.setGeometry(index, kind, perMm, invert, a, b, c, d, e, f), `the geometry of ${stepper.name}`);
}

/**
 * Gives a stepper the motion of its setup again. An extruder goes on from where its filament is; all others must be told
 * their place.
 */
export function restoreGeometry(core: Core, index: number, stepper: StepperSetup): void {
  setGeometry(core, index, stepper);
  const { motion } = stepper;
  if (motion.kind !== "extruder") return;
  check(core.exports.setAnchor(index, core.exports.extruderPosition(motion.extruder)), `the place of ${stepper.name}`);
}

/**
 * Lets steppers follow something else from here on, at rest: notes it in `steppers`, which everybody who needs to know
 * reads.
 */
export function followMotion(
  core: Core,
  steppers: StepperSetup[],
  motions: readonly { readonly stepper: number; readonly motion: StepperMotion }[],
): void {
  for (const { stepper: index, motion } of motions) {
    const stepper = steppers[index];
    if (stepper === undefined) throw new RangeError(`there is no stepper ${index}`);
    const changed = { ...stepper, motion };
    steppers[index] = changed;
    restoreGeometry(core, index, changed);
  }
}

/** Smooths the filament of an extruder over `timeS`, from its next rest or stretch of constant speed on. */
export function smoothFilament(
  core: Core,
  { steppers }: Pick<MachineSetup, "steppers">,
  extruder: number,
  timeS: number,
  name = `extruder ${extruder}`,
): void {
  for (const [i, { motion }] of steppers.entries()) {
    if (motion.kind !== "extruder" || motion.extruder !== extruder) continue;
    check(core.exports.setSmoothTime(i, timeS), `the smooth time of ${name}`);
  }
}

/** Prepares the core for a printer; returns the address of its input ring. Throws `CORE_FAULT`. */
export function setUpCore(core: Core, setup: MachineSetup, boards: readonly CoreBoard[], ringCapacity: number): number {
  const { exports } = core;
  const extruders = Math.max(1, setup.extruders.length);
  const ring = check(exports.init(ringCapacity, SEGMENTS, extruders), "its memory");
  for (const [i, extruder] of setup.extruders.entries()) {
    check(exports.setCornerSpeed(i, extruder.instantCornerVelocity), `the corner velocity of ${extruder.name}`);
  }
  for (const [i, board] of boards.entries()) check(exports.addBoard(i, board.slots, board.frequency), `board ${i}`);
  for (let i = 0; i < setup.extraQueues; i++) check(exports.addQueue(EXTRA_SEGMENTS), "a motion queue");
  for (const [i, stepper] of setup.steppers.entries()) {
    const board = boards[stepper.board];
    if (board === undefined) throw new RangeError(`there is no board ${stepper.board}`);
    const { stepId, directionId } = board;
    check(exports.stepperAdd(stepper.queue, stepper.board, stepper.oid, stepId, directionId, COMMANDS), stepper.name);
    setGeometry(core, i, stepper);
    const early = Math.floor(MAX_EARLY * board.frequency);
    check(exports.setTolerance(i, early, Math.floor(REVERSAL_FILTER * board.frequency)), stepper.name);
    check(exports.setAnchor(i, setup.startPositions[i] ?? 0), stepper.name);
  }
  for (const [i, { name, smoothTimeS }] of setup.extruders.entries()) smoothFilament(core, setup, i, smoothTimeS, name);
  check(exports.start(), "to start");
  return ring;
}
