// thread: any
import fc from "fast-check";
import { expect, test } from "vitest";
import type { HostError } from "../../../host/shared/errors.js";
import { isHostError } from "../../../host/shared/errors.js";
import { printTime } from "../../../host/shared/units.js";
import { BED, FAN_OID, HeatRig, HOT_END, SCALE } from "../../support/heated-block-rig.js";

const codes = (rig: HeatRig): readonly string[] => rig.errors.map(({ code }) => code);

/** A rig whose heater is at 210 degC. */
function heated(): HeatRig {
  const rig = new HeatRig();
  rig.heat.setHeaterNow(0, 210);
  rig.run(240);
  expect(rig.errors).toEqual([]);
  expect(Math.abs(rig.celsius - 210)).toBeLessThan(2);
  expect(rig.duty).toBeGreaterThan(0);
  return rig;
}

/** The heater is off and stays so, whatever is asked for. */
function expectOff(rig: HeatRig): void {
  rig.run(0.5);
  expect(rig.duty).toBe(0);
  expect(rig.heat.heaters[0]?.target).toBe(0);
  rig.heat.setHeaterNow(0, 200);
  rig.heat.setHeater(0, printTime(rig.now + 1), 200);
  rig.run(5, () => expect(rig.duty).toBe(0));
}

test("tells its board how to measure and puts the heater to rest before anything is asked for", () => {
  const rig = new HeatRig();
  expect(rig.board.texts).toMatchInlineSnapshot(`
    [
      "queue_digital_out oid=1 clock=6400000 on_ticks=0",
      "queue_digital_out oid=3 clock=6400000 on_ticks=0",
      "query_analog_in oid=2 clock=16000000 sample_ticks=64000 sample_count=8 rest_ticks=19200000 bytes_per_report=2 min_value=1034 max_value=32303 range_check_count=4",
    ]
  `);
});

test.each([
  ["an E3D V6", { kp: 22.2, ki: 1.08, kd: 114 }, HOT_END, 210],
  ["a Volcano", { kp: 29.7, ki: 1.86, kd: 118.5 }, HOT_END, 240],
  ["a Dragon", { kp: 26.213, ki: 1.304, kd: 131.721 }, HOT_END, 250],
  ["a weak one", { kp: 14.1, ki: 0.53, kd: 93 }, HOT_END, 200],
  ["an aggressive one", { kp: 40, ki: 3.5, kd: 110 }, HOT_END, 220],
  ["a bed", { kp: 54.027, ki: 0.77, kd: 948.182 }, BED, 60],
  ["another bed", { kp: 73.5, ki: 1.13, kd: 1194 }, BED, 110],
  ["a soft bed", { kp: 10, ki: 0.023, kd: 305.4 }, BED, 60],
] as const)("reaches the target and stays there without a false alarm: %s", (_name, pid, block, target) => {
  const rig = new HeatRig({ control: { kind: "pid", ...pid }, block });
  rig.heat.setHeaterNow(0, target);
  let hottest = 0;
  rig.run(600, () => {
    hottest = Math.max(hottest, rig.celsius);
  });
  expect(rig.errors).toEqual([]);
  expect(hottest).toBeLessThan(target + 10);
  rig.run(300, () => expect(Math.abs(rig.celsius - target)).toBeLessThan(3));
  expect(rig.heat.heaters[0]?.isBusy).toBe(false);
  expect(rig.hasExpired).toBe(false);
});

test("watermark control swings around the target", () => {
  const rig = new HeatRig({ control: { kind: "watermark", maxDeltaC: 2 }, block: BED });
  rig.heat.setHeaterNow(0, 60);
  rig.run(240);
  const seen = { min: Infinity, max: -Infinity };
  rig.run(300, () => {
    seen.min = Math.min(seen.min, rig.celsius);
    seen.max = Math.max(seen.max, rig.celsius);
    expect([0, 1]).toContain(rig.duty);
  });
  expect(rig.errors).toEqual([]);
  expect(seen.min).toBeGreaterThan(55);
  expect(seen.max).toBeLessThan(66);
});

test("a heater never gets more than max_power", () => {
  const rig = new HeatRig({ heater: { maxPower: 0.6 }, block: { ...HOT_END, watts: 60 } });
  rig.heat.setHeaterNow(0, 210);
  rig.run(60);
  expect(Math.max(...rig.orders().map(({ duty }) => duty))).toBeCloseTo(0.6, 6);
});

