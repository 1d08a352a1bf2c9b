// Step generation: walks the planned segments of a stepper's motion queue and writes the times of its steps. Here is the
// shortest way, for linear kinematics and filament as they are; what looks at other moments too has taps (tap.ts).

import { KIND_EXTRUDER, KIND_LINEAR } from "./actuators";
import { emitQuadratic, NO_ROOM, TAPS_CHANGED } from "./emit";
import { generatePlaced } from "./placed";
import { Ring } from "./segments";
import { generateShaped, LONGEST_STRETCH } from "./shaped";
import { startTaps } from "./shaping";
import { generateSmoothed } from "./smoothed";
import { Stepper } from "./stepper";
import { Taps } from "./tap";

/**
 * Generates steps as far as motion up to print time `until` (s) allows; nothing may be appended later that begins before
 * it. Returns 0, `NO_ROOM` when compression has to make room first, or `OUT_OF_REACH`.
 */
export function generate(s: Stepper, until: f64): i32 {
  while (true) {
    if (s.tapCount == 0) {
      // a change begins where the last call came to its end
      if (s.pending == 0 || !(s.time > -Infinity)) return generateLinear(s, until);
      startTaps(s);
    }
    const status =
      s.smooth > 0
        ? generateSmoothed(s, until)
        : s.kind == KIND_LINEAR || s.kind == KIND_EXTRUDER
          ? generateShaped(s, until)
          : generatePlaced(s, until);
    noteCursor(s);
    if (status != TAPS_CHANGED) return status;
  }
}

/** Notes the oldest segment that a tap still looks at. */
function noteCursor(s: Stepper): void {
  let oldest = Taps.at(s.taps, 0).cursor;
  for (let i: u32 = 1; i < s.tapCount; i++) {
    const cursor = Taps.at(s.taps, i).cursor;
    if (<i32>(cursor - oldest) < 0) oldest = cursor;
  }
  s.cursor = oldest;
}

/** Writes the steps of a phase that may be longer than 32 bits of ticks. */
function emitPhase(s: Stepper, origin: f64, length: f64, sign: f64, first: f64, a: f64, b: f64): i32 {
  for (let from: f64 = 0; from < length; from += LONGEST_STRETCH) {
    const part = Math.min(LONGEST_STRETCH, length - from);
    const w0 = first + (a + b * from) * from - s.position;
    if (emitQuadratic(s, origin + from, part, sign, w0, a + 2 * b * from, b) == NO_ROOM) return NO_ROOM;
  }
  return 0;
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
    const place = isExtruder ? segment.e : s.p0 * segment.x + s.p1 * segment.y + s.p2 * segment.z;
    const scale = direction * perMm;
    const sign: f64 = scale > 0 ? 1 : -1;
    // position at the start of the segment, in steps from step 0 of the anchor
    const first = (place - s.anchor) * perMm;
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
        const origin = (start - s.timeOffset) * frequency;
        const w = first + scale * path;
        const a = speed * scale * perTick;
        const status =
          length <= LONGEST_STRETCH
            ? emitQuadratic(s, origin, length, sign, w - s.position, a, b)
            : emitPhase(s, origin, length, sign, w, a, b);
        if (status == NO_ROOM) {
          s.cursor = cursor;
          s.phase = phase;
          s.time = NaN;
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
  s.time = until;
  return 0;
}
