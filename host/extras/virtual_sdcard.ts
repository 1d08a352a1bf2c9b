// thread: host
import { JobFolder } from "../devices/job-files.js";
import { readCommandAdder } from "../devices/macro-names.js";
import { FileJob } from "../devices/print-job.js";
import { readScript } from "../devices/template.js";
import { defineModule, type GcodeCommand, type StatusObject } from "../printer/module.js";
import { seconds } from "../shared/units.js";

const UPDATE_PERIOD = seconds(0.25);
/** Where Moonraker's installers put print files. */
const USUAL_FOLDER = "~/printer_data/gcodes";

/** M23 takes the whole rest of the line, with spaces. */
function fileOf(command: GcodeCommand): string {
  const name = command.raw.trim();
  if (name === "") throw command.error("M23 has no file", "write it as M23 <file name>");
  return name;
}

/** `[virtual_sdcard]`: prints files of a folder. There without its section too, with the usual folder. */
export default defineModule({
  section: "virtual_sdcard",
  isAlways: true,
  shape: { floats: ["progress"] },

  options: (section) => ({
    path: section.string("path", USUAL_FOLDER, { help: "Folder of the print files." }),
    onError: readScript(section, "on_error_gcode", "TURN_OFF_HEATERS", "Commands to run when a print fails."),
    add: readCommandAdder(section),
  }),

  create({ path, onError, add }, ctx) {
    const folder = new JobFolder(ctx.jobFolder ?? path);
    const job = new FileJob({
      ctx,
      folder,
      onError,
      get stats() {
        return ctx.need("printStats", "print_stats");
      },
    });
    let status = look();

    function look(): StatusObject {
      const size = job.size;
      const position = job.printed;
      return Object.freeze({
        file_path: job.path,
        progress: size > 0 ? Math.round((position / size) * 1e5) / 1e5 : 0,
        is_active: job.isActive,
        file_position: position,
        file_size: size,
      });
    }

    function update(): void {
      const next = look();
      if (Object.entries(next).some(([key, value]) => status[key] !== value)) status = next;
    }

    async function list(command: GcodeCommand): Promise<void> {
      const files = await folder.list();
      const lines = files.map(({ name, size }) => `${name} ${size}`);
      command.respondRaw(["Begin file list", ...lines, "End file list"].join("\n"));
    }

    async function select(command: GcodeCommand, name: string): Promise<void> {
      if (job.isActive) throw command.error("SD busy", "wait until the print is done, or run CANCEL_PRINT first");
      await job.load(name);
      command.respondRaw(`File opened:${job.file} Size:${job.size}`);
      command.respondRaw("File selected");
    }

    function setPosition(command: GcodeCommand): void {
      if (job.isActive) throw command.error("SD busy", "pause the print before you set its place");
      job.moveTo({ position: command.int("S", undefined, { min: 0 }), line: -1 });
    }

    function report(command: GcodeCommand): void {
      const text = job.isLoaded ? `SD printing byte ${job.printed}/${job.size}` : "Not SD printing.";
      command.respondRaw(text);
    }

    async function print(command: GcodeCommand): Promise<void> {
      await select(command, command.string("FILENAME"));
      job.resume();
    }

    ctx.offer("printJob", job);
    return {
      connect() {
        const refuse = (command: GcodeCommand): void => {
          throw command.error("print files cannot be written this way", "upload the file through the web interface");
        };
        add(ctx, "M20", list);
        add(ctx, "M21", (command) => command.respondRaw("SD card ok"));
        add(ctx, "M23", (command) => select(command, fileOf(command)));
        add(ctx, "M24", () => job.resume());
        add(ctx, "M25", () => job.pause());
        add(ctx, "M26", setPosition);
        add(ctx, "M27", report);
        for (const name of ["M28", "M29", "M30"]) add(ctx, name, refuse);
        add(ctx, "SDCARD_PRINT_FILE", print, { help: "Print a file: FILENAME" });
        add(ctx, "SDCARD_RESET_FILE", () => job.reset(), { help: "Forget the file that is loaded" });
        ctx.on("shutdown", ({ reason }) => job.shutdown(reason));
        ctx.on("job", update);
      },
      ready() {
        if (!ctx.isDryRun) ctx.every(UPDATE_PERIOD, update);
      },
      status: () => status,
      close: () => job.close(),
    };
  },
});
