import fc from "fast-check";
import { expect, test } from "vitest";
import { PLAN_DONE } from "../../assembly/layout.js";
import { type PlanMove, type PlannedMove, plannedAt, planOracle } from "../oracle/plan.js";
import { CARTESIAN, CoreRig, MOVE } from "../support/core-rig.js";

const BEGIN = 0.5;
const CORNER_VELOCITY = 1;

const coordinate = fc.integer({ min: -5000, max: 5000 }).map((n) => n / 100);

/** Moves of all kinds: long and microscopic, straight on and back, filament alone, none at all. */
const moveList = fc
  .array(
    fc.record({
      kind: fc.constantFrom("any", "any", "tiny", "ahead", "back", "filament", "nothing"),
      x: coordinate,
      y: coordinate,
      z: fc.integer({ min: 0, max: 100 }).map((n) => n / 100),
      e: fc.integer({ min: -200, max: 400 }).map((n) => n / 100),
      hasFilament: fc.boolean(),
      speed: fc.constantFrom(0.5, 10, 60, 150, 300, 1000),
      accel: fc.constantFrom(200, 3000, 3000, 20_000),
      ratio: fc.constantFrom(1, 0.5, 0.5, 0.05),
      corner: fc.constantFrom(0.5, 5, 5, 20),
    }),
    { minLength: 1, maxLength: 40 },
  )
  .map((entries) => {
    const moves: PlanMove[] = [];
    let [x, y, z, dx, dy] = [0, 0, 0, 1, 0];
    for (const { kind, hasFilament, ratio, corner, ...entry } of entries) {
      if (kind === "any") [dx, dy] = [entry.x - x, entry.y - y];
      if (kind === "any") [x, y, z] = [entry.x, entry.y, entry.z];
      else if (kind === "tiny") [x, y] = [x + entry.x * 1e-4, y + entry.y * 1e-4 + 1e-5];
      else if (kind === "ahead") [x, y] = [x + dx * 0.1, y + dy * 0.1];
      else if (kind === "back") [x, y] = [x - dx * 0.3 + dy * 0.02, y - dy * 0.3 - dx * 0.02];
      const { speed, accel } = entry;
      // no more filament than a motor can push while the move lasts
      const e = kind === "filament" || (kind === "any" && hasFilament) ? entry.e : 0;
      const junction = (corner * corner * (Math.SQRT2 - 1)) / accel;
      moves.push({ x, y, z, e, speed, accel, smoothAccel: accel * ratio, junction });
    }
    return moves;
  });

async function rigWith(moves: readonly PlanMove[], records = 4096): Promise<CoreRig> {
  const rig = await CoreRig.create({ steppers: CARTESIAN, cornerVelocity: CORNER_VELOCITY, records });
  rig.core.exports.setEarliest(BEGIN);
  for (const [i, move] of moves.entries()) rig.push({ ...MOVE, ...move, speedCap: move.speed, tag: i });
  return rig;
}

/** The core's plan against the oracle's, at the ends of all moves and between them. */
function expectSame(rig: CoreRig, plan: readonly PlannedMove[]): void {
  const end = plan.at(-1)?.end ?? rig.core.exports.planEnd();
  expect(Math.abs(rig.core.exports.planEnd() - end)).toBeLessThan(1e-7);
  for (const move of plan) {
    for (const share of [0, 0.1, 0.35, 0.5, 0.75, 0.99]) {
      const time = move.start + share * (move.end - move.start);
      const wanted = plannedAt(plan, time);
      const found = rig.moment(time);
      if (found === undefined) throw new Error(`nothing is known of ${time}`);
      const off = [found.x, found.y, found.z, found.e].findIndex(
        (v, i) => !(Math.abs(v - (wanted.place[i] ?? 0)) < 1e-6),
      );
      if (off >= 0) throw new Error(`axis ${off} is not where it is to be at ${time} s`);
    }
  }
}

test("positions over time are those of a simple planner that sees all moves at once", async () => {
  await fc.assert(
    fc.asyncProperty(moveList, async (moves) => {
      const rig = await rigWith(moves);
      rig.finish();
      expectSame(rig, planOracle(moves, BEGIN, CORNER_VELOCITY));
    }),
    { numRuns: 100, endOnFailure: true },
  );
});

