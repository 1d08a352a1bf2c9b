import fc from "fast-check";
import { expect, test } from "vitest";
import { CommandTable } from "../../../host/gcode/command-table.js";
import { Gcode, type GcodeHooks } from "../../../host/gcode/gcode.js";
import { JobReader } from "../../../host/gcode/job-reader.js";
import { HAS_X } from "../../../host/gcode/move-words.js";
import { CONSOLE, clientOrigin, jobOrigin, scriptOrigin } from "../../../host/gcode/origin.js";
import { GcodeOutput } from "../../../host/gcode/output.js";
import { HostError } from "../../../host/shared/errors.js";
import { memoryChunks } from "./memory-chunks.js";

/** Something that a command waits for until the test lets it go on. */
class Gate {
  #open: () => void = () => undefined;
  readonly opened = new Promise<void>((resolve) => {
    this.#open = resolve;
  });
  open(): void {
    this.#open();
  }
}

/** Lets everything that can run without a gate run. */
async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
}

interface Setup {
  readonly gcode: Gcode;
  readonly table: CommandTable;
  /** Messages to the consoles, and what handlers wrote, in order. */
  readonly log: string[];
  readonly gates: Map<string, Gate>;
  readonly console: (script: string) => Promise<string>;
  readonly job: (text: string, cut?: number, isStopped?: () => boolean) => Promise<string>;
}

/** A printer with SAY (logs its text), WAIT NAME=x (waits for a gate), FAIL, BUG, G0 and G1. */
function printer(hooks: Partial<GcodeHooks> = {}): Setup {
  const table = new CommandTable();
  const output = new GcodeOutput();
  const log: string[] = [];
  const gates = new Map<string, Gate>();
  output.listen((message) => log.push(message));
  table.register("SAY", (command) => void log.push(command.string("T")));
  table.register("WAIT", async (command) => {
    const gate = new Gate();
    gates.set(command.string("NAME"), gate);
    const cancelled = new Promise<never>((_, reject) => {
      command.signal.addEventListener("abort", () => reject(command.signal.reason));
    });
    await Promise.race([gate.opened, cancelled]);
    log.push(`waited ${command.string("NAME")}`);
  });
  table.register("FAIL", (command) => {
    throw command.error("it cannot be done", "do something else");
  });
  table.register("BUG", () => {
    throw new TypeError("x is not a function");
  });
  table.registerMoves((move) => void log.push(`move ${move.x}`));
  const gcode = new Gcode(table, output, hooks);
  const outcome = (promise: Promise<unknown>): Promise<string> =>
    promise.then(
      (value) => (value === undefined ? "done" : String(value)),
      (error: unknown) => (error instanceof HostError ? error.code : `not a HostError: ${String(error)}`),
    );
  return {
    gcode,
    table,
    log,
    gates,
    console: (script) => outcome(gcode.run(script, CONSOLE)),
    job: (text, cut = 1000, isStopped = () => false) => {
      const reader = new JobReader(memoryChunks(text, cut));
      return outcome(gcode.runJob(reader, jobOrigin("cube.gcode"), isStopped));
    },
  };
}

test("the lines of a script run in order, and the promise resolves when the last is done", async () => {
  const { console, log, gates } = printer();
  const running = console("SAY T=1\nWAIT NAME=a\r\nSAY T=2 ; note\n\n; nothing\nG1 X5");
  await settle();
  expect(log).toEqual(["1"]);
  gates.get("a")?.open();
  expect(await running).toBe("done");
  expect(log).toEqual(["1", "waited a", "2", "move 5"]);
});

test("an unknown command is a message, and the script goes on", async () => {
  const { console, log } = printer();
  expect(await console("BAR A=1\nG1234\nT5\n99M7\nSAY T=1")).toBe("done");
  expect(log).toEqual([
    '// Unknown command:"BAR"',
    '// Unknown command:"G1234"',
    '// Unknown command:"T5"',
    '// Unknown command:"99M7"',
    "1",
  ]);
});

