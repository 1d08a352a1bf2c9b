// thread: host
import { whenReached } from "../devices/in-time.js";
import { readCommandAdder } from "../devices/macro-names.js";
import { defineModule, type GcodeCommand } from "../printer/module.js";

const PERCENT = 100;

interface Shown {
  readonly [field: string]: unknown;
  readonly progress: number;
  readonly message: string | null;
}

/** `[display_status]`: the message of M117 and the progress of M73, also without the section. */
export default defineModule({
  section: "display_status",
  isAlways: true,
  shape: { floats: ["progress"] },

  options: (section) => ({ add: readCommandAdder(section) }),

  create({ add }, ctx) {
    let message: string | null = null;
    /** What M73 has said of this job; `undefined` while it has said nothing. */
    let progress: number | undefined;
    let status: Shown = Object.freeze({ progress: 0, message: null });

    function update(): void {
      const shown = progress ?? fileProgress();
      if (status.progress === shown && status.message === message) return;
      status = Object.freeze({ progress: shown, message });
    }

    function fileProgress(): number {
      const { progress: found } = ctx.objects.status("virtual_sdcard") ?? {};
      return typeof found === "number" ? found : 0;
    }

    function setProgress(command: GcodeCommand): void {
      const percent = command.float("P", null);
      if (percent === null) return;
      whenReached(ctx, () => {
        progress = Math.min(1, Math.max(0, percent / PERCENT));
        update();
      });
    }

    function setMessage(text: string): void {
      whenReached(ctx, () => {
        message = text === "" ? null : text;
        update();
      });
    }

    return {
      connect() {
        add(ctx, "M73", setProgress, { runsAhead: true });
        add(ctx, "M117", (command) => setMessage(command.raw.trim()), { runsAhead: true });
        add(ctx, "SET_DISPLAY_TEXT", (command) => setMessage(command.string("MSG", "")), {
          help: "Show a message: MSG; none to clear it",
          runsAhead: true,
        });
        ctx.on("job", ({ state }) => {
          // A pause is no reason to forget what the slicer has said.
          if (state === "printing" || state === "paused") return;
          progress = undefined;
          update();
        });
      },
      status: () => {
        update();
        return status;
      },
    };
  },
});
