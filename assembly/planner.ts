// The planner: takes records from the input ring, gives moves to look-ahead, and writes what look-ahead hands out as
// segments of the tool head's motion queue. Between moves the plan is always at rest or final, so running dry is a stop.

import { take } from "./arena";
import { clearDue, dueAt, dueIsFull, pushDue, stampDue } from "./due";
import { clearInput, peekInput, popInput } from "./input";
import {
  ACTION_DRAIN,
  ACTION_DWELL,
  ACTION_FACTORS,
  ACTION_SET_EXTRUDER,
  ACTION_SET_POSITION,
  ACTION_TIMED,
  CORE_BAD_INDEX,
  CORE_BAD_NUMBER,
  CORE_BAD_STATE,
  CORE_OK,
  CORE_QUEUE_FULL,
  FLAG_JOB,
  FLAG_LIVE_FLOW,
  FLAG_LIVE_SPEED,
  FLAG_LIVE_Z,
  PLAN_BARRIER,
  PLAN_BLOCKED,
  PLAN_DONE,
  RECORD_ACCEL,
  RECORD_ADVANCE,
  RECORD_E,
  RECORD_FLAGS,
  RECORD_JUNCTION,
  RECORD_KIND,
  RECORD_MOVE,
  RECORD_P0,
  RECORD_SMOOTH_ACCEL,
  RECORD_SPEED,
  RECORD_SPEED_CAP,
  RECORD_TAG,
  RECORD_X,
  RECORD_Y,
  RECORD_Z,
} from "./layout";
import {
  Aheads,
  addMove,
  beginTaking,
  clearLookahead,
  createLookahead,
  Junction,
  nextMove,
  takeMove,
} from "./lookahead";
import { createQueue, lengthOf, Queue, Ring } from "./segments";

/** Moves shorter than this, in mm, only move filament (or nothing). */
const SHORTEST: f64 = 1e-9;
/** Acceleration of a move of filament alone when its record gives none, in mm/s^2: as good as none. */
const NO_ACCEL_LIMIT: f64 = 99999999.9;
/** Speeds below this, in mm/s, count as rest: a move must end some time. */
const SLOWEST: f64 = 1e-6;
/** Reaching so much further, in s, takes one more record in. */
const NEXT_RECORD: f64 = 1e-6;

/** Position of an extruder's filament, and how abruptly its speed may change at a corner. */
@unmanaged
@final
class Extruder {
  /** mm, at the end of what look-ahead has. */
  position: f64;
  /** mm/s. */
  cornerSpeed: f64;
}

let queue: Queue = changetype<Queue>(0);
let extruders: usize = 0;
let extruderCount: i32 = 0;
let activeExtruder: i32 = 0;

/** Position at the end of what look-ahead has, in mm; z with the live offset. */
let x: f64 = 0;
let y: f64 = 0;
let z: f64 = 0;

/** Print time in s at which the plan ends. */
let planTime: f64 = 0;
/** A plan that starts from rest starts no earlier than this, in s. */
let earliest: f64 = 0;
/** Moves handed to look-ahead, and moves planned, ever growing. */
let moved: u32 = 0;
let planned: u32 = 0;
/** Least time that the moves in look-ahead take, in s. */
let waiting: f64 = 0;

/** Factors set from a console, 0 for none: they hold until the job sets its own. Factors set by the job. */
let liveSpeed: f64 = 0;
let liveFlow: f64 = 0;
let jobSpeed: f64 = 1;
let jobFlow: f64 = 1;
/** How often the job has set factors. */
let factorChanges: i32 = 0;
/** Live Z offset that is wanted and that is in the plan, in mm; how steep it may come in, in mm per mm and mm/s. */
let zWanted: f64 = 0;
let zApplied: f64 = 0;
let zSlope: f64 = 0.1;
let zSpeed: f64 = 5;
let held: bool = false;

export function createPlanner(segmentCapacity: u32, extruderLimit: i32): bool {
  queue = createQueue(segmentCapacity);
  extruders = take(<usize>extruderLimit * offsetof<Extruder>());
  extruderCount = extruderLimit;
  return changetype<usize>(queue) != 0 && extruders != 0 && createLookahead();
}

