// thread: host
import type { McuBoard } from "./board.js";
import type { StatusObject, StatusShape } from "./status.js";

/** Numbers about a link that are floats, under their public names. */
export const MCU_SHAPE: StatusShape = {
  floats: [
    "last_stats.mcu_awake",
    "last_stats.mcu_task_avg",
    "last_stats.mcu_task_stddev",
    "last_stats.srtt",
    "last_stats.rttvar",
    "last_stats.rto",
  ],
};

/** What `mcu` and `mcu NAME` show: the firmware once it is known, and the numbers of the link. */
export function mcuStatus(board: McuBoard): () => StatusObject {
  let status: StatusObject = Object.freeze({});
  let stats: Readonly<Record<string, number>> | undefined;
  let wasKnown = false;
  return () => {
    if (board.stats === stats && board.isKnown === wasKnown) return status;
    stats = board.stats;
    wasKnown = board.isKnown;
    status = Object.freeze({
      ...(wasKnown
        ? {
            mcu_version: board.version,
            mcu_build_versions: board.buildVersions,
            mcu_constants: Object.freeze(Object.fromEntries(board.constants)),
          }
        : {}),
      last_stats: stats,
    });
    return status;
  };
}
