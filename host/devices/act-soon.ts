// thread: host
import type { CommandHandler, ModuleCommandOptions, ModuleContext } from "../printer/module.js";

/** Commands that stop a print, and macros in their place. */
const URGENT = new Set(["PAUSE", "CANCEL_PRINT"]);

/**
 * A command as it is to be registered under `name`. One that stops a print does not wait for what the print has read
 * ahead, which may be half a minute of motion: unless a line of the print itself runs it, that is taken back first.
 */
export function actSoon(
  ctx: ModuleContext,
  name: string,
  run: CommandHandler,
  options: ModuleCommandOptions,
): readonly [run: CommandHandler, options: ModuleCommandOptions] {
  if (!URGENT.has(name.toUpperCase())) return [run, options];
  const soon: CommandHandler = async (command) => {
    await ctx.find("printJob")?.reread(() => undefined);
    await ctx.toolhead.settle();
    await run(command);
  };
  return [soon, { ...options, runsAhead: true }];
}
