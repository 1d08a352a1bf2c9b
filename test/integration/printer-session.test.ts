// thread: any
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { isHostError } from "../../host/shared/errors.js";
import { CARTESIAN, PrinterWorld } from "../support/printer-world.js";

let world: PrinterWorld | undefined;

afterEach(async () => {
  await world?.close();
  world = undefined;
});

async function start(config: string): Promise<PrinterWorld> {
  world = await PrinterWorld.create(config);
  await world.session.start();
  return world;
}

async function ready(config = CARTESIAN): Promise<PrinterWorld> {
  const made = await start(config);
  expect(made.session.error?.format()).toBeUndefined();
  expect(made.session.state).toBe("ready");
  return made;
}

async function nozzle(printer: PrinterWorld): Promise<{ x: number; y: number; z: number }> {
  const { machine } = await printer.report();
  return machine.nozzle ?? { x: Number.NaN, y: Number.NaN, z: Number.NaN };
}

async function errorOf(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => undefined,
    (cause: unknown) => cause,
  );
  if (!isHostError(error)) throw new Error(`no such error: ${String(error)}`);
  return error.format();
}

/** What `error` says without the number of the port or folder. */
function startError(printer: PrinterWorld): string {
  return printer.session.error?.format() ?? "";
}

test("homes all axes against the switches of the virtual printer, then moves to coordinates", async () => {
  const printer = await ready();
  await printer.run("G28");
  expect(printer.session.objects.status("toolhead")?.["homed_axes"]).toBe("xyz");
  await printer.run("G1 X110 Y100 Z5 F6000\nG1 X50 Y60\nM400");
  const at = await nozzle(printer);
  // The switch is found to a step, whatever the overshoot.
  expect(at.x).toBeCloseTo(50, 1);
  expect(at.y).toBeCloseTo(60, 1);
  expect(at.z).toBeCloseTo(5, 1);
  const { machine, boards } = await printer.report();
  expect(machine.rails.flatMap(({ crashes }) => crashes)).toEqual([]);
  expect(boards.map(({ shutdownReason }) => shutdownReason)).toEqual([undefined]);
});

test("makes the same steps again when the same job is run on the same virtual printer", async () => {
  const hashes: string[] = [];
  for (let i = 0; i < 2; i++) {
    const printer = await ready();
    await printer.run("G28\nG1 X30 Y40 F9000\nG1 X80 Y10 Z3\nM400");
    const { boards } = await printer.report();
    hashes.push(boards.flatMap(({ steppers }) => steppers.map(({ orderHash }) => orderHash)).join());
    await printer.close();
    world = undefined;
  }
  expect(hashes[0]).toBe(hashes[1]);
});

test("refuses moves before homing and beyond the axes, and says what to do", async () => {
  const printer = await ready();
  expect(await errorOf(printer.run("G1 X10"))).toMatchInlineSnapshot(`
    "the x axis is not homed, so it cannot be moved to a coordinate (MOVE_NOT_HOMED)
      To fix: run G28 or 'G28 X' first"
  `);
  await printer.run("G28");
  expect(await errorOf(printer.run("G1 X300"))).toMatchInlineSnapshot(`
    "the move ends at x = 300 mm, above the maximum 250 mm (MOVE_OUT_OF_RANGE)
      To fix: stay between 0 and 250 mm, or correct position_min and position_max in [stepper_x]"
  `);
  expect(await errorOf(printer.run("G1 Z-5"))).toMatchInlineSnapshot(`
    "the move ends at z = -5 mm, below the minimum -2 mm (MOVE_OUT_OF_RANGE)
      To fix: stay between -2 and 250 mm, or correct position_min and position_max in [stepper_z]"
  `);
  // What was refused has not moved anything: coordinates are as before.
  await printer.run("G1 X10 Y10 Z10 F6000\nM400");
  expect((await nozzle(printer)).x).toBeCloseTo(10, 1);
});

