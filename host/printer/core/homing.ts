// thread: host
import type { GcodeCommand } from "../../gcode/gcode-command.js";
import { type AnyModule, defineModule } from "../module.js";
import type { RunParts } from "../run-parts.js";
import type { StatusObject } from "../status.js";

/** G28 and the commands that show the switches. Always there. */
export function homingModule(parts: RunParts): AnyModule {
  return defineModule({
    section: "query_endstops",
    isAlways: true,
    options: () => undefined,

    create(_, ctx) {
      let status: StatusObject = Object.freeze({ last_query: Object.freeze({}) });

      async function home(command: GcodeCommand): Promise<void> {
        const axes = ["X", "Y", "Z"].filter((axis) => command.has(axis)).join("");
        await parts.homing.homeAll(axes.toLowerCase(), command);
      }

      async function query(command: GcodeCommand): Promise<void> {
        const states = await parts.homing.query();
        const shown = [...states].map(([name, isTriggered]) => `${name}:${isTriggered ? "TRIGGERED" : "open"}`);
        status = Object.freeze({
          last_query: Object.freeze(Object.fromEntries([...states].map(([name, on]) => [name, on ? 1 : 0]))),
        });
        command.respondRaw(shown.join(" "));
      }

      ctx.command("G28", home, { help: "Home axes" });
      ctx.command("QUERY_ENDSTOPS", query, { help: "Report on the status of each endstop" });
      ctx.command("M119", query, { help: "Report on the status of each endstop" });
      return { status: () => status };
    },
  });
}
