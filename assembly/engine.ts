// The calls that the host makes: a thin skin of indexes and addresses over the parts, with every number checked.

import { reset, seal, take, used } from "./arena";
import {
  BOARD_LIMIT,
  createBoards,
  freeSlots,
  nextDue,
  nextFree,
  setBoardClock,
  setupBoard,
  takeCommands,
  takeSlot,
} from "./boards";
import { createDue } from "./due";
import { createFit } from "./fit";
import { Moment, moveAt, stepsAt } from "./history";
import { createInput } from "./input";
import { CORE_BAD_INDEX, CORE_BAD_NUMBER, CORE_BAD_STATE, CORE_NO_MEMORY, CORE_OK, CORE_QUEUE_FULL } from "./layout";
import { createPlanner, cutQueue, setOldestNeeded, toolheadQueue } from "./planner";
import { createQueue, lengthOf, Queue, Ring } from "./segments";
import { restTaps } from "./shaping";
import { Stepper } from "./stepper";
import {
  addStepper,
  createSteppers,
  declarePlace,
  oldestCursor,
  rewindSteppers,
  stepperAt,
  stepperCount,
} from "./steppers";

/** Motion queues beside the tool head's. */
const QUEUE_LIMIT: u32 = 32;
/** Bytes of the scratch area that calls use for results and for commands. */
const SCRATCH: usize = 4096;
/** A trapezoid may begin this much, in s, before the end of the one before it: sums of durations are rounded. */
const ROUNDING: f64 = 1e-9;

let scratch: usize = 0;
let queues: usize = 0;
let queueCount: u32 = 0;
let ready: bool = false;

/**
 * Prepares everything: `records` of the input ring and `segments` of the tool head's queue (powers of two), and how many
 * extruders there may be. Forgets what was before. Returns the address of the input ring or an error.
 */
export function init(records: u32, segments: u32, extruders: i32): i32 {
  ready = false;
  if (records < 2 || (records & (records - 1)) != 0 || segments < 2 || (segments & (segments - 1)) != 0) {
    return CORE_BAD_NUMBER;
  }
  if (extruders < 1 || extruders > 32) return CORE_BAD_NUMBER;
  reset();
  scratch = take(SCRATCH);
  queues = take(QUEUE_LIMIT * sizeof<usize>());
  const ring = createInput(records);
  if (scratch == 0 || queues == 0 || ring == 0) return CORE_NO_MEMORY;
  if (!createDue() || !createPlanner(segments, extruders) || !createFit()) return CORE_NO_MEMORY;
  if (!createBoards() || !createSteppers()) return CORE_NO_MEMORY;
  store<usize>(queues, changetype<usize>(toolheadQueue()));
  queueCount = 1;
  return <i32>ring;
}

/** Ends the preparation: nothing allocates from here on. */
export function start(): i32 {
  if (scratch == 0) return CORE_BAD_STATE;
  seal();
  ready = true;
  return CORE_OK;
}

/** Bytes of memory in use. */
export function memoryUsed(): i32 {
  return <i32>used();
}

/** Address of the scratch area: results of calls that say so, and bytes of commands. */
export function scratchAt(): i32 {
  return <i32>scratch;
}

/** Adds a motion queue for a part that moves by itself. Returns its index or an error. */
export function addQueue(segments: u32): i32 {
  if (scratch == 0 || ready) return CORE_BAD_STATE;
  if (queueCount == QUEUE_LIMIT || segments < 2 || (segments & (segments - 1)) != 0) return CORE_BAD_INDEX;
  const queue = createQueue(segments);
  if (changetype<usize>(queue) == 0) return CORE_NO_MEMORY;
  store<usize>(queues + <usize>queueCount * sizeof<usize>(), changetype<usize>(queue));
  queueCount += 1;
  return queueCount - 1;
}

export function queueAt(index: u32): Queue {
  return changetype<Queue>(load<usize>(queues + <usize>index * sizeof<usize>()));
}

/** Sets up board `index` with `slots` move slots. */
export function addBoard(index: u32, slots: u32, frequency: f64): i32 {
  if (index >= BOARD_LIMIT) return CORE_BAD_INDEX;
  if (!(frequency > 0) || !isFinite(frequency)) return CORE_BAD_NUMBER;
  if (!setupBoard(index, slots)) return CORE_NO_MEMORY;
  setBoardClock(index, 0, frequency);
  return CORE_OK;
}

