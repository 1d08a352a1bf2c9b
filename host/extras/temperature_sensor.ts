// thread: host
import { addSensor, readSensor } from "../devices/temperature-sensor.js";
import { defineModule } from "../printer/module.js";
import { celsius } from "../shared/units.js";

const ABSOLUTE_ZERO_C = -273.15;
/** Above everything that a sensor can read. */
const NO_MAXIMUM_C = 99_999_999;

/** `[temperature_sensor NAME]`: shows a temperature, and stops the printer outside of its range. */
export default defineModule({
  section: "temperature_sensor",
  named: true,
  shape: { floats: ["*"] },

  options(section) {
    const sensor = readSensor(section);
    const min = section.celsius("min_temp", celsius(ABSOLUTE_ZERO_C), {
      min: ABSOLUTE_ZERO_C,
      help: "The printer stops when the sensor reads less.",
    });
    const max = section.celsius("max_temp", celsius(NO_MAXIMUM_C), {
      above: min,
      help: "The printer stops when the sensor reads more.",
    });
    return {
      sensor,
      range: { min, max },
      guards: section.has("min_temp") || section.has("max_temp"),
      gcodeId: section.string("gcode_id", null, { help: "What M105 calls it; it is not shown there when left out." }),
    };
  },

  create({ gcodeId, guards, range, sensor: device }, ctx) {
    const sensor = addSensor(ctx, { device, range, guards, publishExtremes: true });
    if (gcodeId !== null) {
      ctx.offerPart("temperatureReport", gcodeId, {
        get temperature() {
          return sensor.temperature;
        },
        target: undefined,
      });
    }
    return { ready: () => sensor.start() };
  },
});
