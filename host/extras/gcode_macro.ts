// thread: host
import { actSoon } from "../devices/act-soon.js";
import {
  canChange,
  copyValue,
  dictOf,
  isJsonValue,
  parsePythonLiteral,
  toPlain,
  type Value,
} from "../devices/literal.js";
import { compileScript } from "../devices/template.js";
import { defineModule, type GcodeCommand, type SectionReader, type StatusObject } from "../printer/module.js";
import { isHostError } from "../shared/errors.js";

const PREFIX = "variable_";

function readVariables(section: SectionReader): Map<string, Value> {
  const variables = new Map<string, Value>();
  for (const option of section.optionsWith(PREFIX)) {
    const text = section.string(option, "None");
    try {
      const value = parsePythonLiteral(text);
      if (isJsonValue(value)) variables.set(option.slice(PREFIX.length), value);
      else section.reject(option, "is a set, which variables cannot hold", "write a list: [1, 2]");
    } catch (error) {
      if (!isHostError(error)) throw error;
      section.report(error.at(section.placeOf(option)));
    }
  }
  return variables;
}

/** `[gcode_macro NAME]`: a command made of other commands. */
export default defineModule({
  section: "gcode_macro",
  named: true,
  connectsLast: true,

  options: (section) => {
    const text = section.script("gcode", undefined, { help: "Commands to run as the macro; a template." });
    return {
      script: compileScript(section, `macro ${section.label}`, text),
      help: section.string("description", "G-Code macro", { help: "What clients show about the macro." }),
      newName: section.string("rename_existing", null, {
        help: "Name for the command whose place the macro takes.",
      }),
      variables: readVariables(section),
    };
  },

  create({ script, help, newName, variables: initial }, ctx) {
    const variables = new Map([...initial].map(([name, value]) => [name, copyValue(value)] as const));
    let status: StatusObject = Object.freeze({});

    function publish(): void {
      status = Object.freeze(Object.fromEntries([...variables].map(([name, value]) => [name, toPlain(value)])));
    }

    async function run(command: GcodeCommand): Promise<void> {
      const names: (readonly [string, Value])[] = [
        ...variables,
        ["params", dictOf(command.params)],
        ["rawparams", command.raw],
      ];
      try {
        await script.runInside(ctx, command, names);
      } finally {
        // A template changes lists and dicts where they are.
        if ([...variables.values()].some(canChange)) publish();
      }
    }

    function setVariable(command: GcodeCommand): void {
      const name = command.string("VARIABLE");
      if (!variables.has(name)) throw command.wrongChoice("VARIABLE", name, [...variables.keys()]);
      const value = parsePythonLiteral(command.string("VALUE"));
      if (!isJsonValue(value)) throw command.error("variables cannot hold a set", "write a list: [1, 2]");
      variables.set(name, value);
      publish();
    }

    publish();
    ctx.offerPart("templateStatus", ctx.name, () => Object.fromEntries(variables));
    return {
      connect() {
        const [handler, options] = actSoon(ctx, ctx.label, run, { help });
        if (newName === null) ctx.command(ctx.label, handler, options);
        else ctx.replaceCommand(ctx.label, newName, handler, options);
        ctx.mux("SET_GCODE_VARIABLE", "MACRO", ctx.label, setVariable, { help: "Set the value of a macro's variable" });
      },
      status: () => status,
    };
  },
});
