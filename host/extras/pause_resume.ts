// thread: host
import { actSoon } from "../devices/act-soon.js";
import { readCommandAdder } from "../devices/macro-names.js";
import { type CommandHandler, defineModule, type GcodeCommand } from "../printer/module.js";
import { mmPerS } from "../shared/units.js";

/** Under this name the state at the pause is kept; macros of owners use it too. */
const STATE_NAME = "PAUSE_STATE";

const NOT_PAUSED = Object.freeze({ is_paused: false });
const PAUSED = Object.freeze({ is_paused: true });

/** `[pause_resume]`: PAUSE, RESUME, CLEAR_PAUSE and CANCEL_PRINT, also without the section. */
export default defineModule({
  section: "pause_resume",
  isAlways: true,

  options: (section) => ({
    velocity: section.mmPerS("recover_velocity", mmPerS(50), {
      above: 0,
      help: "Speed at which RESUME goes back to where the print was paused.",
    }),
    add: readCommandAdder(section),
  }),

  create({ velocity, add }, ctx) {
    let isPaused = false;
    /** Whether the pause has stopped a file, which is then to go on. */
    let hasStoppedFile = false;

    async function pause(command: GcodeCommand): Promise<void> {
      if (isPaused) {
        command.respondInfo("Print already paused");
        return;
      }
      isPaused = true;
      const job = ctx.find("printJob");
      hasStoppedFile = job?.state === "printing";
      if (hasStoppedFile) await job?.pause();
      else command.respondInfo("action:paused");
      ctx.need("gcodeMove", "printer").saveState(STATE_NAME);
    }

    async function resume(command: GcodeCommand): Promise<void> {
      if (!isPaused) {
        command.respondInfo("Print is not paused, resume aborted");
        return;
      }
      const speed = command.mmPerS("VELOCITY", velocity, { above: 0 });
      await ctx.need("gcodeMove", "printer").restoreState(STATE_NAME, speed);
      isPaused = false;
      if (hasStoppedFile) ctx.find("printJob")?.resume();
      else command.respondInfo("action:resumed");
      hasStoppedFile = false;
    }

    function clear(): void {
      isPaused = false;
      hasStoppedFile = false;
    }

    async function cancel(command: GcodeCommand): Promise<void> {
      const job = ctx.find("printJob");
      if (job?.state === "printing" || job?.state === "paused") await job.cancel();
      else command.respondInfo("action:cancel");
      clear();
    }

    return {
      connect() {
        const addSoon = (name: string, run: CommandHandler, help: string): void => {
          add(ctx, name, ...actSoon(ctx, name, run, { help }));
        };
        addSoon("PAUSE", pause, "Pause the print");
        add(ctx, "RESUME", resume, { help: "Go on with the print: VELOCITY" });
        add(ctx, "CLEAR_PAUSE", clear, { help: "Forget the pause without going on" });
        addSoon("CANCEL_PRINT", cancel, "End the print");
        ctx.on("job", ({ state }) => {
          if (state !== "paused") clear();
        });
      },
      status: () => (isPaused ? PAUSED : NOT_PAUSED),
    };
  },
});
