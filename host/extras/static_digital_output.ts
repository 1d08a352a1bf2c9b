// thread: host
import { defineModule } from "../printer/module.js";

/** `[static_digital_output NAME]`: pins that are set once, when their board is configured. */
export default defineModule({
  section: "static_digital_output",
  named: true,
  object: () => undefined,
  options: (section) => section.pins("pins", { help: "Pins that are set high, or low with a !." }),
  create(pins, ctx) {
    for (const pin of pins) {
      ctx.mcu(pin.chip).addConfig(`set_digital_out pin=${pin.pin} value=${Number(!pin.invert)}`);
    }
    return {};
  },
});