/** Sets the clock of a board: print time of tick 0 in s, ticks per s. Steps generated from now on use it. */
export function boardClock(index: u32, timeOffset: f64, frequency: f64): i32 {
  if (index >= BOARD_LIMIT) return CORE_BAD_INDEX;
  if (!(frequency > 0) || !isFinite(frequency + timeOffset)) return CORE_BAD_NUMBER;
  setBoardClock(index, timeOffset, frequency);
  return CORE_OK;
}

/**
 * Adds a stepper that follows motion queue `queue`, as `oid` on `board`, whose firmware calls `queue_step` and
 * `set_next_step_dir` by these ids; room for `commands` commands (a power of two). Returns its index or an error.
 */
export function stepperAdd(queue: u32, board: u32, oid: u32, stepId: u32, directionId: u32, commands: u32): i32 {
  if (scratch == 0 || ready) return CORE_BAD_STATE;
  if (queue >= queueCount || commands < 4 || (commands & (commands - 1)) != 0) return CORE_BAD_INDEX;
  return addStepper(queueAt(queue), board, oid, stepId, directionId, commands);
}

/**
 * Appends a trapezoid to a queue, as it is: `start` s, three durations in s, start position in mm, unit direction, start
 * and cruise speed in mm/s, acceleration in mm/s^2, filament start in mm and ratio, pressure advance in s.
 */
export function appendSegment(
  index: u32,
  start: f64,
  accelTime: f64,
  cruiseTime: f64,
  decelTime: f64,
  x: f64,
  y: f64,
  z: f64,
  rx: f64,
  ry: f64,
  rz: f64,
  startSpeed: f64,
  cruiseSpeed: f64,
  accel: f64,
  e: f64,
  re: f64,
  advance: f64,
): i32 {
  if (index >= queueCount) return CORE_BAD_INDEX;
  const queue = queueAt(index);
  const duration = accelTime + cruiseTime + decelTime;
  if (!isFinite(start + duration + x + y + z + rx + ry + rz + startSpeed + cruiseSpeed + accel + e + re + advance)) {
    return CORE_BAD_NUMBER;
  }
  if (!(accelTime >= 0 && cruiseTime >= 0 && decelTime >= 0 && duration > 0 && start >= queue.end - ROUNDING))
    return CORE_BAD_NUMBER;
  if (queue.tail - oldestCursor(queue) > queue.mask) return CORE_QUEUE_FULL;
  const segment = Ring.at(queue, queue.tail);
  segment.start = Math.max(start, queue.end);
  segment.accelTime = accelTime;
  segment.cruiseTime = cruiseTime;
  segment.decelTime = decelTime;
  segment.x = x;
  segment.y = y;
  segment.z = z;
  segment.rx = rx;
  segment.ry = ry;
  segment.rz = rz;
  segment.startSpeed = startSpeed;
  segment.cruiseSpeed = cruiseSpeed;
  segment.accel = accel;
  segment.e = e;
  segment.re = re;
  segment.advance = advance;
  segment.tag = 0;
  segment.extruder = 0;
  segment.flags = 0;
  queue.tail += 1;
  queue.end = segment.start + duration;
  const path = lengthOf(segment);
  queue.x = x + rx * path;
  queue.y = y + ry * path;
  queue.z = z + rz * path;
  return CORE_OK;
}

/** Declares where the tool head of a queue stands, see `declarePlace` in steppers.ts. */
export function declarePosition(queue: u32, x: f64, y: f64, z: f64): i32 {
  return queue < queueCount ? declarePlace(queueAt(queue), x, y, z) : CORE_BAD_INDEX;
}

/** Ends the tool head's plan at print time `time` (s), see `cutQueue` in planner.ts, for its steppers too. */
export function cutPlan(time: f64): i32 {
  const status = cutQueue(time);
  if (status == CORE_OK) rewindSteppers(toolheadQueue(), time);
  return status;
}

/** Print time in s at which a queue's last segment ends. */
export function queueEnd(index: u32): f64 {
  return index < queueCount ? queueAt(index).end : NaN;
}

/** Tells the planner which segments are done with. Call after steps have been generated. */
export function releaseSegments(): void {
  setOldestNeeded(oldestCursor(toolheadQueue()));
}

/**
 * Bytes of step commands of a board into the scratch area, see `takeCommands` in boards.ts: at most `room` bytes, due
 * before `until`, with a move slot free at clock `now`. Returns how many bytes.
 */
export function boardTake(index: u32, room: u32, until: f64, now: f64, reserve: u32): i32 {
  if (index >= BOARD_LIMIT) return CORE_BAD_INDEX;
  return <i32>takeCommands(index, scratch, min(room, <u32>SCRATCH), until, now, reserve);
}

