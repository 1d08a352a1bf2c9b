// thread: host
//
// The printer as the program around it sees it. It lives through RESTART and FIRMWARE_RESTART: each of them ends one
// `PrinterRun` (configuration, modules, machine) and begins another.
//
//   const session = new PrinterSession({ configPath, machines, clock, control, log, version });
//   session.listen({ state, output, machine, remoteCall });        // all of them optional
//   await session.start();            // resolves when the printer is ready, or is not: see `state` and `stateMessage`
//   await session.run("G28", CONSOLE);                             // rejects with the first error of the script
//   session.service("printJob")?.start("cube.gcode");
//   await session.close();
//
// For `machines` see machine-source.ts: `WorkerMachines` (threads, ports, virtual boards) or a dry run.
import type { ConfigFiles } from "../config/files.js";
import { diskFiles } from "../config/files.js";
import type { GcodeOrigin } from "../gcode/origin.js";
import { GcodeOutput } from "../gcode/output.js";
import type { MachineReady } from "../machine/messages.js";
import type { SharedClock } from "../shared/clock.js";
import type { ControlBlock } from "../shared/control.js";
import { HostError } from "../shared/errors.js";
import type { PrinterEvent, PrinterEvents, PrinterState } from "./events.js";
import type { Log } from "./log.js";
import type { MachineSource } from "./machine-source.js";
import type { AnyModule, Parts, Services } from "./module.js";
import { modules as allModules } from "./module-list.js";
import { PrinterRun } from "./run.js";
import type { RealTimers } from "./scheduler.js";
import { phaseMessage } from "./state.js";
import type { PrinterObjects, StatusObject } from "./status.js";
import { userModulesFolder } from "./user-modules.js";

/** What a session is made with. */
export interface SessionOptions {
  /** Path of printer.cfg. */
  readonly configPath: string;
  /** Where configuration files come from; the disk when left out. */
  readonly files?: ConfigFiles;
  readonly machines: MachineSource;
  readonly clock: SharedClock;
  readonly control: ControlBlock;
  readonly log: Log;
  /** Version of this program. */
  readonly version: string;
  /** Kinds of sections; all that the program has when left out. */
  readonly modules?: readonly (AnyModule | readonly AnyModule[])[];
  /** Folder of the owner's own modules; `modules/` beside printer.cfg when left out. */
  readonly modulesFolder?: string;
  /** Folder of print files in place of the one that `[virtual_sdcard]` names. */
  readonly jobFolder?: string;
  /** `compile`: nothing is live. Default false. */
  readonly isDryRun?: boolean;
  /** Every board is taken to be virtual (`--virtual`). Default false. */
  readonly isVirtual?: boolean;
  /** Timers of real time, for tests. */
  readonly timers?: RealTimers;
}

/** Hears what the printer tells. Functions must not throw. */
export interface SessionListener {
  /** Another state or message. `disconnected`: a restart is under way. */
  readonly state?: (state: PrinterState | "disconnected", message: string) => void;
  /** A message for every console. */
  readonly output?: (message: string) => void;
  /** The machine is configured: its numbers are in `ready.snapshot`; `undefined` when there is none any more. */
  readonly machine?: (ready: MachineReady | undefined) => void;
  /** A macro calls a method that a client has registered. */
  readonly remoteCall?: (method: string, params: Readonly<Record<string, unknown>>) => void;
}

/** What clients may look at, and what of it comes from modules alone. */
export interface SessionObjects extends PrinterObjects {
  /** What modules show of the object, without the machine's numbers: the same object until something changes. */
  hostStatus(name: string): StatusObject | undefined;
}

const RESTARTING = "Printer is restarting";

