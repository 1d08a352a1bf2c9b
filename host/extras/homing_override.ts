// thread: host
import { dictOf } from "../devices/literal.js";
import { readScript } from "../devices/template.js";
import { defineModule, type GcodeCommand, type HomeAxes, type Target } from "../printer/module.js";

const AXES = ["x", "y", "z"] as const;

/** `[homing_override]`: a script in place of G28. */
export default defineModule({
  section: "homing_override",
  object: () => undefined,

  options: (section) => ({
    script: readScript(
      section,
      "gcode",
      undefined,
      "Commands to run in place of G28; a G28 among them homes as usual.",
    ),
    axes: section.string("axes", "xyz", { help: "Axes whose homing it replaces." }).toLowerCase(),
    positions: AXES.map((axis) =>
      section.mm(`set_position_${axis}`, null, { help: `Where the ${axis} axis is taken to be before.` }),
    ),
  }),

  create({ script, axes: own, positions }, ctx) {
    let isRunning = false;

    async function takeToBe(): Promise<void> {
      const target: { -readonly [K in keyof Target]: Target[K] } = {};
      let homed = "";
      for (const [i, axis] of AXES.entries()) {
        const position = positions[i] ?? null;
        if (position === null) continue;
        target[axis] = position;
        homed += axis;
      }
      if (homed === "") return;
      await ctx.toolhead.setPosition(target, homed);
      ctx.need("gcodeMove", "printer").resync();
    }

    async function override(command: GcodeCommand): Promise<void> {
      isRunning = true;
      try {
        await takeToBe();
        await script.runInside(ctx, command, [
          ["params", dictOf(command.params)],
          ["rawparams", command.raw],
        ]);
      } finally {
        isRunning = false;
      }
    }

    function wrap(next: HomeAxes): HomeAxes {
      return (axes, command) => {
        const isOwn = axes === "" || [...axes].some((axis) => own.includes(axis));
        return isRunning || !isOwn ? next(axes, command) : override(command);
      };
    }

    return {
      connect() {
        ctx.need("homing", "printer").wrap(wrap);
      },
    };
  },
});
