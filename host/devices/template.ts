// thread: host
import { scriptOrigin } from "../gcode/origin.js";
import { hostFunction } from "../gcode/template/host-function.js";
import { pythonStr } from "../gcode/template/repr.js";
import {
  fromStatus,
  HostMapping,
  type MappingSource,
  type StatusForm,
  statusForm,
  toPlain,
} from "../gcode/template/status.js";
import { compileTemplate, type Template } from "../gcode/template/template.js";
import type { Named, Value } from "../gcode/template/values.js";
import type { ConfigText, GcodeCommand, GcodeOrigin, ModuleContext, SectionReader } from "../printer/module.js";
import { HostError, isHostError } from "../shared/errors.js";

declare module "../printer/module.js" {
  interface Parts {
    /**
     * What templates see of an object in place of its status: values that plain data cannot tell apart (`1.0`, tuples).
     * By the name of the object.
     */
    templateStatus: () => Readonly<Record<string, unknown>>;
  }
}

/** Names that a render gets besides those that all have. */
export type TemplateNames = Iterable<readonly [string, Value]>;

/** Long enough for any macro on a slow computer, short enough that nobody takes the host for dead, in ms. */
const LONGEST_RENDER_MS = 3000;

/** A script of the configuration that is rendered each time it runs. */
export class ScriptTemplate {
  /** How messages call it: `macro START_PRINT`. */
  readonly name: string;
  readonly #text: ConfigText;
  readonly #template: Template;

  constructor(name: string, text: ConfigText, template: Template) {
    this.name = name;
    this.#text = text;
    this.#template = template;
  }

  /** Whether there is nothing in it that could run. */
  get isEmpty(): boolean {
    return this.#text.value.trim() === "";
  }

  /** The G-code that it makes now. Throws MACRO_ERROR, MACRO_LIMIT, or what an action in it throws. */
  render(ctx: ModuleContext, names: TemplateNames = []): string {
    const started = performance.now();
    const deadline = () => performance.now() - started > LONGEST_RENDER_MS;
    const all = new Map<string, Value>([...commonNames(ctx), ...names]);
    return this.#template.render(all, ctx.isDryRun ? {} : { limits: { deadline } });
  }

  /** Renders it and runs the result as a part of `command`. */
  async runInside(ctx: ModuleContext, command: GcodeCommand, names: TemplateNames = []): Promise<void> {
    const script = this.render(ctx, names);
    await command.run(script, this.#origin(script));
  }

  /**
   * Renders it and runs the result by itself, when the scripts before it are done. Never rejects: every console has been
   * told what went wrong by then. Resolves to whether all went well.
   */
  async run(ctx: ModuleContext, names: TemplateNames = []): Promise<boolean> {
    let script: string;
    try {
      script = this.render(ctx, names);
    } catch (error) {
      tellError(ctx, error);
      return false;
    }
    return await ctx.run(script, this.#origin(script)).then(
      () => true,
      () => false,
    );
  }

  /** Lines of the result stand where those of the template do, unless the template repeats or leaves out some. */
  #origin(script: string): GcodeOrigin {
    const { value, place } = this.#text;
    const isEven = script.split("\n").length === value.split("\n").length;
    return scriptOrigin(this.name, (line) => place(isEven ? line : 1));
  }
}

/** Tells every console of an error that no command has to answer for. */
export function tellError(ctx: ModuleContext, error: unknown): void {
  if (!isHostError(error)) {
    ctx.log.error({ error: String(error) }, "a script could not be made");
    ctx.respondRaw(`!! ${String(error)}`);
    return;
  }
  const [first = "", ...more] = error.format().split("\n");
  ctx.respondRaw([`!! ${first}`, ...more.map((line) => `// ${line}`)].join("\n"));
}

