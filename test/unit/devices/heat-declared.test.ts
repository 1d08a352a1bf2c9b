// thread: any
import { expect, test } from "vitest";
import { declareOptions } from "../../../host/config/declare.js";
import extruderHeat from "../../../host/extras/extruder_heat.js";
import fan from "../../../host/extras/fan.js";
import heaterBed from "../../../host/extras/heater_bed.js";
import heaterGeneric from "../../../host/extras/heater_generic.js";
import temperatureFan from "../../../host/extras/temperature_fan.js";
import temperatureSensor from "../../../host/extras/temperature_sensor.js";
import thermistor from "../../../host/extras/thermistor.js";
import type { AnyModule } from "../../../host/printer/module.js";

const declared = (one: AnyModule, name: string) => declareOptions(name, (section) => one.options(section));

test.each([
  ["extruder", extruderHeat],
  ["heater_bed", heaterBed],
  ["heater_generic chamber", heaterGeneric],
] as const)("every option of [%s] can be looked up, those of each sensor and regulator too", (name, one) => {
  const options = new Set(declared(one, name).map(({ option }) => option));
  for (const option of [
    ...["heater_pin", "max_power", "sensor_type", "sensor_pin", "smooth_time", "control", "min_temp", "max_temp"],
    ...["pid_Kp", "pid_Ki", "pid_Kd", "max_delta", "pwm_cycle_time", "pullup_resistor", "inline_resistor"],
    ...["adc_voltage", "voltage_offset", "spi_speed", "spi_bus", "tc_type", "rtd_nominal_r", "rtd_num_of_wires"],
    ...["sensor_mcu", "sensor_path", "serial_no", "sensor_list", "combination_method", "maximum_deviation"],
  ]) {
    expect(options).toContain(option);
  }
});

test.each([
  ["fan", fan],
  ["temperature_fan case", temperatureFan],
  ["temperature_sensor case", temperatureSensor],
  ["thermistor own", thermistor],
] as const)("every option of [%s] has a sentence of help", (name, one) => {
  const options = declared(one, name);
  expect(options.length).toBeGreaterThan(3);
  // Old options are told about when they are used, nowhere else.
  const silent = options.filter(({ limits, option }) => limits.help === undefined && option !== "static_value");
  expect(silent.map(({ option }) => option).filter((option) => !["sensor_type", "control"].includes(option))).toEqual(
    [],
  );
});
