import { expect, test } from "vitest";
import { encodeBlock } from "../../../host/mcu/frame.js";
import { ByteRing } from "../../../host/shared/byte-ring.js";
import { SharedClock } from "../../../host/shared/clock.js";
import { hostTime } from "../../../host/shared/units.js";
import type { CableBuffers, VirtualEvent } from "../../../host/virtual/messages.js";
import { VirtualRunner } from "../../../host/virtual/runner.js";
import { toHex } from "../../support/bytes.js";

const EMPTY = new Uint8Array(0);
const cable = (): CableBuffers => ({ toBoard: ByteRing.create(4096).buffer, fromBoard: ByteRing.create(4096).buffer });
const SETUP = {
  seed: 1,
  boards: [{ name: "mcu" }],
  machine: { switches: [{ name: "door", pin: { board: "mcu", pin: "PA1" } }] },
};

function lockstepRunner(setup = SETUP) {
  const clock = SharedClock.lockstep(Number.POSITIVE_INFINITY);
  const events: VirtualEvent[] = [];
  const buffers = cable();
  const data = { setup, clock: clock.buffer, runnerSlot: 2, cables: [buffers] };
  const runner = new VirtualRunner(data, (event) => events.push(event));
  return { clock, events, runner, toBoard: new ByteRing(buffers.toBoard), fromBoard: new ByteRing(buffers.fromBoard) };
}

test("runs exactly to what the clock's keeper has granted, and says so", () => {
  const { clock, runner, toBoard, fromBoard } = lockstepRunner();
  const start = clock.now();
  expect(clock.slowestRunner()).toBe(start);
  toBoard.push(start, encodeBlock(0, EMPTY));
  runner.turn();
  // Not granted yet: nothing happens.
  expect(fromBoard.isEmpty).toBe(true);
  clock.grant(hostTime(start + 0.01));
  runner.turn();
  expect(clock.slowestRunner()).toBe(start + 0.01);
  const answer = fromBoard.pop();
  expect([answer?.time, toHex(answer?.bytes ?? EMPTY)]).toEqual([start, toHex(encodeBlock(1, EMPTY))]);
});

test("bytes that are stamped later than granted wait for their time", () => {
  const { clock, runner, toBoard, fromBoard } = lockstepRunner();
  const start = clock.now();
  toBoard.push(start + 0.015, encodeBlock(0, EMPTY));
  clock.grant(hostTime(start + 0.01));
  runner.turn();
  expect(fromBoard.isEmpty).toBe(true);
  clock.grant(hostTime(start + 0.02));
  runner.turn();
  expect(fromBoard.pop()?.time).toBeCloseTo(start + 0.015, 9);
});

test("catches up with a free clock", () => {
  const clock = SharedClock.free();
  const buffers = cable();
  const data = { setup: SETUP, clock: clock.buffer, runnerSlot: 0, cables: [buffers] };
  const runner = new VirtualRunner(data, () => {});
  new ByteRing(buffers.toBoard).push(clock.now(), encodeBlock(0, EMPTY));
  const before = clock.now();
  runner.turn();
  const answer = new ByteRing(buffers.fromBoard).pop();
  expect(toHex(answer?.bytes ?? EMPTY)).toBe(toHex(encodeBlock(1, EMPTY)));
  expect(answer?.time).toBeLessThanOrEqual(before);
  // What comes next by itself are the statistics after five seconds.
  expect(runner.nextTime - before).toBeGreaterThan(4);
});

test("reports, presses and faults on request", () => {
  const { events, runner } = lockstepRunner();
  runner.handle({ kind: "press", name: "door", pressed: true });
  runner.handle({ kind: "fault", fault: { kind: "reset", board: "mcu" } });
  runner.handle({ kind: "report", id: 7 });
  expect(events).toEqual([
    { kind: "ready" },
    { kind: "report", id: 7, report: expect.objectContaining({ boards: [expect.objectContaining({ restarts: 1 })] }) },
  ]);
});

test("a pulled cable is closed at both ends; a port opened anew works when the cable is back", () => {
  const { clock, runner, toBoard, fromBoard } = lockstepRunner();
  runner.handle({ kind: "fault", fault: { kind: "unplug", board: "mcu" } });
  expect([toBoard.isClosed, fromBoard.isClosed]).toEqual([true, true]);
  const early = cable();
  runner.handle({ kind: "plug", board: 0, cable: early });
  expect(new ByteRing(early.toBoard).isClosed).toBe(true);
  runner.handle({ kind: "fault", fault: { kind: "replug", board: "mcu" } });
  const late = cable();
  runner.handle({ kind: "plug", board: 0, cable: late });
  const [input, output] = [new ByteRing(late.toBoard), new ByteRing(late.fromBoard)];
  expect(input.isClosed).toBe(false);
  input.push(clock.now(), encodeBlock(0, EMPTY));
  clock.grant(hostTime(clock.now() + 0.01));
  runner.turn();
  expect(output.isEmpty).toBe(false);
});

test("when it is stopped, time no longer waits for it", () => {
  const { clock, events, runner, toBoard } = lockstepRunner();
  runner.handle({ kind: "stop" });
  expect(clock.slowestRunner()).toBe(Number.POSITIVE_INFINITY);
  expect([runner.isEnded, toBoard.isClosed]).toEqual([true, true]);
  expect(events.at(-1)).toEqual({ kind: "ended", error: undefined });
  runner.turn();
  runner.handle({ kind: "report", id: 1 });
  expect(events).toHaveLength(2);
});

test("an order that makes no sense ends it with an error, and time no longer waits for it", () => {
  const { clock, events, runner } = lockstepRunner();
  runner.handle({ kind: "press", name: "window", pressed: true });
  expect(events.at(-1)).toEqual({ kind: "ended", error: expect.stringContaining("there is no switch 'window'") });
  expect(clock.slowestRunner()).toBe(Number.POSITIVE_INFINITY);
});
