import fc from "fast-check";
import { expect, test } from "vitest";
import { virtualDictionary } from "../../../host/virtual/dictionary.js";
import { HeatedBlock } from "../../../host/virtual/machine/heat.js";
import { sensorRatio } from "../../../host/virtual/machine/sensor-curve.js";
import { thermocoupleReading } from "../../../host/virtual/machine/thermocouple.js";
import type { MachineSetup, SensorCurve } from "../../../host/virtual/setup.js";
import { VirtualHost } from "../../support/virtual-host.js";

const FREQUENCY = 64e6;
/** Full scale at 100 degrees, nothing at 0. */
const LINE: SensorCurve = {
  kind: "ratio",
  points: [
    { c: 0, ratio: 0 },
    { c: 100, ratio: 1 },
  ],
};

function sensorHost(machine: MachineSetup, dictionary?: string): VirtualHost {
  const board = { name: "mcu", startTicks: 0, ...(dictionary === undefined ? {} : { dictionary }) };
  const host = new VirtualHost({ seed: 1, boards: [board], machine }).identify();
  return host.configure([
    "config_analog_in oid=0 pin=PC0",
    "config_digital_out oid=1 pin=PA1 value=0 default_value=0 max_duration=0",
  ]);
}

const ahead = (host: VirtualHost, seconds: number): number => (host.clock() + seconds * FREQUENCY) >>> 0;

const query = (
  clock: number,
  options: { rest?: number; bytes?: number; min?: number; max?: number; checks?: number } = {},
): string =>
  `query_analog_in oid=0 clock=${clock} sample_ticks=64000 sample_count=8 rest_ticks=${(options.rest ?? 0.3) * FREQUENCY} ` +
  `bytes_per_report=${options.bytes ?? 2} min_value=${options.min ?? 0} max_value=${options.max ?? 32760} range_check_count=${options.checks ?? 4}`;

const reports = (host: VirtualHost): string[] => host.texts().filter((text) => text.startsWith("analog_in_state"));
const sensor = { name: "s", pin: { board: "mcu", pin: "PC0" }, curve: LINE };
/** Eight samples of a quarter of full scale, low byte first. */
const QUARTER = "0020";

test("sums its samples and says when the next sum begins", () => {
  const host = sensorHost({ sensors: [{ ...sensor, temperatureC: 25 }] });
  const clock = ahead(host, 0.1);
  host.send(query(clock));
  host.run(1);
  expect(reports(host)).toEqual(
    [1, 2, 3].map(
      (i) => `analog_in_state oid=0 next_clock=${clock + Math.round(i * 0.3 * FREQUENCY)} values=${QUARTER}`,
    ),
  );
});

test("collects several sums for one report when it is told to", () => {
  const host = sensorHost({ sensors: [{ ...sensor, temperatureC: 25 }] });
  const clock = ahead(host, 0.1);
  host.send(query(clock, { rest: 0.1, bytes: 6 }));
  host.run(0.75);
  expect(reports(host)).toEqual(
    [3, 6].map(
      (i) => `analog_in_state oid=0 next_clock=${clock + Math.round(i * 0.1 * FREQUENCY)} values=${QUARTER.repeat(3)}`,
    ),
  );
});

test("an odd or tiny report length means single sums, one that fits in no block shuts the board down", () => {
  const host = sensorHost({ sensors: [{ ...sensor, temperatureC: 25 }] });
  host.send(query(ahead(host, 0.1), { bytes: 3 }));
  host.run(0.5);
  host.send(query(ahead(host, 0.1), { bytes: 0 }));
  host.run(0.5);
  expect(reports(host).every((text) => text.endsWith(`values=${QUARTER}`))).toBe(true);
  expect(reports(host)).toHaveLength(4);
  host.send(query(ahead(host, 0.1), { bytes: 50 }));
  expect(host.shutdownReason()).toBe("Invalid analog_in bytes_per_report");
});

test("speaks the older form with one value where the dictionary has it", () => {
  const json = JSON.parse(virtualDictionary({ hasSerialLine: false }));
  const rename = (formats: Record<string, number>): Record<string, number> =>
    Object.fromEntries(
      Object.entries(formats).map(([text, id]) => [
        text.replace(" bytes_per_report=%c", "").replace("values=%*s", "value=%hu"),
        id,
      ]),
    );
  const dictionary = JSON.stringify({ ...json, commands: rename(json.commands), responses: rename(json.responses) });
  const host = sensorHost({ sensors: [{ ...sensor, temperatureC: 25 }] }, dictionary);
  const clock = ahead(host, 0.1);
  host.send(query(clock).replace(" bytes_per_report=2", ""));
  host.run(0.3);
  expect(reports(host)).toEqual([`analog_in_state oid=0 next_clock=${clock + 0.3 * FREQUENCY} value=8192`]);
});

