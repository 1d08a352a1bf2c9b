// thread: host
import type { ProbedPoint } from "../devices/probe.js";
import { readTravel, travelTo, type Xy } from "../devices/probe-points.js";
import { average, fixed } from "../devices/sample-math.js";
import { defineModule, type GcodeCommand, type SectionReader } from "../printer/module.js";
import { mm } from "../shared/units.js";

/** Corrections that were measured along one axis. */
interface Twist {
  /** Coordinates of the nozzle between which they lie, evenly spaced. */
  readonly start: number;
  readonly end: number;
  /** What the probe finds too high at each place, mm, less the mean. */
  readonly heights: readonly number[];
}

/** Where one axis is measured: its ends, and the coordinate of the other axis. */
interface Path {
  readonly start: number;
  readonly end: number;
  readonly across: number;
}

type Axis = "X" | "Y";

function readPath(section: SectionReader, axis: Axis): Path | null {
  const own = axis.toLowerCase();
  const other = axis === "X" ? "y" : "x";
  const names = [`calibrate_start_${own}`, `calibrate_end_${own}`, `calibrate_${other}`] as const;
  const help = "Where the twist is measured: coordinates of the nozzle.";
  const [start, end, across] = names.map((name) => section.mm(name, null, { help }));
  if (typeof start !== "number" || typeof end !== "number" || typeof across !== "number") {
    if ([start, end, across].some((value) => value !== null)) {
      section.reject(names[0], `belongs with ${names[1]} and ${names[2]}`, "set all three of them, or none");
    }
    return null;
  }
  if (end > start) return { start, end, across };
  section.reject(names[1], `is ${end} mm, not behind ${names[0]} (${start} mm)`, "give it a larger coordinate");
  return null;
}

/** What was saved. */
function readTwist(section: SectionReader, axis: Axis): Twist | null {
  const help = "Written by SAVE_CONFIG.";
  const heights = section.floats(axis === "X" ? "z_compensations" : "zy_compensations", [], { help });
  const start = section.float(`compensation_start_${axis.toLowerCase()}`, null, { help });
  const end = section.float(`compensation_end_${axis.toLowerCase()}`, null, { help });
  return start === null || end === null || heights.length < 2 ? null : { start, end, heights };
}

/** The correction at a place: straight lines between the measured ones, level beyond. */
function twistAt({ start, end, heights }: Twist, at: number): number {
  const last = heights.length - 1;
  const u = Math.min(Math.max(((at - start) / (end - start)) * last, 0), last);
  const i = Math.min(Math.floor(u), last - 1);
  const t = u - i;
  return (heights[i] ?? 0) * (1 - t) + (heights[i + 1] ?? 0) * t;
}

/** `[axis_twist_compensation]`: corrects what a twisted axis makes a probe find too high or too low. */
export default defineModule({
  section: "axis_twist_compensation",

  options: (section) => ({
    travel: readTravel(section),
    paths: { X: readPath(section, "X"), Y: readPath(section, "Y") },
    twists: { X: readTwist(section, "X"), Y: readTwist(section, "Y") },
  }),

  create(options, ctx) {
    const twists: Record<Axis, Twist | null> = { ...options.twists };
    let isMeasuring = false;

    function correction({ nozzleX, nozzleY }: ProbedPoint): number {
      if (isMeasuring) return 0;
      const x = twists.X === null ? 0 : twistAt(twists.X, nozzleX);
      const y = twists.Y === null ? 0 : twistAt(twists.Y, nozzleY);
      return -(x + y);
    }

    async function calibrate(command: GcodeCommand): Promise<void> {
      const axis = command.choice("AXIS", ["X", "Y"], "X");
      const count = command.int("SAMPLE_COUNT", 3, { min: 2, max: 50 });
      const path = options.paths[axis];
      if (path === null) {
        const own = axis.toLowerCase();
        throw command.error(
          `[axis_twist_compensation] does not say where to measure the ${own} axis`,
          `set calibrate_start_${own} and calibrate_end_${own} there, and the coordinate across`,
        );
      }
      ctx.need("manualProbe", "manual_probe").checkIdle(command);
      await measure(command, axis, path, count, []);
    }

    /** Probes the next place, and asks for the same place to be measured with paper; then the next one. */
    async function measure(
      command: GcodeCommand,
      axis: Axis,
      path: Path,
      count: number,
      found: readonly number[],
    ): Promise<void> {
      if (found.length === count) {
        finish(command, axis, path, found);
        return;
      }
      const along = path.start + ((path.end - path.start) * found.length) / (count - 1);
      const nozzle: Xy = axis === "X" ? [along, path.across] : [path.across, along];
      const probe = ctx.need("probe", "probe");
      const params = probe.params(command);
      const travel = { ...options.travel, height: mm(Math.max(options.travel.height, probe.options.zOffset)) };
      await travelTo(ctx, nozzle, travel, params.liftSpeed);
      const point = await probeRaw(command);
      await travelTo(ctx, [point.bedX, point.bedY], travel, params.liftSpeed);
      ctx.find("gcodeMove")?.resync();
      command.respondInfo(`axis_twist_compensation: place ${found.length + 1} of ${count}`);
      ctx.need("manualProbe", "manual_probe").start(command, async (position, answer) => {
        if (position === undefined) return;
        await measure(answer, axis, path, count, [...found, point.bedZ - position[2]]);
      });
    }

    /** What the probe itself finds, without any correction. */
    async function probeRaw(command: GcodeCommand): Promise<ProbedPoint> {
      const probe = ctx.need("probe", "probe");
      isMeasuring = true;
      try {
        return await probe.during(command, () => probe.probeHere(probe.params(command), command));
      } finally {
        isMeasuring = false;
      }
    }

    function finish(command: GcodeCommand, axis: Axis, { start, end }: Path, found: readonly number[]): void {
      const mean = average(found);
      const heights = found.map((height) => height - mean);
      twists[axis] = { start, end, heights };
      const values = ctx.need("configValues", "printer");
      const own = axis.toLowerCase();
      const text = heights.map((height) => fixed(height, 6)).join(", ");
      values.save("axis_twist_compensation", axis === "X" ? "z_compensations" : "zy_compensations", text);
      values.save("axis_twist_compensation", `compensation_start_${own}`, start);
      values.save("axis_twist_compensation", `compensation_end_${own}`, end);
      command.respondInfo(
        `axis_twist_compensation: the ${own} axis is corrected by ${text}; mean offset of the probe ${fixed(mean, 6)} mm.\n` +
          "This holds from now on. Run SAVE_CONFIG to keep it, then calibrate z_offset of the probe again.",
      );
    }

    return {
      connect() {
        ctx.need("probe", "probe").correct(correction);
        ctx.command("AXIS_TWIST_COMPENSATION_CALIBRATE", calibrate, {
          help: "Measures how a twisted axis misleads the probe: AXIS, SAMPLE_COUNT.",
        });
      },
    };
  },
});
