// Which taps a stepper has: input shapers and smoothing of filament as they are wanted, and the change from one to
// another. A change is made without a stop and without a jump: where the motion rests or runs at constant speed for as
// long as either looks, both give the same position and speed.

import { actuatorUses, KIND_EXTRUDER, KIND_LINEAR } from "./actuators";
import { CORE_BAD_INDEX, CORE_BAD_NUMBER, CORE_OK } from "./layout";
import { PULSE_LIMIT, PULSES_SIZE, Stepper } from "./stepper";
import { followTap, OUT_FILAMENT, restTap, seedTap, TAP_SIZE, Tap, Taps } from "./tap";

/** Weights of a shaper add up to 1 within this. */
const ROUNDING: f64 = 1e-9;
/** Longest window that a shaper or smoothing may have on either side, in s. */
const WIDEST: f64 = 0.5;

@final
class Pulses {
  @inline
  static count(s: Stepper, axis: u32): u32 {
    return load<u32>(s.pulses + <usize>axis * PULSES_SIZE);
  }

  @inline
  static at(s: Stepper, axis: u32, i: u32): usize {
    return s.pulses + <usize>axis * PULSES_SIZE + 8 + <usize>i * 16;
  }
}

/**
 * Sets the wanted pulses of one axis (0 to 2) of a stepper: `count` weights and delays in s, 0 for no shaper. The
 * weights add up to 1, the weighted delays to 0.
 */
export function wantPulses(s: Stepper, axis: u32, count: u32, from: usize): i32 {
  if (axis > 2 || count > PULSE_LIMIT) return CORE_BAD_INDEX;
  if (s.kind == KIND_EXTRUDER) return CORE_BAD_INDEX;
  let sum: f64 = 0;
  let centre: f64 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const weight = load<f64>(from + <usize>i * 16);
    const delay = load<f64>(from + <usize>i * 16 + 8);
    if (!(Math.abs(delay) <= WIDEST)) return CORE_BAD_NUMBER;
    sum += weight;
    centre += weight * delay;
  }
  if (count > 0 && !(Math.abs(sum - 1) <= ROUNDING && Math.abs(centre) <= ROUNDING)) return CORE_BAD_NUMBER;
  const to = s.pulses + <usize>axis * PULSES_SIZE;
  if (count == load<u32>(to) && memory.compare(to + 8, from, <usize>count * 16) == 0) return CORE_OK;
  store<u32>(to, count);
  memory.copy(to + 8, from, <usize>count * 16);
  if (actuatorUses(s, axis)) s.pending = 1;
  return CORE_OK;
}

/** Sets the wanted half width of the window that smooths the filament of a stepper, in s; 0 for none. */
export function wantSmooth(s: Stepper, half: f64): i32 {
  if (s.kind != KIND_EXTRUDER) return CORE_BAD_INDEX;
  if (!(half >= 0 && half <= WIDEST)) return CORE_BAD_NUMBER;
  if (half == s.wantedSmooth) return CORE_OK;
  s.wantedSmooth = half;
  s.pending = 1;
  return CORE_OK;
}

/** Shortest and longest delay of the taps that are wanted, in s. */
let leastShift: f64 = 0;
let mostShift: f64 = 0;

function measureWanted(s: Stepper): void {
  const half = s.kind == KIND_EXTRUDER ? s.wantedSmooth : 0;
  leastShift = -half;
  mostShift = half;
  if (s.kind == KIND_EXTRUDER) return;
  for (let axis: u32 = 0; axis < 3; axis++) {
    if (!actuatorUses(s, axis)) continue;
    for (let i: u32 = 0; i < Pulses.count(s, axis); i++) {
      const delay = load<f64>(Pulses.at(s, axis, i) + 8);
      leastShift = Math.min(leastShift, delay);
      mostShift = Math.max(mostShift, delay);
    }
  }
}

/** How far ahead of a position the motion must be known, with what is in use and what is wanted, in s. */
export function lookBefore(s: Stepper): f64 {
  if (s.pending == 0) return s.before;
  measureWanted(s);
  return Math.max(s.before, -leastShift);
}

/** How long the motion still shows behind its end, likewise. */
export function lookAfter(s: Stepper): f64 {
  if (s.pending == 0) return s.after;
  measureWanted(s);
  return Math.max(s.after, mostShift);
}

function addTap(s: Stepper, out: i32, cx: f64, cy: f64, cz: f64, shift: f64): void {
  const tap = Taps.at(s.taps, s.tapCount);
  tap.out = out;
  tap.extruder = s.extruder;
  tap.cx = cx;
  tap.cy = cy;
  tap.cz = cz;
  tap.shift = shift;
  s.tapCount += 1;
}

/** The last of the stepper's tap records is never in use: it says where a change takes place. */
function spareTap(s: Stepper): Tap {
  return Taps.at(s.taps, 3 * PULSE_LIMIT);
}

