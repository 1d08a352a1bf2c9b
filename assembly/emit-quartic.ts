// Step times of a stretch whose position is a polynomial of fourth degree: smoothed extruder motion exactly, any other
// smooth kinematics piece by piece.
//
//   w(v) = q0 + q1 v + q2 v^2 + q3 v^3 + q4 v^4 in steps from the step it stands on, 0 <= v <= 1, v = t / length.
//
// The stretch is cut where it turns round. On each part, steps are found by the reverted Taylor series around an exactly
// known point: v = v0 + c1 u + c2 u^2 + c3 u^3 + c4 u^4 with u the distance in steps; as many steps as its next term
// stays below a fraction of a tick, then again from the last step. Where the speed is near nothing, step by step with a
// bracketed Newton iteration.

import { beginRun, FAR, NO_ROOM, Stretch } from "./emit";
import { STEP_CAPACITY, Stepper } from "./stepper";

/** Largest next term of the series, in ticks. */
const TERM: f64 = 0.05;
/** The series of a parabola converges below a ratio of 0.25: it is used up to this. */
const CONVERGES: f64 = 0.12;
/** Four fifths of the exponent's bias, less a constant that halves the greatest error. */
const FIFTH: u64 = (<u64>0x3325c666 << 32) | 0x66666666;
/** A Newton iteration ends when it moves by less than this, in ticks, or after so many rounds. */
const CLOSE: f64 = 0.01;
const ROUNDS: i32 = 40;

/** The polynomial at hand. */
let q0: f64 = 0;
let q1: f64 = 0;
let q2: f64 = 0;
let q3: f64 = 0;
let q4: f64 = 0;
/** Its length in ticks, its start in ticks of 64 bits: whole part and rest. */
let length: f64 = 0;
let base: f64 = 0;
let frac: f64 = 0;

@final
class Poly {
  @inline
  static value(v: f64): f64 {
    return q0 + v * (q1 + v * (q2 + v * (q3 + v * q4)));
  }

  @inline
  static slope(v: f64): f64 {
    return q1 + v * (2 * q2 + v * (3 * q3 + v * 4 * q4));
  }
}

@final
class Root {
  /** Fifth root of a positive number, less 5 %. */
  @inline
  static fifth(x: f64): f64 {
    // a fifth of the exponent and mantissa is within 3.3 %, a Newton step then within 0.3 %
    const y = reinterpret<f64>(reinterpret<u64>(x) / 5 + FIFTH);
    const yy = y * y;
    return 0.95 * (0.8 * y + (0.2 * x) / (yy * yy));
  }
}

/** Turning points of the stretch, ascending; the stretch has at most three. */
let turn0: f64 = 2;
let turn1: f64 = 2;
let turn2: f64 = 2;

/** Adds the turning point in (a, b), over which the slope is monotone. */
function findTurn(a: f64, b: f64): void {
  if (!(b > a)) return;
  const left = Poly.slope(a);
  const right = Poly.slope(b);
  if (!((left < 0 && right > 0) || (left > 0 && right < 0))) return;
  let low = a;
  let high = b;
  for (let i = 0; i < 60 && high - low > 1e-15; i++) {
    const middle = (low + high) * 0.5;
    if (Poly.slope(middle) > 0 == right > 0) high = middle;
    else low = middle;
  }
  const turn = (low + high) * 0.5;
  if (turn0 > 1) turn0 = turn;
  else if (turn1 > 1) turn1 = turn;
  else turn2 = turn;
}

function findTurns(): void {
  turn0 = 2;
  turn1 = 2;
  turn2 = 2;
  if (Math.abs(q1) > 2 * Math.abs(q2) + 3 * Math.abs(q3) + 4 * Math.abs(q4)) return;
  // the slope is monotone between the roots of its own slope, 2 q2 + 6 q3 v + 12 q4 v^2
  let r1: f64 = 2;
  let r2: f64 = 2;
  const a = 12 * q4;
  const b = 6 * q3;
  const c = 2 * q2;
  const d = b * b - 4 * a * c;
  if (d >= 0) {
    const s = -0.5 * (b + (b < 0 ? -Math.sqrt(d) : Math.sqrt(d)));
    const x = a != 0 ? s / a : 2;
    const y = s != 0 ? c / s : 2;
    r1 = Math.min(x, y);
    r2 = Math.max(x, y);
  }
  let from: f64 = 0;
  if (r1 > 0 && r1 < 1) {
    findTurn(from, r1);
    from = r1;
  }
  if (r2 > 0 && r2 < 1) {
    findTurn(from, r2);
    from = r2;
  }
  findTurn(from, 1);
}

