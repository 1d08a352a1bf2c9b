// thread: any
import { mkdirSync, truncateSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import type { JobState } from "../../host/printer/events.js";
import { isHostError } from "../../host/shared/errors.js";
import { CARTESIAN, PrinterWorld } from "../support/printer-world.js";

let world: PrinterWorld | undefined;

afterEach(async () => {
  await world?.close();
  world = undefined;
});

/** A printer with macros and a folder of files, homed. */
async function ready(sections = "", files: Readonly<Record<string, string>> = {}): Promise<PrinterWorld> {
  world = await PrinterWorld.create(`${CARTESIAN}\n[virtual_sdcard]\npath: FOLDER\n\n${sections}`);
  mkdirSync(join(world.folder, "gcodes"), { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(world.folder, "gcodes", name), text);
  await world.session.start();
  expect(world.session.error?.format()).toBeUndefined();
  await world.run("G28\nG1 X10 Y10 Z5 F6000\nM400");
  return world;
}

/** Resolves when the job comes to one of these states. */
function comesTo(printer: PrinterWorld, ...states: readonly JobState[]): Promise<JobState> {
  return new Promise((resolve) => {
    printer.session.on("job", ({ state }) => {
      if (states.includes(state)) resolve(state);
    });
  });
}

function status(printer: PrinterWorld, object: string): Readonly<Record<string, unknown>> {
  return printer.session.objects.status(object) ?? {};
}

/** Runs a script by itself after some seconds of printing: time only passes while the printer has something to do. */
function after(delay: number, script: string): string {
  return `[delayed_gcode act]\ninitial_duration: 0\ngcode:\n  ${script.replaceAll("\n", "\n  ")}\n\n[gcode_macro BEGIN]\ngcode:\n  UPDATE_DELAYED_GCODE ID=act DURATION=${delay}\n  SDCARD_PRINT_FILE FILENAME={params.FILE}\n`;
}

/** A zigzag that takes about `count` seconds, ending at x, y. */
function zigzag(count: number, end = "G1 X200 Y200 F9000"): string {
  const lines = ["G90", "G1 F6000"];
  for (let i = 0; i < count; i++) lines.push(`G1 X${10 + ((i + 1) % 2) * 100} Y${(10 + i * 0.25).toFixed(2)}`);
  return [...lines, end, ""].join("\n");
}

async function place(printer: PrinterWorld): Promise<readonly number[]> {
  const { nozzle } = (await printer.report()).machine;
  return nozzle === undefined ? [] : [nozzle.x, nozzle.y, nozzle.z].map((value) => Math.round(value * 10) / 10);
}

async function errorOf(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => undefined,
    (cause: unknown) => cause,
  );
  if (!isHostError(error)) throw new Error(`no such error: ${String(error)}`);
  return error.format();
}

test("prints a file to its end and tells how far it is from the motion that is done", async () => {
  const tell = 'RESPOND PREFIX=at MSG="{printer.virtual_sdcard.progress} {printer.print_stats.state}"';
  const printer = await ready(after(8, tell), { "cube.gcode": zigzag(30) });
  const done = comesTo(printer, "complete", "error");
  await printer.run("BEGIN FILE=cube.gcode");
  expect(await done).toBe("complete");
  const [, progress, state] = printer.output.find((line) => line.startsWith("at "))?.split(" ") ?? [];
  expect(state).toBe("printing");
  // Read ahead to its end by then, printed to less than a half: 8 of about 32 s.
  expect(Number(progress)).toBeGreaterThan(0.1);
  expect(Number(progress)).toBeLessThan(0.5);
  expect(status(printer, "virtual_sdcard")).toMatchObject({ progress: 1, is_active: false });
  expect(status(printer, "print_stats")).toMatchObject({ state: "complete", filename: "cube.gcode", message: "" });
  const { total_duration: total, print_duration: print } = status(printer, "print_stats");
  expect([Math.round(Number(total) / 5), print]).toEqual([7, 0]);
  expect(await place(printer)).toEqual([200, 200, 5]);
  expect(printer.output).toContain("Done printing file");
});

test("pauses soon although the file is read far ahead, goes back to that place and prints the rest", async () => {
  const printer = await ready(after(4, "PAUSE"), { "cube.gcode": zigzag(60) });
  const paused = comesTo(printer, "paused", "error");
  await printer.run("BEGIN FILE=cube.gcode");
  expect(await paused).toBe("paused");
  expect(status(printer, "pause_resume")["is_paused"]).toBe(true);
  const [, y = 0] = await place(printer);
  // Four lines and what was planned by then.
  expect(y).toBeGreaterThan(10);
  expect(y).toBeLessThan(12);
  await printer.run("G1 X150 Y150 Z20 F6000\nM400");
  const done = comesTo(printer, "complete", "error");
  await printer.run("RESUME");
  expect(await done).toBe("complete");
  expect(await place(printer)).toEqual([200, 200, 5]);
  const total = Number(status(printer, "print_stats")["total_duration"]);
  expect(total).toBeGreaterThan(60);
});

test("stays paused where a file says PAUSE until RESUME, and runs macros in between", async () => {
  const sections = `[gcode_macro PAUSE]
rename_existing: BASE_PAUSE
gcode:
  BASE_PAUSE
  G91
  G1 Z10 F600
  G90
`;
  const printer = await ready(sections, { "cube.gcode": `G1 X50 F6000\nPAUSE\nG1 Y60\n` });
  const paused = comesTo(printer, "paused");
  const done = comesTo(printer, "complete", "error");
  await printer.run("SDCARD_PRINT_FILE FILENAME=cube.gcode");
  await paused;
  await printer.run("M400");
  expect(await place(printer)).toEqual([50, 10, 15]);
  await printer.run("RESUME");
  expect(await done).toBe("complete");
  expect(await place(printer)).toEqual([50, 60, 5]);
});

test("cancels a print that is read far ahead, at once and for good", async () => {
  const printer = await ready(after(3, "CANCEL_PRINT"), { "cube.gcode": zigzag(200) });
  const ended = comesTo(printer, "cancelled", "error", "complete");
  await printer.run("BEGIN FILE=cube.gcode");
  expect(await ended).toBe("cancelled");
  expect(status(printer, "print_stats")["state"]).toBe("cancelled");
  const [, y = 0] = await place(printer);
  expect(y).toBeLessThan(20);
  await printer.run("G1 X10 Y10 F6000\nM400");
  expect(await place(printer)).toEqual([10, 10, 5]);
  expect(await errorOf(printer.run("M24"))).toMatchInlineSnapshot(`
    "there is no file to print (GCODE_STATE)
      To fix: choose a file with SDCARD_PRINT_FILE FILENAME=<name>, or with M23"
  `);
});

test("ends a print whose line is wrong with the line, its commands for errors and the printer ready", async () => {
  const sections = "[gcode_macro SAFE]\ngcode:\n  G91\n  G1 Z5 F600\n  G90\n";
  const text = "G1 X20 F6000\nG1 X30\nG1 X9999\nG1 X40\n";
  const printer = await ready(`${sections}`.replace("FOLDER", ""), { "bad.gcode": text });
  const done = comesTo(printer, "error", "complete");
  await printer.run("SDCARD_PRINT_FILE FILENAME=bad.gcode");
  expect(await done).toBe("error");
  expect(status(printer, "print_stats")["message"]).toMatchInlineSnapshot(
    `"bad.gcode:3: the move ends at x = 9999 mm, above the maximum 250 mm (MOVE_OUT_OF_RANGE)"`,
  );
  expect(printer.session.state).toBe("ready");
  await printer.run("M400");
  expect(await place(printer)).toEqual([30, 10, 5]);
});

test("goes on printing a file that is deleted, and ends one that is cut off with a clear error", async () => {
  // Big enough that it is read in several pieces.
  const long = `${"; a remark that fills the file\n".repeat(60_000)}`;
  const printer = await ready("", {
    "gone.gcode": `${zigzag(10)}${long}G1 X77\n`,
    "cut.gcode": `${zigzag(60)}${long}G1 X88\n`,
  });
  const first = comesTo(printer, "complete", "error");
  await printer.run("SDCARD_PRINT_FILE FILENAME=gone.gcode");
  unlinkSync(join(printer.folder, "gcodes", "gone.gcode"));
  expect(await first).toBe("complete");
  expect((await place(printer))[0]).toBe(77);

  const second = comesTo(printer, "error");
  const job = printer.session.service("printJob");
  await printer.run("SDCARD_PRINT_FILE FILENAME=cut.gcode\nM25");
  truncateSync(join(printer.folder, "gcodes", "cut.gcode"), 5000);
  job?.resume();
  expect(await second).toBe("error");
  const message = String(status(printer, "print_stats")["message"]).replaceAll(printer.folder, "FOLDER");
  expect(message).toMatchInlineSnapshot(
    `"'FOLDER/gcodes/cut.gcode' cannot be read: it has become shorter since the job was started (FILE_UNREADABLE)"`,
  );
  expect(printer.session.state).toBe("ready");
  expect(await errorOf(printer.run("SDCARD_PRINT_FILE FILENAME=none.gcode"))).toContain("there is no such file");
});

test("stops a macro that does not end with its line, and prints on undisturbed", async () => {
  const sections = `[gcode_macro ENDLESS]
gcode:
  {% set ns = namespace(i=0) %}
  {% for a in range(100000) %}
    {% for b in range(100000) %}{% set ns.i = ns.i + 1 %}{% endfor %}
  {% endfor %}

[gcode_macro CIRCLE]
gcode: CIRCLE
`;
  const printer = await ready(sections, { "cube.gcode": zigzag(30) });
  const done = comesTo(printer, "complete", "error");
  await printer.run("SDCARD_PRINT_FILE FILENAME=cube.gcode");
  expect(await errorOf(printer.run("ENDLESS"))).toMatchInlineSnapshot(`
    "printer.cfg:52: macro ENDLESS: stopped after 1000000 steps (MACRO_LIMIT)
      To fix: check the loop on this line: its list may grow while it runs, or its range may be too large"
  `);
  expect(await errorOf(printer.run("CIRCLE"))).toMatchInlineSnapshot(`
    "printer.cfg:56: macro CIRCLE is inside 64 other scripts (GCODE_NESTING)
      To fix: look for macros that call each other in a circle"
  `);
  expect(await done).toBe("complete");
  expect(await place(printer)).toEqual([200, 200, 5]);
});

test("macros see the printer as it is, keep their variables and tell what they did", async () => {
  const sections = `[gcode_macro TELL]
variable_count: 1
variable_list: [1.0, 'a']
gcode:
  {% set pos = printer.toolhead.position %}
  {% do list.append(count) %}
  RESPOND PREFIX=at MSG="{pos.x} {pos.z} {params.NAME|default('none')} {list} {printer.configfile.settings.stepper_x.position_max}"
  SET_GCODE_VARIABLE MACRO=TELL VARIABLE=count VALUE={count + 1}
`;
  const printer = await ready(sections);
  await printer.run("TELL NAME=one\nTELL");
  expect(printer.output).toEqual(["at 10.0 5.0 one [1.0, 'a', 1] 250.0", "at 10.0 5.0 none [1.0, 'a', 1, 2] 250.0"]);
  expect(status(printer, "gcode_macro TELL")).toEqual({ count: 3, list: [1, "a", 1, 2] });
});

test("leaves an excluded object out, and goes straight to what follows it", async () => {
  const object = (name: string, x: number) =>
    [`EXCLUDE_OBJECT_START NAME=${name}`, `G1 X${x} Y20`, `G1 X${x} Y90`, `EXCLUDE_OBJECT_END NAME=${name}`].join("\n");
  const file = ["EXCLUDE_OBJECT_DEFINE NAME=a", "EXCLUDE_OBJECT_DEFINE NAME=b CENTER=1,2", "G1 F6000", object("a", 30)];
  for (let i = 0; i < 20; i++) file.push(object("b", 60), object("a", 30));
  const text = [...file, "G1 X40 Y40", ""].join("\n");
  const printer = await ready(after(3, "EXCLUDE_OBJECT NAME=b"), { "two.gcode": text });
  const done = comesTo(printer, "complete", "error");
  await printer.run("BEGIN FILE=two.gcode");
  expect(await done).toBe("complete");
  expect(status(printer, "exclude_object")).toMatchObject({
    excluded_objects: ["B"],
    objects: [{ name: "A" }, { name: "B", center: [1, 2] }],
  });
  expect(await place(printer)).toEqual([40, 40, 5]);
  // With b the file takes more than twice as long.
  expect(Number(status(printer, "print_stats")["total_duration"])).toBeLessThan(45);
});

test("accepts sections that no print needs with one notice each", async () => {
  const printer = await ready(
    "[neopixel case]\npin: PB6\n\n[display]\nlcd_type: st7920\n\n[gcode_shell_command x]\ncommand: ls\n",
  );
  await printer.run("SET_LED LED=case RED=1");
  const { warnings } = status(printer, "configfile");
  expect(warnings).toMatchInlineSnapshot(`
    [
      {
        "message": "section 'neopixel case': a chain of lights: it is accepted and not used. It stays dark; prints are not affected.",
        "section": "neopixel case",
        "type": "runtime_warning",
      },
      {
        "message": "section 'display': a display: it is accepted and not used. Nothing is shown on it; prints are not affected.",
        "section": "display",
        "type": "runtime_warning",
      },
      {
        "message": "section 'gcode_shell_command x': a plugin for Klipper, written in Python; it would need a module of its own in 'modules' beside printer.cfg: it is accepted and not used. Commands of the system are not run from G-code.",
        "section": "gcode_shell_command x",
        "type": "runtime_warning",
      },
    ]
  `);
});
