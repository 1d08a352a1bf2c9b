// thread: host
import { readCommandAdder } from "../devices/macro-names.js";
import { defineModule, type GcodeCommand } from "../printer/module.js";

const PREFIXES = { echo: "echo:", command: "//", error: "!!" } as const;
const TYPES = ["echo", "echo_no_space", "command", "error"] as const;

/** `[respond]`: M118 and RESPOND, also without the section. */
export default defineModule({
  section: "respond",
  isAlways: true,
  object: () => undefined,

  options: (section) => {
    const type = section.choice("default_type", ["echo", "command", "error"], "echo", {
      help: "How messages start: 'echo:', '//' or '!!'.",
    });
    return {
      prefix: section.string("default_prefix", PREFIXES[type], { help: "How messages start, in place of a type." }),
      add: readCommandAdder(section),
    };
  },

  create({ prefix, add }, ctx) {
    function respond(command: GcodeCommand): void {
      const type = command.choice("TYPE", TYPES, null);
      const own = command.string("PREFIX", null);
      const start = own ?? (type === null ? prefix : PREFIXES[type === "echo_no_space" ? "echo" : type]);
      const gap = type === "echo_no_space" && own === null ? "" : " ";
      command.respondRaw(`${start}${gap}${command.string("MSG", "")}`);
    }

    return {
      connect() {
        add(ctx, "M118", (command) => command.respondRaw(`${prefix} ${command.raw.trim()}`), { runsAhead: true });
        add(ctx, "RESPOND", respond, { help: "Tell every console a message", runsAhead: true });
      },
    };
  },
});