test("stops when the heater does not heat, well within a minute", () => {
  const rig = new HeatRig({ block: { ...HOT_END, watts: 0.001 } });
  rig.heat.setHeaterNow(0, 210);
  rig.run(60);
  expect(codes(rig)).toEqual(["HEATER_NOT_HEATING"]);
  expectOff(rig);
});

test("stops when the heater fails at the target", () => {
  const rig = heated();
  rig.block.setFault(0, false, rig.now);
  const start = rig.now;
  rig.run(120, () => {
    if (rig.errors.length === 0) expect(rig.now - start).toBeLessThan(60);
  });
  expect(codes(rig)).toEqual(["HEATER_NOT_HEATING"]);
  expectOff(rig);
});

test("stops when the sensor falls out of the block, before the block is much too hot", () => {
  const rig = heated();
  let air = 210;
  rig.sensor = () => {
    air += (25 - air) * 0.05;
    return air;
  };
  rig.run(120);
  expect(codes(rig)).toEqual(["HEATER_NOT_HEATING"]);
  expectOff(rig);
  // Full power for the time in which it was not noticed.
  expect(rig.celsius).toBeLessThan(275);
});

test.each([
  ["broken", 1],
  ["shorted", 0],
])("puts the heater out at the first reading of a %s sensor, and stops at the fourth", (_name, ratio) => {
  const rig = heated();
  rig.reportRatio(ratio);
  const sent = rig.orders().at(-1);
  expect(sent?.duty).toBe(0);
  expect((sent?.due ?? Infinity) - rig.now).toBeLessThan(0.25);
  expect(rig.errors).toEqual([]);
  for (let i = 0; i < 3; i++) rig.reportRatio(ratio);
  rig.sensor = "silent";
  rig.run(0.1);
  expect(codes(rig)).toEqual(["SENSOR_RANGE"]);
  expectOff(rig);
});

test("one bad reading does not end a print", () => {
  const rig = heated();
  rig.reportRatio(1);
  rig.run(60);
  expect(rig.errors).toEqual([]);
  expect(Math.abs(rig.celsius - 210)).toBeLessThan(2);
});

test("stops when the switch has melted and the temperature passes the maximum", () => {
  const rig = heated();
  rig.block.setFault(1, true, rig.now);
  rig.run(120);
  expect(codes(rig)).toEqual(["SENSOR_RANGE"]);
  expect(rig.errors[0]?.message).toMatch(/above its maximum of 275.0 °C/);
  expectOff(rig);
});

test("turns the heater off when its sensor says nothing, before the board does so by itself", () => {
  const rig = heated();
  rig.sensor = "silent";
  const start = rig.now;
  rig.run(3);
  expect(codes(rig)).toEqual(["SENSOR_SILENT"]);
  expect(rig.hasExpired).toBe(false);
  expect(rig.orders().at(-1)?.duty).toBe(0);
  expect((rig.orders().at(-1)?.due ?? Infinity) - start).toBeLessThan(3);
  expectOff(rig);
});

test("a sensor that was silent while nothing was heated is no fault, but then nothing heats", () => {
  const rig = new HeatRig();
  rig.sensor = "silent";
  rig.run(60);
  expect(rig.errors).toEqual([]);
  rig.heat.setHeaterNow(0, 200);
  rig.run(1);
  expect(codes(rig)).toEqual(["SENSOR_SILENT"]);
  expect(rig.orders().every(({ duty }) => duty === 0)).toBe(true);
});

test("the board is left to turn the heater off when the machine thread is dead", () => {
  const rig = heated();
  const sent = rig.board.sent.length;
  rig.runWithoutMachine(4);
  expect(rig.board.sent.length).toBe(sent);
  expect(rig.hasExpired).toBe(true);
  expect(rig.duty).toBe(0);
});

test("orders are renewed often enough for a board that has not heard of one in five", () => {
  const rig = heated();
  const sent = rig.board.sent.length;
  rig.run(30);
  const dues = rig.orders(sent).map(({ due }) => due);
  const gaps = dues.slice(1).map((due, i) => due - (dues[i] ?? 0));
  expect(Math.max(...gaps)).toBeLessThan(1.2);
});

