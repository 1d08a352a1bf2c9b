// thread: host
import { combiningHeater } from "../devices/sensors/combined.js";
import { addSensor, readSensor } from "../devices/temperature-sensor.js";
import { defineModule } from "../printer/module.js";
import { celsius } from "../shared/units.js";

const ABSOLUTE_ZERO = celsius(-273.15);
const NO_LIMIT = celsius(99_999_999);

/** `[temperature_sensor NAME]`: shows a temperature. Leaving its range does not stop the printer. */
export default defineModule({
  section: "temperature_sensor",
  named: true,
  shape: { floats: ["*"] },

  options: (section) => ({
    device: readSensor(section),
    heater: combiningHeater(section),
    range: {
      min: section.celsius("min_temp", ABSOLUTE_ZERO, { min: ABSOLUTE_ZERO, help: "Readings below are not counted." }),
      max: section.celsius("max_temp", NO_LIMIT, { above: ABSOLUTE_ZERO, help: "Readings above are not counted." }),
    },
    gcodeId: section.string("gcode_id", null, { help: "What M105 calls it; it is not shown there when left out." }),
  }),

  create({ device, gcodeId, heater, range }, ctx) {
    const sensor = addSensor(ctx, {
      device,
      range,
      guards: false,
      publishExtremes: true,
      ...(heater === undefined ? {} : { heater }),
    });
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
