import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { hostTime } from "../../../host/shared/units.js";
import type { StepperReport, StepSink } from "../../../host/virtual/firmware/step-log.js";
import { VirtualHost } from "../../support/virtual-host.js";

const FREQUENCY = 64e6;
const STEPPER = "config_stepper oid=0 step_pin=PA1 dir_pin=PA2 invert_step=0 step_pulse_ticks=32";
const SECOND = "config_stepper oid=1 step_pin=PB1 dir_pin=PB2 invert_step=0 step_pulse_ticks=32";

function stepperHost(options: { moveCount?: number; startTicks?: number; stepTicks?: number } = {}): VirtualHost {
  const host = new VirtualHost({ seed: 1, boards: [{ name: "mcu", startTicks: 0, ...options }], machine: {} });
  return host.identify().configure([STEPPER, SECOND]);
}

const step = (interval: number, count: number, add = 0, oid = 0): string =>
  `queue_step oid=${oid} interval=${interval} count=${count} add=${add}`;
const position = (host: VirtualHost, oid = 0): number =>
  host.ask(`stepper_get_position oid=${oid}`, "stepper_position").number("pos");

/** A clock that is `seconds` ahead. */
const ahead = (host: VirtualHost, seconds: number): number => (host.clock() + seconds * FREQUENCY) >>> 0;

function report(host: VirtualHost, index = 0): StepperReport {
  const found = host.sim.report().boards[0]?.steppers[index];
  return found ?? expect.fail("no such stepper");
}

test("counts steps with dir=1 up and with dir=0 down", () => {
  const host = stepperHost();
  host.send(
    `reset_step_clock oid=0 clock=${ahead(host, 0.1)}`,
    step(6400, 100),
    "set_next_step_dir oid=0 dir=1",
    step(6400, 30),
  );
  expect(position(host)).toBe(0);
  host.run(0.105);
  expect(position(host)).toBeGreaterThan(-60);
  expect(position(host)).toBeLessThan(-40);
  host.run(0.1);
  expect(position(host)).toBe(-70);
  expect(report(host)).toMatchObject({ steps: 130, commands: 2, position: -70, stepPin: "PA1", dirPin: "PA2" });
});

test("takes every step at the clock that the command says, to the tick", () => {
  const host = stepperHost();
  const start = ahead(host, 0.5);
  host.send(`reset_step_clock oid=0 clock=${start}`, "set_next_step_dir oid=0 dir=1", step(5000, 4, -700));
  const clocks = [1, 2, 3, 4].map((k) => start + 5000 * k - (700 * k * (k - 1)) / 2);
  const board = host.sim.boards[0] ?? expect.fail();
  const seen = clocks.flatMap((clock) =>
    [clock - 1, clock].map((at) => {
      board.runTo(hostTime(board.clock.timeOf(at)));
      return board.report().steppers[0]?.position;
    }),
  );
  expect(seen).toEqual([0, 1, 1, 2, 2, 3, 3, 4]);
  expect(report(host)).toMatchObject({ firstClock: clocks[0], lastClock: clocks[3] });
});

interface Move {
  readonly interval: number;
  readonly count: number;
  readonly add: number;
  readonly dir: number;
}

const move = fc
  .record({
    interval: fc.integer({ min: 300, max: 60_000 }),
    count: fc.integer({ min: 1, max: 400 }),
    add: fc.integer({ min: -60, max: 60 }),
    dir: fc.integer({ min: 0, max: 1 }),
  })
  .filter(({ interval, count, add }) => interval + add * (count - 1) >= 100);

/** The slow, obvious version: every step on its own. */
function expand(start: number, moves: readonly Move[]): { clock: number; dir: number }[] {
  const steps: { clock: number; dir: number }[] = [];
  let clock = start;
  for (const { interval, count, add, dir } of moves) {
    for (let i = 0, gap = interval; i < count; i++, gap += add) {
      clock += gap;
      steps.push({ clock, dir });
    }
  }
  return steps;
}

test("stands at any clock where stepping one by one would have brought it", () => {
  fc.assert(
    fc.property(
      fc.array(move, { minLength: 1, maxLength: 12 }),
      fc.array(fc.nat(), { maxLength: 40 }),
      (moves, looks) => {
        const host = stepperHost({ startTicks: 0xffff_0000 });
        const board = host.sim.boards[0] ?? expect.fail();
        const start = board.report().clock + 6_400_000;
        const texts = moves.flatMap(({ interval, count, add, dir }) => [
          `set_next_step_dir oid=0 dir=${dir}`,
          step(interval, count, add),
        ]);
        host.send(`reset_step_clock oid=0 clock=${start >>> 0}`, ...texts);
        const steps = expand(start, moves);
        const end = steps.at(-1)?.clock ?? start;
        const clocks = [...looks.map((look) => start + (look % (end - start + 1000))), end].sort((a, b) => a - b);
        for (const clock of clocks) {
          board.runTo(hostTime(board.clock.timeOf(clock)));
          const done = steps.filter((one) => one.clock <= clock);
          const net = done.reduce((sum, { dir }) => sum + (dir === 1 ? 1 : -1), 0);
          expect(board.report().steppers[0]).toMatchObject({ position: net, steps: done.length });
        }
        expect(board.report().shutdownReason).toBeUndefined();
      },
    ),
    { numRuns: 60 },
  );
});