test("the host is lost: heaters go off at once, fans go on, and a host that comes back may heat again", () => {
  const rig = heated();
  rig.heat.setOutputNow(1, 0.5);
  rig.heat.setHeater(0, printTime(rig.now + 2), 230);
  rig.run(1);
  rig.heat.allOff();
  expect(rig.orders().at(-1)?.duty).toBe(0);
  rig.run(5, () => expect(rig.heat.heaters[0]?.target).toBe(0));
  expect(rig.duty).toBe(0);
  expect(rig.heat.outputs[1]?.value).toBe(0.5);
  rig.heat.setHeaterNow(0, 210);
  rig.run(120);
  expect(rig.errors).toEqual([]);
  expect(rig.celsius).toBeGreaterThan(200);
});

test("a board that is let go of has its heater off and nothing to wait for", () => {
  const rig = heated();
  rig.heat.setHeater(0, printTime(rig.now + 1), 230);
  rig.heat.release();
  expect(rig.orders().at(-1)).toMatchObject({ duty: 0 });
  rig.runWithoutMachine(10);
  expect(rig.duty).toBe(0);
  expect(rig.hasExpired).toBe(false);
});

test("a halted printer sends nothing more, whatever happens", () => {
  const rig = heated();
  rig.heat.halt();
  const sent = rig.board.sent.length;
  rig.heat.setHeaterNow(0, 250);
  rig.heat.setOutputNow(1, 1);
  rig.run(10);
  expect(rig.board.sent.length).toBe(sent);
  expect(rig.heat.heaters[0]?.target).toBe(0);
});

test.each([Number.NaN, Number.NEGATIVE_INFINITY, -5, 0])("a target of %s is off", (target) => {
  const rig = heated();
  rig.heat.setHeaterNow(0, target);
  rig.run(0.5);
  expect(rig.duty).toBe(0);
});

test("a target beyond the maximum is the maximum", () => {
  const rig = new HeatRig();
  rig.heat.setHeaterNow(0, Number.POSITIVE_INFINITY);
  expect(rig.heat.heaters[0]?.target).toBe(275);
});

test("a heater's fan runs from the moment the heater is on until it is cool", () => {
  const rig = new HeatRig({
    rules: [{ kind: "heater-fan", output: 1, heaters: [0], aboveCelsius: 50, value: 1 }],
  });
  rig.run(1);
  expect(rig.board.texts.at(-1)).not.toMatch(`oid=${FAN_OID} `);
  rig.heat.setHeaterNow(0, 100);
  rig.run(0.6);
  expect(rig.heat.outputs[1]?.value).toBe(1);
  expect(rig.board.texts.filter((text) => text.includes(`oid=${FAN_OID} `)).at(-1)).toMatch(`on_ticks=${SCALE}`);
  rig.run(120);
  rig.heat.setHeaterNow(0, 0);
  rig.run(5);
  expect(rig.heat.outputs[1]?.value).toBe(1);
  rig.run(600);
  expect(rig.celsius).toBeLessThan(50);
  expect(rig.heat.outputs[1]?.value).toBe(0);
});

test("a calibration ends with parameters that hold the temperature, and with the heater off", () => {
  const rig = new HeatRig();
  rig.run(1);
  let result: unknown;
  rig.heat.calibrate(0, 200, 0.05, (done) => {
    result = done;
  });
  rig.run(900);
  expect(rig.errors).toEqual([]);
  expect(rig.duty).toBe(0);
  expect(result).toEqual({ kp: expect.any(Number), ki: expect.any(Number), kd: expect.any(Number) });
  const tuned = new HeatRig({
    control: { kind: "pid", kp: 0, ki: 0, kd: 0, ...(isHostError(result) ? {} : toPid(result)) },
  });
  tuned.heat.setHeaterNow(0, 200);
  tuned.run(300);
  tuned.run(120, () => expect(Math.abs(tuned.celsius - 200)).toBeLessThan(1));
});

function toPid(result: unknown): object {
  return typeof result === "object" && result !== null ? result : {};
}

