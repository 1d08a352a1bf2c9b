// thread: host
import { addSensor, readSensor } from "../devices/temperature-sensor.js";
import { defineModule, type GcodeCommand, type MoveTransform, type StatusObject } from "../printer/module.js";
import { celsius, mm, seconds } from "../shared/units.js";

/** How often the temperature is looked at. */
const PERIOD = seconds(0.3);
const ABSOLUTE_ZERO = celsius(-273.15);
const NO_LIMIT = mm(99_999_999);
const HOTTEST = celsius(400);

/** `[z_thermal_adjust]`: follows the frame as it grows with the temperature. */
export default defineModule({
  section: "z_thermal_adjust",
  shape: { floats: ["*"] },

  options: (section) => ({
    coefficient: section.float("temp_coeff", 0, {
      min: -1,
      max: 1,
      help: "Growth of the frame in mm for each degree.",
    }),
    smoothTime: section.seconds("smooth_time", seconds(2), {
      above: 0,
      help: "Time over which the sensor is smoothed.",
    }),
    offAbove: section.mm("z_adjust_off_above", NO_LIMIT, { min: 0, help: "Above this height nothing is adjusted." }),
    most: section.mm("max_z_adjustment", NO_LIMIT, { min: 0, help: "Largest adjustment." }),
    device: readSensor(section),
    min: section.celsius("min_temp", ABSOLUTE_ZERO, { min: ABSOLUTE_ZERO, help: "Lowest reading that is believed." }),
    max: section.celsius("max_temp", HOTTEST, { above: ABSOLUTE_ZERO, help: "Highest reading that is believed." }),
    id: section.string("gcode_id", null, { help: "Name of the temperature in the answer to M105." }),
  }),

  create(options, ctx) {
    const sensor = addSensor(ctx, {
      device: options.device,
      range: { min: options.min, max: options.max },
      guards: false,
      publishExtremes: true,
    });
    if (options.id !== null) {
      ctx.offerPart("temperatureReport", options.id, {
        get temperature() {
          return sensor.temperature;
        },
        target: undefined,
      });
    }
    let isEnabled = true;
    let coefficient = options.coefficient;
    let smoothed = Number.NaN;
    let reference = Number.NaN;
    /** What is added to z, and what the last move got. */
    let adjustment = 0;
    let applied = 0;
    let status = show();

    function show(): StatusObject {
      return Object.freeze({
        enabled: isEnabled,
        temperature: Number.isNaN(smoothed) ? 0 : smoothed,
        current_z_adjust: adjustment,
        z_adjust_ref_temperature: Number.isNaN(reference) ? 0 : reference,
      });
    }

    function update(): void {
      const { temperature } = sensor;
      if (Number.isNaN(temperature)) return;
      const share = Math.min(1, PERIOD / options.smoothTime);
      smoothed = Number.isNaN(smoothed) ? temperature : smoothed + (temperature - smoothed) * share;
      if (isEnabled && !Number.isNaN(reference)) {
        const wanted = -coefficient * (smoothed - reference);
        adjustment = Math.min(options.most, Math.max(-options.most, wanted));
      }
      status = show();
    }

    /** The adjustment changes with the moves that are made, never by itself. */
    function follow(next: MoveTransform): MoveTransform {
      return {
        move: (x, y, z, e, speed) => {
          if (z <= options.offAbove) applied = adjustment;
          return next.move(x, y, z + applied, e, speed);
        },
        readPosition: (position) => {
          next.readPosition(position);
          position[2] = (position[2] ?? 0) - applied;
        },
      };
    }

    function set(command: GcodeCommand): void {
      isEnabled = command.bool("ENABLE", isEnabled);
      coefficient = command.float("TEMP_COEFF", coefficient, { min: -1, max: 1 });
      const given = command.celsius("REF_TEMP", null, { min: ABSOLUTE_ZERO });
      if (given !== null) reference = given;
      status = show();
      command.respondInfo(
        `z_thermal_adjust: ${isEnabled ? "on" : "off"}, ${coefficient} mm/°C from ${reference.toFixed(2)} °C, ` +
          `now ${adjustment.toFixed(4)} mm at ${smoothed.toFixed(2)} °C`,
      );
    }

    return {
      connect() {
        ctx.need("gcodeMove", "printer").addTransform(follow);
        ctx.command("SET_Z_THERMAL_ADJUST", set, {
          help: "Sets the thermal adjustment of z: ENABLE, TEMP_COEFF, REF_TEMP.",
        });
        ctx.on("homed", ({ axes }) => {
          if (!axes.includes("z")) return;
          reference = smoothed;
          adjustment = 0;
          applied = 0;
          ctx.find("gcodeMove")?.resync();
          status = show();
        });
      },
      ready() {
        sensor.start();
        ctx.every(PERIOD, update);
      },
      status: () => status,
    };
  },
});
