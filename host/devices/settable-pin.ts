// thread: host
import type { GcodeCommand, ModuleContext, Pending, Pin, SectionReader } from "../printer/module.js";
import { seconds } from "../shared/units.js";
import { addOutput, checkShutdownValue, type Pulse, readOutputPins, readPulse } from "./output.js";

const CYCLE = seconds(0.1);

/** A pin that SET_PIN sets, as its section describes it. */
export interface SettablePinOptions {
  readonly pins: readonly Pin[];
  readonly pulse: Pulse | undefined;
  /** What VALUE means full power. */
  readonly scale: number;
  /** Shares of full power. */
  readonly start: number;
  readonly shutdown: number;
}

/** Reads the options of a pin; `isPulsed` tells whether it can have values between off and on. */
export function readSettablePin(section: SectionReader, isPulsed: boolean): SettablePinOptions {
  const pins = readOutputPins(section, "pin", "Pin that is set.");
  if (!isPulsed) {
    const start = readLevel(section, "value", "Its value at the start.");
    const shutdown = readLevel(section, "shutdown_value", "Its value after the printer has stopped by an error.");
    return { pins, pulse: undefined, scale: 1, start, shutdown };
  }
  const pulse = readPulse(section, CYCLE);
  const scale = section.float("scale", 1, { above: 0, help: "The VALUE that means full power." });
  const read = (option: string, help: string): number => section.float(option, 0, { min: 0, max: scale, help }) / scale;
  const start = read("value", "Its value at the start, from 0 to scale.");
  const shutdown = read("shutdown_value", "Its value after the printer has stopped by an error.");
  checkShutdownValue(section, "shutdown_value", shutdown, pulse, `set shutdown_value to 0 or ${scale}`);
  return { pins, pulse, scale, start, shutdown };
}

function readLevel(section: SectionReader, option: string, help: string): number {
  const value = section.float(option, 0, { min: 0, max: 1, help });
  if (value !== 0 && value !== 1) {
    section.reject(option, `is ${value}, but the pin is only on or off`, `set ${option} to 0 or 1, or set pwm: True`);
  }
  return value;
}

export interface SettablePinUse {
  /** Least seconds between two changes. */
  readonly minInterval: number;
  /** Seconds after which the board turns it off by itself unless told again; 0 for never. */
  readonly maxDuration: number;
  /** Told of each SET_PIN before it is done. */
  readonly onSet?: (command: GcodeCommand) => void;
}

/** Adds the pin, which publishes `value`, and its SET_PIN. In `create()`. */
export function addSettablePin(ctx: ModuleContext, options: SettablePinOptions, use: SettablePinUse): void {
  const { scale, shutdown, start } = options;
  const output = addOutput(ctx, {
    name: ctx.name,
    pins: options.pins,
    pulse: options.pulse,
    start,
    shutdown,
    minInterval: use.minInterval,
    maxDuration: use.maxDuration,
    publish: { object: ctx.name, field: "value" },
  });
  const set = (command: GcodeCommand): Pending => {
    const value = command.float("VALUE", undefined, { min: 0, max: scale }) / scale;
    if (options.pulse === undefined && value !== 0 && value !== 1) {
      throw command.error(
        `in '${command.text}', VALUE is ${value}, but pin '${ctx.label}' is only on or off`,
        "use VALUE=0 or VALUE=1, or set pwm: True in its section",
      );
    }
    use.onSet?.(command);
    return ctx.actions.output(output, value);
  };
  ctx.mux("SET_PIN", "PIN", ctx.label, set, { help: "Sets the VALUE of a PIN.", runsAhead: true });
}
