// thread: any
// What a virtual printer consists of, as plain data: built from printer.cfg by the host, or by hand in tests.

/** One pin of one board, by the name that the board's dictionary gives it. */
export interface PinSetup {
  readonly board: string;
  readonly pin: string;
  /** The level that means "on" or "triggered" is low. */
  readonly inverted?: boolean;
}

/** A board that speaks Klipper's protocol. */
export interface BoardSetup {
  readonly name: string;
  /** JSON of a real firmware's dictionary, whose commands and ids it then uses; its own when left out. */
  readonly dictionary?: string;
  /** How wrong its crystal is, in parts per million. */
  readonly clockErrorPpm?: number;
  /** Its counter when the simulation begins; random (from the seed) when left out. */
  readonly startTicks?: number;
  /** Slots for queued moves and pin changes; 1024 when left out. */
  readonly moveCount?: number;
  /** Bits per second of its serial line, ten for each byte; no limit when left out (USB). */
  readonly baud?: number;
  /** Time that bytes take in each direction besides their length, s; 0 when left out. */
  readonly latencyS?: number;
  /** How long it is silent after a reset, s; 0.2 when left out. */
  readonly bootS?: number;
  /** Ticks that one step costs it; a step rate above that is more than it can do. */
  readonly stepTicks?: number;
}

/** A weighted sum of motor positions, mm: where a carriage is. */
export type MotorSum = readonly { readonly motor: string; readonly coefficient: number }[];

/** A stepper motor and its driver. */
export interface MotorSetup {
  readonly name: string;
  readonly step: PinSetup;
  readonly dir: PinSetup;
  /** Without one it is always enabled. */
  readonly enable?: PinSetup;
  readonly stepDistanceMm: number;
  /** Where it stands at the beginning; chosen by the seed, within the rails, when left out. */
  readonly startMm?: number;
}

/** Something that moves between two hard stops. */
export interface RailSetup {
  readonly name: string;
  readonly position: MotorSum;
  readonly minMm: number;
  readonly maxMm: number;
}

/** A switch that a carriage runs into. */
export interface EndstopSetup {
  readonly name: string;
  readonly pin: PinSetup;
  readonly position: MotorSum;
  readonly triggerMm: number;
  /** On which side of `triggerMm` it is triggered. */
  readonly side: "below" | "above";
}

/** A driver's stall output: triggered while the motor's rail is pushed against a hard stop. */
export interface StallSetup {
  readonly name: string;
  readonly pin: PinSetup;
  readonly rail: string;
}

/** How the nozzle's place follows from the motors. */
export type NozzleSetup =
  | { readonly kind: "linear"; readonly x: MotorSum; readonly y: MotorSum; readonly z: MotorSum }
  /** A bed or gantry that several motors lift at points of their own: its height is the plane through them. */
  | {
      readonly kind: "tilting";
      readonly x: MotorSum;
      readonly y: MotorSum;
      readonly z: readonly { readonly motor: string; readonly xMm: number; readonly yMm: number }[];
    }
  | {
      readonly kind: "delta";
      readonly towers: readonly {
        readonly motor: string;
        readonly xMm: number;
        readonly yMm: number;
        readonly armMm: number;
      }[];
    };

/** The surface that a probe finds: a plane with bumps. */
export interface BedSetup {
  readonly heightMm?: number;
  /** Rise per mm of x and of y. */
  readonly slopeX?: number;
  readonly slopeY?: number;
  readonly bumps?: readonly {
    readonly xMm: number;
    readonly yMm: number;
    readonly heightMm: number;
    readonly radiusMm: number;
  }[];
}

/** A probe that is triggered when the nozzle is `triggerMm` or less above the bed under the probe. */
export interface ProbeSetup {
  readonly name: string;
  readonly pin: PinSetup;
  readonly offsetXMm: number;
  readonly offsetYMm: number;
  readonly triggerMm: number;
}

/** A BLTouch: a probe whose pin is let down and drawn up by pulses of different widths. */
export interface BlTouchSetup extends ProbeSetup {
  readonly control: PinSetup;
}

