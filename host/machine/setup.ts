// thread: any

/** How a board is reached. Paths are opened by the host (configured, then handed over as descriptors). */
export type PortRequest =
  | { readonly kind: "virtual"; readonly toBoard: SharedArrayBuffer; readonly fromBoard: SharedArrayBuffer }
  | { readonly kind: "descriptor"; readonly fd: number; readonly path: string; readonly baud: number }
  | { readonly kind: "socket"; readonly path: string };

/** One board to connect to. */
export interface BoardRequest {
  /** `mcu`, or the name behind `[mcu NAME]`. */
  readonly name: string;
  readonly port: PortRequest;
}

/** What a connected board says of itself. */
export interface BoardReport {
  readonly name: string;
  /** The dictionary's JSON text, as `Dictionary.parse` takes it. */
  readonly dictionary: string;
  /** `fresh`: not configured since its reset. `configured`: has a configuration. `shutdown`: must be reset first. */
  readonly state: "fresh" | "configured" | "shutdown";
}

/** A board's configuration, in the firmware's own words, with names for pins (encoded by machine). */
export interface BoardSetup {
  readonly oidCount: number;
  /** `config_...` commands in order, without `allocate_oids` and `finalize_config`. */
  readonly config: readonly string[];
  /** Sent after the configuration, each time it is made anew. */
  readonly init: readonly string[];
  /** Sent instead when the board already has this configuration (after RESTART). */
  readonly restart: readonly string[];
  /** Seconds without its keep-alive after which a board stops homing moves by itself, with several boards. */
  readonly trsyncTimeoutS: number;
}

/** What a stepper follows. Lengths in mm; actuators that turn are measured in radians. */
export type StepperMotion =
  /** A sum of coordinates with these weights; one that stands still has weights of 0. */
  | { readonly kind: "linear"; readonly x: number; readonly y: number; readonly z: number }
  | { readonly kind: "extruder"; readonly extruder: number }
  /** Carriage of a delta on the tower at (x, y). */
  | { readonly kind: "delta"; readonly arm: number; readonly x: number; readonly y: number }
  /** Arm of a deltesian whose pivot is at x. */
  | { readonly kind: "deltesian"; readonly arm: number; readonly x: number }
  /** Distance from the centre, and angle of the bed. */
  | { readonly kind: "polar-arm" }
  | { readonly kind: "polar-bed" }
  /**
   * Upper arm of a rotary delta: its joint at this radius and height over the centre, in direction `angle` (radians).
   */
  | {
      readonly kind: "rotary-delta";
      readonly radius: number;
      readonly height: number;
      readonly angle: number;
      readonly upperArm: number;
      readonly lowerArm: number;
    }
  /** Cable to a winch at (x, y, z). */
  | { readonly kind: "winch"; readonly x: number; readonly y: number; readonly z: number };

export interface StepperSetup {
  /** `stepper_x`, `extruder`, ... */
  readonly name: string;
  readonly board: number;
  readonly oid: number;
  /** The direction pin is inverted. */
  readonly inverted: boolean;
  readonly stepDistanceMm: number;
  readonly motion: StepperMotion;
  /** Motion queue: 0 is the tool head's. */
  readonly queue: number;
  /** Output that enables its driver; several steppers may share one. Undefined: always enabled. */
  readonly enable: number | undefined;
}

/** `value`: gets the same requests. `on`: gets 1 while the other is on, else 0. */
export interface OutputFollower {
  readonly output: number;
  readonly follows: "value" | "on";
}

