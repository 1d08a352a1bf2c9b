// thread: host
import { defineModule } from "../printer/module.js";

/** `[static_digital_output NAME]`: pins that are high, or low with a `!`, from the start on. */
export default defineModule({
  section: "static_digital_output",
  named: true,
  object: () => undefined,

  options: (section) => section.pins("pins", { help: "Pins that are set high; low with a ! in front." }),

  create(pins, ctx) {
    for (const { chip, invert, pin } of pins) {
      ctx.mcu(chip).addConfig(`set_digital_out pin=${pin} value=${Number(!invert)}`);
    }
    return {};
  },
});
