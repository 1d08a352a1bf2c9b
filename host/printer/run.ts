// thread: host
import { Config } from "../config/config.js";
import type { ConfigFiles } from "../config/files.js";
import { CommandTable } from "../gcode/command-table.js";
import { Gcode } from "../gcode/gcode.js";
import type { GcodeOutput } from "../gcode/output.js";
import { type MachineEvent, type MachineReady, TIMED_PAYLOAD } from "../machine/messages.js";
import type { BoardReport, MachineSetup } from "../machine/setup.js";
import type { SharedClock } from "../shared/clock.js";
import type { ControlBlock } from "../shared/control.js";
import { HostError, isHostError, type Place } from "../shared/errors.js";
import { mmPerS, mmPerS2, ratio, seconds } from "../shared/units.js";
import { McuBoard } from "./board.js";
import type { BoardOptions } from "./board-section.js";
import { SectionContext } from "./context.js";
import { addBasicCommands } from "./core/basics.js";
import { EventHub } from "./events.js";
import { GcodeMotion } from "./gcode-move.js";
import { PrinterHoming } from "./homing.js";
import { noKinematics } from "./kinematics/none.js";
import { SnapshotValues } from "./live-values.js";
import type { Log } from "./log.js";
import type { MachineSource, OpenMachine } from "./machine-source.js";
import { MCU_SHAPE, mcuStatus } from "./mcu-status.js";
import type { AnyModule } from "./module.js";
import { CurrentLimits } from "./motion-limits.js";
import { MotionQueue } from "./motion-queue.js";
import { MotorEnablePins } from "./motor-enable.js";
import { ObjectTable } from "./objects.js";
import { type ModuleEntry, readModules } from "./read-modules.js";
import { Registry } from "./registry.js";
import { asHostError, attempt, closedError, errorFields, placePin, throwAll, withPlace } from "./run-errors.js";
import type { RunParts } from "./run-parts.js";
import { type RealTimers, Scheduler } from "./scheduler.js";
import type { JobPlace } from "./services.js";
import { MachineSetupBuilder } from "./setup-builder.js";
import { nextPhase, type Phase, type PhaseInput, phaseMessage, phaseRefusal } from "./state.js";
import type { StatusObject } from "./status.js";
import { PrinterToolhead } from "./toolhead.js";
import { loadUserModules } from "./user-modules.js";
import { VirtualSetupBuilder } from "./virtual-builder.js";

/** How often the host shows that it is alive, in s of the printer's time. */
const BEAT_PERIOD = seconds(0.1);
/** The same on a lockstep clock, which stops for it. */
const LOCKSTEP_BEAT_PERIOD = seconds(0.5);
/** Seed of the virtual printer: the same configuration gives the same printer. */
const VIRTUAL_SEED = 1;

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

const LIMITS = {
  velocity: mmPerS(1),
  accel: mmPerS2(1),
  minimumCruiseRatio: ratio(0.5),
  squareCornerVelocity: mmPerS(5),
};

/**
 * One life of the printer, from reading its configuration to a restart:
 *
 *   read all sections ─► make modules ─► open boards ─► connect() ─► configure ─► ready() ─► [ready] ─► close
 */
export class PrinterRun {
  readonly parts: RunParts;
  readonly #options: RunOptions;
  readonly #contexts = new Map<string, SectionContext>();
  #phase: Phase = { value: "startup" };
  #config: Config | undefined;
  #entries: readonly ModuleEntry[] = [];
  #open: OpenMachine | undefined;
  #ready: MachineReady | undefined;
  #isClosed = false;