/** Compiles a text of the configuration. Problems are reported to `section`; the template is then empty. */
export function compileScript(section: SectionReader, name: string, text: ConfigText): ScriptTemplate {
  const source = { name, file: text.file, line: text.line, lines: text.lines };
  try {
    const template = compileTemplate(text.value, source);
    for (const { place, message, fix } of template.notices) {
      section.warn(`${name}, line ${place.line ?? text.line}: ${message}. ${fix}`);
    }
    return new ScriptTemplate(name, text, template);
  } catch (error) {
    if (!isHostError(error)) throw error;
    section.report(error);
    return new ScriptTemplate(name, { ...text, value: "" }, compileTemplate("", source));
  }
}

/** Reads an option that holds a template. Required without a default; with `null` it may be left out. */
export function readScript(section: SectionReader, option: string, fallback?: string, help?: string): ScriptTemplate;
export function readScript(
  section: SectionReader,
  option: string,
  fallback: string | null,
  help?: string,
): ScriptTemplate | null;
export function readScript(
  section: SectionReader,
  option: string,
  fallback?: string | null,
  help?: string,
): ScriptTemplate | null {
  const name = `${option} of [${section.name}]`;
  const options = help === undefined ? {} : { help };
  if (fallback === null) {
    const text = section.script(option, null, options);
    return text === null ? null : compileScript(section, name, text);
  }
  return compileScript(section, name, section.script(option, fallback, options));
}

/** `printer` and the actions. */
function commonNames(ctx: ModuleContext): TemplateNames {
  return [
    ["printer", new HostMapping("printer object", printerObjects(ctx))],
    ["action_respond_info", action("action_respond_info", ([text]) => ctx.respond(textOf(text)))],
    ["action_raise_error", action("action_raise_error", ([text]) => raise(textOf(text)))],
    ["action_emergency_stop", action("action_emergency_stop", ([text]) => stop(ctx, text))],
    ["action_call_remote_method", action("action_call_remote_method", (args, named) => callRemote(ctx, args, named))],
  ];
}

function action(name: string, body: (args: readonly Value[], named: Named) => void): Value {
  return hostFunction(name, (args, named) => {
    body(args, named);
    return "";
  });
}

function textOf(value: Value | undefined): string {
  return value === undefined ? "" : pythonStr(value);
}

function raise(text: string): never {
  throw new HostError("GCODE_FAILED", text, {
    details: { command: "action_raise_error" },
    fix: "the macro has refused to go on: do what its message says",
  });
}

function stop(ctx: ModuleContext, text: Value | undefined): never {
  const reason = text === undefined ? "action_emergency_stop" : textOf(text);
  ctx.stop(reason);
  throw new HostError("GCODE_FAILED", `the macro has stopped the printer: ${reason}`, {
    details: { command: "action_emergency_stop" },
    fix: "correct what its message says, then run FIRMWARE_RESTART",
  });
}

function callRemote(ctx: ModuleContext, [method]: readonly Value[], named: Named): void {
  const params = Object.fromEntries([...named].map(([name, value]) => [name, toPlain(value)]));
  ctx.callRemote(textOf(method), params);
}

function printerObjects(ctx: ModuleContext): MappingSource {
  return {
    get: (name) => {
      const special = ctx.findPart("templateStatus", name);
      if (special !== undefined) return fromStatus(special(), formOf(ctx, name));
      const status = ctx.objects.status(name);
      return status === undefined ? undefined : fromStatus(status, formOf(ctx, name));
    },
    has: (name) => ctx.objects.names.includes(name),
    keys: () => ctx.objects.names,
  };
}

/** Forms are made of shapes once; shapes belong to definitions, which live as long as the program. */
const forms = new WeakMap<object, StatusForm>();

function formOf(ctx: ModuleContext, name: string): StatusForm | undefined {
  const shape = ctx.objects.shape(name);
  if (shape === undefined) return undefined;
  const known = forms.get(shape);
  if (known !== undefined) return known;
  const form = statusForm(shape);
  forms.set(shape, form);
  return form;
}
