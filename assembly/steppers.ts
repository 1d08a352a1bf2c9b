// The table of steppers, addressed by index, and work on all of them.

import { actuatorAt, isPlaced, KIND_EXTRUDER } from "./actuators";
import { take } from "./arena";
import { attachStepper, BOARD_LIMIT } from "./boards";
import { COMMANDS_FULL, compress, isCrowded, TOO_FAST } from "./compress";
import { NO_ROOM, OUT_OF_REACH } from "./emit";
import { CORE_AGAIN, CORE_BAD_INDEX, CORE_BAD_NUMBER, CORE_NO_MEMORY, CORE_OK, CORE_STEP_RATE } from "./layout";
import { noteKnown } from "./planner";
import { Queue } from "./segments";
import { lookAfter, lookBefore, restTaps, wantPulses, wantSmooth } from "./shaping";
import { generate } from "./stepgen";
import { createStepper, Stepper } from "./stepper";
import { Taps } from "./tap";

/** Steppers that a printer may have. */
const LIMIT: u32 = 64;

let table: usize = 0;
let count: u32 = 0;

export function createSteppers(): bool {
  table = take(<usize>LIMIT * sizeof<usize>());
  count = 0;
  return table != 0;
}

export function stepperCount(): u32 {
  return count;
}

export function stepperAt(index: u32): Stepper {
  return changetype<Stepper>(load<usize>(table + <usize>index * sizeof<usize>()));
}

/**
 * Adds a stepper that follows `queue`, on `board` as `oid`, with room for `commands` commands (a power of two). Returns
 * its index or an error.
 */
export function addStepper(queue: Queue, board: u32, oid: u32, stepId: u32, directionId: u32, commands: u32): i32 {
  if (count == LIMIT || board >= BOARD_LIMIT) return CORE_BAD_INDEX;
  const s = createStepper(commands);
  if (changetype<usize>(s) == 0) return CORE_NO_MEMORY;
  s.queue = queue;
  s.oid = oid;
  s.stepId = stepId;
  s.directionId = directionId;
  s.cursor = queue.tail;
  if (!attachStepper(board, s)) return CORE_BAD_INDEX;
  store<usize>(table + <usize>count * sizeof<usize>(), changetype<usize>(s));
  count += 1;
  return count - 1;
}

/**
 * Sets what a stepper moves: kind and parameters (see actuators.ts), steps per mm, whether its direction pin is inverted.
 * At rest, with all its steps flushed; its position must be declared then.
 */
export function setGeometry(
  index: u32,
  kind: i32,
  perMm: f64,
  invert: u32,
  p0: f64,
  p1: f64,
  p2: f64,
  p3: f64,
  p4: f64,
  p5: f64,
): i32 {
  if (index >= count) return CORE_BAD_INDEX;
  if (kind != KIND_EXTRUDER && !isPlaced(kind)) return CORE_BAD_INDEX;
  if (!(perMm > 0) || !isFinite(perMm + p0 + p1 + p2 + p3 + p4 + p5)) return CORE_BAD_NUMBER;
  const s = stepperAt(index);
  s.kind = kind;
  s.perMm = perMm;
  s.invert = invert;
  s.extruder = <i32>p0;
  s.p0 = p0;
  s.p1 = p1;
  s.p2 = p2;
  s.p3 = p3;
  s.p4 = p4;
  s.p5 = p5;
  restTaps(s, s.anchor + s.position / s.perMm);
  return CORE_OK;
}

/** Sets a stepper's limits in ticks: how early a step may be, and how close a reversal must be to be dropped. */
export function setTolerance(index: u32, maxEarly: u32, filter: u32): i32 {
  if (index >= count) return CORE_BAD_INDEX;
  const s = stepperAt(index);
  s.maxEarly = maxEarly;
  s.filter = filter;
  return CORE_OK;
}

/** Declares that stepper `index` stands at actuator position `position` (mm). At rest, with all its steps flushed. */
export function setAnchor(index: u32, position: f64): i32 {
  if (index >= count) return CORE_BAD_INDEX;
  if (!isFinite(position)) return CORE_BAD_NUMBER;
  anchorAt(stepperAt(index), position);
  return CORE_OK;
}

function anchorAt(s: Stepper, position: f64): void {
  s.total += s.position;
  s.anchor = position;
  s.position = 0;
  restTaps(s, position);
}

/**
 * Declares that the tool head of `queue` stands at (x, y, z), in mm, and its actuators where that puts them. At rest, with
 * all steps flushed. `CORE_BAD_NUMBER` and no change when one of them cannot be there.
 */
export function declarePlace(queue: Queue, x: f64, y: f64, z: f64): i32 {
  for (let i: u32 = 0; i < count; i++) {
    const s = stepperAt(i);
    if (s.queue == queue && isPlaced(s.kind) && !isFinite(actuatorAt(s, x, y, z, 0))) return CORE_BAD_NUMBER;
  }
  queue.x = x;
  queue.y = y;
  queue.z = z;
  for (let i: u32 = 0; i < count; i++) {
    const s = stepperAt(i);
    if (s.queue == queue && isPlaced(s.kind)) anchorAt(s, actuatorAt(s, x, y, z, s.anchor + s.position / s.perMm));
  }
  return CORE_OK;
}

