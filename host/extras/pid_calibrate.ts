// thread: host
import { defineModule, type GcodeCommand, type ModuleContext } from "../printer/module.js";
import { HostError } from "../shared/errors.js";
import { celsius } from "../shared/units.js";

/** Cycles of the oscillation must agree within this share. */
const TOLERANCE = 0.05;
const OFF = celsius(0);

/** PID_CALIBRATE: finds the parameters of a heater's regulator by letting it oscillate. */
export default defineModule({
  section: "pid_calibrate",
  isAlways: true,
  object: () => undefined,

  options: () => ({}),

  create: (_options, ctx) => ({
    connect() {
      if (ctx.parts("heater").size === 0) return;
      ctx.command("PID_CALIBRATE", (command) => calibrate(ctx, command), {
        help: "Finds the PID parameters of a HEATER at a TARGET temperature.",
      });
    },
  }),
});

async function calibrate(ctx: ModuleContext, command: GcodeCommand): Promise<void> {
  const name = command.string("HEATER");
  const heater = ctx.findPart("heater", name);
  if (heater === undefined) throw command.wrongChoice("HEATER", name, [...ctx.parts("heater").keys()]);
  const target = command.celsius("TARGET", undefined, { above: 0 });
  if (target < heater.minTemp || target > heater.maxTemp) {
    throw new HostError("HEATER_TARGET_RANGE", `heater '${name}' cannot be calibrated at ${target} °C`, {
      details: { heater: name, value: target, min: heater.minTemp, max: heater.maxTemp },
      fix: `use a temperature from ${heater.minTemp} to ${heater.maxTemp} °C, such as the one that you print with`,
    });
  }
  if (ctx.isDryRun) return;
  await ctx.actions.marker();
  // A cancelled script leaves no heater on: another target ends the calibration.
  const cancel = (): void => heater.setTargetNow(OFF);
  command.signal.addEventListener("abort", cancel, { once: true });
  const { kd, ki, kp } = await ctx.actions
    .calibrate(heater.index, target, TOLERANCE)
    .finally(() => command.signal.removeEventListener("abort", cancel));
  command.signal.throwIfAborted();
  const values = [
    ["pid_Kp", kp],
    ["pid_Ki", ki],
    ["pid_Kd", kd],
  ] as const;
  const text = values.map(([option, value]) => `${option}=${value.toFixed(3)}`).join(" ");
  const saved = ctx.find("configValues");
  saved?.save(heater.object, "control", "pid");
  for (const [option, value] of values) saved?.save(heater.object, option.toLowerCase(), value.toFixed(3));
  command.respondInfo(
    `PID parameters: ${text}\nSAVE_CONFIG writes them into the printer's configuration file and restarts the printer.`,
  );
}
