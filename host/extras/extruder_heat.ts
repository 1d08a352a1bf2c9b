// thread: host
import { addHeater, readHeater } from "../devices/heater.js";
import { defineModule } from "../printer/module.js";
import { celsius } from "../shared/units.js";

/** Filament that is cold is ground to dust: PLA is soft enough at this temperature. */
const MIN_EXTRUDE = celsius(170);
/** A hot end must gain some degrees in so many s. */
const GAIN_TIME_S = 20;

/** The heater of `[extruder]`, `[extruder1]`, ... */
export default defineModule({
  section: "extruder",
  isNumbered: true,
  shape: { floats: ["temperature", "target", "power"] },

  options(section) {
    const heater = readHeater(section);
    const minExtrude = section.celsius("min_extrude_temp", MIN_EXTRUDE, {
      help: "Below this temperature no filament is pushed.",
    });
    const isInRange = minExtrude >= heater.minTemp && minExtrude <= heater.maxTemp;
    if (section.has("min_extrude_temp") && !isInRange) {
      section.reject(
        "min_extrude_temp",
        `is ${minExtrude} °C, which is not between min_temp (${heater.minTemp} °C) and max_temp (${heater.maxTemp} °C)`,
        "set it to a temperature that the heater may have",
      );
    }
    return { heater, minExtrude };
  },

  create({ heater: options, minExtrude }, ctx) {
    const heater = addHeater(ctx, options, {
      name: ctx.name,
      minExtrude,
      gcodeId: `T${ctx.name.slice("extruder".length) || "0"}`,
      model: "hot end",
      gainTime: GAIN_TIME_S,
    });
    return { ready: () => heater.sensor.start() };
  },
});
