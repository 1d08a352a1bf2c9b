// thread: host
import type { GcodeCommand, ModuleContext, SectionReader, StatusObject, Stepper } from "../printer/module.js";
import { HostError } from "../shared/errors.js";
import { type Mm, mm, mmPerS } from "../shared/units.js";
import type { ProbedPoint } from "./probe.js";
import type { PointsOutcome } from "./probe-points.js";
import { range } from "./sample-math.js";

/** Speed of the z steppers when no probe says another one. */
const SAFE_SPEED = mmPerS(5);

/** How often levelling begins anew. */
export interface RetryOptions {
  readonly retries: number;
  readonly tolerance: Mm;
}

/** Reads `retries` and `retry_tolerance`. */
export function readRetries(section: SectionReader): RetryOptions {
  return {
    retries: section.int("retries", 0, {
      min: 0,
      max: 30,
      help: "How often to begin anew until the tolerance is met.",
    }),
    tolerance: section.mm("retry_tolerance", mm(0), {
      min: 0,
      max: 1,
      help: "Largest difference between the points that is level enough.",
    }),
  };
}

/** Names of the sections of the z steppers: `stepper_z`, `stepper_z1`, ... */
export function zStepperNames(section: SectionReader): readonly string[] {
  return section.config
    .startingWith("stepper_z")
    .map(({ name }) => name)
    .filter((name) => /^stepper_z\d*$/.test(name))
    .sort((a, b) => Number(a.slice(9)) - Number(b.slice(9)));
}

/** The z steppers, in the order of their numbers. */
function zSteppers(ctx: ModuleContext, names: readonly string[]): readonly Stepper[] {
  return names.map((name) => ctx.needPart("stepper", name, "z_positions"));
}

/**
 * Moves the z steppers so that what is `heights[i]` too high at the i-th of them comes to 0. No stepper goes down: the
 * lowest one stays, and z is counted anew.
 */
export async function adjustSteppers(
  ctx: ModuleContext,
  names: readonly string[],
  heights: readonly number[],
  command: GcodeCommand,
): Promise<void> {
  const steppers = zSteppers(ctx, names);
  const least = Math.min(...heights);
  const lines = names.map((name, i) => `${name} = ${(heights[i] ?? 0).toFixed(6)}`);
  command.respondInfo(`Moving the z steppers by:\n${lines.join("\n")}`);
  const shifts = steppers.map(({ index }, i) => ({ stepper: index, distanceMm: (heights[i] ?? 0) - least }));
  const speed = ctx.find("probe")?.params(command).liftSpeed ?? SAFE_SPEED;
  const { toolhead } = ctx;
  await toolhead.drain();
  await toolhead.shiftSteppers(shifts, speed, toolhead.limits.accel);
  await toolhead.setPosition({ z: (toolhead.position[2] ?? 0) - least });
  ctx.find("gcodeMove")?.resync();
}

/** Whether the gantry counts as level, and the attempts to make it so. */
export class Levelling {
  readonly #section: string;
  #status: StatusObject = Object.freeze({ applied: false });
  #attempts = 0;
  #options: RetryOptions;
  #last = Number.POSITIVE_INFINITY;

  constructor(section: string, options: RetryOptions) {
    this.#section = section;
    this.#options = options;
  }

  get status(): StatusObject {
    return this.#status;
  }

  /** What counts as level is over: motors are off. */
  forget(): void {
    this.#status = Object.freeze({ applied: false });
  }

  /** A new command begins; it may say RETRIES and RETRY_TOLERANCE. */
  start(command: GcodeCommand, defaults: RetryOptions): void {
    this.forget();
    this.#options = {
      retries: command.int("RETRIES", defaults.retries, { min: 0, max: 30 }),
      tolerance: command.mm("RETRY_TOLERANCE", defaults.tolerance, { min: 0, max: 1 }),
    };
    this.#attempts = 0;
    this.#last = Number.POSITIVE_INFINITY;
  }

  /** Judges the points as they were before the last correction. Throws LEVEL_FAILED when it gets no better. */
  judge(points: readonly ProbedPoint[], command: GcodeCommand): PointsOutcome {
    const { retries, tolerance } = this.#options;
    const spread = range(points.map(({ bedZ }) => bedZ));
    if (retries > 0) {
      command.respondInfo(
        `Attempt ${this.#attempts + 1} of ${retries + 1}: points differ by ${spread.toFixed(6)} mm, tolerance ${tolerance.toFixed(6)} mm`,
      );
    }
    if (retries === 0 || spread <= tolerance) {
      this.#status = Object.freeze({ applied: true });
      return "done";
    }
    if (spread > this.#last * 1.5) throw this.#failure(spread, "it gets worse from attempt to attempt");
    if (this.#attempts >= retries) throw this.#failure(spread, `after ${retries + 1} attempts`);
    this.#attempts++;
    this.#last = spread;
    return "again";
  }

  #failure(spread: number, why: string): HostError<"LEVEL_FAILED"> {
    const { tolerance } = this.#options;
    return new HostError(
      "LEVEL_FAILED",
      `[${this.#section}] could not level: points differ by ${spread.toFixed(4)} mm, above retry_tolerance ${tolerance} mm, ${why}`,
      {
        details: { section: this.#section, value: spread, limit: tolerance },
        fix: "check that the z steppers are named in the order of their places, that nothing binds, and the probe with PROBE_ACCURACY; or raise retry_tolerance",
      },
    );
  }
}