/** The place in [low, high] where the polynomial, monotone there, comes to `target`. */
function solve(target: f64, low: f64, high: f64): f64 {
  let a = low;
  let b = high;
  const rises = Poly.value(high) >= Poly.value(low);
  // first guess: the parabola at `low`
  const f1 = Poly.slope(low);
  const f2 = q2 + low * (3 * q3 + low * 6 * q4);
  const d = target - Poly.value(low);
  const root = Math.sqrt(Math.max(f1 * f1 + 4 * f2 * d, 0));
  const divisor = f1 + (rises ? root : -root);
  let v = divisor != 0 ? low + (2 * d) / divisor : (a + b) * 0.5;
  if (!(v > a && v < b)) v = (a + b) * 0.5;
  const close = CLOSE / length;
  for (let i = 0; i < ROUNDS; i++) {
    const error = Poly.value(v) - target;
    if (error > 0 == rises) b = v;
    else a = v;
    let next = v - error / Poly.slope(v);
    if (!(next > a && next < b)) next = (a + b) * 0.5;
    const move = Math.abs(next - v);
    v = next;
    if (move <= close) break;
  }
  return v;
}

/** Writes one step at place `v`. Returns as `beginRun` does. */
function emitOne(s: Stepper, v: f64, direction: u32): i32 {
  const clock = base + Math.floor(frac + v * length);
  if (direction != s.direction || clock - s.trueClock >= FAR || s.runTail == s.runHead) {
    const ready = beginRun(s, direction, clock);
    if (ready != 1) return ready;
  }
  if (s.tail >= STEP_CAPACITY) return NO_ROOM;
  store<u32>(s.times + ((<usize>s.tail) << 2), <u32>(<i64>clock));
  s.tail += 1;
  s.trueClock = clock;
  return 1;
}

/**
 * Writes `count` steps by the series around `v0`, whose distances from there are `u`, `u + 1`, ...; returns the place of
 * the last one.
 */
function emitSeries(s: Stepper, v0: f64, u: f64, count: u32, c1: f64, c2: f64, c3: f64, c4: f64): f64 {
  const low = <u32>(<i64>base);
  let at = s.times + ((<usize>s.tail) << 2);
  const end = at + ((<usize>count) << 2);
  if (ASC_FEATURE_SIMD) {
    let pair = f64x2(u, u + 1);
    const two = f64x2.splat(2);
    const k0 = f64x2.splat(v0 * length + frac);
    const k1 = f64x2.splat(c1 * length);
    const k2 = f64x2.splat(c2 * length);
    const k3 = f64x2.splat(c3 * length);
    const k4 = f64x2.splat(c4 * length);
    const lowPair = i32x4.splat(low);
    while (at < end) {
      let time = f64x2.add(k3, f64x2.mul(pair, k4));
      time = f64x2.add(k2, f64x2.mul(pair, time));
      time = f64x2.add(k1, f64x2.mul(pair, time));
      time = f64x2.add(k0, f64x2.mul(pair, time));
      v128.store64_lane(at, i32x4.add(i32x4.trunc_sat_f64x2_u_zero(time), lowPair), 0);
      pair = f64x2.add(pair, two);
      at += 8;
    }
  } else {
    let x = u;
    while (at < end) {
      const time = v0 * length + frac + x * (c1 * length + x * (c2 * length + x * (c3 * length + x * c4 * length)));
      store<u32>(at, low + <u32>Math.max(time, 0));
      x += 1;
      at += 4;
    }
  }
  s.tail += count;
  const last = load<u32>(s.times + ((<usize>(s.tail - 1)) << 2));
  s.trueClock = base + <f64>(last - low);
  const x = u + <f64>(count - 1);
  return v0 + x * (c1 + x * (c2 + x * (c3 + x * c4)));
}

