import { afterEach, expect, test } from "vitest";
import { PrinterWorld } from "../support/printer-world.js";

// Whole printers with virtual boards: what probes find must be what the virtual bed is.

const FRAME = `
[mcu]
serial: virtual
[printer]
kinematics: cartesian
max_velocity: 300
max_accel: 3000
max_z_velocity: 20
max_z_accel: 200
[stepper_z]
step_pin: PB0
dir_pin: PB1
enable_pin: !PB2
microsteps: 16
rotation_distance: 8
endstop_pin: probe:z_virtual_endstop
position_min: -5
position_max: 100
homing_speed: 10
`;
const axis = (letter: string, pins: string, endstop: string, more = "") => `
[stepper_${letter}]
${pins}
microsteps: 16
rotation_distance: 40
endstop_pin: ${endstop}
position_endstop: 0
position_max: 200
homing_speed: 50
${more}
`;
const X_PINS = "step_pin: PA0\ndir_pin: PA1\nenable_pin: !PA2";
const Y_PINS = "step_pin: PA4\ndir_pin: PA5\nenable_pin: !PA6";
const SWITCHES = axis("x", X_PINS, "^PA3") + axis("y", Y_PINS, "^PA7");
const PROBE = "[probe]\npin: ^PB3\nx_offset: 10\ny_offset: -5\nz_offset: 1.2\nspeed: 10\n";
const BLTOUCH = "[bltouch]\nsensor_pin: ^PB3\ncontrol_pin: PB4\nx_offset: 10\nz_offset: 1.2\nspeed: 10\n";
const MESH = "[bed_mesh]\nmesh_min: 20,20\nmesh_max: 180,180\nprobe_count: 3\nspeed: 200\n";
const TILT = `
[stepper_z1]
step_pin: PB5
dir_pin: PB6
enable_pin: !PB7
microsteps: 16
rotation_distance: 8
[z_tilt]
z_positions:
  -20, 100
  220, 100
points:
  20, 100
  180, 100
horizontal_move_z: 15
speed: 200
retries: 5
retry_tolerance: 0.02
`;

let world: PrinterWorld | undefined;
afterEach(async () => {
  await world?.close();
  world = undefined;
});

async function start(config: string): Promise<PrinterWorld> {
  world = await PrinterWorld.create(config);
  await world.session.start();
  expect(world.session.stateMessage).toBe("Printer is ready");
  return world;
}

/** Height of the nozzle over the steppers' zero, as the virtual machine has it. */
async function nozzle(printer: PrinterWorld): Promise<{ readonly x: number; readonly y: number; readonly z: number }> {
  await printer.session.drain();
  const found = (await printer.report()).machine.nozzle;
  if (found === undefined) throw new Error("there is no nozzle");
  return found;
}

test("homes with the probe, meshes the bed and follows it within a step", async () => {
  const printer = await start(FRAME + SWITCHES + PROBE + MESH);
  await printer.run("G28\nBED_MESH_CALIBRATE\nG1 X50 Y60 Z0.3 F6000\nG1 X150 Y140");
  const grid = printer.session.objects.status("bed_mesh");
  expect(grid?.["profile_name"]).toBe("default");
  const { z } = await nozzle(printer);
  // The virtual bed: a tilt and a hill in the middle; mm.
  const hill = (x: number, y: number) => 0.18 * (1 - (Math.hypot(x - 116, y - 84) / (80 * Math.SQRT2)) ** 2) ** 2;
  const bed = (x: number, y: number) => 0.0004 * x - 0.0003 * y + hill(x, y);
  // Z was homed over the middle of x and y 0; a step of z is 0.0025 mm, a coarse mesh misses the hill a little.
  expect(Math.abs(z - (0.3 + bed(150, 140)))).toBeLessThan(0.05);
});

test("a BLTouch homes and probes, and its pin is up afterwards", async () => {
  const printer = await start(FRAME + SWITCHES + BLTOUCH);
  await printer.run("G28\nG1 X100 Y100 Z6 F6000\nPROBE\nG1 Z6\nQUERY_PROBE");
  expect(printer.output.filter((line) => line.includes("probe"))).toEqual([
    "// probe at 110.000,100.000 is z=0.000000",
    "// probe: open",
  ]);
});

