// thread: host
import type { Endstop, ModuleContext, PinProvider } from "../printer/module.js";
import { HostError } from "../shared/errors.js";
import type { TmcDriver } from "./tmc-driver.js";
import type { TmcOptions } from "./tmc-options.js";

const PIN = "virtual_endstop";
const ALWAYS = 0xfffff;

/** Chip of the virtual pin of a driver: `tmc2209_stepper_x`. */
export function tmcChipName(kind: string, stepper: string): string {
  return `${kind}_${stepper}`;
}

/** The stall of a motor as an endstop: while homing, the driver is in the mode in which it feels it. */
export function createTmcPins(
  ctx: ModuleContext,
  kind: string,
  options: TmcOptions,
  driver: () => TmcDriver,
): PinProvider {
  const saved = new Map<string, number>();

  async function set(values: Readonly<Record<string, number>>): Promise<void> {
    const { fields } = driver();
    const registers = new Set<string>();
    for (const [field, value] of Object.entries(values)) {
      const register = fields.set(field, value);
      if (register !== undefined) registers.add(register);
    }
    await driver().update(registers);
  }

  /** Fields while homing. StallGuard 4 works in quiet mode, StallGuard 2 in spreadCycle. */
  function homingFields(): Readonly<Record<string, number>> {
    const { fields } = driver();
    const stall = options.diag?.option.startsWith("diag0") === true ? "diag0_stall" : "diag1_stall";
    const cool = fields.get("tcoolthrs") === 0 ? { tcoolthrs: ALWAYS } : {};
    if (fields.has("en_spreadcycle")) return { en_spreadcycle: 0, tpwmthrs: 0, ...cool };
    const isQuiet = fields.has("sg4_thrs") && fields.get("sg4_thrs") > 0;
    return isQuiet
      ? { en_pwm_mode: 1, tpwmthrs: 0, thigh: 0, [stall]: 1, ...cool }
      : { en_pwm_mode: 0, thigh: 0, [stall]: 1, ...cool };
  }

  async function prepare(): Promise<void> {
    const values = homingFields();
    for (const field of Object.keys(values)) saved.set(field, driver().fields.get(field));
    await set(values);
  }

  async function release(): Promise<void> {
    const values = Object.fromEntries(saved);
    saved.clear();
    await set(values);
  }

  return {
    endstop: (pin, use): Endstop => {
      const { diag } = options;
      const chip = tmcChipName(kind, options.stepper);
      const problem =
        pin.pin !== PIN
          ? `there is no pin '${pin.pin}'`
          : pin.invert || pin.pullup !== 0
            ? "it takes no ! and no ^"
            : diag === undefined
              ? "no stall output is named"
              : undefined;
      if (diag === undefined || problem !== undefined) {
        throw new HostError("CFG_PIN", `'${chip}:${pin.pin}' cannot be an endstop: ${problem ?? ""}`, {
          details: { section: `${kind} ${options.stepper}`, option: "endstop_pin", value: `${pin.chip}:${pin.pin}` },
          fix:
            diag === undefined
              ? `set the pin of the driver's DIAG line in [${kind} ${options.stepper}]`
              : `write endstop_pin: ${chip}:${PIN}, with ! and ^ at the driver's own pin`,
          ...(pin.place === undefined ? {} : { place: pin.place }),
        });
      }
      const endstop = ctx.endstop(diag.pin, { name: `${use.name} stall` });
      return { ...endstop, name: use.name, prepare, release };
    },
  };
}