/** Gaps and directions of all steps, as the log's hash should see them. */
const fingerprint = (moves: readonly Move[]): string => {
  const steps = expand(0, moves);
  const hash = createHash("sha1");
  for (const [i, { clock, dir }] of steps.entries()) {
    hash.update(`${i === 0 ? 0 : clock - (steps[i - 1]?.clock ?? 0)}:${dir};`);
  }
  return hash.digest("hex");
};

/** The same steps in other commands: each command is cut in two. */
const regroup = (moves: readonly Move[], at: number): Move[] =>
  moves.flatMap(({ interval, count, add, dir }) => {
    const first = at % count;
    if (first === 0) return [{ interval, count, add, dir }];
    return [
      { interval, count: first, add, dir },
      { interval: interval + add * first, count: count - first, add, dir },
    ];
  });

function logged(moves: readonly Move[], delay: number): StepperReport {
  const host = stepperHost();
  const texts = moves.flatMap(({ interval, count, add, dir }) => [
    `set_next_step_dir oid=0 dir=${dir}`,
    step(interval, count, add),
  ]);
  host.send(`reset_step_clock oid=0 clock=${ahead(host, delay)}`, ...texts);
  return report(host.run(delay + 8));
}

test("the hash of the log is equal for the same steps, whenever they begin and however they are grouped", () => {
  fc.assert(
    fc.property(
      fc.array(move, { minLength: 1, maxLength: 6 }),
      fc.array(move, { minLength: 1, maxLength: 6 }),
      fc.nat(),
      (moves, others, at) => {
        const one = logged(moves, 0.2);
        const two = logged(regroup(moves, at), 0.5);
        expect([two.timedHash, two.orderHash]).toEqual([one.timedHash, one.orderHash]);
        const other = logged(others, 0.2);
        expect(other.timedHash === one.timedHash).toBe(fingerprint(others) === fingerprint(moves));
      },
    ),
    { numRuns: 40 },
  );
});

test("the order hash is equal for the same steps at other times", () => {
  const moves = [
    { interval: 5000, count: 20, add: 3, dir: 1 },
    { interval: 4000, count: 7, add: 0, dir: 0 },
  ];
  const slower = moves.map((one) => ({ ...one, interval: one.interval * 2 }));
  expect(logged(slower, 0.2).orderHash).toBe(logged(moves, 0.2).orderHash);
  expect(logged(slower, 0.2).timedHash).not.toBe(logged(moves, 0.2).timedHash);
  const turned = moves.map((one) => ({ ...one, dir: 1 - one.dir }));
  expect(logged(turned, 0.2).orderHash).not.toBe(logged(moves, 0.2).orderHash);
});

test("keeps the last commands, and the part of the present one that is done", () => {
  const host = stepperHost();
  const start = ahead(host, 0.1);
  host.send(`reset_step_clock oid=0 clock=${start}`, step(64000, 10), step(64000, 100));
  host.run(0.15);
  const { recent } = report(host);
  expect(recent[0]).toEqual({ clock: start, interval: 64000, count: 10, add: 0, dir: 0 });
  expect(recent[1]).toMatchObject({ clock: start + 640000, interval: 64000 });
  expect(recent[1]?.count).toBeGreaterThan(30);
  expect(recent[1]?.count).toBeLessThan(100);
});

test("a step that comes too late shuts the board down", () => {
  const host = stepperHost();
  host.send(`reset_step_clock oid=0 clock=${ahead(host, -0.5)}`, step(1000, 5));
  expect(host.shutdownReason()).toBe("Timer too close");
  expect(host.texts().at(-1)).toMatch(/^shutdown clock=\d+ static_string_id=Timer too close$/);
});

test("a queue that ran dry and is filled too late shuts the board down", () => {
  const host = stepperHost();
  host.send(`reset_step_clock oid=0 clock=${ahead(host, 0.1)}`, step(64000, 100));
  host.run(1);
  expect(host.shutdownReason()).toBeUndefined();
  host.send(step(64000, 1));
  expect(host.shutdownReason()).toBe("Timer too close");
});

test("steps across the wrap of the clock as if there were none", () => {
  const host = stepperHost({ startTicks: 0x1_0000_0000 - FREQUENCY });
  host.send(`reset_step_clock oid=0 clock=${ahead(host, 0.5)}`, step(64000, 1000));
  host.run(2);
  expect(host.clock()).toBeLessThan(2 * FREQUENCY);
  expect([position(host), host.shutdownReason()]).toEqual([-1000, undefined]);
});

test("counts a far step from the last one on its 32-bit clock, even after many turns", () => {
  const host = stepperHost();
  host.send(`reset_step_clock oid=0 clock=${ahead(host, 0.1)}`, step(64000, 1));
  host.run(150);
  const last = report(host).lastClock;
  const interval = (ahead(host, 0.25) - last) >>> 0;
  host.send(step(interval, 1));
  host.run(1);
  expect([position(host), host.shutdownReason()]).toEqual([-2, undefined]);
  expect(report(host).lastClock - last).toBe(interval + 2 * 0x1_0000_0000);
});

