// thread: any
import { type Mm, mm } from "../shared/units.js";
import type { SectionReader } from "./section-reader.js";

/** How far one full turn of a motor's shaft gets. */
export interface MotorGearing {
  readonly fullSteps: number;
  readonly microsteps: number;
  /** Turns of the motor for one turn of what it drives; 1 without gears. */
  readonly gearRatio: number;
}

/** Microsteps of the motor for one turn of what it drives. */
export function stepsPerTurn({ fullSteps, microsteps, gearRatio }: MotorGearing): number {
  return fullSteps * microsteps * gearRatio;
}

/** A motor that moves something along a line. */
export interface LinearMotor extends MotorGearing {
  /** Travel for one turn of what the motor drives, gears included. */
  readonly rotationDistance: Mm;
  /** Travel for one microstep. */
  readonly stepDistance: Mm;
}

/** A motor that turns an arm or a bed. */
export interface RotaryMotor extends MotorGearing {
  readonly radiansPerStep: number;
}

/** `gear_ratio: 50:17, 3:1` as one number: turns of the motor for one turn of what it drives. */
export function readGearRatio(section: SectionReader, isRequired = false): number {
  const fallback = isRequired ? undefined : [];
  const help = "Gears between motor and load, motor side first.";
  const pairs = section.floatTable("gear_ratio", ",", fallback, { separator: ":", count: 2, help });
  let product = 1;
  for (const [motor = 1, load = 1] of pairs) {
    if (motor > 0 && load > 0) {
      product *= motor / load;
      continue;
    }
    section.reject("gear_ratio", `has the ratio ${motor}:${load}`, "write numbers above 0, such as 50:17");
    return 1;
  }
  return product;
}

/** A motor needs whole electrical turns, of four full steps each. */
const STEPS_PER_ELECTRICAL_TURN = 4;

function readGearing(section: SectionReader, isGearRequired: boolean): MotorGearing {
  const microsteps = section.int("microsteps", undefined, { min: 1, help: "Microsteps for each full step." });
  const fullSteps = section.int("full_steps_per_rotation", 200, {
    min: 1,
    help: "Full steps of the motor for one turn: 200 for 1.8 degrees, 400 for 0.9 degrees.",
  });
  if (fullSteps % STEPS_PER_ELECTRICAL_TURN !== 0) {
    section.reject(
      "full_steps_per_rotation",
      `is ${fullSteps}, which no motor has`,
      "set it to 200, or 400 for 0.9 degrees",
    );
  }
  return { microsteps, fullSteps, gearRatio: readGearRatio(section, isGearRequired) };
}

/**
 * `rotation_distance` (or the old `step_distance`), `microsteps`, `full_steps_per_rotation` and `gear_ratio` of a
 * motor that moves something along a line.
 */
export function readLinearMotor(section: SectionReader): LinearMotor {
  const gearing = readGearing(section, false);
  const steps = stepsPerTurn(gearing);
  if (section.has("step_distance") && !section.has("rotation_distance")) {
    const stepDistance = section.mm("step_distance", undefined, { above: 0, help: "Travel for one microstep." });
    const rotationDistance = mm(stepDistance * steps);
    section.deprecate("step_distance", `is an old one: write 'rotation_distance: ${shortNumber(rotationDistance)}'`);
    return { ...gearing, stepDistance, rotationDistance };
  }
  const help = "Travel for one turn of what the motor drives.";
  const rotationDistance = section.mm("rotation_distance", undefined, { above: 0, help });
  return { ...gearing, rotationDistance, stepDistance: mm(rotationDistance / steps) };
}

/** `gear_ratio`, `microsteps` and `full_steps_per_rotation` of a motor that turns an arm or a bed. */
export function readRotaryMotor(section: SectionReader): RotaryMotor {
  const gearing = readGearing(section, true);
  return { ...gearing, radiansPerStep: (2 * Math.PI) / stepsPerTurn(gearing) };
}

/** A number for people: as exact as a double prints it, but without the noise of a product's last digits. */
function shortNumber(value: number): string {
  return String(Number(value.toPrecision(12)));
}

/** Two numbers that a configuration must hold in order, such as min_temp and max_temp. */
export function requireOrder(section: SectionReader, low: [string, number], high: [string, number]): void {
  if (low[1] < high[1]) return;
  const problem = `is ${high[1]}, but must be above '${low[0]}', which is ${low[1]}`;
  section.reject(high[0], problem, `raise ${high[0]} or lower ${low[0]}`);
}
