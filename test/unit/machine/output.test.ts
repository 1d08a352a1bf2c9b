import fc from "fast-check";
import { expect, test } from "vitest";
import { Output } from "../../../host/machine/outputs/output.js";
import type { OutputSetup } from "../../../host/machine/setup.js";
import { printTime } from "../../../host/shared/units.js";
import { changedDictionary, RecordingBoard } from "../../support/recording-board.js";

const FREQUENCY = 64e6;
const FAN: OutputSetup = {
  name: "fan",
  board: 0,
  oid: 3,
  kind: "soft-pwm",
  inverted: false,
  scale: 640_000,
  maxDurationS: 0,
  startValue: 0,
  shutdownValue: 0,
  minIntervalS: 0.1,
  kickStartS: 0,
  offBelow: 0,
  minValue: 0,
  maxValue: 1,
  publish: undefined,
};

function outputOn(changes: Partial<OutputSetup>, isRegulated = false): { output: Output; board: RecordingBoard } {
  const board = new RecordingBoard();
  return { board, output: new Output(board, { ...FAN, ...changes }, isRegulated) };
}

const order = (time: number, onTicks: number): string =>
  `queue_digital_out oid=3 clock=${Math.round(time * FREQUENCY) >>> 0} on_ticks=${onTicks}`;

/** Lets time pass in steps of a turn. */
function run(board: RecordingBoard, output: Output, until: number): void {
  for (let now = board.now + 0.05; now <= until + 1e-9; now += 0.05) {
    board.now = now;
    output.tick();
  }
}

test("orders a value for its print time, half a second before it is due", () => {
  const { board, output } = outputOn({});
  output.set(printTime(2), 0.25);
  run(board, output, 1.4);
  expect(board.sent).toEqual([]);
  run(board, output, 1.55);
  expect(board.sent).toEqual(
    [{ device: 0, text: order(2, 160_000), at: 1.5, min: 0, due: 2, takesSlot: true }].map((one) => ({
      ...one,
      at: expect.closeTo(one.at, 9),
    })),
  );
});

test("a time that has passed means as soon as the board can be told", () => {
  const { board, output } = outputOn({});
  board.now = 5;
  output.set(printTime(1), 1);
  output.tick();
  expect(board.texts).toEqual([order(5.1, 640_000)]);
});

test("an order may leave when the one before is carried out, and has a tenth of a second to travel", () => {
  const { board, output } = outputOn({ minIntervalS: 0 });
  board.now = 1;
  output.set(printTime(1.2), 1);
  output.set(printTime(1.25), 0.5);
  output.set(printTime(1.45), 0);
  output.tick();
  expect(board.sent.map(({ min }) => min)).toEqual([0, expect.closeTo(1.15, 9), expect.closeTo(1.25, 9)]);
});

test("of requests that come faster than the pin may change, the last one wins", () => {
  const { board, output } = outputOn({});
  output.set(printTime(0.2), 0.1);
  output.set(printTime(0.21), 0.2);
  output.set(printTime(0.25), 0.3);
  output.set(printTime(0.29), 0.4);
  run(board, output, 0.5);
  expect(board.texts).toEqual([order(0.2, 64_000), order(0.3, 256_000)]);
});

test("the same value again is no order", () => {
  const { board, output } = outputOn({});
  output.set(printTime(0.2), 0.5);
  output.set(printTime(1), 0.5);
  run(board, output, 2);
  expect(board.texts).toEqual([order(0.2, 320_000)]);
});

test("a request for now drops what was requested for later", () => {
  const { board, output } = outputOn({});
  output.set(printTime(3), 1);
  output.setNow(0.5);
  run(board, output, 4);
  expect(board.texts).toEqual([order(0.1, 320_000)]);
});

test("stops behind an order that has left already", () => {
  const { board, output } = outputOn({});
  output.set(printTime(0.4), 1);
  output.tick();
  output.stopNow();
  expect(board.texts).toEqual([order(0.4, 640_000), order(0.5, 0)]);
});

test.each([
  ["a digital pin", { kind: "digital", scale: 1 }, [0, 0, 1, 1]],
  ["an inverted digital pin", { kind: "digital", scale: 1, inverted: true }, [1, 1, 0, 0]],
  ["pulses made in software", {}, [0, 160_000, 320_000, 640_000]],
  ["inverted pulses", { inverted: true }, [640_000, 480_000, 320_000, 0]],
  ["pulses scaled down", { maxValue: 0.5 }, [0, 80_000, 160_000, 320_000]],
  ["pulses with a least power", { minValue: 0.2 }, [0, 256_000, 384_000, 640_000]],
  ["a fan that is off below 0.3", { offBelow: 0.3 }, [0, 0, 320_000, 640_000]],
] satisfies [string, Partial<OutputSetup>, number[]][])("%s", (_, changes, levels) => {
  const { board, output } = outputOn({ startValue: 0.123, ...changes });
  [0, 0.25, 0.5, 1].forEach((value, i) => {
    output.setNow(value);
    run(board, output, i + 1);
  });
  const found = board.texts.map((text) => Number(/on_ticks=(\d+)/.exec(text)?.[1]));
  expect([...new Set(found)]).toEqual([...new Set(levels)]);
});