/** A pin that is set at given times. Values are 0 to 1. */
export interface OutputSetup {
  /** Name for messages: `fan`, `heater_bed`, `enable stepper_x`. */
  readonly name: string;
  readonly board: number;
  readonly oid: number;
  readonly kind: "digital" | "soft-pwm" | "pwm";
  readonly inverted: boolean;
  /** Ticks of one cycle of a soft PWM; full scale of a hardware PWM. */
  readonly scale: number;
  /** Seconds after which the board turns it off by itself unless told again; 0 for never. */
  readonly maxDurationS: number;
  readonly startValue: number;
  readonly shutdownValue: number;
  /** Least seconds between two changes. */
  readonly minIntervalS: number;
  /** Kick start of a fan: full power for so long when it starts or rises by more than half; 0 for none. */
  readonly kickStartS: number;
  /** Requests below this are off; others are scaled: 0 is off, just above 0 is `minValue`, 1 is `maxValue`. */
  readonly offBelow: number;
  readonly minValue: number;
  readonly maxValue: number;
  /** Outputs that follow this one: the other pins of a `[multi_pin]`, the pin that powers a fan. */
  readonly followers?: readonly OutputFollower[];
  /** Where its value is published: object and field, such as `fan` and `speed`. */
  readonly publish: { readonly object: string; readonly field: string } | undefined;
}

/** How an ADC value becomes a temperature. */
export type SensorCurve =
  /** Resistance by a pull-up (and an optional resistor in line), temperature by Steinhart and Hart. */
  | {
      readonly kind: "thermistor";
      readonly pullupOhm: number;
      readonly inlineOhm: number;
      readonly c1: number;
      readonly c2: number;
      readonly c3: number;
    }
  /** Platinum by Callendar and Van Dusen (IEC 60751), on a pull-up. */
  | { readonly kind: "rtd"; readonly pullupOhm: number; readonly nominalOhm: number }
  /** Piecewise linear over the resistance, ascending, on a pull-up. */
  | {
      readonly kind: "resistance";
      readonly pullupOhm: number;
      readonly ohms: readonly number[];
      readonly celsius: readonly number[];
    }
  /** Piecewise linear over the ADC ratio (0 to 1), ascending. */
  | { readonly kind: "table"; readonly ratios: readonly number[]; readonly celsius: readonly number[] };

/** A chip that the board reads by itself over SPI. */
export type SensorChip =
  | { readonly kind: "MAX6675" | "MAX31855" | "MAX31856" }
  /** A platinum sensor of `nominalOhm` at 0 degC against `referenceOhm`. */
  | { readonly kind: "MAX31865"; readonly nominalOhm: number; readonly referenceOhm: number };

export type SensorSource =
  /** Analog pin. */
  | { readonly kind: "adc"; readonly board: number; readonly oid: number; readonly curve: SensorCurve }
  /** Chip behind `config_thermocouple`. */
  | { readonly kind: "chip"; readonly board: number; readonly oid: number; readonly chip: SensorChip }
  /** 1-wire sensor of a Linux board (`config_ds18b20`). */
  | { readonly kind: "ds18b20"; readonly board: number; readonly oid: number; readonly reportS: number }
  /** Temperature given by the host (a file, another bus) at least every `reportS`: `temperature` messages. */
  | { readonly kind: "host"; readonly reportS: number }
  /** Two or more other sensors. */
  | {
      readonly kind: "combined";
      readonly sensors: readonly number[];
      readonly method: "min" | "max" | "mean";
      readonly maxDeviation: number;
    };

export interface SensorSetup {
  /** Printer object: `extruder`, `heater_bed`, `temperature_sensor chamber`. */
  readonly object: string;
  readonly source: SensorSource;
  readonly minCelsius: number;
  readonly maxCelsius: number;
  /** Whether leaving [min, max] stops the printer (it does for heaters). */
  readonly guards: boolean;
  /** Publish the lowest and highest value seen (`measured_min_temp`, `measured_max_temp`). */
  readonly publishExtremes: boolean;
}

/** Edges of a pin, counted by the board (`config_counter`): how fast a fan turns. */
export interface TachometerSetup {
  /** Printer object whose `rpm` it is: `fan`, `heater_fan hotend`. */
  readonly object: string;
  readonly board: number;
  readonly oid: number;
  readonly pulsesPerTurn: number;
  readonly pollS: number;
}

