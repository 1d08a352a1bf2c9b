import fc from "fast-check";
import { expect, test } from "vitest";
import { hostTime } from "../../../host/shared/units.js";
import type { BoardReport } from "../../../host/virtual/board.js";
import type { WireFault } from "../../../host/virtual/faults.js";
import { Random } from "../../../host/virtual/random.js";
import type { BoardSetup } from "../../../host/virtual/setup.js";
import { Wire } from "../../../host/virtual/wire.js";
import { join, toHex } from "../../support/bytes.js";
import { VirtualHost } from "../../support/virtual-host.js";

const FREQUENCY = 64e6;
const CONFIG = ["config_stepper oid=0 step_pin=PA1 dir_pin=PA2 invert_step=0 step_pulse_ticks=0"];

function faultyHost(board: Partial<BoardSetup> = {}): VirtualHost {
  const host = new VirtualHost({ seed: 5, boards: [{ name: "mcu", startTicks: 0, ...board }], machine: {} });
  return host.identify().configure(CONFIG);
}

function bothWays(host: VirtualHost, fault: WireFault): void {
  host.sim.inject({ kind: "wire", board: "mcu", direction: "toBoard", fault });
  host.sim.inject({ kind: "wire", board: "mcu", direction: "fromBoard", fault });
}

function board(host: VirtualHost): BoardReport {
  return host.sim.report().boards[0] ?? expect.fail();
}

/** Sends a job of 2000 commands, always half a second ahead of the steps, and gives what the board made of it. */
function job(host: VirtualHost): BoardReport {
  const random = new Random(7);
  const start = board(host).clock + FREQUENCY;
  host.send(`reset_step_clock oid=0 clock=${start >>> 0}`);
  let clock = start;
  const ticks = (): number => host.sim.boards[0]?.clock.ticksAt(host.now) ?? 0;
  for (let i = 0; i < 1000; i++) {
    const interval = 20_000 + (random.uint32() % 20_000);
    const count = 1 + (random.uint32() % 30);
    host.port().push(`set_next_step_dir oid=0 dir=${random.uint32() & 1}`);
    host.port().push(`queue_step oid=0 interval=${interval} count=${count} add=${(random.uint32() % 41) - 20}`);
    clock += interval * count;
    if (i % 10 === 9) host.runUntil(() => ticks() > clock - 0.5 * FREQUENCY, 10);
  }
  host.runUntil(() => host.port().isIdle, 10);
  host.run(2);
  return board(host);
}

const undisturbed = (): BoardReport => job(faultyHost());

test.each<[string, WireFault]>([
  ["1 % dropped and 1 % corrupted blocks", { dropBlocks: 0.01, corruptBlocks: 0.01 }],
  ["1 in 2000 bytes dropped and 1 in 2000 corrupted", { dropBytes: 0.0005, corruptBytes: 0.0005 }],
  ["single bytes with jitter", { splitEvery: 1, jitterS: 0.002 }],
  ["chunks that arrive together every 10 ms", { mergeS: 0.01 }],
])("loses nothing through %s in both directions", (_, fault) => {
  const host = faultyHost();
  bothWays(host, fault);
  const steps = job(host);
  const expected = undisturbed().steppers[0];
  expect(steps.shutdownReason).toBeUndefined();
  expect(steps.steppers[0]).toMatchObject({
    steps: expected?.steps,
    timedHash: expected?.timedHash,
    orderHash: expected?.orderHash,
    position: expected?.position,
  });
  const isLossy = Object.keys(fault).some((name) => name.startsWith("drop"));
  expect(host.port().link.stats.bytes_retransmit > 0).toBe(isLossy);
});

test("loses nothing through a stall of 100 ms on a serial line with a small receive buffer", () => {
  const host = faultyHost({ baud: 250_000 });
  const before = host.port().link.stats.bytes_retransmit;
  for (let i = 0; i < 20; i++) {
    host.sim.inject({ kind: "stall", board: "mcu", durationS: 0.1 });
    host.send(...Array.from({ length: 60 }, () => "debug_ping data=00112233445566778899"));
  }
  expect(host.port().link.stats.bytes_retransmit).toBeGreaterThan(before);
  // Answers may get lost in the board's small send buffer; questions may not.
  expect(board(host).commands).toBeGreaterThanOrEqual(20 * 60);
  expect(host.shutdownReason()).toBeUndefined();
});

test("a silent board is noticed by its link, which goes on when it speaks again", () => {
  const host = faultyHost();
  host.sim.inject({ kind: "silence", board: "mcu", silent: true });
  host.port().push("get_clock");
  host.run(1);
  expect(host.port().link.pendingBlocks).toBe(1);
  expect(host.port().link.waiting(hostTime(host.now))).toBeCloseTo(1, 2);
  host.sim.inject({ kind: "silence", board: "mcu", silent: false });
  host.run(2);
  expect(host.port().isIdle).toBe(true);
});

