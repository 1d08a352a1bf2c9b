import fc from "fast-check";
import { expect, test } from "vitest";
import {
  readGearRatio,
  readLinearMotor,
  readRotaryMotor,
  requireOrder,
  stepsPerTurn,
} from "../../../host/config/values.js";
import { configOf, problemsOf } from "./support.js";

const FINE = "nothing was thrown";

async function linear(lines: string) {
  const config = await configOf(`[stepper_x]\n${lines}\n`);
  return { motor: readLinearMotor(config.section("stepper_x")), config };
}

test("a motor without gears moves its rotation distance in one turn", async () => {
  const { motor, config } = await linear("microsteps: 16\nrotation_distance: 40");
  expect(problemsOf(config)).toBe(FINE);
  expect(motor).toEqual({ microsteps: 16, fullSteps: 200, gearRatio: 1, rotationDistance: 40, stepDistance: 0.0125 });
});

test("gears multiply, motor side first", async () => {
  const { motor } = await linear("microsteps: 16\nrotation_distance: 22.6789511\ngear_ratio: 50:17, 3:1,");
  expect(motor.gearRatio).toBeCloseTo((50 / 17) * 3, 12);
  expect(stepsPerTurn(motor)).toBeCloseTo(200 * 16 * (50 / 17) * 3, 9);
  expect(motor.stepDistance).toBeCloseTo(22.6789511 / (3200 * (50 / 17) * 3), 12);
});

test("ratios of zero, below zero or without a partner are refused", async () => {
  for (const ratio of ["0:1", "-1:1", "1:0", "50", "1:2:3", "a:b"]) {
    const { motor, config } = await linear(`microsteps: 16\nrotation_distance: 40\ngear_ratio: ${ratio}`);
    expect(motor.gearRatio, ratio).toBe(1);
    expect(problemsOf(config), ratio).toMatch(/gear_ratio.*\((CFG_CONFLICT|CFG_OPTION_TYPE)\)/);
  }
  const { config } = await linear("microsteps: 16\nrotation_distance: 40\ngear_ratio: 50:0");
  expect(problemsOf(config)).toMatchInlineSnapshot(`
    "printer.cfg:4: option 'gear_ratio' in section 'stepper_x' has the ratio 50:0 (CFG_CONFLICT)
      To fix: write numbers above 0, such as 50:17"
  `);
});

test("distances, microsteps and full steps that cannot be are refused", async () => {
  const { config } = await linear("microsteps: 0\nrotation_distance: -40\nfull_steps_per_rotation: 201");
  expect(problemsOf(config)).toMatchInlineSnapshot(`
    "the configuration has 3 errors (CFG_INVALID)
      To fix: correct each of them, then run RESTART.
    printer.cfg:2: option 'microsteps' in section 'stepper_x' is 0, below the minimum 1 (CFG_OPTION_RANGE)
      To fix: set microsteps to a value of at least 1
    printer.cfg:3: option 'rotation_distance' in section 'stepper_x' is -40 mm, but must be above 0 mm (CFG_OPTION_RANGE)
      To fix: set rotation_distance to a value above 0 mm
    printer.cfg:4: option 'full_steps_per_rotation' in section 'stepper_x' is 201, which no motor has (CFG_CONFLICT)
      To fix: set it to 200, or 400 for 0.9 degrees"
  `);
});

test("the old step_distance is turned into a rotation distance, with a warning", async () => {
  const { motor, config } = await linear("microsteps: 16\nstep_distance: 0.0125\ngear_ratio: 3:1");
  expect(problemsOf(config)).toBe(FINE);
  expect(motor.stepDistance).toBe(0.0125);
  expect(motor.rotationDistance).toBeCloseTo(120, 12);
  expect(config.warnings.map(({ message }) => message)).toEqual([
    "option 'step_distance' in section 'stepper_x' is an old one: write 'rotation_distance: 120'",
  ]);
});

test("a rotary motor needs gears and has radians per step", async () => {
  const config = await configOf(
    "[stepper_arm]\nmicrosteps: 16\ngear_ratio: 107.000:16, 60:16\n[other]\nmicrosteps: 16\n",
  );
  const motor = readRotaryMotor(config.section("stepper_arm"));
  expect(motor.radiansPerStep).toBeCloseTo((2 * Math.PI) / (3200 * (107 / 16) * (60 / 16)), 15);
  readRotaryMotor(config.section("other"));
  expect(problemsOf(config)).toContain("section 'other' has no option 'gear_ratio'");
});

test("a chain of gears is the product of its pairs, in any order", () => {
  const pair = fc.tuple(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 200 }));
  return fc.assert(
    fc.asyncProperty(fc.array(pair, { maxLength: 4 }), async (pairs) => {
      const text = pairs.map(([a, b]) => `${a}:${b}`).join(", ");
      const config = await configOf(`[a]\ngear_ratio: ${text}\n`);
      const exact = pairs.reduce((product, [a, b]) => product * (a / b), 1);
      expect(readGearRatio(config.section("a")) / exact).toBeCloseTo(1, 12);
    }),
  );
});

test("two values that must be in order are", async () => {
  const config = await configOf("[extruder]\nmin_temp: 10\nmax_temp: 5\n");
  const section = config.section("extruder");
  const [low, high] = [section.float("min_temp"), section.float("max_temp")];
  requireOrder(section, ["min_temp", low], ["max_temp", high]);
  requireOrder(section, ["a", 1], ["b", 2]);
  expect(problemsOf(config)).toMatchInlineSnapshot(`
    "printer.cfg:3: option 'max_temp' in section 'extruder' is 5, but must be above 'min_temp', which is 10 (CFG_CONFLICT)
      To fix: raise max_temp or lower min_temp"
  `);
});