test("turning off what the printer does not have is no mistake", async () => {
  const { console, log } = printer();
  await console("M107\nM106 S255\nM104 S0\nM104\nM140 S0.0\nM104 S200\nM140 S5\nM141 S0");
  expect(log).toEqual(['// Unknown command:"M104"', '// Unknown command:"M140"', '// Unknown command:"M141"']);
});

test("an error ends its script, is told once, and rejects", async () => {
  const { console, log, table } = printer();
  table.register("MACRO", (command) =>
    command.run(
      "SAY T=in\nFAIL\nSAY T=never",
      scriptOrigin("macro MACRO", () => undefined),
    ),
  );
  expect(await console("SAY T=1\nMACRO\nSAY T=2")).toBe("GCODE_FAILED");
  expect(log).toEqual(["1", "in", "!! it cannot be done (GCODE_FAILED)\n//   To fix: do something else"]);
  expect(await console("SAY T=next")).toBe("done");
});

test("a malformed command is an error", async () => {
  const { console, log } = printer();
  expect(await console("SAY T")).toBe("GCODE_SYNTAX");
  expect(log).toMatchInlineSnapshot(`
    [
      "!! malformed command 'SAY T' (GCODE_SYNTAX)
    //   To fix: write each parameter as NAME=value, with quotes around a value that has spaces",
    ]
  `);
});

test("a move that cannot be read is an error with its line", async () => {
  const { job, log } = printer();
  expect(await job("G1 X1\nG1 X--5\nG1 X2\n")).toBe("GCODE_PARAMETER_TYPE");
  expect(log).toMatchInlineSnapshot(`
    [
      "move 1",
      "!! cube.gcode:2: in 'G1 X--5', X is '--5', but must be a number (GCODE_PARAMETER_TYPE)
    //   To fix: set X to a number",
    ]
  `);
});

test("a handler can catch the error of a script that it runs", async () => {
  const { console, log, table } = printer();
  table.register("TRY", async (command) => {
    await command.run("FAIL", CONSOLE).catch(() => log.push("caught"));
  });
  expect(await console("TRY\nSAY T=1")).toBe("done");
  expect(log).toEqual(["caught", "1"]);
});

test("a fault of the program becomes an error with its cause, and is reported to the program", async () => {
  const faults: HostError[] = [];
  const { console, log } = printer({ onFault: (error) => faults.push(error) });
  expect(await console("BUG")).toBe("GCODE_INTERNAL");
  expect(log).toMatchInlineSnapshot(`
    [
      "!! 'BUG' failed because of a fault in this program (GCODE_INTERNAL)
    //   To fix: report it with the log, which has the details; RESTART when the printer is stopped",
    ]
  `);
  expect(faults.map(({ cause }) => cause)).toEqual([expect.any(TypeError)]);
});

test("a fault in a handler that takes time is treated alike", async () => {
  const { console, table } = printer();
  table.register("LATER", () => Promise.reject(new Error("late")));
  expect(await console("LATER")).toBe("GCODE_INTERNAL");
});

test("errors of a macro have the place of its line in the configuration", async () => {
  const { console, log, table } = printer();
  const origin = scriptOrigin("macro MACRO", (line) => ({ file: "printer.cfg", line: 40 + line }));
  table.register("MACRO", (command) => command.run("SAY T=1\n\nFAIL", origin));
  await console("MACRO");
  expect(log[1]).toBe("!! printer.cfg:43: it cannot be done (GCODE_FAILED)\n//   To fix: do something else");
});

test("scripts run one after the other in the order of asking", async () => {
  const { console, log, gates, gcode } = printer();
  const all = [console("WAIT NAME=a\nSAY T=1"), console("SAY T=2"), console("SAY T=3")];
  await settle();
  expect([log, gcode.waiting, gcode.running?.name]).toEqual([[], 2, "console"]);
  gates.get("a")?.open();
  await Promise.all(all);
  expect(log).toEqual(["waited a", "1", "2", "3"]);
  expect([gcode.waiting, gcode.running]).toEqual([0, undefined]);
});

