import fc from "fast-check";
import { expect, test } from "vitest";
import { isHostError } from "../../../host/shared/errors.js";
import { hostTime } from "../../../host/shared/units.js";
import { Machine } from "../../../host/virtual/machine/machine.js";
import { Motor, WeightedMotors } from "../../../host/virtual/machine/motor.js";
import { bedHeight, createNozzle, planeHeight } from "../../../host/virtual/machine/nozzle.js";
import { Random } from "../../../host/virtual/random.js";
import type { MachineSetup, MotorSetup } from "../../../host/virtual/setup.js";
import { Simulation } from "../../../host/virtual/simulation.js";
import { VirtualHost } from "../../support/virtual-host.js";

const FREQUENCY = 64e6;
const pin = (name: string) => ({ board: "mcu", pin: name });

function motor(name: string, options: Partial<MotorSetup> = {}): MotorSetup {
  return { name, step: pin("PA1"), dir: pin("PA2"), stepDistanceMm: 0.01, ...options };
}

const place = (name: string, mm: number): Motor => new Motor(motor(name), mm);
const motors = (positions: Readonly<Record<string, number>>): Map<string, Motor> =>
  new Map(Object.entries(positions).map(([name, mm]) => [name, place(name, mm)]));

test("carriages begin at random places within their rails, the same ones for the same seed", () => {
  const setup: MachineSetup = {
    motors: [motor("a"), motor("b"), motor("z", { startMm: 7 })],
    rails: [
      {
        name: "x",
        position: [
          { motor: "a", coefficient: 0.5 },
          { motor: "b", coefficient: 0.5 },
        ],
        minMm: 0,
        maxMm: 200,
      },
      {
        name: "y",
        position: [
          { motor: "a", coefficient: 0.5 },
          { motor: "b", coefficient: -0.5 },
        ],
        minMm: -50,
        maxMm: 150,
      },
      { name: "z", position: [{ motor: "z", coefficient: 1 }], minMm: 0, maxMm: 100 },
    ],
  };
  const places = (seed: number): number[] =>
    new Machine(setup, new Random(seed), 0).report(0).rails.map((rail) => rail.positionMm);
  const seen = Array.from({ length: 20 }, (_, seed) => places(seed));
  expect(places(3)).toEqual(places(3));
  expect(new Set(seen.map(([x]) => x?.toFixed(3))).size).toBe(20);
  for (const [x = 0, y = 0, z] of seen) {
    expect(x).toBeGreaterThan(20);
    expect(x).toBeLessThan(180);
    expect(y).toBeGreaterThan(-30);
    expect(y).toBeLessThan(130);
    expect(z).toBe(7);
  }
});

test("two motors that move one carriage together lose the same steps when it meets its stop", () => {
  const host = new VirtualHost({
    seed: 1,
    boards: [{ name: "mcu", startTicks: 0 }],
    machine: {
      motors: [motor("a", { startMm: 0 }), motor("b", { step: pin("PB1"), dir: pin("PB2"), startMm: 0 })],
      rails: [
        {
          name: "x",
          position: [
            { motor: "a", coefficient: 0.5 },
            { motor: "b", coefficient: 0.5 },
          ],
          minMm: -10,
          maxMm: 2,
        },
        {
          name: "y",
          position: [
            { motor: "a", coefficient: 0.5 },
            { motor: "b", coefficient: -0.5 },
          ],
          minMm: -10,
          maxMm: 10,
        },
      ],
    },
  }).identify();
  host.configure([
    "config_stepper oid=0 step_pin=PA1 dir_pin=PA2 invert_step=0 step_pulse_ticks=0",
    "config_stepper oid=1 step_pin=PB1 dir_pin=PB2 invert_step=0 step_pulse_ticks=0",
  ]);
  const start = (host.clock() + 0.1 * FREQUENCY) >>> 0;
  for (const oid of [0, 1]) {
    host.send(
      `reset_step_clock oid=${oid} clock=${start}`,
      `set_next_step_dir oid=${oid} dir=1`,
      `queue_step oid=${oid} interval=64000 count=300 add=0`,
    );
  }
  host.run(0.5);
  const { rails, motors: ends } = host.sim.report().machine;
  // Both go to 3 mm: 1 mm is lost in x, nothing in y.
  expect(rails.map((rail) => rail.positionMm)).toEqual([expect.closeTo(2, 6), expect.closeTo(0, 6)]);
  expect(ends.map((one) => one.positionMm)).toEqual([expect.closeTo(2, 6), expect.closeTo(2, 6)]);
  expect(rails[0]?.crashes).toEqual([{ rail: "x", time: expect.any(Number), distanceMm: expect.closeTo(1, 6) }]);
  expect(rails[1]?.crashes).toEqual([]);
});