export function toolheadQueue(): Queue {
  return queue;
}

function extruderAt(index: i32): Extruder {
  return changetype<Extruder>(extruders + <usize>index * offsetof<Extruder>());
}

export function setCornerSpeed(index: i32, speed: f64): i32 {
  if (index < 0 || index >= extruderCount) return CORE_BAD_INDEX;
  if (!(speed >= 0) || !isFinite(speed)) return CORE_BAD_NUMBER;
  extruderAt(index).cornerSpeed = speed;
  return 0;
}

/**
 * Sets what applies to moves that are planned from now on: factors on speed and extrusion (0 leaves them to the job),
 * Z offset in mm, and whether the moves of a job wait.
 */
export function setLive(speed: f64, flow: f64, offset: f64, hold: bool): i32 {
  if (!(speed >= 0) || !(flow >= 0) || !isFinite(speed + flow + offset)) return CORE_BAD_NUMBER;
  liveSpeed = speed;
  liveFlow = flow;
  zWanted = offset;
  held = hold;
  return 0;
}

/** Limits on how a live Z offset comes in: mm of Z per mm of path, and mm/s. */
export function setOffsetLimits(slope: f64, speed: f64): i32 {
  if (!(slope > 0) || !(speed > 0)) return CORE_BAD_NUMBER;
  zSlope = slope;
  zSpeed = speed;
  return 0;
}

/** A plan that starts from rest starts no earlier than `time` (s). */
export function setEarliest(time: f64): void {
  if (time > earliest) earliest = time;
}

export function planEnd(): f64 {
  return planTime;
}

/** Least seconds of motion in look-ahead, not planned yet. */
export function aheadTime(): f64 {
  return Aheads.head == Aheads.tail ? 0 : waiting;
}

export function plannedMoves(): u32 {
  return planned;
}

/** How often the job has set factors: each time takes the live ones away. */
export function factorsChanged(): i32 {
  return factorChanges;
}

/** Factors that the next move gets. */
export function speedFactor(): f64 {
  return liveSpeed > 0 ? liveSpeed : jobSpeed;
}

export function flowFactor(): f64 {
  return liveFlow > 0 ? liveFlow : jobFlow;
}

export function appliedOffset(): f64 {
  return zApplied;
}

export function extruderPosition(index: i32): f64 {
  return extruderAt(index).position;
}

/** Forgets what waits in the input ring; what look-ahead has is still planned, and ends at rest. */
export function dropUnplanned(): void {
  clearInput();
}

/** Forgets everything that has no time yet, look-ahead included: only for motors that have been stopped. */
function forgetAhead(): void {
  clearInput();
  clearLookahead();
  clearDue();
  moved = planned;
  waiting = 0;
  const last = queue.tail;
  x = queue.x;
  y = queue.y;
  z = queue.z;
  if (last != 0) {
    const segment = Ring.at(queue, last - 1);
    extruderAt(segment.extruder).position = segment.e + segment.re * lengthOf(segment);
  }
}

/**
 * Ends the plan at print time `time` (s), where the motors were stopped: what lies behind it is forgotten. The caller
 * halts the steppers and sets the position.
 */
export function cutQueue(time: f64): i32 {
  if (!isFinite(time)) return CORE_BAD_NUMBER;
  forgetAhead();
  while (queue.tail != 0 && planTime > time) {
    const segment = Ring.at(queue, queue.tail - 1);
    const left = time - segment.start;
    if (left > 0) {
      segment.accelTime = Math.min(segment.accelTime, left);
      segment.cruiseTime = Math.min(segment.cruiseTime, left - segment.accelTime);
      segment.decelTime = Math.min(segment.decelTime, left - segment.accelTime - segment.cruiseTime);
      planTime = time;
    } else {
      queue.tail -= 1;
      planTime = Math.min(planTime, segment.start);
    }
  }
  queue.end = planTime;
  if (queue.tail != 0) {
    const last = Ring.at(queue, queue.tail - 1);
    const path = lengthOf(last);
    queue.x = last.x + last.rx * path;
    queue.y = last.y + last.ry * path;
    queue.z = last.z + last.rz * path;
  }
  x = queue.x;
  y = queue.y;
  z = queue.z;
  restPlanned = planned;
  known = Math.min(known, time);
  return CORE_OK;
}

