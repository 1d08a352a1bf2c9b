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
      corner: fc.constantFrom(0, 5, 5, 20),
    }),
    { minLength: 1, maxLength: 40 },
  )
  .map((entries) => {
    const moves: PlanMove[] = [];
    let [x, y, z, dx, dy] = [0, 0, 0, 1, 0];
    for (const { kind, hasFilament, ratio, corner, ...entry } of entries) {
      if (kind === "any") [dx, dy] = [entry.x - x, entry.y - y];
      if (kind === "any") [x, y, z] = [entry.x, entry.y, entry.z];
      else if (kind === "tiny") x += entry.x * 1e-4;
      else if (kind === "ahead") [x, y] = [x + dx * 0.1, y + dy * 0.1];
      else if (kind === "back") [x, y] = [x - dx * 0.3 + dy * 0.02, y - dy * 0.3 - dx * 0.02];
      const { speed, accel } = entry;
      const e = kind === "nothing" || (kind !== "filament" && !hasFilament) ? 0 : entry.e;
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
    { numRuns: 30 },
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
    { numRuns: 15 },
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
    { numRuns: 15 },
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
    { numRuns: 15 },
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

test("a move of no length and no filament is none", async () => {
  const rig = await rigWith([{ ...MOVE, x: 0 }]);
  rig.finish();
  expect(rig.core.exports.plannedMoves()).toBe(0);
  expect(rig.core.exports.plan(Number.POSITIVE_INFINITY, 1)).toBe(PLAN_DONE);
});
