// thread: host
import { addFan, readFan } from "../devices/fan.js";
import { defineModule } from "../printer/module.js";
import { ratio } from "../shared/units.js";

/** `[fan_generic NAME]`: a fan for SET_FAN_SPEED. */
export default defineModule({
  section: "fan_generic",
  named: true,
  shape: { floats: ["*"] },

  options: (section) => readFan(section, { shutdownSpeed: ratio(0) }),

  create(options, ctx) {
    const fan = addFan(ctx, options);
    ctx.mux(
      "SET_FAN_SPEED",
      "FAN",
      ctx.label,
      (command) => fan.set(ratio(command.float("SPEED", undefined, { min: 0, max: 1 }))),
      { help: "Sets the speed of a fan: SPEED from 0 to 1.", runsAhead: true },
    );
    return {};
  },
});
