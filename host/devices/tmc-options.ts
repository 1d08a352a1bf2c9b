// thread: host
import type { Pin, SectionReader } from "../printer/module.js";
import { type MmPerS, mmPerS } from "../shared/units.js";
import type { CurrentScale } from "./tmc-current.js";
import { fieldRange, type Registers, TmcFields } from "./tmc-fields.js";

/** A kind of driver. */
export interface TmcChip {
  /** First word of its section: `tmc2209`. */
  readonly kind: string;
  readonly registers: Registers;
  /** Clock of the chip in Hz: turns velocities into TSTEP. */
  readonly frequency: number;
  /** Registers that DUMP_TMC asks the driver for. */
  readonly readable: readonly string[];
  /** Fields that options set, in the order in which they are written, with their defaults. */
  readonly defaults: Readonly<Record<string, number | boolean>>;
  /** Fields that are always the same. */
  readonly fixed: Readonly<Record<string, number>>;
  readonly readCurrent: (section: SectionReader) => CurrentScale;
  /** Register with the flags of faults; `DRV_STATUS` when left out. */
  readonly statusRegister?: string;
  /** Options that name the pin of a stall output; none for drivers whose output is an endstop pin by itself. */
  readonly diagPins: readonly string[];
}

export interface TmcOptions {
  /** Section of the stepper: `stepper_x`. */
  readonly stepper: string;
  readonly fields: TmcFields;
  readonly scale: CurrentScale;
  readonly runCurrent: number;
  readonly holdCurrent: number | null;
  readonly microsteps: number;
  readonly stealth: MmPerS;
  readonly cool: MmPerS | null;
  readonly high: MmPerS | null;
  readonly diag: { readonly pin: Pin; readonly option: string } | undefined;
}

/** Microsteps as the field MRES has them: 0 for 256, 8 for full steps. */
function microstepField(microsteps: number): number {
  return 8 - Math.log2(microsteps);
}

/** Reads a driver's field from an option `driver_NAME`. */
function readField(section: SectionReader, fields: TmcFields, name: string, fallback: number | boolean): void {
  const place = fields.placeOf(name);
  if (place === undefined) throw new Error(`there is no field '${name}' in ${section.kind}`);
  const option = `driver_${name.toUpperCase()}`;
  const help = "Value of the driver's field of that name.";
  if (typeof fallback === "boolean") {
    fields.set(name, Number(section.bool(option, fallback, { help })));
    return;
  }
  const [min, max] = fieldRange(place);
  fields.set(name, section.int(option, fallback, { min, max, help }));
}

/** Steps of the stepper's section, or (as older configurations have it) of the driver's. */
function readMicrosteps(section: SectionReader, stepper: string): number {
  const own = section.config.optional(stepper);
  if (own === undefined) {
    section.reject(undefined, `names '${stepper}', but there is no section [${stepper}]`, "give it the stepper's name");
    return 16;
  }
  const source = section.has("microsteps") && !own.has("microsteps") ? section : own;
  const microsteps = source.int("microsteps", undefined, { min: 1, max: 256 });
  if (Number.isInteger(Math.log2(microsteps))) return microsteps;
  own.reject("microsteps", `is ${microsteps}`, "a driver makes 1, 2, 4, 8, 16, 32, 64, 128 or 256 microsteps");
  return 16;
}

/** Reads everything of a driver but the way to reach it. */
export function readTmc(section: SectionReader, chip: TmcChip): TmcOptions {
  const stepper = section.label;
  const fields = new TmcFields(chip.registers);
  for (const [name, value] of Object.entries(chip.fixed)) fields.set(name, value);
  for (const [name, value] of Object.entries(chip.defaults)) readField(section, fields, name, value);
  const microsteps = readMicrosteps(section, stepper);
  fields.set("mres", microstepField(microsteps));
  const interpolate = section.bool("interpolate", true, { help: "Whether the driver makes 256 microsteps of each." });
  fields.set("intpol", Number(interpolate));
  const scale = chip.readCurrent(section);
  const limits = { above: 0, max: scale.maximum };
  const runCurrent = section.float("run_current", undefined, { ...limits, help: "Current of the motor in A." });
  const holdCurrent = section.float("hold_current", null, {
    ...limits,
    help: "Current at rest in A; like run_current.",
  });
  const has = (field: string): boolean => fields.has(field);
  return {
    stepper,
    fields,
    scale,
    runCurrent,
    holdCurrent,
    microsteps,
    stealth: has("tpwmthrs")
      ? section.mmPerS("stealthchop_threshold", mmPerS(0), {
          min: 0,
          help: "Quiet mode below this speed; 0 for never.",
        })
      : mmPerS(0),
    cool: has("tcoolthrs")
      ? section.mmPerS("coolstep_threshold", null, { min: 0, help: "CoolStep above this speed." })
      : null,
    high: has("thigh")
      ? section.mmPerS("high_velocity_threshold", null, { min: 0, help: "No CoolStep above this speed." })
      : null,
    diag: readDiag(section, chip),
  };
}

function readDiag(section: SectionReader, chip: TmcChip): TmcOptions["diag"] {
  const pins = chip.diagPins.flatMap((option) => {
    const help = "Pin of the driver's stall output, for homing without switches.";
    const pin = section.pin(option, { pullup: true, share: "driver stall output", help }, null);
    return pin === null ? [] : [{ pin, option }];
  });
  if (pins.length > 1) section.reject(pins[1]?.option, "is a second stall output", "name only one of them");
  return pins[0];
}