test("a command can run a script inside its own, before anything that waits", async () => {
  const { console, log, gates, table } = printer();
  table.register("MACRO", async (command) => {
    await command.run("WAIT NAME=a\nSAY T=inside", CONSOLE);
    log.push("macro is over");
  });
  const all = [console("MACRO\nSAY T=behind"), console("SAY T=other")];
  await settle();
  gates.get("a")?.open();
  await Promise.all(all);
  expect(log).toEqual(["waited a", "inside", "macro is over", "behind", "other"]);
});

test("macros that call each other without end are stopped", async () => {
  const { console, log, table } = printer();
  const origin = scriptOrigin("macro A", () => undefined);
  table.register("A", (command) => command.run("B", origin));
  table.register("B", (command) => command.run("A", origin));
  expect(await console("A")).toBe("GCODE_NESTING");
  expect(log).toMatchInlineSnapshot(`
    [
      "!! macro A is inside 64 other scripts (GCODE_NESTING)
    //   To fix: look for macros that call each other in a circle",
    ]
  `);
});

test("out-of-band commands do not wait", async () => {
  const { console, log, gates, table } = printer();
  table.register("STRESS_TEST", () => void log.push("stress"), { outOfBand: true });
  const waiting = console("WAIT NAME=a");
  await settle();
  expect(await console("STRESS_TEST\nSTRESS_TEST A=1")).toBe("done");
  const mixed = console("STRESS_TEST\nSAY T=1");
  await settle();
  expect(log).toEqual(["stress", "stress"]);
  gates.get("a")?.open();
  await Promise.all([waiting, mixed]);
  expect(log).toEqual(["stress", "stress", "waited a", "stress", "1"]);
});

test("an emergency command runs at once wherever it stands in a script, and only once", async () => {
  const { console, log, gates, table } = printer();
  table.register("M112", () => void log.push("stop"), { emergency: true, always: true });
  const all = [console("WAIT NAME=a"), console("SAY T=1\nN5 m112 *33\nSAY T=2")];
  await settle();
  expect(log).toEqual(["stop"]);
  gates.get("a")?.open();
  await Promise.all(all);
  expect(log).toEqual(["stop", "waited a", "1", "2"]);
});

test("while the printer is not ready only commands for that state run", async () => {
  const { console, log, table, gcode } = printer();
  table.register("STATUS", () => void log.push("status"), { always: true });
  gcode.refusal = (command) =>
    new HostError("GCODE_STATE", "the printer is stopped", { details: { command }, fix: "run FIRMWARE_RESTART" });
  expect(await console("STATUS")).toBe("done");
  for (const script of ["SAY T=1", "G1 X1", "UNKNOWN", "M107"])
    expect(await console(script), script).toBe("GCODE_STATE");
  expect(log.slice(1)).toEqual(
    Array(4).fill("!! the printer is stopped (GCODE_STATE)\n//   To fix: run FIRMWARE_RESTART"),
  );
  gcode.refusal = undefined;
  expect(await console("G1 X1")).toBe("done");
});

test("a job runs to its end, and the promise says so", async () => {
  const { job, log } = printer();
  expect(await job("; top\nG1 X1\nSAY T=a\nN3 G1 X2*5\nG0 X3 A9")).toBe("end");
  expect(log).toEqual(["move 1", "a", "move 2", "move 3"]);
});

test("a job stops before the line at which it is told to, and can go on from there", async () => {
  const { gcode, log } = printer();
  const reader = new JobReader(memoryChunks("G1 X1\nG1 X2\nG1 X3\n", 4));
  const first = await gcode.runJob(reader, jobOrigin("j"), () => log.length === 2);
  expect([first, [...log], reader.line, reader.position]).toEqual(["stopped", ["move 1", "move 2"], 2, 12]);
  expect(await gcode.runJob(reader, jobOrigin("j"), () => false)).toBe("end");
  expect(log).toEqual(["move 1", "move 2", "move 3"]);
});

