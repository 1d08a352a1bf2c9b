import { expect, test } from "vitest";
import type { VirtualSetup } from "../../../host/virtual/setup.js";
import { VirtualHost } from "../../support/virtual-host.js";

const FREQUENCY = 64e6;
const STEP_MM = 0.0125;
const STEPPER = "config_stepper oid=0 step_pin=PA1 dir_pin=PA2 invert_step=0 step_pulse_ticks=32";
const CONFIG = [
  STEPPER,
  "config_trsync oid=1",
  "config_endstop oid=2 pin=PC1 pull_up=1",
  "config_digital_out oid=3 pin=PA3 value=1 default_value=1 max_duration=0",
];

/** One axis with its switch at 0, 20 mm from where it stands, and a stop 2 mm behind the switch. */
function axis(board = "mcu", startMm = 20): VirtualSetup["machine"] {
  return {
    motors: [
      {
        name: "x",
        step: { board, pin: "PA1" },
        dir: { board, pin: "PA2" },
        enable: { board, pin: "PA3", inverted: true },
        stepDistanceMm: STEP_MM,
        startMm,
      },
    ],
    rails: [{ name: "x", position: [{ motor: "x", coefficient: 1 }], minMm: -2, maxMm: 200 }],
    endstops: [
      {
        name: "x",
        pin: { board: "mcu", pin: "PC1" },
        position: [{ motor: "x", coefficient: 1 }],
        triggerMm: 0,
        side: "below",
      },
    ],
  };
}

function homingHost(machine = axis()): VirtualHost {
  const host = new VirtualHost({ seed: 1, boards: [{ name: "mcu", startTicks: 0xfff0_0000 }], machine });
  host.identify().configure(CONFIG).send("update_digital_out oid=3 value=0");
  return host;
}

/** A point in time on a board's clock, from one that was read. */
const later = (clock: number, seconds: number): number => (clock + seconds * FREQUENCY) >>> 0;

interface Home {
  readonly host: VirtualHost;
  /** Clock at which the first step was due, less one interval. */
  readonly start: number;
  readonly interval: number;
  readonly rest: number;
}

/** Begins a homing move towards the switch at 25 mm/s. */
function beginHome(host: VirtualHost, level = 1, timeoutS = 60): Home {
  const clock = host.clock();
  const start = later(clock, 0.2);
  const interval = (STEP_MM / 25) * FREQUENCY;
  const rest = interval;
  host.send(
    `trsync_start oid=1 report_clock=${start} report_ticks=${0.1 * FREQUENCY} expire_reason=4`,
    "stepper_stop_on_trigger oid=0 trsync_oid=1",
    `trsync_set_timeout oid=1 clock=${later(start, Math.min(timeoutS, 30))}`,
    `endstop_home oid=2 clock=${start} sample_ticks=960 sample_count=4 rest_ticks=${rest} pin_value=${level} trsync_oid=1 trigger_reason=1`,
    `reset_step_clock oid=0 clock=${start}`,
    "set_next_step_dir oid=0 dir=0",
    `queue_step oid=0 interval=${interval} count=10000 add=0`,
  );
  return { host, start, interval, rest };
}

const position = (host: VirtualHost, board = 0): number =>
  host.ask("stepper_get_position oid=0", "stepper_position", board).number("pos");
const states = (host: VirtualHost, board = 0): string[] =>
  host.texts(board).filter((text) => text.startsWith("trsync_state"));

test("stops at the switch, and tells the first clock at which it was seen to be closed", () => {
  const { host, start, interval, rest } = beginHome(homingHost());
  host.run(2);
  // 20 mm are 1600 steps: the switch closes with step 1600.
  const closed = start + 1600 * interval;
  const state = host.ask("endstop_query_state oid=2", "endstop_state");
  const first = (state.number("next_clock") - rest) >>> 0;
  // Samples are `rest` apart: the first one at or after the step that closed it.
  expect(first).toBe(closed >>> 0);
  expect([state.number("pin_value"), state.number("homing")]).toEqual([1, 1]);
  // Three more samples, 960 ticks apart, then everything stops: no further step is due in that time.
  expect(position(host)).toBe(-1600);
  const trigger = states(host).find((text) => text.includes("can_trigger=0"));
  expect(trigger).toBe(`trsync_state oid=1 can_trigger=0 trigger_reason=1 clock=${(closed + 3 * 960) >>> 0}`);
  expect(host.sim.report().machine.rails[0]?.positionMm).toBeCloseTo(0, 9);
  expect(host.shutdownReason()).toBeUndefined();
});

