// thread: host
import { seconds } from "../../shared/units.js";
import type { SensorKind } from "./device.js";

/** The board stops the printer after so many readings in a row that fail or are out of range. */
const MAX_ERRORS = 4;

/** A 1-wire sensor of a Linux board. On a virtual board, which has no such bus, it shows a fixed temperature. */
export const ds18b20Kind: SensorKind = (section) => {
  const serial = section.string("serial_no", undefined, { help: "Number of the sensor: 28-031674b175ff." });
  const report = section.seconds("ds18_report_time", seconds(3), { min: 1, help: "Time between two readings." });
  const mcu = section.string("sensor_mcu", undefined, { help: "The Linux board that the sensor is connected to." });
  return {
    prepare(ctx, { virtualCelsius }) {
      const board = ctx.mcu(mcu);
      const oid = board.createOid();
      const isVirtual = (): boolean => board.constant("MCU") === "virtual";
      return {
        source: () => {
          if (isVirtual()) return { kind: "host", reportS: report };
          const bytes = Buffer.from(serial, "latin1").toString("hex");
          board.addConfig(`config_ds18b20 oid=${oid} serial=${bytes} max_error_count=${MAX_ERRORS}`);
          return { kind: "ds18b20", board: board.index, oid, reportS: report };
        },
        feed: {
          start(sensor) {
            if (!isVirtual()) return;
            ctx.actions.temperature(sensor, virtualCelsius);
            ctx.every(report, () => ctx.actions.temperature(sensor, virtualCelsius));
          },
        },
      };
    },
  };
};
