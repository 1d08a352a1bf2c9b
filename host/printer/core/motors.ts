// thread: host
import type { GcodeCommand } from "../../gcode/gcode-command.js";
import { seconds } from "../../shared/units.js";
import { type AnyModule, defineModule } from "../module.js";
import type { RunParts } from "../run-parts.js";
import type { StatusObject } from "../status.js";

/** Motors get so long to come to rest before and after their drivers are switched. */
const SETTLE_TIME = seconds(0.1);

/** `stepper_enable`: which drivers are on, and the commands that switch them. Always there. */
export function motorsModule(parts: RunParts): AnyModule {
  return defineModule({
    section: "stepper_enable",
    isAlways: true,
    options: () => undefined,

    create(_, ctx) {
      let status: StatusObject = Object.freeze({ steppers: Object.freeze({}) });
      let shown = "";

      async function off(): Promise<void> {
        await parts.toolhead.dwell(SETTLE_TIME);
        await ctx.actions.motor(-1, false);
        await parts.toolhead.dwell(SETTLE_TIME);
        parts.toolhead.clearHomed("xyz");
      }

      async function set(command: GcodeCommand): Promise<void> {
        const name = command.string("STEPPER");
        const stepper = ctx.findPart("stepper", name);
        if (stepper === undefined) throw command.wrongChoice("STEPPER", name, [...ctx.parts("stepper").keys()]);
        const isOn = command.bool("ENABLE", true);
        await parts.toolhead.dwell(SETTLE_TIME);
        await ctx.actions.motor(stepper.index, isOn);
        await parts.toolhead.dwell(SETTLE_TIME);
        if (!isOn) parts.toolhead.clearHomed("xyz");
      }

      ctx.command("M84", off, { help: "Turn the motors off", runsAhead: true });
      ctx.command("M18", off, { help: "Turn the motors off", runsAhead: true });
      ctx.command("SET_STEPPER_ENABLE", set, { help: "Enable/disable individual stepper by name", runsAhead: true });

      return {
        status: () => {
          const steppers = [...ctx.parts("stepper").values()].map(({ name, isEnabled }) => [name, isEnabled] as const);
          const key = JSON.stringify(steppers);
          if (key !== shown) {
            shown = key;
            status = Object.freeze({ steppers: Object.freeze(Object.fromEntries(steppers)) });
          }
          return status;
        },
      };
    },
  });
}