test("pulses made in hardware are told as a share of full scale", () => {
  const { board, output } = outputOn({ kind: "pwm", scale: 255 });
  output.setNow(0.5);
  expect(board.texts).toEqual(["queue_pwm_out oid=3 clock=6400000 value=128"]);
});

test("tells a board at the start what the pin's value is", () => {
  const { board, output } = outputOn({ startValue: 0.5 });
  output.start();
  expect(board.texts).toEqual([order(0.1, 320_000)]);
  expect(output.value).toBe(0.5);
});

test("a clock beyond 32 bits is cut to what the wire carries", () => {
  const { board, output } = outputOn({});
  board.now = 100;
  output.setNow(1);
  expect(board.texts).toEqual([
    `queue_digital_out oid=3 clock=${Math.round(100.1 * FREQUENCY) - 2 ** 32} on_ticks=640000`,
  ]);
});

test("a value that is no number is off", () => {
  const { board, output } = outputOn({ startValue: 1 });
  output.setNow(Number.NaN);
  expect(board.texts).toEqual([order(0.1, 0)]);
});

test("starts a fan with full power, and again when it rises by more than half", () => {
  const { board, output } = outputOn({ kickStartS: 0.2 });
  output.set(printTime(1), 0.3);
  output.set(printTime(2), 0.7);
  output.set(printTime(3), 0.1);
  output.set(printTime(4), 0.65);
  run(board, output, 5);
  expect(board.texts).toEqual([
    order(1, 640_000),
    order(1.2, 192_000),
    order(2, 448_000),
    order(3, 64_000),
    order(4, 640_000),
    order(4.2, 416_000),
  ]);
});

test("a fan that starts at full speed needs no kick", () => {
  const { board, output } = outputOn({ kickStartS: 0.2 });
  output.set(printTime(1), 1);
  run(board, output, 2);
  expect(board.texts).toEqual([order(1, 640_000)]);
});

test("a fan that is told to stop during its kick start stops; another speed waits for the end of the kick", () => {
  const { board, output } = outputOn({ kickStartS: 1 });
  output.set(printTime(1), 0.3);
  output.set(printTime(1.3), 0);
  run(board, output, 3);
  output.set(printTime(4), 0.3);
  output.set(printTime(4.3), 0.4);
  run(board, output, 6);
  expect(board.texts).toEqual([order(1, 640_000), order(1.3, 0), order(4, 640_000), order(5, 256_000)]);
});

test("a fan whose kick start is cut short by a request for the same speed does not stay at full power", () => {
  const { board, output } = outputOn({ kickStartS: 2 });
  output.setNow(0.3);
  run(board, output, 0.5);
  output.setNow(0.3);
  run(board, output, 3);
  expect(board.texts.at(-1)).toMatch(/on_ticks=192000$/);
});

test("a pin that the board would put to rest is renewed in time, and no longer when it is at rest", () => {
  const { board, output } = outputOn({ maxDurationS: 2 });
  output.set(printTime(0.2), 1);
  run(board, output, 3);
  output.set(printTime(3.4), 0);
  run(board, output, 10);
  const dues = board.sent.map(({ due }) => due);
  const gaps = dues.slice(1).map((due, i) => due - (dues[i] ?? 0));
  expect(Math.max(...gaps)).toBeLessThan(1);
  expect(board.texts.at(-1)).toBe(order(3.4, 0));
  expect(dues.at(-1)).toBeCloseTo(3.4, 9);
});

test("a pin that its board keeps on at shutdown is put there when the board is let go of", () => {
  const { board, output } = outputOn({ maxDurationS: 2, shutdownValue: 1 });
  output.set(printTime(0.2), 0.5);
  output.set(printTime(5), 0.25);
  run(board, output, 1);
  const sent = board.sent.length;
  output.rest();
  output.rest();
  expect(board.texts.slice(sent)).toEqual([expect.stringMatching(/on_ticks=640000$/)]);
  run(board, output, 10);
  expect(board.texts.length).toBe(sent + 1);
});

test("a pin is renewed on the way to an order that is far away", () => {
  const { board, output } = outputOn({ maxDurationS: 2 });
  output.set(printTime(0.2), 1);
  output.set(printTime(9), 0);
  run(board, output, 12);
  const dues = board.sent.map(({ due }) => due);
  expect(dues.slice(1).every((due, i) => due - (dues[i] ?? 0) < 2)).toBe(true);
  expect(board.texts.at(-1)).toBe(order(9, 0));
});

