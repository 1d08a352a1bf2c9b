// thread: any
import fc from "fast-check";
import { CORE_OK } from "../../assembly/layout.js";
import { endOf, type Trapezoid } from "../oracle/trapezoids.js";
import type { CoreRig, RigOptions } from "./core-rig.js";
import type { StepStream } from "./step-stream.js";

export const FREQUENCY = 16_000_000;
export const PER_MM = 80;
/** Queue that the tests fill with trapezoids by hand. */
const QUEUE = 1;
/** How early a step may be, in ticks: 25 us. */
export const MAX_EARLY = 400;

/** One motor on a queue of its own, without a planner in front. */
export const HAND_FED: RigOptions = {
  steppers: [{ motion: { kind: "linear", x: 1, y: 0, z: 0 }, perMm: PER_MM, queue: QUEUE }],
  extraQueues: 1,
  frequencies: [FREQUENCY],
};

/** Mostly evenly spread numbers, and some of the odd ones that doubles can be. */
export const upTo = (max: number): fc.Arbitrary<number> =>
  fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: 0, max: 1_000_003 }).map((n) => (n / 1_000_003) * max) },
    { weight: 1, arbitrary: fc.double({ min: 0, max, noNaN: true }) },
  );

/** A way for one motor: stretches with speeds that join or jump, turns, and rests. */
export const shapes = fc.array(
  fc.record({
    accelTime: upTo(0.05),
    cruiseTime: upTo(0.05).map((time) => time + 0.0001),
    decelTime: upTo(0.05),
    startSpeed: upTo(40),
    accel: upTo(5000),
    ratio: fc.constantFrom(1, -1, Math.SQRT1_2, -0.25, 1e-4),
    rest: fc.constantFrom<number[]>(0, 0, 0, 0.01, 1),
  }),
  { minLength: 1, maxLength: 12 },
);

/** One stretch of a way. */
export interface Stretch {
  readonly accelTime: number;
  readonly cruiseTime: number;
  readonly decelTime: number;
  readonly startSpeed: number;
  readonly accel: number;
  readonly ratio: number;
  readonly rest: number;
}

/** The stretches one behind the other, from print time `begin` on. */
export function pathOf(shape: readonly Stretch[], begin: number): Trapezoid[] {
  const pieces: Trapezoid[] = [];
  let time = begin;
  let from = 0;
  for (const { rest, accelTime, cruiseTime, decelTime, startSpeed, accel, ratio } of shape) {
    const cruiseSpeed = startSpeed + accel * accelTime;
    // speeds do not turn round within a piece
    const braking = accel > 0 ? Math.min(decelTime, cruiseSpeed / accel) : decelTime;
    const start = time + rest;
    const piece = { start, accelTime, cruiseTime, decelTime: braking, from, ratio, startSpeed, cruiseSpeed, accel };
    pieces.push(piece);
    const end = endOf(piece);
    time = end.time;
    from = end.position;
  }
  return pieces;
}

/** Feeds trapezoids into the motor's queue. */
export function feed(rig: CoreRig, pieces: readonly Trapezoid[]): void {
  for (const { start, accelTime, cruiseTime, decelTime, from, ratio, startSpeed, cruiseSpeed, accel } of pieces) {
    const status = rig.core.exports.appendSegment(
      QUEUE,
      start,
      accelTime,
      cruiseTime,
      decelTime,
      from,
      0,
      0,
      ratio,
      0,
      0,
      startSpeed,
      cruiseSpeed,
      accel,
      0,
      0,
      0,
    );
    if (status !== CORE_OK) throw new Error(`the core refused a segment with status ${status}`);
  }
}

/**
 * Feeds trapezoids and makes all their steps; `cuts` are times at which step generation pauses. With none it is made in
 * one go.
 */
export function follow(
  rig: CoreRig,
  pieces: readonly Trapezoid[],
  maxEarly: number,
  filter: number,
  cuts: readonly number[] = [],
): StepStream {
  const { exports } = rig.core;
  exports.setTolerance(0, maxEarly, filter);
  feed(rig, pieces);
  const end = exports.queueEnd(QUEUE);
  for (const cut of cuts.toSorted((a, b) => a - b)) {
    const until = Math.min(cut, end);
    while (exports.advanceSteppers(until, until - 0.05, until - 0.2, 0) !== CORE_OK) rig.collect();
    rig.collect();
  }
  const always = Number.POSITIVE_INFINITY;
  while (exports.advanceSteppers(end, always, -always, 1) !== CORE_OK) rig.collect();
  rig.collect();
  return rig.stream(0);
}
