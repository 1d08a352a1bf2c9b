// thread: any
import fc from "fast-check";
import { expect, test } from "vitest";
import { readSensor } from "../../../host/devices/temperature-sensor.js";
import adcTemperature from "../../../host/extras/adc_temperature.js";
import controllerFan from "../../../host/extras/controller_fan.js";
import extruderHeat from "../../../host/extras/extruder_heat.js";
import fan from "../../../host/extras/fan.js";
import heaterFan from "../../../host/extras/heater_fan.js";
import multiPin from "../../../host/extras/multi_pin.js";
import outputPin from "../../../host/extras/output_pin.js";
import servo from "../../../host/extras/servo.js";
import temperatureFan from "../../../host/extras/temperature_fan.js";
import thermistor from "../../../host/extras/thermistor.js";
import { createCurve } from "../../../host/machine/sensors/curve.js";
import type { SensorCurve } from "../../../host/machine/setup.js";
import type { AnyModule } from "../../../host/printer/module.js";
import { configOf, problemsOf } from "../config/support.js";

/** Full scale of eight readings of a converter of 12 bits. */
const FULL = 8 * 4095;

/** What each sensor reads at some temperatures (degC): the limits that Klipper gives a board for such a range. */
const READINGS: readonly (readonly [string, readonly (readonly [number, number])[]])[] = [
  [
    "EPCOS 100K B57560G104F",
    [
      [25, 31289],
      [100, 18817],
      [160, 7083],
      [225, 2248],
      [300, 731],
      [400, 230],
    ],
  ],
  [
    "ATC Semitec 104GT-2",
    [
      [25, 31288],
      [100, 17747],
      [160, 6048],
      [225, 1784],
      [300, 552],
      [400, 167],
    ],
  ],
  [
    "ATC Semitec 104NT-4-R025H42G",
    [
      [25, 31289],
      [100, 17769],
      [160, 6094],
      [225, 1814],
      [300, 567],
      [400, 173],
    ],
  ],
  [
    "Generic 3950",
    [
      [25, 31289],
      [100, 19454],
      [160, 7487],
      [225, 2321],
      [300, 717],
      [400, 210],
    ],
  ],
  [
    "Honeywell 100K 135-104LAG-J01",
    [
      [25, 31289],
      [100, 19444],
      [160, 8203],
      [225, 3003],
      [300, 1123],
      [400, 410],
    ],
  ],
  [
    "NTC 100K MGB18-104F39050L32",
    [
      [25, 31289],
      [100, 18768],
      [160, 7420],
      [225, 2571],
      [300, 923],
      [400, 325],
    ],
  ],
  [
    "SliceEngineering 450",
    [
      [25, 32454],
      [100, 29172],
      [160, 21064],
      [225, 11001],
      [300, 4558],
      [400, 1591],
    ],
  ],
  [
    "TDK NTCG104LH104JT1",
    [
      [25, 31289],
      [100, 16180],
      [160, 4658],
      [225, 1200],
      [300, 334],
      [400, 91],
    ],
  ],
  [
    "PT1000",
    [
      [25, 6201],
      [100, 7457],
      [160, 8360],
      [225, 9253],
      [300, 10186],
      [400, 11289],
    ],
  ],
  [
    "PT100 INA826",
    [
      [25, 7972],
      [100, 9998],
      [160, 11567],
      [225, 13219],
      [300, 15063],
      [400, 17419],
    ],
  ],
  [
    "AD595",
    [
      [25, 1638],
      [100, 6651],
      [160, 10614],
      [225, 14827],
      [300, 19801],
      [400, 26585],
    ],
  ],
  [
    "AD597",
    [
      [25, 1606],
      [100, 6585],
      [160, 10515],
      [225, 14699],
      [300, 19640],
      [400, 26366],
    ],
  ],
  [
    "AD8494",
    [
      [25, 819],
      [100, 3349],
      [160, 5431],
      [225, 7720],
      [300, 10353],
      [400, 13851],
    ],
  ],
  [
    "AD8495",
    [
      [25, 819],
      [100, 3303],
      [160, 5261],
      [225, 7349],
      [300, 9809],
      [400, 13170],
    ],
  ],
  [
    "AD8496",
    [
      [25, 934],
      [100, 3296],
      [160, 5241],
      [225, 7378],
      [300, 9842],
      [400, 13108],
    ],
  ],
  [
    "AD8497",
    [
      [25, 826],
      [100, 3309],
      [160, 5267],
      [225, 7349],
      [300, 9815],
      [400, 13170],
    ],
  ],
];

