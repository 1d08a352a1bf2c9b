// thread: host
import { pyFloat, tupleOf, type Value } from "../devices/literal.js";
import { createAutosave } from "../devices/saved-config.js";
import { defineModule, type GcodeCommand, type StatusObject } from "../printer/module.js";
import { seconds } from "../shared/units.js";

const AT_ONCE = seconds(0);

/** The configuration as clients see it, and SAVE_CONFIG. Always there. */
export default defineModule({
  section: "configfile",
  isAlways: true,

  options: () => ({}),

  create(_, ctx) {
    const { tree } = ctx.config;
    const autosave = createAutosave(tree.path);
    let config: Readonly<Record<string, unknown>> = {};
    let settings: Readonly<Record<string, unknown>> = {};
    /** The same with the kinds of numbers that templates tell apart. */
    let values: Readonly<Record<string, unknown>> = {};
    let warnings: readonly unknown[] = [];
    let status: StatusObject = show();

    function show(): StatusObject {
      return Object.freeze({
        config,
        settings,
        warnings,
        save_config_pending: autosave.hasPending,
        save_config_pending_items: autosave.pendingItems,
      });
    }

    async function save(command: GcodeCommand): Promise<void> {
      const isRestart = command.int("RESTART", 1, { min: 0, max: 1 }) === 1;
      const state = ctx.find("printJob")?.state;
      if (isRestart && (state === "printing" || state === "paused")) {
        throw command.error(
          "SAVE_CONFIG restarts the printer, which would end the print",
          "wait until the print is done, or run SAVE_CONFIG RESTART=0, which only saves",
        );
      }
      if (ctx.isDryRun) return;
      const { isWritten, backups, commentedOut } = await autosave.save(new Date());
      status = show();
      for (const { file, line, section, option } of commentedOut) {
        command.respondInfo(
          `${file}:${line}: option '${option}' of [${section}] is now in the saved part of printer.cfg`,
        );
      }
      if (!isWritten) command.respondInfo("there is nothing to save");
      else ctx.log.info({ backups }, "the configuration was saved");
      // The script that this is part of ends first.
      if (isWritten && isRestart) ctx.after(AT_ONCE, () => ctx.restart("restart"));
    }

    ctx.offer("configValues", {
      save(section, option, value) {
        autosave.set(section, option, value);
        status = show();
      },
      remove(section, option) {
        autosave.remove(section, option);
        status = show();
      },
      removeSection(section) {
        autosave.removeSection(section, tree);
        status = show();
      },
    });
    ctx.offerPart("templateStatus", ctx.name, () => ({ ...status, settings: values }));

    return {
      connect() {
        config = ctx.config.raw();
        settings = ctx.config.settings();
        values = ctx.config.mapSettings<Value>({ plain: (value) => value, float: pyFloat, list: tupleOf });
        const notices = tree.notices.map(({ place, text: message }) => ({
          type: "runtime_warning",
          message: place.line === undefined ? message : `${place.file ?? ""}:${place.line}: ${message}`,
        }));
        warnings = [...ctx.config.warnings, ...notices];
        status = show();
        ctx.command("SAVE_CONFIG", save, {
          help: "Write saved values into printer.cfg and restart; RESTART=0 does not",
        });
      },
      status: () => status,
    };
  },
});
