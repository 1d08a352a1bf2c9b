// thread: host
import type { Pin } from "../config/pins.js";
import type { CommandHandler } from "../gcode/command-table.js";
import type { LineSource } from "../gcode/line-source.js";
import type { GcodeOrigin } from "../gcode/origin.js";
import { HostError, type Place } from "../shared/errors.js";
import { suggest } from "../shared/suggest.js";
import type { HostTime, Seconds } from "../shared/units.js";
import { addEndstop } from "./endstop.js";
import type { PrinterEvent, PrinterEvents, PrinterState } from "./events.js";
import type { Board, LiveValues, SetupBuilder, TimedActions, VirtualBuilder } from "./hardware.js";
import type { Log } from "./log.js";
import type { LoadedConfig, ModuleCommandOptions, ModuleContext, Parts, Services, Timer } from "./module.js";
import type { RunParts } from "./run-parts.js";
import type { Endstop, EndstopUse, Heater, PinProvider, Toolhead } from "./services.js";
import { phaseMessage } from "./state.js";
import type { PrinterObjects } from "./status.js";
import { QueuedActions } from "./timed-actions.js";

const INERT: Timer = { stop: () => undefined };

/** What one section's modules get of the printer. */
export class SectionContext implements ModuleContext {
  readonly name: string;
  readonly label: string;
  readonly place: Place;
  readonly log: Log;
  readonly machine: SetupBuilder;
  readonly actions: TimedActions;
  readonly #parts: RunParts;
  readonly #timers = new Set<Timer>();

  constructor(parts: RunParts, name: string, place: Place) {
    this.#parts = parts;
    this.name = name;
    this.label = name.split(/\s+/).slice(1).join(" ");
    this.place = place;
    this.log = parts.log.child({ part: name });
    this.machine = parts.setup.at(place);
    this.actions = new QueuedActions(parts.queue);
  }

  get isDryRun(): boolean {
    return this.#parts.isDryRun;
  }

  get jobFolder(): string | undefined {
    return this.#parts.jobFolder;
  }

  get state(): PrinterState {
    return this.#parts.phase.value;
  }

