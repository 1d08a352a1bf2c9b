// thread: host
import type { Endstop, GcodeCommand, ModuleContext, Pin, PinProvider } from "../printer/module.js";
import { HostError } from "../shared/errors.js";
import type { Mm } from "../shared/units.js";

/** Chip of the virtual pin that lets a probe home the z axis, and the pin's name. */
export const PROBE_CHIP = "probe";
const Z_PIN = "z_virtual_endstop";

export interface ProbePinOptions {
  readonly pin: Pin;
  readonly zOffset: Mm;
  readonly prepare: (command: GcodeCommand) => Promise<void>;
  readonly release: (command: GcodeCommand) => Promise<void>;
}

export interface ProbePins {
  /** The probe's switch, for probing moves. From `connect()` on. */
  readonly own: Endstop;
  readonly provider: PinProvider;
  /** Makes the switch, and lets it stop all motors that move z. */
  connect(): void;
}

/** The switch of a probe, and the virtual pin that makes it the endstop of the z axis. */
export function createProbePins(ctx: ModuleContext, options: ProbePinOptions): ProbePins {
  let made: Endstop | undefined;
  function own(): Endstop {
    if (made === undefined) {
      const { pin, prepare, release } = options;
      const endstop = ctx.endstop(pin, { name: PROBE_CHIP });
      made = { ...endstop, position: options.zOffset, prepare, release };
    }
    return made;
  }
  return {
    get own() {
      return own();
    },
    connect: () => ctx.need("homing", "printer").attach(own(), "z"),
    provider: {
      endstop: (pin) => {
        if (pin.pin === Z_PIN && !pin.invert && pin.pullup === 0) return own();
        const problem = pin.pin === Z_PIN ? "takes no ! and no ^" : "is not a pin that a probe has";
        throw new HostError("CFG_PIN", `'${PROBE_CHIP}:${pin.pin}' ${problem}`, {
          details: { section: PROBE_CHIP, option: "endstop_pin", value: `${pin.chip}:${pin.pin}` },
          fix: `write endstop_pin: ${PROBE_CHIP}:${Z_PIN}`,
          ...(pin.place === undefined ? {} : { place: pin.place }),
        });
      },
    },
  };
}
