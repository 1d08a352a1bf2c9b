import { expect, expectTypeOf, test } from "vitest";
import { GcodeCommand } from "../../../host/gcode/gcode-command.js";
import { CONSOLE, type GcodeOrigin, jobOrigin } from "../../../host/gcode/origin.js";
import { GcodeOutput } from "../../../host/gcode/output.js";
import { isClassicName, parseClassicParams, parseExtendedParams, parseLine } from "../../../host/gcode/parse-line.js";
import { HostError } from "../../../host/shared/errors.js";
import { type Celsius, celsius, mm, seconds } from "../../../host/shared/units.js";

function commandOf(text: string, origin: GcodeOrigin = CONSOLE, output = new GcodeOutput()): GcodeCommand {
  const line = parseLine(text);
  if (line === undefined) throw new Error(`${text} is no command`);
  const params = isClassicName(line.name) ? parseClassicParams(line) : parseExtendedParams(line.raw);
  const { signal } = new AbortController();
  const context = { output, origin, line: 7, position: 120, signal, runInside: () => Promise.resolve() };
  return new GcodeCommand(line, params ?? new Map(), context);
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

test("parameters are read by type, or as their default", () => {
  const command = commandOf("SET_X S=text I=-3 F=1e2 M=2.5 B=True C=Average V=5 A=300");
  expect([command.mmPerS("V"), command.mmPerS2("A"), command.bool("I2", false)]).toEqual([5, 300, false]);
  expect(command.string("S")).toBe("text");
  expect(command.int("I")).toBe(-3);
  expect(command.float("F")).toBe(100);
  expect(command.mm("M")).toBe(2.5);
  expect(command.bool("B")).toBe(true);
  expect(command.choice("C", ["median", "average"])).toBe("average");
  expect(command.celsius("T", celsius(0))).toBe(0);
  expect(command.seconds("P", null)).toBeNull();
  expect(command.string("Q", "d")).toBe("d");
  expect(command.bool("Q", null)).toBeNull();
  expect(command.choice("Q", ["a"], "a")).toBe("a");
  expect([command.has("S"), command.has("Q")]).toEqual([true, false]);
  expect(commandOf("G4 P250").seconds("P", seconds(0))).toBe(250);
});

test("the types say whether a value can be null", () => {
  const check = (command: GcodeCommand) => {
    expectTypeOf(command.celsius("S")).toEqualTypeOf<Celsius>();
    expectTypeOf(command.celsius("S", undefined, { min: 0 })).toEqualTypeOf<Celsius>();
    expectTypeOf(command.celsius("S", null)).toEqualTypeOf<Celsius | null>();
    expectTypeOf(command.choice("S", ["a", "b"])).toEqualTypeOf<"a" | "b">();
    // @ts-expect-error a length is no temperature
    command.celsius("S", mm(1));
  };
  expect(check).toBeTypeOf("function");
});

test("a missing parameter is named, with how to write it", () => {
  expect(errorOf(() => commandOf("M104").celsius("S"))).toMatchInlineSnapshot(`
    "'M104' has no S (GCODE_PARAMETER_MISSING)
      To fix: write it as M104 S<value>"
  `);
  expect(errorOf(() => commandOf("SET_HEATER_TEMPERATURE TARGET=1").string("HEATER"))).toMatchInlineSnapshot(`
    "'SET_HEATER_TEMPERATURE TARGET=1' has no HEATER (GCODE_PARAMETER_MISSING)
      To fix: write it as SET_HEATER_TEMPERATURE HEATER=<value>"
  `);
});

test("a wrong parameter is shown with the command", () => {
  expect(errorOf(() => commandOf("G4 P").seconds("P"))).toMatchInlineSnapshot(`
    "in 'G4 P', P is empty, but must be a number (GCODE_PARAMETER_TYPE)
      To fix: set P to a number"
  `);
  expect(errorOf(() => commandOf("SET_PIN VALUE=abc").float("VALUE"))).toMatchInlineSnapshot(`
    "in 'SET_PIN VALUE=abc', VALUE is 'abc', but must be a number (GCODE_PARAMETER_TYPE)
      To fix: set VALUE to a number"
  `);
  expect(errorOf(() => commandOf("SET_PIN VALUE=0x10").float("VALUE"))).toContain("GCODE_PARAMETER_TYPE");
  expect(errorOf(() => commandOf("SET_PIN VALUE=nan").float("VALUE"))).toContain("GCODE_PARAMETER_TYPE");
  expect(errorOf(() => commandOf("SET_PIN VALUE=1e999").float("VALUE"))).toContain("GCODE_PARAMETER_TYPE");
  expect(errorOf(() => commandOf("SET_PIN N=1.0").int("N"))).toMatchInlineSnapshot(`
    "in 'SET_PIN N=1.0', N is '1.0', but must be a whole number (GCODE_PARAMETER_TYPE)
      To fix: set N to a whole number"
  `);
  expect(errorOf(() => commandOf("SET_X ENABLE=2").bool("ENABLE"))).toMatchInlineSnapshot(`
    "in 'SET_X ENABLE=2', ENABLE is '2', but must be 0 or 1 (GCODE_PARAMETER_TYPE)
      To fix: set ENABLE to 0 or 1"
  `);
});

test("a value outside its limits is shown with the limit", () => {
  expect(errorOf(() => commandOf("M220 S0").float("S", 100, { above: 0 }))).toMatchInlineSnapshot(`
    "in 'M220 S0', S is 0, but must be above 0 (GCODE_PARAMETER_RANGE)
      To fix: set S to a value above 0"
  `);
  expect(errorOf(() => commandOf("M104 S500").celsius("S", undefined, { min: 0, max: 275 }))).toMatchInlineSnapshot(`
    "in 'M104 S500', S is 500 °C, above the maximum 275 °C (GCODE_PARAMETER_RANGE)
      To fix: set S to a value from 0 to 275 °C"
  `);
});

test("a choice that is not there is shown with a suggestion", () => {
  expect(errorOf(() => commandOf("RESPOND TYPE=eror").choice("TYPE", ["echo", "error"]))).toMatchInlineSnapshot(`
    "in 'RESPOND TYPE=eror', TYPE is 'eror', which is not there (GCODE_PARAMETER_CHOICE)
      To fix: did you mean 'error'? Otherwise choose one of echo, error"
  `);
});

test("an error knows the line of the job", () => {
  const command = commandOf("M104 S500", jobOrigin("cube.gcode"));
  expect(errorOf(() => command.celsius("S", undefined, { max: 275 }))).toContain("cube.gcode:7: in 'M104 S500'");
  expect([command.place, command.line, command.position]).toEqual([{ file: "cube.gcode", line: 7 }, 7, 120]);
});

test("a module can refuse a command with a text of its own", () => {
  const command = commandOf("PROBE");
  expect(command.error("the probe is not attached", "attach it").format()).toBe(
    "the probe is not attached (GCODE_FAILED)\n  To fix: attach it",
  );
});

test("long commands are cut in messages", () => {
  expect(commandOf(`FOO A=${"x".repeat(200)}`).text).toHaveLength(80);
});

test("answers go to the consoles", () => {
  const output = new GcodeOutput();
  const messages: string[] = [];
  const stop = output.listen((message) => messages.push(message));
  const command = commandOf("M114", CONSOLE, output);
  command.respondInfo("one\ntwo");
  command.respondRaw("X:0.000");
  output.echo("hi");
  output.error(command.error("no\nmore", "wait"));
  output.error(new Error("boom"));
  output.error("text");
  stop();
  command.respondRaw("unheard");
  expect(messages).toEqual([
    "// one\n// two",
    "X:0.000",
    "echo: hi",
    "!! no\n// more (GCODE_FAILED)\n//   To fix: wait",
    "!! boom",
    "!! text",
  ]);
});
