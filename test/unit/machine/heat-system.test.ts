import fc from "fast-check";
import { expect, test } from "vitest";
import type { PidParameters } from "../../../host/machine/heat/relay-tuner.js";
import type { HostError } from "../../../host/shared/errors.js";
import { printTime } from "../../../host/shared/units.js";
import { HEATER, HeatRig } from "../../support/heat-rig.js";

/** Lowest and highest temperature of the block in the next so many s. */
function swing(rig: HeatRig, seconds: number): { low: number; high: number } {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  rig.run(seconds, () => {
    low = Math.min(low, rig.sensor);
    high = Math.max(high, rig.sensor);
  });
  return { low, high };
}

test("PID brings a hot end to its target and keeps it within a degree", () => {
  const rig = new HeatRig();
  rig.heat.setHeaterNow(0, 210);
  rig.run(5);
  expect(rig.heater.isBusy).toBe(true);
  const { high } = swing(rig, 295);
  expect(high).toBeLessThan(225);
  const held = swing(rig, 120);
  expect(held.low).toBeGreaterThan(209);
  expect(held.high).toBeLessThan(211);
  expect(rig.heater.isBusy).toBe(false);
  expect(rig.errors).toEqual([]);
});

test("a watermark switches at its two temperatures and nowhere between them", () => {
  const rig = new HeatRig({ control: { kind: "watermark", maxDeltaC: 2 } });
  rig.heat.setHeaterNow(0, 60);
  rig.run(120);
  const powers = new Set<number>();
  const switched: { on: boolean; at: number }[] = [];
  let before = rig.power;
  rig.run(300, () => {
    powers.add(rig.power);
    if (rig.power !== before) switched.push({ on: rig.power > 0, at: rig.sensor });
    before = rig.power;
  });
  expect([...powers].toSorted()).toEqual([0, 1]);
  expect(switched.length).toBeGreaterThan(4);
  for (const { at, on } of switched) {
    // The sensor has moved on a little between its reading and the order.
    if (on) expect(at).toBeLessThan(58.1);
    else expect(at).toBeGreaterThan(61.9);
  }
  expect(rig.errors).toEqual([]);
});

test("orders come well within the time after which the board turns the heater off by itself", () => {
  const rig = new HeatRig();
  rig.heat.setHeaterNow(0, 210);
  rig.run(400);
  expect(rig.longestGap).toBeGreaterThan(0);
  expect(rig.longestGap).toBeLessThan(1.5);
  for (const { at, due, text } of rig.board.sent) {
    if (text.startsWith("queue_digital_out")) expect(due - at).toBeGreaterThan(0.099);
  }
});

test("a target takes effect at its print time", () => {
  const rig = new HeatRig();
  rig.run(1);
  rig.heat.setHeater(0, printTime(11), 200);
  rig.run(9.5);
  expect(rig.heater.target).toBe(0);
  expect(rig.ordered).toBe(0);
  rig.run(1.5);
  expect(rig.heater.target).toBe(200);
  expect(rig.ordered).toBe(1);
});

test("one reading out of range turns the heater off until the next good one", () => {
  const rig = new HeatRig();
  rig.heat.setHeaterNow(0, 200);
  rig.run(10);
  expect(rig.ordered).toBe(1);
  rig.report(0);
  expect(rig.ordered).toBe(0);
  rig.run(2);
  expect(rig.ordered).toBe(1);
  expect(rig.errors).toEqual([]);
});

test("a thermistor that has come off stops the printer with its heater off, once", () => {
  const rig = new HeatRig();
  rig.heat.setHeaterNow(0, 200);
  rig.run(30);
  rig.reading = 0;
  let stoppedAfter = 0;
  rig.run(5, () => {
    if (rig.errors.length === 0) stoppedAfter += 0.05;
  });
  expect(stoppedAfter).toBeLessThan(1.6);
  expect(rig.errors.map((error) => error.format())).toMatchInlineSnapshot(`
    [
      "the sensor of 'extruder' reads 0.0 °C, below its minimum of 5.0 °C (SENSOR_RANGE)
      To fix: check the sensor's plug and wires: a thermistor with a broken wire reads far too cold, one with a short circuit far too hot (PT100 and PT1000 the other way round). If the temperature is real, correct min_temp and max_temp in [extruder]. Then run FIRMWARE_RESTART.",
    ]
  `);
  rig.reading = undefined;
  rig.heat.setHeaterNow(0, 200);
  rig.run(60);
  expect(rig.ordered).toBe(0);
  expect(rig.errors).toHaveLength(1);
});

test("a sensor that falls silent turns its heater off before the board would", () => {
  const rig = new HeatRig();
  rig.heat.setHeaterNow(0, 200);
  rig.run(30);
  rig.isReporting = false;
  let silentS = 0;
  rig.run(5, () => {
    if (rig.power > 0) silentS += 0.05;
  });
  expect(silentS).toBeLessThan(2.4);
  expect(rig.errors.map((error) => error.format())).toMatchInlineSnapshot(`
    [
      "the sensor of 'extruder' has told nothing for 2 s, so heater 'extruder' was turned off (SENSOR_SILENT)
      To fix: check the connection to the sensor's board and, for a sensor that the host reads, its file or bus; then run FIRMWARE_RESTART.",
    ]
  `);
});

