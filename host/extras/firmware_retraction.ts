// thread: host
import { RewindLog } from "../devices/rewind-log.js";
import { defineModule, type GcodeCommand, type StatusObject } from "../printer/module.js";
import { mm, mmPerS } from "../shared/units.js";

/** The state around a retraction; not one that a macro would use. */
const STATE_NAME = "_retract_state";
const PER_MINUTE = 60;
const DIGITS = 5;

interface Settings {
  readonly retract_length: number;
  readonly retract_speed: number;
  readonly unretract_extra_length: number;
  readonly unretract_speed: number;
}

/** `[firmware_retraction]`: G10 and G11. */
export default defineModule({
  section: "firmware_retraction",
  shape: { floats: ["*"] },

  options: (section): Settings => ({
    retract_length: section.mm("retract_length", mm(0), { min: 0, help: "Filament that G10 pulls back." }),
    retract_speed: section.mmPerS("retract_speed", mmPerS(20), { min: 1, help: "Speed of G10." }),
    unretract_extra_length: section.mm("unretract_extra_length", mm(0), {
      min: 0,
      help: "What G11 pushes beyond that.",
    }),
    unretract_speed: section.mmPerS("unretract_speed", mmPerS(10), { min: 1, help: "Speed of G11." }),
  }),

  create(options, ctx) {
    let settings: Settings & StatusObject = Object.freeze({ ...options });
    /** What the next G11 pushes; 0 when nothing is retracted. */
    let due = 0;
    const log = new RewindLog(0);

    function setDue(command: GcodeCommand, length: number): void {
      due = length;
      log.note(command.position, length);
    }

    async function push(command: GcodeCommand, length: number, speed: number): Promise<void> {
      const move = ctx.need("gcodeMove", "printer");
      move.saveState(STATE_NAME);
      const script = `G91\nG1 E${length.toFixed(DIGITS)} F${(speed * PER_MINUTE).toFixed(0)}`;
      await command.run(script, command.origin);
      await move.restoreState(STATE_NAME);
    }

    async function retract(command: GcodeCommand): Promise<void> {
      if (due !== 0 || settings.retract_length === 0) return;
      await push(command, -settings.retract_length, settings.retract_speed);
      setDue(command, settings.retract_length + settings.unretract_extra_length);
    }

    async function unretract(command: GcodeCommand): Promise<void> {
      if (due === 0) return;
      await push(command, due, settings.unretract_speed);
      setDue(command, 0);
    }

    function set(command: GcodeCommand): void {
      settings = Object.freeze({
        retract_length: command.float("RETRACT_LENGTH", settings.retract_length, { min: 0 }),
        retract_speed: command.float("RETRACT_SPEED", settings.retract_speed, { min: 1 }),
        unretract_extra_length: command.float("UNRETRACT_EXTRA_LENGTH", settings.unretract_extra_length, { min: 0 }),
        unretract_speed: command.float("UNRETRACT_SPEED", settings.unretract_speed, { min: 1 }),
      });
      // What is retracted now is pushed back as the new settings say.
      if (due !== 0) setDue(command, settings.retract_length + settings.unretract_extra_length);
    }

    function tell(command: GcodeCommand): void {
      const text = Object.entries(settings).map(
        ([name, value]) => `${name.toUpperCase()}=${Number(value).toFixed(DIGITS)}`,
      );
      command.respondInfo(text.join(" "));
    }

    return {
      connect() {
        ctx.command("G10", retract, { runsAhead: true });
        ctx.command("G11", unretract, { runsAhead: true });
        ctx.command("SET_RETRACTION", set, { help: "Set lengths and speeds of firmware retraction" });
        ctx.command("GET_RETRACTION", tell, { help: "Show lengths and speeds of firmware retraction" });
        ctx.find("printJob")?.onRewind((position) => {
          due = log.rewind(position);
        });
      },
      status: () => settings,
    };
  },
});
