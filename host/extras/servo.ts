// thread: host
import { addOutput, readOutputPins } from "../devices/output.js";
import { defineModule, type GcodeCommand, type Pending } from "../printer/module.js";
import { type Seconds, seconds } from "../shared/units.js";

/** Servos take a pulse every 20 ms. */
const CYCLE = seconds(0.02);
const MIN_INTERVAL_S = 0.1;

/** `[servo NAME]`: turns to an angle. SET_SERVO. */
export default defineModule({
  section: "servo",
  named: true,
  shape: { floats: ["*"] },

  options(section) {
    const pins = readOutputPins(section, "pin", "Pin that gives the servo its pulses.");
    const maxAngle = section.float("maximum_servo_angle", 180, { above: 0, help: "Angle of the longest pulse." });
    const minWidth = section.seconds("minimum_pulse_width", seconds(0.001), {
      above: 0,
      below: CYCLE,
      help: "Pulse for the angle 0.",
    });
    const maxWidth = section.seconds("maximum_pulse_width", seconds(0.002), {
      above: 0,
      below: CYCLE,
      help: "Pulse for maximum_servo_angle.",
    });
    if (!(maxWidth > minWidth)) {
      const problem = `is ${maxWidth} s, but must be above 'minimum_pulse_width', which is ${minWidth} s`;
      section.reject("maximum_pulse_width", problem, "raise maximum_pulse_width or lower minimum_pulse_width");
    }
    const angle = section.float("initial_angle", null, { min: 0, max: maxAngle, help: "Angle at the start." });
    const width =
      angle === null
        ? section.seconds("initial_pulse_width", seconds(0), {
            min: 0,
            max: maxWidth,
            help: "Pulse at the start; 0 for none.",
          })
        : toWidth(angle, { maxAngle, minWidth, maxWidth });
    return { pins, maxAngle, minWidth, maxWidth, width };
  },

  create(options, ctx) {
    const { maxAngle, maxWidth, minWidth, pins, width } = options;
    const output = addOutput(ctx, {
      name: ctx.name,
      pins,
      pulse: { isHardware: false, cycleTime: CYCLE },
      start: width / CYCLE,
      minInterval: MIN_INTERVAL_S,
      publish: { object: ctx.name, field: "value" },
    });

    function set(command: GcodeCommand): Pending {
      const asked = command.has("WIDTH")
        ? command.seconds("WIDTH", undefined, { min: 0 })
        : toWidth(command.float("ANGLE", undefined, { min: 0, max: maxAngle }), options);
      const pulse = asked === 0 ? 0 : Math.min(maxWidth, Math.max(minWidth, asked));
      return ctx.actions.output(output, pulse / CYCLE);
    }

    ctx.mux("SET_SERVO", "SERVO", ctx.label, set, {
      help: "Turns a SERVO to an ANGLE, or gives it pulses of a WIDTH in s; WIDTH=0 turns it off.",
      runsAhead: true,
    });
    return {};
  },
});

interface Range {
  readonly maxAngle: number;
  readonly minWidth: Seconds;
  readonly maxWidth: Seconds;
}

function toWidth(angle: number, { maxAngle, maxWidth, minWidth }: Range): Seconds {
  return seconds(minWidth + (angle / maxAngle) * (maxWidth - minWidth));
}
