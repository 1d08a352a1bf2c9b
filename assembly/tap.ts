// A tap: the position of one axis (or of the filament) as it was some time ago, phase by phase. A shaped position is a
// weighted sum of taps, a smoothed one a second difference of three; each tap walks along the motion queue by itself.

import { Queue, Ring, Segment } from "./segments";

/** Phase of a tap that rests in front of the segment at its cursor. */
export const PHASE_REST: u32 = 3;
/** `out` of a tap that follows filament. */
export const OUT_FILAMENT: i32 = 3;
/** Print time in s of a rest that has always been. */
const LONG_AGO: f64 = -1e18;

@unmanaged
@final
export class Tap {
  /** Weights of x, y, z; for filament, in the first one, of the speed that pressure advance adds. */
  cx: f64;
  cy: f64;
  cz: f64;
  /** At print time t the tap sees the motion of t - shift, in s. */
  shift: f64;
  /** Sum that it belongs to: 0 to 2, or `OUT_FILAMENT`. */
  out: i32;
  /** Extruder whose filament it follows. */
  extruder: i32;
  /** Where it is in the motion queue: segment, and phase 0 to 2 or `PHASE_REST`. */
  cursor: u32;
  phase: u32;
  /** Present phase: from and to, in s of print time with the shift added. */
  start: f64;
  end: f64;
  /** Its position in mm at `start`, speed in mm/s and half acceleration in mm/s^2. */
  p: f64;
  v: f64;
  h: f64;
  /** Where the filament rests, in mm. */
  held: f64;
}

export const TAP_SIZE: usize = offsetof<Tap>();

@final
export class Taps {
  @inline
  static at(base: usize, index: u32): Tap {
    return changetype<Tap>(base + <usize>index * TAP_SIZE);
  }
}

/** Length of the path from the start of a segment to the start of a phase, in mm. */
function pathTo(segment: Segment, phase: u32): f64 {
  const cruise = segment.cruiseSpeed;
  const first = (segment.startSpeed + cruise) * 0.5 * segment.accelTime;
  if (phase < 2) return phase == 0 ? 0 : first;
  const second = first + cruise * segment.cruiseTime;
  if (phase == 2) return second;
  return second + (cruise - 0.5 * segment.accel * segment.decelTime) * segment.decelTime;
}

/** Fills in position, speed and bend of the present phase. */
function fill(tap: Tap, queue: Queue): void {
  const phase = tap.phase;
  if (phase == PHASE_REST) {
    tap.v = 0;
    tap.h = 0;
    if (tap.out == OUT_FILAMENT) {
      tap.p = tap.held;
    } else if (tap.cursor == queue.tail) {
      tap.p = tap.cx * queue.x + tap.cy * queue.y + tap.cz * queue.z;
    } else {
      const next = Ring.at(queue, tap.cursor);
      tap.p = tap.cx * next.x + tap.cy * next.y + tap.cz * next.z;
    }
    return;
  }
  const segment = Ring.at(queue, tap.cursor);
  const path = pathTo(segment, phase);
  const speed = phase == 0 ? segment.startSpeed : segment.cruiseSpeed;
  const accel = phase == 0 ? segment.accel : phase == 1 ? 0 : -segment.accel;
  if (tap.out == OUT_FILAMENT) {
    if (segment.extruder != tap.extruder || segment.re == 0) {
      if (segment.extruder == tap.extruder) tap.held = segment.e;
      tap.p = tap.held;
      tap.v = 0;
      tap.h = 0;
      return;
    }
    const ratio = segment.re;
    const advance = tap.cx * segment.advance;
    tap.p = segment.e + ratio * (path + advance * speed);
    tap.v = ratio * (speed + advance * accel);
    tap.h = 0.5 * ratio * accel;
    tap.held = segment.e + ratio * pathTo(segment, PHASE_REST);
    return;
  }
  const direction = tap.cx * segment.rx + tap.cy * segment.ry + tap.cz * segment.rz;
  tap.p = tap.cx * segment.x + tap.cy * segment.y + tap.cz * segment.z + direction * path;
  tap.v = direction * speed;
  tap.h = 0.5 * direction * accel;
}

