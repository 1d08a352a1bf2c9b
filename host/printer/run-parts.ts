// thread: host
import type { CommandTable } from "../gcode/command-table.js";
import type { Gcode } from "../gcode/gcode.js";
import type { LineSource } from "../gcode/line-source.js";
import type { GcodeOrigin } from "../gcode/origin.js";
import type { ControlBlock } from "../shared/control.js";
import type { Place } from "../shared/errors.js";
import type { McuBoard } from "./board.js";
import type { EventHub } from "./events.js";
import type { GcodeMotion } from "./gcode-move.js";
import type { PrinterHoming } from "./homing.js";
import type { Kinematics } from "./kinematics/kinematics.js";
import type { SnapshotValues } from "./live-values.js";
import type { Log } from "./log.js";
import type { LoadedConfig, ModuleContext } from "./module.js";
import type { MotionQueue } from "./motion-queue.js";
import type { MotorEnablePins } from "./motor-enable.js";
import type { ObjectTable } from "./objects.js";
import type { Registry } from "./registry.js";
import type { Scheduler } from "./scheduler.js";
import type { PinProvider } from "./services.js";
import type { MachineSetupBuilder } from "./setup-builder.js";
import type { Phase } from "./state.js";
import type { PrinterToolhead } from "./toolhead.js";
import type { VirtualSetupBuilder } from "./virtual-builder.js";

/** Times that `[steadyhand]` sets, in s. */
export interface RunTimes {
  bufferTime: number;
  horizon: number;
  homingHorizon: number;
  hostTimeout: number;
}

/** Everything that one life of the printer consists of, from reading its configuration to its end. */
export interface RunParts {
  readonly log: Log;
  readonly isDryRun: boolean;
  readonly jobFolder: string | undefined;
  readonly control: ControlBlock;
  readonly scheduler: Scheduler;
  readonly events: EventHub;
  readonly registry: Registry;
  readonly table: CommandTable;
  readonly gcode: Gcode;
  readonly objects: ObjectTable;
  readonly live: SnapshotValues;
  readonly queue: MotionQueue;
  readonly toolhead: PrinterToolhead;
  readonly gcodeMotion: GcodeMotion;
  readonly homing: PrinterHoming;
  readonly motorEnable: MotorEnablePins;
  readonly setup: MachineSetupBuilder;
  readonly virtual: VirtualSetupBuilder;
  readonly pinProviders: Map<string, PinProvider>;
  readonly endpoints: Map<string, (params: Readonly<Record<string, unknown>>) => unknown>;
  readonly times: RunTimes;
  boards: readonly McuBoard[];
  kinematics: Kinematics;
  config: LoadedConfig;
  readonly phase: Phase;
  /** Print jobs by who sends them, with the lines that they read. */
  readonly jobs: Map<GcodeOrigin, LineSource>;
  /** The context of a section; the same one for each name. */
  readonly contextOf: (section: string, place?: Place) => ModuleContext;
  readonly callRemote: (method: string, params: Readonly<Record<string, unknown>>) => void;
  readonly stop: (reason: string) => void;
  readonly restart: (kind: "restart" | "firmware-restart") => void;
}

/** Runs a script as a lockstep clock must wait for it; clients see what the host is doing until it is done. */
export async function runScript(parts: RunParts, script: string, origin: GcodeOrigin): Promise<void> {
  const { control, gcode, scheduler } = parts;
  try {
    await scheduler.busy(() => gcode.run(script, origin));
  } finally {
    if (gcode.running === undefined) control.activity = "";
  }
}