/** The printer. */
export class PrinterSession {
  readonly #options: SessionOptions;
  readonly #output = new GcodeOutput();
  readonly #listeners = new Set<SessionListener>();
  #run: PrinterRun;
  #restart: Promise<void> | undefined;
  #isClosed = false;
  #isRestarting = false;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#output.listen((message) => {
      this.#run.parts.events.emit("output", { text: message });
      for (const { output } of this.#listeners) output?.(message);
    });
    this.#run = this.#createRun(false);
  }

  get state(): PrinterState | "disconnected" {
    return this.#isRestarting ? "disconnected" : this.#run.phase.value;
  }

  /** What people read about the state. */
  get stateMessage(): string {
    return this.#isRestarting ? RESTARTING : phaseMessage(this.#run.phase);
  }

  /** Why the printer is not ready; `undefined` when there is no reason. */
  get error(): HostError | undefined {
    const { phase } = this.#run;
    return "error" in phase ? phase.error : undefined;
  }

  /** Objects with a status. After a restart they are others: ask again. */
  get objects(): SessionObjects {
    return this.#run.parts.objects;
  }

  /** Commands that have a help text. */
  get help(): Readonly<Record<string, string>> {
    const entries = Object.entries(this.#run.parts.table.status);
    return Object.fromEntries(entries.flatMap(([name, { help }]) => (help === undefined ? [] : [[name, help]])));
  }

  /** Every command with its help text; another object when that changes. */
  get commands(): Readonly<Record<string, { readonly help?: string }>> {
    return this.#run.parts.table.status;
  }

  /** Names of the endpoints that modules answer. */
  get endpoints(): readonly string[] {
    return [...this.#run.parts.endpoints.keys()];
  }

  /** Sums of all moves of this life of the printer, in mm. */
  get totals(): { readonly distance: number; readonly filament: number } {
    return this.#run.parts.toolhead.totals;
  }

  /** What machine gave when it was configured. */
  get machine(): MachineReady | undefined {
    return this.#run.machineReady;
  }

  /** Calls `listener` from now on, until the returned function is called. */
  listen(listener: SessionListener): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** Hears one kind of event of the present life of the printer: listeners end with a restart. */
  on<E extends PrinterEvent>(event: E, listener: (payload: PrinterEvents[E]) => void): () => void {
    return this.#run.parts.events.on(event, listener);
  }

  /** Starts the printer; never rejects for what the configuration or a board says: see `state` and `error`. */
  async start(): Promise<void> {
    this.#tellState();
    await this.#run.start();
  }

  /** Runs a script when those before it are done. Rejects with its first error, which consoles have been told. */
  async run(script: string, origin: GcodeOrigin): Promise<void> {
    const { gcode, scheduler } = this.#run.parts;
    await scheduler.busy(() => gcode.run(script, origin));
  }

  /** Something that a module has offered; `undefined` when none has. */
  service<K extends keyof Services>(name: K): Services[K] | undefined {
    return this.#run.parts.registry.find(name);
  }

  /** All parts of a kind by name. */
  partsOf<K extends keyof Parts>(kind: K): ReadonlyMap<string, Parts[K]> {
    return this.#run.parts.registry.parts(kind);
  }

  /** Asks an endpoint of a module. Throws GCODE_UNSUPPORTED when there is none of that name. */
  async callEndpoint(name: string, params: Readonly<Record<string, unknown>>): Promise<unknown> {
    const answer = this.#run.parts.endpoints.get(name);
    if (answer !== undefined) return await answer(params);
    throw new HostError("GCODE_UNSUPPORTED", `there is no endpoint '${name}'`, {
      details: { command: name },
      fix: "add the section that answers it",
    });
  }

  /** Name and state of all endstops: true for triggered. */
  async queryEndstops(): Promise<ReadonlyMap<string, boolean>> {
    const { homing, scheduler } = this.#run.parts;
    return await scheduler.busy(() => homing.query());
  }

  /** Resolves when everything that is queued is done. */
  async drain(): Promise<void> {
    const { toolhead, scheduler } = this.#run.parts;
    await scheduler.busy(() => toolhead.drain());
  }

  /** Stops everything at once. */
  emergencyStop(): void {
    this.#run.emergencyStop("an emergency stop");
  }

  /** Ends this life of the printer and begins another; resolves when that is ready, or is not. */
  restart(kind: "restart" | "firmware-restart"): Promise<void> {
    this.#restart ??= this.#doRestart(kind).finally(() => {
      this.#restart = undefined;
    });
    return this.#restart;
  }

  /** Ends the printer for good. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#restart;
    await this.#run.close();
    await this.#options.machines.close();
  }

  async #doRestart(kind: "restart" | "firmware-restart"): Promise<void> {
    if (this.#isClosed) return;
    this.#isRestarting = true;
    this.#tellState();
    const { control, log } = this.#options;
    const isReset = kind === "firmware-restart" || this.#run.phase.value === "shutdown";
    log.info({ kind }, "the printer restarts");
    // The script that asked for it ends first.
    await Promise.resolve();
    if (isReset) await this.#run.resetBoards();
    await this.#run.close();
    for (const { machine } of this.#listeners) machine?.(undefined);
    control.speedFactor = 0;
    control.flowFactor = 0;
    control.zOffset = 0;
    control.hold = false;
    control.takeStop();
    this.#isRestarting = false;
    if (this.#isClosed) return;
    this.#run = this.#createRun(isReset);
    this.#tellState();
    await this.#run.start();
  }

  #createRun(reset: boolean): PrinterRun {
    const {
      configPath,
      files,
      machines,
      clock,
      control,
      log,
      version,
      modules,
      modulesFolder,
      isDryRun,
      isVirtual,
      jobFolder,
      timers,
    } = this.#options;
    return new PrinterRun({
      configPath,
      files: files ?? diskFiles,
      modules: modules ?? allModules,
      modulesFolder: modulesFolder ?? userModulesFolder(configPath),
      machines,
      clock,
      control,
      log,
      version,
      isDryRun: isDryRun ?? false,
      isVirtual: isVirtual ?? false,
      jobFolder,
      reset,
      output: this.#output,
      ...(timers === undefined ? {} : { timers }),
      onPhase: () => this.#tellState(),
      onRestart: (kind) => {
        this.restart(kind).catch((error: unknown) => log.error({ error: String(error) }, "the restart has failed"));
      },
      onRemoteCall: (method, params) => {
        for (const { remoteCall } of this.#listeners) remoteCall?.(method, params);
      },
      onMachine: (ready) => {
        for (const { machine } of this.#listeners) machine?.(ready);
      },
    });
  }

  #tellState(): void {
    const { state, stateMessage } = this;
    for (const listener of this.#listeners) listener.state?.(state, stateMessage);
  }
}
