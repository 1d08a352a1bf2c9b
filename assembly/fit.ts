// The longest run of steps that one `queue_step` can make.
//
// Step k (1, 2, ...) of a command is made at c + k I + A k(k-1)/2 and must lie in [t_k - e_k, t_k]. Divided by k that is
// a line over k-1: I + A/2 (k-1) must lie between low_k = (t_k - e_k)/k and high_k = t_k/k. So the longest command is a
// line that stabs as many vertical segments as possible, with whole I and A.
//
// 1. Walk along the segments with the steepest line that stabs them all. It touches one low and, behind it, one high;
//    where it passes below a later low, no line can go on: that bounds every command, a proof by three steps.
// 2. Take the largest whole A not above that line and the largest I for it, and see in integers how far it reaches.
//    Mostly to the bound: that is the longest command, found and proven.
// 3. Otherwise walk over just one step more than the best command has, with the steepest and the flattest line: every A
//    of a longer command lies between their slopes. Those few A are looked at one by one, each with all its I at once.
//    When none is left the best is the longest.
//
// Among equally long commands the one that ends latest is taken. Measured on sliced prints, that makes the whole stream 2
// to 4 % shorter than any other simple rule: a start on time leaves the next command its whole window.

import { take } from "./arena";

/** Largest and smallest `add` of the wire format. */
const ADD_MAX: f64 = 32767;
const ADD_MIN: f64 = -32768;
/** Largest `interval` and `count` of the wire format. */
const INTERVAL_MAX: f64 = 4294967295;
export const COUNT_MAX: u32 = 65535;
/** Slack for rounding, in ticks: far below 1 / COUNT_MAX, the finest fraction that can occur. */
const ROUNDING: f64 = 4e-6;
/** Two bounds count as apart when they are at least this far apart, in ticks. */
const APART: f64 = 1e-6;
/** Steps per block of the vector loop. */
const BLOCK: u32 = 8;
/** Entries of the table of reciprocals. */
const TABLE: u32 = 4096;
/** Steps that are walked one by one; behind them every second, then every fourth, and so on. */
const DENSE: u32 = 16;
/** Most steps that a walk looks at. */
const SAMPLES: u32 = 256;
/** More A than this in a bracket are worth a closer look at it. */
const WIDE: f64 = 3;
/** Lines that are tried before the search over A begins. */
const REPAIRS: u32 = 4;
/** Most A that a search looks at: a bound on effort that no measured stream has come near. */
const MOST_PASSES: u32 = 96;

/** 1/k for k = 1 .. TABLE, at index k - 1. */
let reciprocals: usize = 0;
/** Of each step that a walk has passed: its low, its high, its number. */
let lows: usize = 0;
let highs: usize = 0;
let numbers: usize = 0;
/** The A that a search has looked at. */
let seen: usize = 0;
let seenCount: u32 = 0;

export function createFit(): bool {
  // one entry in front, for a distance of 0
  reciprocals = take(<usize>(TABLE + 2) * 8) + 16;
  lows = take(<usize>(SAMPLES + 2) * 8);
  highs = take(<usize>(SAMPLES + 2) * 8);
  numbers = take(<usize>(SAMPLES + 2) * 4);
  seen = take(<usize>MOST_PASSES * 8);
  if (seen == 0) return false;
  for (let k: u32 = 0; k < TABLE; k++) store<f64>(reciprocals + ((<usize>k) << 3), 1 / <f64>(k + 1));
  return true;
}

/** Result of `fit`. */
@final
export class Fit {
  static count: u32 = 0;
  static interval: f64 = 0;
  static add: f64 = 0;
  /** Clock of the last step, relative to the start clock. */
  static end: f64 = 0;
  /** Values of A looked at one by one, in all: a measure of effort. */
  static passes: u32 = 0;
}

// The steps at hand: first time and window, start clock (low 32 bits), how many there are.
let times: usize = 0;
let windows: usize = 0;
let start: u32 = 0;
let available: u32 = 0;

@final
class At {
  /** Due time of step `k` relative to the start clock, in ticks. */
  @inline
  static due(k: u32): f64 {
    return <f64>(load<u32>(times + ((<usize>(k - 1)) << 2)) - start);
  }