/**
 * Plans until the plan and what look-ahead holds reach print time `until` (s), or there is nothing more to take.
 * `rest` says that the plan's end is near: then more is taken until some move is final, and when there is no more, all
 * moves are planned and the last ends at rest. Returns a `PLAN_` reason, or an error for a record that cannot be.
 */
export function plan(until: f64, rest: bool): i32 {
  let reach = until;
  while (true) {
    const before = planned;
    const status = pull(reach);
    if (status < 0) return status;
    const all = status == PLAN_BARRIER || (rest && status == PLAN_DONE && (peekInput() == 0 || held));
    if (!commit(all)) return PLAN_BLOCKED;
    if (status == PLAN_BARRIER) {
      if (planned != moved) return PLAN_BLOCKED;
      return PLAN_BARRIER;
    }
    if (status == PLAN_BLOCKED) {
      if (!dueIsFull()) continue;
      // actions that all wait for moves which are not final would wait for ever: those moves end at rest
      if (dueAt() == 0) commit(true);
      return PLAN_BLOCKED;
    }
    // A long move that waits alone cannot be planned without the next one, however far behind that is: the plan before
    // it may end in motion, and its end is near.
    if (!rest || held || planned != before || planned == moved || peekInput() == 0) return PLAN_DONE;
    reach = startTime() + aheadTime() + NEXT_RECORD;
  }
}

/** Print time in s at which the next move that is planned starts. */
function startTime(): f64 {
  return planned == restPlanned ? Math.max(planTime, earliest) : planTime;
}

/** Moves records into look-ahead. Returns `PLAN_DONE`, `PLAN_BLOCKED` when look-ahead is full, or `PLAN_BARRIER`. */
function pull(until: f64): i32 {
  while (true) {
    if (Aheads.isFull) return PLAN_BLOCKED;
    if (startTime() + aheadTime() >= until) return PLAN_DONE;
    const record = peekInput();
    if (record == 0) return PLAN_DONE;
    const kind = load<u32>(record + RECORD_KIND);
    const flags = load<u32>(record + RECORD_FLAGS);
    if (held && (flags & FLAG_JOB) != 0) return PLAN_DONE;
    if (kind == RECORD_MOVE) {
      const status = pullMove(record, flags);
      if (status < 0) return status;
      popInput();
      continue;
    }
    if (kind == ACTION_TIMED) {
      if (dueIsFull()) return PLAN_BLOCKED;
      pushDue(record, moved);
      if (moved == planned) stampDue(planned, planTime);
      popInput();
      continue;
    }
    if (kind == ACTION_FACTORS) {
      const speed = load<f64>(record + RECORD_P0);
      const flow = load<f64>(record + RECORD_P0 + 8);
      if (!(speed > 0) || !isFinite(speed) || !(flow > 0) || !isFinite(flow)) return CORE_BAD_NUMBER;
      jobSpeed = speed;
      jobFlow = flow;
      liveSpeed = 0;
      liveFlow = 0;
      factorChanges += 1;
      popInput();
      continue;
    }
    return PLAN_BARRIER;
  }
}

function pullMove(record: usize, flags: u32): i32 {
  return queueMove(
    flags,
    load<f64>(record + RECORD_X),
    load<f64>(record + RECORD_Y),
    load<f64>(record + RECORD_Z) + zApplied,
    load<f64>(record + RECORD_E),
    load<f64>(record + RECORD_SPEED),
    load<f64>(record + RECORD_SPEED_CAP),
    load<f64>(record + RECORD_ACCEL),
    load<f64>(record + RECORD_SMOOTH_ACCEL),
    load<f64>(record + RECORD_JUNCTION),
    load<f64>(record + RECORD_ADVANCE),
    load<f64>(record + RECORD_TAG),
  );
}