test("a regulated pin is renewed only when its regulator asks", () => {
  const { board, output } = outputOn({ maxDurationS: 3 }, true);
  output.setNow(0.5);
  run(board, output, 10);
  expect(board.sent).toHaveLength(1);
  board.sent.length = 0;
  for (let i = 0; i < 30; i++) {
    output.set(printTime(board.now + 0.2), 0.5);
    run(board, output, board.now + 0.3);
  }
  const dues = board.sent.map(({ due }) => due);
  expect(dues.length).toBeLessThan(12);
  expect(dues.slice(1).every((due, i) => due - (dues[i] ?? 0) < 1.3)).toBe(true);
});

test("outputs that follow another get its value, or whether it is on", () => {
  const board = new RecordingBoard();
  const fan = new Output(board, FAN, false);
  const second = new Output(board, { ...FAN, oid: 4 }, false);
  const power = new Output(board, { ...FAN, oid: 5, kind: "digital", scale: 1 }, false);
  fan.addFollower(second, "value");
  fan.addFollower(power, "on");
  fan.setNow(0.25);
  board.now = 1;
  fan.setNow(0);
  expect(board.texts.map((text) => text.replace(/clock=\d+ /, ""))).toEqual([
    "queue_digital_out oid=3 on_ticks=160000",
    "queue_digital_out oid=4 on_ticks=160000",
    "queue_digital_out oid=5 on_ticks=1",
    "queue_digital_out oid=3 on_ticks=0",
    "queue_digital_out oid=4 on_ticks=0",
    "queue_digital_out oid=5 on_ticks=0",
  ]);
});

test("sends nothing more when its board is shut down, and shows the value at rest", () => {
  const { board, output } = outputOn({ shutdownValue: 1 });
  output.set(printTime(0.3), 0.5);
  output.halt();
  output.set(printTime(0.5), 0.2);
  output.setNow(0.7);
  run(board, output, 2);
  expect([board.texts, output.value]).toEqual([[], 1]);
});

test("a dry run sends everything up to a time", () => {
  const { board, output } = outputOn({});
  output.set(printTime(10), 0.5);
  output.set(printTime(20), 1);
  output.flush(printTime(15));
  expect(board.texts).toEqual([order(10, 320_000)]);
});

test("a firmware that cannot schedule pins is named", () => {
  const board = new RecordingBoard(changedDictionary({ queue_digital_out: undefined }));
  expect(() => new Output(board, FAN, false)).toThrowErrorMatchingInlineSnapshot(
    `[HostError: firmware virtual has no 'queue_digital_out', which fan needs]`,
  );
});

test("orders never go back, keep their distance, are never late, and the last request wins", () => {
  const request = fc.record({
    wait: fc.double({ min: 0, max: 0.4, noNaN: true }),
    ahead: fc.double({ min: -1, max: 1.2, noNaN: true }),
    value: fc.constantFrom(0, 0.1, 0.3, 0.5, 0.8, 1),
    isNow: fc.boolean(),
  });
  fc.assert(
    fc.property(
      fc.array(request, { minLength: 1, maxLength: 60 }),
      fc.constantFrom(0, 0.1, 0.3),
      fc.constantFrom(0, 0.2),
      fc.constantFrom(0, 2),
      (requests, minIntervalS, kickStartS, maxDurationS) => {
        const { board, output } = outputOn({ minIntervalS, kickStartS, maxDurationS });
        let latest = 0;
        for (const { wait, ahead, value, isNow } of requests) {
          board.now += wait;
          output.tick();
          if (isNow) {
            latest = 0;
            output.setNow(value);
          } else {
            // As from the planner: one after the other.
            latest = Math.max(latest, board.now + ahead);
            output.set(printTime(latest), value);
          }
        }
        run(board, output, board.now + 10);
        const least = Math.max(1e-3, minIntervalS) - 1e-6;
        board.sent.forEach(({ at, min, due }, i) => {
          expect(due).toBeGreaterThanOrEqual(at + 0.1 - 1e-6);
          expect(min).toBeLessThanOrEqual(due - 0.1 + 1e-6);
          if (i > 0) expect(due - (board.sent[i - 1]?.due ?? 0)).toBeGreaterThanOrEqual(least);
        });
        const last = requests.at(-1)?.value ?? 0;
        expect(output.value).toBe(last);
        const onTicks = Number(/on_ticks=(\d+)/.exec(board.texts.at(-1) ?? "on_ticks=0")?.[1]);
        expect(onTicks).toBe(Math.round(last * FAN.scale));
      },
    ),
    { numRuns: 200 },
  );
});
