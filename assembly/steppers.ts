// The table of steppers, addressed by index, and work on all of them.

import { take } from "./arena";
import { attachStepper, BOARD_LIMIT } from "./boards";
import { COMMANDS_FULL, compress, isCrowded } from "./compress";
import { NO_ROOM } from "./emit";
import { CORE_AGAIN, CORE_BAD_INDEX, CORE_BAD_NUMBER, CORE_NO_MEMORY, CORE_OK } from "./layout";
import { Queue } from "./segments";
import { generate } from "./stepgen";
import { createStepper, Stepper } from "./stepper";

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

/** Sets what a stepper moves: kind and parameters (see stepgen.ts), steps per mm, whether its direction pin is inverted. */
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
  const s = stepperAt(index);
  s.total += s.position;
  s.anchor = position;
  s.position = 0;
  return CORE_OK;
}

/** Generates the steps of one stepper up to print time `until` (s), making commands when its buffers fill up. */
function advance(s: Stepper, until: f64, release: f64, force: f64, last: bool): i32 {
  const releaseClock = (release - s.timeOffset) * s.frequency;
  const forceClock = (force - s.timeOffset) * s.frequency;
  while (true) {
    const full = generate(s, until) == NO_ROOM;
    if (full || isCrowded(s)) {
      const head = s.head;
      // with no other way to make room, the first command goes as it is
      const status = compress(
        s,
        Infinity,
        full && s.head == head ? Math.max(s.lastClock + 1, forceClock) : forceClock,
        false,
      );
      if (status == COMMANDS_FULL) return CORE_AGAIN;
      if (full) continue;
    }
    return compress(s, releaseClock, forceClock, last) == COMMANDS_FULL ? CORE_AGAIN : CORE_OK;
  }
}

/**
 * Generates the steps of all steppers up to print time `until` (s) and makes commands that start before `release` (s).
 * Commands that could still grow are made only when they start before `force` (s), or when `last` says that no step will
 * follow. Returns `CORE_AGAIN` when a ring of commands is full: take commands, call again.
 */
export function advanceSteppers(until: f64, release: f64, force: f64, last: bool): i32 {
  let status = CORE_OK;
  for (let i: u32 = 0; i < count; i++) {
    if (advance(stepperAt(i), until, release, force, last) == CORE_AGAIN) status = CORE_AGAIN;
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