test("names the switch that never triggers, and the one that hangs", async () => {
  const printer = await ready();
  printer.machines.virtual?.inject({ kind: "endstop", endstop: "x", behaviour: "never" });
  expect(await errorOf(printer.run("G28 X"))).toMatchInlineSnapshot(`
    "endstop x did not trigger within 375 mm (HOMING_NO_TRIGGER)
      To fix: check the switch with QUERY_ENDSTOPS while you press it by hand, its wiring and its pin; then home again"
  `);
  expect(printer.session.objects.status("toolhead")?.["homed_axes"]).toBe("");
  printer.machines.virtual?.inject({ kind: "endstop", endstop: "x", behaviour: "always" });
  expect(await errorOf(printer.run("G28 X"))).toMatchInlineSnapshot(`
    "endstop x is still triggered after the carriage has moved back 5 mm (HOMING_STILL_TRIGGERED)
      To fix: raise homing_retract_dist, or check whether the switch sticks"
  `);
});

test("reports all mistakes of a configuration together, with their lines", async () => {
  const config = CARTESIAN.replace("homing_speed: 60", "homing_sped: 60")
    .replace("kinematics: cartesian", "kinematics: cartesien")
    .replace("[stepper_y]", "[steper_y]");
  const printer = await start(config);
  expect(printer.session.state).toBe("error");
  expect(startError(printer)).toMatchInlineSnapshot(`
    "the configuration has 4 errors (CFG_INVALID)
      To fix: correct each of them, then run RESTART.
    printer.cfg:5: option 'kinematics' in section 'printer' is 'cartesien', which is not a choice (CFG_OPTION_CHOICE)
      To fix: did you mean 'cartesian'? Otherwise choose one of cartesian, corexy, corexz, hybrid_corexy, hybrid_corexz, delta, polar, none
    printer.cfg:20: option 'homing_sped' in section 'stepper_x' is not known (CFG_OPTION_UNKNOWN)
      To fix: did you mean 'homing_speed'? Otherwise remove the line
    printer.cfg:22: section 'steper_y' is not known (CFG_SECTION_UNKNOWN)
      To fix: remove the section, or put a # in front of each of its lines
    printer.cfg: there is no section 'stepper_y' (CFG_SECTION_MISSING)
      To fix: add a section [stepper_y]"
  `);
});

test("names a pin that the board does not have", async () => {
  const printer = await start(CARTESIAN.replace("step_pin: PF6", "step_pin: PX6"));
  expect(printer.session.state).toBe("error");
  expect(startError(printer)).toMatchInlineSnapshot(`
    "printer.cfg:23: option 'step_pin' in section 'stepper_y' is 'PX6', which mcu 'mcu' does not have (CFG_PIN)
      To fix: did you mean 'PA6'?"
  `);
});

test("starts again in place when the configuration was corrected", async () => {
  const printer = await start(CARTESIAN.replace("max_accel: 3000", "max_accel: -1"));
  expect(printer.session.state).toBe("error");
  await expect(printer.run("G28")).rejects.toMatchObject({ code: "GCODE_STATE" });
  printer.write(CARTESIAN);
  await printer.session.restart("restart");
  expect(printer.session.error?.format()).toBeUndefined();
  await printer.run("G28");
});

test("keeps its boards over RESTART and resets them with FIRMWARE_RESTART", async () => {
  const printer = await ready();
  await printer.run("G28");
  await printer.session.restart("restart");
  expect(printer.session.error?.format()).toBeUndefined();
  expect((await printer.report()).boards[0]?.restarts).toBe(0);
  expect(printer.session.objects.status("toolhead")?.["homed_axes"]).toBe("");
  await printer.run("G28");
  await printer.session.restart("firmware-restart");
  expect(printer.session.error?.format()).toBeUndefined();
  expect((await printer.report()).boards[0]?.restarts).toBe(1);
  await printer.run("G28\nG1 X20 F6000\nM400");
  expect((await nozzle(printer)).x).toBeCloseTo(20, 1);
});

