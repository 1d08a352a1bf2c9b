// thread: any
import type { WireError } from "../shared/errors.js";
import type { SnapshotLayout } from "../shared/snapshot.js";
import type { BoardReport, BoardRequest, HeaterControl, MachineSetup, ShaperSetup, StepperMotion } from "./setup.js";

/** First number of a timed action in the ring: what it acts on. The second is an index, the third a value. */
export const TIMED_OUTPUT = 1;
export const TIMED_HEATER = 2;
/** Enables (value 1) or disables (0) a stepper's driver; index -1 for all. */
export const TIMED_MOTOR = 3;
/** Machine answers with a `marker` event when the printer has come to it. */
export const TIMED_MARKER = 4;
/** Sends the payload with this number (see the `payload` request), due at that time. */
export const TIMED_PAYLOAD = 5;
/** Target of a `temperature-fan` rule. */
export const TIMED_RULE = 6;
/** Smooths the filament of an extruder over so many seconds; 0 ends pressure advance. */
export const TIMED_SMOOTH = 7;

/** What machine's thread is started with. */
export interface MachineWorkerData {
  readonly clock: SharedArrayBuffer;
  readonly control: SharedArrayBuffer;
  readonly memory: WebAssembly.Memory;
  readonly module: WebAssembly.Module;
  /** Virtual boards that run in lockstep: how many runner slots to wait for. */
  readonly runners: number;
}

/** How a homing or probing move ends by an endstop. */
export interface HomingRequest {
  /** Target, in mm. The move starts where the tool head stands. */
  readonly x: number;
  readonly y: number;
  readonly z: number;
  readonly speed: number;
  readonly accel: number;
  readonly endstops: readonly {
    readonly endstop: number;
    /** Steps per second of its fastest stepper in this move: sets how often the pin is looked at. */
    readonly stepRate: number;
  }[];
  /** Pin state that ends the move: true for triggered. */
  readonly triggered: boolean;
  /** The move is a probing move: named so in messages. */
  readonly probing: boolean;
}

/** Where one stepper was, in steps since the start and in mm of its actuator. */
export interface StepperHalt {
  readonly stepper: number;
  readonly startSteps: number;
  readonly triggerSteps: number;
  readonly haltSteps: number;
  readonly triggerMm: number;
  readonly haltMm: number;
}

export interface HomingResult {
  readonly endstops: readonly {
    readonly endstop: number;
    readonly triggered: boolean;
    /** Print time of the trigger, in s; NaN without one. */
    readonly triggerTimeS: number;
  }[];
  readonly steppers: readonly StepperHalt[];
  /** Largest distance between trigger and halt, in mm of an actuator. */
  readonly overshootMm: number;
  /** `speed x timeout`: how far a motor on another board could have gone on, in mm. */
  readonly overshootBoundMm: number;
}

/** Asked of machine; answered by `answer` with the same id. */
export type MachineCall =
  | { readonly call: "connect"; readonly boards: readonly BoardRequest[] }
  | { readonly call: "configure"; readonly setup: MachineSetup }
  | { readonly call: "home"; readonly request: HomingRequest }
  | { readonly call: "queryEndstops" }
  /** A command and its answer: the answer's fields by name. */
  | {
      readonly call: "query";
      readonly board: number;
      readonly command: string;
      readonly response: string;
      readonly oid: number | undefined;
    }
  /** Finds the PID parameters of a heater by oscillation. */
  | { readonly call: "pidCalibrate"; readonly heater: number; readonly target: number; readonly tolerance: number }
  /** Where steppers were at a print time, in mm of their actuators. */
  | { readonly call: "positionsAt"; readonly timeS: number }
  /**
   * Moves single steppers by themselves, all in one move at rest. The tool head stands at x, y, z (mm) and is to be told
   * so again afterwards, by setting its position.
   */
  | {
      readonly call: "shift";
      readonly x: number;
      readonly y: number;
      readonly z: number;
      readonly shifts: readonly { readonly stepper: number; readonly distanceMm: number }[];
      readonly speed: number;
      readonly accel: number;
    }
  /** Lets steppers follow something else from here on, at rest. Those of the tool head must be told their place then. */
  | {
      readonly call: "follow";
      readonly motions: readonly { readonly stepper: number; readonly motion: StepperMotion }[];
    }
  /** Shapes the motion of the axes from here on, at rest; `null` for an axis that is not shaped. */
  | {
      readonly call: "shape";
      readonly x: ShaperSetup | null;
      readonly y: ShaperSetup | null;
      readonly z: ShaperSetup | null;
    }
  /** Drops everything that is not planned yet: what is planned ends at rest. */
  | { readonly call: "drop" }
  /** Resets boards and closes the links. */
  | { readonly call: "reset" }
  | { readonly call: "close" };