/**
 * Plans one move at once, from rest to rest, to a position in mm at a speed in mm/s and an acceleration in mm/s^2: for
 * homing. Nothing else may be waiting. Returns `CORE_OK` or an error.
 */
export function planMove(toX: f64, toY: f64, toZ: f64, speed: f64, accel: f64): i32 {
  if (planned != moved) return CORE_BAD_STATE;
  const status = queueMove(0, toX, toY, toZ + zApplied, 0, speed, speed, accel, accel, 0, 0, -1);
  if (status < 0) return status;
  return commit(true) ? CORE_OK : CORE_BAD_STATE;
}

function queueMove(
  flags: u32,
  endX: f64,
  endY: f64,
  toZ: f64,
  displacement: f64,
  speedWanted: f64,
  speedCap: f64,
  accel: f64,
  smoothAccel: f64,
  junction: f64,
  advance: f64,
  tag: f64,
): i32 {
  let endZ = toZ;
  let filament = displacement;
  let speed = speedWanted;
  if (flags & FLAG_LIVE_SPEED) speed *= liveSpeed > 0 ? liveSpeed : jobSpeed;
  if (flags & FLAG_LIVE_FLOW) filament *= liveFlow > 0 ? liveFlow : jobFlow;
  speed = Math.min(speed, speedCap);
  // one sum is NaN or infinite when any part is
  if (!isFinite(endX + endY + endZ + filament + speed + accel + smoothAccel + junction + advance))
    return CORE_BAD_NUMBER;
  if (!(speed >= SLOWEST && accel > 0 && smoothAccel > 0 && junction >= 0 && advance >= 0)) return CORE_BAD_NUMBER;

  const dx = endX - x;
  const dy = endY - y;
  let dz = endZ - z;
  let distance = Math.sqrt(dx * dx + dy * dy + dz * dz);
  const late = zWanted - zApplied;
  if (late != 0 && (flags & FLAG_LIVE_Z) != 0 && dx * dx + dy * dy > 0) {
    const most = Math.min(distance * zSlope, (distance / speed) * zSpeed);
    const part = Math.min(Math.max(late, -most), most);
    zApplied += part;
    endZ += part;
    dz += part;
    distance = Math.sqrt(dx * dx + dy * dy + dz * dz);
  }
  const kinematic = distance >= SHORTEST;
  if (!kinematic) {
    distance = Math.abs(filament);
    if (distance < SHORTEST) return 0;
  }
  const move = nextMove();
  const inverse = 1 / distance;
  const extruder = extruderAt(activeExtruder);
  move.distance = distance;
  move.kinematic = kinematic;
  move.x = x;
  move.y = y;
  move.z = z;
  move.e = extruder.position;
  if (kinematic) {
    move.rx = dx * inverse;
    move.ry = dy * inverse;
    move.rz = dz * inverse;
    x = endX;
    y = endY;
    z = endZ;
  } else {
    move.rx = 0;
    move.ry = 0;
    move.rz = 0;
  }
  move.re = filament * inverse;
  extruder.position += filament;
  move.accel = kinematic ? accel : Math.min(accel, NO_ACCEL_LIMIT);
  move.junction = junction;
  move.cruiseMax = speed * speed;
  move.delta = 2 * distance * move.accel;
  move.smoothDelta = Math.min(2 * distance * smoothAccel, move.delta);
  // pressure advance is for filament that is laid down: pushed while the tool head travels in the plane
  move.advance = filament > 0 && (dx != 0 || dy != 0) && kinematic ? advance : 0;
  move.tag = tag;
  move.extruder = activeExtruder;
  move.flags = flags;
  addMove(extruder.cornerSpeed);
  if (moved == planned) waiting = 0;
  moved += 1;
  waiting += distance / speed;
  return 0;
}