test("stops at once on M112 and works again after FIRMWARE_RESTART", async () => {
  const printer = await ready();
  await printer.run("G28");
  const moving = errorOf(printer.run("G1 X200 F300\nM400"));
  await printer.run("M112");
  expect(await moving).toContain("the printer is stopped");
  expect(printer.session.state).toBe("shutdown");
  expect(printer.session.stateMessage).toMatchInlineSnapshot(`
    "the printer was stopped by M112 (PRINTER_SHUTDOWN)
      To fix: when it is safe, run FIRMWARE_RESTART.
    When that is done, use the "FIRMWARE_RESTART" command.
    Printer is shutdown"
  `);
  await expect(printer.run("G1 X1")).rejects.toMatchObject({ code: "GCODE_STATE" });
  await printer.session.restart("firmware-restart");
  expect(printer.session.error?.format()).toBeUndefined();
  await printer.run("G28");
});

test("tells why a board has stopped by itself", async () => {
  const printer = await ready();
  await printer.run("G28");
  printer.machines.virtual?.inject({ kind: "reset", board: "mcu" });
  await printer.run("G4 P2000\nM400").catch(() => undefined);
  expect(printer.session.state).toBe("shutdown");
  expect(printer.session.error?.format()).toMatchInlineSnapshot(`
    "mcu 'mcu': the board has stopped: it has restarted by itself (MCU_SHUTDOWN)
      To fix: the log has the last messages of this board. When it is safe, run FIRMWARE_RESTART."
  `);
  await printer.session.restart("firmware-restart");
  await printer.run("G28");
});

test("turns the motors off with M84 and on again with the next move", async () => {
  const printer = await ready();
  await printer.run("G28\nM84\nM400");
  const before = await printer.report();
  expect(before.machine.motors.map(({ isEnabled }) => isEnabled)).toEqual([false, false, false]);
  expect(printer.session.objects.status("toolhead")?.["homed_axes"]).toBe("");
  await printer.run("G28 X\nM400");
  const after = await printer.report();
  expect(after.machine.motors.map(({ isEnabled }) => isEnabled)).toEqual([true, false, false]);
});

test("pauses a job within a second although it is read far ahead, and goes on where it stopped", async () => {
  const printer = await ready(`${CARTESIAN}\n[virtual_sdcard]\npath: ${"FOLDER"}\n`);
  await printer.run("G28\nG1 X10 Y10 Z5 F6000\nM400");
  const lines = ["G90", "G1 F1200"];
  for (let i = 0; i < 100; i++) lines.push(`G1 X${(10 + (i % 2) * 100).toFixed(1)} Y${(10 + i * 0.25).toFixed(2)}`);
  lines.push("G1 X200 Y200 F6000");
  mkdirSync(join(printer.folder, "gcodes"), { recursive: true });
  writeFileSync(join(printer.folder, "gcodes", "job.gcode"), lines.join("\n"));
  const job = printer.session.service("printJob");
  await job?.start("job.gcode");
  const live = (): readonly number[] => {
    const at = printer.session.objects.status("motion_report")?.["live_position"];
    return Array.isArray(at) ? at : [];
  };
  while (!((live()[1] ?? 0) > 15)) await new Promise((resolve) => setImmediate(resolve));
  await job?.pause();
  expect(job?.state).toBe("paused");
  const held = await nozzle(printer);
  // Far less than the half minute that is read ahead.
  expect(held.y).toBeLessThan(25);
  const ended = new Promise<string>((resolve) => {
    printer.session.on("job", ({ state }) => {
      if (state !== "printing") resolve(state);
    });
  });
  job?.resume();
  expect([await ended, ...printer.output]).toEqual(["complete", "Done printing file"]);
  const end = await nozzle(printer);
  expect([end.x, end.y].map(Math.round)).toEqual([200, 200]);
});