test.each([
  ["a command without steps", [step(1000, 0)], "Invalid count parameter"],
  [
    "the clock reset while stepping",
    [step(64000, 1000), "reset_step_clock oid=0 clock=0"],
    "Can't reset time when stepper active",
  ],
])("%s shuts the board down", (_, texts, reason) => {
  const host = stepperHost();
  host.send(`reset_step_clock oid=0 clock=${ahead(host, 0.1)}`, ...texts);
  expect(host.shutdownReason()).toBe(reason);
});

test("has as many move slots as it says, shared by all, and gives them back when a move begins", () => {
  const host = stepperHost({ moveCount: 8 });
  expect(host.ask("get_config", "config").number("move_count")).toBe(8);
  const start = ahead(host, 0.2);
  host.send(`reset_step_clock oid=0 clock=${start}`, `reset_step_clock oid=1 clock=${start}`);
  // The first move of each begins at once and needs no slot.
  for (let i = 0; i < 5; i++) host.send(step(640_000, 10), step(640_000, 10, 0, 1));
  expect([host.shutdownReason(), host.sim.report().boards[0]?.movePeak]).toEqual([undefined, 8]);
  host.run(0.35);
  // Each has finished one move and begun the next.
  host.send(step(640_000, 10), step(640_000, 10, 0, 1));
  expect(host.shutdownReason()).toBeUndefined();
  host.send(step(640_000, 10));
  expect(host.shutdownReason()).toBe("Move queue overflow");
});

test("cannot queue anything before it is configured", () => {
  const host = new VirtualHost({ seed: 1, boards: [{ name: "mcu" }], machine: {} }).identify();
  host.send("allocate_oids count=2", STEPPER, step(100_000, 1));
  expect(host.shutdownReason()).toBe("Move queue overflow");
});

test("a shutdown halts it, and moves are thrown away until its clock is reset", () => {
  const host = stepperHost();
  host.send(`reset_step_clock oid=0 clock=${ahead(host, 0.1)}`, "set_next_step_dir oid=0 dir=1", step(64000, 1000));
  host.run(0.5).send("emergency_stop");
  host.send("clear_shutdown");
  const halted = position(host);
  expect(halted).toBeGreaterThan(300);
  expect(halted).toBeLessThan(500);
  host.send(step(64000, 10));
  host.run(0.2);
  expect(position(host)).toBe(halted);
  // The direction is forgotten too.
  host.send(`reset_step_clock oid=0 clock=${ahead(host, 0.1)}`, step(64000, 10));
  expect(position(host.run(0.2))).toBe(halted - 10);
});

test("steps faster than the board can make shut it down when it has fallen 1 ms behind", () => {
  const host = stepperHost({ stepTicks: 100 });
  const start = ahead(host, 0.1);
  host.send(`reset_step_clock oid=0 clock=${start}`, step(50, 60_000));
  host.run(0.3);
  expect(host.shutdownReason()).toBe("Stepper too far in past");
  // 50 ticks are lost with each step: after 1280 steps it is 64000 ticks behind.
  expect(report(host).steps).toBeGreaterThan(1200);
  expect(report(host).steps).toBeLessThan(4000);
});

test("a short burst above what the board can do is made up for", () => {
  const host = stepperHost({ stepTicks: 100 });
  host.send(
    `reset_step_clock oid=0 clock=${ahead(host, 0.1)}`,
    step(50, 1000),
    step(1000, 1000),
    step(50, 1000),
    step(1000, 10),
  );
  host.run(0.5);
  expect([host.shutdownReason(), position(host)]).toEqual([undefined, -3010]);
});

test("an interval that would become negative shuts the board down", () => {
  const host = stepperHost();
  host.send(`reset_step_clock oid=0 clock=${ahead(host, 0.1)}`, step(1000, 100, -50));
  expect(host.run(1).shutdownReason()).toBe("Stepper too far in past");
});

test("tells a sink what was carried out, of a command that was cut short only the part", () => {
  const lines: string[] = [];
  const setup = { seed: 1, boards: [{ name: "mcu", startTicks: 0 }], machine: {} };
  const steps = (): StepSink => ({ steps: (...made) => lines.push(made.join(" ")) });
  const host = new VirtualHost(setup, { steps }).identify().configure([STEPPER]);
  const start = ahead(host, 0.1);
  host.send(
    `reset_step_clock oid=0 clock=${start}`,
    "set_next_step_dir oid=0 dir=1",
    step(6400, 10, 5),
    step(64000, 1000),
  );
  host.run(0.2).send("emergency_stop");
  const second = start + 10 * 6400 + 5 * 45;
  const made = Number(lines[1]?.split(" ")[3]);
  expect(lines).toEqual([`PA1 ${start} 6400 10 5 1`, `PA1 ${second} 64000 ${made} 0 1`]);
  expect(made).toBeGreaterThan(80);
  expect(made).toBeLessThan(120);
});
