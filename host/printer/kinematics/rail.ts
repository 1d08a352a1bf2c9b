// thread: host
import type { Pin } from "../../config/pins.js";
import type { SectionReader } from "../../config/section-reader.js";
import { type Mm, type MmPerS, mm, mmPerS } from "../../shared/units.js";
import { readStepper, type StepperOptions } from "../stepper.js";

/** How an axis is homed. */
export interface HomingOptions {
  readonly speed: MmPerS;
  readonly secondSpeed: MmPerS;
  readonly retractSpeed: MmPerS;
  /** How far it backs off before it approaches the switch again; 0 for one approach only. */
  readonly retractDistance: Mm;
  readonly isPositive: boolean;
}

/** A stepper of a rail, and the endstop that stops it when it has one of its own. */
export interface RailStepper {
  readonly stepper: StepperOptions;
  readonly endstopPin: Pin | null;
}

/** An axis: its steppers, its limits and how it is homed. */
export interface RailOptions {
  /** Name of its section: `stepper_x`. */
  readonly name: string;
  /** The main one first, then those of `[stepper_x1]` and so on. */
  readonly steppers: readonly [RailStepper, ...RailStepper[]];
  readonly endstopPin: Pin;
  readonly min: Mm;
  readonly max: Mm;
  /** `undefined` when the endstop knows by itself: a probe. */
  readonly endstopPosition: Mm | undefined;
  readonly homing: HomingOptions;
}

/** Switches within this share of an axis from one of its ends are taken to be at that end. */
const END_SHARE = 0.25;

const ENDSTOP_HELP = "Switch at the end of the axis, or a virtual one such as probe:z_virtual_endstop.";

/** Steppers on one rail may name one switch; it is then shared. */
export function endstopUse(rail: string): { readonly pullup: true; readonly share: string; readonly help: string } {
  return { pullup: true, share: `endstop of ${rail}`, help: ENDSTOP_HELP };
}

function isVirtual(section: SectionReader, pin: Pin): boolean {
  return pin.chip !== "mcu" && !section.config.has(`mcu ${pin.chip}`);
}

/** Reads how fast and how often a switch is approached. */
export function readApproach(section: SectionReader): Omit<HomingOptions, "isPositive"> {
  const speed = section.mmPerS("homing_speed", mmPerS(5), { above: 0, help: "Speed of the first approach." });
  const retractDistance = section.mm("homing_retract_dist", mm(5), {
    min: 0,
    help: "How far to back off before the second approach; 0 for one approach only.",
  });
  const retractSpeed = section.mmPerS("homing_retract_speed", speed, { above: 0, help: "Speed of backing off." });
  const secondSpeed = section.mmPerS("second_homing_speed", mmPerS(speed / 2), {
    above: 0,
    help: "Speed of the second approach.",
  });
  return { speed, secondSpeed, retractSpeed, retractDistance };
}

function readHoming(section: SectionReader, endstop: number, min: number, max: number): HomingOptions {
  const approach = readApproach(section);
  const help = "Whether the axis is homed towards larger coordinates.";
  const given = section.bool("homing_positive_dir", null, { help });
  const span = (max - min) * END_SHARE;
  const isNearMin = endstop <= min + span;
  const isNearMax = endstop >= max - span;
  if (given === null && !isNearMin && !isNearMax) {
    section.reject(
      "position_endstop",
      `is ${endstop} mm, which is near neither end of the axis (${min} to ${max} mm)`,
      "add 'homing_positive_dir: True' or 'homing_positive_dir: False'",
    );
  }
  const isPositive = given ?? !isNearMin;
  if (given !== null && endstop === (isPositive ? min : max)) {
    section.reject(
      "homing_positive_dir",
      `is ${isPositive ? "True" : "False"}, but the switch is at the other end: position_endstop is ${endstop} mm`,
      "remove homing_positive_dir",
    );
  }
  return { ...approach, isPositive };
}

function readStepperOf(section: SectionReader, rail: string): RailStepper {
  const endstopPin = section.pin("endstop_pin", endstopUse(rail), null);
  return { stepper: readStepper(section), endstopPin };
}

/** Reads `[stepper_x]` and those that help it: `[stepper_x1]`, `[stepper_x2]`, ... */
export function readRail(section: SectionReader): RailOptions {
  const main = { stepper: readStepper(section), endstopPin: null };
  const endstopPin = section.pin("endstop_pin", endstopUse(section.name));
  const min = section.mm("position_min", mm(0), { help: "Smallest coordinate." });
  const max = section.mm("position_max", undefined, { above: min, help: "Largest coordinate." });
  const help = "Coordinate at which the switch triggers.";
  const isOwn = isVirtual(section, endstopPin) && !section.has("position_endstop");
  const endstopPosition = isOwn ? undefined : section.mm("position_endstop", undefined, { help });
  if (endstopPosition !== undefined && (endstopPosition < min || endstopPosition > max)) {
    section.reject(
      "position_endstop",
      `is ${endstopPosition} mm, but the axis goes from ${min} to ${max} mm`,
      "set position_endstop to a coordinate between position_min and position_max",
    );
  }
  const others = section.config
    .startingWith(section.name)
    .filter(({ name }) => /^\d+$/.test(name.slice(section.name.length)));
  return {
    name: section.name,
    steppers: [main, ...others.map((other) => readStepperOf(other, section.name))],
    endstopPin,
    min,
    max,
    endstopPosition,
    homing: readHoming(section, endstopPosition ?? min, min, max),
  };
}
