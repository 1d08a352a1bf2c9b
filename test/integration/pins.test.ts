// thread: any
import { afterEach, expect, test } from "vitest";
import { CARTESIAN, PrinterWorld } from "../support/printer-world.js";

let world: PrinterWorld | undefined;

afterEach(async () => {
  await world?.close();
  world = undefined;
});

async function start(sections: string): Promise<PrinterWorld> {
  world = await PrinterWorld.create(`${CARTESIAN}\n${sections}`);
  await world.session.start();
  return world;
}

const PINS = `
[thermistor mine]
temperature1: 25
resistance1: 100000
beta: 3950

[multi_pin both]
pins: PL6, !PL7

[output_pin lamp]
pin: multi_pin:both
pwm: True
scale: 10
value: 5

[output_pin flag]
pin: !PG0
value: 1

[pwm_tool laser]
pin: PG1
maximum_mcu_duration: 5

[pwm_cycle_time beeper]
pin: PG2
value: 0.5
cycle_time: 0.002

[servo arm]
pin: PG3
initial_angle: 90

[static_digital_output rest]
pins: PG4, !PG5

[temperature_fan cabinet]
pin: PL5
sensor_type: mine
sensor_pin: PK3
control: watermark
min_temp: 0
max_temp: 80
target_temp: 20
gcode_id: C

[temperature_sensor host]
sensor_type: temperature_mcu
min_temp: 0
max_temp: 100

[temperature_sensor hottest]
sensor_type: temperature_combined
sensor_list: temperature_sensor host, temperature_fan cabinet
combination_method: max
maximum_deviation: 30
`;

test("pins start as they are configured and change with the motion", async () => {
  const printer = await start(PINS);
  expect(printer.session.error?.format()).toBeUndefined();
  const shown = (name: string): unknown => printer.session.objects.status(name)?.["value"];
  await printer.run("G4 P1000\nM400");
  expect(["output_pin lamp", "output_pin flag", "pwm_tool laser", "pwm_cycle_time beeper"].map(shown)).toEqual([
    0.5, 1, 0, 0.5,
  ]);
  expect(shown("servo arm")).toBeCloseTo(0.075, 9);
  await printer.run(
    "SET_PIN PIN=lamp VALUE=2\nSET_PIN PIN=flag VALUE=0\nSET_PIN PIN=laser VALUE=0.25\n" +
      "SET_PIN PIN=beeper VALUE=0.3 CYCLE_TIME=0.001\nSET_SERVO SERVO=arm ANGLE=360\nG4 P1000\nM400",
  );
  expect(["output_pin lamp", "output_pin flag", "pwm_tool laser", "pwm_cycle_time beeper"].map(shown)).toEqual([
    0.2, 0, 0.25, 0.3,
  ]);
  expect(shown("servo arm")).toBeCloseTo(0.1, 9);
  // The board's patience with the laser is kept up by machine.
  await printer.run("SET_SERVO SERVO=arm WIDTH=0\nG4 P20000\nM400");
  expect(shown("servo arm")).toBe(0);
  expect(printer.session.error?.format()).toBeUndefined();
});

test("a temperature fan cools to its target and stops when that is higher", async () => {
  const printer = await start(PINS);
  const fan = (): unknown => printer.session.objects.status("temperature_fan cabinet");
  await printer.run("G4 P2000\nM400");
  expect(fan()).toMatchObject({ target: 20, speed: 1, temperature: expect.closeTo(25, 0) });
  await printer.run("SET_TEMPERATURE_FAN_TARGET TEMPERATURE_FAN=cabinet TARGET=60\nG4 P2000\nM400");
  expect(fan()).toMatchObject({ target: 60, speed: 0 });
  await printer.run("SET_TEMPERATURE_FAN_TARGET TEMPERATURE_FAN=cabinet\nM105");
  expect(printer.output.at(-1)).toMatch(/^C:2\d\.\d \/\d+\.\d$/);
  expect(printer.session.objects.status("temperature_sensor hottest")).toMatchObject({
    temperature: expect.closeTo(25, 0),
  });
});