test("other scripts get their turn between two lines of a job", async () => {
  const { job, console, log, gates } = printer();
  const running = job("G1 X1\nWAIT NAME=a\nG1 X2\nG1 X3\n");
  await settle();
  const others = [console("SAY T=first\nSAY T=second"), console("SAY T=third")];
  await settle();
  expect(log).toEqual(["move 1"]);
  gates.get("a")?.open();
  await Promise.all([running, ...others]);
  expect(log).toEqual(["move 1", "waited a", "first", "second", "third", "move 2", "move 3"]);
});

test("an error of another script does not end the job, and the other way round", async () => {
  const { job, console, gates } = printer();
  const running = job("WAIT NAME=a\nG1 X2\nFAIL\n");
  await settle();
  const [failing, fine] = [console("FAIL"), console("WAIT NAME=b")];
  gates.get("a")?.open();
  expect(await failing).toBe("GCODE_FAILED");
  await settle();
  gates.get("b")?.open();
  expect(await fine).toBe("done");
  expect(await running).toBe("GCODE_FAILED");
});

test("a move handler that takes time holds the job up", async () => {
  const { gcode, table } = printer();
  const gate = new Gate();
  const seen: number[] = [];
  for (const name of ["G0", "G1"]) table.unregister(name);
  table.registerMoves((move) => {
    seen.push(move.x);
    return move.x === 2 ? gate.opened : undefined;
  });
  const reader = new JobReader(memoryChunks("G1 X1\nG1 X2\nG1 X3\n", 100));
  const running = gcode.runJob(reader, jobOrigin("j"), () => false);
  await settle();
  expect(seen).toEqual([1, 2]);
  gate.open();
  await running;
  expect(seen).toEqual([1, 2, 3]);
});

test("a plain move has its line, its position and its text", async () => {
  const { gcode, table } = printer();
  for (const name of ["G0", "G1"]) table.unregister(name);
  const seen: unknown[] = [];
  table.registerMoves((move) => {
    const { line, position, text } = move.line;
    seen.push([move.has, move.x, line, position, text.call(move.line), move.others?.get("A")]);
  });
  const reader = new JobReader(memoryChunks("; é\nG1 X1\nG1 X2 A3\n", 100));
  await gcode.runJob(reader, jobOrigin("j"), () => false);
  expect(seen).toEqual([
    [HAS_X, 1, 2, 11, "G1 X1", undefined],
    [HAS_X, 2, 3, 20, "G1 X2 A3", "3"],
  ]);
});

test("cancelling ends what a command waits for and everything behind it, without an error on the console", async () => {
  const { console, log, gcode, gates } = printer();
  const [running, waiting] = [console("WAIT NAME=a\nSAY T=1"), console("SAY T=2")];
  await settle();
  gcode.cancel("the printer restarts");
  expect([await running, await waiting]).toEqual(["GCODE_CANCELLED", "GCODE_CANCELLED"]);
  expect(log).toEqual(Array(2).fill("// console was cancelled: the printer restarts"));
  gates.get("a")?.open();
  expect(await console("SAY T=3")).toBe("done");
});

test("scripts can be picked to be cancelled by who sent them", async () => {
  const { console, gcode, job, log } = printer();
  const running = job("WAIT NAME=a\nSAY T=1\n");
  await settle();
  const other = console("SAY T=2");
  gcode.cancel("someone asked for it", (origin) => origin.name === "cube.gcode");
  expect([await running, await other]).toEqual(["GCODE_CANCELLED", "done"]);
  expect(log).toEqual(["// cube.gcode was cancelled: someone asked for it", "2"]);
});

test("a wait that ends with an error of its own when it is cancelled counts as cancelled", async () => {
  const { console, gcode, table } = printer();
  table.register("SLEEP", (command) => {
    return new Promise<void>((_, reject) => {
      command.signal.addEventListener("abort", () => reject(new Error("The operation was aborted")));
    });
  });
  const running = console("SLEEP");
  await settle();
  gcode.cancel("restart");
  expect(await running).toBe("GCODE_CANCELLED");
});