/** Goes on to the next phase that lasts. */
export function nextPhase(tap: Tap, queue: Queue): void {
  while (true) {
    const phase = tap.phase;
    if (phase == PHASE_REST) {
      if (tap.cursor == queue.tail) {
        tap.end = Infinity;
        return;
      }
      tap.phase = 0;
    } else if (phase == 2) {
      const segment = Ring.at(queue, tap.cursor);
      const end = segment.start + Ring.duration(segment);
      tap.cursor += 1;
      const isLast = tap.cursor == queue.tail;
      if (isLast || Ring.at(queue, tap.cursor).start > end) {
        tap.phase = PHASE_REST;
        tap.start = end + tap.shift;
        tap.end = isLast ? Infinity : Ring.at(queue, tap.cursor).start + tap.shift;
        fill(tap, queue);
        return;
      }
      tap.phase = 0;
    } else {
      tap.phase = phase + 1;
    }
    const segment = Ring.at(queue, tap.cursor);
    const now = tap.phase;
    let start = segment.start;
    let time = segment.accelTime;
    if (now == 1) {
      start += segment.accelTime;
      time = segment.cruiseTime;
    } else if (now == 2) {
      start += segment.accelTime + segment.cruiseTime;
      time = segment.decelTime;
    }
    if (time > 0) {
      tap.start = start + tap.shift;
      tap.end = (now == 2 ? segment.start + Ring.duration(segment) : start + time) + tap.shift;
      fill(tap, queue);
      return;
    }
  }
}

/** Lets a tap that rests at the end of the queue see what has been appended since. */
export function wakeTap(tap: Tap, queue: Queue): void {
  if (tap.phase == PHASE_REST && tap.end == Infinity && tap.cursor != queue.tail) {
    tap.end = Ring.at(queue, tap.cursor).start + tap.shift;
  }
}

/** Puts a tap at rest at the end of the queue, as if it had always been there. */
export function restTap(tap: Tap, queue: Queue): void {
  tap.cursor = queue.tail;
  tap.phase = PHASE_REST;
  tap.start = LONG_AGO;
  tap.end = Infinity;
  fill(tap, queue);
}

/**
 * Puts a tap where another one is, with its own weights and shift: both see the same phase. `end` moves with the shift.
 */
export function followTap(tap: Tap, other: Tap, queue: Queue): void {
  tap.cursor = other.cursor;
  tap.phase = other.phase;
  tap.start = other.start - other.shift + tap.shift;
  tap.end = other.end - other.shift + tap.shift;
  tap.held = other.held;
  fill(tap, queue);
}

/** Puts a tap without shift where step generation of a stepper without taps has come to. */
export function seedTap(tap: Tap, queue: Queue, cursor: u32, phase: u32, time: f64, held: f64): void {
  tap.held = held;
  if (cursor == queue.tail) {
    restTap(tap, queue);
    return;
  }
  const segment = Ring.at(queue, cursor);
  tap.cursor = cursor;
  if (segment.start > time) {
    tap.phase = PHASE_REST;
    tap.start = LONG_AGO;
    tap.end = segment.start;
    fill(tap, queue);
    return;
  }
  // one phase back, then on to the one that lasts
  tap.phase = phase;
  tap.start = segment.start + (phase > 0 ? segment.accelTime : 0) + (phase > 1 ? segment.cruiseTime : 0);
  const time0 = phase == 0 ? segment.accelTime : phase == 1 ? segment.cruiseTime : segment.decelTime;
  tap.end = phase == 2 ? segment.start + Ring.duration(segment) : tap.start + time0;
  fill(tap, queue);
}
