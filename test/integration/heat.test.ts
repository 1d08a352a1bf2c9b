// thread: any
import { afterEach, expect, test } from "vitest";
import { isHostError } from "../../host/shared/errors.js";
import { CARTESIAN, PrinterWorld } from "../support/printer-world.js";

const HEAT = `${CARTESIAN}
[extruder]
step_pin: PA4
dir_pin: PA6
enable_pin: !PA2
microsteps: 16
rotation_distance: 22.6789511
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

[heater_bed]
heater_pin: PH5
sensor_type: Generic 3950
sensor_pin: PK6
control: pid
pid_Kp: 54.027
pid_Ki: 0.770
pid_Kd: 948.182
min_temp: 0
max_temp: 130

[fan]
pin: PH6

[heater_fan hotend]
pin: PH4
`;

let world: PrinterWorld | undefined;

afterEach(async () => {
  await world?.close();
  world = undefined;
});

async function ready(config = HEAT): Promise<PrinterWorld> {
  const made = await PrinterWorld.create(config);
  world = made;
  await made.session.start();
  expect(made.session.error?.format()).toBeUndefined();
  expect(made.session.state).toBe("ready");
  return made;
}

async function errorOf(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => undefined,
    (cause: unknown) => cause,
  );
  if (!isHostError(error)) throw new Error(`no such error: ${String(error)}`);
  return error.format();
}

const number = (printer: PrinterWorld, object: string, field: string): number =>
  Number(printer.session.objects.status(object)?.[field]);

const printTime = (printer: PrinterWorld): number => number(printer, "toolhead", "estimated_print_time");

test("heats bed and nozzle in a few minutes and shows what it does", async () => {
  const printer = await ready();
  const before = printTime(printer);
  await printer.run("M140 S60\nM104 S210\nM190 S60\nM109 S210");
  expect(printTime(printer) - before).toBeGreaterThan(60);
  expect(printTime(printer) - before).toBeLessThan(240);
  expect(Math.abs(number(printer, "extruder", "temperature") - 210)).toBeLessThan(3);
  expect(Math.abs(number(printer, "heater_bed", "temperature") - 60)).toBeLessThan(3);
  expect(printer.session.objects.status("extruder")).toMatchObject({ target: 210, can_extrude: true });
  expect(printer.session.objects.status("heaters")).toEqual({
    available_heaters: ["extruder", "heater_bed"],
    available_sensors: ["extruder", "heater_bed"],
    available_monitors: [],
  });
  expect(printer.session.objects.status("heater_fan hotend")).toEqual({ speed: 1, rpm: null });
  // Consoles have been told the temperatures once a second meanwhile.
  expect(printer.output.at(-1)).toMatch(/^B:\d+\.\d \/60\.0 T0:\d+\.\d \/210\.0$/);
  await printer.run("M106 S51\nM400\nG4 P300\nM400");
  expect(number(printer, "fan", "speed")).toBeCloseTo(0.2, 3);
  const { machine } = await printer.report();
  const duty = (name: string): number => machine.fans.find((fan) => fan.name === name)?.speed ?? Number.NaN;
  expect(duty("fan")).toBeCloseTo(0.2, 2);
  expect(duty("heater_fan hotend")).toBe(1);
  await printer.run("TURN_OFF_HEATERS\nG4 P300\nM400\nTEMPERATURE_WAIT SENSOR=extruder MAXIMUM=45");
  expect(number(printer, "extruder", "target")).toBe(0);
  await printer.run("M107\nG4 P500\nM400");
  expect(number(printer, "heater_fan hotend", "speed")).toBe(0);
  expect((await printer.report()).machine.heaters.map((heater) => heater.duty)).toEqual([0, 0]);
}, 60_000);