/** Position (mm, or radians) of the actuator of stepper `index` with the tool head at (x, y, z); NaN out of its reach. */
export function stepperReach(index: u32, x: f64, y: f64, z: f64): f64 {
  if (index >= count) return NaN;
  const s = stepperAt(index);
  return actuatorAt(s, x, y, z, s.anchor + s.position / s.perMm);
}

/**
 * Sets the input shaper of stepper `index` on one axis (0 to 2): `pulses` weights and delays in s (weights add up to 1,
 * weighted delays to 0), as pairs of f64 from `address` on; none takes the shaper away. It comes into use where that
 * makes no difference to the position: at rest, or in the middle of a long stretch of constant speed.
 */
export function shapeStepper(index: u32, axis: u32, pulses: u32, address: usize): i32 {
  return index < count ? wantPulses(stepperAt(index), axis, pulses, address) : CORE_BAD_INDEX;
}

/**
 * Sets the time over which the filament of stepper `index` is smoothed, in s, 0 for none: pressure advance is applied
 * when it is smoothed. It comes into use as a shaper does.
 */
export function setSmoothTime(index: u32, time: f64): i32 {
  return index < count ? wantSmooth(stepperAt(index), time * 0.5) : CORE_BAD_INDEX;
}

/** Longest time in s that a position depends on motion still to come: steps are made that much behind `until`. */
export function motionBefore(): f64 {
  let most: f64 = 0;
  for (let i: u32 = 0; i < count; i++) most = Math.max(most, lookBefore(stepperAt(i)));
  return most;
}

/** Longest time in s that motors still move when a motion has ended. */
export function motionAfter(): f64 {
  let most: f64 = 0;
  for (let i: u32 = 0; i < count; i++) most = Math.max(most, lookAfter(stepperAt(i)));
  return most;
}

/** Takes back that motion up to a later time than `time` (s) is known: for motors that have been stopped. */
export function rewindSteppers(queue: Queue, time: f64): void {
  for (let i: u32 = 0; i < count; i++) {
    const s = stepperAt(i);
    if (s.queue != queue) continue;
    if (s.tapCount > 0) restTaps(s, Taps.at(s.taps, 0).held);
    else if (<i32>(s.cursor - queue.tail) > 0) s.cursor = queue.tail;
    if (!(s.time <= time)) s.time = time;
  }
}

/** Generates the steps of one stepper up to print time `until` (s), making commands when its buffers fill up. */
function advance(s: Stepper, until: f64, release: f64, force: f64, last: bool): i32 {
  const releaseClock = (release - s.timeOffset) * s.frequency;
  const forceClock = (force - s.timeOffset) * s.frequency;
  while (true) {
    const made = generate(s, until);
    if (made == OUT_OF_REACH) return CORE_BAD_NUMBER;
    const full = made == NO_ROOM;
    if (full || isCrowded(s)) {
      const head = s.head;
      // with no other way to make room, the first command goes as it is
      const status = compress(
        s,
        Infinity,
        full && s.head == head ? Math.max(s.lastClock + 1, forceClock) : forceClock,
        false,
      );
      if (status == TOO_FAST) return CORE_STEP_RATE;
      if (status == COMMANDS_FULL) return CORE_AGAIN;
      if (full) continue;
    }
    const status = compress(s, releaseClock, forceClock, last);
    if (status == TOO_FAST) return CORE_STEP_RATE;
    return status == COMMANDS_FULL ? CORE_AGAIN : CORE_OK;
  }
}

/**
 * Generates the steps of all steppers up to print time `until` (s) and makes commands that start before `release` (s).
 * Commands that could still grow are made only when they start before `force` (s), or when `last` says that no step will
 * follow. Returns `CORE_AGAIN` when a ring of commands is full: take commands, call again; `CORE_BAD_NUMBER` when an
 * actuator cannot go where the tool head goes; `CORE_STEP_RATE` when two steps are due in one tick. Steppers with
 * shapers or smoothing come as far as the motion up to `until` tells: to make the last steps, `until` is the end of the
 * plan and `motionBefore` and `motionAfter` behind it.
 */
export function advanceSteppers(until: f64, release: f64, force: f64, last: bool): i32 {
  let status = CORE_OK;
  for (let i: u32 = 0; i < count; i++) {
    const s = stepperAt(i);
    const made = advance(s, until, release, force, last);
    if (made < 0) return made;
    if (made == CORE_AGAIN) status = CORE_AGAIN;
    if (s.before > 0) noteKnown(until);
  }
  return status;
}

/** Oldest segment of the tool head's queue that some stepper still has to generate. */
export function oldestCursor(queue: Queue): u32 {
  let oldest = queue.tail;
  for (let i: u32 = 0; i < count; i++) {
    const s = stepperAt(i);
    if (s.queue == queue && <i32>(s.cursor - oldest) < 0) oldest = s.cursor;
  }
  return oldest;
}
