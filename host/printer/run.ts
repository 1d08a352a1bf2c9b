// thread: host
import { Config } from "../config/config.js";
import { type MachineEvent, type MachineReady, TIMED_PAYLOAD } from "../machine/messages.js";
import type { BoardReport, MachineSetup } from "../machine/setup.js";
import { HostError, isHostError, type Place } from "../shared/errors.js";
import { seconds } from "../shared/units.js";
import { McuBoard } from "./board.js";
import type { BoardOptions } from "./board-section.js";
import { SectionContext } from "./context.js";
import { addBasicCommands } from "./core/basics.js";
import { addOwnObjects, createParts } from "./create-parts.js";
import type { OpenMachine } from "./machine-source.js";
import { MCU_SHAPE, mcuStatus } from "./mcu-status.js";
import type { AnyModule } from "./module.js";
import { type ModuleEntry, readModules } from "./read-modules.js";
import { asHostError, attempt, closedError, errorFields, placePin, throwAll, withPlace } from "./run-errors.js";
import type { RunOptions } from "./run-options.js";
import type { RunParts } from "./run-parts.js";
import { nextPhase, type Phase, type PhaseInput, phaseMessage, phaseRefusal } from "./state.js";
import { loadUserModules } from "./user-modules.js";

/** How often the host shows that it is alive, in s of the printer's time. */
const BEAT_PERIOD = seconds(0.1);
/** The same on a lockstep clock, which stops for it. */
const LOCKSTEP_BEAT_PERIOD = seconds(0.5);
/** Seed of the virtual printer: the same configuration gives the same printer. */
const VIRTUAL_SEED = 1;

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
    this.parts = createParts(options, {
      phase: () => this.#phase,
      contextOf: (section, place) => this.#contextOf(section, place),
      stop: (reason) => this.#stopByModule(reason),
      onFault: (error) => this.#onFault(error),
    });
    addBasicCommands(this.parts.table, {
      state: () => this.#phase.value,
      stateMessage: () => phaseMessage(this.#phase),
      version: options.version,
      emergencyStop: () => this.emergencyStop("M112"),
      restart: options.onRestart,
    });
    addOwnObjects(this.parts, () => this.#phase);
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