test("shuts down after so many sums in a row out of range, and goes on measuring", () => {
  const host = sensorHost({ sensors: [{ ...sensor, temperatureC: 25 }] });
  host.send(query(ahead(host, 0.1), { max: 8000, checks: 3 }));
  host.run(0.65);
  expect(host.shutdownReason()).toBeUndefined();
  host.run(0.3);
  expect(host.shutdownReason()).toBe("ADC out of range");
  const before = reports(host).length;
  expect(before).toBe(2);
  host.run(1);
  expect(reports(host).length).toBeGreaterThan(before + 2);
});

test("a good sum in between begins the count anew", () => {
  const host = sensorHost({ sensors: [{ ...sensor, temperatureC: 25 }] });
  host.send(query(ahead(host, 0.1), { min: 1000, checks: 3 }));
  for (let i = 0; i < 4; i++) {
    host.sim.inject({ kind: "sensor", sensor: "s", behaviour: "short" });
    host.run(0.6);
    host.sim.inject({ kind: "sensor", sensor: "s", behaviour: "normal" });
    host.run(0.3);
  }
  expect(host.shutdownReason()).toBeUndefined();
});

test.each([
  ["open", { max: 32000 }],
  ["short", { min: 100 }],
] as const)("a sensor whose wire is %s is out of range", (behaviour, limits) => {
  const host = sensorHost({ sensors: [{ ...sensor, temperatureC: 25 }] });
  host.sim.inject({ kind: "sensor", sensor: "s", behaviour });
  host.send(query(ahead(host, 0.1), { ...limits, checks: 1 }));
  host.run(0.5);
  expect(host.shutdownReason()).toBe("ADC out of range");
});

test("measuring that begins in the past shuts the board down", () => {
  const host = sensorHost({});
  host.send(query(ahead(host, -0.1)));
  expect(host.shutdownReason()).toBe("Timer too close");
});

test("a heater warms its sensor while its pin is on, and a fan cools it", () => {
  const host = sensorHost({
    heaters: [
      {
        name: "hotend",
        pin: { board: "mcu", pin: "PA1" },
        watts: 40,
        joulesPerKelvin: 12,
        lossWattsPerKelvin: 0.12,
        ambientC: 20,
        fan: { name: "part", lossWattsPerKelvin: 0.1 },
      },
    ],
    fans: [{ name: "part", pin: { board: "mcu", pin: "PA2" } }],
    sensors: [{ ...sensor, heater: "hotend" }],
  });
  const temperature = (): number => host.sim.report().machine.heaters[0]?.sensorC ?? Number.NaN;
  host.send("update_digital_out oid=1 value=1");
  host.run(20);
  // 20 + 40 / 0.12 * (1 - exp(-20 * 0.12 / 12))
  expect(temperature()).toBeCloseTo(20 + (40 / 0.12) * (1 - Math.exp(-0.2)), 1);
  host.send("set_digital_out pin=PA2 value=1");
  host.run(400);
  expect(temperature()).toBeCloseTo(20 + 40 / 0.22, 0);
  host.send("update_digital_out oid=1 value=0");
  host.run(30);
  expect(temperature()).toBeCloseTo(20 + (40 / 0.22) * Math.exp((-30 * 0.22) / 12), 0);
});

test("a heater can fail to heat, or fail to stop", () => {
  const machine = {
    heaters: [
      {
        name: "bed",
        pin: { board: "mcu", pin: "PA1" },
        watts: 100,
        joulesPerKelvin: 100,
        lossWattsPerKelvin: 1,
        ambientC: 20,
      },
    ],
  };
  const cold = sensorHost(machine);
  cold.sim.inject({ kind: "heater", heater: "bed", power: 0 });
  cold.send("update_digital_out oid=1 value=1");
  cold.run(60);
  expect(cold.sim.report().machine.heaters[0]).toMatchObject({ temperatureC: 20, duty: 1 });
  const hot = sensorHost(machine);
  hot.sim.inject({ kind: "heater", heater: "bed", stuckOn: true });
  hot.run(60);
  expect(hot.sim.report().machine.heaters[0]?.temperatureC).toBeGreaterThan(60);
});

