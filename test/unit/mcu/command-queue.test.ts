import fc from "fast-check";
import { expect, test } from "vitest";
import { CommandQueue } from "../../../host/mcu/command-queue.js";
import { ticks } from "../../../host/shared/units.js";
import { hex, toHex } from "../../support/bytes.js";

const into = new Uint8Array(64);

function drain(queue: CommandQueue, clock: number, dueBefore = Number.POSITIVE_INFINITY, room = 59): string {
  return toHex(into.subarray(0, queue.take(into, 0, room, ticks(clock), dueBefore)));
}

test("commands leave in the order in which they are due", () => {
  const queue = new CommandQueue();
  const [a, b] = [queue.createDevice(), queue.createDevice()];
  queue.push(a, ticks(0), ticks(300), hex("a1"));
  queue.push(b, ticks(0), ticks(100), hex("b1"));
  queue.push(b, ticks(0), ticks(400), hex("b2"));
  expect(queue.nextDue(ticks(0))).toBe(100);
  expect(drain(queue, 0)).toBe("b1a1b2");
  expect(queue.size).toBe(0);
  expect(queue.nextDue(ticks(0))).toBe(Number.POSITIVE_INFINITY);
});

test("a device's commands keep their order, even when a later one is due earlier", () => {
  const queue = new CommandQueue();
  const [a, b] = [queue.createDevice(), queue.createDevice()];
  queue.push(a, ticks(0), ticks(500), hex("a1"));
  queue.push(a, ticks(0), ticks(100), hex("a2"));
  queue.push(b, ticks(0), ticks(200), hex("b1"));
  expect(drain(queue, 0)).toBe("b1a1a2");
});

test("none leaves before its minimum clock, and it holds up only its own device", () => {
  const queue = new CommandQueue();
  const [a, b] = [queue.createDevice(), queue.createDevice()];
  queue.push(a, ticks(1000), ticks(1100), hex("a1"));
  queue.push(a, ticks(0), ticks(1200), hex("a2"));
  queue.push(b, ticks(0), ticks(5000), hex("b1"));
  expect(drain(queue, 999)).toBe("b1");
  expect(queue.nextMin()).toBe(1000);
  expect(drain(queue, 1000)).toBe("a1a2");
});

test("takes no more than is due and fits, and never splits a command", () => {
  const queue = new CommandQueue();
  const a = queue.createDevice();
  queue.push(a, ticks(0), ticks(10), hex("a1a1a1"));
  queue.push(a, ticks(0), ticks(20), hex("a2a2"));
  queue.push(a, ticks(0), ticks(30), hex("a3"));
  expect(drain(queue, 0, 20, 4)).toBe("a1a1a1");
  expect(drain(queue, 0, 20, 59)).toBe("a2a2");
  expect(drain(queue, 0, 29)).toBe("");
  expect(drain(queue, 0, 30)).toBe("a3");
});

test("what is thrown away never leaves", () => {
  const queue = new CommandQueue();
  const [a, b] = [queue.createDevice(), queue.createDevice()];
  queue.push(a, ticks(0), ticks(10), hex("a1"));
  queue.push(a, ticks(0), ticks(20), hex("a2"));
  queue.push(b, ticks(50), ticks(60), hex("b1"));
  expect(queue.clear(a)).toBe(2);
  expect(drain(queue, 100)).toBe("b1");
  queue.push(a, ticks(0), ticks(10), hex("a3"));
  queue.clearAll();
  expect([queue.size, drain(queue, 100)]).toEqual([0, ""]);
});

test("refuses a command that fits in no block", () => {
  const queue = new CommandQueue();
  const device = queue.createDevice();
  expect(() => queue.push(device, ticks(0), ticks(0), new Uint8Array(60))).toThrow(RangeError);
});

interface Pushed {
  readonly device: number;
  readonly min: number;
  readonly due: number;
  readonly id: number;
}

/** The slow, obvious version: look at the first command of each device. */
function oracle(pushed: readonly Pushed[], clocks: readonly number[]): number[] {
  const queues = new Map<number, Pushed[]>();
  for (const one of pushed) queues.set(one.device, [...(queues.get(one.device) ?? []), one]);
  const left: number[] = [];
  for (const clock of clocks) {
    for (;;) {
      const heads = [...queues.values()].flatMap((queue) => queue.slice(0, 1)).filter((head) => head.min <= clock);
      const next = heads.sort((a, b) => a.due - b.due || a.id - b.id)[0];
      if (next === undefined) break;
      left.push(next.id);
      queues.get(next.device)?.shift();
    }
  }
  return left;
}

test("leaves in the same order as the obvious version, whatever is pushed", () => {
  const one = fc.record({
    device: fc.integer({ min: 0, max: 5 }),
    min: fc.integer({ min: 0, max: 300 }),
    due: fc.integer({ min: 0, max: 300 }),
  });
  fc.assert(
    fc.property(fc.array(one, { maxLength: 150 }), (drawn) => {
      const pushed = drawn.map((command, id) => ({ ...command, id }));
      const clocks = [0, 50, 51, 200, 300];
      const queue = new CommandQueue();
      for (let i = 0; i <= 5; i++) queue.createDevice();
      for (const { device, min, due, id } of pushed) {
        queue.push(device, ticks(min), ticks(due), Uint8Array.of(id));
      }
      const left = clocks.flatMap((clock) => {
        const ids: number[] = [];
        for (let n = 1; n > 0; ) {
          n = queue.take(into, 0, 59, ticks(clock), Number.POSITIVE_INFINITY);
          ids.push(...into.subarray(0, n));
        }
        return ids;
      });
      expect(left).toEqual(oracle(pushed, clocks));
      expect(queue.size).toBe(0);
    }),
  );
});
