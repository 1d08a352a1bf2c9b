// thread: host
import { dirname, resolve } from "node:path";
import { openJobFile } from "../gcode/job-file.js";
import { CONSOLE } from "../gcode/origin.js";
import { hasEnded } from "../printer/events.js";
import type { PrinterSession } from "../printer/session.js";
import { type Arguments, type CommandSpec, UsageError } from "./command-line.js";
import { LIVE_OPTIONS, readLiveOptions } from "./live-options.js";
import { LivePrinter } from "./live-printer.js";
import { coldStartOf } from "./preheat.js";
import { PrintProgress } from "./print-progress.js";
import { printSummary } from "./print-summary.js";
import { untilSignal } from "./signals.js";
import type { Terminal } from "./terminal.js";

export const PRINT: CommandSpec = {
  name: "print",
  summary: "print one file, with its progress on the terminal",
  text: [
    "Starts the printer with its clients, as 'run' does, and prints a file. It goes on serving when that is done, until",
    "Ctrl-C, or ends with the job given --exit. A virtual printer can run faster than a real one.",
  ].join("\n"),
  operands: ["JOB.gcode"],
  options: [
    ...LIVE_OPTIONS,
    {
      name: "speed",
      value: "N|max",
      help: "virtual printer: run N times as fast as a real one, or as fast as it goes",
    },
    { name: "exit", help: "end when the job does, with a summary; the exit status says whether it went well" },
  ],
  examples: [
    "steadyhand print cube.gcode --config printer.cfg",
    "steadyhand print examples/fluted_cup.gcode --config examples/printer.cfg --virtual --speed max --exit",
  ],
};

/** Answers of the job's commands that its owner should see: errors, and commands that do not exist. */
const TOLD = /^(?:!!|\/\/ Unknown command)/;
/** How often progress is shown, in ms. */
const SHOW_MS = 500;

function readFactor(args: Arguments): number {
  const text = args.text("speed");
  if (text === undefined) return 1;
  if (text === "max") return Number.POSITIVE_INFINITY;
  const factor = Number(text);
  if (Number.isFinite(factor) && factor >= 0.1 && factor <= 1000) return factor;
  throw new UsageError(`--speed must be a number from 0.1 to 1000, or 'max', not '${text}'`);
}

/** `steadyhand print`. */
export async function print(args: Arguments, terminal: Terminal): Promise<number> {
  const job = resolve(args.operand(0));
  await (await openJobFile(job)).close();
  const factor = readFactor(args);
  const options = readLiveOptions(args, terminal, { factor, jobFolder: dirname(job) });
  const printer = await LivePrinter.create(options);
  const signal = untilSignal();
  try {
    const address = await printer.start();
    const { session } = printer;
    terminal.line(`page and clients: ${address.url}`);
    if (session.error !== undefined) {
      terminal.error(session.error.format());
      if (args.flag("exit")) return 1;
      await signal.received;
      return 1;
    }
    const status = await printFile(printer, job, { terminal, factor, signal: signal.received });
    if (args.flag("exit") || status === "interrupted") return status === "complete" ? 0 : 1;
    terminal.line("Ctrl-C ends the program.");
    await signal.received;
    return status === "complete" ? 0 : 1;
  } finally {
    signal.forget();
    await printer.stop();
  }
}

interface PrintContext {
  readonly terminal: Terminal;
  readonly factor: number;
  readonly signal: Promise<void>;
}

/** Prints a file to its end, or until a signal. */
async function printFile(
  { session, log, machines }: LivePrinter,
  path: string,
  context: PrintContext,
): Promise<string> {
  const { terminal } = context;
  const job = session.service("printJob");
  if (job === undefined) throw new Error("there is no print job");
  const unlisten = session.listen({
    output: (message) => {
      if (TOLD.test(message)) terminal.error(message);
    },
  });
  const ended = new Promise<string>((done) => {
    session.on("job", ({ state }) => {
      if (hasEnded(state)) done(state);
    });
    session.on("shutdown", () => done("shutdown"));
  });
  const started = { cpu: process.cpuUsage(), time: performance.now() / 1000 };
  const progress = new PrintProgress(session, context.factor);
  if (machines.virtual !== undefined) await preheat(session, path, terminal);
  await job.startPath(path);
  const timer = setInterval(() => terminal.progress(progress.text()), SHOW_MS);
  const state = await Promise.race([ended, context.signal.then(() => "interrupted")]);
  clearInterval(timer);
  terminal.progress(progress.text());
  unlisten();
  log.log.info({ state }, "the job has ended");
  if (state === "interrupted") await stopInOrder(session);
  const { user, system } = process.cpuUsage(started.cpu);
  const usage = { cpu: (user + system) / 1e6, real: performance.now() / 1000 - started.time };
  terminal.line(await printSummary({ session, virtual: machines.virtual, state, usage }));
  return state;
}

/** A virtual printer is always cold: a job that expects a hot one finds one. */
async function preheat(session: PrinterSession, path: string, terminal: Terminal): Promise<void> {
  const cold = await coldStartOf(path);
  if (cold === undefined) return;
  terminal.line(`the job does not wait for its nozzle: the virtual printer is heated to ${cold.nozzle} °C first`);
  await session.run(`M140 S${cold.bed}\nM109 S${cold.nozzle}`, CONSOLE);
}

/** Somebody wants the program to end while it prints: heaters and motors are off before it does. */
async function stopInOrder(session: PrinterSession): Promise<void> {
  await session.service("printJob")?.cancel();
  session.emergencyStop();
}
