// thread: host
import { readScript } from "../devices/template.js";
import { defineModule, type StatusObject } from "../printer/module.js";
import { seconds } from "../shared/units.js";

const LOOK_PERIOD = seconds(0.5);
const DEFAULT_SCRIPT = "{% if 'heaters' in printer %}\n   TURN_OFF_HEATERS\n{% endif %}\nM84";

type Activity = "Idle" | "Ready" | "Printing";

/** `idle_timeout`: turns heaters and motors off when nothing has happened for a while. Always there. */
export default defineModule({
  section: "idle_timeout",
  isAlways: true,
  shape: { floats: ["printing_time", "idle_timeout"] },

  options: (section) => ({
    script: readScript(section, "gcode", DEFAULT_SCRIPT, "Commands to run when the printer has been idle for so long."),
    timeout: section.seconds("timeout", seconds(600), { above: 0, help: "Time without activity." }),
  }),

  create({ script, timeout: initial }, ctx) {
    let timeout = initial;
    let activity: Activity = "Idle";
    let since = ctx.isDryRun ? 0 : ctx.now();
    let targets = 0;
    let isRunning = false;
    let status: StatusObject = show();

    function show(): StatusObject {
      const printing = activity === "Printing" ? Math.round(ctx.now() - since) : 0;
      return Object.freeze({ state: activity, printing_time: printing, idle_timeout: timeout });
    }

    function become(next: Activity): void {
      if (next !== activity) {
        ctx.log.debug({ from: activity, to: next }, "activity has changed");
        since = ctx.now();
      }
      activity = next;
    }

    /** Whether a heater has got another target: somebody is there. */
    function isHeatChanged(): boolean {
      let sum = 0;
      for (const heater of ctx.parts("heater").values()) sum += heater.target;
      const isChanged = sum !== targets;
      targets = sum;
      return isChanged && sum > 0;
    }

    function look(): void {
      if (ctx.state !== "ready") return;
      const isBusy = ctx.toolhead.queued > 0 || (ctx.isRunningScript && !isRunning) || ctx.find("printJob")?.isActive;
      if (isBusy === true && !isRunning) become("Printing");
      else if (isHeatChanged()) {
        if (activity === "Ready") since = ctx.now();
        else if (!isRunning) become("Ready");
      } else if (activity === "Printing") become("Ready");
      else if (activity === "Ready" && ctx.now() - since >= timeout) void expire();
      const next = show();
      if (Object.entries(next).some(([key, value]) => status[key] !== value)) status = next;
    }

    async function expire(): Promise<void> {
      if (isRunning || ctx.state !== "ready") return;
      isRunning = true;
      become("Idle");
      ctx.log.info({ timeoutS: timeout }, "nothing has happened for a while");
      await script.run(ctx);
      isRunning = false;
    }

    return {
      connect() {
        ctx.command(
          "SET_IDLE_TIMEOUT",
          (command) => {
            timeout = command.seconds("TIMEOUT", initial, { above: 0 });
            command.respondInfo(`idle_timeout: Timeout set to ${timeout.toFixed(2)} s`);
            since = ctx.now();
            status = show();
          },
          { help: "Set after how long without activity the printer is turned down: TIMEOUT" },
        );
      },
      ready() {
        if (ctx.isDryRun) return;
        since = ctx.now();
        activity = "Ready";
        ctx.every(LOOK_PERIOD, look);
      },
      status: () => status,
    };
  },
});
