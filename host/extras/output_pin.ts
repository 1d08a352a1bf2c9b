// thread: host
import { addSettablePin, readSettablePin, type SettablePinOptions } from "../devices/settable-pin.js";
import { defineModule, type SectionReader } from "../printer/module.js";

/** What follows a pin more often than this only fills its board's queue. */
const MIN_INTERVAL_S = 0.1;

/** `[output_pin NAME]`: a pin for SET_PIN. */
export default defineModule({
  section: "output_pin",
  named: true,
  shape: { floats: ["*"] },

  options(section) {
    section.obsolete("maximum_mcu_duration", "does nothing any more: remove it, or use [pwm_tool]");
    const isPulsed = section.bool("pwm", false, { help: "Whether it can have values between off and on." });
    const options = readSettablePin(section, isPulsed);
    return section.has("static_value") ? readStatic(section, options) : options;
  },

  create(options, ctx) {
    addSettablePin(ctx, options, { minInterval: MIN_INTERVAL_S, maxDuration: 0 });
    return {};
  },
});

/** The old way to set a pin once: it starts with that value and keeps it at shutdown. */
function readStatic(section: SectionReader, options: SettablePinOptions): SettablePinOptions {
  const value = section.float("static_value", undefined, { min: 0, max: options.scale }) / options.scale;
  section.deprecate(
    "static_value",
    "is an old one: write 'value' and 'shutdown_value', or use [static_digital_output]",
  );
  return { ...options, start: value, shutdown: value };
}