  constructor(options: RunOptions) {
    this.#options = options;
    this.parts = this.#createParts();
    addBasicCommands(this.parts.table, {
      state: () => this.#phase.value,
      stateMessage: () => phaseMessage(this.#phase),
      version: options.version,
      emergencyStop: () => this.emergencyStop("M112"),
      restart: options.onRestart,
    });
    this.#addOwnObjects();
    this.#refuse();
  }

  get phase(): Phase {
    return this.#phase;
  }

  /** What machine gave when it was configured. */
  get machineReady(): MachineReady | undefined {
    return this.#ready;
  }

  /** Comes to `ready`, or to `error` with the reason; never rejects for what the configuration or a board says. */
  async start(): Promise<void> {
    try {
      await this.parts.scheduler.busy(() => this.#start());
      this.#change({ input: "started" });
    } catch (error) {
      if (this.#isClosed) return;
      this.#options.log.error({ error: errorFields(error) }, "the printer could not start");
      this.#change({ input: "failed", error: asHostError(error) });
      await this.#closeMachine();
    }
  }

  /** Stops everything at once, whatever the host is doing. */
  emergencyStop(by: string): void {
    this.#options.control.requestStop();
    this.#stopped(
      new HostError("PRINTER_SHUTDOWN", `the printer was stopped by ${by}`, {
        details: { reason: by },
        fix: "when it is safe, run FIRMWARE_RESTART.",
      }),
    );
  }

  /** Asks the boards to reset themselves. */
  async resetBoards(): Promise<void> {
    await this.#open?.machine.call({ call: "reset" }).catch((error: unknown) => {
      this.#options.log.warn({ error: errorFields(error) }, "boards could not be reset");
    });
  }

