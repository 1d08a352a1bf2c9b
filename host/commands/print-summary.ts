// thread: host
import type { PrinterSession } from "../printer/session.js";
import type { StatusObject } from "../printer/status.js";
import type { BoardReport } from "../virtual/board.js";
import type { VirtualPrinter } from "../virtual/client.js";
import { durationText } from "./compile-summary.js";

export interface PrintResult {
  readonly session: PrinterSession;
  readonly virtual: VirtualPrinter | undefined;
  /** How the job ended. */
  readonly state: string;
  /** CPU time of the whole program, simulated boards included, and time that passed, in s. */
  readonly usage: { readonly cpu: number; readonly real: number };
}

const WORDS: Readonly<Record<string, string>> = {
  complete: "done",
  cancelled: "cancelled",
  error: "stopped by an error",
  shutdown: "stopped: the printer is shut down",
  interrupted: "interrupted: heaters and motors are off",
};

/** Numbers of a board's link out of its printer object. */
function linkStats(object: StatusObject | undefined): Readonly<Record<string, unknown>> {
  const stats = object?.["last_stats"];
  return typeof stats === "object" && stats !== null ? Object.fromEntries(Object.entries(stats)) : {};
}

/** What a virtual board was sent, and what it thought of it. */
function boardLines(
  { blocks, commands, name, refused, shutdownReason, steppers }: BoardReport,
  link: Readonly<Record<string, unknown>>,
): readonly string[] {
  const steps = steppers.reduce((sum, stepper) => sum + stepper.steps, 0);
  const stepCommands = steppers.reduce((sum, stepper) => sum + stepper.commands, 0);
  return [
    `  board '${name}'     ${steps} steps in ${stepCommands} commands; ${commands} commands in ${blocks} blocks, ${Number(link["bytes_write"])} bytes`,
    `  its errors      ${refused} blocks refused, ${Number(link["bytes_retransmit"])} bytes sent again${shutdownReason === undefined ? "" : `, shut down: ${shutdownReason}`}`,
  ];
}

/** What a print came to. */
export async function printSummary({ session, virtual, state, usage }: PrintResult): Promise<string> {
  const { objects, totals } = session;
  const number = (object: string, field: string): number => {
    const value = objects.status(object)?.[field];
    return typeof value === "number" ? value : Number.NaN;
  };
  const lines = [
    WORDS[state] ?? state,
    `  print time      ${durationText(number("print_stats", "print_duration"))} (${durationText(number("print_stats", "total_duration"))} with heating up)`,
    `  distance        ${(totals.distance / 1000).toFixed(2)} m`,
    `  filament        ${(totals.filament / 1000).toFixed(3)} m`,
    `  worst lateness  ${(number("steadyhand", "worst_lateness") * 1000).toFixed(1)} ms`,
    `  CPU time        ${usage.cpu.toFixed(1)} s in ${durationText(usage.real)}`,
  ];
  const report = await virtual?.report();
  for (const board of report?.boards ?? []) {
    const object = objects.status(board.name === "mcu" ? "mcu" : `mcu ${board.name}`);
    lines.push(...boardLines(board, linkStats(object)));
  }
  const crashes = (report?.machine.rails ?? []).reduce((sum, rail) => sum + rail.crashes.length, 0);
  if (crashes > 0) lines.push(`  the virtual carriages ran into their hard stops ${crashes} times`);
  return lines.join("\n");
}
