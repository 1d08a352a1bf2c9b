import { expect, test } from "vitest";
import { type CommandHandler, CommandTable } from "../../../host/gcode/command-table.js";
import { Gcode } from "../../../host/gcode/gcode.js";
import { CONSOLE } from "../../../host/gcode/origin.js";
import { GcodeOutput } from "../../../host/gcode/output.js";
import { HostError } from "../../../host/shared/errors.js";

function printer() {
  const table = new CommandTable();
  const output = new GcodeOutput();
  const log: string[] = [];
  output.listen((message) => log.push(message.split("\n")[0] ?? ""));
  const gcode = new Gcode(table, output);
  const run = async (script: string): Promise<readonly string[]> => {
    log.length = 0;
    await gcode.run(script, CONSOLE).catch(() => undefined);
    return [...log];
  };
  const say =
    (text: string): CommandHandler =>
    (command) =>
      command.respondRaw(`${text} ${command.name} ${command.raw}`.trim());
  return { table, run, say };
}

function errorOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof HostError) return error.format();
    throw error;
  }
  return "nothing was thrown";
}

test("a command is found whatever the case of its name", async () => {
  const { table, run, say } = printer();
  table.register("set_foo", say("foo"));
  expect(await run("Set_Foo A=1")).toEqual(["foo SET_FOO A=1"]);
});

test("a name can be used once, and must be one that a line can have", () => {
  const { table, say } = printer();
  table.register("FOO", say("foo"));
  expect(errorOf(() => table.register("foo", say("other")))).toMatchInlineSnapshot(`
    "there is a command 'FOO' already (GCODE_NAME)
      To fix: use another name; a macro can take the place of a command with rename_existing"
  `);
  expect(errorOf(() => table.register("M117X", say("x")))).toMatchInlineSnapshot(`
    "'M117X' cannot be the name of a command (GCODE_NAME)
      To fix: use letters and underscores, with digits only behind at least two letters; or a letter with a number"
  `);
});

test("names with digits inside work too", async () => {
  const { table, run, say } = printer();
  table.register("PARK_1_LEFT", say("park"));
  expect(await run("park_1_left X=5")).toEqual(["park PARK_1_LEFT X=5"]);
  expect(await run("PARK_1_RIGHT")).toEqual(['// Unknown command:"PARK_1"']);
});

test("a mux command goes to the owner that its parameter names", async () => {
  const { table, run, say } = printer();
  table.registerMux("SET_FAN_SPEED", "FAN", "one", say("one"), { help: "Sets a fan" });
  table.registerMux("SET_FAN_SPEED", "FAN", "two", say("two"));
  expect(await run("SET_FAN_SPEED FAN=two SPEED=1")).toEqual(["two SET_FAN_SPEED FAN=two SPEED=1"]);
  expect(await run("SET_FAN_SPEED FAN=too")).toMatchInlineSnapshot(`
    [
      "!! in 'SET_FAN_SPEED FAN=too', FAN is 'too', which is not there (GCODE_PARAMETER_CHOICE)",
    ]
  `);
  expect(await run("SET_FAN_SPEED")).toMatchInlineSnapshot(`
    [
      "!! 'SET_FAN_SPEED' has no FAN (GCODE_PARAMETER_MISSING)",
    ]
  `);
  expect(table.status).toEqual({ SET_FAN_SPEED: { help: "Sets a fan" } });
});

test("a mux command may have an owner for when the parameter is left out", async () => {
  const { table, run, say } = printer();
  table.registerMux("ACCELEROMETER_QUERY", "CHIP", null, say("default"));
  table.registerMux("ACCELEROMETER_QUERY", "CHIP", "adxl345", say("adxl"));
  expect(await run("ACCELEROMETER_QUERY")).toEqual(["default ACCELEROMETER_QUERY"]);
  expect(await run("ACCELEROMETER_QUERY CHIP=adxl345")).toEqual(["adxl ACCELEROMETER_QUERY CHIP=adxl345"]);
});

test("owners of a mux command agree on its parameter and have different values", () => {
  const { table, say } = printer();
  table.registerMux("SET_PIN", "PIN", "a", say("a"));
  expect(errorOf(() => table.registerMux("SET_PIN", "PIN", "a", say("a")))).toContain("GCODE_NAME");
  expect(errorOf(() => table.registerMux("SET_PIN", "NAME", "b", say("b")))).toContain("GCODE_NAME");
});

