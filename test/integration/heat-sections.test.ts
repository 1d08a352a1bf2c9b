// thread: any
import { afterEach, expect, test } from "vitest";
import { isHostError } from "../../host/shared/errors.js";
import { CARTESIAN, PrinterWorld } from "../support/printer-world.js";

const SECTIONS = `${CARTESIAN}
[extruder]
step_pin: PA4
dir_pin: PA6
enable_pin: !PA2
microsteps: 16
rotation_distance: 22.6789511
nozzle_diameter: 0.4
filament_diameter: 1.75
heater_pin: PB4
max_power: 0.7
sensor_type: MAX31865
sensor_pin: PB0
spi_bus: spi0
rtd_nominal_r: 100
control: pid
pid_Kp: 22.2
pid_Ki: 1.08
pid_Kd: 114
min_temp: 0
max_temp: 300

[extruder1]
nozzle_diameter: 0.4
filament_diameter: 1.75
heater_pin: PB5
sensor_type: mine
sensor_pin: PK5
control: watermark
min_temp: 0
max_temp: 300

[thermistor mine]
temperature1: 25
resistance1: 100000
temperature2: 150
resistance2: 1770
temperature3: 250
resistance3: 230

[adc_temperature volts]
temperature1: 0
voltage1: 0.5
temperature2: 300
voltage2: 3.5

[heater_bed]
heater_pin: multi_pin:bed
sensor_type: temperature_combined
sensor_list: temperature_sensor left, temperature_sensor right
combination_method: mean
maximum_deviation: 20
control: watermark
max_delta: 1
min_temp: 0
max_temp: 130

[multi_pin bed]
pins: PH5, !PH6

[temperature_sensor left]
sensor_type: PT1000
sensor_pin: PK1

[temperature_sensor right]
sensor_type: volts
sensor_pin: PK2
gcode_id: R

[verify_heater heater_bed]
check_gain_time: 120

[verify_heater chamber]
max_error: 500

[heater_generic chamber]
gcode_id: C
heater_pin: PH7
sensor_type: AD8495
sensor_pin: PK3
control: pid
pid_Kp: 40
pid_Ki: 0.5
pid_Kd: 300
min_temp: 0
max_temp: 80

[temperature_sensor cpu]
sensor_type: temperature_host

[temperature_sensor board]
sensor_type: temperature_mcu

[temperature_sensor wire]
sensor_type: DS18B20
serial_no: 28-031674b175ff
sensor_mcu: mcu

[temperature_fan psu]
pin: PC0
tachometer_pin: ^PC1
enable_pin: PC2
sensor_type: PT100 INA826
sensor_pin: PK4
min_temp: 0
max_temp: 80
target_temp: 35
control: pid
pid_Kp: 1
pid_Ki: 0.5
pid_Kd: 2
gcode_id: P

[fan]
pin: PC3
max_power: 0.8
off_below: 0.1
cycle_time: 0.0001
hardware_pwm: True

[fan_generic side]
pin: PC4

[controller_fan board]
pin: PC5
idle_timeout: 10
idle_speed: 0.5

[heater_fan hotend]
pin: PC6
heater: extruder, extruder1

[output_pin light]
pin: !PC7
value: 1

[output_pin strip]
pin: PC8
pwm: True
scale: 10
value: 5

[pwm_tool laser]
pin: PC9
hardware_pwm: True
maximum_mcu_duration: 2

[servo arm]
pin: PC10
initial_angle: 90

[pwm_cycle_time beeper]
pin: PC13
cycle_time: 0.001

[homing_heaters]
steppers: stepper_z

[static_digital_output fixed]
pins: PC11, !PC12
`;

let world: PrinterWorld | undefined;

afterEach(async () => {
  await world?.close();
  world = undefined;
});

async function ready(config = SECTIONS): Promise<PrinterWorld> {
  const made = await PrinterWorld.create(config);
  world = made;
  await made.session.start();
  expect(made.session.error?.format()).toBeUndefined();
  expect(made.session.state).toBe("ready");
  return made;
}

async function startError(config: string): Promise<string | undefined> {
  world = await PrinterWorld.create(config);
  await world.session.start();
  return world.session.error?.format();
}