async function curveOf(text: string): Promise<SensorCurve> {
  const config = await configOf(`${text}\n[mcu]\n`);
  config.pins.addChip("mcu");
  const { curve } = readSensor(config.section("extruder"));
  if (curve === undefined) throw new Error("this sensor has no curve");
  return curve;
}

test.each(READINGS)("%s reads what Klipper reads", async (name, points) => {
  const curve = createCurve(await curveOf(`[extruder]\nsensor_type: ${name}\nsensor_pin: PA0\n`));
  for (const [celsius, sum] of points) {
    // Limits are rounded outwards to whole numbers; amplifiers' tables are stated in whole millivolts.
    expect(Math.abs(curve.ratio(celsius) * FULL - sum)).toBeLessThan(name.startsWith("AD") ? 8 : 1.5);
  }
});

test.each(READINGS)("%s: a temperature survives the way to the board and back", async (name) => {
  const curve = createCurve(await curveOf(`[extruder]\nsensor_type: ${name}\nsensor_pin: PA0\n`));
  fc.assert(
    fc.property(fc.double({ min: 5, max: 350, noNaN: true }), (celsius) => {
      expect(curve.celsius(curve.ratio(celsius))).toBeCloseTo(celsius, 4);
    }),
  );
});

test.each(READINGS)("%s: every analog value is a finite temperature, in one order", async (name) => {
  const curve = createCurve(await curveOf(`[extruder]\nsensor_type: ${name}\nsensor_pin: PA0\n`));
  const celsius = Array.from({ length: 4096 }, (_, i) => curve.celsius(i / 4095));
  expect(celsius.every(Number.isFinite)).toBe(true);
  const isRising = (celsius[3000] ?? 0) > (celsius[1000] ?? 0);
  expect(
    celsius.every(
      (value, i) => i === 0 || (isRising ? value >= (celsius[i - 1] ?? 0) : value <= (celsius[i - 1] ?? 0)),
    ),
  ).toBe(true);
});

test("resistors, reference voltage and offset count", async () => {
  const other = "[extruder]\nsensor_type: Generic 3950\nsensor_pin: PA0\npullup_resistor: 2200\ninline_resistor: 100\n";
  expect(createCurve(await curveOf(other)).ratio(25)).toBeCloseTo(100_100 / 102_300, 9);
  const amplifier = "[extruder]\nsensor_type: PT100 INA826\nsensor_pin: PA0\nadc_voltage: 3.3\nvoltage_offset: 0.1\n";
  expect(createCurve(await curveOf(amplifier)).ratio(100) * FULL).toBeCloseTo(14_155, -0.5);
});

test("a thermistor of one's own goes through its three measurements, or through one with its B value", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1000, max: 500_000 }),
      fc.integer({ min: 3000, max: 4700 }),
      async (ohm, beta) => {
        const at = (celsius: number): number => ohm * Math.exp(beta * (1 / (celsius + 273.15) - 1 / 298.15));
        const three = [25, 120, 240].map(
          (c, i) => `temperature${i + 1}: ${c}\nresistance${i + 1}: ${at(c) * (i === 2 ? 0.97 : 1)}`,
        );
        const sensor = "[extruder]\nsensor_type: own\nsensor_pin: PA0\n";
        const first = createCurve(await curveOf(`${sensor}[thermistor own]\n${three.join("\n")}\n`));
        const second = createCurve(
          await curveOf(`${sensor}[thermistor own]\ntemperature1: 25\nresistance1: ${ohm}\nbeta: ${beta}\n`),
        );
        for (const [i, celsius] of [25, 120, 240].entries()) {
          const measured = at(celsius) * (i === 2 ? 0.97 : 1);
          expect(second.celsius(at(celsius) / (at(celsius) + 4700))).toBeCloseTo(celsius, 3);
          expect(first.celsius(measured / (measured + 4700))).toBeCloseTo(celsius, 3);
        }
      },
    ),
    { numRuns: 30 },
  );
});

/** What a configuration of these modules reports. */
async function problems(text: string, modules: readonly AnyModule[]): Promise<string> {
  const config = await configOf(text);
  config.pins.addChip("mcu");
  for (const name of config.names) {
    for (const one of modules) {
      const kind = name.split(" ", 1)[0] ?? "";
      if (one.section !== kind) continue;
      for (const chip of one.pinChips?.(config.section(name)) ?? []) config.pins.addChip(chip);
      one.read(config.section(name));
    }
  }
  return problemsOf(
    config,
    modules.map(({ section }) => section),
  );
}

