// thread: host
import { defineModule, type GcodeCommand, type HomeAxes } from "../printer/module.js";
import { mm, mmPerS } from "../shared/units.js";

/** `[safe_z_home]`: lifts the tool head before homing, and homes Z at a chosen place. */
export default defineModule({
  section: "safe_z_home",
  object: () => undefined,

  options: (section) => {
    if (section.config.has("homing_override")) {
      section.reject(undefined, "cannot be used together with [homing_override]", "remove one of the two sections");
    }
    const [x = mm(0), y = mm(0)] = section.mmList("home_xy_position", undefined, {
      count: 2,
      help: "Where Z is homed: x, y.",
    });
    return {
      x,
      y,
      hop: section.mm("z_hop", mm(0), { min: 0, help: "How far the tool head is lifted before homing." }),
      hopSpeed: section.mmPerS("z_hop_speed", mmPerS(15), { above: 0, help: "Speed of lifting." }),
      speed: section.mmPerS("speed", mmPerS(50), { above: 0, help: "Speed on the way to where Z is homed." }),
      goesBack: section.bool("move_to_previous", false, { help: "Whether X and Y go back behind the homing of Z." }),
    };
  },

  create({ x, y, hop, hopSpeed, speed, goesBack }, ctx) {
    const isHomed = (axis: string): boolean => ctx.toolhead.homedAxes.includes(axis);

    /** Where Z is not known it is lifted by the hop, which must be possible from anywhere that homing starts. */
    async function lift(): Promise<void> {
      const { toolhead } = ctx;
      if (hop === 0) return;
      if (isHomed("z")) {
        if ((toolhead.position[2] ?? 0) < hop) await toolhead.moveTo({ z: hop }, hopSpeed);
        return;
      }
      await toolhead.setPosition({ z: 0 }, "z");
      try {
        await toolhead.moveTo({ z: hop }, hopSpeed);
        await toolhead.drain();
      } finally {
        toolhead.clearHomed("z");
      }
    }

    async function homeZ(next: HomeAxes, command: GcodeCommand): Promise<void> {
      const { toolhead } = ctx;
      if (!isHomed("x") || !isHomed("y")) {
        throw command.error("Z is homed at a place, but X and Y are not homed", "run G28, or G28 X Y before G28 Z");
      }
      const [beforeX = 0, beforeY = 0] = toolhead.position;
      await toolhead.moveTo({ x, y }, speed);
      await next("z", command);
      if (hop > 0 && (toolhead.position[2] ?? 0) < hop) await toolhead.moveTo({ z: hop }, hopSpeed);
      if (goesBack) await toolhead.moveTo({ x: beforeX, y: beforeY }, speed);
    }

    function wrap(next: HomeAxes): HomeAxes {
      return async (axes, command) => {
        const wanted = axes === "" ? "xyz" : axes;
        await lift();
        const flat = [...wanted].filter((axis) => axis !== "z").join("");
        if (flat !== "") await next(flat, command);
        if (wanted.includes("z")) await homeZ(next, command);
        ctx.need("gcodeMove", "printer").resync();
      };
    }

    return {
      connect() {
        ctx.need("homing", "printer").wrap(wrap);
      },
    };
  },
});
