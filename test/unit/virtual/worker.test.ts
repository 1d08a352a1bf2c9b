import { readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { encodeCommandText } from "../../../host/mcu/command-text.js";
import { Dictionary } from "../../../host/mcu/dictionary.js";
import { encodeBlock } from "../../../host/mcu/frame.js";
import { ByteRing } from "../../../host/shared/byte-ring.js";
import { SharedClock } from "../../../host/shared/clock.js";
import { isHostError } from "../../../host/shared/errors.js";
import { hostTime, seconds } from "../../../host/shared/units.js";
import type { VirtualPrinter } from "../../../host/virtual/client.js";
import { virtualDictionary } from "../../../host/virtual/dictionary.js";
import { join as joined, toHex } from "../../support/bytes.js";
import { compileFolders } from "../../support/compiled.js";

const SETUP = { seed: 1, boards: [{ name: "mcu", startTicks: 0 }, { name: "tool" }], machine: {} };
const EMPTY = new Uint8Array(0);

const compiled = compileFolders(["host/shared", "host/mcu", "host/virtual"]);
const printers: VirtualPrinter[] = [];
let Printer: typeof VirtualPrinter;

beforeAll(async () => {
  const client: { readonly VirtualPrinter: typeof VirtualPrinter } = await import(
    compiled.urlOf("host/virtual/client.ts").href
  );
  Printer = client.VirtualPrinter;
});

afterAll(async () => {
  await Promise.all(printers.map((printer) => printer.stop()));
  compiled.remove();
});

async function started(options: ConstructorParameters<typeof VirtualPrinter>[0]): Promise<VirtualPrinter> {
  const printer = new Printer(options);
  printers.push(printer);
  await printer.ready;
  return printer;
}

/** The next chunk of a ring that another thread fills. */
async function next(ring: ByteRing): Promise<string> {
  for (;;) {
    const seen = ring.wakeCount;
    const chunk = ring.pop();
    if (chunk !== undefined) return toHex(chunk.bytes);
    await ring.pushedAfter(seen);
  }
}

test("boards in their own thread answer while this one waits", async () => {
  const clock = SharedClock.free();
  const printer = await started({ setup: SETUP, clock });
  for (const board of [0, 1]) {
    const { toBoard, fromBoard } = printer.cable(board);
    new ByteRing(toBoard).push(clock.now(), encodeBlock(0, EMPTY));
    expect(await next(new ByteRing(fromBoard))).toBe(toHex(encodeBlock(1, EMPTY)));
  }
  const report = await printer.report();
  expect(report.boards.map((board) => board.blocks)).toEqual([1, 1]);
});

test("a cable that is pulled out is closed, and works again when its port is opened anew", async () => {
  const clock = SharedClock.free();
  const printer = await started({ setup: SETUP, clock });
  const fromBoard = new ByteRing(printer.cable(0).fromBoard);
  const seen = fromBoard.wakeCount;
  printer.inject({ kind: "unplug", board: "mcu" });
  await fromBoard.pushedAfter(seen);
  expect(fromBoard.isClosed).toBe(true);
  printer.inject({ kind: "replug", board: "mcu" });
  const cable = printer.reopen(0);
  new ByteRing(cable.toBoard).push(clock.now(), encodeBlock(0, EMPTY));
  expect(await next(new ByteRing(cable.fromBoard))).toBe(toHex(encodeBlock(1, EMPTY)));
});

test("on a lockstep clock an hour passes as fast as the keeper lets it, and steps are written to a file", async () => {
  const file = join(tmpdir(), `steadyhand-steps-${process.pid}.txt`);
  const clock = SharedClock.lockstep(Number.POSITIVE_INFINITY);
  const printer = await started({ setup: { ...SETUP, stepLogFile: file }, clock, runnerSlot: 3 });
  const start = clock.now();
  const dictionary = Dictionary.parse(virtualDictionary({ hasSerialLine: false }));
  const commands = [
    "allocate_oids count=1",
    "config_stepper oid=0 step_pin=PA1 dir_pin=PA2 invert_step=0 step_pulse_ticks=0",
    "finalize_config crc=1",
    "reset_step_clock oid=0 clock=64000000",
    "queue_step oid=0 interval=6400 count=1000 add=3",
  ].map((text) => encodeCommandText(dictionary, text));
  new ByteRing(printer.cable(0).toBoard).push(start, encodeBlock(0, joined(commands)));
  for (let now = start + 1; now <= start + 3600; now += 1) {
    clock.grant(hostTime(now));
    for (let tick = clock.tick; clock.slowestRunner() < now; tick = clock.tick) {
      clock.waitForTick(tick, seconds(10));
    }
    clock.moveTo(hostTime(now));
  }
  const report = await printer.report();
  expect(report.boards[0]?.steppers[0]).toMatchObject({ steps: 1000, lastClock: 64_000_000 + 6_400_000 + 3 * 499_500 });
  expect(report.time).toBe(start + 3600);
  expect(readFileSync(file, "utf8")).toBe("mcu PA1 start=64000000 interval=6400 count=1000 add=3 dir=0\n");
  await printer.stop();
  expect(clock.slowestRunner()).toBe(Number.POSITIVE_INFINITY);
  rmSync(file);
});

test("a setup that cannot be used is reported as an error with a code", async () => {
  const machine = { switches: [{ name: "door", pin: { board: "mcu", pin: "PZ99" } }] };
  const printer = new Printer({ setup: { ...SETUP, machine }, clock: SharedClock.free() });
  await expect(printer.ready).rejects.toThrow("this board has no pin 'PZ99'");
  const error = await printer.ended;
  // The compiled code has a class of its own for errors.
  expect(isHostError(error) || error?.name).toBe("HostError");
});
