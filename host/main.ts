// thread: host

import { BENCH_STEPS, benchSteps } from "./commands/bench-steps.js";
import { CHECK, check } from "./commands/check.js";
import {
  type Arguments,
  type CommandSpec,
  commandHelp,
  generalHelp,
  parseArguments,
  UsageError,
} from "./commands/command-line.js";
import { COMPILE, compile } from "./commands/compile.js";
import { PRINT, print } from "./commands/print.js";
import { RUN, run } from "./commands/run.js";
import { ProcessTerminal, type Terminal } from "./commands/terminal.js";
import { isHostError } from "./shared/errors.js";
import { suggest } from "./shared/suggest.js";
import { VERSION } from "./version.js";

/** Exit statuses: what was asked for did not work; the command line was not understood. */
const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

interface Command {
  readonly spec: CommandSpec;
  readonly run: (args: Arguments, terminal: Terminal) => Promise<number>;
}

const COMMANDS: readonly Command[] = [
  { spec: RUN, run },
  { spec: PRINT, run: print },
  { spec: COMPILE, run: compile },
  { spec: CHECK, run: check },
  { spec: BENCH_STEPS, run: benchSteps },
];

/** Runs a command line; resolves to the exit status. */
async function main(argv: readonly string[], terminal: Terminal): Promise<number> {
  const [name = "--help", ...rest] = argv;
  if (name === "--help" || name === "-h" || name === "help") {
    terminal.line(generalHelp(COMMANDS.map(({ spec }) => spec)));
    return argv.length === 0 ? EXIT_USAGE : 0;
  }
  if (name === "--version") {
    terminal.line(VERSION);
    return 0;
  }
  const command = COMMANDS.find(({ spec }) => spec.name === name);
  if (command === undefined) {
    const close = suggest(
      name,
      COMMANDS.map(({ spec }) => spec.name),
    );
    throw new UsageError(
      `there is no command '${name}'. ${close === undefined ? "See: steadyhand --help" : `Did you mean '${close}'?`}`,
    );
  }
  if (rest.includes("--help") || rest.includes("-h")) {
    terminal.line(commandHelp(command.spec));
    return 0;
  }
  return await command.run(parseArguments(command.spec, rest), terminal);
}

const terminal = new ProcessTerminal();
try {
  process.exitCode = await main(process.argv.slice(2), terminal);
} catch (error) {
  terminal.endProgress();
  if (error instanceof UsageError) {
    terminal.error(`steadyhand: ${error.message}`);
    process.exitCode = EXIT_USAGE;
  } else {
    terminal.error(
      isHostError(error)
        ? error.format()
        : `steadyhand: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
    process.exitCode = EXIT_FAILED;
  }
}
