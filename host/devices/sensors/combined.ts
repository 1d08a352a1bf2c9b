// thread: host
import type { SectionReader } from "../../printer/module.js";
import type { SensorKind } from "./device.js";

/**
 * The heater section whose `temperature_combined` counts this sensor in; on the virtual printer the sensor then has that
 * heater's temperature. `undefined` when there is none.
 */
export function combiningHeater({ config, name }: SectionReader): string | undefined {
  const bed = config.optional("heater_bed");
  const heaters = [...config.startingWith("extruder"), ...config.ofKind("heater_generic"), ...(bed ? [bed] : [])];
  return heaters.find((heater) => heater.has("sensor_list") && heater.list("sensor_list", []).includes(name))?.name;
}

/** Other sensors, put together: `temperature_combined`. */
export const combinedKind: SensorKind = (section) => {
  const names = section.list("sensor_list", undefined, {
    help: "Sensors by their sections, with commas between them.",
  });
  const method = section.choice("combination_method", ["max", "min", "mean"], undefined, {
    help: "Which temperature counts.",
  });
  const maxDeviation = section.celsius("maximum_deviation", undefined, {
    above: 0,
    help: "The printer stops when the sensors differ by more.",
  });
  if (names.length === 0) section.reject("sensor_list", "is empty", "name at least one sensor");
  if (names.includes(section.name)) section.reject("sensor_list", "names its own section", "remove it from the list");
  return {
    prepare: (ctx) => ({
      source: () => ({
        kind: "combined",
        sensors: names.map((name) => ctx.needPart("sensor", name, "sensor_list").index),
        method,
        maxDeviation,
      }),
    }),
  };
};
