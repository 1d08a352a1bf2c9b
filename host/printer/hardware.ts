// thread: host
import type { Pin } from "../config/pins.js";
import type {
  EndstopSetup,
  ExtruderSetup,
  HeaterControl,
  HeaterSetup,
  OutputSetup,
  RuleSetup,
  SensorSetup,
  StepperSetup,
  TachometerSetup,
} from "../machine/setup.js";
import type { MachineSetup as VirtualMachineSetup, PinSetup as VirtualPin } from "../virtual/setup.js";

/** Values of a board's answer, by field. */
export type ResponseValues = Readonly<Record<string, number | Uint8Array>>;

/**
 * One board. Oids and commands can be added until the machine is configured (from `create()` and `connect()`, and from
 * what is given to `SetupBuilder`); facts of its firmware are there from `connect()` on; it answers from `ready()` on.
 */
export interface Board {
  /** `mcu`, or the name behind `[mcu NAME]`. */
  readonly name: string;
  /** Its place in `MachineSetup.boards`. */
  readonly index: number;
  createOid(): number;
  /** Adds a configuration command in the firmware's words: `config_digital_out oid=3 pin=PB4 ...`. */
  addConfig(command: string): void;
  /** Adds a command that is sent after the configuration, each time it is made anew. */
  addInit(command: string): void;
  /** Adds a command that is sent instead when the board has this configuration already. */
  addRestart(command: string): void;
  /** Ticks per second. */
  readonly frequency: number;
  /** Ticks of a duration in s, rounded to the nearest. */
  ticks(seconds: number): number;
  /** A number or text that the firmware states, such as `ADC_MAX`. */
  constant(name: string): number | string | undefined;
  /** Whether the firmware has a command: by its name, or by its name and fields. */
  has(command: string): boolean;
  /** Throws MCU_COMMAND_MISSING, naming `feature`, when the firmware has no such command. */
  require(command: string, feature: string): void;
  /** The firmware's version, and what it was built with. */
  readonly version: string;
  readonly buildVersions: string;
  readonly constants: ReadonlyMap<string, number | string>;
  /** Newest numbers about the link and its load, under their public names; the same object until there are newer ones. */
  readonly stats: Readonly<Record<string, number>>;
  /** Sends a command in the firmware's words and waits for its answer. */
  query(command: string, response: string, oid?: number): Promise<ResponseValues>;
  /** Sends commands at the next opportunity. */
  send(...commands: readonly string[]): void;
  /** Hears every response of this kind (with this `oid`) from now on. */
  listen(response: string, oid: number | undefined, handler: (values: ResponseValues) => void): void;
  /** Sends commands when the motion before them ends, as part of the running script. */
  sendInOrder(...commands: readonly string[]): Pending;
}

/** Nothing to wait for, or a promise that resolves when it is done. */
export type Pending = void | Promise<void>;

/**
 * What machine is to run. Each call returns the index of the new device at once, so that others can refer to it; what is
 * given is asked for the details when all modules are connected. Only until the machine is configured.
 */
export interface SetupBuilder {
  addStepper(details: () => StepperSetup): number;
  addOutput(details: () => OutputSetup): number;
  addSensor(details: () => SensorSetup): number;
  addTachometer(details: () => TachometerSetup): number;
  addHeater(details: () => HeaterSetup): number;
  addRule(details: () => RuleSetup): number;
  addEndstop(details: () => EndstopSetup): number;
  addExtruder(details: () => ExtruderSetup): number;
  /** A motion queue for a part that moves by itself; the tool head's is 0. */
  addQueue(): number;
}

/** A list of the virtual machine's parts, such as `heaters`. */
type PartList = {
  readonly [K in keyof VirtualMachineSetup]-?: Required<VirtualMachineSetup>[K] extends readonly (infer T)[]
    ? T
    : never;
};

/** Kinds of parts that the virtual printer can have any number of. */
export type VirtualPartKind = { [K in keyof PartList]: PartList[K] extends never ? never : K }[keyof PartList];

/** One part of the virtual printer. */
export type VirtualPart<K extends VirtualPartKind> = PartList[K];

/** What the virtual printer has one of. */
export type VirtualSingles = Pick<VirtualMachineSetup, "nozzle" | "bed">;

/** A motor that lifts a bed or gantry at a point. */
export interface VirtualLift {
  readonly motor: string;
  readonly xMm: number;
  readonly yMm: number;
}

/** Describes the hardware for `serial: virtual`, so that every configuration can run without a printer. In `create()`. */
export interface VirtualBuilder {
  /** Adds a motor, a heater, a switch, ... */
  add<K extends VirtualPartKind>(kind: K, part: VirtualPart<K>): void;
  set(values: VirtualSingles): void;
  /**
   * The bed or gantry hangs on these motors, each at a point of its own (mm): it can tilt. Their motors start at
   * slightly different heights, so that there is something to level.
   */
  lift(points: readonly VirtualLift[]): void;
  /** The pin as the virtual printer names it. */
  pin(pin: Pin): VirtualPin;
}

/** Newest numbers of the machine: from shared memory, nothing is asked. NaN when there is no such number. */
export interface LiveValues {
  number(object: string, field: string): number;
  list(object: string, field: string): readonly number[] | undefined;
}

/** Parameters of a heater's regulator, as `pid_kp`, `pid_ki` and `pid_kd` state them. */
export interface PidParameters {
  readonly kp: number;
  readonly ki: number;
  readonly kd: number;
}

/** What happens at its place in the motion, or at once. Indexes are those that `SetupBuilder` gave. */
export interface TimedActions {
  /** Sets an output (0 to 1) when the motion before it ends, as part of the running script. */
  output(output: number, value: number): Pending;
  /** Sets an output now, whatever is queued. */
  outputNow(output: number, value: number): void;
  /** Sets a heater's target in °C, 0 for off, when the motion before it ends. */
  heater(heater: number, celsius: number): Pending;
  heaterNow(heater: number, celsius: number): void;
  /** Sets the target of a `temperature-fan` rule when the motion before it ends. */
  rule(rule: number, celsius: number): Pending;
  /** Sets the target, and the least and most speed (0 to 1), of a `temperature-fan` rule now. */
  ruleNow(rule: number, celsius: number, minValue: number, maxValue: number): void;
  /** Gives a heater's regulator other parameters now, without a jolt. */
  control(heater: number, control: HeaterControl): void;
  /** Tells the temperature in °C of a sensor whose source is `host`. */
  temperature(sensor: number, celsius: number): void;
  /**
   * Lets a heater oscillate around `celsius` until its PID parameters are found; it is off then. Cycles must agree within
   * the share `tolerance`. Rejects with PID_CALIBRATE_FAILED, also when the heater gets another target meanwhile.
   */
  calibrate(heater: number, celsius: number, tolerance: number): Promise<PidParameters>;
  /** Smooths an extruder's filament over `timeS` from here on, for pressure advance; 0 when there is none. */
  smooth(extruder: number, timeS: number): Pending;
  /** Enables or disables a stepper's driver; -1 for all steppers. */
  motor(stepper: number, isOn: boolean): Pending;
  /** Print time in s at which the motion before it has ended: resolves when it has. */
  marker(): Promise<number>;
}

/** What a pin that is set at given times is made with: a module's context. */
export interface OutputOwner {
  mcu(name: string): Board;
  readonly machine: SetupBuilder;
}