const EXTRUDER = `
[extruder]
step_pin: PA4
dir_pin: PA6
enable_pin: !PA2
microsteps: 16
rotation_distance: 32
nozzle_diameter: 0.4
filament_diameter: 1.75
heater_pin: PB4
sensor_type: EPCOS 100K B57560G104F
sensor_pin: PK5
control: pid
pid_Kp: 22.2
pid_Ki: 1.08
pid_Kd: 114
min_temp: 0
max_temp: 275

[extruder_stepper second]
extruder: extruder
step_pin: PC4
dir_pin: PC6
enable_pin: !PC2
microsteps: 16
rotation_distance: 32
`;

test("pushes filament only when it is hot, not too much of it, with every stepper that follows", async () => {
  const printer = await ready(CARTESIAN + EXTRUDER);
  await printer.run("G28\nM83");
  expect(await errorOf(printer.run("G1 E5"))).toMatchInlineSnapshot(`
    "extruder is at 25 °C, too cold to push filament: at least 170 °C is needed (EXTRUDE_TOO_COLD)
      To fix: heat the nozzle first (M109 S200), or set min_extrude_temp in [extruder]"
  `);
  await printer.run("M109 S200");
  expect(await errorOf(printer.run("G1 E60"))).toMatchInlineSnapshot(`
    "the move pushes 60 mm of filament at once, above the maximum 50 mm (EXTRUDE_TOO_LONG)
      To fix: check whether M82 or M83 is missing in the G-code, or raise max_extrude_only_distance in [extruder]"
  `);
  expect(await errorOf(printer.run("G1 X1 E10"))).toMatchInlineSnapshot(`
    "the move lays down a line of 24.053 mm^2, above the maximum 0.64 mm^2 for this nozzle (EXTRUDE_TOO_WIDE)
      To fix: check whether M82 or M83 is missing in the G-code, or raise max_extrude_cross_section in [extruder]"
  `);
  await printer.run("G1 E4 F300\nSYNC_EXTRUDER_MOTION EXTRUDER=second MOTION_QUEUE=\nG1 E2\nM400");
  const { boards } = await printer.report();
  const steps = new Map(boards.flatMap(({ steppers }) => steppers.map(({ stepPin, position }) => [stepPin, position])));
  expect([steps.get("PA4"), steps.get("PC4")]).toEqual([600, 400]);
});

test("homes a delta at its three switches and moves it in straight lines", async () => {
  const tower = (name: string, pins: readonly string[], more: string): string =>
    `[stepper_${name}]\nstep_pin: ${pins[0]}\ndir_pin: ${pins[1]}\nenable_pin: !${pins[2]}\nmicrosteps: 16\n` +
    `rotation_distance: 40\nendstop_pin: ^${pins[3]}\nhoming_speed: 80\n${more}\n`;
  const printer = await ready(
    "[mcu]\nserial: virtual\n[printer]\nkinematics: delta\nmax_velocity: 300\nmax_accel: 3000\n" +
      `delta_radius: 174.75\n${tower("a", ["PF0", "PF1", "PD7", "PE5"], "position_endstop: 297\narm_length: 333")}` +
      `${tower("b", ["PF6", "PF7", "PF2", "PJ1"], "")}${tower("c", ["PL3", "PL1", "PK0", "PD3"], "")}`,
  );
  await printer.run("G28");
  expect(printer.session.objects.status("toolhead")?.["homed_axes"]).toBe("xyz");
  await printer.run("G1 X40 Y-30 Z20 F9000\nM400");
  const at = await nozzle(printer);
  expect([at.x, at.y, at.z].map((value) => Math.round(value * 10) / 10)).toEqual([40, -30, 20]);
  expect(await errorOf(printer.run("G1 X170"))).toMatchInlineSnapshot(`
    "the move ends 172.627 mm from the centre at z = 20 mm, where 157.106 mm can be reached (MOVE_OUT_OF_RANGE)
      To fix: stay closer to the centre, or correct delta_radius or print_radius in [printer]"
  `);
});
