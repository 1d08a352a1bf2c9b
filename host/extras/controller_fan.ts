// thread: host
import { addFan, readFan } from "../devices/fan.js";
import { defineModule } from "../printer/module.js";
import { ratio, seconds } from "../shared/units.js";

/** `[controller_fan NAME]`: runs while any of its heaters or steppers is on, and for a while after. */
export default defineModule({
  section: "controller_fan",
  named: true,
  shape: { floats: ["*"] },

  options(section) {
    const speed = section.ratio("fan_speed", ratio(1), { min: 0, max: 1, help: "Its speed while something is on." });
    return {
      speed,
      idleSpeed: section.ratio("idle_speed", speed, { min: 0, max: 1, help: "Its speed for idle_timeout after that." }),
      idleTimeout: section.seconds("idle_timeout", seconds(30), { min: 0, help: "How long it runs on." }),
      heaters: section.list("heater", ["extruder"], { help: "Heaters that it cools, with commas between them." }),
      steppers: section.list("stepper", null, { help: "Steppers whose drivers it cools; all when left out." }),
      fan: readFan(section, { shutdownSpeed: ratio(0) }),
    };
  },

  create({ fan: options, heaters, idleSpeed, idleTimeout, speed, steppers }, ctx) {
    const fan = addFan(ctx, options);
    ctx.machine.addRule(() => ({
      kind: "controller-fan",
      output: fan.output,
      heaters: heaters.map((name) => ctx.heater(name).index),
      steppers: (steppers ?? [...ctx.parts("stepper").keys()]).map(
        (name) => ctx.needPart("stepper", name, "stepper").index,
      ),
      value: speed,
      idleValue: idleSpeed,
      idleTimeoutS: idleTimeout,
    }));
    return {};
  },
});
