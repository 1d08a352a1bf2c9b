import { expect, test } from "vitest";
import { HeatSystem } from "../../../host/machine/heat/heat-system.js";
import type { OutputSetup, RuleSetup, SensorSetup } from "../../../host/machine/setup.js";
import { printTime } from "../../../host/shared/units.js";
import { HEATER } from "../../support/heat-rig.js";
import { RecordingBoard } from "../../support/recording-board.js";

const output = (oid: number, changes: Partial<OutputSetup> = {}): OutputSetup => ({
  name: `output ${oid}`,
  board: 0,
  oid,
  kind: "soft-pwm",
  inverted: false,
  scale: 1000,
  maxDurationS: 0,
  startValue: 0,
  shutdownValue: 0,
  minIntervalS: 0,
  kickStartS: 0,
  offBelow: 0,
  minValue: 0,
  maxValue: 1,
  publish: undefined,
  ...changes,
});

const SENSOR: SensorSetup = {
  object: "extruder",
  source: { kind: "host", reportS: 0.3 },
  minCelsius: 0,
  maxCelsius: 300,
  guards: false,
  publishExtremes: false,
};

/** A heater (output 0) and a fan (output 1) that a rule drives; the sensor's temperature is given by hand. */
class FanRig {
  readonly board = new RecordingBoard();
  readonly heat: HeatSystem;
  celsius: number | undefined = 25;
  isStepperOn = false;

  constructor(rule: RuleSetup) {
    this.heat = new HeatSystem({
      setup: {
        outputs: [output(1, { maxDurationS: 3 }), output(2)],
        sensors: [SENSOR],
        tachometers: [],
        heaters: [{ ...HEATER, verify: undefined }],
        rules: [rule],
      },
      boards: [this.board],
      firstSlot: 0,
      isStepperOn: () => this.isStepperOn,
      onError: () => {},
      isDry: false,
    });
    this.heat.start();
    this.run(1);
  }

  run(seconds: number): void {
    for (let i = 0; i < Math.round(seconds / 0.1); i++) {
      this.board.now += 0.1;
      this.heat.tick(printTime(this.board.now));
      if (this.celsius !== undefined) this.heat.setTemperature(0, this.celsius);
    }
  }

  /** What the fan was ordered last, from 0 to 1. */
  get speed(): number {
    const orders = this.board.texts.filter((text) => text.startsWith("queue_digital_out oid=2 "));
    return Number(/on_ticks=(\d+)/.exec(orders.at(-1) ?? "")?.[1]) / 1000;
  }
}

test("a heater fan runs while its heater is on, and on until it has cooled down", () => {
  const rig = new FanRig({ kind: "heater-fan", output: 1, heaters: [0], aboveCelsius: 50, value: 0.8 });
  expect(rig.speed).toBe(0);
  rig.heat.setHeaterNow(0, 200);
  rig.run(0.5);
  expect(rig.speed).toBe(0.8);
  rig.celsius = 180;
  rig.run(10);
  rig.heat.setHeaterNow(0, 0);
  rig.run(10);
  expect(rig.speed).toBe(0.8);
  rig.celsius = 49;
  rig.run(20);
  expect(rig.speed).toBe(0);
});

test("a heater fan runs when nobody knows how hot its heater is", () => {
  const rig = new FanRig({ kind: "heater-fan", output: 1, heaters: [0], aboveCelsius: 50, value: 1 });
  rig.celsius = undefined;
  rig.run(3);
  expect(rig.speed).toBe(1);
});

test("a controller fan runs with a motor or heater, then for a while at its idle speed", () => {
  const rig = new FanRig({
    kind: "controller-fan",
    output: 1,
    heaters: [0],
    steppers: [0],
    value: 1,
    idleValue: 0.25,
    idleTimeoutS: 30,
  });
  expect(rig.speed).toBe(0);
  rig.isStepperOn = true;
  rig.run(1);
  expect(rig.speed).toBe(1);
  rig.isStepperOn = false;
  rig.run(20);
  expect(rig.speed).toBe(0.25);
  rig.run(15);
  expect(rig.speed).toBe(0);
  rig.heat.setHeaterNow(0, 100);
  rig.run(1);
  expect(rig.speed).toBe(1);
});

const COOLER: RuleSetup = {
  kind: "temperature-fan",
  object: "temperature_fan cabinet",
  output: 1,
  sensor: 0,
  targetCelsius: 40,
  minValue: 0.3,
  maxValue: 0.9,
  control: { kind: "watermark", maxDeltaC: 2 },
  smoothTimeS: 2,
};

test("a temperature fan with a watermark is fully on above its target and off below", () => {
  const rig = new FanRig(COOLER);
  expect(rig.speed).toBe(0);
  rig.celsius = 43;
  rig.run(1);
  expect(rig.speed).toBe(0.9);
  rig.celsius = 39;
  rig.run(1);
  expect(rig.speed).toBe(0.9);
  rig.celsius = 37;
  rig.run(1);
  expect(rig.speed).toBe(0);
  rig.heat.setRuleNow(0, 30, 0.3, 0.6);
  rig.run(1);
  expect(rig.speed).toBe(0.6);
});

test("a temperature fan with PID turns between its two speeds, faster the hotter it is", () => {
  const rig = new FanRig({ ...COOLER, control: { kind: "pid", kp: 20, ki: 0.5, kd: 10 } });
  rig.run(30);
  expect(rig.speed).toBe(0.3);
  rig.celsius = 46;
  rig.run(5);
  const warm = rig.speed;
  expect(warm).toBeGreaterThan(0.3);
  rig.celsius = 60;
  rig.run(60);
  expect(rig.speed).toBe(0.9);
});

test("a temperature fan runs at full speed when its sensor is silent, and not at all without a target", () => {
  const rig = new FanRig(COOLER);
  rig.celsius = undefined;
  rig.run(3);
  expect(rig.speed).toBe(0.9);
  rig.heat.setRuleNow(0, 0, 0.3, 0.9);
  rig.run(1);
  expect(rig.speed).toBe(0);
});