const HEATER = `[extruder]
heater_pin: PA1
sensor_type: Generic 3950
sensor_pin: PA2
control: pid
pid_Kp: 20
pid_Ki: 1
pid_Kd: 100
min_temp: 0
max_temp: 250
`;

test("mistakes of a heater's section", async () => {
  expect(await problems(HEATER, [extruderHeat])).toBe("nothing was thrown");
  expect(
    await problems(
      HEATER.replace("Generic 3950", "Generic 3590")
        .replace("max_temp: 250", "max_temp: -5")
        .replace("pid_Ki: 1\n", ""),
      [extruderHeat],
    ),
  ).toMatchInlineSnapshot(`
    "the configuration has 3 errors (CFG_INVALID)
      To fix: correct each of them, then run RESTART.
    printer.cfg:1: section 'extruder' has no option 'pid_Ki' (CFG_OPTION_MISSING)
      To fix: add a line 'pid_Ki: ...' below [extruder]
    printer.cfg:3: option 'sensor_type' in section 'extruder' is 'Generic 3590', which is not a choice (CFG_OPTION_CHOICE)
      To fix: did you mean 'Generic 3950'? Otherwise choose one of EPCOS 100K B57560G104F, ATC Semitec 104GT-2, ATC Semitec 104NT-4-R025H42G, Generic 3950, Honeywell 100K 135-104LAG-J01, NTC 100K MGB18-104F39050L32, SliceEngineering 450, TDK NTCG104LH104JT1, PT1000, PT100 INA826, AD595, AD597, AD8494, AD8495, AD8496, AD8497, MAX6675, MAX31855, MAX31856, MAX31865, temperature_mcu, temperature_host, DS18B20, temperature_combined
    printer.cfg:9: option 'max_temp' in section 'extruder' is -5 °C, but must be above 'min_temp', which is 0 °C (CFG_CONFLICT)
      To fix: raise max_temp or lower min_temp"
  `);
  expect(
    await problems(`${HEATER}max_power: 1.5\nmin_extrude_temp: 300\npwm_cycle_time: 1\nsmoth_time: 2\n`, [
      extruderHeat,
    ]),
  ).toMatchInlineSnapshot(`
    "the configuration has 4 errors (CFG_INVALID)
      To fix: correct each of them, then run RESTART.
    printer.cfg:11: option 'max_power' in section 'extruder' is 1.5, above the maximum 1 (CFG_OPTION_RANGE)
      To fix: set max_power to a value above 0 and of at most 1
    printer.cfg:12: option 'min_extrude_temp' in section 'extruder' is 300 °C, which is not between min_temp (0 °C) and max_temp (250 °C) (CFG_CONFLICT)
      To fix: set it to a temperature that the heater may have
    printer.cfg:13: option 'pwm_cycle_time' in section 'extruder' is 1 s, above the maximum 0.3 s (CFG_OPTION_RANGE)
      To fix: set pwm_cycle_time to a value above 0 and of at most 0.3 s
    printer.cfg:14: option 'smoth_time' in section 'extruder' is not known (CFG_OPTION_UNKNOWN)
      To fix: did you mean 'smooth_time'? Otherwise remove the line"
  `);
  expect(await problems(HEATER.replace("control: pid", "control: bang"), [extruderHeat])).toMatchInlineSnapshot(`
    "printer.cfg:5: option 'control' in section 'extruder' is 'bang', which is not a choice (CFG_OPTION_CHOICE)
      To fix: choose one of pid, watermark"
  `);
  expect(
    await problems(HEATER.replace("Generic 3950", "MAX31855\nspi_software_sclk_pin: PB1"), [extruderHeat]),
  ).toMatchInlineSnapshot(`
    "printer.cfg:1: section 'extruder' has some of the pins of a software SPI bus, but not all (CFG_CONFLICT)
      To fix: set spi_software_sclk_pin, spi_software_mosi_pin and spi_software_miso_pin, or none of them"
  `);
  expect(
    await problems(HEATER.replace("heater_pin: PA1", "heater_pin: multi_pin:two"), [extruderHeat, multiPin]),
  ).toMatchInlineSnapshot(`
    "the configuration has 2 errors (CFG_INVALID)
      To fix: correct each of them, then run RESTART.
    printer.cfg:2: option 'heater_pin' in section 'extruder' names 'multi_pin:two', which is not there (CFG_CONFLICT)
      To fix: add a section [multi_pin two]
    printer.cfg:2: option 'heater_pin' in section 'extruder' names 'multi_pin', but no board or device is called that (CFG_PIN)
      To fix: add the section of that board or device, or correct the name"
  `);
});

