// thread: host
import type { ConfigFiles } from "../config/files.js";
import type { GcodeOutput } from "../gcode/output.js";
import type { MachineReady } from "../machine/messages.js";
import type { SharedClock } from "../shared/clock.js";
import type { ControlBlock } from "../shared/control.js";
import type { Log } from "./log.js";
import type { MachineSource } from "./machine-source.js";
import type { AnyModule } from "./module.js";
import type { RealTimers } from "./scheduler.js";
import type { Phase } from "./state.js";

/** What a run is made with. */
export interface RunOptions {
  /** printer.cfg. */
  readonly configPath: string;
  readonly files: ConfigFiles;
  readonly modules: readonly (AnyModule | readonly AnyModule[])[];
  /** Folder of the owner's own modules; it need not be there. */
  readonly modulesFolder: string;
  readonly machines: MachineSource;
  readonly clock: SharedClock;
  readonly control: ControlBlock;
  readonly log: Log;
  readonly version: string;
  readonly isDryRun: boolean;
  /** Every board is taken to be virtual. */
  readonly isVirtual: boolean;
  /** Folder of print files in place of the configured one. */
  readonly jobFolder: string | undefined;
  /** The boards are reset before they are connected. */
  readonly reset: boolean;
  readonly output: GcodeOutput;
  readonly timers?: RealTimers;
  readonly onPhase: (phase: Phase) => void;
  readonly onRestart: (kind: "restart" | "firmware-restart") => void;
  readonly onRemoteCall: (method: string, params: Readonly<Record<string, unknown>>) => void;
  readonly onMachine: (ready: MachineReady) => void;
}