/** Sets up the wanted taps without a place in the motion yet. */
function buildTaps(s: Stepper): void {
  s.tapCount = 0;
  s.smooth = s.kind == KIND_EXTRUDER ? s.wantedSmooth : 0;
  s.pending = 0;
  s.part = 0;
  s.smoothLeft = 0;
  s.fitted = 0;
  if (s.kind == KIND_EXTRUDER) {
    if (s.smooth > 0) {
      addTap(s, OUT_FILAMENT, 1, 0, 0, -s.smooth);
      addTap(s, OUT_FILAMENT, 1, 0, 0, 0);
      addTap(s, OUT_FILAMENT, 1, 0, 0, s.smooth);
    } else {
      addTap(s, OUT_FILAMENT, 0, 0, 0, 0);
    }
  } else {
    const isLinear = s.kind == KIND_LINEAR;
    // axes without a shaper share one tap where only their sum counts
    let restX: f64 = 0;
    let restY: f64 = 0;
    let restZ: f64 = 0;
    for (let axis: u32 = 0; axis < 3; axis++) {
      if (!actuatorUses(s, axis)) continue;
      const factor = isLinear ? (axis == 0 ? s.p0 : axis == 1 ? s.p1 : s.p2) : 1;
      const count = Pulses.count(s, axis);
      if (count == 0 && isLinear) {
        if (axis == 0) restX = factor;
        else if (axis == 1) restY = factor;
        else restZ = factor;
        continue;
      }
      const out: i32 = isLinear ? 0 : axis;
      for (let i: u32 = 0; i < max<u32>(count, 1); i++) {
        const weight = count == 0 ? factor : factor * load<f64>(Pulses.at(s, axis, i));
        const shift = count == 0 ? 0 : load<f64>(Pulses.at(s, axis, i) + 8);
        addTap(s, out, axis == 0 ? weight : 0, axis == 1 ? weight : 0, axis == 2 ? weight : 0, shift);
      }
    }
    if (restX != 0 || restY != 0 || restZ != 0 || s.tapCount == 0) addTap(s, 0, restX, restY, restZ, 0);
  }
  s.before = 0;
  s.after = 0;
  for (let i: u32 = 0; i < s.tapCount; i++) {
    const shift = Taps.at(s.taps, i).shift;
    s.before = Math.max(s.before, -shift);
    s.after = Math.max(s.after, shift);
  }
}

/** Whether what is wanted needs taps. */
function needsTaps(s: Stepper): bool {
  if (s.kind == KIND_EXTRUDER) return s.wantedSmooth > 0;
  if (s.kind != KIND_LINEAR) return true;
  for (let axis: u32 = 0; axis < 3; axis++) if (Pulses.count(s, axis) > 0 && actuatorUses(s, axis)) return true;
  return false;
}

/** Puts a stepper at rest at the end of its queue, filament at `held` (mm), with what is wanted in use. */
export function restTaps(s: Stepper, held: f64): void {
  s.cursor = s.queue.tail;
  s.phase = 0;
  buildTaps(s);
  if (!needsTaps(s)) {
    s.tapCount = 0;
    return;
  }
  for (let i: u32 = 0; i < s.tapCount; i++) {
    const tap = Taps.at(s.taps, i);
    tap.held = held;
    restTap(tap, s.queue);
  }
}

/** Gives a stepper that reads the segments directly one tap, at the place that it has come to. */
export function startTaps(s: Stepper): void {
  s.tapCount = 0;
  if (s.kind == KIND_EXTRUDER) addTap(s, OUT_FILAMENT, 0, 0, 0, 0);
  else addTap(s, 0, s.p0, s.p1, s.p2, 0);
  seedTap(Taps.at(s.taps, 0), s.queue, s.cursor, s.phase, s.time, s.anchor + s.position / s.perMm);
}

/**
 * Takes into use what is wanted, if that can be done at print time `time` (s); the motion is known up to `known`. Returns
 * the print time at which it can be done when that lies in the present phase, else infinity; `time` when it is done.
 */
export function changeTaps(s: Stepper, time: f64, known: f64): f64 {
  const first = Taps.at(s.taps, 0);
  for (let i: u32 = 0; i < s.tapCount; i++) {
    const tap = Taps.at(s.taps, i);
    if (tap.cursor != first.cursor || tap.phase != first.phase || tap.h != 0) return Infinity;
  }
  // with smoothing comes pressure advance: both agree on filament that rests
  if (s.smooth > 0 != s.wantedSmooth > 0 && first.v != 0) return Infinity;
  measureWanted(s);
  const earliest = Math.max(time, first.start - first.shift + mostShift);
  const latest = Math.min(first.end - first.shift, known) + leastShift;
  if (!(earliest <= latest)) return Infinity;
  if (earliest > time) return earliest;
  const place = spareTap(s);
  memory.copy(changetype<usize>(place), changetype<usize>(first), TAP_SIZE);
  buildTaps(s);
  for (let i: u32 = 0; i < s.tapCount; i++) followTap(Taps.at(s.taps, i), place, s.queue);
  return time;
}
