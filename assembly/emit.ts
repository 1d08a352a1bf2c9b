// Step times of one monotone stretch of motion, written as 32-bit ticks.
//
// A stretch is described by the actuator's position in steps, relative to the step it stands on:
//   w(t) = w0 + a t + b t^2, t in ticks from `origin`, 0 <= t <= length.
// The k-th step in direction s is due where w crosses s (k - 1/2), so
//   t_k = (s sqrt(a^2 + 4 b d_k) - a) / (2 b), d_k = s (k - 1/2) - w0.
// How many steps there are is a difference of floors: no search for "the next one".

import { RUN_CAPACITY, Runs, STEP_CAPACITY, Stepper } from "./stepper";

/** Below this bend (in steps over the whole stretch) the stretch counts as straight. */
const STRAIGHT: f64 = 1e-7;
/** Steps further apart than this start a new run: differences of 32-bit times stay unambiguous. */
export const FAR: f64 = 536870912;

/** The buffers are full: compress, then ask again. */
export const NO_ROOM: i32 = -1;
/** The stepper's taps have changed: another way of generating may be the right one now. */
export const TAPS_CHANGED: i32 = -2;
/** The actuator cannot reach the place. */
export const OUT_OF_REACH: i32 = -3;

/** Steps of a stretch that ends at `w` when it moves in direction `sign`. */
@final
export class Stretch {
  @inline
  static steps(sign: f64, w: f64): f64 {
    return Math.floor(sign * w + 0.5);
  }
}

/**
 * Makes the buffers ready for a first step in `direction` (1 or 0) at `clock`. Returns 1 to go on, 0 when that step and
 * the one before it cancel out (both are dropped then), `NO_ROOM` when there is no room for another run.
 */
export function beginRun(s: Stepper, direction: u32, clock: f64): i32 {
  if (s.direction != direction && s.tail > s.head && clock - s.trueClock < <f64>s.filter) {
    // the last step is still here: take it back and skip the new one
    const run = Runs.at(s, s.runTail - 1);
    const last = s.times + ((<usize>(s.tail - 1)) << 2);
    s.tail -= 1;
    if (s.open > s.tail) s.open = s.tail;
    if (run.first == s.tail) {
      s.trueClock = run.before;
      s.runTail -= 1;
      s.direction = s.runTail == s.runHead ? 2 : Runs.at(s, s.runTail - 1).direction;
    } else {
      s.trueClock -= <f64>(load<u32>(last) - load<u32>(last - 4));
    }
    return 0;
  }
  if (s.runTail - s.runHead >= RUN_CAPACITY) return NO_ROOM;
  const run = Runs.at(s, s.runTail);
  run.first = s.tail;
  run.direction = direction;
  run.clock = clock;
  run.before = s.trueClock;
  s.runTail += 1;
  s.direction = direction;
  return 1;
}

/**
 * Writes the steps of a stretch. `origin` is its start in 64-bit ticks, `sign` +1 or -1. Updates the stepper's
 * position. Returns 0 when all steps are written, `NO_ROOM` when the rest needs another call after compression.
 */
export function emitQuadratic(s: Stepper, origin: f64, length: f64, sign: f64, w0: f64, a: f64, b: f64): i32 {
  let count = Stretch.steps(sign, w0 + (a + b * length) * length);
  if (!(count >= 1)) return 0;
  const bent = Math.abs(b) * length * length >= STRAIGHT;
  const base = Math.floor(origin);
  const frac = origin - base;
  const half = bent ? 0.5 / b : 0;
  const inverse = bent ? 0 : 1 / a;
  const aa = a * a;
  const b4 = 4 * b;

  // the first step decides about direction changes and gaps
  const direction: u32 = sign > 0 ? 1 : 0;
  let d = sign * 0.5 - w0;
  let t = bent ? (sign * Math.sqrt(Math.max(aa + b4 * d, 0)) - a) * half : d * inverse;
  const clock = base + Math.floor(frac + Math.min(Math.max(t, 0), length));
  if (direction != s.direction || clock - s.trueClock >= FAR || s.runTail == s.runHead) {
    const ready = beginRun(s, direction, clock);
    if (ready == NO_ROOM) return NO_ROOM;
    if (ready == 0) {
      s.position += sign;
      if (count < 2) return 0;
      return emitQuadratic(s, origin, length, sign, w0 - sign, a, b);
    }
  }

  const room = <f64>(STEP_CAPACITY - s.tail);
  let status = 0;
  if (count > room) {
    if (room < 1) return NO_ROOM;
    count = room;
    status = NO_ROOM;
  }
  const n = <u32>count;
  const low = <u32>(<i64>base);
  let at = s.times + ((<usize>s.tail) << 2);
  if (ASC_FEATURE_SIMD) {
    const step = f64x2.splat(2 * sign);
    const lowPair = i32x4.splat(low);
    const zero = f64x2.splat(0);
    const limit = f64x2.splat(length);
    const fraction = f64x2.splat(frac);
    let pair = f64x2(sign * 0.5 - w0, sign * 1.5 - w0);
    const end = at + ((<usize>n) << 2);
    if (bent) {
      const aas = f64x2.splat(aa);
      const b4s = f64x2.splat(b4);
      const as = f64x2.splat(a * half);
      const halves = f64x2.splat(half * sign);
      while (at < end) {
        const root = f64x2.sqrt(f64x2.max(f64x2.add(aas, f64x2.mul(b4s, pair)), zero));
        const time = f64x2.min(f64x2.max(f64x2.sub(f64x2.mul(root, halves), as), zero), limit);
        v128.store64_lane(at, i32x4.add(i32x4.trunc_sat_f64x2_u_zero(f64x2.add(time, fraction)), lowPair), 0);
        pair = f64x2.add(pair, step);
        at += 8;
      }
    } else {
      const inverses = f64x2.splat(inverse);
      while (at < end) {
        const time = f64x2.min(f64x2.max(f64x2.mul(pair, inverses), zero), limit);
        v128.store64_lane(at, i32x4.add(i32x4.trunc_sat_f64x2_u_zero(f64x2.add(time, fraction)), lowPair), 0);
        pair = f64x2.add(pair, step);
        at += 8;
      }
    }
  } else {
    d = sign * 0.5 - w0;
    const end = at + ((<usize>n) << 2);
    while (at < end) {
      t = bent ? Math.sqrt(Math.max(aa + b4 * d, 0)) * (half * sign) - a * half : d * inverse;
      t = Math.min(Math.max(t, 0), length);
      store<u32>(at, low + <u32>(t + frac));
      d += sign;
      at += 4;
    }
  }
  s.tail += n;
  s.position += sign * count;
  const last = s.times + ((<usize>(s.tail - 1)) << 2);
  // the last time of the stretch, widened again
  const lastLow = load<u32>(last);
  s.trueClock = base + <f64>(lastLow - low);
  return status;
}
