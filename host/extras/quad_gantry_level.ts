// thread: host
import { lineAt } from "../devices/plane-fit.js";
import type { ProbedPoint } from "../devices/probe.js";
import { measurePoints, readPoints, readTravel, type Xy } from "../devices/probe-points.js";
import { average } from "../devices/sample-math.js";
import { adjustSteppers, Levelling, readRetries, zStepperNames } from "../devices/z-steppers.js";
import { defineModule, type GcodeCommand } from "../printer/module.js";
import { HostError } from "../shared/errors.js";
import { mm } from "../shared/units.js";

/** Motors and points: front left, rear left, rear right, front right. */
const CORNERS = 4;

/** `[quad_gantry_level]`: levels a gantry that hangs on four z motors. */
export default defineModule({
  section: "quad_gantry_level",

  options: (section) => {
    const steppers = zStepperNames(section);
    if (steppers.length !== CORNERS) {
      section.reject(
        undefined,
        `needs four z steppers, but there are ${steppers.length}`,
        "add [stepper_z1] to [stepper_z3]",
      );
    }
    const corners = readPoints(section, "gantry_corners", 2, "Where the belts of stepper_z and stepper_z2 are.");
    const points = readPoints(section, "points", CORNERS, "Where to measure, near the motors of z, z1, z2 and z3.");
    if (points.length > CORNERS) section.reject("points", `has ${points.length} points`, "give exactly four points");
    return {
      steppers,
      corners,
      points,
      travel: readTravel(section),
      retries: readRetries(section),
      maxAdjust: section.mm("max_adjust", mm(4), { above: 0, help: "Larger corrections are refused." }),
    };
  },

  create(options, ctx) {
    const levelling = new Levelling("quad_gantry_level", options.retries);
    const [[minX, minY] = [0, 0], [maxX, maxY] = [0, 0]] = options.corners;
    const motors: readonly Xy[] = [
      [minX, minY],
      [minX, maxY],
      [maxX, maxY],
      [maxX, minY],
    ];

    /** Heights at the motors: the front and the rear pair of points make a line each, and these make the sides. */
    function heightsAtMotors(points: readonly ProbedPoint[]): readonly number[] {
      const [p0, p1, p2, p3] = points;
      if (p0 === undefined || p1 === undefined || p2 === undefined || p3 === undefined) return [];
      return motors.map(([x, y]) => {
        const front = lineAt(x, p0.bedX, p0.bedZ, p3.bedX, p3.bedZ);
        const frontY = lineAt(x, p0.bedX, p0.bedY, p3.bedX, p3.bedY);
        const rear = lineAt(x, p1.bedX, p1.bedZ, p2.bedX, p2.bedZ);
        const rearY = lineAt(x, p1.bedX, p1.bedY, p2.bedX, p2.bedY);
        return lineAt(y, frontY, front, rearY, rear);
      });
    }

    async function level(command: GcodeCommand): Promise<void> {
      levelling.start(command, options.retries);
      await measurePoints(ctx, command, {
        travel: options.travel,
        points: options.points,
        over: "nozzle",
        done: async (points, answer) => {
          const heights = heightsAtMotors(points);
          const mean = average(heights);
          const corrections = heights.map((height) => height - mean);
          const largest = Math.max(...corrections.map(Math.abs));
          if (!(largest <= options.maxAdjust)) throw tooFar(largest, options.maxAdjust);
          await adjustSteppers(ctx, options.steppers, corrections, answer);
          return levelling.judge(points, answer);
        },
      });
    }

    ctx.virtual.lift(motors.map(([xMm, yMm], i) => ({ motor: options.steppers[i] ?? "stepper_z", xMm, yMm })));
    return {
      connect() {
        ctx.command("QUAD_GANTRY_LEVEL", level, { help: "Levels the gantry with its four z motors." });
        ctx.on("unhomed", ({ axes }) => {
          if (axes.includes("z")) levelling.forget();
        });
      },
      status: () => levelling.status,
    };
  },
});

function tooFar(value: number, limit: number): HostError<"LEVEL_FAILED"> {
  return new HostError(
    "LEVEL_FAILED",
    `the gantry would have to move by ${value.toFixed(3)} mm at a corner, above max_adjust ${limit} mm`,
    {
      details: { section: "quad_gantry_level", value, limit },
      fix: "level the gantry by hand first; check gantry_corners and the order of the z steppers; or raise max_adjust",
    },
  );
}