test("no speed, corner or acceleration limit is exceeded, speeds join, and the end is at rest", async () => {
  await fc.assert(
    fc.asyncProperty(moveList, async (moves) => {
      const rig = await rigWith(moves);
      rig.finish();
      const plan = planOracle(moves, BEGIN, CORNER_VELOCITY);
      let speedBefore = 0;
      for (const move of plan) {
        const just = (time: number): number => {
          const moment = rig.moment(time);
          if (moment === undefined) throw new Error(`nothing is known of ${time}`);
          const isTravel = move.direction[0] !== 0 || move.direction[1] !== 0 || move.direction[2] !== 0;
          return isTravel ? moment.speed : Math.abs(moment.flow);
        };
        const length = move.end - move.start;
        const slack = 1e-6 * (1 + move.accel);
        if (length < 1e-6) continue;
        let before = just(move.start + 1e-9 * length);
        const fail = (what: string): never => {
          throw new Error(`${what} in the move from ${move.start} to ${move.end} s`);
        };
        if (!(before <= move.cornerLimit + slack)) fail("too fast at its corner");
        if (!(Math.abs(before - speedBefore) <= 1e-3 + slack)) fail("speeds do not join");
        const turns = 20;
        for (let i = 1; i < turns; i++) {
          const speed = just(move.start + (i / turns) * length);
          if (!(speed <= move.speedLimit + 1e-9)) fail("too fast");
          if (!(Math.abs(speed - before) <= (move.accel * length) / turns + slack)) fail("too much acceleration");
          before = speed;
        }
        speedBefore = move.endSpeed;
      }
      expect(speedBefore).toBe(0);
      expect(rig.moment(rig.core.exports.planEnd())?.speed).toBe(0);
    }),
    { numRuns: 60, endOnFailure: true },
  );
});

test("the plan does not depend on when it is asked for", async () => {
  await fc.assert(
    fc.asyncProperty(moveList, fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1 }), async (moves, portions) => {
      const rig = await CoreRig.create({ steppers: CARTESIAN, cornerVelocity: CORNER_VELOCITY });
      rig.core.exports.setEarliest(BEGIN);
      let at = 0;
      for (let i = 0; at < moves.length; i++) {
        const portion = portions[i % portions.length] ?? 1;
        for (const move of moves.slice(at, at + portion)) rig.push({ ...MOVE, ...move, speedCap: move.speed });
        at += portion;
        rig.motion.runAll();
        rig.collect();
      }
      rig.finish();
      expectSame(rig, planOracle(moves, BEGIN, CORNER_VELOCITY));
    }),
    { numRuns: 15, endOnFailure: true },
  );
});

test("motors follow the plan: at any time each stands within half a step and 25 us of it", async () => {
  await fc.assert(
    fc.asyncProperty(moveList, async (moves) => {
      const rig = await rigWith(moves);
      rig.finish();
      const end = rig.core.exports.planEnd();
      for (let i = 0; i <= 50; i++) {
        const time = BEGIN + ((end - BEGIN) * i) / 50;
        const moment = rig.moment(time);
        const speed = Math.max(moment?.speed ?? 0, Math.abs(moment?.flow ?? 0));
        for (const [stepper, { perMm }] of CARTESIAN.entries()) {
          const place = [moment?.x, moment?.y, moment?.z, moment?.e][stepper] ?? 0;
          const steps = rig.core.exports.stepperStepsAt(stepper, time * 16e6);
          // early by 25 us, dropped reversals within 0.75 ms, half a step
          const slack = 0.5 + perMm * (speed + 20_000 * 0.0008) * 0.0008;
          if (!(Math.abs(steps - place * perMm) <= slack))
            throw new Error(`motor ${stepper} is off its path at ${time} s`);
        }
      }
      for (const [stepper, { perMm }] of CARTESIAN.entries()) {
        const moment = rig.moment(end);
        const place =
          stepper === 3 ? moves.reduce((sum, { e }) => sum + e, 0) : ([moment?.x, moment?.y, moment?.z][stepper] ?? 0);
        expect(Math.abs(rig.core.exports.stepperMade(stepper) - place * perMm)).toBeLessThanOrEqual(0.5 + 1e-6);
      }
    }),
    { numRuns: 15, endOnFailure: true },
  );
});