/** Writes every move that look-ahead hands out as a segment. False when the ring of segments is full. */
function commit(all: bool): bool {
  if (moved == planned) return true;
  beginTaking(all);
  while (true) {
    if (queue.tail - oldestNeeded > queue.mask) return false;
    const move = takeMove();
    if (move === null) return true;
    startFromRest();
    const accel = move.accel;
    const half = 0.5 / accel;
    const start = Math.sqrt(Junction.start);
    const cruise = Math.sqrt(Junction.cruise);
    const end = Math.sqrt(Junction.end);
    const accelPath = (Junction.cruise - Junction.start) * half;
    const decelPath = (Junction.cruise - Junction.end) * half;
    const cruisePath = move.distance - accelPath - decelPath;
    const segment = Ring.at(queue, queue.tail);
    segment.start = planTime;
    segment.accelTime = accelPath > 0 ? accelPath / ((start + cruise) * 0.5) : 0;
    segment.cruiseTime = cruisePath > 0 ? cruisePath / cruise : 0;
    segment.decelTime = decelPath > 0 ? decelPath / ((end + cruise) * 0.5) : 0;
    segment.x = move.x;
    segment.y = move.y;
    segment.z = move.z;
    segment.rx = move.rx;
    segment.ry = move.ry;
    segment.rz = move.rz;
    segment.startSpeed = start;
    segment.cruiseSpeed = cruise;
    segment.accel = accel;
    segment.e = move.e;
    segment.re = move.re;
    segment.advance = move.advance;
    segment.tag = move.tag;
    segment.extruder = move.extruder;
    segment.flags = move.flags;
    planTime += Ring.duration(segment);
    queue.end = planTime;
    queue.x = move.kinematic ? move.x + move.rx * move.distance : move.x;
    queue.y = move.kinematic ? move.y + move.ry * move.distance : move.y;
    queue.z = move.kinematic ? move.z + move.rz * move.distance : move.z;
    queue.tail += 1;
    planned += 1;
    waiting = Math.max(waiting - move.distance / Math.sqrt(move.cruiseMax), 0);
    if (Junction.end == 0) restPlanned = planned;
    stampDue(planned, planTime);
  }
}

/** Number of planned moves at the last rest. */
let restPlanned: u32 = 0;
/** Oldest segment that a reader still needs. */
let oldestNeeded: u32 = 0;

/** Tells the planner which segments step generation still needs: older ones may be overwritten. */
export function setOldestNeeded(seq: u32): void {
  oldestNeeded = seq;
}

/** Print time in s before which step generation has been told that nothing new begins. */
let known: f64 = 0;

/** Step generation has looked at the motion up to `time` (s): a plan that starts from rest starts no earlier. */
export function noteKnown(time: f64): void {
  if (time > known) known = time;
}

/** Moves the end of the plan to the earliest permitted start. Only at rest. */
function startFromRest(): void {
  if (planned == restPlanned) planTime = Math.max(planTime, Math.max(earliest, known));
}

/**
 * Applies the barrier that `plan` stopped at. All steps must have been generated and flushed. What machine has to know of
 * it (a drain, a new position, another extruder) comes out as a due action. Returns the kind of the action.
 */
export function passBarrier(): i32 {
  const record = peekInput();
  if (record == 0 || planned != moved) return CORE_BAD_STATE;
  const kind = load<u32>(record + RECORD_KIND);
  const p0 = load<f64>(record + RECORD_P0);
  const p1 = load<f64>(record + RECORD_P0 + 8);
  const p2 = load<f64>(record + RECORD_P0 + 16);
  if (!isFinite(p0 + p1 + p2)) return CORE_BAD_NUMBER;
  if (dueIsFull()) return CORE_QUEUE_FULL;
  switch (kind) {
    case ACTION_DWELL:
      startFromRest();
      planTime += Math.max(p0, 0);
      break;
    case ACTION_DRAIN:
      pushDue(record, moved);
      stampDue(planned, planTime);
      break;
    case ACTION_SET_POSITION:
      pushDue(record, moved);
      stampDue(planned, planTime);
      x = p0;
      y = p1;
      z = p2 + zApplied;
      queue.x = x;
      queue.y = y;
      queue.z = z;
      break;
    case ACTION_SET_EXTRUDER:
      if (p0 < 0 || p0 >= <f64>extruderCount) return CORE_BAD_INDEX;
      activeExtruder = <i32>p0;
      break;
    default:
      return CORE_BAD_INDEX;
  }
  popInput();
  return <i32>kind;
}
