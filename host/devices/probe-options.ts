// thread: host
import type { GcodeCommand, SectionReader } from "../printer/module.js";
import { type Mm, type MmPerS, mm, mmPerS } from "../shared/units.js";

/** How one place is probed. */
export interface ProbeParams {
  readonly speed: MmPerS;
  readonly liftSpeed: MmPerS;
  readonly samples: number;
  readonly retract: Mm;
  readonly result: "average" | "median";
  /** Largest difference between samples at one place. */
  readonly tolerance: Mm;
  /** How often to begin anew when it is exceeded. */
  readonly retries: number;
}

/** What `[probe]`, `[bltouch]` and the like have in common. */
export interface ProbeOptions extends ProbeParams {
  /** Section that is asked to be saved to: `probe`, `bltouch`. */
  readonly section: string;
  readonly xOffset: Mm;
  readonly yOffset: Mm;
  /** Height of the nozzle above the bed when the probe triggers. */
  readonly zOffset: Mm;
}

/** Reads the options that all probes have. */
export function readProbe(section: SectionReader): ProbeOptions {
  const speed = section.mmPerS("speed", mmPerS(5), { above: 0, help: "Speed of the probing move." });
  return {
    section: section.name,
    xOffset: section.mm("x_offset", mm(0), { help: "Distance from the nozzle to the probe along x." }),
    yOffset: section.mm("y_offset", mm(0), { help: "Distance from the nozzle to the probe along y." }),
    zOffset: section.mm("z_offset", undefined, {
      help: "Height of the nozzle above the bed when the probe triggers; PROBE_CALIBRATE finds it.",
    }),
    speed,
    liftSpeed: section.mmPerS("lift_speed", speed, { above: 0, help: "Speed of lifting between samples." }),
    samples: section.int("samples", 1, { min: 1, help: "How often each place is probed." }),
    retract: section.mm("sample_retract_dist", mm(2), { above: 0, help: "How far to lift between samples." }),
    result: section.choice("samples_result", ["average", "median"], "average", {
      help: "How one height is made of the samples.",
    }),
    tolerance: section.mm("samples_tolerance", mm(0.1), { min: 0, help: "Largest difference between samples." }),
    retries: section.int("samples_tolerance_retries", 0, {
      min: 0,
      help: "How often to begin anew when the samples differ by more.",
    }),
  };
}

/** The same with what a command says: PROBE SAMPLES=3. */
export function probeParams(command: GcodeCommand, from: ProbeParams): ProbeParams {
  return {
    speed: command.mmPerS("PROBE_SPEED", from.speed, { above: 0 }),
    liftSpeed: command.mmPerS("LIFT_SPEED", from.liftSpeed, { above: 0 }),
    samples: command.int("SAMPLES", from.samples, { min: 1 }),
    retract: command.mm("SAMPLE_RETRACT_DIST", from.retract, { above: 0 }),
    result: command.choice("SAMPLES_RESULT", ["average", "median"], from.result),
    tolerance: command.mm("SAMPLES_TOLERANCE", from.tolerance, { min: 0 }),
    retries: command.int("SAMPLES_TOLERANCE_RETRIES", from.retries, { min: 0 }),
  };
}