test("more moves than look-ahead can hold are planned, a little slower at most, and end at rest", async () => {
  const moves: PlanMove[] = [];
  // a straight line of 4000 moves that could get faster and faster
  for (let i = 1; i <= 4000; i++) {
    moves.push({ x: i * 0.01, y: 0, z: 0, e: 0, speed: 1000, accel: 100, smoothAccel: 100, junction: 0.01 });
  }
  const rig = await rigWith(moves, 8192);
  rig.finish();
  const [free] = planOracle([{ ...(moves[0] ?? { ...MOVE }), x: 40 }], BEGIN, CORNER_VELOCITY);
  expect(rig.core.exports.planEnd()).toBeGreaterThanOrEqual((free?.end ?? 0) - 1e-9);
  expect(rig.core.exports.planEnd()).toBeLessThan((free?.end ?? 0) * 1.5);
  let before = 0;
  for (let time = BEGIN; time < rig.core.exports.planEnd(); time += 0.001) {
    const speed = rig.moment(time)?.speed ?? Number.NaN;
    if (!(Math.abs(speed - before) <= 0.1 + 1e-6)) throw new Error(`too much acceleration at ${time} s`);
    before = speed;
  }
  expect(rig.stream(0).positionAt(Number.POSITIVE_INFINITY)).toBe(3200);
});

test("a number that cannot be is refused with a status, and nothing of it is planned", async () => {
  for (const bad of [
    { x: Number.NaN },
    { y: Number.POSITIVE_INFINITY },
    { e: Number.NaN },
    { speed: 0 },
    { speed: -5 },
    { accel: 0 },
    { accel: Number.NaN },
    { smoothAccel: -1 },
    { junction: -1 },
    { advance: Number.NEGATIVE_INFINITY },
  ]) {
    const rig = await CoreRig.create({ steppers: CARTESIAN });
    rig.push({ ...MOVE, x: 1, ...bad });
    expect(() => rig.motion.runAll(), JSON.stringify(bad)).toThrow(/the motion core refused a move with status -2/);
    expect(rig.core.exports.plannedMoves()).toBe(0);
  }
});

test("steps faster than a tick are refused with a status, and the core goes on answering", async () => {
  const rig = await CoreRig.create({ steppers: CARTESIAN });
  // a metre of filament on a millionth of a millimetre
  rig.push({ x: 1e-6, e: 1000, speed: 300, speedCap: 300, accel: 1e6, smoothAccel: 1e6 });
  expect(() => rig.finish()).toThrow(/refused to make steps with status -6/);
  expect(rig.core.exports.planEnd()).toBeGreaterThan(0);
});

test("a move of no length and no filament is none", async () => {
  const rig = await rigWith([{ ...MOVE, x: 0 }]);
  rig.finish();
  expect(rig.core.exports.plannedMoves()).toBe(0);
  expect(rig.core.exports.plan(Number.POSITIVE_INFINITY, 1)).toBe(PLAN_DONE);
});

test("timed actions without end are handed out in order, each at the end of the move before it", async () => {
  const rig = await CoreRig.create({ steppers: CARTESIAN, records: 16_384 });
  const count = 3000;
  for (let i = 1; i <= count; i++) {
    rig.push({ x: i * 0.05, tag: i });
    rig.ring.pushTimed(1, i, i / 2, 0, 0, i);
  }
  rig.finish();
  expect(rig.actions.map(({ index }) => index)).toEqual(Array.from({ length: count }, (_, i) => i + 1));
  for (const { index, time } of rig.actions.slice(0, -1)) {
    if (!(Math.abs((rig.moment(time)?.x ?? 0) - index * 0.05) < 1e-6))
      throw new Error(`action ${index} is at a wrong time`);
  }
});

test("after a long rest no more than a second of motion is planned, so that a hold still finds the rest", async () => {
  const rig = await CoreRig.create({ steppers: CARTESIAN });
  // half an hour after the start: a hundred moves of a tenth of a second each
  for (let i = 1; i <= 100; i++) rig.push({ x: (i % 2) * 10, y: (i >> 1) % 2, speed: 100, flags: 8 });
  rig.run(1800, 1800.5);
  expect(rig.core.exports.planEnd()).toBeLessThan(1802.5);
  expect(rig.ring.waiting).toBeGreaterThan(80);
  rig.core.exports.setLive(0, 0, 0, 1);
  rig.run(1800.5, 1804);
  expect(rig.moment(1804)?.speed).toBe(0);
  expect(rig.core.exports.planEnd()).toBeLessThan(1803);
  rig.core.exports.setLive(0, 0, 0, 0);
  rig.run(1804, 1830);
  expect(rig.ring.waiting).toBe(0);
  expect(rig.stream(0).positionAt(Number.POSITIVE_INFINITY)).toBe(0);
});

