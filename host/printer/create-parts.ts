// thread: host
import { Config } from "../config/config.js";
import { CommandTable } from "../gcode/command-table.js";
import { Gcode } from "../gcode/gcode.js";
import { mmPerS, mmPerS2, ratio, seconds } from "../shared/units.js";
import { EventHub } from "./events.js";
import { GcodeMotion } from "./gcode-move.js";
import { PrinterHoming } from "./homing.js";
import { noKinematics } from "./kinematics/none.js";
import { SnapshotValues } from "./live-values.js";
import { CurrentLimits } from "./motion-limits.js";
import { MotionQueue } from "./motion-queue.js";
import { MotorEnablePins } from "./motor-enable.js";
import { ObjectTable } from "./objects.js";
import { Registry } from "./registry.js";
import { errorFields } from "./run-errors.js";
import type { RunOptions } from "./run-options.js";
import type { RunParts } from "./run-parts.js";
import { Scheduler } from "./scheduler.js";
import type { JobPlace } from "./services.js";
import { MachineSetupBuilder } from "./setup-builder.js";
import { type Phase, phaseMessage } from "./state.js";
import type { StatusObject } from "./status.js";
import { PrinterToolhead } from "./toolhead.js";
import { VirtualSetupBuilder } from "./virtual-builder.js";

/** Until `[printer]` is read. */
const LIMITS = {
  velocity: mmPerS(1),
  accel: mmPerS2(1),
  minimumCruiseRatio: ratio(0.5),
  squareCornerVelocity: mmPerS(5),
};

/** What the parts need of the run that they belong to. */
export interface RunHooks extends Pick<RunParts, "contextOf" | "stop"> {
  readonly phase: () => Phase;
  /** A timer or a listener has thrown. */
  readonly onFault: (error: unknown) => void;
}

/** Makes everything that one life of the printer consists of, before anything is read. */
export function createParts(options: RunOptions, hooks: RunHooks): RunParts {
  const { configPath, log, clock, control, isDryRun, jobFolder, output, timers } = options;
  const { onFault } = hooks;
  const scheduler = new Scheduler(clock, onFault, timers);
  const events = new EventHub((_, error) => onFault(error));
  const registry = new Registry();
  const table = new CommandTable();
  const gcode = new Gcode(table, output, {
    onCommand: (command) => {
      control.activity = `${command.origin.name}, ${command.name}`;
      control.activitySince = clock.now();
    },
    onFault: (error) => log.error({ error: errorFields(error.cause ?? error) }, "a command failed unexpectedly"),
  });
  const live = new SnapshotValues();
  const times = { bufferTime: 2, horizon: 0.7, homingHorizon: 0.5, hostTimeout: 60 };
  const queue = new MotionQueue({
    idle: (wait) => scheduler.idle(wait),
    isDryRun,
    get bufferTime() {
      return seconds(times.bufferTime);
    },
  });
  const jobs: RunParts["jobs"] = new Map();
  const job = (): JobPlace | undefined => {
    const lines = gcode.running === undefined ? undefined : jobs.get(gcode.running);
    return lines === undefined ? undefined : { position: lines.position, line: lines.line };
  };
  const limits = new CurrentLimits(LIMITS);
  const kinematics = () => parts.kinematics;
  const toolhead = new PrinterToolhead({
    queue,
    limits,
    events,
    kinematics,
    job,
    onRestored: () => gcodeMotion.restored(),
  });
  const gcodeMotion = new GcodeMotion({ toolhead, queue, control, job, isDryRun });
  const homing = new PrinterHoming({
    toolhead,
    queue,
    events,
    kinematics,
    endstops: () => registry.parts("endstop"),
    resync: () => gcodeMotion.resync(),
    isDryRun,
  });
  const { phase } = hooks;
  const parts: RunParts = {
    log,
    isDryRun,
    jobFolder,
    control,
    scheduler,
    events,
    registry,
    table,
    gcode,
    objects: new ObjectTable(live),
    live,
    queue,
    toolhead,
    gcodeMotion,
    homing,
    motorEnable: new MotorEnablePins(),
    setup: new MachineSetupBuilder(),
    virtual: new VirtualSetupBuilder(),
    pinProviders: new Map(),
    endpoints: new Map(),
    times,
    boards: [],
    kinematics: noKinematics,
    config: new Config({ path: configPath, files: [], sections: new Map(), errors: [], notices: [] }),
    get phase() {
      return phase();
    },
    jobs,
    contextOf: hooks.contextOf,
    callRemote: options.onRemoteCall,
    stop: hooks.stop,
    restart: options.onRestart,
  };
  return parts;
}

/** Adds the objects that show the state of the printer and the commands that there are. */
export function addOwnObjects({ objects, table }: RunParts, phase: () => Phase): void {
  let status: StatusObject & { readonly state: string; readonly state_message: string } = Object.freeze({
    state: "startup",
    state_message: "",
  });
  objects.add(
    "webhooks",
    () => {
      const message = phaseMessage(phase());
      if (status.state !== phase().value || status.state_message !== message) {
        status = Object.freeze({ state: phase().value, state_message: message });
      }
      return status;
    },
    undefined,
  );
  let commands = Object.freeze({ commands: table.status });
  objects.add(
    "gcode",
    () => {
      const now = table.status;
      if (commands.commands !== now) commands = Object.freeze({ commands: now });
      return commands;
    },
    undefined,
  );
}
