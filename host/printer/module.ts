// thread: host

import type { SettingMaker, Settings } from "../config/config.js";
import type { SettingValue } from "../config/declaration.js";
import type { ConfigTree } from "../config/load.js";
import type { ConfigWarning } from "../config/option-source.js";
import type { Pin } from "../config/pins.js";
import type { SectionReader } from "../config/section-reader.js";
import type { CommandHandler, CommandOptions } from "../gcode/command-table.js";
import type { LineSource } from "../gcode/line-source.js";
import type { GcodeOrigin } from "../gcode/origin.js";
import type { Place } from "../shared/errors.js";
import type { HostTime, Seconds } from "../shared/units.js";
import type { PrinterEvent, PrinterEvents, PrinterState } from "./events.js";
import type { Board, LiveValues, SetupBuilder, TimedActions, VirtualBuilder } from "./hardware.js";
import type { Log } from "./log.js";
import type * as service from "./services.js";
import type { PrinterObjects, StatusObject, StatusShape } from "./status.js";

// What modules are written with. Extras import this file, host/devices/ and host/shared/ and nothing else.
export type { OptionDeclaration } from "../config/declaration.js";
export type { Pin, PinUse } from "../config/pins.js";
export type { ConfigText, SectionReader } from "../config/section-reader.js";
export type { CommandHandler, CommandOptions } from "../gcode/command-table.js";
export type { GcodeCommand } from "../gcode/gcode-command.js";
export type { LineSource } from "../gcode/line-source.js";
export type { GcodeOrigin } from "../gcode/origin.js";
export type { JobState, PrinterEvent, PrinterEvents, PrinterState } from "./events.js";
export type {
  Board,
  LiveValues,
  Pending,
  PidParameters,
  ResponseValues,
  SetupBuilder,
  TimedActions,
  VirtualBuilder,
  VirtualLift,
  VirtualPart,
  VirtualPartKind,
} from "./hardware.js";
export type { Log } from "./log.js";
export type * from "./services.js";
export type { PrinterObjects, StatusObject, StatusShape } from "./status.js";

/**
 * Things that a printer has at most one of, by what they are called. A module of a new kind adds its own:
 * `declare module "../printer/module.js" { interface Services { bedMesh: BedMesh } }`.
 */
export interface Services {
  toolhead: service.Toolhead;
  gcodeMove: service.GcodeMove;
  homing: service.Homing;
  motorEnable: service.MotorEnable;
  printJob: service.PrintJob;
  configValues: service.ConfigValues;
}

/** Things that a printer has several of, by kind and name. Extended like `Services`. */
export interface Parts {
  heater: service.Heater;
  sensor: service.TemperatureSensor;
  fan: service.Fan;
  stepper: service.Stepper;
  extruder: service.ExtruderPart;
  endstop: service.Endstop;
}

/** A timer; `stop` ends it, and more than one call does nothing. The context stops those that are left. */
export interface Timer {
  stop(): void;
}

export interface ModuleCommandOptions extends CommandOptions {
  /**
   * Whether the command only adds to the queue of motion and neither sees nor changes anything live. Others wait, when
   * they stand in a script, until no more than `buffer_time` of motion is queued. Default false.
   */
  readonly runsAhead?: boolean;
}

/** The configuration of this session, as `configfile` shows it. */
export interface LoadedConfig {
  /** The files as they were read; `tree.path` is that of printer.cfg. */
  readonly tree: ConfigTree;
  /** Every option as text. */
  raw(): Settings<string>;
  /** Every option that was read, defaults included. Complete from `connect()` on. */
  settings(): Settings<SettingValue>;
  /** The same as other values: templates tell whole numbers from floats. */
  mapSettings<T>(make: SettingMaker<T>): Settings<T>;
  readonly warnings: readonly ConfigWarning[];
}