test("reports its state regularly until the host ends it, and then what triggered it first", () => {
  const { host } = beginHome(homingHost());
  host.run(1.5);
  const before = states(host);
  expect(before.length).toBeGreaterThan(11);
  const from = host.port().heard.length;
  host.send("trsync_trigger oid=1 reason=2");
  expect(host.texts(0, from)).toEqual(["trsync_state oid=1 can_trigger=0 trigger_reason=1 clock=0"]);
  host.run(1);
  expect(states(host)).toHaveLength(before.length + 1);
});

test("the host can stop everything before the switch does", () => {
  const { host } = beginHome(homingHost());
  host.run(0.6);
  const from = host.port().heard.length;
  host.send("trsync_trigger oid=1 reason=2");
  expect(host.texts(0, from)).toEqual(["trsync_state oid=1 can_trigger=0 trigger_reason=2 clock=0"]);
  const halted = position(host);
  expect(halted).toBeLessThan(-100);
  expect(halted).toBeGreaterThan(-1500);
  expect(position(host.run(1))).toBe(halted);
});

test("stops by itself when the host does not keep it alive", () => {
  const host = homingHost();
  const { start, interval } = beginHome(host);
  const expiry = later(start, 0.25);
  host.send(`trsync_set_timeout oid=1 clock=${expiry}`);
  host.run(2);
  expect(position(host)).toBe(-Math.floor((0.25 * FREQUENCY) / interval));
  expect(states(host)).toContain(`trsync_state oid=1 can_trigger=0 trigger_reason=4 clock=${expiry}`);
  // Too late for another timeout, and nothing to be afraid of.
  host.send(`trsync_set_timeout oid=1 clock=${start}`);
  expect(host.shutdownReason()).toBeUndefined();
});

test("moves that come after the trigger are thrown away until the clock is reset", () => {
  const { host } = beginHome(homingHost());
  host.run(1.5);
  host.send("queue_step oid=0 interval=64000 count=100 add=0", "queue_step oid=0 interval=64000 count=100 add=0");
  expect(position(host.run(0.5))).toBe(-1600);
  host.send(
    `reset_step_clock oid=0 clock=${later(host.clock(), 0.1)}`,
    "set_next_step_dir oid=0 dir=1",
    "queue_step oid=0 interval=64000 count=400 add=0",
  );
  expect(position(host.run(1))).toBe(-1200);
  expect(host.sim.report().machine.rails[0]?.positionMm).toBeCloseTo(5, 9);
});

test("a switch that is closed from the start triggers with the first samples", () => {
  const { host, start } = beginHome(homingHost(axis("mcu", -1)));
  host.run(0.5);
  expect(position(host)).toBe(0);
  expect(states(host)).toContain(`trsync_state oid=1 can_trigger=0 trigger_reason=1 clock=${(start + 3 * 960) >>> 0}`);
});

test("an inverted switch triggers on its low level", () => {
  const machine = axis();
  const endstops = machine.endstops?.map((one) => ({ ...one, pin: { ...one.pin, inverted: true } })) ?? [];
  const { host } = beginHome(homingHost({ ...machine, endstops }), 0);
  expect(host.ask("endstop_query_state oid=2", "endstop_state").number("pin_value")).toBe(1);
  host.run(2);
  expect(position(host)).toBe(-1600);
});

test("a switch that never closes: the carriage runs against its stop and stays there", () => {
  const host = homingHost();
  host.sim.inject({ kind: "endstop", endstop: "x", behaviour: "never" });
  beginHome(host);
  host.run(1.2);
  const { rails } = host.sim.report().machine;
  expect(rails[0]?.positionMm).toBeCloseTo(-2, 9);
  expect(rails[0]?.crashes).toHaveLength(1);
  // 25 mm/s from 20 mm for a second: 22 mm to the stop, the rest is lost.
  const travelled = -position(host) * STEP_MM;
  expect(rails[0]?.crashes[0]?.distanceMm).toBeCloseTo(travelled - 22, 6);
});

test("a switch that closes late is passed by as much", () => {
  const host = homingHost();
  host.sim.inject({ kind: "endstop", endstop: "x", behaviour: "normal", lateMm: 0.5 });
  beginHome(host);
  expect(position(host.run(2))).toBe(-1640);
});

