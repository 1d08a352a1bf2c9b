// thread: host
import {
  type AnyModule,
  defineModule,
  type GcodeCommand,
  type ModuleContext,
  type SectionReader,
  type StatusObject,
} from "../printer/module.js";
import { errorText } from "../shared/errors.js";
import { seconds } from "../shared/units.js";
import type { TmcBus } from "./tmc-bus.js";
import { TmcDriver } from "./tmc-driver.js";
import { createTmcPins, tmcChipName } from "./tmc-endstop.js";
import { readTmc, type TmcChip } from "./tmc-options.js";

/** How often a driver whose motor is on is looked at. */
const CHECK_PERIOD = seconds(1);
/** A fault must be seen this often in a row: a single look may be disturbed. */
const SEEN = 2;

const UNKNOWN: StatusObject = Object.freeze({
  mcu_phase_offset: null,
  phase_offset_position: null,
  drv_status: null,
  temperature: null,
});

/** How a kind of driver is reached. */
export interface TmcAccess<A> {
  readonly read: (section: SectionReader) => A;
  readonly create: (ctx: ModuleContext, access: A, driver: string) => TmcBus;
  /** Describes it for the virtual printer. */
  readonly describe: (ctx: ModuleContext, access: A) => void;
}

/** Makes the module of a kind of driver: `[tmc2209 stepper_x]`. */
export function defineTmc<A>(chip: TmcChip, access: TmcAccess<A>): AnyModule {
  return defineModule({
    section: chip.kind,
    named: true,
    shape: { floats: ["run_current", "hold_current", "temperature"] },
    pinChips: (section) => [tmcChipName(chip.kind, section.label)],
    options: (section) => ({ access: access.read(section), driver: readTmc(section, chip) }),

    create(options, ctx) {
      const { stepper, diag } = options.driver;
      const bus = access.create(ctx, options.access, stepper);
      access.describe(ctx, options.access);
      if ("ADC_TEMP" in chip.registers) ctx.offerPart("temperatureMonitor", ctx.name, { object: ctx.name });
      let driver: TmcDriver | undefined;
      let isBusy = false;
      let faults = 0;
      let wasSilent = false;

      const own = (): TmcDriver => {
        if (driver === undefined) throw new Error(`the driver of ${stepper} is not connected yet`);
        return driver;
      };
      if (diag !== undefined) {
        ctx.providePins(tmcChipName(chip.kind, stepper), createTmcPins(ctx, chip.kind, options.driver, own));
        const rail = /^stepper_([a-z])/.exec(stepper)?.[1] ?? stepper;
        ctx.virtual.add("stalls", { name: `stall ${stepper}`, pin: ctx.virtual.pin(diag.pin), rail });
      }

      /** Writes all registers; one that does not answer is told of once, and tried again later. */
      async function init(): Promise<void> {
        try {
          await own().init();
          if (wasSilent) ctx.respond(`the driver of ${stepper} answers now and is set up`);
          wasSilent = false;
        } catch (error) {
          if (!wasSilent) ctx.respondRaw(`!! ${errorText(error)}`);
          wasSilent = true;
        }
      }

      async function look(): Promise<void> {
        const isOn = ctx.needPart("stepper", stepper, "").isEnabled;
        if (!own().isReady) {
          await init();
          if (!own().isReady && isOn) ctx.stop(`the driver of ${stepper} does not answer while its motor is on`);
          return;
        }
        if (!isOn) {
          own().rest();
          faults = 0;
          return;
        }
        try {
          await own().check((text) => ctx.respond(text));
          faults = 0;
        } catch (error) {
          faults++;
          if (faults >= SEEN) ctx.stop(errorText(error));
        }
      }

      async function lookOnce(): Promise<void> {
        if (isBusy || ctx.state !== "ready") return;
        isBusy = true;
        try {
          await look();
        } finally {
          isBusy = false;
        }
      }

      /** Waits for the motion before the command, so that it acts in its place. */
      async function inPlace(): Promise<void> {
        await ctx.toolhead.drain();
      }

      async function dump(command: GcodeCommand): Promise<void> {
        const { fields } = own();
        const wanted = command.string("REGISTER", null)?.toUpperCase() ?? null;
        const names = Object.keys(chip.registers);
        if (wanted !== null && !names.includes(wanted)) throw command.wrongChoice("REGISTER", wanted, names);
        const isShown = (name: string): boolean => wanted === null || wanted === name;
        const lines: string[] = [];
        const written = [...fields.written].filter(([name]) => !chip.readable.includes(name) && isShown(name));
        if (written.length > 0) lines.push("========== Write-only registers ==========");
        for (const [name, value] of written) lines.push(fields.describe(name, value));
        const queried = chip.readable.filter(isShown);
        if (queried.length > 0) lines.push("========== Queried registers ==========");
        for (const name of queried) lines.push(fields.describe(name, await bus.read(name)));
        command.respondInfo(lines.join("\n"));
      }

      async function setCurrent(command: GcodeCommand): Promise<void> {
        const { maximum } = options.driver.scale;
        const { run_current: run, hold_current: hold } = own().currents;
        const newRun = command.float("CURRENT", null, { above: 0, max: maximum });
        const newHold = command.float("HOLDCURRENT", null, { above: 0, max: maximum });
        if (newRun !== null || newHold !== null) {
          const wantedRun = newRun ?? run;
          const kept = options.driver.holdCurrent === null ? wantedRun : Math.min(hold, wantedRun);
          await inPlace();
          await own().update(own().setCurrents(wantedRun, newHold ?? kept));
        }
        const now = own().currents;
        command.respondInfo(
          `Run Current: ${now.run_current.toFixed(2)}A Hold Current: ${now.hold_current.toFixed(2)}A`,
        );
      }

      async function setField(command: GcodeCommand): Promise<void> {
        const { fields } = own();
        const field = command.string("FIELD").toLowerCase();
        if (!fields.has(field)) throw command.wrongChoice("FIELD", field, fields.names);
        const speed = command.mmPerS("VELOCITY", null, { min: 0 });
        const value = speed === null ? command.int("VALUE") : command.int("VALUE", null);
        if (speed !== null && value !== null)
          throw command.error("both VALUE and VELOCITY are given", "give one of them");
        await inPlace();
        const register = fields.set(field, speed === null ? (value ?? 0) : own().toTstep(speed));
        if (register !== undefined) await own().update([register]);
      }

      async function initAgain(): Promise<void> {
        await inPlace();
        await own().init();
      }

      return {
        connect() {
          bus.configure();
          driver = new TmcDriver(ctx, chip, options.driver, bus);
          const mux = (name: string, run: (command: GcodeCommand) => Promise<void>, help: string): void =>
            ctx.mux(name, "STEPPER", stepper, run, { help });
          mux("DUMP_TMC", dump, "Shows the registers of a stepper's driver.");
          mux("INIT_TMC", initAgain, "Sets a stepper's driver up again: after its supply was off.");
          mux("SET_TMC_CURRENT", setCurrent, "Sets the currents of a stepper's driver in A: CURRENT, HOLDCURRENT.");
          mux("SET_TMC_FIELD", setField, "Sets a field of a stepper's driver: FIELD, VALUE or VELOCITY.");
          ctx.find("homing")?.onMove(
            async () => {
              if (!own().isReady && !ctx.isDryRun) await own().init();
            },
            async () => {},
          );
        },
        async ready() {
          await init();
          if (!ctx.isDryRun) ctx.every(CHECK_PERIOD, () => void lookOnce());
        },
        status: () => driver?.status ?? UNKNOWN,
      };
    },
  });
}
