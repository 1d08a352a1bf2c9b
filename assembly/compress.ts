// Compression: turns a stepper's step times into commands.
//
// The longest command is not always the best one: where it ends is where the next one starts. Along the steepest line
// (see fit.ts) the earliness of the steps first returns to nothing, then grows to the limit: a command cut short on that
// last stretch gives the next one a better start. For long commands a few such cuts are tried, each with the longest
// command that could follow, and the best pair wins; the second of the pair is kept, so it is not computed twice.

import { hasCommandRoom, pushDirection, pushStep } from "./encode";
import { Fit, fit } from "./fit";
import { RUN_CAPACITY, Run, Runs, STEP_CAPACITY, STEP_MARGIN, Stepper } from "./stepper";

/** A first step further away than this from the last one goes alone: its interval is sent modulo 2^32. */
const FAR: f64 = 536870912;

/** Commands shorter than this are not looked behind, and how early their last step is where cuts are tried. */
let lookFrom: u32 = 24;
let cuts: i32 = 1;

/** Earliness of the last step, as a share of its window, at the cuts that are tried, the most useful first. */
const CUT_0: f64 = 0.5;
const CUT_1: f64 = 0.1;
const CUT_2: f64 = 0.75;
const CUT_3: f64 = 0.3;

/**
 * Sets how much work goes into fewer commands: 0 takes the longest each time, 1 looks ahead where commands are long
 * (3 to 5 % fewer there, nothing where they are short), 2 looks ahead everywhere and further.
 */
export function setEffort(effort: i32): void {
  lookFrom = effort <= 0 ? 0xffffffff : effort == 1 ? 24 : 4;
  cuts = effort <= 1 ? 1 : 4;
}

/** All that may go is gone. */
export const COMPRESSED: i32 = 0;
/** The ring of commands is full: take some and call again. */
export const COMMANDS_FULL: i32 = 1;
/** Two steps are due in one tick: no command can make them. */
export const TOO_FAST: i32 = -1;

/** How early each new step may be: by half the time since the step before it, and by no more than the limit. */
function openWindows(s: Stepper): void {
  let at = s.times + ((<usize>s.open) << 2);
  let window = s.windows + ((<usize>s.open) << 2);
  const end = s.times + ((<usize>s.tail) << 2);
  const limit = s.maxEarly;
  if (ASC_FEATURE_SIMD) {
    const limits = i32x4.splat(limit);
    // the last vector may reach behind the last step: what it writes there is written again
    while (at < end) {
      const gap = i32x4.sub(v128.load(at), v128.load(at - 4));
      v128.store(window, i32x4.min_u(i32x4.shr_u(gap, 1), limits));
      at += 16;
      window += 16;
    }
  } else {
    while (at < end) {
      store<u32>(window, min((load<u32>(at) - load<u32>(at - 4)) >> 1, limit));
      at += 4;
      window += 4;
    }
  }
  s.open = s.tail;
}

/** Whether no step to come can cancel the newest one: it would have to reverse it soon after. */
function isSettled(s: Stepper): bool {
  return (s.time - s.timeOffset) * s.frequency - s.trueClock >= <f64>s.filter;
}

/**
 * Makes commands for the steps of `s`. None starts at `until` (ticks) or later. A command that steps to come could still
 * lengthen is made only when it starts before `force`, or when `last` says that none will come.
 */
export function compress(s: Stepper, until: f64, force: f64, last: bool): i32 {
  openWindows(s);
  while (s.head != s.tail) {
    if (s.lastClock >= until) break;
    if (!hasCommandRoom(s)) return COMMANDS_FULL;
    const run = Runs.at(s, s.runHead);
    const open = s.runTail - s.runHead == 1 && !last;
    const end = s.runTail - s.runHead == 1 ? s.tail : Runs.at(s, s.runHead + 1).first;
    let count = end - s.head;
    if (open && !isSettled(s)) count -= 1;
    if (count == 0) break;
    if (s.head == run.first && !startRun(s, run)) {
      if (s.head == end) s.runHead += 1;
      continue;
    }
    const first = (<usize>s.head) << 2;
    const clock = <u32>(<i64>s.lastClock);
    store<u32>(s.windows + first, min((load<u32>(s.times + first) - clock) >> 1, s.maxEarly));
    if (s.planCount > 0) {
      Fit.count = s.planCount;
      Fit.interval = s.planInterval;
      Fit.add = s.planAdd;
      Fit.end = s.planEnd;
      s.planCount = 0;
    } else {
      fit(s.times + first, s.windows + first, clock, count);
    }
    if (Fit.count == 0 || Fit.interval < 1) return TOO_FAST;
    if (open && Fit.count == count && s.lastClock >= force) break;
    if (Fit.count >= lookFrom && Fit.count < count) lookAhead(s, first, clock, count);
    pushStep(s, <u32>Fit.interval, Fit.count, <i32>Fit.add, s.lastClock + Fit.end);
    s.head += Fit.count;
    if (s.head == end) s.runHead += 1;
  }
  compact(s);
  return COMPRESSED;
}