  get stateMessage(): string {
    return phaseMessage(this.#parts.phase);
  }

  get isRunningScript(): boolean {
    const { gcode } = this.#parts;
    return gcode.running !== undefined || gcode.waiting > 0;
  }

  get running(): GcodeOrigin | undefined {
    return this.#parts.gcode.running;
  }

  get isRunningJob(): boolean {
    const { running } = this;
    return running !== undefined && this.#parts.jobs.has(running);
  }

  get config(): LoadedConfig {
    return this.#parts.config;
  }

  get commands(): Readonly<Record<string, { readonly help?: string }>> {
    return this.#parts.table.status;
  }

  now(): HostTime {
    return this.#parts.scheduler.now();
  }

  after(delay: Seconds, run: () => void): Timer {
    // Nothing is live in a dry run: there is no time that could pass.
    if (this.isDryRun) return INERT;
    return this.#own((end) =>
      this.#parts.scheduler.after(delay, () => {
        end();
        run();
      }),
    );
  }

  every(period: Seconds, run: () => void): Timer {
    return this.isDryRun ? INERT : this.#own(() => this.#parts.scheduler.every(period, run));
  }

  sleep(delay: Seconds, signal: AbortSignal): Promise<void> {
    return this.isDryRun ? Promise.resolve() : this.#parts.scheduler.sleep(delay, signal);
  }

  command(name: string, run: CommandHandler, options: ModuleCommandOptions = {}): void {
    this.#parts.table.register(name, this.#settled(run, options), options);
  }

  mux(
    name: string,
    parameter: string,
    value: string | null,
    run: CommandHandler,
    options: ModuleCommandOptions = {},
  ): void {
    this.#parts.table.registerMux(name, parameter, value, this.#settled(run, options), options);
  }

  replaceCommand(name: string, newName: string, run: CommandHandler, options: ModuleCommandOptions = {}): void {
    this.#parts.table.replace(name, newName, this.#settled(run, options), options);
  }

  respond(text: string): void {
    this.#parts.gcode.output.info(text);
  }

  respondRaw(text: string): void {
    this.#parts.gcode.output.raw(text);
  }

  run(script: string, origin: GcodeOrigin): Promise<void> {
    const { gcode, scheduler } = this.#parts;
    return scheduler.busy(() => gcode.run(script, origin));
  }

  async runJob(lines: LineSource, origin: GcodeOrigin, isStopped: () => boolean): Promise<"end" | "stopped"> {
    const { gcode, scheduler, jobs, toolhead } = this.#parts;
    let isFirst = true;
    const check = (): boolean => {
      // Reading never goes back behind the place where it starts.
      if (isFirst) toolhead.settleHere();
      isFirst = false;
      return isStopped();
    };
    jobs.set(origin, lines);
    try {
      return await scheduler.busy(() => gcode.runJob(lines, origin, check));
    } finally {
      jobs.delete(origin);
    }
  }

  cancelScripts(reason: string, matches: (origin: GcodeOrigin) => boolean): void {
    this.#parts.gcode.cancel(reason, matches);
  }

  callRemote(method: string, params: Readonly<Record<string, unknown>>): void {
    this.#parts.callRemote(method, params);
  }

  endpoint(name: string, answer: (params: Readonly<Record<string, unknown>>) => unknown): void {
    this.#parts.endpoints.set(name, answer);
  }

  on<E extends PrinterEvent>(event: E, listener: (payload: PrinterEvents[E]) => void): void {
    this.#parts.events.on(event, listener);
  }

  emit<E extends PrinterEvent>(event: E, payload: PrinterEvents[E]): void {
    this.#parts.events.emit(event, payload);
  }

  offer<K extends keyof Services>(service: K, value: Services[K]): void {
    if (this.#parts.registry.offer(service, value)) return;
    throw new HostError("CFG_CONFLICT", `section '${this.name}' cannot be used together with another one of its kind`, {
      details: { section: this.name, option: undefined },
      fix: "remove one of the two sections",
      place: this.place,
    });
  }

  find<K extends keyof Services>(service: K): Services[K] | undefined {
    return this.#parts.registry.find(service);
  }

  need<K extends keyof Services>(service: K, section: string): Services[K] {
    const found = this.find(service);
    if (found !== undefined) return found;
    throw new HostError("CFG_SECTION_MISSING", `section '${this.name}' needs a section '${section}'`, {
      details: { section },
      fix: `add a section [${section}], or remove [${this.name}]`,
      place: this.place,
    });
  }

  offerPart<K extends keyof Parts>(kind: K, name: string, value: Parts[K]): void {
    if (this.#parts.registry.offerPart(kind, name, value)) return;
    throw new HostError("CFG_CONFLICT", `section '${this.name}' makes a second ${kind} called '${name}'`, {
      details: { section: this.name, option: undefined },
      fix: "give one of them another name",
      place: this.place,
    });
  }

  findPart<K extends keyof Parts>(kind: K, name: string): Parts[K] | undefined {
    return this.parts(kind).get(name);
  }

  needPart<K extends keyof Parts>(kind: K, name: string, option: string): Parts[K] {
    const found = this.findPart(kind, name);
    if (found !== undefined) return found;
    const choices = [...this.parts(kind).keys()];
    const similar = suggest(name, choices);
    const all = choices.length === 0 ? `add the section of that ${kind}` : `choose one of ${choices.join(", ")}`;
    const message = `option '${option}' in section '${this.name}' is '${name}', but there is no ${kind} of that name`;
    throw new HostError("CFG_OPTION_CHOICE", message, {
      details: { section: this.name, option, value: name, choices },
      fix: similar === undefined ? all : `did you mean '${similar}'? Otherwise ${all}`,
      place: this.place,
    });
  }

  parts<K extends keyof Parts>(kind: K): ReadonlyMap<string, Parts[K]> {
    return this.#parts.registry.parts(kind);
  }

  heater(name: string): Heater {
    return this.needPart("heater", name, "heater");
  }

  get toolhead(): Toolhead {
    return this.#parts.toolhead;
  }

  providePins(chip: string, provider: PinProvider): void {
    this.#parts.pinProviders.set(chip, provider);
  }

  endstop(pin: Pin, use: EndstopUse): Endstop {
    return addEndstop(this, pin, use, (chip) => this.#parts.pinProviders.get(chip));
  }

  mcu(name: string): Board {
    const board = this.#parts.boards.find((one) => one.name === name);
    if (board !== undefined) return board;
    throw new HostError("CFG_PIN", `section '${this.name}' names a pin of '${name}', which is no board`, {
      details: { section: this.name, option: "", value: name },
      fix: `use a pin of ${this.#parts.boards.map((one) => one.name).join(" or ")}`,
      place: this.place,
    });
  }

  get boards(): readonly Board[] {
    return this.#parts.boards;
  }

  get virtual(): VirtualBuilder {
    return this.#parts.virtual;
  }

  get live(): LiveValues {
    return this.#parts.live;
  }

  get objects(): PrinterObjects {
    return this.#parts.objects;
  }

  stop(reason: string): void {
    this.#parts.stop(reason);
  }

  restart(kind: "restart" | "firmware-restart"): void {
    this.#parts.restart(kind);
  }

  /** Ends everything that was started. */
  close(): void {
    for (const timer of [...this.#timers]) timer.stop();
    this.#timers.clear();
  }

  /** Commands that see or change live things wait until the printer has nearly come to them. */
  #settled(run: CommandHandler, options: ModuleCommandOptions): CommandHandler {
    const { runsAhead, always, outOfBand, emergency } = options;
    if (runsAhead === true || always === true || outOfBand === true || emergency === true) return run;
    const { queue, toolhead } = this.#parts;
    // What the command itself queues is part of it: reading again would not bring it back.
    const end = (): void => toolhead.settleHere();
    const settled: CommandHandler = (command) => {
      toolhead.settleHere();
      const pending = run(command);
      if (pending instanceof Promise) return pending.finally(end);
      end();
    };
    return (command) => {
      const pending = queue.settle();
      return pending instanceof Promise ? pending.then(() => settled(command)) : settled(command);
    };
  }

  #own(start: (end: () => void) => Timer): Timer {
    const end = (): void => {
      this.#timers.delete(timer);
    };
    const inner = start(end);
    const timer: Timer = {
      stop: () => {
        end();
        inner.stop();
      },
    };
    this.#timers.add(timer);
    return timer;
  }
}
