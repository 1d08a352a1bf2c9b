// Step generation of kinematics without a closed form: the actuator's position along a stretch is approximated by the
// polynomial of fourth degree through five of its points (Lobatto's, ends included, so that neighbours meet exactly), on
// stretches short enough that it is right everywhere to a millionth of a step.

import { actuatorAt } from "./actuators";
import { NO_ROOM, OUT_OF_REACH } from "./emit";
import { emitQuartic } from "./emit-quartic";
import { LONGEST_STRETCH } from "./shaped";
import { changeTaps } from "./shaping";
import { Stepper } from "./stepper";
import { nextPhase, Taps, wakeTap } from "./tap";

/** Largest error of an approximation, in steps. */
const TOLERANCE: f64 = 1e-6;
/** No stretch is divided below this, in s: what is not smooth at this scale is a corner of the kinematics. */
const SHORTEST: f64 = 4e-6;
/** Places of the inner points on [-1, 1], and of the points where the error is looked at: its extremes are near them. */
const INNER: f64 = 0.6546536707079771;
const INNER2: f64 = 3.0 / 7.0;
const BETWEEN_OUT: f64 = 0.85;
const BETWEEN_IN: f64 = 0.36;

/** Place, speed and half acceleration of the tool head at the start of the stretch, per s. */
let px: f64 = 0;
let vx: f64 = 0;
let hx: f64 = 0;
let py: f64 = 0;
let vy: f64 = 0;
let hy: f64 = 0;
let pz: f64 = 0;
let vz: f64 = 0;
let hz: f64 = 0;

/** Actuator position at `time` s into the stretch. */
function valueAt(s: Stepper, time: f64, near: f64): f64 {
  return actuatorAt(s, px + (vx + hx * time) * time, py + (vy + hy * time) * time, pz + (vz + hz * time) * time, near);
}

/** The polynomial over u in [-1, 1], in mm from its first point, and that point. */
let first: f64 = 0;
let k0: f64 = 0;
let k1: f64 = 0;
let k2: f64 = 0;
let k3: f64 = 0;
let k4: f64 = 0;

@final
class Approximation {
  @inline
  static at(u: f64): f64 {
    return k0 + u * (k1 + u * (k2 + u * (k3 + u * k4)));
  }
}

/** Fits the polynomial to the first `time` s of the stretch; returns its largest error found, in mm. */
function approximate(s: Stepper, time: f64): f64 {
  const half = time * 0.5;
  const f0 = first;
  const f1 = valueAt(s, half * (1 - INNER), f0);
  const f2 = valueAt(s, half, f1);
  const f3 = valueAt(s, half * (1 + INNER), f2);
  const f4 = valueAt(s, time, f3);
  const middle = f2 - f0;
  const evenOut = (f4 - f0) * 0.5 - middle;
  const evenIn = (f3 + f1) * 0.5 - f2;
  const oddOut = (f4 - f0) * 0.5;
  const oddIn = ((f3 - f1) * 0.5) / INNER;
  k0 = middle;
  k4 = (evenIn - INNER2 * evenOut) * (1 / (INNER2 * (INNER2 - 1)));
  k2 = evenOut - k4;
  k3 = (oddIn - oddOut) * (1 / (INNER2 - 1));
  k1 = oddOut - k3;
  const outer = Math.abs(valueAt(s, half * (1 + BETWEEN_OUT), f3) - f0 - Approximation.at(BETWEEN_OUT));
  const inner = Math.abs(valueAt(s, half * (1 - BETWEEN_IN), f1) - f0 - Approximation.at(-BETWEEN_IN));
  return Math.max(outer, inner);
}

/** Generates steps as far as motion up to print time `until` (s) allows. Returns 0, or `NO_ROOM`. */
export function generatePlaced(s: Stepper, until: f64): i32 {
  const queue = s.queue;
  const base = s.taps;
  let count = s.tapCount;
  for (let i: u32 = 0; i < count; i++) wakeTap(Taps.at(base, i), queue);
  const frequency = s.frequency;
  const perMm = s.perMm;
  const longest = LONGEST_STRETCH / frequency;
  const tolerance = TOLERANCE / perMm;
  let goal = until - s.before;
  let t = s.time;
  while (t < goal) {
    let end = Math.min(goal, t + longest);
    if (s.pending != 0 && s.part == 0) {
      const change = changeTaps(s, t, until);
      count = s.tapCount;
      goal = until - s.before;
      if (!(t < goal)) break;
      if (change > t) end = Math.min(end, change);
    }
    px = 0;
    vx = 0;
    hx = 0;
    py = 0;
    vy = 0;
    hy = 0;
    pz = 0;
    vz = 0;
    hz = 0;
    for (let i: u32 = 0; i < count; i++) {
      const tap = Taps.at(base, i);
      const bend = tap.h;
      const after = t - tap.start;
      const rise = bend * after;
      const p = tap.p + (tap.v + rise) * after;
      const v = tap.v + 2 * rise;
      end = Math.min(end, tap.end);
      if (tap.out == 0) {
        px += p;
        vx += v;
        hx += bend;
      } else if (tap.out == 1) {
        py += p;
        vy += v;
        hy += bend;
      } else {
        pz += p;
        vz += v;
        hz += bend;
      }
    }
    const moves = vx != 0 || vy != 0 || vz != 0 || hx != 0 || hy != 0 || hz != 0;
    if (end > t && moves) {
      first = valueAt(s, 0, s.anchor + s.position / perMm);
      let time = end - t;
      if (s.fitted > 0 && time > s.fitted) time /= Math.ceil(time / s.fitted);
      let error = approximate(s, time);
      // the error goes with the fifth power of the length: half of it is 32 times better
      if (error <= tolerance) {
        if (error < tolerance * (1.0 / 64.0)) s.fitted = Math.max(s.fitted, time * 2);
      } else {
        while (!(error <= tolerance) && time > SHORTEST) {
          if (!(error >= 0)) return OUT_OF_REACH;
          time *= error > 32 * tolerance ? 0.25 : 0.5;
          error = approximate(s, time);
        }
        s.fitted = time;
      }
      if (time < end - t) end = t + time;
      // from u in [-1, 1] to v = (u + 1) / 2 in [0, 1]
      const status = emitQuartic(
        s,
        (t - s.timeOffset) * frequency,
        (end - t) * frequency,
        (first - s.anchor) * perMm - s.position,
        (2 * k1 - 4 * k2 + 6 * k3 - 8 * k4) * perMm,
        (4 * k2 - 12 * k3 + 24 * k4) * perMm,
        (8 * k3 - 32 * k4) * perMm,
        16 * k4 * perMm,
      );
      if (status == NO_ROOM) {
        s.time = t;
        // the same stretch again next time
        s.fitted = time;
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
