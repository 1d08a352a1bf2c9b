// Step generation of linear kinematics with input shapers: a weighted sum of shifted copies of a piecewise quadratic is
// piecewise quadratic too, between the phase ends of all the copies.

import { NO_ROOM, TAPS_CHANGED } from "./emit";
import { emitBent } from "./emit-bent";
import { changeTaps } from "./shaping";
import { Stepper } from "./stepper";
import { nextPhase, Taps, wakeTap } from "./tap";

/** Longest stretch, in ticks: times within it stay far below 32 bits. */
export const LONGEST_STRETCH: f64 = 1073741824;

/** Generates steps as far as motion up to print time `until` (s) allows. Returns 0, or `NO_ROOM`. */
export function generateShaped(s: Stepper, until: f64): i32 {
  const queue = s.queue;
  const base = s.taps;
  let count = s.tapCount;
  for (let i: u32 = 0; i < count; i++) wakeTap(Taps.at(base, i), queue);
  const frequency = s.frequency;
  const perTick = 1 / frequency;
  const perMm = s.perMm;
  const longest = LONGEST_STRETCH * perTick;
  let goal = until - s.before;
  let t = s.time;
  while (t < goal) {
    let end = Math.min(goal, t + longest);
    if (s.pending != 0 && s.part == 0) {
      const change = changeTaps(s, t, until);
      count = s.tapCount;
      goal = until - s.before;
      if (s.smooth > 0) {
        s.time = t;
        return TAPS_CHANGED;
      }
      if (!(t < goal)) break;
      if (change > t) end = Math.min(end, change);
    }
    let p: f64 = 0;
    let v: f64 = 0;
    let h: f64 = 0;
    for (let i: u32 = 0; i < count; i++) {
      const tap = Taps.at(base, i);
      const bend = tap.h;
      const after = t - tap.start;
      const rise = bend * after;
      p += tap.p + (tap.v + rise) * after;
      v += tap.v + 2 * rise;
      h += bend;
      end = Math.min(end, tap.end);
    }
    if (end > t && (v != 0 || h != 0)) {
      const scale = perMm * perTick;
      const status = emitBent(
        s,
        (t - s.timeOffset) * frequency,
        (end - t) * frequency,
        (p - s.anchor) * perMm - s.position,
        v * scale,
        h * scale * perTick,
      );
      if (status == NO_ROOM) {
        s.time = t;
        return NO_ROOM;
      }
    }
    if (end > t) t = end;
    for (let i: u32 = 0; i < count; i++) {
      const tap = Taps.at(base, i);
      while (tap.end <= t) nextPhase(tap, queue);
    }
  }
  s.time = t;
  return 0;
}
