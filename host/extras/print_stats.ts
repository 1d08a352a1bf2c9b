// thread: host
import { whenReached } from "../devices/in-time.js";
import { readCommandAdder } from "../devices/macro-names.js";
import { PrintStats } from "../devices/print-stats.js";
import { defineModule } from "../printer/module.js";
import { seconds } from "../shared/units.js";

const UPDATE_PERIOD = seconds(0.25);
const AXIS_E = 3;

/** `print_stats`: the numbers of the print job, and SET_PRINT_STATS_INFO. */
export default defineModule({
  section: "print_stats",
  isAlways: true,
  shape: { floats: ["total_duration", "print_duration", "filament_used"] },

  options: (section) => ({ add: readCommandAdder(section) }),

  create({ add }, ctx) {
    const filament = () => {
      const at = ctx.live.list("motion_report", "live_position")?.[AXIS_E] ?? 0;
      return Number.isFinite(at) ? at : 0;
    };
    const stats = new PrintStats({ now: () => ctx.now(), filament });
    ctx.offer("printStats", stats);
    ctx.offerPart("templateStatus", ctx.name, () => ({ ...stats.status, info: stats.layers }));
    return {
      connect() {
        ctx.on("positionSet", () => stats.filamentSet());
        ctx.on("extruder", () => stats.filamentSet());
        add(ctx, "SET_PRINT_STATS_INFO", (command) => whenReached(ctx, stats.setLayers(command)), {
          help: "Tell the number of layers and the present one",
          runsAhead: true,
        });
      },
      ready() {
        if (!ctx.isDryRun) ctx.every(UPDATE_PERIOD, () => stats.update());
      },
      status: () => stats.status,
    };
  },
});
