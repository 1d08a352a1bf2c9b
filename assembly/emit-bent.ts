// Step times of a parabola that may turn round: both parts by the quadratic kernel.

import { emitQuadratic, NO_ROOM } from "./emit";
import { Stepper } from "./stepper";

/**
 * Writes the steps of w(t) = w0 + a t + b t^2 (steps from the stepper's position, t in ticks, 0 <= t <= length) that
 * begins at `origin` (ticks of 64 bits). Goes on with the part numbered in `s.part`. Returns 0 when all steps are
 * written, `NO_ROOM` when the rest needs another call after compression.
 */
export function emitBent(s: Stepper, origin: f64, length: f64, w0: f64, a: f64, b: f64): i32 {
  const turn = a * b < 0 ? (-0.5 * a) / b : length;
  if (!(turn < length)) {
    s.part = 0;
    const way = (a + b * length) * length;
    return way == 0 ? 0 : emitQuadratic(s, origin, length, way > 0 ? 1 : -1, w0, a, b);
  }
  const sign: f64 = a > 0 ? 1 : -1;
  const before = s.position;
  if (s.part == 0) {
    if (emitQuadratic(s, origin, turn, sign, w0, a, b) == NO_ROOM) return NO_ROOM;
    s.part = 1;
  }
  const top = w0 - (s.position - before) + (a + b * turn) * turn;
  if (emitQuadratic(s, origin + turn, length - turn, -sign, top, 0, b) == NO_ROOM) return NO_ROOM;
  s.part = 0;
  return 0;
}