test("the exact solution of heat agrees with small steps, however time is cut", () => {
  const setup = fc.record({
    watts: fc.double({ min: 1, max: 500, noNaN: true }),
    joulesPerKelvin: fc.double({ min: 1, max: 500, noNaN: true }),
    lossWattsPerKelvin: fc.double({ min: 0.05, max: 3, noNaN: true }),
    sensorDelayS: fc.oneof(fc.constant(0), fc.double({ min: 0.1, max: 20, noNaN: true })),
  });
  const phases = fc.array(
    fc.record({ duty: fc.double({ min: 0, max: 1, noNaN: true }), s: fc.double({ min: 0.1, max: 30, noNaN: true }) }),
    { minLength: 1, maxLength: 5 },
  );
  fc.assert(
    fc.property(setup, phases, (constants, list) => {
      const heater = { name: "h", pin: { board: "mcu", pin: "PA1" }, ambientC: 20, ...constants };
      const [whole, cut] = [new HeatedBlock(heater, 0), new HeatedBlock(heater, 0)];
      let [now, temperature, measured] = [0, 20, 20];
      for (const { duty, s } of list) {
        whole.setDuty(duty, now);
        cut.setDuty(duty, now);
        const steps = 20_000;
        const dt = s / steps;
        for (let i = 0; i < steps; i++) {
          const flow = constants.watts * duty - constants.lossWattsPerKelvin * (temperature - 20);
          const next = temperature + (flow / constants.joulesPerKelvin) * dt;
          measured +=
            constants.sensorDelayS > 0
              ? (((temperature + next) / 2 - measured) / constants.sensorDelayS) * dt
              : next - measured;
          temperature = next;
          if (i % 5000 === 0) cut.sensor(now + i * dt);
        }
        now += s;
      }
      const tolerance = 1e-3 * (1 + Math.abs(temperature));
      expect(Math.abs(whole.temperature(now) - temperature)).toBeLessThan(tolerance);
      expect(Math.abs(whole.sensor(now) - measured)).toBeLessThan(tolerance);
      expect(cut.sensor(now)).toBeCloseTo(whole.sensor(now), 6);
    }),
    { numRuns: 15 },
  );
});

test("a thermistor's curve gives back the temperature for which it was solved", () => {
  // Steinhart-Hart coefficients of a common 100 kOhm bead.
  const [a, b, c] = [0.0007224378300319346, 0.00021676384508201, 8.92935804531095e-8];
  for (const celsius of [-10, 0, 25, 60, 100, 205, 250, 300]) {
    const ratio = sensorRatio({ kind: "thermistor", pullupOhm: 4700, a, b, c }, celsius);
    const log = Math.log((4700 * ratio) / (1 - ratio));
    expect(1 / (a + b * log + c * log ** 3) - 273.15).toBeCloseTo(celsius, 6);
  }
});

test("the other curves give known values", () => {
  const beta: SensorCurve = { kind: "beta", pullupOhm: 100_000, ohm: 100_000, atC: 25, beta: 3950 };
  expect(sensorRatio(beta, 25)).toBeCloseTo(0.5, 12);
  expect(sensorRatio({ ...beta, inlineOhm: 100_000 }, 25)).toBeCloseTo(2 / 3, 12);
  const pt1000: SensorCurve = {
    kind: "resistance",
    pullupOhm: 4700,
    points: [
      { c: 0, ohm: 1000 },
      { c: 100, ohm: 1385.1 },
    ],
  };
  expect(sensorRatio(pt1000, 50)).toBeCloseTo(1192.55 / 5892.55, 9);
  expect(sensorRatio(pt1000, 200)).toBeCloseTo(1770.2 / 6470.2, 9);
  expect(
    sensorRatio(
      {
        kind: "ratio",
        points: [
          { c: 0, ratio: 0.1 },
          { c: 10, ratio: 0.2 },
          { c: 20, ratio: 0.6 },
        ],
      },
      15,
    ),
  ).toBeCloseTo(0.4, 12);
});

test("thermocouple and RTD chips give their registers' values", () => {
  expect(thermocoupleReading("MAX6675", 100)).toEqual({ value: 400 << 3, fault: 0 });
  expect(thermocoupleReading("MAX31855", 100)).toEqual({ value: (400 << 18) >>> 0, fault: 0 });
  expect(thermocoupleReading("MAX31856", 100)).toEqual({ value: 12800 << 5, fault: 0 });
  // 138.51 ohm of 430.
  expect(thermocoupleReading("MAX31865", 100)).toEqual({ value: Math.round((138.505 / 430) * 32768) << 1, fault: 0 });
  expect(thermocoupleReading("MAX31855", Number.NaN).fault).toBe(1);
});
