// thread: any
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { isHostError } from "../../host/shared/errors.js";
import { CARTESIAN, PrinterWorld } from "../support/printer-world.js";

const HEATED = `${CARTESIAN}
[extruder]
step_pin: PA4
dir_pin: PA6
enable_pin: !PA2
microsteps: 16
rotation_distance: 33.5
nozzle_diameter: 0.4
filament_diameter: 1.75
heater_pin: PB4
sensor_type: EPCOS 100K B57560G104F
sensor_pin: PK5
control: pid
pid_Kp: 22.2
pid_Ki: 1.08
pid_Kd: 114
min_temp: 5
max_temp: 275

[heater_bed]
heater_pin: PH5
sensor_type: EPCOS 100K B57560G104F
sensor_pin: PK6
control: watermark
min_temp: 5
max_temp: 130

[temperature_sensor chamber]
sensor_type: EPCOS 100K B57560G104F
sensor_pin: PK7
gcode_id: C
`;

let world: PrinterWorld | undefined;

afterEach(async () => {
  await world?.close();
  world = undefined;
});

async function ready(config = HEATED): Promise<PrinterWorld> {
  world = await PrinterWorld.create(config);
  await world.session.start();
  expect(world.session.error?.format()).toBeUndefined();
  return world;
}

async function errorOf(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => undefined,
    (cause: unknown) => cause,
  );
  if (!isHostError(error)) throw new Error(`no such error: ${String(error)}`);
  return error.format();
}

/** Lets so many s of the printer's time pass. */
function pass(printer: PrinterWorld, seconds: number): Promise<void> {
  return printer.run(`G4 P${seconds * 1000}\nM400`);
}

async function heater(
  printer: PrinterWorld,
  name: string,
): Promise<{ temperatureC: number; duty: number; onS: number }> {
  const { machine } = await printer.report();
  const found = machine.heaters.find((one) => one.name === name);
  if (found === undefined) throw new Error(`there is no heater ${name}`);
  return found;
}

test("M109 and M190 wait until nozzle and bed are as hot as they were told", async () => {
  const printer = await ready();
  await printer.run("M140 S55\nM109 S205\nM190 S55");
  expect((await heater(printer, "extruder")).temperatureC).toBeCloseTo(205, -1);
  expect((await heater(printer, "heater_bed")).temperatureC).toBeGreaterThan(52);
  expect(printer.session.objects.status("extruder")).toMatchObject({ target: 205, can_extrude: true });
  expect(printer.output.some((line) => /^B:\d+\.\d \/55\.0 C:25\.\d \/0\.0 T0:\d+\.\d \/205\.0$/.test(line))).toBe(
    true,
  );
  await printer.run("TURN_OFF_HEATERS");
  await pass(printer, 2);
  expect((await heater(printer, "extruder")).duty).toBe(0);
  expect((await heater(printer, "heater_bed")).duty).toBe(0);
});

test("TEMPERATURE_WAIT waits for a sensor to rise and to fall", async () => {
  const printer = await ready();
  await printer.run("SET_HEATER_TEMPERATURE HEATER=extruder TARGET=120\nTEMPERATURE_WAIT SENSOR=extruder MINIMUM=100");
  expect(printer.session.objects.status("extruder")?.["temperature"]).toBeGreaterThanOrEqual(100);
  await printer.run("M104 S0\nTEMPERATURE_WAIT SENSOR=extruder MAXIMUM=90");
  expect(printer.session.objects.status("extruder")?.["temperature"]).toBeLessThanOrEqual(90);
});

test("lists heaters and sensors by their objects", async () => {
  const printer = await ready();
  expect(printer.session.objects.status("heaters")).toEqual({
    available_heaters: ["extruder", "heater_bed"],
    available_sensors: ["extruder", "heater_bed", "temperature_sensor chamber"],
    available_monitors: [],
  });
  await pass(printer, 1);
  const chamber = printer.session.objects.status("temperature_sensor chamber");
  expect(Object.keys(chamber ?? {}).toSorted()).toEqual(["measured_max_temp", "measured_min_temp", "temperature"]);
  expect(chamber?.["temperature"]).toBeCloseTo(25, 0);
});

