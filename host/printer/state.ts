// thread: host
import { HostError } from "../shared/errors.js";
import type { PrinterState } from "./events.js";

/** What the printer is doing as a whole. */
export type Phase =
  | { readonly value: "startup" }
  | { readonly value: "ready" }
  /** The configuration or a board cannot be used: nothing runs until a restart. */
  | { readonly value: "error"; readonly error: HostError }
  /** It was running and is stopped: heaters and motors are off until a restart. */
  | { readonly value: "shutdown"; readonly error: HostError };

export type PhaseInput =
  | { readonly input: "started" }
  | { readonly input: "failed"; readonly error: HostError }
  | { readonly input: "stopped"; readonly error: HostError };

/** What is to be done when a phase begins, in this order. */
export type PhaseEffect = "tell-ready" | "cancel-scripts" | "tell-shutdown";

export interface PhaseChange {
  readonly phase: Phase;
  readonly effects: readonly PhaseEffect[];
}

/** The phase that follows; `undefined` when the input changes nothing: the first reason for a stop stays. */
export function nextPhase(phase: Phase, input: PhaseInput): PhaseChange | undefined {
  if (phase.value === "error" || phase.value === "shutdown") return undefined;
  switch (input.input) {
    case "started":
      return phase.value === "startup" ? { phase: { value: "ready" }, effects: ["tell-ready"] } : undefined;
    case "failed":
      if (phase.value !== "startup") return undefined;
      return { phase: { value: "error", error: input.error }, effects: ["cancel-scripts"] };
    case "stopped":
      return { phase: { value: "shutdown", error: input.error }, effects: ["cancel-scripts", "tell-shutdown"] };
  }
}

/** `state_message`: what people read about the state. */
export function phaseMessage(phase: Phase): string {
  switch (phase.value) {
    case "startup":
      return "Printer is starting: boards are being connected";
    case "ready":
      return "Printer is ready";
    case "error":
      return `${phase.error.format()}\nWhen that is done, use the "RESTART" command.\nPrinter is halted`;
    case "shutdown":
      return `${phase.error.format()}\nWhen that is done, use the "FIRMWARE_RESTART" command.\nPrinter is shutdown`;
  }
}

/** The error of a command that does not run in this phase. */
export function phaseRefusal(phase: Phase, command: string): HostError {
  const states: Record<PrinterState, readonly [string, string]> = {
    startup: ["the printer is still starting", "wait until it is ready"],
    ready: ["the printer is busy", "try again"],
    error: ["the printer could not start", "correct what the printer's message says, then run RESTART"],
    shutdown: ["the printer is stopped", "correct what the printer's message says, then run FIRMWARE_RESTART"],
  };
  const [problem, fix] = states[phase.value];
  const message = `'${command}' does not work now: ${problem}`;
  return new HostError("GCODE_STATE", message, { details: { command }, fix });
}
