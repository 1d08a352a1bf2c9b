// thread: host
import { addSettablePin, readSettablePin } from "../devices/settable-pin.js";
import { defineModule } from "../printer/module.js";
import { seconds } from "../shared/units.js";

/** Longest time in s that every board can count. */
const MAX_DURATION_S = 5;

/** `[pwm_tool NAME]`: a pin for SET_PIN that follows fast, such as a laser's. */
export default defineModule({
  section: "pwm_tool",
  named: true,
  shape: { floats: ["*"] },

  options: (section) => ({
    pin: readSettablePin(section, true),
    maxDuration: section.seconds("maximum_mcu_duration", seconds(0), {
      min: 0,
      max: MAX_DURATION_S,
      help: "The board turns it off when it has not been told for so long; 0 for never.",
    }),
  }),

  create({ maxDuration, pin }, ctx) {
    addSettablePin(ctx, pin, { minInterval: 0, maxDuration });
    return {};
  },
});