test("levels a tilted gantry to a step", async () => {
  const printer = await start(FRAME + SWITCHES + PROBE + TILT);
  await printer.run("G28\nZ_TILT_ADJUST");
  expect(printer.session.objects.status("z_tilt")).toEqual({ applied: true });
  await printer.run("G1 X180 Y100 Z5 F6000\nPROBE\nG1 Z5\nG1 X10 Y100\nPROBE");
  const heights = printer.output.flatMap((line) => /Result is z=(.*)/.exec(line)?.slice(1) ?? []).map(Number);
  expect(Math.abs((heights[0] ?? 9) - (heights[1] ?? -9))).toBeLessThan(0.006);
});

test("homes by the stall of a motor and tells what the driver holds", async () => {
  const printer = await start(
    FRAME +
      axis("x", X_PINS, "tmc2209_stepper_x:virtual_endstop", "homing_retract_dist: 0") +
      "[tmc2209 stepper_x]\nuart_pin: PC0\nrun_current: 0.8\ndiag_pin: ^PC1\ndriver_SGTHRS: 100\n" +
      axis("y", Y_PINS, "tmc5160_stepper_y:virtual_endstop", "homing_retract_dist: 0") +
      "[tmc5160 stepper_y]\ncs_pin: PC2\nrun_current: 1.0\ndiag1_pin: ^!PC3\n" +
      PROBE,
  );
  await printer.run(
    "G28 X Y\nSET_TMC_CURRENT STEPPER=stepper_x CURRENT=0.5\nDUMP_TMC STEPPER=stepper_x REGISTER=GCONF",
  );
  expect(printer.session.objects.status("toolhead")?.["homed_axes"]).toBe("xy");
  const { x, y } = await nozzle(printer);
  // Pushed against the virtual rails' hard stops, which are 3 mm behind the ends.
  expect(x).toBeCloseTo(-3, 1);
  expect(y).toBeCloseTo(-3, 1);
  expect(printer.output).toMatchInlineSnapshot(`
    [
      "// Run Current: 0.49A Hold Current: 0.49A",
      "// ========== Queried registers ==========
    // GCONF:       000001c4 en_spreadcycle=1 pdn_disable=1 mstep_reg_select=1 multistep_filt=1",
    ]
  `);
});

test("says what to do when the probe never triggers, and when it is triggered from the start", async () => {
  const printer = await start(FRAME + SWITCHES + PROBE);
  await printer.run("G28\nG1 X100 Y100 Z5 F6000\nPROBE");
  await expect(printer.run("PROBE")).rejects.toMatchObject({ code: "HOMING_EARLY_TRIGGER" });
  printer.machines.virtual?.inject({ kind: "endstop", endstop: "probe", behaviour: "never" });
  await expect(printer.run("G1 Z5\nPROBE")).rejects.toMatchObject({ code: "HOMING_NO_TRIGGER" });
  expect(printer.output.filter((line) => line.startsWith("!!"))).toMatchInlineSnapshot(`
    [
      "!! the probe was triggered before the move began (HOMING_EARLY_TRIGGER)
    //   To fix: check its wiring and whether its pin must be inverted (a ! in front of the pin); QUERY_ENDSTOPS shows its state",
      "!! the probe did not trigger within 10 mm (HOMING_NO_TRIGGER)
    //   To fix: check the probe with QUERY_PROBE, its wiring, and that it starts close enough to the bed",
    ]
  `);
});

test("names the driver that does not answer", async () => {
  const printer = await start(
    `${FRAME + SWITCHES + PROBE}[tmc2209 stepper_x]\nuart_pin: PC0\nuart_address: 2\nrun_current: 0.8\n`,
  );
  printer.machines.virtual?.inject({ kind: "driver", driver: "stepper_x", silent: true });
  await expect(printer.run("INIT_TMC STEPPER=stepper_x")).rejects.toMatchObject({ code: "TMC_SILENT" });
  expect(printer.output).toMatchInlineSnapshot(`
    [
      "!! driver 'stepper_x': the driver does not answer: its register IFCNT cannot be read (TMC_SILENT)
    //   To fix: make sure that the motor supply is on (drivers need it to answer), then check the wires, jumpers and pins of the driver; INIT_TMC tries again",
    ]
  `);
});
