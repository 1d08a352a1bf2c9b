// thread: host
import type { OutputFollower, OutputSetup } from "../machine/setup.js";
import type { Board, ModuleContext, Pin, SectionReader } from "../printer/module.js";
import type { Seconds } from "../shared/units.js";

/** The chip of pins that `[multi_pin]` sections make: `multi_pin:part_fans`. */
export const MULTI_PIN_CHIP = "multi_pin";

/** How a pin is pulsed; `undefined` for a pin that is on or off. */
export interface Pulse {
  /** By the board's own PWM unit instead of its timers. */
  readonly isHardware: boolean;
  readonly cycleTime: Seconds;
}

/** What an output is to be. */
export interface OutputUse {
  /** For messages: `fan`, `heater_bed`. */
  readonly name: string;
  /** What is set together; the first one counts for the timing. */
  readonly pins: readonly Pin[];
  readonly pulse: Pulse | undefined;
  /** Values at the start and when the board shuts down, from 0 to 1. */
  readonly start?: number;
  readonly shutdown?: number;
  /** Seconds after which the board turns it off by itself unless told again. Default 0: never. */
  readonly maxDuration?: number;
  /** Least seconds between two changes. Default 0. */
  readonly minInterval?: number;
  /** Seconds of full power at a start, for fans. Default 0. */
  readonly kickStart?: number;
  /** Requests below this are off. Default 0. */
  readonly offBelow?: number;
  /** What the request 1 puts on the pin. Default 1. */
  readonly maxValue?: number;
  /** Outputs that change with it. */
  readonly followers?: readonly OutputFollower[];
  readonly publish?: OutputSetup["publish"];
}

/**
 * The pins behind an option: one, or those of a `[multi_pin]`, each inverted once more when the option has a `!`.
 */
export function readOutputPins(section: SectionReader, option: string, help: string): readonly Pin[] {
  const pin = section.pin(option, { help });
  if (pin.chip !== MULTI_PIN_CHIP) return [pin];
  const group = section.config.optional(`${MULTI_PIN_CHIP} ${pin.pin}`);
  if (group === undefined) {
    section.reject(
      option,
      `names '${MULTI_PIN_CHIP}:${pin.pin}', which is not there`,
      `add a section [multi_pin ${pin.pin}]`,
    );
    return [pin];
  }
  return readGroup(group).map((one) => ({ ...one, invert: one.invert !== pin.invert }));
}

/** The pins of a `[multi_pin]` section. */
export function readGroup(section: SectionReader): readonly Pin[] {
  const pins = section.pins("pins", { help: "Pins that are set together." });
  if (pins.length === 0) section.reject("pins", "is empty", "write one or more pins with commas between them");
  return pins;
}

/**
 * Reads whether a pin is pulsed by hardware. `hardware_pwm` and `cycle_time`; a cycle of software lasts some ms.
 */
export function readPulse(section: SectionReader, cycleTime: Seconds): Pulse {
  return {
    isHardware: section.bool("hardware_pwm", false, { help: "Whether the board's PWM unit makes the pulses." }),
    cycleTime: section.seconds("cycle_time", cycleTime, {
      above: 0,
      max: MAX_CYCLE_S,
      help: "Length of one pulse and pause.",
    }),
  };
}

/** Longest cycle of a pulsed pin, in s. */
export const MAX_CYCLE_S = 3;

/** Reports a value at shutdown that the board cannot keep up by itself: without its PWM unit a pin is fully on or off. */
export function checkShutdownValue(
  section: SectionReader,
  option: string,
  value: number,
  pulse: Pulse | undefined,
): void {
  if (pulse === undefined || pulse.isHardware || value === 0 || value === 1) return;
  section.reject(
    section.has(option) ? option : undefined,
    `asks for ${value} of full power while the printer is shut down, but a pin with software PWM is then fully on or off`,
    `set ${option} to 0 or 1, or set hardware_pwm: True (a fan with 'max_power' below 1 needs that)`,
  );
}

/** Adds an output to the machine and returns its index in `MachineSetup.outputs`. In `create()`. */
export function addOutput(ctx: ModuleContext, use: OutputUse): number {
  const [first, ...others] = use.pins;
  if (first === undefined) throw new Error(`output '${use.name}' has no pin`);
  const more = others.map(
    (pin, i): OutputFollower => ({
      output: addPin(ctx, pin, { ...use, name: `${use.name} (pin ${i + 2})`, publish: undefined, followers: [] }),
      follows: "value",
    }),
  );
  return addPin(ctx, first, { ...use, followers: [...more, ...(use.followers ?? [])] });
}

function addPin(ctx: ModuleContext, pin: Pin, use: OutputUse): number {
  const board = ctx.mcu(pin.chip);
  const oid = board.createOid();
  return ctx.machine.addOutput(() => {
    const { kind, scale } = configure(board, oid, pin, use);
    return {
      name: use.name,
      board: board.index,
      oid,
      kind,
      inverted: pin.invert,
      scale,
      maxDurationS: use.maxDuration ?? 0,
      startValue: use.start ?? 0,
      shutdownValue: use.shutdown ?? 0,
      minIntervalS: use.minInterval ?? 0,
      kickStartS: use.kickStart ?? 0,
      offBelow: use.offBelow ?? 0,
      minValue: 0,
      maxValue: use.maxValue ?? 1,
      publish: use.publish,
      ...(use.followers === undefined || use.followers.length === 0 ? {} : { followers: use.followers }),
    };
  });
}

/** Adds the commands that make the pin, in Klipper's form and order. */
function configure(board: Board, oid: number, pin: Pin, use: OutputUse): Pick<OutputSetup, "kind" | "scale"> {
  const level = (value: number): number => (pin.invert ? 1 - value : value);
  const start = level(use.start ?? 0);
  const shutdown = level(use.shutdown ?? 0);
  const limit = board.ticks(use.maxDuration ?? 0);
  const { pulse } = use;
  if (pulse?.isHardware === true) {
    const full = Number(board.constant("PWM_MAX") ?? DEFAULT_PWM_MAX);
    board.addConfig(
      `config_pwm_out oid=${oid} pin=${pin.pin} cycle_ticks=${board.ticks(pulse.cycleTime)} ` +
        `value=${Math.round(start * full)} default_value=${Math.round(shutdown * full)} max_duration=${limit}`,
    );
    return { kind: "pwm", scale: full };
  }
  board.addConfig(
    `config_digital_out oid=${oid} pin=${pin.pin} value=${Number(start >= 1)} ` +
      `default_value=${Number(shutdown >= 0.5)} max_duration=${limit}`,
  );
  if (pulse === undefined) return { kind: "digital", scale: 1 };
  const cycle = board.ticks(pulse.cycleTime);
  board.addConfig(`set_digital_out_pwm_cycle oid=${oid} cycle_ticks=${cycle}`);
  return { kind: "soft-pwm", scale: cycle };
}

/** Full scale of a PWM unit whose firmware does not say. */
const DEFAULT_PWM_MAX = 255;