test("a mux command without owners is gone", async () => {
  const { table, run, say } = printer();
  table.registerMux("SET_PIN", "PIN", "a", say("a"));
  table.registerMux("SET_PIN", "PIN", "b", say("b"));
  table.unregisterMux("SET_PIN", "a");
  expect(await run("SET_PIN PIN=b")).toEqual(["b SET_PIN PIN=b"]);
  table.unregisterMux("SET_PIN", "b");
  table.unregisterMux("SET_PIN", "b");
  expect(await run("SET_PIN PIN=b")).toEqual(['// Unknown command:"SET_PIN"']);
  table.registerMux("SET_PIN", "PIN", "c", say("c"));
  expect(await run("SET_PIN PIN=c")).toEqual(["c SET_PIN PIN=c"]);
});

test("a macro can take the place of a command and still call it", async () => {
  const { table, run, say } = printer();
  table.register("PAUSE", say("base"), { help: "Pauses" });
  table.replace("PAUSE", "BASE_PAUSE", async (command) => {
    command.respondRaw("macro");
    await command.run("BASE_PAUSE", command.origin);
  });
  expect(await run("PAUSE")).toEqual(["macro", "base BASE_PAUSE"]);
  expect(table.status).toEqual({ BASE_PAUSE: { help: "Pauses" }, PAUSE: {} });
});

test("a mux command that a macro has replaced keeps its owners", async () => {
  const { table, run, say } = printer();
  table.registerMux("SET_PIN", "PIN", "a", say("a"));
  table.replace("SET_PIN", "BASE_SET_PIN", say("macro"));
  table.registerMux("SET_PIN", "PIN", "b", say("b"));
  expect(await run("BASE_SET_PIN PIN=b")).toEqual(["b BASE_SET_PIN PIN=b"]);
  table.unregisterMux("SET_PIN", "a");
  table.unregisterMux("SET_PIN", "b");
  expect(await run("SET_PIN PIN=b")).toEqual(["macro SET_PIN PIN=b"]);
  expect(await run("BASE_SET_PIN PIN=b")).toEqual(['// Unknown command:"BASE_SET_PIN"']);
});

test("moves that a macro has replaced go through the macro", async () => {
  const { table, run, say } = printer();
  table.registerMoves((move) => {
    if (move.x > 5) throw new Error("too far");
  });
  expect(table.plainMoves).toBeDefined();
  table.replace("G1", "G1.1", say("macro"));
  expect(table.plainMoves).toBeUndefined();
  expect(await run("G1 X9\nG1.1 X2\nG0 X9")).toEqual([
    "macro G1 X9",
    "!! 'G0 X9' failed because of a fault in this program (GCODE_INTERNAL)",
  ]);
});

test("what cannot be replaced is refused", () => {
  const { table, say } = printer();
  table.register("PAUSE", say("base"));
  table.register("M117", say("base"));
  table.register("TAKEN", say("base"));
  expect(errorOf(() => table.replace("RESUME", "BASE_RESUME", say("x")))).toMatchInlineSnapshot(`
    "there is no command 'RESUME' that could be renamed to 'BASE_RESUME' (GCODE_NAME)
      To fix: remove rename_existing, or correct the name of the macro"
  `);
  expect(errorOf(() => table.replace("M117", "BASE_M117", say("x")))).toMatchInlineSnapshot(`
    "'M117' cannot be renamed to 'BASE_M117' (GCODE_NAME)
      To fix: use a name like G9999 or M117.1"
  `);
  expect(errorOf(() => table.replace("PAUSE", "M117.1", say("x")))).toMatchInlineSnapshot(`
    "'PAUSE' cannot be renamed to 'M117.1' (GCODE_NAME)
      To fix: use a name of letters such as BASE_PAUSE"
  `);
  expect(errorOf(() => table.replace("PAUSE", "TAKEN", say("x")))).toContain("GCODE_NAME");
  expect(Object.keys(table.status)).toEqual(["PAUSE", "M117", "TAKEN"]);
});

test("the list of commands is the same frozen object until a command comes or goes", () => {
  const { table, say } = printer();
  table.register("A", say("a"), { help: "first" });
  const { status } = table;
  expect(status).toEqual({ A: { help: "first" } });
  expect(table.status).toBe(status);
  expect(Object.isFrozen(status)).toBe(true);
  table.unregister("a");
  table.unregister("a");
  expect(table.status).toEqual({});
});
