// thread: any
/** Problems of motion, homing and heat. */
export interface MachineErrors {
  MOVE_OUT_OF_RANGE: { readonly axis: string; readonly value: number; readonly min: number; readonly max: number };
  MOVE_NOT_HOMED: { readonly axes: string };
  MOVE_INVALID: { readonly reason: string };
  EXTRUDE_TOO_COLD: { readonly extruder: string; readonly temperature: number; readonly limit: number };
  EXTRUDE_TOO_WIDE: { readonly extruder: string; readonly area: number; readonly limit: number };
  EXTRUDE_TOO_LONG: { readonly extruder: string; readonly length: number; readonly limit: number };
  HOMING_NO_TRIGGER: { readonly endstop: string; readonly travelledMm: number };
  HOMING_EARLY_TRIGGER: { readonly endstop: string };
  HOMING_STILL_TRIGGERED: { readonly endstop: string; readonly retractMm: number };
  HOMING_TIMEOUT: { readonly endstop: string; readonly mcu: string };
  HOMING_LATE: { readonly lateS: number; readonly culprit: string };
  HEATER_UNKNOWN: { readonly heater: string };
  HEATER_TARGET_RANGE: { readonly heater: string; readonly value: number; readonly min: number; readonly max: number };
  HEATER_NOT_HEATING: { readonly heater: string; readonly temperature: number; readonly target: number };
  SENSOR_RANGE: { readonly sensor: string; readonly temperature: number; readonly min: number; readonly max: number };
  /** A sensor that something depends on has told nothing for too long. */
  SENSOR_SILENT: { readonly sensor: string; readonly silentS: number };
  /** The sensor's chip says that something is wrong with it. */
  SENSOR_FAULT: { readonly sensor: string; readonly fault: number };
  /** Sensors that are combined disagree. */
  SENSOR_DEVIATION: { readonly sensor: string; readonly deviation: number; readonly limit: number };
  /** PID_CALIBRATE found no parameters. */
  PID_CALIBRATE_FAILED: { readonly heater: string; readonly reason: string };
  /** Samples of a probe at one place differ too much. */
  PROBE_SAMPLES: { readonly range: number; readonly tolerance: number };
  /** A probe cannot be let down, or drawn up. */
  PROBE_STUCK: { readonly probe: string };
  /** Points that were probed say that something cannot be levelled, or the result is not to be trusted. */
  LEVEL_FAILED: { readonly section: string; readonly value: number; readonly limit: number };
  /** A stepper driver does not answer, or not as it should. */
  TMC_SILENT: { readonly driver: string; readonly register: string };
  /** A stepper driver has reported a fault. */
  TMC_FAULT: { readonly driver: string; readonly fault: string };
  /** The motion core refused or trapped: the printer is stopped. */
  CORE_FAULT: { readonly status: number };
  /** The printer is stopped; the text says by what. */
  PRINTER_SHUTDOWN: { readonly reason: string };
}
