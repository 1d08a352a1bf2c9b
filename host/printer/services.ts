// thread: host
import type { Pin } from "../config/pins.js";
import type { GcodeCommand } from "../gcode/gcode-command.js";
import type { ShaperSetup } from "../machine/setup.js";
import type { Celsius, Mm, MmPerS, MmPerS2, Ratio, Seconds } from "../shared/units.js";
import type { JobState } from "./events.js";
import type { OutputOwner, Pending } from "./hardware.js";

export type { ShaperSetup } from "../machine/setup.js";

/** Limits of all moves, as `[printer]` and SET_VELOCITY_LIMIT set them. */
export interface MotionLimits {
  readonly velocity: MmPerS;
  readonly accel: MmPerS2;
  readonly minimumCruiseRatio: Ratio;
  readonly squareCornerVelocity: MmPerS;
}

/** Coordinates of a move; those that are left out stay. */
export interface Target {
  readonly x?: number;
  readonly y?: number;
  readonly z?: number;
  readonly e?: number;
}

/** A place in a print file: the end of a line. */
export interface JobPlace {
  /** Byte behind the line. */
  readonly position: number;
  /** Number of the line, from 1. */
  readonly line: number;
}

/** The tool head: what its moves may be, and the queue that they go into. Coordinates are the machine's own, in mm. */
export interface Toolhead {
  /** End of the last move that was queued: x, y, z, e in mm. Borrowed: it changes with the next move. */
  readonly position: Readonly<Float64Array>;
  readonly limits: MotionLimits;
  setLimits(limits: Partial<MotionLimits>): void;
  /** Homed axes, as letters in the order "xyz". */
  readonly homedAxes: string;
  /** Least and greatest coordinates of x, y, z in mm. */
  readonly minimum: readonly [x: number, y: number, z: number];
  readonly maximum: readonly [x: number, y: number, z: number];
  /** Name of the active extruder; empty when there is none. */
  readonly extruder: string;
  /**
   * Queues a straight move to absolute coordinates at `speed` (mm/s). Throws MOVE_OUT_OF_RANGE, MOVE_NOT_HOMED,
   * EXTRUDE_TOO_COLD and so on; then nothing is queued.
   */
  move(x: number, y: number, z: number, e: number, speed: number): Pending;
  /** The same for some axes, for modules that move the tool head themselves. */
  moveTo(target: Target, speed: MmPerS): Pending;
  /** Rests for so long, in order with the moves. */
  dwell(time: Seconds): Pending;
  /** Waits until everything queued is done. */
  drain(): Promise<void>;
  /** Waits until no more than `buffer_time` of motion is queued: before anything that sees or changes live state. */
  settle(): Pending;
  /** Seconds of motion that are queued, as far as known. */
  readonly queued: Seconds;
  /**
   * Takes back what the print job has queued and what is not planned yet; resolves when the tool head is at rest. Then
   * it gives the place in the file to read on from, with G-code's state as it was there, or `undefined` when nothing of a
   * file was taken back. Does not go back behind a command that has seen or changed anything live. For pauses: no line
   * of the job may be running.
   */
  takeBack(): Promise<JobPlace | undefined>;
  /** Takes the tool head to be at `target`, and `homed` (letters) to be homed. Waits until it is at rest. */
  setPosition(target: Target, homed?: string): Promise<void>;
  /** Takes the axes (letters) to be not homed. */
  clearHomed(axes: string): void;
  /**
   * Moves single steppers by distances of their actuators, all in one move, while the tool head's coordinates stay as
   * they are: to level a gantry, or FORCE_MOVE. The fastest of them goes at `speed`. Waits until it is done.
   */
  shiftSteppers(shifts: readonly StepperShift[], speed: MmPerS, accel: MmPerS2): Promise<void>;
  /** Shapes all moves from here on. Motion comes to rest first. */
  setShapers(shapers: Shapers): Promise<void>;
}

/** How far a stepper is to be moved by itself, in mm of its actuator. */
export interface StepperShift {
  /** Index in `MachineSetup.steppers`. */
  readonly stepper: number;
  readonly distanceMm: number;
}

/** Input shapers of the axes; `null` where there is none. */
export interface Shapers {
  readonly x: ShaperSetup | null;
  readonly y: ShaperSetup | null;
  readonly z: ShaperSetup | null;
}

/** Something between G-code moves and the tool head that changes where they go: a bed mesh, a skew correction. */
export interface MoveTransform {
  /** Does a move to x, y, z, e (machine coordinates before this transform) at `speed` by calling `next.move`. */
  move(x: number, y: number, z: number, e: number, speed: number): Pending;
  /** Where the tool head stands, before this transform: into `position` (x, y, z, e). */
  readPosition(position: Float64Array): void;
}