/** Writes the steps of the monotone part [from, to]; 0 when all are written, `NO_ROOM` otherwise. */
function emitPart(s: Stepper, from: f64, to: f64): i32 {
  const start = Poly.value(from);
  const end = Poly.value(to);
  if (start == end) return 0;
  const sign: f64 = end > start ? 1 : -1;
  const direction: u32 = end > start ? 1 : 0;
  let left = Stretch.steps(sign, end);
  if (!(left >= 1)) return 0;
  // the first step may turn round or come after a long pause
  let v = solve(sign * 0.5, from, to);
  const ready = emitOne(s, v, direction);
  if (ready == NO_ROOM) return NO_ROOM;
  s.position += sign;
  q0 -= sign;
  left -= 1;
  while (left >= 1) {
    const room = STEP_CAPACITY - s.tail;
    if (room < 1) return NO_ROOM;
    const target = sign * 0.5;
    // series around v, over u = w - w(v)
    const f1 = Poly.slope(v);
    const f2 = q2 + v * (3 * q3 + v * 6 * q4);
    const f3 = q3 + v * 4 * q4;
    const f4 = q4;
    const g = 1 / f1;
    const g2 = g * g;
    const r2 = f2 * g;
    const r3 = f3 * g;
    const r4 = f4 * g;
    const c2 = -r2 * g2;
    const c3 = (2 * r2 * r2 - r3) * g2 * g;
    const c4 = (5 * r2 * r3 - r4 - 5 * r2 * r2 * r2) * g2 * g2;
    const first = Math.abs(target - Poly.value(v));
    let count: f64 = 0;
    if (sign * f1 > 0) {
      // the next term, by the sum of its parts: they may cancel here and not a little further on
      const rr = r2 * r2;
      const c5 = (14 * rr * rr + 21 * rr * Math.abs(r3) + 3 * r3 * r3 + 6 * Math.abs(r2 * r4)) * g2 * g2 * Math.abs(g);
      const reach = Math.min(Root.fifth(TERM / (c5 * length)), CONVERGES / Math.abs(r2 * g));
      count = Math.floor(Math.min(Math.min(reach - first, left - 1), <f64>room - 1) + 1);
    }
    if (count >= 1) {
      const n = <u32>count;
      // u is signed: backward steps have negative distances, which the series takes as it is
      const u0 = target - Poly.value(v);
      if (sign > 0) v = emitSeries(s, v, u0, n, g, c2, c3, c4);
      else v = emitSeries(s, v, -u0, n, -g, c2, -c3, c4);
      if (!(v < to)) v = to;
      s.position += sign * count;
      q0 -= sign * count;
      left -= count;
    } else {
      v = solve(target, v, to);
      if (emitOne(s, v, direction) == NO_ROOM) return NO_ROOM;
      s.position += sign;
      q0 -= sign;
      left -= 1;
    }
  }
  return 0;
}

/**
 * Writes the steps of the stretch q0..q4 that begins at `origin` (ticks of 64 bits) and lasts `ticks`. `q0` is relative
 * to the stepper's position. Parts before the one numbered in `s.part` are done already. Returns 0 when all steps are
 * written, `NO_ROOM` when the rest needs another call after compression.
 */
export function emitQuartic(s: Stepper, origin: f64, ticks: f64, a0: f64, a1: f64, a2: f64, a3: f64, a4: f64): i32 {
  q0 = a0;
  q1 = a1;
  q2 = a2;
  q3 = a3;
  q4 = a4;
  // nothing to do where the whole stretch stays within half a step
  if (Math.abs(a0) + Math.abs(a1) + Math.abs(a2) + Math.abs(a3) + Math.abs(a4) < 0.5) {
    s.part = 0;
    return 0;
  }
  length = ticks;
  base = Math.floor(origin);
  frac = origin - base;
  findTurns();
  for (let part: u32 = s.part; part < 4; part++) {
    const from = part == 0 ? 0 : part == 1 ? turn0 : part == 2 ? turn1 : turn2;
    if (from > 1) break;
    const next = part == 0 ? turn0 : part == 1 ? turn1 : part == 2 ? turn2 : 2;
    if (emitPart(s, from, Math.min(next, 1)) == NO_ROOM) {
      s.part = part;
      return NO_ROOM;
    }
  }
  s.part = 0;
  return 0;
}
