import fc from "fast-check";
import { expect, test } from "vitest";
import { isOneCommand } from "../oracle/longest-command.js";
import type { Trapezoid } from "../oracle/trapezoids.js";
import { COREXY, CoreRig } from "../support/core-rig.js";
import { follow, HAND_FED, MAX_EARLY, pathOf, type Stretch, shapes, upTo } from "../support/hand-fed.js";
import type { StepStream } from "../support/step-stream.js";

const COUNT_MAX = 65535;

/** Very short stretches with speeds that jump: step times without any order in them. */
const jitter = fc.array(
  fc.record({
    accelTime: fc.constant(0),
    cruiseTime: upTo(0.004).map((time) => time + 0.0002),
    decelTime: fc.constant(0),
    startSpeed: upTo(100).map((speed) => speed + 20),
    accel: fc.constant(0),
    ratio: fc.constantFrom(1, 1, 1, 1, -1),
    rest: fc.constant(0),
  }),
  { minLength: 20, maxLength: 120 },
);

async function made(pieces: readonly Trapezoid[], maxEarly: number, effort: number): Promise<StepStream> {
  const rig = await CoreRig.create(HAND_FED);
  rig.core.exports.setEffort(effort);
  return follow(rig, pieces, maxEarly, 0);
}

/** Every command of `stream` against brute force: one more step would not have fitted. `due` are the true times. */
function expectLongest(stream: StepStream, due: StepStream): number {
  expect(stream.levels).toEqual(due.levels);
  let first = 0;
  let tried = 0;
  for (const command of stream.commands) {
    const next = first + command.count;
    const isEnd = next >= due.clocks.length || due.levels[next] !== command.level;
    if (!isEnd && command.count < COUNT_MAX) {
      const times = due.clocks.slice(first, next + 1);
      if (isOneCommand(command.start, times, MAX_EARLY)) {
        throw new Error(`a command of ${command.count} steps at step ${first} could have been longer`);
      }
      tried += 1;
    }
    first = next;
  }
  return tried;
}

test("without look-ahead every command is the longest that there is, on smooth and on broken paths", async () => {
  let tried = 0;
  await fc.assert(
    fc.asyncProperty(fc.oneof<fc.Arbitrary<Stretch[]>[]>(shapes, jitter), async (shape) => {
      const pieces = pathOf(shape, 0.25);
      tried += expectLongest(await made(pieces, MAX_EARLY, 0), await made(pieces, 0, 0));
    }),
    { numRuns: 40, endOnFailure: true },
  );
  expect(tried).toBeGreaterThan(500);
});

test("a step that is not in a command's way is found by brute force to fit", () => {
  // the oracle itself: three steps 1000 apart fit one command, a fourth 500 later does not
  expect(isOneCommand(0, [1000, 2000, 3000], 400)).toBe(true);
  expect(isOneCommand(0, [1000, 2000, 3000, 3500], 0)).toBe(false);
});

test("a constant speed is one command for as many steps as the core holds at a time", async () => {
  const piece = { start: 0.25, accelTime: 0, cruiseTime: 40, decelTime: 0, from: 0, ratio: 1, accel: 0 };
  const stream = await made([{ ...piece, startSpeed: 50, cruiseSpeed: 50 }], MAX_EARLY, 0);
  expect(stream.clocks).toHaveLength(160_000);
  for (const { count } of stream.commands.slice(1, -1)) expect(count).toBeGreaterThan(16_000);
});

test("more effort never makes more commands of a print, and as many steps", async () => {
  const counts = await Promise.all(
    [0, 1, 2].map(async (effort) => {
      const rig = await CoreRig.create({ steppers: COREXY, records: 4096 });
      rig.core.exports.setEffort(effort);
      // circles of short moves, as slicers make them
      for (let i = 1; i <= 2000; i++) {
        const angle = (i / 90) * 2 * Math.PI;
        const radius = 10 + i / 400;
        rig.push({ x: radius * Math.cos(angle), y: radius * Math.sin(angle), speed: 80 });
      }
      rig.finish();
      const commands = rig.streams.reduce((sum, stream) => sum + stream.commands.length, 0);
      return { commands, steps: rig.streams.map((stream) => stream.clocks.length) };
    }),
  );
  const [none, some, most] = counts;
  expect(some?.steps).toEqual(none?.steps);
  expect(most?.steps).toEqual(none?.steps);
  expect(some?.commands).toBeLessThanOrEqual(none?.commands ?? 0);
  expect(most?.commands).toBeLessThanOrEqual(some?.commands ?? 0);
});