/** How a temperature becomes a voltage, as a share of the reference. */
export type SensorCurve =
  /** Steinhart-Hart thermistor to ground with a pull-up: 1/T = a + b ln R + c (ln R)^3, T in K. */
  | {
      readonly kind: "thermistor";
      readonly pullupOhm: number;
      readonly inlineOhm?: number;
      readonly a: number;
      readonly b: number;
      readonly c: number;
    }
  | {
      readonly kind: "beta";
      readonly pullupOhm: number;
      readonly inlineOhm?: number;
      readonly ohm: number;
      readonly atC: number;
      readonly beta: number;
    }
  /** Resistance to ground by temperature, straight lines between the points, with a pull-up. */
  | {
      readonly kind: "resistance";
      readonly pullupOhm: number;
      readonly points: readonly { readonly c: number; readonly ohm: number }[];
    }
  /** Share of the reference by temperature, straight lines between the points. */
  | { readonly kind: "ratio"; readonly points: readonly { readonly c: number; readonly ratio: number }[] };

/** A temperature sensor on an analog pin, or a thermocouple or RTD chip behind a chip select pin. */
export interface SensorSetup {
  readonly name: string;
  readonly pin: PinSetup;
  readonly curve: SensorCurve | { readonly kind: "spi"; readonly chip: ThermocoupleChip; readonly rtd?: RtdSetup };
  /** Heater whose temperature it has; without one it shows `temperatureC`. */
  readonly heater?: string;
  readonly temperatureC?: number;
}

export type ThermocoupleChip = "MAX31855" | "MAX31856" | "MAX31865" | "MAX6675";

/** Resistors of an RTD sensor. */
export interface RtdSetup {
  readonly nominalOhm: number;
  readonly referenceOhm: number;
}

/** A block of metal with a heating element. */
export interface HeaterSetup {
  readonly name: string;
  readonly pin: PinSetup;
  readonly watts: number;
  readonly joulesPerKelvin: number;
  readonly lossWattsPerKelvin: number;
  readonly ambientC: number;
  /** How slowly its sensor follows, as a time constant in s. */
  readonly sensorDelayS?: number;
  readonly startC?: number;
  /** A fan that cools it, and the loss it adds at full speed. */
  readonly fan?: { readonly name: string; readonly lossWattsPerKelvin: number };
}

/** A fan, with a tachometer or without. */
export interface FanSetup {
  readonly name: string;
  readonly pin: PinSetup;
  readonly tachometer?: { readonly pin: PinSetup; readonly rpm: number; readonly pulsesPerTurn: number };
}

/** A button or a switch that is set by hand. */
export interface SwitchSetup {
  readonly name: string;
  readonly pin: PinSetup;
  readonly pressed?: boolean;
}

/** A TMC driver with registers. */
export type DriverSetup =
  | {
      readonly name: string;
      readonly kind: "uart";
      readonly chip: "tmc2208" | "tmc2209" | "tmc2226" | "tmc2240";
      readonly rx: PinSetup;
      readonly tx: PinSetup;
      readonly address: number;
    }
  | {
      readonly name: string;
      readonly kind: "spi";
      readonly chip: "tmc2130" | "tmc2240" | "tmc2660" | "tmc5160";
      readonly select: PinSetup;
    };

/** What stands behind the boards. */
export interface MachineSetup {
  readonly motors?: readonly MotorSetup[];
  readonly rails?: readonly RailSetup[];
  readonly endstops?: readonly EndstopSetup[];
  readonly stalls?: readonly StallSetup[];
  readonly nozzle?: NozzleSetup;
  readonly bed?: BedSetup;
  readonly probes?: readonly ProbeSetup[];
  readonly blTouches?: readonly BlTouchSetup[];
  readonly heaters?: readonly HeaterSetup[];
  readonly sensors?: readonly SensorSetup[];
  readonly fans?: readonly FanSetup[];
  readonly switches?: readonly SwitchSetup[];
  readonly drivers?: readonly DriverSetup[];
}

/** A whole virtual printer. The same setup and the same bytes give the same run. */
export interface VirtualSetup {
  readonly seed: number;
  readonly boards: readonly BoardSetup[];
  readonly machine: MachineSetup;
  /** File that every executed step command is written to; none when left out. */
  readonly stepLogFile?: string;
}
