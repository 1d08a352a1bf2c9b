// thread: host
import type { ProbedPoint } from "../devices/probe.js";
import { measurePoints, readTravel } from "../devices/probe-points.js";
import { fixed } from "../devices/sample-math.js";
import { readScrews } from "../devices/screws.js";
import { defineModule, type GcodeCommand, type StatusObject } from "../printer/module.js";
import { HostError } from "../shared/errors.js";

/** Rise of one turn in mm by ISO metric coarse thread. */
const PITCH: Readonly<Record<string, number>> = { M3: 0.5, M4: 0.7, M5: 0.8, M6: 1 };
const THREADS = ["CW-M3", "CCW-M3", "CW-M4", "CCW-M4", "CW-M5", "CCW-M5", "CW-M6", "CCW-M6"] as const;
/** Differences below this need no turn, mm. */
const LEVEL = 0.001;

/** `[screws_tilt_adjust]`: tells how far to turn the screws of a bed. */
export default defineModule({
  section: "screws_tilt_adjust",
  shape: { floats: ["max_deviation", "results.*.z"] },

  options: (section) => ({
    screws: readScrews(section, 2),
    travel: readTravel(section),
    thread: section.choice("screw_thread", THREADS, "CW-M3", {
      help: "Thread of the screws, and which way a knob is turned to raise the bed.",
    }),
  }),

  create(options, ctx) {
    const { screws, thread } = options;
    const raisesClockwise = thread.startsWith("CW-");
    const pitch = PITCH[thread.slice(thread.indexOf("-") + 1)] ?? 1;
    let status: StatusObject = Object.freeze({ error: false, max_deviation: null, results: Object.freeze({}) });

    /** Index of the screw that stays: the first, or the one that lets all others turn the same way. */
    function baseOf(heights: readonly number[], direction: "CW" | "CCW" | null): number {
      if (direction === null) return 0;
      const raises = (direction === "CW") === raisesClockwise;
      const best = raises ? Math.max(...heights) : Math.min(...heights);
      return heights.indexOf(best);
    }

    function report(points: readonly ProbedPoint[], command: GcodeCommand): void {
      const direction = command.choice("DIRECTION", ["CW", "CCW"], null);
      const maxDeviation = command.float("MAX_DEVIATION", null, { above: 0 });
      const heights = points.map(({ bedZ }) => bedZ);
      const base = baseOf(heights, direction);
      const baseHeight = heights[base] ?? 0;
      const results: Record<string, StatusObject> = {};
      command.respondInfo("01:20 means 1 full turn and 20 minutes, CW=clockwise, CCW=counter-clockwise");
      screws.forEach(({ name, place }, i) => {
        const z = heights[i] ?? 0;
        const low = i === base ? 0 : baseHeight - z;
        const turns = Math.abs(low) < LEVEL ? 0 : Math.abs(low) / pitch;
        const sign = low >= 0 === raisesClockwise ? "CW" : "CCW";
        const adjust = clockText(turns);
        results[`screw${i + 1}`] = Object.freeze({ z, sign, adjust, is_base: i === base });
        const where = `x=${place[0].toFixed(1)}, y=${place[1].toFixed(1)}, z=${fixed(z, 5)}`;
        command.respondInfo(i === base ? `${name} (base) : ${where}` : `${name} : ${where} : adjust ${sign} ${adjust}`);
      });
      const deviation = Math.max(...heights.map((z) => Math.abs(z - baseHeight)));
      const isBeyond = maxDeviation !== null && deviation > maxDeviation;
      status = Object.freeze({ error: isBeyond, max_deviation: maxDeviation, results: Object.freeze(results) });
      if (isBeyond) throw deviationError(deviation, maxDeviation);
    }

    async function calculate(command: GcodeCommand): Promise<void> {
      await measurePoints(ctx, command, {
        travel: options.travel,
        points: screws.map(({ place }) => place),
        over: "nozzle",
        done: (points, answer) => {
          report(points, answer);
          return "done";
        },
      });
    }

    return {
      connect() {
        ctx.command("SCREWS_TILT_CALCULATE", calculate, { help: "Tells how far to turn the screws of the bed." });
      },
      status: () => status,
    };
  },
});

/** Turns as a clock shows them: `01:15` for one and a quarter. */
function clockText(turns: number): string {
  const minutes = Math.round(turns * 60);
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

function deviationError(value: number, limit: number): HostError<"LEVEL_FAILED"> {
  return new HostError(
    "LEVEL_FAILED",
    `the screws differ by ${value.toFixed(3)} mm from the base, above MAX_DEVIATION ${limit} mm`,
    {
      details: { section: "screws_tilt_adjust", value, limit },
      fix: "turn the screws as told above, then run SCREWS_TILT_CALCULATE again",
    },
  );
}
