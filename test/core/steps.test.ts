import fc from "fast-check";
import { expect, test } from "vitest";
import { ExactPath, endOf } from "../oracle/trapezoids.js";
import { CoreRig } from "../support/core-rig.js";
import { FREQUENCY, follow, HAND_FED, MAX_EARLY, PER_MM, pathOf, shapes, upTo } from "../support/hand-fed.js";
import type { StepStream } from "../support/step-stream.js";

/** Rounding of a position, in steps: 1e-8 of a step at 300 mm/s is less than 1e-12 s. */
const ROUNDING = 1e-8;

/** Each step against the exact path: taken when the crossing is ahead by no more than it may be early, and not behind. */
function check(path: ExactPath, stream: StepStream, maxEarly: number): void {
  let position = 0;
  let dueBefore = 0;
  const firsts = new Set<number>();
  let made = 0;
  for (const { count } of stream.commands) {
    firsts.add(made);
    made += count;
  }
  const slack = path.steps(ROUNDING);
  for (const [i, clock] of stream.clocks.entries()) {
    const sign = stream.levels[i] === 1 ? 1 : -1;
    const boundary = path.steps(position + 0.5 * sign);
    const ahead = (tick: number): boolean => {
      const over = path.at(tick).minus(boundary);
      return (sign > 0 ? over : path.steps(0).minus(over)).minus(slack).sign <= 0;
    };
    if (!ahead(clock)) throw new Error(`step ${i} at ${clock} is late`);
    // the first tick at which the crossing is over
    let due = clock;
    const reached = (tick: number): boolean => {
      const over = path.at(tick).minus(boundary);
      return (sign > 0 ? over : path.steps(0).minus(over)).plus(slack).sign >= 0;
    };
    let low = clock;
    let high = clock + maxEarly + 2;
    if (!reached(high)) throw new Error(`step ${i} at ${clock} is more than ${maxEarly} ticks early`);
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (reached(middle)) high = middle;
      else low = middle;
    }
    due = reached(low) ? low : high;
    // a command's first step is measured from where the command before it really ended
    const before = firsts.has(i) ? (stream.clocks[i - 1] ?? 0) : dueBefore;
    const allowed = Math.min(maxEarly, (due - before) / 2);
    // one tick each for this crossing, and half a one for the crossing before it, lie between two ticks
    if (due - clock > allowed + 1.5) throw new Error(`step ${i} is ${due - clock} ticks early, ${allowed} are allowed`);
    dueBefore = due;
    position += sign;
  }
}

test("each step is on time, at most 25 us and half a step early, never late, on any path", async () => {
  await fc.assert(
    fc.asyncProperty(shapes, fc.array(upTo(1), { maxLength: 4 }), async (shape, cuts) => {
      const pieces = pathOf(shape, 0.25);
      const rig = await CoreRig.create(HAND_FED);
      const stream = follow(rig, pieces, MAX_EARLY, 0, cuts);
      const path = new ExactPath(pieces, PER_MM, FREQUENCY);
      check(path, stream, MAX_EARLY);
      const last = pieces.at(-1);
      const stands = last === undefined ? 0 : endOf(last).position * PER_MM;
      const steps = stream.positionAt(Number.POSITIVE_INFINITY);
      expect(Math.abs(steps - stands)).toBeLessThanOrEqual(0.5 + ROUNDING);
      expect(rig.core.exports.stepperMade(0)).toBe(steps);
    }),
    { numRuns: 40, endOnFailure: true },
  );
});

test("with no room to be early every step is on the tick before its crossing", async () => {
  await fc.assert(
    fc.asyncProperty(shapes, async (shape) => {
      const pieces = pathOf(shape, 0.25);
      const stream = follow(await CoreRig.create(HAND_FED), pieces, 0, 0, []);
      check(new ExactPath(pieces, PER_MM, FREQUENCY), stream, 0);
    }),
    { numRuns: 20, endOnFailure: true },
  );
});

test("after thirty hours steps are as exact as in the first minute", async () => {
  const begin = 30 * 3600;
  const frequency = 180_000_000;
  const rig = await CoreRig.create({ ...HAND_FED, frequencies: [frequency] });
  const piece = { accelTime: 0.05, cruiseTime: 0.05, decelTime: 0.05, startSpeed: 0, cruiseSpeed: 250, accel: 5000 };
  const pieces = [{ ...piece, start: begin, from: 0, ratio: 1 }];
  const stream = follow(rig, pieces, 4500, 0, []);
  expect(stream.clocks).toHaveLength(Math.round(endOf({ ...piece, start: begin, from: 0, ratio: 1 }).position * 80));
  // a first step that far away is told modulo 2^32: the board's counter has 32 bits
  const wraps = Math.floor((begin * frequency) / 4294967296) * 4294967296;
  const path = new ExactPath(pieces, PER_MM, frequency);
  let position = 0;
  for (const clock of stream.clocks) {
    const over = path.at(clock + wraps).minus(path.steps(position + 0.5));
    // a double of 30 h resolves 15 ps: 3e-7 steps at this speed
    expect(over.minus(path.steps(1e-6)).sign).toBeLessThanOrEqual(0);
    expect(path.at(clock + wraps + 4502).minus(path.steps(position + 0.5)).sign).toBe(1);
    position += 1;
  }
});

test("a step and its reversal within the filter are both dropped, and the position stays right", async () => {
  // 0.2 steps beyond a boundary and back within 0.5 ms
  const there = 0.7 / PER_MM;
  const piece = {
    accelTime: 0,
    cruiseTime: 0.00025,
    decelTime: 0,
    startSpeed: there / 0.00025,
    cruiseSpeed: there / 0.00025,
  };
  const pieces = [
    { ...piece, accel: 0, start: 1, from: 0, ratio: 1 },
    { ...piece, accel: 0, start: 1.00025, from: there, ratio: -1 },
  ];
  const filtered = follow(await CoreRig.create(HAND_FED), pieces, MAX_EARLY, 12_000, []);
  expect(filtered.clocks).toEqual([]);
  const kept = follow(await CoreRig.create(HAND_FED), pieces, MAX_EARLY, 0, []);
  expect(kept.levels).toEqual([1, 0]);
});

test("an inverted direction pin gets the opposite level for the same steps", async () => {
  const shape = { accelTime: 0.02, cruiseTime: 0.05, decelTime: 0.02, startSpeed: 0, accel: 2000, rest: 0 };
  const pieces = pathOf(
    [
      { ...shape, ratio: 1 },
      { ...shape, ratio: -1 },
    ],
    0.25,
  );
  const plain = follow(await CoreRig.create(HAND_FED), pieces, MAX_EARLY, 0, []);
  const steppers = HAND_FED.steppers.map((stepper) => ({ ...stepper, inverted: true }));
  const inverted = follow(await CoreRig.create({ ...HAND_FED, steppers }), pieces, MAX_EARLY, 0, []);
  expect(inverted.clocks).toEqual(plain.clocks);
  expect(inverted.levels).toEqual(plain.levels.map((level) => 1 - level));
});
