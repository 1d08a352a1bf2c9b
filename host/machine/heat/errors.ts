// thread: machine
import { HostError } from "../../shared/errors.js";
import type { Sensor } from "../sensors/sensor.js";
import type { HeaterVerify } from "../setup.js";

const degrees = (celsius: number): string => `${celsius.toFixed(1)} °C`;

/** The heater is told to heat and its temperature does not follow. */
export function notHeating(
  heater: string,
  temperature: number,
  target: number,
  verify: HeaterVerify,
): HostError<"HEATER_NOT_HEATING"> {
  return new HostError(
    "HEATER_NOT_HEATING",
    `heater '${heater}' is not heating as it should: ${degrees(temperature)} with a target of ${degrees(target)}; ` +
      `at least ${verify.heatingGainC} °C in ${verify.checkGainTimeS} s are expected`,
    {
      details: { heater, temperature, target },
      fix:
        "check that the heater and its sensor are seated firmly and wired, that the supply is on, and that no fan " +
        `blows on the block; a slow heater may need other values in [verify_heater ${heater}]. Then run FIRMWARE_RESTART.`,
    },
  );
}

/** A temperature outside of what the configuration allows: mostly a sensor that is open or shorted. */
export function outOfRange({ setup, celsius }: Sensor): HostError<"SENSOR_RANGE"> {
  const { object, minCelsius, maxCelsius } = setup;
  const isCold = celsius < minCelsius;
  const bound = isCold ? `below its minimum of ${degrees(minCelsius)}` : `above its maximum of ${degrees(maxCelsius)}`;
  return new HostError("SENSOR_RANGE", `the sensor of '${object}' reads ${degrees(celsius)}, ${bound}`, {
    details: { sensor: object, temperature: celsius, min: minCelsius, max: maxCelsius },
    fix:
      "check the sensor's plug and wires: a thermistor with a broken wire reads far too cold, one with a short circuit " +
      `far too hot (PT100 and PT1000 the other way round). If the temperature is real, correct min_temp and max_temp in [${object}]. ` +
      "Then run FIRMWARE_RESTART.",
  });
}

/** The chip in front of a sensor reports a fault. */
export function sensorFault({ setup, fault }: Sensor): HostError<"SENSOR_FAULT"> {
  return new HostError("SENSOR_FAULT", `the sensor of '${setup.object}' reports fault ${fault}`, {
    details: { sensor: setup.object, fault },
    fix: "check the thermocouple's or RTD's wires and the chip's bus, then run FIRMWARE_RESTART.",
  });
}

/** Nothing has come from a sensor that a heater needs. */
export function sensorSilent(sensor: Sensor, heater: string): HostError<"SENSOR_SILENT"> {
  const { object } = sensor.setup;
  const silentS = Number(sensor.silentS.toFixed(1));
  return new HostError(
    "SENSOR_SILENT",
    `the sensor of '${object}' has told nothing for ${silentS} s, so heater '${heater}' was turned off`,
    {
      details: { sensor: object, silentS },
      fix: "check the connection to the sensor's board and, for a sensor that the host reads, its file or bus; then run FIRMWARE_RESTART.",
    },
  );
}

/** Sensors that are combined into one are too far apart. */
export function sensorsApart(sensor: Sensor, deviation: number, limit: number): HostError<"SENSOR_DEVIATION"> {
  const { object } = sensor.setup;
  return new HostError(
    "SENSOR_DEVIATION",
    `the sensors of '${object}' differ by ${degrees(deviation)}, more than maximum_deviation of ${degrees(limit)}`,
    {
      details: { sensor: object, deviation, limit },
      fix: `check which of them is wrong or loose, or raise maximum_deviation in [${object}]; then run FIRMWARE_RESTART.`,
    },
  );
}

/** PID_CALIBRATE did not come to a result. */
export function calibrationFailed(heater: string, reason: string): HostError<"PID_CALIBRATE_FAILED"> {
  return new HostError("PID_CALIBRATE_FAILED", `PID calibration of heater '${heater}' failed: ${reason}`, {
    details: { heater, reason },
    fix: "let the heater cool down a little, keep draughts away, and run PID_CALIBRATE with a target that it reaches easily.",
  });
}