  /** How early step `k` may be, in ticks. */
  @inline
  static window(k: u32): f64 {
    return <f64>load<u32>(windows + ((<usize>(k - 1)) << 2));
  }

  /** 1/k. */
  @inline
  static inverse(k: u32): f64 {
    return k <= TABLE ? load<f64>(reciprocals + ((<usize>(k - 1)) << 3)) : 1 / <f64>k;
  }

  @inline
  static high(k: u32): f64 {
    return At.due(k) * At.inverse(k);
  }

  @inline
  static low(k: u32): f64 {
    return (At.due(k) - At.window(k)) * At.inverse(k);
  }

  /** k(k-1)/2. */
  @inline
  static triangle(k: u32): f64 {
    const n = <f64>k;
    return n * (n - 1) * 0.5;
  }
}

/** Keeps a command when it is longer than the best, or as long and ends later. */
function consider(count: u32, interval: f64, add: f64): void {
  if (count < Fit.count || count == 0) return;
  const end = interval * <f64>count + add * At.triangle(count);
  if (count == Fit.count && end <= Fit.end) return;
  Fit.count = count;
  Fit.interval = interval;
  Fit.add = add;
  Fit.end = end;
}

/** The steepest line of the last walk touches the low of step `left` and the high of step `right`. */
let left: u32 = 0;
let right: u32 = 0;
/** No command contains more steps than this. */
let bound: u32 = 0;
/** Slopes of the steepest and, when walked with both, the flattest line of the last walk. */
let steepSlope: f64 = 0;
let flatSlope: f64 = 0;

@final
class Walk {
  /**
   * Walks along the steps, ever wider, with the steepest line above all lows and below all highs, y(k) = level + slope
   * (k-1); with `both` also with the flattest one. A line that respects the two bounds that the steepest one touches lies
   * below it behind the right one (above, for the flattest): when a low lies above it there, or a high below the
   * flattest, no command contains that step.
   */
  @inline
  static along(both: bool): void {
    const n = min(bound, TABLE);
    // fingers on the lows and the highs: indexes among the samples
    let finger: usize = 0;
    let upperFinger: usize = 0;
    let walked: usize = 1;
    const first = At.due(1);
    store<f64>(lows, first - At.window(1));
    store<f64>(lows + 8, -Infinity);
    if (both) {
      store<f64>(highs, first);
      store<f64>(highs + 8, Infinity);
    }
    store<u32>(numbers, 1);
    store<u32>(numbers + 4, 2);
    let slope: f64 = 4294967296;
    let level: f64 = 4294967296;
    let flattest: f64 = -4294967296;
    let flatLevel: f64 = -4294967296;
    let touched: u32 = 1;
    let k: u32 = 2;
    let stride: u32 = 1;
    let wider: u32 = both ? 2 * DENSE : DENSE;
    while (k <= n && walked < SAMPLES) {
      const share = load<f64>(reciprocals + ((<usize>(k - 1)) << 3));
      const due = <f64>(load<u32>(times + ((<usize>(k - 1)) << 2)) - start);
      const high = due * share;
      const low = (due - <f64>load<u32>(windows + ((<usize>(k - 1)) << 2))) * share;
      const value = level + slope * <f64>(k - 1);
      if (low > value) {
        bound = k - 1;
        break;
      }
      const flatValue = both ? flatLevel + flattest * <f64>(k - 1) : 0;
      if (both && high < flatValue) {
        bound = k - 1;
        break;
      }
      // tangent from this high to the lows: the finger moves by at most one sample per step
      const here = lows + (finger << 3);
      const number = numbers + (finger << 2);
      const steep = (high - load<f64>(here)) * Walk.inverse(k - load<u32>(number));
      const next = (high - load<f64>(here + 8)) * Walk.inverse(k - load<u32>(number + 4));
      const cuts = high < value;
      const moves = cuts && next < steep;
      const chosen = moves ? next : steep;
      slope = cuts ? chosen : slope;
      level = cuts ? high - chosen * <f64>(k - 1) : level;
      touched = cuts ? k : touched;
      finger += <usize>moves;
      if (both) {
        const there = highs + (upperFinger << 3);
        const upperNumber = numbers + (upperFinger << 2);
        const flat = (low - load<f64>(there)) * Walk.inverse(k - load<u32>(upperNumber));
        const flatNext = (low - load<f64>(there + 8)) * Walk.inverse(k - load<u32>(upperNumber + 4));
        const lifts = low > flatValue;
        const shifts = lifts && flatNext > flat;
        const picked = shifts ? flatNext : flat;
        flattest = lifts ? picked : flattest;
        flatLevel = lifts ? low - picked * <f64>(k - 1) : flatLevel;
        upperFinger += <usize>shifts;
        store<f64>(highs + (walked << 3), high);
        store<f64>(highs + (walked << 3) + 8, Infinity);
      }
      store<f64>(lows + (walked << 3), low);
      store<f64>(lows + (walked << 3) + 8, -Infinity);
      store<u32>(numbers + (walked << 2), k);
      walked += 1;
      if (k >= wider) {
        stride <<= 1;
        wider <<= 1;
      }
      k += stride;
      store<u32>(numbers + (walked << 2), k);
    }
    left = load<u32>(numbers + (finger << 2));
    right = touched;
    steepSlope = slope;
    if (both) flatSlope = flattest;
  }