  /** Ends this life: scripts, timers, modules, the machine. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.parts.gcode.cancel("the printer is restarting");
    this.parts.queue.fail(closedError());
    for (const context of this.#contexts.values()) context.close();
    for (const { module, section } of this.#entries) {
      try {
        await module?.close?.();
      } catch (error) {
        this.#options.log.error({ error: errorFields(error), section }, "a module did not close");
      }
    }
    this.parts.scheduler.close();
    await this.#closeMachine();
  }

  async #start(): Promise<void> {
    this.#showLife();
    const config = await Config.load(this.#options.configPath, this.#options.files);
    this.#config = config;
    this.parts.config = config;
    const definitions = [...this.#options.modules.flat(), ...(await this.#ownModules())];
    const { boards, entries } = readModules(config, this.parts, definitions, this.#options.isVirtual);
    this.#entries = entries;
    this.parts.boards = boards.map(
      (board, index) =>
        new McuBoard(board, index, (at, commands) => this.parts.queue.pushPayload(at, commands, TIMED_PAYLOAD)),
    );
    for (const board of this.parts.boards) this.parts.objects.add(board.options.object, mcuStatus(board), MCU_SHAPE);
    this.#collect(config, (report) => this.#create(report));
    await this.#connect(config, boards, this.#options.reset);
    await this.#readyModules();
  }

  /** The owner's own modules; consoles are told of files that cannot be used. */
  async #ownModules(): Promise<readonly AnyModule[]> {
    const { log, modulesFolder, output } = this.#options;
    const { modules, problems } = await loadUserModules(modulesFolder, log);
    for (const { error } of problems) output.error(error);
    return modules;
  }

  #create(report: (error: HostError) => void): void {
    const { registry, toolhead, gcodeMotion, homing, motorEnable, objects } = this.parts;
    registry.offer("toolhead", toolhead);
    registry.offer("gcodeMove", gcodeMotion);
    registry.offer("homing", homing);
    registry.offer("motorEnable", motorEnable);
    for (const entry of this.#entries) {
      const { definition, section, place, make } = entry;
      attempt(place, report, () => {
        const module = make(this.#contextOf(section, place));
        entry.module = module;
        const { status } = module;
        const name = definition.object === undefined ? section : definition.object(section);
        if (status !== undefined && name !== undefined) objects.add(name, () => status(), definition.shape);
      });
    }
  }

  async #connect(config: Config, options: readonly BoardOptions[], reset: boolean): Promise<void> {
    const { boards, setup, queue, live, times } = this.parts;
    let reports = await this.#openBoards(options, reset).catch((error: unknown) => {
      throw placePin(config, error);
    });
    if (!reset && reports.some(({ state }) => state === "shutdown")) {
      this.#options.log.info({}, "a board is shut down: all boards are reset");
      reports = await this.#reopen(options);
    }
    for (const [i, board] of boards.entries()) board.connect(reports[i]?.dictionary ?? "");
    const errors: HostError[] = [];
    const report = (error: HostError): void => void errors.push(error);
    for (const board of boards) board.checkPins(config.pins, report);
    await this.#connectModules(report);
    const machineSetup = setup.build(
      () => boards.map((board) => board.setup),
      () => ({
        horizonS: times.horizon,
        homingHorizonS: times.homingHorizon,
        hostTimeoutS: times.hostTimeout,
        startPositions: [],
      }),
      report,
    );
    throwAll(config, errors);
    for (const board of boards) {
      board.checkCommands((error) => {
        if (isHostError(error)) report(error);
        else throw error;
      });
    }
    throwAll(config, errors);
    const ready = await this.#configure(machineSetup, options);
    const { machine } = this.#opened();
    this.#ready = ready;
    live.attach(ready.snapshot, ready.layout);
    queue.attach(machine);
    for (const board of boards) board.attach(machine, (answer) => queue.wait(answer));
    this.#options.onMachine(ready);
  }

  /** A board with another configuration is reset and asked once more. */
  async #configure(setup: MachineSetup, options: readonly BoardOptions[]): Promise<MachineReady> {
    const call = { call: "configure", setup } as const;
    try {
      return await this.#wait(this.#opened().machine.call(call));
    } catch (error) {
      if (!isHostError(error, "MCU_NEEDS_RESET")) throw error;
      this.#options.log.info({ reason: error.message }, "boards are reset");
      await this.#reopen(options);
      return await this.#wait(this.#opened().machine.call(call));
    }
  }

  async #openBoards(options: readonly BoardOptions[], reset: boolean): Promise<readonly BoardReport[]> {
    const { machines, isVirtual } = this.#options;
    const boards = options.filter(({ port }) => port.kind === "virtual" || isVirtual).map(({ name }) => ({ name }));
    const virtual = this.parts.virtual.build(boards, VIRTUAL_SEED);
    const open = await this.#wait(machines.open({ boards: options, virtual, reset }));
    this.#open = open;
    open.machine.listen((event) => this.#onMachine(event));
    return await this.#wait(open.machine.call({ call: "connect", boards: open.requests }));
  }

  async #reopen(options: readonly BoardOptions[]): Promise<readonly BoardReport[]> {
    await this.resetBoards();
    await this.#closeMachine();
    return this.#openBoards(options, true);
  }

  async #connectModules(report: (error: HostError) => void): Promise<void> {
    const isLast = ({ definition }: ModuleEntry): boolean => definition.connectsLast === true;
    const ordered = [...this.#entries.filter((entry) => !isLast(entry)), ...this.#entries.filter(isLast)];
    for (const { module, place } of ordered) {
      try {
        await module?.connect?.();
      } catch (error) {
        if (!isHostError(error)) throw error;
        report(withPlace(error, place));
      }
    }
  }

  async #readyModules(): Promise<void> {
    for (const { module } of this.#entries) await module?.ready?.();
    this.parts.gcodeMotion.resync();
  }

  /** Machine turns heaters off when it sees no sign of life for too long. */
  #showLife(): void {
    const { clock, control, isDryRun } = this.#options;
    const period = clock.isLockstep ? LOCKSTEP_BEAT_PERIOD : BEAT_PERIOD;
    const beat = (): void => control.beat("host", clock.now());
    beat();
    if (!isDryRun) this.parts.scheduler.every(period, beat);
  }

  #onMachine(event: MachineEvent): void {
    const { queue, motorEnable, gcode, boards } = this.parts;
    switch (event.event) {
      case "marker":
        queue.tellMark(event.marker, event.timeS);
        return;
      case "response":
        boards[event.board]?.tell(event.name, event.fields);
        return;
      case "motors":
        motorEnable.tell(event.enabled);
        return;
      case "stats":
        for (const { name, stats } of event.boards) boards.find((board) => board.name === name)?.setStats(stats);
        return;
      case "remark":
        gcode.output.info(event.text);
        return;
      case "shutdown":
        this.#stopped(HostError.fromWire(event.error));
        return;
      case "log":
        this.#options.log[event.level](event.fields, event.text);
        return;
      case "answer":
      case "refused":
        return;
    }
  }

  #stopped(error: HostError): void {
    if (this.#isClosed || this.#phase.value === "shutdown") return;
    this.#options.log.error({ code: error.code, reason: error.message }, "the printer is stopped");
    this.#change({ input: "stopped", error });
  }

  #change(input: PhaseInput): void {
    const change = nextPhase(this.#phase, input);
    if (change === undefined) return;
    this.#phase = change.phase;
    this.#refuse();
    this.#options.onPhase(change.phase);
    const { gcode, queue, events } = this.parts;
    for (const effect of change.effects) {
      switch (effect) {
        case "tell-ready":
          events.emit("ready", undefined);
          break;
        case "cancel-scripts":
          if ("error" in input) queue.fail(input.error);
          gcode.cancel("the printer is stopped");
          break;
        case "tell-shutdown":
          if ("error" in input) events.emit("shutdown", { reason: input.error.message });
          break;
      }
    }
  }

  #refuse(): void {
    const phase = this.#phase;
    this.parts.gcode.refusal = phase.value === "ready" ? undefined : (name) => phaseRefusal(phase, name);
  }

  #collect(config: Config, work: (report: (error: HostError) => void) => void): void {
    const errors: HostError[] = [];
    work((error) => errors.push(error));
    throwAll(config, errors);
  }

  #wait<T>(promise: Promise<T>): Promise<T> {
    return this.parts.queue.wait(promise);
  }

  #opened(): OpenMachine {
    if (this.#open === undefined) throw new Error("the machine is not open");
    return this.#open;
  }

  async #closeMachine(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    await open?.close();
  }

  #contextOf(section: string, place?: Place): SectionContext {
    const known = this.#contexts.get(section);
    if (known !== undefined) return known;
    const at = place ?? this.#config?.optional(section)?.place ?? {};
    const context = new SectionContext(this.parts, section, at);
    this.#contexts.set(section, context);
    return context;
  }

  #addOwnObjects(): void {
    let status: StatusObject & { readonly state: string; readonly state_message: string } = Object.freeze({
      state: "startup",
      state_message: "",
    });
    this.parts.objects.add(
      "webhooks",
      () => {
        const message = phaseMessage(this.#phase);
        if (status.state !== this.#phase.value || status.state_message !== message) {
          status = Object.freeze({ state: this.#phase.value, state_message: message });
        }
        return status;
      },
      undefined,
    );
    let commands = Object.freeze({ commands: this.parts.table.status });
    this.parts.objects.add(
      "gcode",
      () => {
        const now = this.parts.table.status;
        if (commands.commands !== now) commands = Object.freeze({ commands: now });
        return commands;
      },
      undefined,
    );
  }

  #createParts(): RunParts {
    const { log, clock, control, isDryRun, jobFolder, output, timers } = this.#options;
    const onFault = (error: unknown): void => this.#onFault(error);
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
    const phase = (): Phase => this.#phase;
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
      config: new Config({ path: this.#options.configPath, files: [], sections: new Map(), errors: [], notices: [] }),
      get phase() {
        return phase();
      },
      jobs,
      contextOf: (section, place) => this.#contextOf(section, place),
      callRemote: (method, params) => this.#options.onRemoteCall(method, params),
      stop: (reason) => this.#stopByModule(reason),
      restart: (kind) => this.#options.onRestart(kind),
    };
    return parts;
  }

  /** A module or a part of the host has found that it cannot go on. */
  #stopByModule(reason: string): void {
    this.#open?.machine.notify({ notice: "stop", reason });
    this.#stopped(
      new HostError("PRINTER_SHUTDOWN", `the printer was stopped: ${reason}`, {
        details: { reason },
        fix: "when it is safe, run FIRMWARE_RESTART.",
      }),
    );
  }

  #onFault(error: unknown): void {
    this.#options.log.error({ error: errorFields(error) }, "fault in the host");
    this.#stopByModule(`a fault of this program: ${error instanceof Error ? error.message : String(error)}`);
  }
}
