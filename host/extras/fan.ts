// thread: host
import { addFan, readFan } from "../devices/fan.js";
import { defineModule } from "../printer/module.js";
import { ratio } from "../shared/units.js";

const FULL = 255;
const OFF = ratio(0);

/** `[fan]`: cools the print. M106 and M107. */
export default defineModule({
  section: "fan",
  shape: { floats: ["*"] },

  options: (section) => readFan(section, { shutdownSpeed: OFF }),

  create(options, ctx) {
    const fan = addFan(ctx, options);
    ctx.command("M106", (command) => fan.set(ratio(Math.min(1, command.float("S", FULL, { min: 0 }) / FULL))), {
      help: "Sets the speed of the print's fan: S from 0 to 255.",
      runsAhead: true,
    });
    ctx.command("M107", () => fan.set(OFF), { help: "Turns the print's fan off.", runsAhead: true });
    return {};
  },
});