  /** 1/d, and anything for 0. */
  @inline
  static inverse(d: u32): f64 {
    return load<f64>(reciprocals + ((<usize>d) << 3) - 8);
  }
}

function walkSteepest(): void {
  Walk.along(false);
}

function walkBoth(): void {
  Walk.along(true);
}

/** Moves the left finger from `step` on to where the line to the touched high is flattest. */
function touchLow(step: u32): void {
  const high = At.high(right);
  let best = Infinity;
  for (let k = step; k < right; k++) {
    const slope = (high - At.low(k)) * At.inverse(right - k);
    if (!(slope < best)) break;
    best = slope;
    left = k;
  }
}

/** Moves the right finger from `step` on to where the line from the touched low is flattest. */
function touchHigh(step: u32): void {
  const low = At.low(left);
  let best = Infinity;
  for (let k = step; k <= bound; k++) {
    const slope = (At.high(k) - low) * At.inverse(k - left);
    if (!(slope < best)) break;
    best = slope;
    right = k;
  }
}

/** How many steps a command makes inside their windows, in whole numbers. */
function verify(interval: u32, add: i32, n: u32): u32 {
  let k: u32 = 0;
  if (ASC_FEATURE_SIMD) {
    // lanes: steps k+1 .. k+4; places mod 2^32
    const first = start + interval;
    let place = i32x4(first, first + interval + add, first + 2 * interval + 3 * add, first + 3 * interval + 6 * add);
    const four = 4 * interval;
    let rise = i32x4(four + 10 * add, four + 14 * add, four + 18 * add, four + 22 * add);
    const bend = i32x4.splat(16 * add);
    let time = times;
    let window = windows;
    while (k < n) {
      const early = i32x4.sub(v128.load(time), place);
      const broken = i32x4.gt_u(early, v128.load(window));
      if (v128.any_true(broken)) return min(n, k + ctz(i32x4.bitmask(broken)));
      place = i32x4.add(place, rise);
      rise = i32x4.add(rise, bend);
      time += 16;
      window += 16;
      k += 4;
    }
    return n;
  }
  let place = start;
  let step = interval;
  while (k < n) {
    place += step;
    step += add;
    if (load<u32>(times + ((<usize>k) << 2)) - place > load<u32>(windows + ((<usize>k) << 2))) break;
    k += 1;
  }
  return k;
}