async function errorOf(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => undefined,
    (cause: unknown) => cause,
  );
  if (!isHostError(error)) throw new Error(`no such error: ${String(error)}`);
  return error.format();
}

const status = (printer: PrinterWorld, object: string): unknown => printer.session.objects.status(object);

test("every kind of heater, sensor, fan and pin starts and shows its status", async () => {
  const printer = await ready();
  await printer.run("G4 P3000\nM400");
  expect(status(printer, "heaters")).toMatchInlineSnapshot(`
    {
      "available_heaters": [
        "extruder",
        "extruder1",
        "heater_bed",
        "heater_generic chamber",
      ],
      "available_monitors": [],
      "available_sensors": [
        "extruder",
        "extruder1",
        "heater_bed",
        "temperature_sensor left",
        "temperature_sensor right",
        "heater_generic chamber",
        "temperature_sensor cpu",
        "temperature_sensor board",
        "temperature_sensor wire",
        "temperature_fan psu",
      ],
    }
  `);
  const near25 = { temperature: expect.closeTo(25, 0) };
  for (const name of ["extruder", "extruder1", "heater_bed", "heater_generic chamber"]) {
    expect(status(printer, name)).toMatchObject({ ...near25, target: 0, power: 0 });
  }
  expect(status(printer, "temperature_sensor left")).toMatchObject({
    ...near25,
    measured_min_temp: expect.closeTo(25, 0),
    measured_max_temp: expect.closeTo(25, 0),
  });
  for (const name of ["right", "board", "wire"]) {
    expect(status(printer, `temperature_sensor ${name}`)).toMatchObject(near25);
  }
  expect(status(printer, "temperature_fan psu")).toEqual({
    ...near25,
    target: 35,
    speed: expect.any(Number),
    rpm: expect.any(Number),
  });
  expect(status(printer, "output_pin light")).toEqual({ value: 1 });
  expect(status(printer, "output_pin strip")).toEqual({ value: 0.5 });
  expect(status(printer, "pwm_tool laser")).toEqual({ value: 0 });
  expect(status(printer, "servo arm")).toEqual({ value: 0.075 });
  await printer.run("M105");
  expect(printer.output.at(-1)).toMatchInlineSnapshot(
    `"B:25.0 /0.0 C:24.9 /0.0 P:24.9 /35.0 R:25.0 /0.0 T0:25.0 /0.0 T1:25.0 /0.0"`,
  );
});

test("heats every heater with its sensor, and the controller's fan runs on for a while", async () => {
  const printer = await ready();
  await printer.run("SET_HEATER_TEMPERATURE HEATER=chamber TARGET=45\nM104 T1 S150\nM104 S180\nM140 S50");
  await printer.run("M109 S180\nM109 T1 S150\nM190 S50\nTEMPERATURE_WAIT SENSOR='heater_generic chamber' MINIMUM=44");
  expect(status(printer, "extruder")).toMatchObject({ can_extrude: true });
  expect(status(printer, "extruder1")).toMatchObject({ can_extrude: false });
  expect(status(printer, "controller_fan board")).toEqual({ speed: 1, rpm: null });
  await printer.run("TURN_OFF_HEATERS\nM84\nG4 P5000\nM400");
  expect(status(printer, "controller_fan board")).toEqual({ speed: 0.5, rpm: null });
  await printer.run("G4 P15000\nM400");
  expect(status(printer, "controller_fan board")).toEqual({ speed: 0, rpm: null });
  expect(status(printer, "heater_fan hotend")).toEqual({ speed: 1, rpm: null });
}, 60_000);

