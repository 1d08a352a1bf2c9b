// thread: host
import type { ModuleContext } from "../printer/module.js";
import { seconds } from "../shared/units.js";

const POLL = seconds(0.25);
/** A target that was set in order with motion has come into force by then, in s. */
const SETTLE_S = 0.5;

/**
 * Resolves when a heater is at its target, or has none. What was queued before is waited for first, so that the target
 * set last counts. Rejects with the signal's reason. `onWait` is called about once a second meanwhile.
 */
export async function waitForHeater(
  ctx: ModuleContext,
  object: string,
  signal: AbortSignal,
  onWait: () => void = () => {},
): Promise<void> {
  if (ctx.isDryRun) return;
  await ctx.actions.marker();
  await ctx.sleep(seconds(SETTLE_S), signal);
  await waitUntil(ctx, () => ctx.live.number(object, "busy") === 0, signal, onWait);
}

/** Resolves when `isDone()`, which is asked four times a second. Rejects with the signal's reason. */
export async function waitUntil(
  ctx: ModuleContext,
  isDone: () => boolean,
  signal: AbortSignal,
  onWait: () => void,
): Promise<void> {
  let nextReport = Number.NEGATIVE_INFINITY;
  while (!isDone()) {
    if (ctx.now() >= nextReport) {
      onWait();
      nextReport = ctx.now() + 1;
    }
    await ctx.sleep(POLL, signal);
  }
}
