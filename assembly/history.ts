// Questions about the past: where a stepper stood at a board's clock, exact in steps, and where the tool head was at a
// print time, with its speed. Both go back as far as their rings reach (a stepper's last 4096 commands, the last
// segments), which is 30 s or more of ordinary printing.

import { Queue, Ring } from "./segments";
import { PAST_CAPACITY, Past, Pasts, Stepper } from "./stepper";

/** Steps of a command that are made by `clock`. */
function madeBy(past: Past, clock: f64): f64 {
  const n = <f64>past.count;
  if (clock >= past.end) return n;
  const time = clock - past.start;
  if (time < past.interval) return 0;
  // largest k with interval k + add k(k-1)/2 <= time, first in floating point, then made exact
  const half = past.add * 0.5;
  const linear = past.interval - half;
  let k: f64;
  if (half == 0) {
    k = Math.floor(time / linear);
  } else {
    const root = Math.sqrt(Math.max(linear * linear + 4 * half * time, 0));
    // the branch on which time grows with k
    k = Math.floor((2 * time) / (linear + root));
  }
  k = Math.min(Math.max(k, 1), n);
  while (k < n && past.interval * (k + 1) + half * (k + 1) * k <= time) k += 1;
  while (k > 1 && past.interval * k + half * k * (k - 1) > time) k -= 1;
  return k;
}

/** Steps that `s` has made at `clock` (ticks of its board), counted from the start; NaN when that is too long ago. */
export function stepsAt(s: Stepper, clock: f64): f64 {
  let seq = s.pastTail;
  const oldest = s.pastTail > PAST_CAPACITY ? s.pastTail - PAST_CAPACITY : 0;
  let made = s.made;
  while (seq != oldest) {
    seq -= 1;
    const past = Pasts.at(s, seq);
    if (clock >= past.start) return clock >= past.end ? made : past.position + <f64>past.sign * madeBy(past, clock);
    made = past.position;
  }
  return oldest == 0 ? made : NaN;
}

/** What `moveAt` found. */
@final
export class Moment {
  static x: f64 = 0;
  static y: f64 = 0;
  static z: f64 = 0;
  static e: f64 = 0;
  /** Speed along the path in mm/s, of the tool head and of the filament. */
  static speed: f64 = 0;
  static flow: f64 = 0;
  /** Where the move came from. */
  static tag: f64 = 0;
  static extruder: i32 = 0;
}

/** Where the tool head is at print time `time` (s), into `Moment`. False when that is too long ago. */
export function moveAt(queue: Queue, time: f64): bool {
  const tail = queue.tail;
  if (tail == 0) {
    Moment.x = queue.x;
    Moment.y = queue.y;
    Moment.z = queue.z;
    Moment.e = 0;
    Moment.speed = 0;
    Moment.flow = 0;
    Moment.tag = -1;
    Moment.extruder = 0;
    return true;
  }
  const oldest = tail > queue.mask ? tail - queue.mask : 0;
  // binary search for the last segment that starts by then
  let low = oldest;
  let high = tail;
  while (low < high) {
    const middle = low + ((high - low) >> 1);
    if (Ring.at(queue, middle).start <= time) low = middle + 1;
    else high = middle;
  }
  if (low == oldest) {
    if (oldest != 0) return false;
    low = 1;
  }
  const segment = Ring.at(queue, low - 1);
  const t = Math.max(time - segment.start, 0);
  const accelTime = segment.accelTime;
  const cruise = segment.cruiseSpeed;
  const accel = segment.accel;
  const ta = Math.min(t, accelTime);
  const tc = Math.min(Math.max(t - accelTime, 0), segment.cruiseTime);
  const td = Math.min(Math.max(t - accelTime - segment.cruiseTime, 0), segment.decelTime);
  const path = (segment.startSpeed + 0.5 * accel * ta) * ta + cruise * tc + (cruise - 0.5 * accel * td) * td;
  let speed: f64 = 0;
  if (t < accelTime) speed = segment.startSpeed + accel * t;
  else if (t < accelTime + segment.cruiseTime) speed = cruise;
  else if (t < Ring.duration(segment)) speed = cruise - accel * td;
  Moment.x = segment.x + segment.rx * path;
  Moment.y = segment.y + segment.ry * path;
  Moment.z = segment.z + segment.rz * path;
  Moment.e = segment.e + segment.re * path;
  const moves = segment.rx != 0 || segment.ry != 0 || segment.rz != 0;
  Moment.speed = moves ? speed : 0;
  Moment.flow = speed * segment.re;
  Moment.tag = segment.tag;
  Moment.extruder = segment.extruder;
  if (time >= queue.end) {
    // at rest: where the queue stands now, which may have been declared since
    Moment.x = queue.x;
    Moment.y = queue.y;
    Moment.z = queue.z;
    Moment.speed = 0;
    Moment.flow = 0;
  }
  return true;
}
