// thread: host
import { fitPlane, planeAt } from "../devices/plane-fit.js";
import { measurePoints, readPoints, readTravel } from "../devices/probe-points.js";
import { adjustSteppers, Levelling, readRetries, zStepperNames } from "../devices/z-steppers.js";
import { defineModule, type GcodeCommand } from "../printer/module.js";

/** `[z_tilt]`: levels a bed that several z steppers carry. */
export default defineModule({
  section: "z_tilt",

  options: (section) => {
    const steppers = zStepperNames(section);
    const positions = readPoints(section, "z_positions", 2, "Where each z stepper carries the bed, in their order.");
    if (positions.length !== steppers.length && positions.length > 0) {
      section.reject(
        "z_positions",
        `has ${positions.length} places, but there are ${steppers.length} z steppers (${steppers.join(", ")})`,
        "give one place for each z stepper, in their order",
      );
    }
    return {
      steppers,
      positions,
      points: readPoints(section, "points", 2, "Where to measure; coordinates of the nozzle."),
      travel: readTravel(section),
      retries: readRetries(section),
    };
  },

  create(options, ctx) {
    const levelling = new Levelling("z_tilt", options.retries);

    async function adjust(command: GcodeCommand): Promise<void> {
      levelling.start(command, options.retries);
      await measurePoints(ctx, command, {
        travel: options.travel,
        points: options.points,
        over: "nozzle",
        done: async (points, answer) => {
          const plane = fitPlane(points.map(({ bedX, bedY, bedZ }) => ({ x: bedX, y: bedY, z: bedZ })));
          const heights = options.positions.map(([x, y]) => planeAt(plane, x, y));
          await adjustSteppers(ctx, options.steppers, heights, answer);
          return levelling.judge(points, answer);
        },
      });
    }

    ctx.virtual.lift(
      options.positions.map(([xMm, yMm], i) => ({ motor: options.steppers[i] ?? "stepper_z", xMm, yMm })),
    );
    return {
      connect() {
        ctx.command("Z_TILT_ADJUST", adjust, { help: "Levels the bed with its z steppers." });
        ctx.on("unhomed", ({ axes }) => {
          if (axes.includes("z")) levelling.forget();
        });
      },
      status: () => levelling.status,
    };
  },
});