/** What a module gets of the printer. Everything that it registers or starts ends with it. */
export interface ModuleContext {
  /** Printer object: the section's name, `heater_fan hotend`. */
  readonly name: string;
  /** What follows the first word of the name: `hotend`; empty when nothing does. */
  readonly label: string;
  /** Where the section starts; empty for a module without a section. */
  readonly place: Place;
  readonly log: Log;
  /** True for `compile`: nothing is live, heaters count as hot, endstops trigger at the end of their move. */
  readonly isDryRun: boolean;
  /** Folder of print files that takes the place of the configured one; `undefined` mostly. */
  readonly jobFolder: string | undefined;
  readonly state: PrinterState;
  /** Whether a script or a job is running or waits for its turn. */
  readonly isRunningScript: boolean;
  /** Who sent the script or job that runs now; `undefined` when none does. */
  readonly running: GcodeOrigin | undefined;
  /** What people read about `state`. */
  readonly stateMessage: string;
  readonly config: LoadedConfig;

  /** The printer's clock; timers follow it, also when it is a virtual one. Timers: from `ready()` on. */
  now(): HostTime;
  after(delay: Seconds, run: () => void): Timer;
  every(period: Seconds, run: () => void): Timer;
  /** Resolves after `delay`; rejects with the signal's reason when that comes first. For commands. */
  sleep(delay: Seconds, signal: AbortSignal): Promise<void>;

  /** Registers a command. Throws GCODE_NAME when there is one of that name. */
  command(name: string, run: CommandHandler, options?: ModuleCommandOptions): void;
  /** Registers one owner of a command that several modules share, told apart by a parameter: SET_PIN PIN=x. */
  mux(name: string, parameter: string, value: string | null, run: CommandHandler, options?: ModuleCommandOptions): void;
  /** Takes the place of a command, which is `newName` from now on: `rename_existing` of a macro. */
  replaceCommand(name: string, newName: string, run: CommandHandler, options?: ModuleCommandOptions): void;
  /** Tells every console, each line with `// ` in front. Inside a command use its own `respondInfo`. */
  respond(text: string): void;
  /** Tells every console, as it is. */
  respondRaw(text: string): void;
  /**
   * Runs a script when those before it are done. Rejects with its first error, which every console has been told by
   * then. Inside a command use `GcodeCommand.run`.
   */
  run(script: string, origin: GcodeOrigin): Promise<void>;
  /**
   * Runs the lines of a print job until their end, or until `isStopped()`, which is asked before each line; other scripts
   * get their turn between two lines. Moves made meanwhile, also by macros of the job, belong to the job: they wait while
   * it is on hold. Rejects like `run`.
   */
  runJob(lines: LineSource, origin: GcodeOrigin, isStopped: () => boolean): Promise<"end" | "stopped">;
  /** Whether what runs now is (part of) a print job. */
  readonly isRunningJob: boolean;
  /** Ends the scripts and jobs that `matches` picks, those that wait included, and what they wait for. */
  cancelScripts(reason: string, matches: (origin: GcodeOrigin) => boolean): void;
  /** Every command with its help: the same frozen object until one comes or goes. */
  readonly commands: Readonly<Record<string, { readonly help?: string }>>;
  /** Calls a method that a client has registered. */
  callRemote(method: string, params: Readonly<Record<string, unknown>>): void;
  /** Answers an endpoint of the feed: `system_monitor/status`. The handler may throw a `HostError`. */
  endpoint(name: string, answer: (params: Readonly<Record<string, unknown>>) => unknown): void;

  on<E extends PrinterEvent>(event: E, listener: (payload: PrinterEvents[E]) => void): void;
  emit<E extends PrinterEvent>(event: E, payload: PrinterEvents[E]): void;

  /** Makes something available to other modules. In `create()`; they ask for it in `connect()` or later. */
  offer<K extends keyof Services>(service: K, value: Services[K]): void;
  /** What a module has offered; `undefined` when none has. */
  find<K extends keyof Services>(service: K): Services[K] | undefined;
  /** The same; throws CFG_SECTION_MISSING, saying that this section needs `section`. */
  need<K extends keyof Services>(service: K, section: string): Services[K];
  offerPart<K extends keyof Parts>(kind: K, name: string, value: Parts[K]): void;
  findPart<K extends keyof Parts>(kind: K, name: string): Parts[K] | undefined;
  /** Throws CFG_OPTION_CHOICE for `option` of this section, with the names that there are. */
  needPart<K extends keyof Parts>(kind: K, name: string, option: string): Parts[K];
  /** All parts of a kind by name, in the order in which they were offered. */
  parts<K extends keyof Parts>(kind: K): ReadonlyMap<string, Parts[K]>;
  /** `needPart("heater", name, "heater")`. */
  heater(name: string): service.Heater;
  readonly toolhead: service.Toolhead;
  /** Offers the pins of a chip that the definition's `pinChips` has named. In `create()`. */
  providePins(chip: string, provider: service.PinProvider): void;