test("a heater whose element is broken stops the printer", () => {
  const rig = new HeatRig();
  rig.watts = 0;
  rig.heat.setHeaterNow(0, 200);
  rig.run(60);
  expect(rig.errors.map((error) => error.format())).toMatchInlineSnapshot(`
    [
      "heater 'extruder' is not heating as it should: 25.0 °C with a target of 200.0 °C; at least 2 °C in 20 s are expected (HEATER_NOT_HEATING)
      To fix: check that the heater and its sensor are seated firmly and wired, that the supply is on, and that no fan blows on the block; a slow heater may need other values in [verify_heater extruder]. Then run FIRMWARE_RESTART.",
    ]
  `);
  expect(rig.power).toBe(0);
});

test("a heater that loses its element while it holds its target stops the printer", () => {
  const rig = new HeatRig();
  rig.heat.setHeaterNow(0, 200);
  rig.run(300);
  expect(rig.errors).toEqual([]);
  rig.watts = 0;
  rig.run(90);
  expect(rig.errors.map(({ code }) => code)).toEqual(["HEATER_NOT_HEATING"]);
  expect(rig.power).toBe(0);
});

test("all heaters off means off in a tenth of a second, whatever was to come, and they can be used again", () => {
  const rig = new HeatRig();
  rig.heat.setHeaterNow(0, 200);
  rig.heat.setHeater(0, printTime(40), 250);
  rig.run(30);
  rig.heat.allOff();
  rig.run(0.15);
  expect(rig.power).toBe(0);
  rig.run(60);
  expect(rig.heater.target).toBe(0);
  expect(rig.ordered).toBe(0);
  rig.heat.setHeaterNow(0, 200);
  rig.run(1);
  expect(rig.power).toBe(1);
});

test("after a halt nothing is sent any more", () => {
  const rig = new HeatRig();
  rig.heat.setHeaterNow(0, 200);
  rig.run(30);
  rig.heat.halt();
  const count = rig.board.sent.length;
  rig.heat.setHeaterNow(0, 200);
  rig.heat.setOutputNow(0, 1);
  rig.heat.setHeater(0, printTime(31), 200);
  rig.run(30);
  expect(rig.board.sent).toHaveLength(count);
  expect(rig.heater.target).toBe(0);
});

test("never heats with target 0, after a bad reading or when stopped, whatever happens", () => {
  const act = fc.oneof(
    fc.record({ kind: fc.constant("target" as const), value: fc.constantFrom(0, 60, 200, 280, 1000) }),
    fc.record({ kind: fc.constant("report" as const), value: fc.integer({ min: 0, max: 400 }) }),
    fc.record({ kind: fc.constantFrom("off" as const, "silent" as const, "run" as const), value: fc.nat(40) }),
  );
  fc.assert(
    fc.property(fc.array(act, { maxLength: 25 }), (acts) => {
      const rig = new HeatRig();
      for (const { kind, value } of acts) {
        if (kind === "target") rig.heat.setHeaterNow(0, value);
        else if (kind === "report") rig.report(value);
        else if (kind === "off") rig.heat.allOff();
        else if (kind === "silent") rig.isReporting = !rig.isReporting;
        else rig.run(value / 10);
        const isBad = kind === "report" && (value < 5 || value > 300);
        if (rig.heater.target === 0 || isBad || rig.errors.length > 0) expect(rig.ordered).toBe(0);
        expect(rig.heater.target).toBeLessThanOrEqual(300);
      }
    }),
    { numRuns: 60 },
  );
});

test("calibration finds parameters that hold the target, and leaves the heater off", () => {
  const rig = new HeatRig({ control: { kind: "watermark", maxDeltaC: 2 } });
  const results: (PidParameters | HostError)[] = [];
  rig.heat.calibrate(0, 200, 0.05, (result) => results.push(result));
  for (let i = 0; i < 60 && results.length === 0; i++) rig.run(30);
  const [found] = results;
  if (found === undefined || !("kp" in found)) throw new Error(`no parameters: ${String(found)}`);
  expect(rig.ordered).toBe(0);
  rig.heat.setControl(0, { kind: "pid", ...found });
  rig.heat.setHeaterNow(0, 200);
  rig.run(240);
  const { high, low } = swing(rig, 60);
  expect(high).toBeLessThan(201);
  expect(low).toBeGreaterThan(199);
  expect(rig.errors).toEqual([]);
});

test("a calibration ends with an error when the heater is turned off or its sensor fails", () => {
  for (const end of ["off", "fault"] as const) {
    const rig = new HeatRig({ verify: HEATER.verify });
    const results: (PidParameters | HostError)[] = [];
    rig.heat.calibrate(0, 200, 0.05, (result) => results.push(result));
    rig.run(20);
    if (end === "off") rig.heat.setHeaterNow(0, 0);
    else rig.reading = 399;
    rig.run(3);
    expect(results).toHaveLength(1);
    expect(results[0]).toMatchObject({ code: "PID_CALIBRATE_FAILED" });
    expect(rig.ordered).toBe(0);
  }
});
