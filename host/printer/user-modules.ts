// thread: host
import { readdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { HostError, isHostError } from "../shared/errors.js";
import type { Log } from "./log.js";
import { type AnyModule, defineModule, type Module, type ModuleContext, type ModuleDefinition } from "./module.js";

/** A module file that could not be used. */
export interface ModuleProblem {
  readonly file: string;
  readonly error: HostError<"CFG_MODULE">;
}

/** What a folder of modules holds. */
export interface UserModules {
  readonly modules: readonly AnyModule[];
  readonly problems: readonly ModuleProblem[];
}

const MODULE_FILE = /\.m?js$/;
const FOLDER = "modules";

/** Where an owner's own modules are looked for unless another folder is given: `modules/` beside printer.cfg. */
export function userModulesFolder(configPath: string): string {
  return join(dirname(configPath), FOLDER);
}

function problem(file: string, reason: string, fix: string, cause?: unknown): HostError<"CFG_MODULE"> {
  return new HostError("CFG_MODULE", `the module file '${file}' cannot be used: ${reason}`, {
    details: { file, reason },
    fix,
    place: { file },
    cause,
  });
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Whether a default export has the parts of a module: their types are its author's matter. */
function isDefinition(value: unknown): value is ModuleDefinition<unknown> {
  return (
    typeof value === "object" &&
    value !== null &&
    "section" in value &&
    typeof value.section === "string" &&
    "options" in value &&
    typeof value.options === "function" &&
    "create" in value &&
    typeof value.create === "function"
  );
}

/**
 * Loads every `.js` and `.mjs` file of a folder, in the order of their names; a folder that is not there holds none. A
 * file exports a `ModuleDefinition`, or a list of them, as its default. One that cannot be used is left out and told of;
 * a module that fails later is reported with its file, and a status that fails shows nothing.
 */
export async function loadUserModules(folder: string, log: Log): Promise<UserModules> {
  const modules: AnyModule[] = [];
  const problems: ModuleProblem[] = [];
  for (const name of await fileNames(folder)) {
    const file = join(folder, name);
    try {
      for (const definition of await readFile(file)) modules.push(guarded(definition, file, log));
    } catch (error) {
      const known = isHostError(error, "CFG_MODULE")
        ? error
        : problem(file, textOf(error), "correct it, or take it out of the folder; the log has details", error);
      problems.push({ file, error: known });
      log.warn({ file, error: error instanceof Error ? error.stack : String(error) }, "a module file cannot be used");
    }
  }
  return { modules, problems };
}

async function fileNames(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).filter((name) => MODULE_FILE.test(name)).sort();
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw problem(folder, textOf(error), "make the folder readable, or remove it", error);
  }
}

async function readFile(file: string): Promise<readonly ModuleDefinition<unknown>[]> {
  // Another address after a change: a RESTART then loads it anew.
  const { mtimeMs } = await stat(file);
  const loaded: unknown = await import(`${pathToFileURL(file).href}?changed=${mtimeMs}`);
  const exported = typeof loaded === "object" && loaded !== null && "default" in loaded ? loaded.default : undefined;
  const all: readonly unknown[] = Array.isArray(exported) ? exported : [exported];
  return all.map((definition) => {
    if (isDefinition(definition)) return definition;
    throw problem(
      file,
      "its default export is no module",
      "export default { section: 'name', options: (section) => ({ ... }), create: (options, ctx) => ({ ... }) }",
    );
  });
}

/** The module with its author's mistakes kept inside. */
function guarded(definition: ModuleDefinition<unknown>, file: string, log: Log): AnyModule {
  const { section } = definition;
  const explain = (error: unknown, where: string): unknown =>
    isHostError(error)
      ? error
      : problem(
          file,
          `${where} of [${section}] has failed: ${textOf(error)}`,
          "correct it, or remove the section",
          error,
        );
  function attempt<T>(where: string, work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw explain(error, where);
    }
  }
  async function attemptLater(where: string, work: () => void | Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      throw explain(error, where);
    }
  }
  return defineModule<unknown>({
    ...definition,
    options: (reader) => attempt("options()", () => definition.options(reader)),
    create: (options, ctx: ModuleContext): Module => {
      const { close, connect, ready, status } = attempt("create()", () => definition.create(options, ctx)) ?? {};
      let hasFailed = false;
      return {
        ...(connect === undefined ? {} : { connect: () => attemptLater("connect()", connect) }),
        ...(close === undefined ? {} : { close: () => attemptLater("close()", close) }),
        ...(ready === undefined
          ? {}
          : {
              ready: async () => {
                try {
                  await ready();
                } catch (error) {
                  log.error({ file, error: textOf(error) }, "a module has failed to start");
                  ctx.respondRaw(`!! the module [${section}] has failed to start: ${textOf(error)}`);
                }
              },
            }),
        ...(status === undefined
          ? {}
          : {
              status: () => {
                try {
                  return status();
                } catch (error) {
                  if (!hasFailed) log.error({ file, error: textOf(error) }, "the status of a module has failed");
                  hasFailed = true;
                  return NOTHING;
                }
              },
            }),
      };
    },
  });
}

const NOTHING = Object.freeze({});