test("a calibration fails when the heater is turned off, gets another target, or does not heat", () => {
  const failures: string[] = [];
  const calibrate = (rig: HeatRig): void =>
    rig.heat.calibrate(0, 200, 0.05, (done) => failures.push(isHostError(done) ? done.message : "done"));
  const rig = new HeatRig();
  rig.run(1);
  calibrate(rig);
  rig.heat.allOff();
  calibrate(rig);
  rig.heat.setHeaterNow(0, 100);
  const cold = new HeatRig({ block: { ...HOT_END, watts: 0.001 } });
  cold.run(1);
  calibrate(cold);
  cold.run(60);
  calibrate(cold);
  expect(failures).toMatchInlineSnapshot(`
    [
      "PID calibration of heater 'extruder' failed: it was turned off",
      "PID calibration of heater 'extruder' failed: it was given another target",
      "heater 'extruder' is not heating as it should: 25.0 °C with a target of 200.0 °C; at least 2 °C in 20 s are expected",
      "PID calibration of heater 'extruder' failed: the printer is stopped",
    ]
  `);
  expect(codes(cold)).toEqual(["HEATER_NOT_HEATING"]);
});

/** Something that happens to a heater. */
const event = fc.oneof(
  fc.record({ kind: fc.constant("target" as const), celsius: fc.double({ min: -50, max: 400 }) }),
  fc.record({ kind: fc.constant("later" as const), celsius: fc.double({ min: 0, max: 300 }) }),
  fc.record({ kind: fc.constant("reading" as const), ratio: fc.double({ min: 0, max: 1, noNaN: true }) }),
  fc.record({ kind: fc.constant("normal" as const) }),
  fc.record({ kind: fc.constant("silent" as const) }),
  fc.record({ kind: fc.constant("off" as const) }),
  fc.record({ kind: fc.constant("wait" as const), durationS: fc.double({ min: 0.05, max: 20, noNaN: true }) }),
);

test("whatever happens: orders keep their order, power its limits, and after a fault there is none", () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 25 }), (events) => {
      const rig = new HeatRig({ heater: { maxPower: 0.8 } });
      let faultAt = Number.POSITIVE_INFINITY;
      for (const one of events) {
        if (one.kind === "target") rig.heat.setHeaterNow(0, one.celsius);
        else if (one.kind === "later") rig.heat.setHeater(0, printTime(rig.now + 1), one.celsius);
        else if (one.kind === "reading") rig.reportRatio(one.ratio);
        else if (one.kind === "normal") rig.sensor = (celsius) => celsius;
        else if (one.kind === "silent") rig.sensor = "silent";
        else if (one.kind === "off") rig.heat.allOff();
        else rig.run(one.durationS);
        if (rig.errors.length > 0) faultAt = Math.min(faultAt, rig.board.sent.length);
      }
      rig.run(1);
      const orders = rig.orders();
      expect(orders.every(({ duty }) => duty >= 0 && duty <= 0.8 + 1e-6)).toBe(true);
      expect(orders.every(({ due }, i) => i === 0 || due > (orders[i - 1]?.due ?? 0))).toBe(true);
      expect(rig.orders(faultAt).every(({ duty }) => duty === 0)).toBe(true);
      if (rig.errors.length > 0) expect(rig.duty).toBe(0);
      expect(rig.hasExpired).toBe(false);
      expect(rig.errors.length).toBeLessThanOrEqual(2);
    }),
    { numRuns: 60 },
  );
});

test("faults say what was seen and what to do", () => {
  const cold = new HeatRig({ block: { ...HOT_END, watts: 0.001 } });
  cold.heat.setHeaterNow(0, 210);
  cold.run(60);
  const silent = heated();
  silent.sensor = "silent";
  silent.run(3);
  const texts = [...cold.errors, ...silent.errors].map((error: HostError) => error.format());
  expect(texts).toMatchInlineSnapshot(`
    [
      "heater 'extruder' is not heating as it should: 25.0 °C with a target of 210.0 °C; at least 2 °C in 20 s are expected (HEATER_NOT_HEATING)
      To fix: check that the heater and its sensor are seated firmly and wired, that the supply is on, and that no fan blows on the block; a slow heater may need other values in [verify_heater extruder]. Then run FIRMWARE_RESTART.",
      "the sensor of 'extruder' has told nothing for 2 s, so heater 'extruder' was turned off (SENSOR_SILENT)
      To fix: check the connection to the sensor's board and, for a sensor that the host reads, its file or bus; then run FIRMWARE_RESTART.",
    ]
  `);
});