/** G-code coordinates: origin, offset, absolute or relative, factors. */
export interface GcodeMove {
  /**
   * Puts a transform in front of the present ones. `make` gets what follows it: the next transform, or the tool head.
   * In `connect()`.
   */
  addTransform(make: (next: MoveTransform) => MoveTransform): void;
  /** Tells that the transform now gives another position, or that the tool head was moved by a module. */
  resync(): void;
  /** Last speed that G-code set, in mm/s. */
  readonly speed: number;
  /** What SET_GCODE_OFFSET adds: x, y, z, e in mm. */
  readonly offset: readonly [x: number, y: number, z: number, e: number];
  /** Where the tool head stands in G-code coordinates: x, y, z, e. */
  gcodePosition(): readonly [x: number, y: number, z: number, e: number];
  saveState(name: string): void;
  /** Goes back to a saved state; with `speed` (mm/s) also to its place. Throws GCODE_FAILED for an unknown name. */
  restoreState(name: string, speed?: number): Pending;
  /** How many moves G-code has asked for since the start: to see whether a macro has moved anything. */
  readonly extruded: number;
}

/** Does what G28 asks: homes `axes` (letters; all when empty). */
export type HomeAxes = (axes: string, command: GcodeCommand) => Promise<void>;

/** Where the tool head was when a probe triggered, in mm. */
export interface ProbeHit {
  readonly x: number;
  readonly y: number;
  readonly z: number;
}

/** Homing. */
export interface Homing {
  /** Puts something in front of what G28 does: it gets what G28 did before. In `connect()`. */
  wrap(make: (next: HomeAxes) => HomeAxes): void;
  /** Homes axes (letters) as G28 does without anything in front of it. */
  readonly home: HomeAxes;
  /** Called before and after each homing move of `axes`, and waited for. */
  onMove(before: (axes: string) => Promise<void>, after: (axes: string) => Promise<void>): void;
  /**
   * A probing move from where the tool head stands, straight towards `target`, until the switch triggers. The switch is
   * prepared before and released after, as with a homing move. Afterwards the tool head is where it came to a halt.
   * Throws HOMING_NO_TRIGGER, HOMING_EARLY_TRIGGER and so on.
   */
  probe(endstop: Endstop, target: Target, speed: MmPerS, command: GcodeCommand): Promise<ProbeHit>;
  /** Makes a switch stop every stepper that turns when these axes (letters) move. In `connect()`. */
  attach(endstop: Endstop, axes: string): void;
  /** Name and state of all endstops, asked of the boards now. */
  query(): Promise<ReadonlyMap<string, boolean>>;
}

/** What an endstop is wanted for. */
export interface EndstopUse {
  /** Short name for messages: `x`, `z`. */
  readonly name: string;
  /** Objects that were made for it on the board of its pin already. */
  readonly reserved?: ReservedSwitch | undefined;
}

/** Objects of a switch on a board, in the order in which Klipper makes them: before the stepper that it stops. */
export interface ReservedSwitch {
  readonly board: number;
  readonly endstopOid: number;
  readonly trsyncOid: number;
}

/** A stepper as an endstop sees it. */
export interface EndstopStepper {
  /** Index in `MachineSetup.steppers`, and of its board in `MachineSetup.boards`. */
  readonly index: number;
  readonly board: number;
  readonly name: string;
}

/** A switch that ends moves. */
export interface Endstop {
  readonly name: string;
  /** Index in `MachineSetup.endstops`. */
  readonly index: number;
  /** Where the axis is when it triggers; `undefined` when the section of the axis says so. */
  readonly position: Mm | undefined;
  /** Makes it stop this stepper too. Until the machine is configured. */
  addStepper(stepper: EndstopStepper): void;
  /** Asks the board whether it is triggered now. */
  query(): Promise<boolean>;
  /** Called before and after a homing move with it, and waited for: to deploy a probe, to switch a driver's mode. */
  readonly prepare?: (command: GcodeCommand) => Promise<void>;
  readonly release?: (command: GcodeCommand) => Promise<void>;
}

/** Offers pins that no board has: `probe:z_virtual_endstop`. */
export interface PinProvider {
  /** Throws CFG_PIN for a pin that it does not have. */
  endstop(pin: Pin, use: EndstopUse): Endstop;
}

