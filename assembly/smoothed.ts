// Step generation of filament with pressure advance.
//
// p(t) is the filament's place plus advance times its speed; what is made is P(t), the average of p over [t - h, t + h]
// with a triangular weight. So P'' = (p(t+h) - 2 p(t) + p(t-h)) / h^2: with three taps P is piecewise quartic, at the
// same cost per piece however many moves the window holds. P and P' are carried along by integration; they are exact
// again whenever one phase fills the window, and are computed anew from the integral itself from time to time.

import { NO_ROOM, TAPS_CHANGED } from "./emit";
import { emitBent } from "./emit-bent";
import { emitQuartic } from "./emit-quartic";
import { Queue } from "./segments";
import { LONGEST_STRETCH } from "./shaped";
import { changeTaps } from "./shaping";
import { PULSE_LIMIT, Stepper } from "./stepper";
import { nextPhase, TAP_SIZE, Tap, Taps, wakeTap } from "./tap";

/** Stretches over which rounding may add up before the integral is taken anew. */
const RENEW: u32 = 512;
/** Places closer than this, in mm, count as the same place of rest. */
const SAME: f64 = 1e-9;

/** Computes the smoothed place and speed at print time `t` from the phases in the window. */
function renew(s: Stepper, t: f64, queue: Queue): void {
  const h = s.smooth;
  const past = Taps.at(s.taps, 2);
  const now = Taps.at(s.taps, 1);
  const walker = Taps.at(s.taps, 3 * PULSE_LIMIT);
  memory.copy(changetype<usize>(walker), changetype<usize>(past), TAP_SIZE);
  const centre = placeAt(now, t);
  let place: f64 = 0;
  let speed: f64 = 0;
  let from = -h;
  while (from < h) {
    // the phase around s = 0 at time t, as a polynomial of s
    const start = walker.start - walker.shift - t;
    const to = Math.min(walker.end - walker.shift - t, h);
    const bend = walker.h;
    const slope = walker.v - 2 * bend * start;
    const level = walker.p - centre - (walker.v - bend * start) * start;
    let a = from;
    while (a < to) {
      const b = a < 0 ? Math.min(to, 0) : to;
      const side: f64 = a < 0 ? 1 : -1;
      const d1 = b - a;
      const d2 = (b * b - a * a) * 0.5;
      const d3 = (b * b * b - a * a * a) / 3;
      const d4 = (b * b * b * b - a * a * a * a) * 0.25;
      const plain = level * d1 + slope * d2 + bend * d3;
      const turned = level * d2 + slope * d3 + bend * d4;
      place += h * plain + side * turned;
      speed -= side * plain;
      a = b;
    }
    if (to > from) from = to;
    if (from < h) nextPhase(walker, queue);
  }
  s.smoothPlace = centre + place / (h * h);
  s.smoothSpeed = speed / (h * h);
  s.smoothLeft = RENEW;
}

function placeAt(tap: Tap, t: f64): f64 {
  const after = t - tap.start;
  return tap.p + (tap.v + tap.h * after) * after;
}

/** Generates steps as far as motion up to print time `until` (s) allows. Returns 0, or `NO_ROOM`. */
export function generateSmoothed(s: Stepper, until: f64): i32 {
  const queue = s.queue;
  const future = Taps.at(s.taps, 0);
  const now = Taps.at(s.taps, 1);
  const past = Taps.at(s.taps, 2);
  wakeTap(future, queue);
  wakeTap(now, queue);
  wakeTap(past, queue);
  const frequency = s.frequency;
  const perMm = s.perMm;
  const h = s.smooth;
  const inverse = 1 / (h * h);
  const longest = LONGEST_STRETCH / frequency;
  const goal = until - s.before;
  let t = s.time;
  while (t < goal) {
    let end = Math.min(Math.min(goal, t + longest), Math.min(Math.min(future.end, now.end), past.end));
    if (s.pending != 0 && s.part == 0) {
      const change = changeTaps(s, t, until);
      if (change <= t) {
        s.time = t;
        return TAPS_CHANGED;
      }
      end = Math.min(end, change);
    }
    if (end > t) {
      const time = end - t;
      const origin = (t - s.timeOffset) * frequency;
      const isOnePhase = future.cursor == past.cursor && future.phase == past.phase;
      const rests = future.v == 0 && now.v == 0 && past.v == 0 && future.h == 0 && now.h == 0 && past.h == 0;
      if (isOnePhase || (rests && Math.abs(future.p - past.p) < SAME && Math.abs(now.p - past.p) < SAME)) {
        const after = t - now.start;
        const rise = now.h * after;
        const p = now.p + (now.v + rise) * after + now.h * (h * h) * (1.0 / 6.0);
        const v = now.v + 2 * rise;
        if (v != 0 || now.h != 0) {
          const scale = perMm / frequency;
          const status = emitBent(
            s,
            origin,
            time * frequency,
            (p - s.anchor) * perMm - s.position,
            v * scale,
            (now.h * scale) / frequency,
          );
          if (status == NO_ROOM) {
            s.time = t;
            return NO_ROOM;
          }
        }
        s.smoothPlace = p + (v + now.h * time) * time;
        s.smoothSpeed = v + 2 * now.h * time;
        s.smoothLeft = RENEW;
      } else {
        if (s.smoothLeft == 0) renew(s, t, queue);
        const afterFuture = t - future.start;
        const afterNow = t - now.start;
        const afterPast = t - past.start;
        const riseFuture = future.h * afterFuture;
        const riseNow = now.h * afterNow;
        const risePast = past.h * afterPast;
        // differences of places first: they are close to each other
        const centre = now.p + (now.v + riseNow) * afterNow;
        const ahead = future.p + (future.v + riseFuture) * afterFuture - centre;
        const behind = past.p + (past.v + risePast) * afterPast - centre;
        const c0 = (ahead + behind) * inverse * 0.5;
        const c1 =
          (future.v + 2 * riseFuture + (past.v + 2 * risePast) - 2 * (now.v + 2 * riseNow)) * inverse * (1.0 / 6.0);
        const c2 = (future.h + past.h - 2 * now.h) * inverse * (1.0 / 12.0);
        const tt = time * time;
        const status = emitQuartic(
          s,
          origin,
          time * frequency,
          (s.smoothPlace - s.anchor) * perMm - s.position,
          s.smoothSpeed * time * perMm,
          c0 * tt * perMm,
          c1 * tt * time * perMm,
          c2 * tt * tt * perMm,
        );
        if (status == NO_ROOM) {
          s.time = t;
          return NO_ROOM;
        }
        s.smoothPlace += time * (s.smoothSpeed + time * (c0 + time * (c1 + time * c2)));
        s.smoothSpeed += time * (2 * c0 + time * (3 * c1 + time * 4 * c2));
        s.smoothLeft -= 1;
      }
      t = end;
    }
    while (future.end <= t) nextPhase(future, queue);
    while (now.end <= t) nextPhase(now, queue);
    while (past.end <= t) nextPhase(past, queue);
  }
  s.time = t;
  return 0;
}
