// thread: host
import type { PinTable } from "../config/pins.js";
import type { OptionRef } from "../config/problems.js";
import type { Machine } from "../machine/client.js";
import type { BoardSetup } from "../machine/setup.js";
import { encodeCommandText } from "../mcu/command-text.js";
import { Dictionary } from "../mcu/dictionary.js";
import { HostError } from "../shared/errors.js";
import type { BoardOptions } from "./board-section.js";
import type { Board, Pending, ResponseValues } from "./hardware.js";

interface Listener {
  readonly response: string;
  readonly oid: number | undefined;
  readonly handler: (values: ResponseValues) => void;
}

/** Registers encoded commands and queues their sending in order with motion. */
export type QueuePayload = (board: number, commands: readonly Uint8Array[]) => Pending;

/** Waits for an answer that only comes when time goes on. */
type WaitFor = <T>(answer: Promise<T>) => Promise<T>;

function unusablePin(
  ref: OptionRef,
  pin: string,
  problem: string,
  suggestion: string | undefined,
): HostError<"CFG_PIN"> {
  const { section, option, place } = ref;
  return new HostError("CFG_PIN", `option '${option}' in section '${section}' is '${pin}', ${problem}`, {
    details: { section, option, value: pin },
    fix:
      suggestion === undefined
        ? "use another pin of the board; [board_pins] can give pins other names"
        : `did you mean '${suggestion}'?`,
    place,
  });
}

/** CFG_PIN for a pin that the board does not have. */
export function unknownPin(
  board: string,
  pin: string,
  ref: OptionRef,
  suggestion: string | undefined,
): HostError<"CFG_PIN"> {
  return unusablePin(ref, pin, `which mcu '${board}' does not have`, suggestion);
}

/** A board as modules see it: first a list of commands that grows, then the facts of its firmware, then its answers. */
export class McuBoard implements Board {
  readonly options: BoardOptions;
  readonly name: string;
  readonly index: number;
  readonly #config: string[] = [];
  readonly #init: string[] = [];
  readonly #restart: string[] = [];
  readonly #listeners: Listener[] = [];
  readonly #queuePayload: QueuePayload;
  #stats: Readonly<Record<string, number>> = {};
  #oids = 0;
  #dictionary: Dictionary | undefined;
  #machine: Machine | undefined;
  #wait: WaitFor = (answer) => answer;

  constructor(options: BoardOptions, index: number, queuePayload: QueuePayload) {
    this.options = options;
    this.name = options.name;
    this.index = index;
    this.#queuePayload = queuePayload;
  }

  /** The board's dictionary is known. Throws MCU_DICTIONARY when it cannot be used. */
  connect(dictionary: string): void {
    this.#dictionary = Dictionary.parse(dictionary, this.name);
  }

  /** The board is configured: from now on it can be asked. `wait` lets a clock in lockstep go on meanwhile. */
  attach(machine: Machine, wait: WaitFor): void {
    this.#machine = machine;
    this.#wait = wait;
    for (const { response, oid } of this.#listeners) this.#requestResponses(machine, response, oid);
  }

  /** Reports every pin of this board that an option names and that the board does not have, or needs itself. */
  checkPins(pins: PinTable, report: (error: HostError) => void): void {
    const dictionary = this.#facts;
    const known = dictionary.enumerations.get("pin");
    for (const { pin, ref } of pins.uses(this.name)) {
      const purpose = dictionary.reservedFor(pin.pin);
      if (known?.valueOf(pin.pin) !== undefined && purpose === undefined) continue;
      if (purpose === undefined) report(unknownPin(this.name, pin.pin, ref, known?.suggest(pin.pin)));
      else report(unusablePin(ref, pin.pin, `which mcu '${this.name}' uses for ${purpose}`, undefined));
    }
  }

  /** Reports commands of the configuration that the firmware does not know. */
  checkCommands(report: (error: unknown) => void): void {
    for (const command of [...this.#config, ...this.#init, ...this.#restart]) {
      try {
        encodeCommandText(this.#facts, command);
      } catch (error) {
        report(error);
      }
    }
  }

  /** Everything that the board is configured with. */
  get setup(): BoardSetup {
    return {
      oidCount: this.#oids,
      config: this.#config,
      init: this.#init,
      restart: this.#restart,
      trsyncTimeoutS: this.options.trsyncTimeout,
    };
  }

  /** Passes a response on to those who listen. */
  tell(response: string, values: ResponseValues): void {
    const { oid } = values;
    for (const listener of this.#listeners) {
      if (listener.response === response && (listener.oid ?? oid) === oid) listener.handler(values);
    }
  }

  createOid(): number {
    return this.#oids++;
  }

  addConfig(command: string): void {
    this.#config.push(command);
  }

  addInit(command: string): void {
    this.#init.push(command);
  }

  addRestart(command: string): void {
    this.#restart.push(command);
  }

  get frequency(): number {
    return this.#facts.clockFrequency;
  }

  ticks(time: number): number {
    return Math.round(time * this.frequency);
  }

  constant(name: string): number | string | undefined {
    return this.#facts.constants.get(name);
  }

  has(command: string): boolean {
    return this.#facts.has(command);
  }

  require(command: string, feature: string): void {
    this.#facts.command(command, feature);
  }

  get version(): string {
    return this.#facts.version;
  }

  get buildVersions(): string {
    return this.#facts.buildVersions;
  }

  get constants(): ReadonlyMap<string, number | string> {
    return this.#facts.constants;
  }

  /** Whether its firmware is known. */
  get isKnown(): boolean {
    return this.#dictionary !== undefined;
  }

  get stats(): Readonly<Record<string, number>> {
    return this.#stats;
  }

  /** Machine has told newer numbers. */
  setStats(stats: Readonly<Record<string, number>>): void {
    this.#stats = Object.freeze({ ...stats });
  }

  query(command: string, response: string, oid?: number): Promise<ResponseValues> {
    return this.#wait(this.#live.call({ call: "query", board: this.index, command, response, oid }));
  }

  send(...commands: readonly string[]): void {
    this.#live.notify({ notice: "command", board: this.index, commands });
  }

  listen(response: string, oid: number | undefined, handler: (values: ResponseValues) => void): void {
    this.#listeners.push({ response, oid, handler });
    if (this.#machine !== undefined) this.#requestResponses(this.#machine, response, oid);
  }

  sendInOrder(...commands: readonly string[]): Pending {
    const dictionary = this.#facts;
    return this.#queuePayload(
      this.index,
      commands.map((command) => encodeCommandText(dictionary, command)),
    );
  }

  #requestResponses(machine: Machine, response: string, oid: number | undefined): void {
    machine.notify({ notice: "listen", board: this.index, response, oid });
  }

  get #facts(): Dictionary {
    if (this.#dictionary === undefined) throw new Error(`the firmware of mcu '${this.name}' is not known yet`);
    return this.#dictionary;
  }

  get #live(): Machine {
    if (this.#machine === undefined) throw new Error(`mcu '${this.name}' is not configured yet`);
    return this.#machine;
  }
}
