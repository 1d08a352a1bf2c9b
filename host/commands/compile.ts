// thread: host
import { readFile, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { compileCore } from "../core/load.js";
import { DryMachine } from "../machine/dry/dry-machine.js";
import { hasEnded } from "../printer/events.js";
import type { Log } from "../printer/log.js";
import type { MachineSource } from "../printer/machine-source.js";
import { PrinterSession } from "../printer/session.js";
import { SharedClock } from "../shared/clock.js";
import { ControlBlock } from "../shared/control.js";
import { HostError } from "../shared/errors.js";
import { VERSION } from "../version.js";
import { CommandFiles } from "./command-files.js";
import { type Arguments, type CommandSpec, UsageError } from "./command-line.js";
import { summarize, summaryText } from "./compile-summary.js";
import type { Terminal } from "./terminal.js";

export const COMPILE: CommandSpec = {
  name: "compile",
  summary: "write the commands that the boards would get for a job, without a printer",
  text: [
    "Plans a whole job with the real planner, step generator and compressor and writes one command per line, as",
    "`queue_step oid=5 interval=1000 count=3 add=-2`. Homing moves end at their end, heaters are hot at once.",
    "Several boards: each that is not 'mcu' gets a file of its own, FILE.NAME. A name that ends in .gz is compressed.",
  ].join("\n"),
  operands: ["JOB.gcode"],
  options: [
    { name: "config", value: "FILE", help: "the printer's configuration" },
    {
      name: "dictionary",
      value: "[MCU=]FILE",
      isList: true,
      help: "dictionary of a board's firmware (klipper.dict); with MCU= for boards that are not called 'mcu'",
    },
    { name: "output", value: "FILE", help: "where to write the commands" },
    { name: "summary", value: "FILE.json", help: "also write what the job comes to as JSON" },
  ],
  examples: [
    "steadyhand compile cube.gcode --config printer.cfg --dictionary klipper.dict --output cube.txt.gz",
    "steadyhand compile cube.gcode --config printer.cfg --dictionary main.dict --dictionary head=head.dict --output cube.txt",
  ],
};

/** Reads `[MCU=]FILE` options: texts of dictionaries by the names of their boards. Throws `MCU_DICTIONARY`. */
export async function readDictionaries(options: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const texts = new Map<string, string>();
  for (const option of options) {
    const [, name = "mcu", path = ""] = /^(?:([\w-]+)=)?(.*)$/.exec(option) ?? [];
    if (texts.has(name)) throw new UsageError(`--dictionary is given twice for '${name}'`);
    try {
      texts.set(name, await readFile(path, "utf8"));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new HostError("MCU_DICTIONARY", `the dictionary cannot be read: ${reason}`, {
        details: { mcu: name, reason },
        fix: "give the klipper.dict that building the firmware leaves in its folder 'out'.",
        cause: error,
      });
    }
  }
  return texts;
}

/** A log for runs that leave nothing behind: warnings and errors are in their results. */
export const silentLog: Log = {
  error: () => undefined,
  warn: () => undefined,
  info: () => undefined,
  debug: () => undefined,
  child: () => silentLog,
};

/** A printer on a dry machine. */
export async function openDrySession(
  config: string,
  dictionaries: ReadonlyMap<string, string>,
  open: (board: string) => (piece: Uint8Array) => void,
  fallback?: string,
): Promise<{ readonly session: PrinterSession; readonly machine: DryMachine }> {
  const control = new ControlBlock();
  const machine = new DryMachine({
    module: await compileCore({ shared: false }),
    control,
    dictionaries,
    open,
    ...(fallback === undefined ? {} : { fallback }),
  });
  const machines: MachineSource = {
    open: ({ boards }) =>
      Promise.resolve({
        machine,
        requests: boards.map(({ name }) => ({ name, port: { kind: "socket", path: "" } })),
        close: () => Promise.resolve(),
      }),
    close: () => Promise.resolve(),
  };
  const session = new PrinterSession({
    configPath: config,
    machines,
    clock: SharedClock.free(),
    control,
    log: silentLog,
    version: VERSION,
    isDryRun: true,
  });
  return { session, machine };
}

/** `steadyhand compile`. Throws a `HostError` for whatever is wrong with configuration or job. */
export async function compile(args: Arguments, terminal: Terminal): Promise<number> {
  const job = args.operand(0);
  const config = args.needText("config", "FILE");
  const output = args.needText("output", "FILE");
  const started = process.cpuUsage();
  const files = new CommandFiles(output);
  const { session, machine } = await openDrySession(config, await readDictionaries(args.list("dictionary")), (board) =>
    files.open(board),
  );
  try {
    const problem = await runJob(session, job);
    if (problem !== undefined) {
      files.discard();
      terminal.error(problem);
      return 1;
    }
    machine.finish();
    await files.finish();
  } catch (error) {
    files.discard();
    throw error;
  } finally {
    await session.close();
  }
  const { user, system } = process.cpuUsage(started);
  const summary = summarize(machine, { job: basename(job), ...session.totals, cpuTime: (user + system) / 1e6 });
  const path = args.text("summary");
  if (path !== undefined) await writeFile(path, `${JSON.stringify(summary, undefined, 1)}\n`);
  const text = await readFile(job).catch(() => Buffer.alloc(0));
  terminal.line(summaryText(summary, (position) => lineAt(text, position)));
  return 0;
}

/** Prints a whole file. Resolves to what is wrong, or `undefined` when nothing is. Throws why the printer did not start. */
async function runJob(session: PrinterSession, path: string): Promise<string | undefined> {
  const errors: string[] = [];
  session.listen({
    output: (message) => {
      if (message.startsWith("!!")) errors.push(message.replace(/^!! ?/gm, ""));
    },
  });
  await session.start();
  throwError(session);
  const job = session.service("printJob");
  if (job === undefined) throw new Error("there is no print job");
  const ended = new Promise<string>((resolve) => {
    session.on("job", ({ state }) => {
      if (hasEnded(state)) resolve(state);
    });
    session.on("shutdown", () => resolve("shutdown"));
  });
  await job.startPath(path);
  const state = await ended;
  if (state === "complete") return undefined;
  throwError(session);
  return errors[0] ?? `the job ended as '${state}' before its last line`;
}

function throwError({ error }: PrinterSession): void {
  if (error !== undefined) throw error;
}

/** Number of the line that ends at a byte. */
function lineAt(text: Uint8Array, position: number): number {
  let line = 1;
  for (let i = 0; i < position - 1 && i < text.length; i++) if (text[i] === 0x0a) line++;
  return line;
}