export function boardNextDue(index: u32): f64 {
  return index < BOARD_LIMIT ? nextDue(index) : NaN;
}

export function boardNextFree(index: u32): f64 {
  return index < BOARD_LIMIT ? nextFree(index) : NaN;
}

export function boardFreeSlots(index: u32, now: f64): i32 {
  return index < BOARD_LIMIT ? <i32>freeSlots(index, now) : CORE_BAD_INDEX;
}

export function boardTakeSlot(index: u32, due: f64): i32 {
  if (index >= BOARD_LIMIT) return CORE_BAD_INDEX;
  takeSlot(index, due);
  return CORE_OK;
}

/** Steps that a stepper has made at `clock` (ticks), from the start; NaN when too long ago or there is no such stepper. */
export function stepperStepsAt(index: u32, clock: f64): f64 {
  return index < stepperCount() ? stepsAt(stepperAt(index), clock) : NaN;
}

/** Steps that all commands of a stepper make, from the start. */
export function stepperMade(index: u32): f64 {
  return index < stepperCount() ? stepperAt(index).made : NaN;
}

/** Actuator position in mm that a count of steps from the start stands for, by the present anchor. */
export function stepperPlace(index: u32, steps: f64): f64 {
  if (index >= stepperCount()) return NaN;
  const s = stepperAt(index);
  return s.anchor + (steps - s.total) / s.perMm;
}

/**
 * Stops a stepper where its board says that it stands: all that waits is dropped, `steps` (from the start) is where it
 * is, and its next step counts from `clock`. The caller sends `reset_step_clock` and sets the anchor.
 */
export function stepperHalt(index: u32, steps: f64, clock: f64): i32 {
  if (index >= stepperCount()) return CORE_BAD_INDEX;
  if (!isFinite(steps) || !isFinite(clock)) return CORE_BAD_NUMBER;
  const s = stepperAt(index);
  s.cursor = s.queue.tail;
  s.phase = 0;
  s.head = s.tail;
  s.open = s.tail;
  s.runHead = s.runTail;
  s.direction = 2;
  s.sentDirection = 2;
  s.planCount = 0;
  s.commandHead = s.commandTail;
  s.lastClock = clock;
  s.trueClock = clock;
  // the time in front of the next step, for its window
  store<u32>(s.times + ((<usize>(s.tail - 1)) << 2), <u32>(<i64>clock));
  s.total = steps;
  s.position = 0;
  s.made = steps;
  restTaps(s, s.anchor);
  return CORE_OK;
}

/** Declares that a stepper's driver is off: `stepperWake` then tells when its next step is. */
export function stepperSleep(index: u32): i32 {
  if (index >= stepperCount()) return CORE_BAD_INDEX;
  stepperAt(index).asleep = 1;
  return CORE_OK;
}

/** Clock of the first step since `stepperSleep`, in ticks; NaN while there is none. */
export function stepperWake(index: u32): f64 {
  if (index >= stepperCount()) return NaN;
  const s = stepperAt(index);
  return s.asleep != 0 ? NaN : s.wake;
}

/** Sums of a stepper since the start: 0 steps, 1 step commands, 2 direction commands, 3 bytes. */
export function stepperSum(index: u32, which: i32): f64 {
  if (index >= stepperCount()) return NaN;
  const s: Stepper = stepperAt(index);
  switch (which) {
    case 0:
      return s.steps;
    case 1:
      return s.commandCount;
    case 2:
      return s.directionCount;
    case 3:
      return s.byteCount;
    default:
      return NaN;
  }
}

/**
 * Where queue `index` is at print time `time`: x, y, z, e (mm), speed, filament speed (mm/s), tag and extruder as eight
 * f64 in the scratch area. Returns 1, or 0 when that is too long ago.
 */
export function momentAt(index: u32, time: f64): i32 {
  if (index >= queueCount) return CORE_BAD_INDEX;
  if (!moveAt(queueAt(index), time)) return 0;
  store<f64>(scratch, Moment.x);
  store<f64>(scratch + 8, Moment.y);
  store<f64>(scratch + 16, Moment.z);
  store<f64>(scratch + 24, Moment.e);
  store<f64>(scratch + 32, Moment.speed);
  store<f64>(scratch + 40, Moment.flow);
  store<f64>(scratch + 48, Moment.tag);
  store<f64>(scratch + 56, <f64>Moment.extruder);
  return 1;
}