export type HeaterControl =
  | { readonly kind: "watermark"; readonly maxDeltaC: number }
  | { readonly kind: "pid"; readonly kp: number; readonly ki: number; readonly kd: number };

/** `[verify_heater]`. */
export interface HeaterVerify {
  readonly maxError: number;
  readonly checkGainTimeS: number;
  readonly hysteresisC: number;
  readonly heatingGainC: number;
}

export interface HeaterSetup {
  /** Printer object and name: `extruder`, `heater_bed`, `heater_generic chamber`. */
  readonly object: string;
  readonly output: number;
  readonly sensor: number;
  readonly maxPower: number;
  readonly control: HeaterControl;
  readonly smoothTimeS: number;
  readonly verify: HeaterVerify | undefined;
  /** Below this the filament is too cold to push (`can_extrude`); undefined for heaters that push none. */
  readonly minExtrudeCelsius: number | undefined;
}

/** Machine keeps these by itself, whatever the host does. */
export type RuleSetup =
  /** `[heater_fan]`: on while any of its heaters has a target or is above a temperature. */
  | {
      readonly kind: "heater-fan";
      readonly output: number;
      readonly heaters: readonly number[];
      readonly aboveCelsius: number;
      readonly value: number;
    }
  /** `[controller_fan]`: on while any of its heaters or steppers is on, and for a while after. */
  | {
      readonly kind: "controller-fan";
      readonly output: number;
      readonly heaters: readonly number[];
      readonly steppers: readonly number[];
      readonly value: number;
      readonly idleValue: number;
      readonly idleTimeoutS: number;
    }
  /** `[temperature_fan]`: cools a sensor to a target. */
  | {
      readonly kind: "temperature-fan";
      /** `temperature_fan chamber`. */
      readonly object: string;
      readonly output: number;
      readonly sensor: number;
      readonly targetCelsius: number;
      readonly minValue: number;
      readonly maxValue: number;
      readonly control: HeaterControl;
      readonly smoothTimeS: number;
    };

/** A switch that ends a move, and the steppers that it stops. */
export interface EndstopSetup {
  /** Name for messages: `x`, `probe`. */
  readonly name: string;
  readonly board: number;
  readonly oid: number;
  readonly inverted: boolean;
  /** One trigger per board that has one of its steppers, the endstop's own board first. */
  readonly trsyncs: readonly { readonly board: number; readonly oid: number }[];
  /** Steppers that it stops. */
  readonly steppers: readonly number[];
}

export interface ExtruderSetup {
  readonly name: string;
  readonly instantCornerVelocity: number;
  /** Seconds over which filament is smoothed for pressure advance at the start; 0 while there is no advance. */
  readonly smoothTimeS: number;
}

/** What an axis is shaped with against ringing. */
export interface ShaperSetup {
  readonly kind: "zv" | "mzv" | "zvd" | "ei" | "2hump_ei" | "3hump_ei";
  readonly frequencyHz: number;
  readonly dampingRatio: number;
}

/** Everything that machine runs, as plain data: made by the host's modules, fixed until the next restart. */
export interface MachineSetup {
  readonly boards: readonly BoardSetup[];
  readonly steppers: readonly StepperSetup[];
  readonly extruders: readonly ExtruderSetup[];
  /** Motion queues beside the tool head's. */
  readonly extraQueues: number;
  readonly outputs: readonly OutputSetup[];
  readonly sensors: readonly SensorSetup[];
  readonly tachometers?: readonly TachometerSetup[];
  readonly heaters: readonly HeaterSetup[];
  readonly rules: readonly RuleSetup[];
  readonly endstops: readonly EndstopSetup[];
  /** Seconds of steps that a board is given ahead while printing, and while homing. */
  readonly horizonS: number;
  readonly homingHorizonS: number;
  /** Heaters go off when the host has shown no sign of life for so long; 0 for never. */
  readonly hostTimeoutS: number;
  /** Positions at which steppers stand at the start, in mm of their own actuator. */
  readonly startPositions: readonly number[];
}