/** Results of the calls. */
export interface CallResults {
  connect: readonly BoardReport[];
  configure: MachineReady;
  home: HomingResult;
  queryEndstops: readonly boolean[];
  query: Readonly<Record<string, number | Uint8Array>>;
  pidCalibrate: { readonly kp: number; readonly ki: number; readonly kd: number };
  positionsAt: readonly number[];
  shift: null;
  follow: null;
  shape: null;
  /**
   * Moves that were planned since the start: those of zero length do not count. Records of the ring that were taken
   * since the start: those behind them were dropped. Both modulo 2^32.
   */
  drop: { readonly plannedMoves: number; readonly taken: number };
  reset: null;
  close: null;
}

export interface MachineReady {
  /** Input ring of the core: see `MoveRing`. */
  readonly ringAddress: number;
  readonly ringCapacity: number;
  readonly snapshot: SharedArrayBuffer;
  readonly layout: SnapshotLayout;
}

/** Told without an answer. */
export type MachineNotice =
  /** Target of a heater at once, out of order with motion. */
  | { readonly notice: "heater"; readonly heater: number; readonly celsius: number }
  | { readonly notice: "output"; readonly output: number; readonly value: number }
  /** Target and range of a `temperature-fan` rule. */
  | {
      readonly notice: "rule";
      readonly rule: number;
      readonly celsius: number;
      readonly minValue: number;
      readonly maxValue: number;
    }
  | { readonly notice: "control"; readonly heater: number; readonly control: HeaterControl }
  | { readonly notice: "temperature"; readonly sensor: number; readonly celsius: number }
  /** Bytes for `TIMED_PAYLOAD`: encoded commands of one board, sent in order. */
  | {
      readonly notice: "payload";
      readonly id: number;
      readonly board: number;
      readonly commands: readonly Uint8Array[];
    }
  /** Sends commands now, in the firmware's words. */
  | { readonly notice: "command"; readonly board: number; readonly commands: readonly string[] }
  /** From now on, tell the host of each response of this kind. */
  | { readonly notice: "listen"; readonly board: number; readonly response: string; readonly oid: number | undefined }
  /** Stops now, for the reason given. */
  | { readonly notice: "stop"; readonly reason: string };

export type MachineRequest = ({ readonly id: number } & MachineCall) | MachineNotice;

/** Numbers of one board's link, under their public names, once a second. */
export interface BoardStats {
  readonly name: string;
  readonly stats: Readonly<Record<string, number>>;
}

export type MachineEvent =
  | { readonly event: "answer"; readonly id: number; readonly result: unknown }
  | { readonly event: "refused"; readonly id: number; readonly error: WireError | string }
  | { readonly event: "marker"; readonly marker: number; readonly timeS: number }
  | {
      readonly event: "response";
      readonly board: number;
      readonly name: string;
      readonly fields: Readonly<Record<string, number | Uint8Array>>;
    }
  | { readonly event: "motors"; readonly enabled: readonly boolean[] }
  | {
      readonly event: "stats";
      readonly boards: readonly BoardStats[];
      readonly machine: Readonly<Record<string, number>>;
    }
  /** Something worth a line in the console, such as a stop because the host was late. */
  | { readonly event: "remark"; readonly text: string }
  /** The printer is stopped: heaters off, motors off. Nothing moves until the next start. */
  | { readonly event: "shutdown"; readonly error: WireError }
  /** A line for the log. */
  | {
      readonly event: "log";
      readonly level: "debug" | "info" | "warn" | "error";
      readonly fields: Readonly<Record<string, unknown>>;
      readonly text: string;
    };
