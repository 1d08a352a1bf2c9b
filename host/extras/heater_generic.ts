// thread: host
import { addHeater, readHeater } from "../devices/heater.js";
import { defineModule } from "../printer/module.js";

/** It must gain some degrees in so many s. */
const GAIN_TIME_S = 20;

/** `[heater_generic NAME]`: any other heater, such as a chamber's. */
export default defineModule({
  section: "heater_generic",
  named: true,
  shape: { floats: ["*"] },

  options: (section) => ({
    heater: readHeater(section),
    gcodeId: section.string("gcode_id", null, { help: "What M105 calls it; it is not shown there when left out." }),
  }),

  create({ gcodeId, heater: options }, ctx) {
    const heater = addHeater(ctx, options, { name: ctx.label, gcodeId, model: "bed", gainTime: GAIN_TIME_S });
    return { ready: () => heater.sensor.start() };
  },
});