test("a board that is unplugged runs on: its heaters expire", () => {
  const host = new VirtualHost({ seed: 5, boards: [{ name: "mcu", startTicks: 0 }], machine: {} }).identify();
  host.configure(["config_digital_out oid=0 pin=PA1 value=0 default_value=0 max_duration=64000000"]);
  host.send("update_digital_out oid=0 value=1");
  const heard = host.texts().length;
  host.sim.inject({ kind: "unplug", board: "mcu" });
  host.run(3);
  expect([host.shutdownReason(), host.texts().length]).toEqual(["Missed scheduling of next digital out event", heard]);
  host.sim.inject({ kind: "replug", board: "mcu" });
  expect(host.ask("get_config", "config").number("is_shutdown")).toBe(1);
});

test("a board that restarts by itself is found again by a new link", () => {
  const host = faultyHost();
  host.sim.inject({ kind: "reset", board: "mcu" });
  host.run(0.5);
  expect(host.texts().at(-1)).toBe("starting");
  expect(board(host)).toMatchObject({ restarts: 1, isConfigured: false });
});

// The wire alone.

const wire = (options: Partial<ConstructorParameters<typeof Wire>[0]> = {}): Wire =>
  new Wire({
    baud: Number.POSITIVE_INFINITY,
    latency: 0,
    buffer: Number.POSITIVE_INFINITY,
    random: new Random(1),
    ...options,
  });

function received(line: Wire): { time: number; hex: string }[] {
  const all: { time: number; hex: string }[] = [];
  for (let time = line.next; time < Number.POSITIVE_INFINITY; time = line.next) {
    all.push({ time, hex: toHex(line.receive()) });
  }
  return all;
}

test("a perfect wire leaves it to the caller to hand over", () => {
  expect(wire().send(Uint8Array.of(1), 0)).toBe(false);
});

test("a wire has a speed and a latency, and keeps the order", () => {
  const line = wire({ baud: 10_000, latency: 0.1 });
  line.send(Uint8Array.of(1, 2), 0);
  line.send(Uint8Array.of(3), 0.0005);
  expect(received(line)).toEqual([
    { time: expect.closeTo(0.102, 9), hex: "0102" },
    { time: expect.closeTo(0.103, 9), hex: "03" },
  ]);
});

test("a wire with a small buffer loses what does not fit", () => {
  const line = wire({ latency: 1, buffer: 3 });
  expect([1, 2, 3].map((n) => line.send(new Uint8Array(2).fill(n), 0))).toEqual([true, true, true]);
  expect(received(line).map((one) => one.hex)).toEqual(["0101"]);
});

test("jitter, splitting and merging change when bytes come, never which or in what order", () => {
  const fault = fc.record({
    delayS: fc.double({ min: 0, max: 0.01, noNaN: true }),
    jitterS: fc.double({ min: 0, max: 0.05, noNaN: true }),
    splitEvery: fc.integer({ min: 1, max: 20 }),
    mergeS: fc.oneof(fc.constant(0), fc.double({ min: 1e-4, max: 0.02, noNaN: true })),
  });
  fc.assert(
    fc.property(
      fault,
      fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { maxLength: 20 }),
      fc.integer(),
      (how, chunks, seed) => {
        const line = wire({ random: new Random(seed) });
        line.fault = how;
        chunks.forEach((chunk, i) => {
          expect(line.send(chunk, i * 0.001)).toBe(true);
        });
        const all = received(line);
        expect(all.map((one) => one.hex).join("")).toBe(toHex(join(chunks)));
        expect(all.every((one, i) => i === 0 || one.time >= (all[i - 1]?.time ?? 0))).toBe(true);
      },
    ),
  );
});

test("faults hit as often as they are asked to, and the same bytes for the same seed", () => {
  const block = new Uint8Array(20).fill(0x20);
  block[0] = 20;
  const run = (fault: WireFault, seed: number): string[] => {
    const line = wire({ random: new Random(seed) });
    line.fault = fault;
    for (let i = 0; i < 4000; i++) line.send(block, i);
    return received(line).map((one) => one.hex);
  };
  const dropped = run({ dropBlocks: 0.05 }, 1);
  expect(dropped.filter((one) => one.length === 40)).toHaveLength(dropped.length);
  expect(dropped.length).toBeGreaterThan(3720);
  expect(dropped.length).toBeLessThan(3880);
  const corrupt = run({ corruptBlocks: 0.05 }, 1).filter((one) => one !== toHex(block));
  expect(corrupt.length).toBeGreaterThan(120);
  expect(corrupt.length).toBeLessThan(280);
  const bytes = run({ dropBytes: 0.01 }, 1).join("").length / 2;
  expect(bytes / 80_000).toBeCloseTo(0.99, 2);
  expect(run({ corruptBytes: 0.01 }, 3)).toEqual(run({ corruptBytes: 0.01 }, 3));
  expect(run({ corruptBytes: 0.01 }, 3)).not.toEqual(run({ corruptBytes: 0.01 }, 4));
});
