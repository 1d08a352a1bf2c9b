// thread: host
import type { GcodeCommand, ModuleCommandOptions, SectionReader } from "../printer/module.js";
import { type Seconds, seconds } from "../shared/units.js";
import { checkShutdownValue, type Pulse } from "./output.js";

/** Longest time that a board may be left without an order for a pin with a limit, in s. */
const MAX_DURATION_S = 5;
const MIN_DURATION_S = 0.5;

/** Of SET_PIN, whatever kind of pin it sets. */
export const SET_PIN: ModuleCommandOptions = {
  help: "Sets an output pin: PIN, VALUE from 0 to 1, or to its 'scale'.",
  runsAhead: true,
};

/** What values of a pin mean, and the first and last of them, from 0 to 1. */
export interface PinValues {
  readonly scale: number;
  readonly start: number;
  readonly shutdown: number;
}

/** Reads `scale` (of pulsed pins only), `value` and `shutdown_value`. */
export function readPinValues(section: SectionReader, pulse: Pulse | undefined): PinValues {
  const scale =
    pulse === undefined ? 1 : section.float("scale", 1, { above: 0, help: "The value that stands for full power." });
  const limits = { min: 0, max: scale };
  const start = section.float("value", 0, { ...limits, help: "Its value at the start." }) / scale;
  const shutdown =
    section.float("shutdown_value", 0, { ...limits, help: "Its value after the printer has stopped." }) / scale;
  checkShutdownValue(section, "shutdown_value", shutdown, pulse);
  if (pulse !== undefined) return { scale, start, shutdown };
  return { scale, start: toLevel(start), shutdown: toLevel(shutdown) };
}

/**
 * Reads `maximum_mcu_duration`, 0 for none. The board shuts down when it is not told for so long, so what it starts
 * with must be what it falls back to.
 */
export function readPinDuration(section: SectionReader, { shutdown, start }: PinValues): Seconds {
  const duration = section.seconds("maximum_mcu_duration", seconds(0), {
    min: 0,
    max: MAX_DURATION_S,
    help: "The board shuts down when it hears nothing about the pin for so long; 0 for never.",
  });
  if (duration === 0) return duration;
  if (duration < MIN_DURATION_S) {
    section.reject(
      "maximum_mcu_duration",
      `is ${duration} s, too short to be kept up`,
      `set it to 0, or ${MIN_DURATION_S} or more`,
    );
  }
  if (start !== shutdown) {
    section.reject(
      "maximum_mcu_duration",
      "is set, but 'value' and 'shutdown_value' differ",
      "give both the same value, and set the pin with SET_PIN later",
    );
  }
  return duration;
}

/** A pin without pulses is on from the half on. */
export function toLevel(value: number): number {
  return value >= 0.5 ? 1 : 0;
}

/** VALUE of SET_PIN, from 0 to 1. */
export function readPinValue(command: GcodeCommand, { scale }: PinValues, pulse: Pulse | undefined): number {
  const value = command.float("VALUE", undefined, { min: 0, max: scale }) / scale;
  return pulse === undefined ? toLevel(value) : value;
}