/** How far `add` reaches with any interval, and with the largest such interval that command is considered. */
function pass(add: f64): void {
  Fit.passes += 1;
  const n = available;
  let low: f64 = 1;
  let high: f64 = INTERVAL_MAX;
  let k: u32 = 0;
  if (ASC_FEATURE_SIMD) {
    const base = i32x4.splat(start);
    const bend = f64x2.splat(4 * add);
    // lanes hold steps k+1 and k+2: add k(k-1)/2 and its growth over two steps
    let triangle = f64x2(0, add);
    let rise = f64x2(3 * add, 5 * add);
    let least = f64x2.splat(low);
    let most = f64x2.splat(high);
    let time = times;
    let window = windows;
    let inverse = reciprocals;
    const table = min<u32>(n, TABLE);
    while (k + BLOCK <= table) {
      for (let i: u32 = 0; i < BLOCK; i += 2) {
        const due = f64x2.convert_low_i32x4_u(i32x4.sub(v128.load64_zero(time), base));
        const early = f64x2.convert_low_i32x4_u(v128.load64_zero(window));
        const share = v128.load(inverse);
        const upper = f64x2.sub(due, triangle);
        most = f64x2.pmin(most, f64x2.mul(upper, share));
        least = f64x2.pmax(least, f64x2.mul(f64x2.sub(upper, early), share));
        triangle = f64x2.add(triangle, rise);
        rise = f64x2.add(rise, bend);
        time += 8;
        window += 8;
        inverse += 16;
      }
      const least0 = f64x2.extract_lane(least, 0);
      const least1 = f64x2.extract_lane(least, 1);
      const most0 = f64x2.extract_lane(most, 0);
      const most1 = f64x2.extract_lane(most, 1);
      const blockLow = least0 > least1 ? least0 : least1;
      const blockHigh = most0 < most1 ? most0 : most1;
      if (blockHigh - blockLow < 1 && Math.ceil(blockLow - ROUNDING) > Math.floor(blockHigh + ROUNDING)) break;
      low = blockLow;
      high = blockHigh;
      k += BLOCK;
    }
  }
  let bend = add * At.triangle(k + 1);
  while (k < n) {
    const share = At.inverse(k + 1);
    const upper = At.due(k + 1) - bend;
    const most = upper * share;
    const least = (upper - At.window(k + 1)) * share;
    const nextHigh = most < high ? most : high;
    const nextLow = least > low ? least : low;
    if (nextHigh - nextLow < 1 && Math.ceil(nextLow - ROUNDING) > Math.floor(nextHigh + ROUNDING)) break;
    low = nextLow;
    high = nextHigh;
    k += 1;
    bend += add * <f64>k;
  }
  consider(k, Math.floor(high + ROUNDING), add);
}

function hasSeen(add: f64): bool {
  for (let i: u32 = 0; i < seenCount; i++) if (load<f64>(seen + ((<usize>i) << 3)) == add) return true;
  return false;
}

/** Bounds on A for a command that contains step `n`: by its low and earlier highs, by its high and earlier lows. */
let leastAdd: f64 = 0;
let mostAdd: f64 = 0;

function boundAdd(n: u32): void {
  const low = At.low(n);
  const high = At.high(n);
  let least = -Infinity;
  let most = Infinity;
  let k: u32 = 1;
  if (ASC_FEATURE_SIMD && n <= TABLE) {
    const base = i32x4.splat(start);
    const lowPair = f64x2.splat(low);
    const highPair = f64x2.splat(high);
    let leasts = f64x2.splat(least);
    let mosts = f64x2.splat(most);
    let at: usize = 0;
    // 1/(n-k) for k and k+1 lies backward in the table
    let chord = reciprocals + ((<usize>(n - 3)) << 3);
    while (k + 1 < n) {
      const due = f64x2.convert_low_i32x4_u(i32x4.sub(v128.load64_zero(times + at), base));
      const early = f64x2.convert_low_i32x4_u(v128.load64_zero(windows + at));
      const share = v128.load(reciprocals + (at << 1));
      const pair = v128.load(chord);
      const distance = v128.shuffle<f64>(pair, pair, 1, 0);
      leasts = f64x2.pmax(leasts, f64x2.mul(f64x2.sub(lowPair, f64x2.mul(due, share)), distance));
      mosts = f64x2.pmin(mosts, f64x2.mul(f64x2.sub(highPair, f64x2.mul(f64x2.sub(due, early), share)), distance));
      k += 2;
      at += 8;
      chord -= 16;
    }
    const least0 = f64x2.extract_lane(leasts, 0);
    const least1 = f64x2.extract_lane(leasts, 1);
    const most0 = f64x2.extract_lane(mosts, 0);
    const most1 = f64x2.extract_lane(mosts, 1);
    least = least0 > least1 ? least0 : least1;
    most = most0 < most1 ? most0 : most1;
  }
  while (k < n) {
    const distance = At.inverse(n - k);
    const up = (low - At.high(k)) * distance;
    const down = (high - At.low(k)) * distance;
    least = up > least ? up : least;
    most = down < most ? down : most;
    k += 1;
  }
  leastAdd = Math.max(ADD_MIN, Math.ceil(2 * least - ROUNDING));
  mostAdd = Math.min(ADD_MAX, Math.floor(2 * most + ROUNDING));
}

