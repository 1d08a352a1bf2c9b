// thread: host
import { addOutput, readOutputPins, readPulse } from "../devices/output.js";
import { readPinDuration, readPinValue, readPinValues, SET_PIN } from "../devices/settable-pin.js";
import { defineModule } from "../printer/module.js";
import { seconds } from "../shared/units.js";

const CYCLE_TIME = seconds(0.1);

/** `[output_pin NAME]` and `[pwm_tool NAME]`: pins for SET_PIN, which acts at its place in the motion. */
export default (["output_pin", "pwm_tool"] as const).map((kind) =>
  defineModule({
    section: kind,
    named: true,
    shape: { floats: ["*"] },

    options(section) {
      const pins = readOutputPins(section, "pin", "The pin that is set.");
      const isPulsed =
        kind === "pwm_tool" || section.bool("pwm", false, { help: "Whether values between 0 and 1 are possible." });
      const pulse = isPulsed ? readPulse(section, CYCLE_TIME) : undefined;
      const values = readPinValues(section, pulse);
      return { pins, pulse, values, maxDuration: readPinDuration(section, values) };
    },

    create({ maxDuration, pins, pulse, values }, ctx) {
      const output = addOutput(ctx, {
        name: ctx.name,
        pins,
        pulse,
        start: values.start,
        shutdown: values.shutdown,
        maxDuration,
        publish: { object: ctx.name, field: "value" },
      });
      ctx.mux(
        "SET_PIN",
        "PIN",
        ctx.label,
        (command) => ctx.actions.output(output, readPinValue(command, values, pulse)),
        SET_PIN,
      );
      return {};
    },
  }),
);
