// thread: host
import { addFan, readFan } from "../devices/fan.js";
import { defineModule } from "../printer/module.js";
import { celsius, ratio } from "../shared/units.js";

/** `[heater_fan NAME]`: runs while any of its heaters is on or still hot. Machine does that by itself. */
export default defineModule({
  section: "heater_fan",
  named: true,
  shape: { floats: ["*"] },

  options: (section) => ({
    heaters: section.list("heater", ["extruder"], { help: "Heaters that it cools, with commas between them." }),
    aboveCelsius: section.celsius("heater_temp", celsius(50), { help: "It runs on until they are below this." }),
    speed: section.ratio("fan_speed", ratio(1), { min: 0, max: 1, help: "Its speed while it runs." }),
    // Full speed at shutdown: the heater may still be hot when the printer stops.
    fan: readFan(section, { shutdownSpeed: ratio(1) }),
  }),

  create({ aboveCelsius, fan: options, heaters, speed }, ctx) {
    const fan = addFan(ctx, options);
    ctx.machine.addRule(() => ({
      kind: "heater-fan",
      output: fan.output,
      heaters: heaters.map((name) => ctx.heater(name).index),
      aboveCelsius,
      value: speed,
    }));
    return {};
  },
});
