// thread: host
import type { HeaterRegulator } from "../devices/heater.js";
import { defineModule, type GcodeCommand, type Heater, type PidParameters } from "../printer/module.js";
import { celsius } from "../shared/units.js";

const DEFAULT_TOLERANCE = 0.05;
const DIGITS = 3;
const OFF = celsius(0);

const OPTIONS = { kp: "pid_Kp", ki: "pid_Ki", kd: "pid_Kd" } as const;
const KEYS = ["kp", "ki", "kd"] as const;

const shown = (pid: PidParameters): string =>
  KEYS.map((key) => `${OPTIONS[key]}=${pid[key].toFixed(DIGITS)}`).join(" ");

/** PID_CALIBRATE finds a heater's PID parameters, SET_HEATER_PID tries others. Always there. */
export default defineModule({
  section: "pid_calibrate",
  isAlways: true,
  object: () => undefined,

  options: () => undefined,

  create(_options, ctx) {
    /** Regulates with these parameters from now on and keeps them for SAVE_CONFIG. */
    function use(regulator: HeaterRegulator, pid: PidParameters): void {
      regulator.set({ kind: "pid", ...pid });
      const values = ctx.need("configValues", "printer");
      values.save(regulator.section, "control", "pid");
      for (const key of KEYS) values.save(regulator.section, OPTIONS[key], pid[key].toFixed(DIGITS));
    }

    async function calibrate(command: GcodeCommand, heater: Heater, regulator: HeaterRegulator): Promise<void> {
      const target = command.celsius("TARGET", undefined, { above: 0, min: heater.minTemp, max: heater.maxTemp });
      const tolerance = command.float("TOLERANCE", DEFAULT_TOLERANCE, { above: 0, max: 1 });
      if (ctx.isDryRun) return;
      await ctx.toolhead.drain();
      command.signal.throwIfAborted();
      const cancel = () => heater.setTargetNow(OFF);
      command.signal.addEventListener("abort", cancel, { once: true });
      try {
        const pid = await ctx.actions.calibrate(heater.index, target, tolerance);
        use(regulator, pid);
        command.respondInfo(
          `PID parameters: ${shown(pid)}\nThey are used from now on. SAVE_CONFIG writes them to printer.cfg and restarts.`,
        );
      } catch (error) {
        command.signal.throwIfAborted();
        throw error;
      } finally {
        command.signal.removeEventListener("abort", cancel);
      }
    }

    function set(command: GcodeCommand, regulator: HeaterRegulator): void {
      const { control } = regulator;
      const now = control.kind === "pid" ? control : undefined;
      const pid: PidParameters = {
        kp: command.float("KP", now?.kp, { min: 0 }),
        ki: command.float("KI", now?.ki, { min: 0 }),
        kd: command.float("KD", now?.kd, { min: 0 }),
      };
      regulator.set({ kind: "pid", ...pid });
      command.respondInfo(`heater ${command.string("HEATER")}: ${shown(pid)}, until the next restart`);
    }

    return {
      connect() {
        for (const [name, heater] of ctx.parts("heater")) {
          const regulator = ctx.needPart("heaterRegulator", name, "heater");
          ctx.mux("PID_CALIBRATE", "HEATER", name, (command) => calibrate(command, heater, regulator), {
            help: "Finds a heater's PID parameters by letting it swing around TARGET: HEATER, TARGET in °C.",
          });
          ctx.mux("SET_HEATER_PID", "HEATER", name, (command) => set(command, regulator), {
            help: "Sets a heater's PID parameters until the next restart: HEATER, KP, KI, KD.",
          });
        }
      },
    };
  },
});
