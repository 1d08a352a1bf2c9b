// thread: any
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { CARTESIAN, PrinterWorld } from "../support/printer-world.js";

let world: PrinterWorld | undefined;

afterEach(async () => {
  await world?.close();
  world = undefined;
});

async function ready(sections: string, files: Readonly<Record<string, string>> = {}): Promise<PrinterWorld> {
  world = await PrinterWorld.create(`${CARTESIAN}\n[virtual_sdcard]\npath: FOLDER\n\n${sections}`);
  mkdirSync(join(world.folder, "gcodes"), { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(world.folder, "gcodes", name), text);
  await world.session.start();
  expect(world.session.error?.format()).toBeUndefined();
  return world;
}

function status(printer: PrinterWorld, object: string): Readonly<Record<string, unknown>> {
  return printer.session.objects.status(object) ?? {};
}

async function place(printer: PrinterWorld): Promise<readonly number[]> {
  const { nozzle } = (await printer.report()).machine;
  return nozzle === undefined ? [] : [nozzle.x, nozzle.y, nozzle.z].map((value) => Math.round(value * 10) / 10);
}

/** Resolves when a console is told something that has `part` in it. */
function told(printer: PrinterWorld, part: string): Promise<string> {
  return new Promise((resolve) => {
    printer.session.listen({
      output: (text) => {
        if (text.includes(part)) resolve(text);
      },
    });
  });
}

test("lifts, then homes Z at the chosen place and goes back up", async () => {
  const printer = await ready("[safe_z_home]\nhome_xy_position: 120, 130\nz_hop: 8\nspeed: 100\n");
  await printer.run("G28\nM400");
  expect(status(printer, "toolhead")["homed_axes"]).toBe("xyz");
  expect(await place(printer)).toEqual([120, 130, 8]);
  await printer.run("G1 Z1\nG28 X\nM400");
  expect((await place(printer))[2]).toBe(8);
});

test("runs a script in place of G28, whose own G28 homes as usual", async () => {
  const printer = await ready(`[homing_override]
axes: z
set_position_z: 0
gcode:
  G1 Z5 F600
  G28 X Y
  G28 Z
  RESPOND MSG="homed {params}"
`);
  await printer.run("G28 X\nM400");
  expect(status(printer, "toolhead")["homed_axes"]).toBe("x");
  await printer.run("G28 Z\nM400");
  expect(status(printer, "toolhead")["homed_axes"]).toBe("xyz");
  expect(printer.output).toEqual(["echo: homed {'G': '28', 'Z': ''}"]);
});

test("pauses a print when filament runs out, runs its script, and says so", async () => {
  const lines = ["G90", "G1 F6000"];
  for (let i = 0; i < 60; i++) lines.push(`G1 X${10 + ((i + 1) % 2) * 100}`);
  const printer = await ready(
    `[filament_switch_sensor roll]
switch_pin: ^PH4
runout_gcode: RESPOND MSG="change the roll"
insert_gcode: RESPOND MSG="roll is in"

[gcode_button top]
pin: ^!PH5
press_gcode: RESPOND MSG=pressed
release_gcode: RESPOND MSG=released

[idle_timeout]
timeout: 10000
`,
    { "job.gcode": lines.join("\n") },
  );
  const { virtual } = printer.machines;
  virtual?.press("filament_switch_sensor roll", true);
  const pressed = told(printer, "pressed");
  virtual?.press("gcode_button top", true);
  expect(await pressed).toBe("echo: pressed");
  expect(status(printer, "gcode_button top")).toEqual({ state: "PRESSED" });
  await printer.run("G28\nM400\nQUERY_FILAMENT_SENSOR SENSOR=roll");
  expect(printer.output).toContain("// Filament Sensor roll: filament detected");
  const changed = told(printer, "change the roll");
  await printer.run("SDCARD_PRINT_FILE FILENAME=job.gcode");
  virtual?.press("filament_switch_sensor roll", false);
  await changed;
  expect(status(printer, "print_stats")["state"]).toBe("paused");
  expect(status(printer, "filament_switch_sensor roll")).toEqual({ filament_detected: false, enabled: true });
});

test("keeps variables on the disk as Python literals, and reads them back", async () => {
  const printer = await ready("[save_variables]\nfilename: FOLDER/variables.cfg\n");
  await printer.run(`SAVE_VARIABLE VARIABLE=offsets VALUE="(1.0, 2)"\nSAVE_VARIABLE VARIABLE=name VALUE="'it\\\\'s'"`);
  const path = join(printer.folder, "gcodes", "variables.cfg");
  expect(readFileSync(path, "utf8")).toBe('[Variables]\nname = "it\'s"\noffsets = (1.0, 2)\n\n');
  await printer.session.restart("restart");
  expect(status(printer, "save_variables")).toEqual({ variables: { name: "it's", offsets: [1, 2] } });
});

test("saves values into printer.cfg and starts again with them", async () => {
  const printer = await ready("");
  printer.session.service("configValues")?.save("stepper_z", "position_endstop", "0.75");
  expect(status(printer, "configfile")["save_config_pending"]).toBe(true);
  const again = new Promise<void>((resolve) => {
    printer.session.listen({
      state: (state) => {
        if (state === "ready") resolve();
      },
    });
  });
  await printer.run("SAVE_CONFIG");
  await again;
  expect(readFileSync(join(printer.folder, "printer.cfg"), "utf8")).toContain("#*# position_endstop = 0.75");
  const { settings } = status(printer, "configfile");
  expect(settings).toMatchObject({ stepper_z: { position_endstop: 0.75 } });
});

test("draws arcs through the points of their circle, and retracts what it pushes back", async () => {
  const printer = await ready("[gcode_arcs]\nresolution: 0.5\n\n[firmware_retraction]\nretract_length: 0\n");
  await printer.run("G28\nG1 X60 Y50 Z5 F6000\nG3 X40 Y50 I-10 J0\nM400");
  expect(await place(printer)).toEqual([40, 50, 5]);
  await printer.run("G2 X40 Y50 I10 J0\nM400\nGET_RETRACTION");
  expect(await place(printer)).toEqual([40, 50, 5]);
  expect(printer.output[0]).toBe(
    "// RETRACT_LENGTH=0.00000 RETRACT_SPEED=20.00000 UNRETRACT_EXTRA_LENGTH=0.00000 UNRETRACT_SPEED=10.00000",
  );
});