test("an inverted direction pin turns the motor round", () => {
  const machine = { motors: [motor("a", { startMm: 0, dir: { ...pin("PA2"), inverted: true } })] };
  const host = new VirtualHost({ seed: 1, boards: [{ name: "mcu", startTicks: 0 }], machine }).identify();
  host.configure(["config_stepper oid=0 step_pin=PA1 dir_pin=PA2 invert_step=0 step_pulse_ticks=0"]);
  const start = (host.clock() + 0.1 * FREQUENCY) >>> 0;
  host.send(`reset_step_clock oid=0 clock=${start}`, "queue_step oid=0 interval=64000 count=100 add=0");
  host.run(0.3);
  expect(host.sim.report().machine.motors[0]?.positionMm).toBeCloseTo(1, 9);
});

test("a motor keeps its place through a restart of its board", () => {
  const machine = { motors: [motor("a", { startMm: 5 })] };
  const host = new VirtualHost({ seed: 1, boards: [{ name: "mcu", startTicks: 0 }], machine }).identify();
  host.configure(["config_stepper oid=0 step_pin=PA1 dir_pin=PA2 invert_step=0 step_pulse_ticks=0"]);
  const start = (host.clock() + 0.1 * FREQUENCY) >>> 0;
  host.send(
    `reset_step_clock oid=0 clock=${start}`,
    "set_next_step_dir oid=0 dir=1",
    "queue_step oid=0 interval=64000 count=100 add=0",
  );
  host.run(0.3);
  host.sim.inject({ kind: "reset", board: "mcu" });
  expect(host.sim.report().machine.motors[0]?.positionMm).toBeCloseTo(6, 9);
});

test("the nozzle of a linear machine is where its sums are", () => {
  const nozzle = createNozzle(
    {
      kind: "linear",
      x: [
        { motor: "a", coefficient: 0.5 },
        { motor: "b", coefficient: 0.5 },
      ],
      y: [
        { motor: "a", coefficient: 0.5 },
        { motor: "b", coefficient: -0.5 },
      ],
      z: [{ motor: "z", coefficient: 1 }],
    },
    motors({ a: 30, b: 10, z: 5 }),
  );
  expect(nozzle(0)).toEqual({ x: 20, y: 10, z: 5 });
});

test("a bed on several screws has the height of the plane through them", () => {
  const nozzle = createNozzle(
    {
      kind: "tilting",
      x: [{ motor: "x", coefficient: 1 }],
      y: [{ motor: "y", coefficient: 1 }],
      z: [
        { motor: "z0", xMm: 0, yMm: 0 },
        { motor: "z1", xMm: 200, yMm: 0 },
        { motor: "z2", xMm: 100, yMm: 200 },
      ],
    },
    motors({ x: 50, y: 100, z0: 10, z1: 12, z2: 10 }),
  );
  // z = 10 + x / 100 - y / 200
  expect(nozzle(0)).toEqual({ x: 50, y: 100, z: expect.closeTo(10, 9) });
});

test("the plane through points is exact for three, closest for more, and level across a line", () => {
  const coefficient = fc.double({ min: -1, max: 1, noNaN: true });
  fc.assert(
    fc.property(
      coefficient,
      coefficient,
      coefficient,
      fc.integer({ min: 0, max: 300 }),
      fc.integer({ min: 0, max: 300 }),
      (a, b, c, x, y) => {
        const at = (px: number, py: number) => ({ x: px, y: py, z: a + b * px + c * py });
        const points = [at(0, 0), at(300, 10), at(20, 280), at(310, 290)];
        expect(planeHeight(points.slice(0, 3), x, y)).toBeCloseTo(a + b * x + c * y, 6);
        expect(planeHeight(points, x, y)).toBeCloseTo(a + b * x + c * y, 6);
      },
    ),
  );
  expect(
    planeHeight(
      [
        { x: 0, y: 0, z: 1 },
        { x: 100, y: 0, z: 3 },
      ],
      50,
      77,
    ),
  ).toBeCloseTo(2, 9);
  expect(planeHeight([{ x: 10, y: 10, z: 4 }], 200, 50)).toBe(4);
});

test("the effector of a delta is where its arms meet", () => {
  const [radius, arm] = [120, 250];
  const angles = [210, 330, 90].map((degrees) => (degrees * Math.PI) / 180);
  const towers = angles.map((angle, i) => ({
    motor: `t${i}`,
    xMm: radius * Math.cos(angle),
    yMm: radius * Math.sin(angle),
    armMm: arm + i,
  }));
  const coordinate = fc.double({ min: -80, max: 80, noNaN: true });
  fc.assert(
    fc.property(coordinate, coordinate, fc.double({ min: 0, max: 250, noNaN: true }), (x, y, z) => {
      const heights = towers.map(
        (tower) => z + Math.sqrt(tower.armMm ** 2 - (x - tower.xMm) ** 2 - (y - tower.yMm) ** 2),
      );
      const nozzle = createNozzle(
        { kind: "delta", towers },
        motors({ t0: heights[0] ?? 0, t1: heights[1] ?? 0, t2: heights[2] ?? 0 }),
      );
      expect(nozzle(0)).toEqual({ x: expect.closeTo(x, 6), y: expect.closeTo(y, 6), z: expect.closeTo(z, 6) });
    }),
  );
});

