// thread: host
import { fitPlane } from "../devices/plane-fit.js";
import { measurePoints, readPoints, readTravel } from "../devices/probe-points.js";
import { defineModule, type GcodeCommand, type MoveTransform } from "../printer/module.js";

/** `[bed_tilt]`: follows a bed that is level but for its tilt. */
export default defineModule({
  section: "bed_tilt",

  options: (section) => {
    if (section.config.has("bed_mesh")) {
      section.reject(
        undefined,
        "does not go together with [bed_mesh]",
        "remove one of them: a mesh knows of the tilt too",
      );
    }
    return {
      x: section.float("x_adjust", 0, { help: "Rise of the bed for each mm of x." }),
      y: section.float("y_adjust", 0, { help: "Rise of the bed for each mm of y." }),
      z: section.float("z_adjust", 0, { help: "Height of the bed at x = 0, y = 0." }),
      points: section.has("points") ? readPoints(section, "points", 3, "Where BED_TILT_CALIBRATE measures.") : null,
      travel: readTravel(section),
    };
  },

  create(options, ctx) {
    let { x: slopeX, y: slopeY, z: base } = options;

    function tilt(next: MoveTransform): MoveTransform {
      return {
        move: (x, y, z, e, speed) => next.move(x, y, z + x * slopeX + y * slopeY + base, e, speed),
        readPosition: (position) => {
          next.readPosition(position);
          const [x = 0, y = 0, z = 0] = position;
          position[2] = z - x * slopeX - y * slopeY - base;
        },
      };
    }

    async function calibrate(command: GcodeCommand): Promise<void> {
      await measurePoints(ctx, command, {
        travel: options.travel,
        points: options.points ?? [],
        over: "nozzle",
        done: (points, answer) => {
          const plane = fitPlane(points.map(({ bedX, bedY, bedZ }) => ({ x: bedX, y: bedY, z: bedZ })));
          [slopeX, slopeY, base] = [plane.a, plane.b, plane.c];
          ctx.find("gcodeMove")?.resync();
          const values = ctx.need("configValues", "printer");
          const texts = { x_adjust: plane.a.toFixed(6), y_adjust: plane.b.toFixed(6), z_adjust: plane.c.toFixed(6) };
          for (const [option, value] of Object.entries(texts)) values.save("bed_tilt", option, value);
          const lines = Object.entries(texts).map(([option, value]) => `${option}: ${value}`);
          answer.respondInfo(`bed_tilt:\n${lines.join("\n")}\nThis holds from now on. Run SAVE_CONFIG to keep it.`);
          return "done";
        },
      });
    }

    return {
      connect() {
        ctx.need("gcodeMove", "printer").addTransform(tilt);
        if (options.points === null) return;
        ctx.command("BED_TILT_CALIBRATE", calibrate, { help: "Measures the tilt of the bed." });
      },
    };
  },
});
