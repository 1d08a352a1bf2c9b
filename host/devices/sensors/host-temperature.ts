// thread: host
import { readFile } from "node:fs/promises";
import type { ModuleContext } from "../../printer/module.js";
import { seconds } from "../../shared/units.js";
import type { SensorFeed, SensorKind } from "./device.js";

const DEFAULT_PATH = "/sys/class/thermal/thermal_zone0/temp";
const REPORT_S = 1;

/** The temperature of the computer that runs this program: `temperature_host`. */
export const hostTemperatureKind: SensorKind = (section) => {
  const path = section.string("sensor_path", DEFAULT_PATH, { help: "File that holds the temperature in 1/1000 °C." });
  return {
    prepare: (ctx) => ({
      source: () => ({ kind: "host", reportS: REPORT_S }),
      feed: fileFeed(ctx, path),
    }),
  };
};

/** Reads a file again and again. What cannot be read is told once in the log, and the sensor falls silent. */
function fileFeed(ctx: ModuleContext, path: string): SensorFeed {
  let isReading = false;
  let hasFailed = false;
  async function read(sensor: number): Promise<void> {
    isReading = true;
    try {
      const celsius = Number.parseFloat(await readFile(path, "utf8")) / 1000;
      if (Number.isNaN(celsius)) throw new Error(`${path} holds no number`);
      ctx.actions.temperature(sensor, celsius);
      hasFailed = false;
    } catch (error) {
      if (!hasFailed) ctx.log.warn({ path, error: String(error) }, "temperature cannot be read");
      hasFailed = true;
    } finally {
      isReading = false;
    }
  }
  return {
    start(sensor) {
      if (ctx.isDryRun) return;
      void read(sensor);
      ctx.every(seconds(REPORT_S), () => {
        if (!isReading) void read(sensor);
      });
    },
  };
}