test("says what is wrong in sections about pins and temperatures, all at once", async () => {
  const printer = await start(`
[output_pin lamp]
pin: PL6
pwm: True
value: 1.5
shutdown_value: 0.5

[pwm_tool laser]
pin: PG1
value: 1
maximum_mcu_duration: 0.1

[servo arm]
pin: PG3
minimum_pulse_width: 0.003

[output_pin group]
pin: multi_pin:none

[temperature_fan cabinet]
pin: PL5
sensor_type: EPCOS
sensor_pin: PK3
control: pdi
min_temp: 50
max_temp: 40

[thermistor mine]
temperature1: 25
resistance1: 100000
temperature2: 100
resistance2: 200000
temperature3: 150
resistance3: 5000

[temperature_sensor chamber]
sensor_type: mine
sensor_pin: PK4

[heater_generic chamber]
heater_pin: PH5
sensor_type: mine
sensor_pin: PK5
control: pid
min_temp: 0
max_temp: 90
`);
  expect(printer.session.error?.format()).toMatchInlineSnapshot(`
    "the configuration has 17 errors (CFG_INVALID)
      To fix: correct each of them, then run RESTART.
    printer.cfg:49: option 'value' in section 'output_pin lamp' is 1.5, above the maximum 1 (CFG_OPTION_RANGE)
      To fix: set value to a value from 0 to 1
    printer.cfg:50: option 'shutdown_value' in section 'output_pin lamp' asks for 0.5 of full power while the printer is shut down, but a pin with software PWM is then fully on or off (CFG_CONFLICT)
      To fix: set shutdown_value to 0 or 1, or set hardware_pwm: True (a fan with 'max_power' below 1 needs that)
    printer.cfg:55: option 'maximum_mcu_duration' in section 'pwm_tool laser' is 0.1 s, too short to be kept up (CFG_CONFLICT)
      To fix: set it to 0, or 0.5 or more
    printer.cfg:55: option 'maximum_mcu_duration' in section 'pwm_tool laser' is set, but 'value' and 'shutdown_value' differ (CFG_CONFLICT)
      To fix: give both the same value, and set the pin with SET_PIN later
    printer.cfg:59: option 'minimum_pulse_width' in section 'servo arm' leaves pulses from 0.003 s to 0.002 s, which is no range (CFG_CONFLICT)
      To fix: make maximum_pulse_width longer than minimum_pulse_width; both are in s, and mostly near 0.001 and 0.002
    printer.cfg:62: option 'pin' in section 'output_pin group' names 'multi_pin:none', which is not there (CFG_CONFLICT)
      To fix: add a section [multi_pin none]
    printer.cfg:62: option 'pin' in section 'output_pin group' names 'multi_pin', but no board or device is called that (CFG_PIN)
      To fix: add the section of that board or device, or correct the name
    printer.cfg:64: section 'temperature_fan cabinet' has no option 'pid_Kp' (CFG_OPTION_MISSING)
      To fix: add a line 'pid_Kp: ...' below [temperature_fan cabinet]
    printer.cfg:64: section 'temperature_fan cabinet' has no option 'pid_Ki' (CFG_OPTION_MISSING)
      To fix: add a line 'pid_Ki: ...' below [temperature_fan cabinet]
    printer.cfg:64: section 'temperature_fan cabinet' has no option 'pid_Kd' (CFG_OPTION_MISSING)
      To fix: add a line 'pid_Kd: ...' below [temperature_fan cabinet]
    printer.cfg:66: option 'sensor_type' in section 'temperature_fan cabinet' is 'EPCOS', which is not a choice (CFG_OPTION_CHOICE)
      To fix: choose one of EPCOS 100K B57560G104F, ATC Semitec 104GT-2, ATC Semitec 104NT-4-R025H42G, Generic 3950, Honeywell 100K 135-104LAG-J01, NTC 100K MGB18-104F39050L32, SliceEngineering 450, TDK NTCG104LH104JT1, PT1000, PT100 INA826, AD595, AD597, AD8494, AD8495, AD8496, AD8497, MAX6675, MAX31855, MAX31856, MAX31865, temperature_mcu, temperature_host, DS18B20, temperature_combined, mine
    printer.cfg:68: option 'control' in section 'temperature_fan cabinet' is 'pdi', which is not a choice (CFG_OPTION_CHOICE)
      To fix: did you mean 'pid'? Otherwise choose one of pid, watermark
    printer.cfg:70: option 'max_temp' in section 'temperature_fan cabinet' is 40 °C, but must be above 'min_temp', which is 50 °C (CFG_CONFLICT)
      To fix: raise max_temp or lower min_temp
    printer.cfg:72: section 'thermistor mine' has measurements that no thermistor can have (CFG_CONFLICT)
      To fix: check them: the resistance must fall while the temperature rises, and the three must be well apart
    printer.cfg:84: section 'heater_generic chamber' has no option 'pid_Kp' (CFG_OPTION_MISSING)
      To fix: add a line 'pid_Kp: ...' below [heater_generic chamber]
    printer.cfg:84: section 'heater_generic chamber' has no option 'pid_Ki' (CFG_OPTION_MISSING)
      To fix: add a line 'pid_Ki: ...' below [heater_generic chamber]
    printer.cfg:84: section 'heater_generic chamber' has no option 'pid_Kd' (CFG_OPTION_MISSING)
      To fix: add a line 'pid_Kd: ...' below [heater_generic chamber]"
  `);
});