test("says what is wrong with a command about heat", async () => {
  const printer = await ready();
  const wrong = [
    "M104 S500",
    "M104 T1 S200",
    "SET_HEATER_TEMPERATURE HEATER=nozzle TARGET=200",
    "TEMPERATURE_WAIT SENSOR=extruder",
    "TEMPERATURE_WAIT SENSOR=bed MINIMUM=20",
    "M140 S-5",
    "PID_CALIBRATE HEATER=extruder TARGET=400",
  ];
  const errors: string[] = [];
  for (const script of wrong) errors.push(await errorOf(printer.run(script)));
  expect(errors).toMatchInlineSnapshot(`
    [
      "heater 'extruder' cannot be set to 500 °C: it is made for 5 to 275 °C (HEATER_TARGET_RANGE)
      To fix: use 0 (off) or a temperature from 5 to 275 °C; the limits are min_temp and max_temp of its section",
      "'M104 T1 S200' names extruder 1, which is not there (HEATER_UNKNOWN)
      To fix: use T0, or none for the active one; the slicer's profile may have more extruders than the printer",
      "in 'SET_HEATER_TEMPERATURE HEATER=nozzle TARGET=200', HEATER is 'nozzle', which is not there (GCODE_PARAMETER_CHOICE)
      To fix: choose one of extruder, heater_bed",
      "'TEMPERATURE_WAIT SENSOR=extruder' has neither MINIMUM nor MAXIMUM (GCODE_FAILED)
      To fix: say what to wait for: MINIMUM=50",
      "in 'TEMPERATURE_WAIT SENSOR=bed MINIMUM=20', SENSOR is 'bed', which is not there (GCODE_PARAMETER_CHOICE)
      To fix: choose one of extruder, heater_bed, temperature_sensor chamber",
      "in 'M140 S-5', S is -5 °C, below the minimum 0 °C (GCODE_PARAMETER_RANGE)
      To fix: set S to a value of at least 0 °C",
      "in 'PID_CALIBRATE HEATER=extruder TARGET=400', TARGET is 400 °C, above the maximum 275 °C (GCODE_PARAMETER_RANGE)
      To fix: set TARGET to a value from 5 to 275 °C",
    ]
  `);
  // Slicers turn off what is not there.
  await printer.run("M104 T1 S0");
});

test("a thermistor that comes off shuts the printer down and its heaters stay off", async () => {
  const printer = await ready();
  await printer.run("M140 S60\nM109 S150");
  printer.machines.virtual?.inject({ kind: "sensor", sensor: "extruder", behaviour: "open" });
  await errorOf(printer.run("M109 S220"));
  expect(printer.session.state).toBe("shutdown");
  expect(printer.session.error?.format()).toMatchInlineSnapshot(`
    "the sensor of 'extruder' reads -99.6 °C, below its minimum of 5.0 °C (SENSOR_RANGE)
      To fix: check the sensor's plug and wires: a thermistor with a broken wire reads far too cold, one with a short circuit far too hot (PT100 and PT1000 the other way round). If the temperature is real, correct min_temp and max_temp in [extruder]. Then run FIRMWARE_RESTART."
  `);
  const before = await heater(printer, "extruder");
  expect(before.duty).toBe(0);
  expect((await heater(printer, "heater_bed")).duty).toBe(0);
});

test("a heater that does not heat shuts the printer down", async () => {
  const printer = await ready();
  printer.machines.virtual?.inject({ kind: "heater", heater: "extruder", power: 0 });
  await errorOf(printer.run("M109 S220"));
  expect(printer.session.error?.code).toBe("HEATER_NOT_HEATING");
  expect((await heater(printer, "extruder")).duty).toBe(0);
});

test("a heater that is stuck on shuts the printer down at its maximum", async () => {
  const printer = await ready();
  printer.machines.virtual?.inject({ kind: "heater", heater: "extruder", stuckOn: true });
  await errorOf(pass(printer, 600));
  expect(printer.session.error?.code).toBe("SENSOR_RANGE");
});

test("PID_CALIBRATE finds parameters, uses them, and keeps them for SAVE_CONFIG", async () => {
  const printer = await ready();
  await printer.run("PID_CALIBRATE HEATER=heater_bed TARGET=60");
  await pass(printer, 1);
  expect((await heater(printer, "heater_bed")).duty).toBe(0);
  expect(printer.output.some((line) => /pid_Kp=\d+\.\d{3} pid_Ki=\d+\.\d{3} pid_Kd=\d+\.\d{3}/.test(line))).toBe(true);
  await printer.run("M190 S65");
  await pass(printer, 240);
  expect((await heater(printer, "heater_bed")).temperatureC).toBeCloseTo(65, 0);
  await printer.run("SAVE_CONFIG").catch(() => undefined);
  expect(readFileSync(join(printer.folder, "printer.cfg"), "utf8")).toMatch(
    /#\*# \[heater_bed\]\n#\*# control = pid\n#\*# pid_kp = \d+\.\d{3}\n/i,
  );
});

test("SET_HEATER_PID changes what is given and keeps the rest", async () => {
  const printer = await ready();
  await printer.run("SET_HEATER_PID HEATER=extruder KP=30");
  expect(printer.output.at(-1)).toMatchInlineSnapshot(
    `"// heater extruder: pid_Kp=30.000 pid_Ki=1.080 pid_Kd=114.000, until the next restart"`,
  );
  expect(await errorOf(printer.run("SET_HEATER_PID HEATER=heater_bed KP=30"))).toMatchInlineSnapshot(`
    "'SET_HEATER_PID HEATER=heater_bed KP=30' has no KI (GCODE_PARAMETER_MISSING)
      To fix: write it as SET_HEATER_PID KI=<value>"
  `);
});