test("a wrong thermistor is told once, however many sensors are of its type", async () => {
  const two = `[thermistor own]
temperature1: 25
resistance1: 100000
temperature2: 100
resistance2: 200000
temperature3: 200
resistance3: 300
[adc_temperature table]
temperature1: 0
voltage1: 1
temperature2: 100
voltage2: 1
${HEATER.replace("Generic 3950", "own")}
[temperature_fan case]
pin: PA3
sensor_type: own
sensor_pin: PA4
min_temp: 0
max_temp: 80
control: watermark
`;
  expect(await problems(two, [thermistor, adcTemperature, extruderHeat, temperatureFan])).toMatchInlineSnapshot(`
    "the configuration has 2 errors (CFG_INVALID)
      To fix: correct each of them, then run RESTART.
    printer.cfg:1: section 'thermistor own' has measurements that no thermistor can have (CFG_CONFLICT)
      To fix: check them: the resistance must fall while the temperature rises, and the three must be well apart
    printer.cfg:8: section 'adc_temperature table' has voltages that neither only rise nor only fall with the temperature (CFG_CONFLICT)
      To fix: check the measurements: each temperature needs another voltage, in order"
  `);
});

test("mistakes of fans", async () => {
  expect(
    await problems(
      "[fan]\npin: PA1\nshutdown_speed: 0.5\nhardware_pwm: maybe\n[heater_fan a]\npin: PA2\nmax_power: 0.5\n[controller_fan c]\npin: ^PA3\nidle_speed: 2\n",
      [fan, heaterFan, controllerFan],
    ),
  ).toMatchInlineSnapshot(`
    "the configuration has 5 errors (CFG_INVALID)
      To fix: correct each of them, then run RESTART.
    printer.cfg:3: option 'shutdown_speed' in section 'fan' asks for 0.5 of full power while the printer is shut down, but a pin with software PWM is then fully on or off (CFG_CONFLICT)
      To fix: set shutdown_speed to 0 or 1, or set hardware_pwm: True (a fan with 'max_power' below 1 needs that)
    printer.cfg:4: option 'hardware_pwm' in section 'fan' is 'maybe', which is not True or False (CFG_OPTION_TYPE)
      To fix: write True or False
    printer.cfg:5: section 'heater_fan a' asks for 0.5 of full power while the printer is shut down, but a pin with software PWM is then fully on or off (CFG_CONFLICT)
      To fix: set shutdown_speed to 0 or 1, or set hardware_pwm: True (a fan with 'max_power' below 1 needs that)
    printer.cfg:9: option 'pin' in section 'controller_fan c' is '^PA3', but this pin cannot have a pull resistor (CFG_PIN)
      To fix: remove the ^
    printer.cfg:10: option 'idle_speed' in section 'controller_fan c' is 2, above the maximum 1 (CFG_OPTION_RANGE)
      To fix: set idle_speed to a value from 0 to 1"
  `);
});

test("mistakes of pins and servos", async () => {
  expect(
    await problems(
      "[output_pin a]\npin: PA1\nvalue: 0.5\n[output_pin b]\npin: PA2\npwm: True\nscale: 10\nvalue: 11\nshutdown_value: 5\n[servo s]\npin: PA3\nminimum_pulse_width: 0.003\n",
      [...[outputPin].flat(), servo],
    ),
  ).toMatchInlineSnapshot(`
    "the configuration has 3 errors (CFG_INVALID)
      To fix: correct each of them, then run RESTART.
    printer.cfg:8: option 'value' in section 'output_pin b' is 11, above the maximum 10 (CFG_OPTION_RANGE)
      To fix: set value to a value from 0 to 10
    printer.cfg:9: option 'shutdown_value' in section 'output_pin b' asks for 0.5 of full power while the printer is shut down, but a pin with software PWM is then fully on or off (CFG_CONFLICT)
      To fix: set shutdown_value to 0 or 1, or set hardware_pwm: True (a fan with 'max_power' below 1 needs that)
    printer.cfg:12: option 'minimum_pulse_width' in section 'servo s' leaves pulses from 0.003 s to 0.002 s, which is no range (CFG_CONFLICT)
      To fix: make maximum_pulse_width longer than minimum_pulse_width; both are in s, and mostly near 0.001 and 0.002"
  `);
});