  /**
   * The endstop behind a pin: a switch of a board, or what the owner of a virtual pin makes of it; it becomes the part
   * `endstop` of its name. In `connect()`. Throws CFG_PIN for a pin that can be no endstop.
   */
  endstop(pin: Pin, use: service.EndstopUse): service.Endstop;

  /** The board of that name. Throws CFG_PIN when there is none: pins read with `section.pin` are checked already. */
  mcu(name: string): Board;
  readonly boards: readonly Board[];
  /** Adds devices that machine runs. */
  readonly machine: SetupBuilder;
  /** Describes the hardware for the virtual printer. */
  readonly virtual: VirtualBuilder;
  readonly actions: TimedActions;
  readonly live: LiveValues;
  /** Everything that has a status, as macros see it. */
  readonly objects: PrinterObjects;

  /** Stops the printer now: heaters and motors off until the next start. */
  stop(reason: string): void;
  /** Ends this session and begins another: RESTART, or FIRMWARE_RESTART which resets the boards too. */
  restart(kind: "restart" | "firmware-restart"): void;
}

/** A module at work. All members may be left out. */
export interface Module {
  /** Boards are known: looks others up, adds commands and devices. May throw errors of the configuration. */
  readonly connect?: () => void | Promise<void>;
  /** Boards are configured: starts timers, asks boards. Must not throw for what the configuration says. */
  readonly ready?: () => void | Promise<void>;
  /** What clients see; see `StatusObject`. Called often: no work in here. */
  readonly status?: () => StatusObject;
  /** The session ends: gives back what the context does not know of, such as open files. */
  readonly close?: () => void | Promise<void>;
}

/** One kind of section and what it does. */
export interface ModuleDefinition<O> {
  /** First word of the section's name. */
  readonly section: string;
  /** `true`: the section has a name behind it; `"optional"`: it may have one. Default false. */
  readonly named?: boolean | "optional";
  /** Whether `extruder1` is also such a section. Default false. */
  readonly isNumbered?: boolean;
  /** Whether the module is there without its section too, with all defaults. Default false. */
  readonly isAlways?: boolean;
  /** Whether `connect()` comes after those of all other modules: for what takes the place of commands. Default false. */
  readonly connectsLast?: boolean;
  /** Printer object, when it is not the section's name; `undefined` for a module that shows nothing. */
  readonly object?: (section: string) => string | undefined;
  /** How templates print its status. */
  readonly shape?: StatusShape;
  /** Names of the chips whose pins the section offers: `probe`. */
  readonly pinChips?: (section: SectionReader) => readonly string[];
  /** Reads every option: one that nothing reads is reported as a mistake. */
  readonly options: (section: SectionReader) => O;
  readonly create: (options: O, ctx: ModuleContext) => Module;
}

/** A module definition without the type of its options. */
export interface AnyModule extends Omit<ModuleDefinition<unknown>, "create"> {
  /** Reads the options of a section; what is returned makes the module. */
  readonly read: (section: SectionReader) => (ctx: ModuleContext) => Module;
}

/**
 * Declares a module. Several modules may serve one section: each reads its own options of it, and their status fields
 * are put together (the motion and the heat of `[extruder]`).
 */
export function defineModule<O>(definition: ModuleDefinition<O>): AnyModule {
  const { create, ...rest } = definition;
  return {
    ...rest,
    read: (section) => {
      const options = definition.options(section);
      return (ctx) => create(options, ctx);
    },
  };
}
