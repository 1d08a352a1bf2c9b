// thread: host
import type { SensorKind } from "./device.js";

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