/** A heater, whoever's it is. */
export interface Heater {
  /** As commands name it: `extruder`, `heater_bed`, `chamber` of `[heater_generic chamber]`. */
  readonly name: string;
  /** Printer object: `heater_generic chamber`. */
  readonly object: string;
  /** Index in `MachineSetup.heaters`. */
  readonly index: number;
  /** As measured last, smoothed. */
  readonly temperature: Celsius;
  readonly target: Celsius;
  readonly power: Ratio;
  readonly minTemp: Celsius;
  readonly maxTemp: Celsius;
  /** Below this the filament is too cold to push; NaN for a heater that pushes none. */
  readonly minExtrudeTemp: Celsius;
  /** Whether it is hot enough to push filament; always true in a dry run. */
  readonly canExtrude: boolean;
  /** Sets the target in order with the motion of the running script. Throws HEATER_TARGET_RANGE. */
  setTarget(target: Celsius): Pending;
  /** Sets the target at once. */
  setTargetNow(target: Celsius): void;
  /** Resolves when it has come to its target; rejects with the signal's reason. */
  reached(signal: AbortSignal): Promise<void>;
}

/** A temperature sensor that other sections may name. */
export interface TemperatureSensor {
  readonly object: string;
  /** Index in `MachineSetup.sensors`. */
  readonly index: number;
  readonly temperature: Celsius;
}

/** A fan that commands and rules can set. */
export interface Fan {
  readonly object: string;
  /** Index in `MachineSetup.outputs`. */
  readonly output: number;
  readonly speed: Ratio;
  set(speed: Ratio): Pending;
  setNow(speed: Ratio): void;
}

/** Pins that enable the drivers of steppers; several steppers may share one. */
export interface MotorEnable {
  /** Index of the output for an enable pin, made when it is not there. `ctx` is that of a section that names it. */
  output(ctx: OutputOwner, pin: Pin, name: string): number;
  /** Whether the stepper's driver is enabled, as machine told last. */
  isEnabled(stepper: number): boolean;
}

/** A stepper motor of any kind. */
export interface Stepper extends EndstopStepper {
  /** Its object on its board, and whether that counts its steps the other way round. */
  readonly oid: number;
  readonly isInverted: boolean;
  readonly stepDistance: Mm;
  /** Whether its driver is enabled, as machine tells; steppers without an enable pin always are. */
  readonly isEnabled: boolean;
  /** Name of its step pin with the board, for drivers that must find their stepper. */
  readonly stepPin: Pin;
}

/** An extruder as the tool head sees it. */
export interface ExtruderPart {
  readonly name: string;
  /** Index in `MachineSetup.extruders`. */
  readonly index: number;
  readonly nozzleDiameter: Mm;
  readonly filamentArea: number;
  readonly maxCrossSection: number;
  readonly maxOnlyDistance: Mm;
  readonly maxOnlyVelocity: MmPerS;
  readonly maxOnlyAccel: MmPerS2;
  readonly instantCornerVelocity: MmPerS;
  /** Pressure advance in s of the moves that are queued from now on. */
  readonly pressureAdvance: Seconds;
  readonly heater: Heater;
}

/** The print from a file. */
export interface PrintJob {
  readonly state: JobState;
  /** Path below the folder of G-code files; empty when none is loaded. */
  readonly file: string;
  /** Whether lines of it are being read. */
  readonly isActive: boolean;
  /** Byte up to which it was read, and its size. */
  readonly position: number;
  readonly size: number;
  /** Loads a file and starts it. Throws FILE_UNREADABLE, or GCODE_STATE while another one is printed. */
  start(file: string): Promise<void>;
  /** The same for a file that lies anywhere: for the command line. */
  startPath(path: string): Promise<void>;
  /** Stops reading, and motion comes to rest. */
  pause(): Promise<void>;
  /** Goes on reading where it stopped. */
  resume(): void;
  /** Ends the job and takes back what it has queued. */
  cancel(): Promise<void>;
  /**
   * Stops reading and takes back what is not planned, so that a PAUSE or CANCEL_PRINT which follows acts soon, whatever
   * macros are around it: `after-line` waits for the present line, `now` ends whatever that waits for. Not from inside a
   * script. Resolves at rest; to be followed by `release()` in any case.
   */
  hold(when: "after-line" | "now"): Promise<void>;
  /** After `hold`: goes on when nothing has paused or ended the job; when its line was ended, so is the job. */
  release(): Promise<void>;
  /**
   * Makes a change to what lines mean, and reads those again that were read too far ahead for it to act soon. From inside
   * a script; in one of the job itself nothing is read again.
   */
  reread(change: () => void): Promise<void>;
  /** Hears when reading goes back to a byte of the file, behind which everything is read again. In `connect()`. */
  onRewind(listener: (position: number) => void): void;
  /** Forgets the file. */
  reset(): Promise<void>;
}

/** Values that SAVE_CONFIG will store, and what printer.cfg said at the start. */
export interface ConfigValues {
  /** Keeps a value for SAVE_CONFIG. Throws CFG_SAVE for a text that the file cannot hold. */
  save(section: string, option: string, value: string | number | boolean): void;
  remove(section: string, option: string): void;
  removeSection(section: string): void;
}