test("pins, fans and servos do what their commands say", async () => {
  const printer = await ready();
  await printer.run("SET_PIN PIN=light VALUE=0\nSET_PIN PIN=strip VALUE=2.5\nSET_PIN PIN=laser VALUE=0.25");
  await printer.run("SET_SERVO SERVO=arm ANGLE=45\nSET_FAN_SPEED FAN=side SPEED=0.6\nM106 S127.5\nG4 P1000\nM400");
  expect(status(printer, "output_pin light")).toEqual({ value: 0 });
  expect(status(printer, "output_pin strip")).toEqual({ value: 0.25 });
  expect(status(printer, "pwm_tool laser")).toEqual({ value: 0.25 });
  expect(status(printer, "servo arm")).toEqual({ value: expect.closeTo(0.0625, 4) });
  expect(status(printer, "fan_generic side")).toEqual({ speed: 0.6, rpm: null });
  expect(status(printer, "fan")).toEqual({ speed: 0.5, rpm: null });
  const { machine } = await printer.report();
  expect(machine.fans.find(({ name }) => name === "fan")?.speed).toBeCloseTo(0.4, 2);
  await printer.run("M106 S20\nSET_SERVO SERVO=arm WIDTH=0\nG4 P1000\nM400");
  // Below off_below it is off.
  expect(status(printer, "fan")).toEqual({ speed: 0, rpm: null });
  expect(status(printer, "servo arm")).toEqual({ value: 0 });
  await printer.run("SET_TEMPERATURE_FAN_TARGET TEMPERATURE_FAN=psu TARGET=10 MIN_SPEED=0.5\nG4 P30000\nM400");
  expect(status(printer, "temperature_fan psu")).toMatchObject({ target: 10, speed: 1, rpm: 4500 });
  expect(await errorOf(printer.run("SET_FAN_SPEED FAN=sid SPEED=1"))).toMatchInlineSnapshot(`
    "in 'SET_FAN_SPEED FAN=sid SPEED=1', FAN is 'sid', which is not there (GCODE_PARAMETER_CHOICE)
      To fix: did you mean 'side'? Otherwise choose one of side"
  `);
}, 60_000);

test("heaters rest while z homes, and get their targets back", async () => {
  const printer = await ready();
  await printer.run("M109 S100");
  const target = (): unknown => printer.session.objects.status("extruder")?.["target"];
  const seenDuring = async (script: string): Promise<ReadonlySet<unknown>> => {
    const seen = new Set<unknown>();
    let isDone = false;
    const done = printer.run(script).finally(() => {
      isDone = true;
    });
    while (!isDone) {
      seen.add(target());
      await new Promise((resolve) => setImmediate(resolve));
    }
    await done;
    return seen;
  };
  expect([...(await seenDuring("G28 X Y"))]).toEqual([100]);
  // Two moves follow each other fast: the second must not take the rest for the target.
  expect([...(await seenDuring("G28 Z"))].sort()).toEqual([0, 100]);
  await printer.run("G4 P500\nM400");
  expect(target()).toBe(100);
}, 30_000);

test("a pin says that its cycle is that of its section", async () => {
  const printer = await ready();
  await printer.run("SET_PIN PIN=beeper VALUE=0.5 CYCLE_TIME=0.002\nG4 P500\nM400");
  expect(status(printer, "pwm_cycle_time beeper")).toEqual({ value: 0.5 });
  expect(printer.output.at(-1)).toMatchInlineSnapshot(`undefined`);
});

test("mistakes that only show between sections are told with their lines", async () => {
  expect(
    await startError(
      SECTIONS.replace("heater: extruder, extruder1", "heater: extruder2")
        .replace("[verify_heater chamber]", "[verify_heater chamer]")
        .replace("temperature_sensor left, temperature_sensor right", "temperature_sensor lef"),
    ),
  ).toMatchInlineSnapshot(`
    "the configuration has 3 errors (CFG_INVALID)
      To fix: correct each of them, then run RESTART.
    printer.cfg:90: option 'sensor_list' in section 'heater_bed' is 'temperature_sensor lef', but there is no sensor of that name (CFG_OPTION_CHOICE)
      To fix: did you mean 'temperature_sensor left'? Otherwise choose one of extruder, extruder1, heater_bed, temperature_sensor left, temperature_sensor right, heater_generic chamber, temperature_sensor cpu, temperature_sensor board, temperature_sensor wire, temperature_fan psu
    printer.cfg:116: section 'verify_heater chamer' is for a heater that is not there (CFG_CONFLICT)
      To fix: name one of extruder, extruder1, heater_bed, chamber, or remove the section
    printer.cfg:172: option 'heater' in section 'heater_fan hotend' is 'extruder2', but there is no heater of that name (CFG_OPTION_CHOICE)
      To fix: did you mean 'extruder'? Otherwise choose one of extruder, extruder1, heater_bed, chamber"
  `);
});