test("refuses targets outside of the heater's range, and extruders that are not there", async () => {
  const printer = await ready();
  expect(await errorOf(printer.run("M104 S300"))).toMatchInlineSnapshot(`
    "heater 'extruder' cannot be set to 300 °C: it is made for 0 to 275 °C (HEATER_TARGET_RANGE)
      To fix: use 0 (off) or a temperature from 0 to 275 °C; the limits are min_temp and max_temp of its section"
  `);
  expect(await errorOf(printer.run("SET_HEATER_TEMPERATURE HEATER=heater_bad TARGET=50"))).toMatchInlineSnapshot(`
    "in 'SET_HEATER_TEMPERATURE HEATER=heater_bad TARGET=50', HEATER is 'heater_bad', which is not there (GCODE_PARAMETER_CHOICE)
      To fix: did you mean 'heater_bed'? Otherwise choose one of extruder, heater_bed"
  `);
  expect(await errorOf(printer.run("M104 T1 S200"))).toMatchInlineSnapshot(`
    "'M104 T1 S200' names extruder 1, which is not there (HEATER_UNKNOWN)
      To fix: use T0, or none for the active one; the slicer's profile may have more extruders than the printer"
  `);
  await printer.run("M104 T1 S0");
  expect(await errorOf(printer.run("TEMPERATURE_WAIT SENSOR=extruder"))).toMatchInlineSnapshot(`
    "'TEMPERATURE_WAIT SENSOR=extruder' has neither MINIMUM nor MAXIMUM (GCODE_FAILED)
      To fix: say what to wait for: MINIMUM=50"
  `);
  expect(number(printer, "extruder", "target")).toBe(0);
});

test("stops with heaters off when a thermistor's wire breaks, and names the sensor", async () => {
  const printer = await ready();
  const heating = errorOf(printer.run("M104 S210\nM109 S210"));
  await printer.run("M105").catch(() => undefined);
  printer.machines.virtual?.inject({ kind: "sensor", sensor: "extruder", behaviour: "open" });
  await heating;
  expect(printer.session.state).toBe("shutdown");
  expect(printer.session.error?.format()).toMatchInlineSnapshot(`
    "the sensor of 'extruder' reads -99.6 °C, below its minimum of 0.0 °C (SENSOR_RANGE)
      To fix: check the sensor's plug and wires: a thermistor with a broken wire reads far too cold, one with a short circuit far too hot (PT100 and PT1000 the other way round). If the temperature is real, correct min_temp and max_temp in [extruder]. Then run FIRMWARE_RESTART."
  `);
  const { boards, machine } = await printer.report();
  expect(boards.map(({ shutdownReason }) => shutdownReason)).toEqual(["ADC out of range"]);
  expect(machine.heaters.map(({ duty }) => duty)).toEqual([0, 0]);
  // What the heater fan cools is still hot.
  expect(machine.fans.find(({ name }) => name === "heater_fan hotend")?.speed).toBe(1);
}, 30_000);

test("stops when a heater does not get warm", async () => {
  const printer = await ready();
  printer.machines.virtual?.inject({ kind: "heater", heater: "extruder", power: 0 });
  await errorOf(printer.run("M109 S210"));
  expect(printer.session.state).toBe("shutdown");
  expect(printer.session.error?.format()).toMatchInlineSnapshot(`
    "heater 'extruder' is not heating as it should: 25.0 °C with a target of 210.0 °C; at least 2 °C in 20 s are expected (HEATER_NOT_HEATING)
      To fix: check that the heater and its sensor are seated firmly and wired, that the supply is on, and that no fan blows on the block; a slow heater may need other values in [verify_heater extruder]. Then run FIRMWARE_RESTART."
  `);
  expect((await printer.report()).machine.heaters.map(({ duty }) => duty)).toEqual([0, 0]);
}, 30_000);

test("finds PID parameters that hold the temperature", async () => {
  const printer = await ready();
  await printer.run("PID_CALIBRATE HEATER=extruder TARGET=200");
  const said = printer.output.find((text) => text.includes("pid_Kp")) ?? "";
  const [kp, ki, kd] = [...said.matchAll(/pid_K\w=([\d.]+)/g)].map(([, value]) => Number(value));
  // What machine shows is up to 50 ms old.
  await printer.run("G4 P300\nM400");
  expect(number(printer, "extruder", "target")).toBe(0);
  const pending = printer.session.objects.status("configfile")?.["save_config_pending_items"];
  expect(pending).toEqual({
    extruder: { control: "pid", pid_kp: kp?.toFixed(3), pid_ki: ki?.toFixed(3), pid_kd: kd?.toFixed(3) },
  });
  await printer.close();
  world = undefined;
  const tuned = await ready(
    HEAT.replace("pid_Kp: 22.2", `pid_Kp: ${kp}`)
      .replace("pid_Ki: 1.08", `pid_Ki: ${ki}`)
      .replace("pid_Kd: 114", `pid_Kd: ${kd}`),
  );
  await tuned.run("M109 S200\nG4 P60000\nM400");
  expect(Math.abs(number(tuned, "extruder", "temperature") - 200)).toBeLessThan(1);
}, 60_000);