test("a command that ignores that it was cancelled ends its script all the same", async () => {
  const { console, gcode, table, log } = printer();
  const gate = new Gate();
  table.register("DEAF", () => gate.opened);
  const running = console("DEAF\nSAY T=1");
  await settle();
  gcode.cancel("restart");
  gate.open();
  expect(await running).toBe("GCODE_CANCELLED");
  expect(log).not.toContain("1");
});

test("others get the thread when G-code has had it long enough", async () => {
  let now = 0;
  let turns = 0;
  const yieldTurn = () => {
    turns++;
    return Promise.resolve();
  };
  const { gcode, table } = printer({ now: () => now, yieldTurn });
  for (const name of ["G0", "G1"]) table.unregister(name);
  table.registerMoves(() => {
    now += 0.1;
  });
  const reader = new JobReader(memoryChunks("G1 X1\n".repeat(1000), 100_000));
  await gcode.runJob(reader, jobOrigin("j"), () => false);
  expect(turns).toBeGreaterThanOrEqual(8);
  expect(turns).toBeLessThanOrEqual(11);
  turns = 0;
  await gcode.run("G1 X1\n".repeat(1000), CONSOLE);
  expect(turns).toBeGreaterThanOrEqual(8);
  expect(turns).toBeLessThanOrEqual(11);
});

test("the program can see which command is about to run", async () => {
  const seen: string[] = [];
  const { console } = printer({ onCommand: ({ origin, line, name }) => seen.push(`${origin.name} ${line} ${name}`) });
  await console("SAY T=1\n\nSAY T=2");
  expect(seen).toEqual(["console 1 SAY", "console 3 SAY"]);
});

test("texts that start with a quote reach their command", async () => {
  const { console, log, table } = printer();
  table.register("M117", (command) => void log.push(command.raw));
  await console('M117 "hi" *3');
  expect(log).toEqual(['"hi" *3']);
});

test("a job that cannot be read further rejects, and lets others run", async () => {
  const { gcode, console, log } = printer();
  const source = memoryChunks("G1 X1\nG1 X2\n", 6);
  const broken = { ...source, read: () => (log.length > 0 ? Promise.reject(lost()) : source.read()) };
  await expect(gcode.runJob(new JobReader(broken), jobOrigin("j"), () => false)).rejects.toThrow("the drive is gone");
  expect(await console("SAY T=1")).toBe("done");
});

const lost = () =>
  new HostError("FILE_UNREADABLE", "'j' cannot be read: the drive is gone", {
    details: { path: "j", reason: "the drive is gone" },
    fix: "connect it",
  });

test("whatever lines are thrown at it, nothing but a HostError comes out and the lock is free afterwards", () => {
  const piece = fc.constantFrom(
    "G1 X1",
    "G1 X",
    "SAY T=1",
    "SAY",
    "FAIL",
    "BUG",
    "FOO",
    ";",
    "N5",
    "*",
    '"',
    "M112",
    "G1 Xé",
    "\0",
    "M117 x",
  );
  const script = fc.oneof(
    fc.array(piece).map((lines) => lines.join("\n")),
    fc.string(),
  );
  return fc.assert(
    fc.asyncProperty(fc.array(script, { maxLength: 4 }), async (scripts) => {
      const { console, gcode, job } = printer();
      const outcomes = await Promise.all(
        scripts.map((text, index) => (index % 2 === 0 ? console(text) : job(text, 5))),
      );
      expect(outcomes.filter((outcome) => outcome.startsWith("not a HostError"))).toEqual([]);
      expect([gcode.running, gcode.waiting]).toEqual([undefined, 0]);
    }),
  );
});

test("clients are told apart by their name", () => {
  expect(clientOrigin("Mainsail")).toMatchObject({ name: "Mainsail" });
  expect(clientOrigin("Mainsail").place(1)).toBeUndefined();
});
