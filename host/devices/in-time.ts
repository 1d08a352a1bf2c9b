// thread: host
import type { ModuleContext } from "../printer/module.js";

/** Less motion than this is not worth waiting for, in s. */
const SHORT = 0.25;

/**
 * Calls `show` when the printer comes to this place of the queued motion: for what people look at, such as the number of
 * the layer. What the running script has queued before counts, nobody waits.
 */
export function whenReached(ctx: ModuleContext, show: () => void): void {
  if (ctx.isDryRun || ctx.toolhead.queued < SHORT) {
    show();
    return;
  }
  // A marker is only lost together with the printer, and then nothing is left to show.
  ctx.actions.marker().then(show, () => undefined);
}
