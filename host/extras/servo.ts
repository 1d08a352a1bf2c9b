// thread: host
import { addOutput, readOutputPins } from "../devices/output.js";
import { defineModule, type GcodeCommand } from "../printer/module.js";
import { seconds } from "../shared/units.js";

/** Servos want a pulse this often, in s. */
const PERIOD = seconds(0.02);

/** `[servo NAME]`: turns to an angle. */
export default defineModule({
  section: "servo",
  named: true,
  shape: { floats: ["*"] },

  options(section) {
    const pins = readOutputPins(section, "pin", "Pin that gives the servo its pulses.");
    const maxAngle = section.float("maximum_servo_angle", 180, { above: 0, help: "Its greatest angle in degrees." });
    const minWidth = section.seconds("minimum_pulse_width", seconds(0.001), {
      above: 0,
      below: PERIOD,
      help: "Length of the pulse for angle 0.",
    });
    const maxWidth = section.seconds("maximum_pulse_width", seconds(0.002), {
      above: 0,
      below: PERIOD,
      help: "Length of the pulse for the greatest angle.",
    });
    if (!(minWidth < maxWidth)) {
      section.reject(
        section.has("maximum_pulse_width") ? "maximum_pulse_width" : "minimum_pulse_width",
        `leaves pulses from ${minWidth} s to ${maxWidth} s, which is no range`,
        "make maximum_pulse_width longer than minimum_pulse_width; both are in s, and mostly near 0.001 and 0.002",
      );
    }
    const angle = section.float("initial_angle", null, {
      min: 0,
      max: maxAngle,
      help: "Where it turns at the start; nowhere when left out.",
    });
    const width = section.seconds("initial_pulse_width", seconds(0), {
      min: 0,
      max: maxWidth,
      help: "Length of the pulse at the start, in place of an angle.",
    });
    return { pins, maxAngle, minWidth, maxWidth, angle, width };
  },

  create({ angle, maxAngle, maxWidth, minWidth, pins, width }, ctx) {
    const widthOf = (degrees: number): number => minWidth + (degrees / maxAngle) * (maxWidth - minWidth);
    const output = addOutput(ctx, {
      name: ctx.name,
      pins,
      pulse: { isHardware: false, cycleTime: PERIOD },
      start: (angle === null ? width : widthOf(angle)) / PERIOD,
      publish: { object: ctx.name, field: "value" },
    });

    /** What is asked for beyond the servo's range is its end; a width of 0 lets it go. */
    function readWidth(command: GcodeCommand): number {
      const wanted = command.seconds("WIDTH", null, { min: 0 });
      if (wanted === 0) return 0;
      if (wanted !== null) return Math.min(maxWidth, Math.max(minWidth, wanted));
      return widthOf(Math.min(maxAngle, Math.max(0, command.float("ANGLE"))));
    }

    ctx.mux("SET_SERVO", "SERVO", ctx.label, (command) => ctx.actions.output(output, readWidth(command) / PERIOD), {
      help: "Turns a servo: SERVO, ANGLE in degrees, or WIDTH of the pulse in s (0 lets it go).",
      runsAhead: true,
    });
    return {};
  },
});
