// thread: host
import type { Config } from "../config/config.js";
import { combineErrors } from "../config/problems.js";
import { HostError, isHostError, type Place } from "../shared/errors.js";
import { unknownPin } from "./board.js";

/** Throws what was reported: the error itself when it is the only one, else all of them together. */
export function throwAll(config: Config, errors: readonly HostError[]): void {
  const error = combineErrors(
    errors,
    config.tree.files.map(({ syntax }) => syntax.file),
  );
  if (error !== undefined) throw error;
}

/** The error with a place of the configuration, when it has none and there is one. */
export function withPlace(error: HostError, place: Place): HostError {
  return place.file === undefined ? error : error.at(place);
}

/** Does `work`; what it throws about the configuration is reported. */
export function attempt(place: Place, report: (error: HostError) => void, work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!isHostError(error)) throw error;
    report(withPlace(error, place));
  }
}

/** Any thrown value as an error that people can read. */
export function asHostError(error: unknown): HostError {
  if (isHostError(error)) return error;
  const text = error instanceof Error ? error.message : String(error);
  return new HostError("GCODE_INTERNAL", `a fault of this program: ${text}`, {
    details: { command: "" },
    fix: "report it with the log, which has the details.",
    cause: error,
  });
}

/** What the log says about an error. */
export function errorFields(error: unknown): Readonly<Record<string, unknown>> {
  if (isHostError(error)) return { code: error.code, text: error.format() };
  return error instanceof Error ? { text: error.message, stack: error.stack } : { text: String(error) };
}

/** What those get who wait for a printer that restarts. */
export function closedError(): HostError {
  return new HostError("GCODE_CANCELLED", "the printer is restarting", {
    details: { command: "", reason: "the printer is restarting" },
    fix: "wait until it is ready",
  });
}

/** A virtual board that lacks a pin says so when it starts: the same error as for a real one, with its line. */
export function placePin(config: Config, error: unknown): unknown {
  if (!isHostError(error, "MCU_PIN_UNKNOWN")) return error;
  const { mcu, pin, suggestion } = error.details;
  const use = config.pins.uses(mcu).find((one) => one.pin.pin === pin);
  return use === undefined ? error : unknownPin(mcu, pin, use.ref, suggestion);
}
