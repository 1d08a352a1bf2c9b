// thread: host
import type { CommandHandler, ModuleCommandOptions, ModuleContext, SectionReader } from "../printer/module.js";

/** Registers a command that an owner's macro of the same name silently replaces. */
export type AddCommand = (
  ctx: ModuleContext,
  name: string,
  run: CommandHandler,
  options?: ModuleCommandOptions,
) => void;

/**
 * For modules that are there without their section: commands that the owner has not asked for must not be in the way of
 * macros with their names. With the section, or with `rename_existing` in the macro, the command is registered.
 */
export function readCommandAdder(section: SectionReader): AddCommand {
  const isAsked = section.config.has(section.name);
  const taken = new Set(
    section.config
      .ofKind("gcode_macro")
      .filter((macro) => !macro.has("rename_existing"))
      .map((macro) => macro.label.toUpperCase()),
  );
  return (ctx, name, run, options) => {
    if (isAsked || !taken.has(name.toUpperCase())) ctx.command(name, run, options);
  };
}