test("in turns of real time the plan never ends in motion, however long moves are and however slowly they brake", async () => {
  for (const [length, accel] of [
    [0.02, 50],
    [2, 20],
    [80, 100],
  ] as const) {
    const rig = await CoreRig.create({ steppers: CARTESIAN, records: 8192 });
    const count = Math.min(4000, Math.ceil(240 / length));
    for (let i = 1; i <= count; i++)
      rig.push({ x: i * length, speed: 120, accel, smoothAccel: accel / 2, junction: 1 });
    let before = 0;
    const end = 100 + (count * length) / 20;
    for (let now = 100; now < end; now += 0.05) {
      rig.run(now, now + 0.05);
      const speed = rig.moment(now)?.speed ?? Number.NaN;
      if (!(Math.abs(speed - before) <= accel * 0.05 + 1e-6)) throw new Error(`a jump of speed at ${now} s`);
      before = speed;
    }
    expect(rig.ring.waiting).toBe(0);
    expect(rig.stream(0).positionAt(Number.POSITIVE_INFINITY)).toBe(Math.round(count * length * 80));
  }
});

test("factors from a console act within a second, and those of a job take their place", async () => {
  const rig = await CoreRig.create({ steppers: CARTESIAN });
  for (let i = 1; i <= 200; i++) rig.push({ x: i, speed: 10, flags: 1 });
  rig.ring.pushBarrier("factors", 2, 1, 0, 0);
  for (let i = 1; i <= 100; i++) rig.push({ x: 200 + i, speed: 10, flags: 1 });
  rig.run(10, 12);
  expect(rig.moment(11.5)?.speed).toBeCloseTo(10, 6);
  rig.core.exports.setLive(3, 0, 0, 0);
  rig.run(12, 14);
  expect(rig.moment(13.2)?.speed).toBeCloseTo(30, 6);
  rig.run(14, 40);
  expect(rig.core.exports.factorsChanged()).toBe(1);
  expect(rig.core.exports.speedFactor()).toBe(2);
  expect(rig.moment(rig.core.exports.planEnd() - 1)?.speed).toBeCloseTo(20, 6);
});

test("a live Z offset comes in along the path and ends up in the position, with no jump", async () => {
  const rig = await CoreRig.create({ steppers: CARTESIAN });
  for (let i = 1; i <= 100; i++) rig.push({ x: i, z: 0.2, speed: 50, flags: 4 });
  rig.run(10, 10.8);
  rig.core.exports.setLive(0, 0, 0.1, 0);
  rig.run(10.8, 20);
  expect(rig.core.exports.appliedOffset()).toBeCloseTo(0.1, 12);
  expect(rig.moment(20)?.z).toBeCloseTo(0.3, 9);
  expect(rig.stream(2).positionAt(Number.POSITIVE_INFINITY)).toBe(120);
});

test("a drain, a dwell and a new position happen at rest, in order with moves", async () => {
  const rig = await CoreRig.create({ steppers: CARTESIAN });
  rig.core.exports.setEarliest(1);
  rig.push({ x: 10, speed: 100 });
  rig.ring.pushBarrier("drain", 7, 0, 0, 0);
  rig.ring.pushBarrier("dwell", 0.5, 0, 0, 0);
  rig.ring.pushBarrier("setPosition", 100, 0, 0, 0);
  rig.push({ x: 90, speed: 100 });
  rig.finish();
  const [drain] = rig.drains;
  const [first] = planOracle([{ ...MOVE, x: 10 }], 1, CORNER_VELOCITY);
  expect(drain).toEqual({ mark: 7, time: expect.closeTo(first?.end ?? 0, 9) });
  expect(rig.positions).toEqual([{ x: 100, y: 0, z: 0 }]);
  expect(rig.core.exports.planEnd()).toBeCloseTo((first?.end ?? 0) * 2 - 1 + 0.5, 9);
  expect(rig.stream(0).positionAt(Number.POSITIVE_INFINITY)).toBe(0);
  const pause = rig.stream(0).clocks.findIndex((clock) => clock > ((first?.end ?? 0) + 0.25) * 16e6);
  expect(pause).toBe(800);
});

test("what is not planned can be dropped: what is planned ends at rest", async () => {
  const rig = await CoreRig.create({ steppers: CARTESIAN });
  for (let i = 1; i <= 100; i++) rig.push({ x: i, speed: 20 });
  rig.run(5, 6.5);
  rig.core.exports.dropUnplanned();
  expect(rig.ring.waiting).toBe(0);
  rig.run(6.5, 12);
  const stopped = rig.moment(12);
  expect(stopped?.speed).toBe(0);
  expect(stopped?.x).toBeLessThan(60);
  expect(rig.stream(0).positionAt(Number.POSITIVE_INFINITY)).toBe(Math.round((stopped?.x ?? 0) * 80));
});
