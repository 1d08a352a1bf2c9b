// thread: host
import { readFile } from "node:fs/promises";
import { FileWriter } from "../devices/file-writer.js";
import { expandHome } from "../devices/job-files.js";
import { isJsonValue, parsePythonLiteral, pythonRepr, toPlain, type Value } from "../devices/literal.js";
import { defineModule, type GcodeCommand, type StatusObject } from "../printer/module.js";
import { HostError, isHostError } from "../shared/errors.js";

const HEADER = "[Variables]";
/** A name, then = or : and a Python literal. */
const ENTRY = /^\s*([^#;[\]=:\s][^=:]*?)\s*[=:]\s*(.*)$/;

/** The file that other hosts write too: `[Variables]`, then `name = literal`, by name. */
function encode(variables: ReadonlyMap<string, Value>): string {
  const names = [...variables.keys()].sort();
  return `${[HEADER, ...names.map((name) => `${name} = ${pythonRepr(variables.get(name) ?? null)}`)].join("\n")}\n\n`;
}

function decode(path: string, text: string): Map<string, Value> {
  const variables = new Map<string, Value>();
  for (const [index, line] of text.split(/\r\n|\n|\r/).entries()) {
    const [, name = "", literal = ""] = ENTRY.exec(line) ?? [];
    if (name === "") continue;
    try {
      variables.set(name.toLowerCase(), parsePythonLiteral(literal));
    } catch (error) {
      throw isHostError(error) ? error.at({ file: path, line: index + 1 }) : error;
    }
  }
  return variables;
}

async function load(path: string): Promise<Map<string, Value>> {
  try {
    return decode(path, await readFile(path, "utf8"));
  } catch (error) {
    if (isHostError(error)) throw error;
    // The first SAVE_VARIABLE makes the file.
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return new Map();
    const reason = error instanceof Error ? error.message : String(error);
    throw new HostError("CFG_FILE_UNREADABLE", `'${path}' cannot be read: ${reason}`, {
      details: { path, reason },
      fix: "check 'filename' of [save_variables] and that this user may read the file",
      cause: error,
    });
  }
}

/** `[save_variables]`: values that outlive restarts. */
export default defineModule({
  section: "save_variables",

  options: (section) => ({
    path: expandHome(section.string("filename", undefined, { help: "File that the values are kept in." })),
  }),

  create({ path }, ctx) {
    const writer = new FileWriter(path);
    let variables: ReadonlyMap<string, Value> = new Map();
    let status: StatusObject = Object.freeze({ variables: {} });

    function show(next: ReadonlyMap<string, Value>): void {
      variables = next;
      const plain = Object.fromEntries([...next].map(([name, value]) => [name, toPlain(value)]));
      status = Object.freeze({ variables: Object.freeze(plain) });
    }

    async function save(command: GcodeCommand): Promise<void> {
      const name = command.string("VARIABLE");
      if (name !== name.toLowerCase()) {
        throw command.error(`the name '${name}' has capital letters`, `write it as '${name.toLowerCase()}'`);
      }
      const value = parsePythonLiteral(command.string("VALUE"));
      if (!isJsonValue(value)) throw command.error("variables cannot hold a set", "write a list: [1, 2]");
      const before = variables;
      show(new Map([...variables, [name, value]]));
      if (ctx.isDryRun) return;
      try {
        await writer.write(encode(variables));
      } catch (error) {
        show(before);
        throw error;
      }
    }

    ctx.offerPart("templateStatus", ctx.name, () => ({ variables: new Map(variables) }));
    return {
      async connect() {
        show(await load(path));
        ctx.command("SAVE_VARIABLE", save, { help: "Keep a value over restarts: VARIABLE, VALUE" });
      },
      status: () => status,
    };
  },
});