test("does not move what its driver does not drive", () => {
  const host = homingHost();
  host.send("update_digital_out oid=3 value=1");
  beginHome(host);
  host.run(0.7);
  expect(position(host)).toBeLessThan(-500);
  expect(host.sim.report().machine.motors[0]).toEqual({ name: "x", positionMm: 20, isEnabled: false });
  host.send("update_digital_out oid=3 value=0");
  host.run(0.2);
  expect(host.sim.report().machine.motors[0]?.positionMm).toBeLessThan(18);
});

test.each([
  [
    "an endstop",
    (clock: number) =>
      `endstop_home oid=2 clock=${clock} sample_ticks=9 sample_count=4 rest_ticks=99 pin_value=1 trsync_oid=1 trigger_reason=1`,
  ],
  ["a report", (clock: number) => `trsync_start oid=1 report_clock=${clock} report_ticks=64000 expire_reason=4`],
  ["a timeout", (clock: number) => `trsync_set_timeout oid=1 clock=${clock}`],
])("%s that begins in the past shuts the board down", (_, text) => {
  const host = homingHost();
  host.send("trsync_start oid=1 report_clock=0 report_ticks=0 expire_reason=4");
  host.send(text(later(host.clock(), -0.2)));
  expect(host.shutdownReason()).toBe("Timer too close");
});

test("a stepper that is attached twice shuts the board down; a new start forgets the old ones", () => {
  const host = homingHost();
  const start = "trsync_start oid=1 report_clock=0 report_ticks=0 expire_reason=4";
  const attach = "stepper_stop_on_trigger oid=0 trsync_oid=1";
  host.send(start, attach, start, attach);
  expect(host.shutdownReason()).toBeUndefined();
  host.send(attach);
  expect(host.shutdownReason()).toBe("Can't add signal that is already active");
});

test("a switch on one board sees the motor of another where it is at that moment, on clocks of their own", () => {
  const host = new VirtualHost({
    seed: 3,
    boards: [
      { name: "mcu", clockErrorPpm: 80 },
      { name: "tool", clockErrorPpm: -120 },
    ],
    machine: axis("tool"),
  }).identify();
  host.configure(["config_trsync oid=1", "config_endstop oid=2 pin=PC1 pull_up=1"], 0);
  host.configure(
    [STEPPER, "config_trsync oid=1", "config_digital_out oid=3 pin=PA3 value=0 default_value=1 max_duration=0"],
    1,
  );
  // The same moment on both clocks.
  const moment = host.now + 0.3;
  const clockOf = (board: number): number => (host.sim.boards[board]?.clock.ticksAt(moment) ?? 0) >>> 0;
  const interval = 32_000;
  host.sendTo(
    1,
    "trsync_start oid=1 report_clock=0 report_ticks=0 expire_reason=4",
    "stepper_stop_on_trigger oid=0 trsync_oid=1",
    `reset_step_clock oid=0 clock=${clockOf(1)}`,
    `queue_step oid=0 interval=${interval} count=10000 add=0`,
  );
  host.sendTo(
    0,
    "trsync_start oid=1 report_clock=0 report_ticks=0 expire_reason=4",
    `endstop_home oid=2 clock=${clockOf(0)} sample_ticks=960 sample_count=4 rest_ticks=${interval} pin_value=1 trsync_oid=1 trigger_reason=1`,
  );
  host.runUntil(() => states(host, 0).some((text) => text.includes("can_trigger=0")), 5);
  const state = host.ask("endstop_query_state oid=2", "endstop_state");
  // Step 1600 on the tool board's clock, in seconds; then the first sample on the other's.
  const closed = (1600 * interval) / (FREQUENCY * (1 - 120e-6));
  const sampleS = interval / (FREQUENCY * (1 + 80e-6));
  const samples = Math.ceil(closed / sampleS - 1e-3);
  expect((state.number("next_clock") - interval - clockOf(0)) >>> 0).toBe(samples * interval);
  // Nobody has told the tool board yet: it goes on.
  expect(position(host, 1)).toBeLessThanOrEqual(-1600);
  host.sendTo(1, "trsync_trigger oid=1 reason=1");
  const halted = position(host, 1);
  expect(position(host.run(1), 1)).toBe(halted);
});

test("sensorless: a driver's stall output triggers when the carriage meets its stop", () => {
  const machine = {
    ...axis(),
    endstops: [],
    stalls: [{ name: "x", pin: { board: "mcu", pin: "PC1" }, rail: "x" }],
  };
  const { host } = beginHome(homingHost(machine));
  host.run(2);
  // 22 mm to the stop; it takes one step against it to be noticed.
  expect(position(host)).toBe(-1761);
  expect(host.sim.report().machine.rails[0]?.positionMm).toBeCloseTo(-2, 9);
});