test("a bed has a slope and bumps that end at their rim", () => {
  const bed = {
    heightMm: 0.1,
    slopeX: 0.001,
    slopeY: -0.002,
    bumps: [{ xMm: 100, yMm: 100, heightMm: 0.3, radiusMm: 20 }],
  };
  expect(bedHeight(bed, 10, 20)).toBeCloseTo(0.1 + 0.01 - 0.04, 12);
  expect(bedHeight(bed, 100, 100)).toBeCloseTo(0.1 + 0.1 - 0.2 + 0.3, 12);
  expect(bedHeight(bed, 100, 120)).toBeCloseTo(0.1 + 0.1 - 0.24, 12);
  expect(bedHeight(bed, 100, 110)).toBeCloseTo(0.1 + 0.1 - 0.22 + 0.3 * 0.5625, 12);
  expect(bedHeight({}, 5, 5)).toBe(0);
});

test("a probe triggers at its height above the bed under it, to the step", () => {
  const bed = { slopeX: 0.01 };
  const host = new VirtualHost({
    seed: 1,
    boards: [{ name: "mcu", startTicks: 0 }],
    machine: {
      motors: [motor("z", { startMm: 10 }), motor("x", { step: pin("PB1"), dir: pin("PB2"), startMm: 50 })],
      rails: [{ name: "z", position: [{ motor: "z", coefficient: 1 }], minMm: -3, maxMm: 100 }],
      nozzle: { kind: "linear", x: [{ motor: "x", coefficient: 1 }], y: [], z: [{ motor: "z", coefficient: 1 }] },
      bed,
      probes: [{ name: "probe", pin: pin("PC1"), offsetXMm: 20, offsetYMm: 0, triggerMm: 1.5 }],
    },
  }).identify();
  host.configure([
    "config_stepper oid=0 step_pin=PA1 dir_pin=PA2 invert_step=0 step_pulse_ticks=0",
    "config_trsync oid=1",
    "config_endstop oid=2 pin=PC1 pull_up=1",
  ]);
  const start = (host.clock() + 0.1 * FREQUENCY) >>> 0;
  host.send(
    "trsync_start oid=1 report_clock=0 report_ticks=0 expire_reason=4",
    "stepper_stop_on_trigger oid=0 trsync_oid=1",
    `endstop_home oid=2 clock=${start} sample_ticks=960 sample_count=4 rest_ticks=128000 pin_value=1 trsync_oid=1 trigger_reason=1`,
    `reset_step_clock oid=0 clock=${start}`,
    "queue_step oid=0 interval=128000 count=2000 add=0",
  );
  host.run(3);
  // Bed under the probe: 0.01 * (50 + 20) = 0.7 mm; triggered at 0.7 + 1.5 = 2.2 mm, 780 steps down from 10 mm.
  expect(host.ask("stepper_get_position oid=0", "stepper_position").number("pos")).toBe(-780);
  expect(host.sim.report().machine.nozzle?.z).toBeCloseTo(2.2, 9);
});

test("refuses a setup that names what it does not have", () => {
  const simulation = (machine: MachineSetup): Simulation =>
    new Simulation({ setup: { seed: 1, boards: [{ name: "mcu" }], machine }, origin: hostTime(0), onBytes: () => {} });
  const rail = { name: "x", position: [{ motor: "x", coefficient: 1 }], minMm: 0, maxMm: 1 };
  expect(() => simulation({ rails: [rail] })).toThrow("there is no motor 'x'");
  expect(() => simulation({ stalls: [{ name: "s", pin: pin("PA1"), rail: "x" }] })).toThrow("there is no rail 'x'");
  const probe = { name: "p", pin: pin("PA1"), offsetXMm: 0, offsetYMm: 0, triggerMm: 0 };
  expect(() => simulation({ probes: [probe] })).toThrow("probe 'p' has no nozzle");
  expect(() => simulation({}).inject({ kind: "reset", board: "tool" })).toThrow("there is no board 'tool'");
  expect(() => simulation({}).inject({ kind: "sensor", sensor: "bed", behaviour: "open" })).toThrow(
    "there is no sensor 'bed'",
  );
  expect(() => simulation({}).press("door", true)).toThrow("there is no switch 'door'");
  try {
    simulation({ switches: [{ name: "s", pin: pin("PZ1") }] });
    expect.fail();
  } catch (error) {
    expect(isHostError(error, "MCU_PIN_UNKNOWN")).toBe(true);
  }
});

test("a weighted sum is moved with the least movement of its motors", () => {
  const all = motors({ a: 0, b: 0 });
  const sum = new WeightedMotors(
    [
      { motor: "a", coefficient: 0.5 },
      { motor: "b", coefficient: -0.5 },
    ],
    all,
  );
  sum.shift(3);
  expect([sum.position(0), all.get("a")?.position(0), all.get("b")?.position(0)]).toEqual([3, 3, -3]);
});
