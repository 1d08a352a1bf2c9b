// Step generation: walks the planned segments of a stepper's motion queue and writes the times of its steps.

import { emitQuadratic, NO_ROOM } from "./emit";
import { Ring } from "./segments";
import { Stepper } from "./stepper";

/** Actuator position is p0 x + p1 y + p2 z. */
export const KIND_LINEAR: i32 = 1;
/** Actuator position is that of the filament. */
export const KIND_EXTRUDER: i32 = 2;

/** Generates steps up to print time `until` (s). Returns 0, or `NO_ROOM` when compression has to make room first. */
export function generate(s: Stepper, until: f64): i32 {
  switch (s.kind) {
    case KIND_LINEAR:
    case KIND_EXTRUDER:
      return generateLinear(s, until);
    default:
      return 0;
  }
}

function generateLinear(s: Stepper, until: f64): i32 {
  const queue = s.queue;
  const tail = queue.tail;
  const isExtruder = s.kind == KIND_EXTRUDER;
  const perMm = s.perMm;
  const frequency = s.frequency;
  const perTick = 1 / frequency;
  let cursor = s.cursor;
  let phase = s.phase;
  while (cursor != tail) {
    const segment = Ring.at(queue, cursor);
    let start = segment.start;
    if (start >= until) break;
    const accelTime = segment.accelTime;
    const cruiseTime = segment.cruiseTime;
    const decelTime = segment.decelTime;
    const direction = isExtruder
      ? segment.extruder == s.extruder
        ? segment.re
        : 0
      : s.p0 * segment.rx + s.p1 * segment.ry + s.p2 * segment.rz;
    if (direction == 0) {
      if (start + accelTime + cruiseTime + decelTime > until) break;
      cursor += 1;
      phase = 0;
      continue;
    }
    const origin = isExtruder ? segment.e : s.p0 * segment.x + s.p1 * segment.y + s.p2 * segment.z;
    const scale = direction * perMm;
    const sign: f64 = scale > 0 ? 1 : -1;
    // position at the start of the segment, in steps from step 0 of the anchor
    const first = (origin - s.anchor) * perMm;
    const startSpeed = segment.startSpeed;
    const cruiseSpeed = segment.cruiseSpeed;
    const bend = segment.accel * 0.5 * scale * perTick * perTick;
    let path: f64 = 0;
    // phases before the one to go on with
    if (phase > 0) {
      path += (startSpeed + cruiseSpeed) * 0.5 * accelTime;
      start += accelTime;
    }
    if (phase > 1) {
      path += cruiseSpeed * cruiseTime;
      start += cruiseTime;
    }
    while (phase < 3) {
      const time = phase == 0 ? accelTime : phase == 1 ? cruiseTime : decelTime;
      if (time > 0) {
        if (start >= until) break;
        const speed = phase == 0 ? startSpeed : cruiseSpeed;
        const b = phase == 0 ? bend : phase == 1 ? 0 : -bend;
        const whole = start + time <= until;
        const length = (whole ? time : until - start) * frequency;
        const status = emitQuadratic(
          s,
          (start - s.timeOffset) * frequency,
          length,
          sign,
          first + scale * path - s.position,
          speed * scale * perTick,
          b,
        );
        if (status == NO_ROOM) {
          s.cursor = cursor;
          s.phase = phase;
          return NO_ROOM;
        }
        if (!whole) break;
        path += phase == 0 ? (startSpeed + cruiseSpeed) * 0.5 * time : cruiseSpeed * time;
        start += time;
      }
      phase += 1;
    }
    if (phase < 3) break;
    cursor += 1;
    phase = 0;
  }
  s.cursor = cursor;
  s.phase = phase;
  return 0;
}