/**
 * Sends the direction of a run where it changes, and the first step alone when it is far away. True when the run's first
 * step is still waiting.
 */
function startRun(s: Stepper, run: Run): bool {
  if (s.sentDirection != run.direction) {
    s.sentDirection = run.direction;
    pushDirection(s, run.direction ^ s.invert);
    return false;
  }
  if (run.clock - s.lastClock < FAR) return true;
  pushStep(s, <u32>(<i64>(run.clock - s.lastClock)), 1, 0, run.clock);
  s.head += 1;
  return false;
}

/** Moves what waits to the front of the buffers when their back is near. */
function compact(s: Stepper): void {
  const head = s.head;
  if (head < STEP_CAPACITY / 2 && head != s.tail) return;
  if (head == STEP_MARGIN) return;
  const shift = head - STEP_MARGIN;
  const from = (<usize>shift) << 2;
  const bytes = (<usize>(s.tail - shift)) << 2;
  memory.copy(s.times, s.times + from, bytes);
  memory.copy(s.windows, s.windows + from, bytes);
  s.head = STEP_MARGIN;
  s.tail -= shift;
  s.open -= shift;
  for (let i = s.runHead; i != s.runTail; i++) Runs.at(s, i).first -= shift;
}

/** Whether the buffers of `s` have little room left. */
export function isCrowded(s: Stepper): bool {
  return s.tail > STEP_CAPACITY - STEP_CAPACITY / 4 || s.runTail - s.runHead > RUN_CAPACITY / 2;
}

/** The better of the commands that look-ahead has compared, and how far it gets with the one behind it. */
@final
class Best {
  static count: u32 = 0;
  static interval: f64 = 0;
  static add: f64 = 0;
  static end: f64 = 0;
  static reach: u32 = 0;
}

/** How early step `k` of a command is, as a share of its window. */
function earliness(times: usize, windows: usize, clock: u32, k: u32, interval: f64, add: f64): f64 {
  const at = (<usize>(k - 1)) << 2;
  const n = <f64>k;
  const place = interval * n + add * n * (n - 1) * 0.5;
  return (<f64>(load<u32>(times + at) - clock) - place) / Math.max(<f64>load<u32>(windows + at), 1);
}

/** The longest cut of a command, in its rear half, whose last step is early by no more than `share` of its window. */
function cutAt(times: usize, windows: usize, clock: u32, count: u32, interval: f64, add: f64, share: f64): u32 {
  if (earliness(times, windows, clock, count, interval, add) <= share) return count;
  const stride = max<u32>(1, count >> 5);
  let over = count;
  while (over > stride && over - stride >= count >> 1) {
    let under = over - stride;
    if (earliness(times, windows, clock, under, interval, add) <= share) {
      while (over - under > 1) {
        const middle = (over + under) >> 1;
        if (earliness(times, windows, clock, middle, interval, add) <= share) under = middle;
        else over = middle;
      }
      return under;
    }
    over = under;
  }
  return count;
}

/** Compares a command of `used` steps, ending at `end`, with the best so far by how far the next one gets. */
function compare(s: Stepper, first: usize, clock: u32, count: u32, used: u32, interval: f64, add: f64, end: f64): void {
  const at = first + ((<usize>used) << 2);
  const from = clock + <u32>(<i64>end);
  const window = s.windows + at;
  const kept = load<u32>(window);
  store<u32>(window, min((load<u32>(s.times + at) - from) >> 1, s.maxEarly));
  fit(s.times + at, window, from, count - used);
  store<u32>(window, kept);
  const reach = used + Fit.count;
  if (reach <= Best.reach) return;
  Best.count = used;
  Best.interval = interval;
  Best.add = add;
  Best.end = end;
  Best.reach = reach;
  s.planCount = Fit.count;
  s.planInterval = Fit.interval;
  s.planAdd = Fit.add;
  s.planEnd = Fit.end;
}

/** Tries cuts of the command in `Fit`, and leaves the best in `Fit` and what follows it as the stepper's plan. */
function lookAhead(s: Stepper, first: usize, clock: u32, count: u32): void {
  const longest = Fit.count;
  const interval = Fit.interval;
  const add = Fit.add;
  Best.reach = 0;
  compare(s, first, clock, count, longest, interval, add, Fit.end);
  let seen = longest;
  for (let i = 0; i < cuts; i++) {
    const share = i == 0 ? CUT_0 : i == 1 ? CUT_1 : i == 2 ? CUT_2 : CUT_3;
    const used = cutAt(s.times + first, s.windows + first, clock, longest, interval, add, share);
    if (used == longest || used == seen || used == Best.count) continue;
    seen = used;
    const n = <f64>used;
    compare(s, first, clock, count, used, interval, add, interval * n + add * n * (n - 1) * 0.5);
  }
  Fit.count = Best.count;
  Fit.interval = Best.interval;
  Fit.add = Best.add;
  Fit.end = Best.end;
}