/** Slope of the line through the two touched steps. */
function touchedSlope(): f64 {
  return right > left ? (At.high(right) - At.low(left)) * At.inverse(right - left) : ADD_MAX;
}

/** Looks at every A that could make a longer command than the best, until none is left. */
function search(): void {
  const steep = Math.floor(2 * touchedSlope() + ROUNDING);
  const first = Math.max(ADD_MIN, Math.min(ADD_MAX, steep));
  const touched = right;
  seenCount = 1;
  store<f64>(seen, first);
  pass(first);
  while (Fit.count < available) {
    const n = Fit.count + 1;
    boundAdd(n);
    // the two touched steps bound A when the command contains both
    const most = touched <= n ? Math.min(mostAdd, steep) : mostAdd;
    let add = most;
    if (most - leastAdd > WIDE) {
      // many: the two lines say more exactly which
      bound = n;
      walkBoth();
      if (bound < n) return;
      add = Math.min(most, Math.floor(2 * steepSlope + ROUNDING));
      leastAdd = Math.max(leastAdd, Math.ceil(2 * flatSlope - ROUNDING));
    }
    while (add >= leastAdd && Fit.count < n) {
      if (!hasSeen(add)) {
        if (seenCount == MOST_PASSES) return;
        store<f64>(seen + ((<usize>seenCount) << 3), add);
        seenCount += 1;
        pass(add);
      }
      add -= 1;
    }
    if (Fit.count < n) return;
  }
}

/** A command of one step, on time. */
function single(): void {
  Fit.count = 1;
  Fit.interval = At.due(1);
  Fit.add = 0;
  Fit.end = Fit.interval;
}

/**
 * Finds the longest prefix of the steps at `firstTime`, and among equals one that ends late. `clock` is the low word of
 * the start clock, `count` how many steps there are. The result is in `Fit`.
 */
export function fit(firstTime: usize, firstWindow: usize, clock: u32, count: u32): void {
  times = firstTime;
  windows = firstWindow;
  start = clock;
  available = min(count, COUNT_MAX);
  Fit.count = 0;
  Fit.end = 0;
  bound = available;
  if (bound > 1) walkSteepest();
  // how many of the largest A are out of the question
  let less: f64 = 0;
  for (let i: u32 = 0; i < REPAIRS; i++) {
    if (bound == 1) {
      single();
      return;
    }
    // the command that turns about the touched high with the largest A
    const high = At.high(right);
    const slope = touchedSlope();
    const steep = Math.floor(2 * slope + ROUNDING);
    if (steep < ADD_MIN) {
      // no A of the wire format is that small
      bound = min(bound, right - 1);
      walkSteepest();
      continue;
    }
    const add = Math.max(ADD_MIN, Math.min(ADD_MAX, steep) - less);
    const interval = Math.floor(high - add * <f64>(right - 1) * 0.5 + ROUNDING);
    if (!(interval >= 1 && interval <= INTERVAL_MAX)) break;
    const reach = verify(<u32>interval, <i32>add, bound);
    consider(reach, interval, add);
    if (reach == bound) return;
    const step = reach + 1;
    const place = interval + add * <f64>reach * 0.5;
    if (place > At.high(step)) {
      // too late there
      if (step > left) {
        // turn about that high instead
        if (step == right) break;
        touchHigh(step);
      } else {
        // when its high lies below the line in front of both touched steps, no command contains all three
        if (!(high - slope * <f64>(right - step) > At.high(step) + APART)) break;
        bound = min(bound, right - 1);
        walkBoth();
      }
      less = 0;
      continue;
    }
    if (step < right) {
      if (step == left) {
        // whole numbers do not fit between the two: a smaller A lifts the line there
        less += 1;
      } else {
        // too early in front of the touched high: a low that the walk did not see
        touchLow(step);
        less = 0;
      }
      continue;
    }
    // behind it: this A cannot, and any smaller one lies lower still unless a fraction of a tick helps it
    if (At.low(step) > high + (add - 1) * <f64>(step - right) * 0.5 + APART && reach == Fit.count) return;
    break;
  }
  search();
}
