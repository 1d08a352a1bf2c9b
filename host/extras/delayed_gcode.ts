// thread: host
import { readScript } from "../devices/template.js";
import { defineModule, type Timer } from "../printer/module.js";
import { type Seconds, seconds } from "../shared/units.js";

/** `[delayed_gcode NAME]`: a script that runs some time after the start, or after UPDATE_DELAYED_GCODE. */
export default defineModule({
  section: "delayed_gcode",
  named: true,
  object: () => undefined,

  options: (section) => ({
    script: readScript(section, "gcode", undefined, "Commands to run; a template."),
    initial: section.seconds("initial_duration", seconds(0), {
      min: 0,
      help: "Time from the start until it runs; 0 for not by itself.",
    }),
  }),

  create({ script, initial }, ctx) {
    let timer: Timer | undefined;

    function arm(delay: Seconds): void {
      timer?.stop();
      timer = delay > 0 ? ctx.after(delay, fire) : undefined;
    }

    function fire(): void {
      timer = undefined;
      // Errors are told in the console; the next run is not hindered by them.
      void script.run(ctx);
    }

    return {
      connect() {
        ctx.mux(
          "UPDATE_DELAYED_GCODE",
          "ID",
          ctx.label,
          (command) => arm(command.seconds("DURATION", undefined, { min: 0 })),
          { help: "Run a delayed script after DURATION seconds; 0 for not at all" },
        );
      },
      ready() {
        if (!ctx.isDryRun) arm(initial);
      },
    };
  },
});
