// thread: host
import { addHeater, readHeater } from "../devices/heater.js";
import { defineModule } from "../printer/module.js";

/** A bed is slow: it must gain some degrees in so many s. */
const GAIN_TIME_S = 60;

/** `[heater_bed]`. */
export default defineModule({
  section: "heater_bed",
  shape: { floats: ["*"] },

  options: (section) => readHeater(section),

  create(options, ctx) {
    const heater = addHeater(ctx, options, { name: ctx.name, gcodeId: "B", model: "bed", gainTime: GAIN_TIME_S });
    return { ready: () => heater.sensor.start() };
  },
});
