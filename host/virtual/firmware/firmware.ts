// thread: any
import { isBefore32, narrow, widen } from "../../mcu/clock.js";
import type { Dictionary } from "../../mcu/dictionary.js";
import { PAYLOAD_MAX } from "../../mcu/frame.js";
import { CommandEncoder, type FieldValue, isFormat, MessageReader } from "../../mcu/message-format.js";
import { PayloadReader } from "../../mcu/vlq.js";
import { ticks } from "../../shared/units.js";
import { type Timer, Timers } from "../timers.js";
import type { BoardWorld } from "../world.js";
import { MovePool } from "./move-pool.js";

/** Something that a config command made, under an object id. */
export abstract class FirmwareObject {
  /** The board has shut down: go to a safe state. Timers are cancelled already. */
  onShutdown(): void {}
}

/** Carries out one command; its arguments are borrowed for the call. */
export type CommandHandler = (args: MessageReader) => void;

export interface FirmwareOptions {
  readonly dictionary: Dictionary;
  /** The dictionary as `identify` gives it out. */
  readonly compressed: Uint8Array;
  readonly world: BoardWorld;
  readonly moveCount: number;
  /** Sends one payload to the host; borrowed for the call. */
  readonly send: (payload: Uint8Array, length: number) => void;
  /** The firmware was asked to restart, or only to forget its configuration. */
  readonly onReset: (what: "board" | "configuration") => void;
  readonly startTicks: number;
}

interface Command {
  readonly args: MessageReader;
  readonly handler: CommandHandler;
  readonly worksInShutdown: boolean;
}

/** Thrown out of a command or timer when the board shuts down; caught where they are called. */
class ShutdownSignal extends Error {
  override readonly name = "ShutdownSignal";
}

/**
 * The part of a board's firmware that all its features share: its clock, timers, objects, move slots, and the table of
 * commands. Features add their commands with `on`; those that the dictionary does not have are left out.
 */
export class Firmware {
  readonly dictionary: Dictionary;
  readonly compressed: Uint8Array;
  readonly world: BoardWorld;
  readonly frequency: number;
  readonly moves: MovePool;
  readonly onReset: FirmwareOptions["onReset"];
  readonly #timers = new Timers();
  readonly #commands = new Map<number, Command>();
  readonly #unsupported = new Set<string>();
  readonly #shutdownActions: (() => void)[] = [];
  readonly #reader = new PayloadReader();
  readonly #payload = new Uint8Array(512);
  readonly #send: FirmwareOptions["send"];
  readonly #shutdownReply: CommandEncoder | undefined;
  readonly #isShutdownReply: CommandEncoder | undefined;
  #objects: (FirmwareObject | undefined)[] = [];
  #now: number;
  #shutdownReason: string | undefined;
  #commandCount = 0;

  constructor(options: FirmwareOptions) {
    this.dictionary = options.dictionary;
    this.compressed = options.compressed;
    this.world = options.world;
    this.frequency = options.dictionary.clockFrequency;
    this.onReset = options.onReset;
    this.moves = new MovePool(options.moveCount);
    this.#send = options.send;
    this.#now = options.startTicks;
    this.#shutdownReply = this.replyEncoder("shutdown clock=%u static_string_id=%hu");
    this.#isShutdownReply = this.replyEncoder("is_shutdown static_string_id=%hu");
  }

  /** The board's 64-bit clock. */
  get now(): number {
    return this.#now;
  }

  /** Why the board has shut down; undefined while it has not. */
  get shutdownReason(): string | undefined {
    return this.#shutdownReason;
  }

  /** How many commands were carried out. */
  get commandCount(): number {
    return this.#commandCount;
  }

  /** Commands of the dictionary that came but that no feature here knows. */
  get unsupported(): readonly string[] {
    return [...this.#unsupported];
  }

  /** How many objects there may be; 0 before `allocate_oids`. */
  get objectCount(): number {
    return this.#objects.length;
  }

  // Features.

  /** Adds a command under its name and fields, when the dictionary has it in that form. */
  on(format: string, handler: CommandHandler, worksInShutdown = false): void {
    const found = this.dictionary.findCommand(format);
    if (found === undefined) return;
    this.#commands.set(found.id, { args: new MessageReader(found), handler, worksInShutdown });
  }

  /** Writer of a response; undefined when the dictionary has none in that form. */
  replyEncoder(format: string): CommandEncoder | undefined {
    const found = this.dictionary.responses.find((response) => isFormat(response, format));
    return found === undefined ? undefined : new CommandEncoder(found);
  }

  /** Sends a response; one that fits in no block is not sent. */
  reply(encoder: CommandEncoder | undefined, ...values: readonly FieldValue[]): void {
    if (encoder === undefined) return;
    const length = encoder.encodeValues(this.#payload, 0, values);
    if (length <= PAYLOAD_MAX) this.#send(this.#payload, length);
  }

  createTimer(action: () => void): Timer {
    return this.#timers.create(action);
  }

  /** Sets a timer to a clock from the wire; one that is past shuts the board down. */
  schedule(timer: Timer, clock32: number): void {
    timer.set(this.widen(clock32));
  }

  /** A clock from the wire, which must not be past. */
  widen(clock32: number): number {
    if (isBefore32(clock32, this.#now % 0x1_0000_0000)) this.shutdown("Timer too close");
    return widen(clock32, ticks(this.#now));
  }

  /** What the wire carries of a clock of this board. */
  narrow(clock: number): number {
    return narrow(ticks(clock));
  }

  /** Called at every shutdown, after the timers were cancelled. */
  onShutdown(action: () => void): void {
    this.#shutdownActions.push(action);
  }

  // Objects.

  allocateObjects(count: number): void {
    if (this.#objects.length > 0) this.shutdown("oids already allocated");
    this.#objects = Array.from({ length: count }, () => undefined);
  }

  assign(oid: number, object: FirmwareObject): void {
    if (oid >= this.#objects.length || this.#objects[oid] !== undefined || this.moves.isReady) {
      this.shutdown("Can't assign oid");
    }
    this.#objects[oid] = object;
  }

  /** The object with that id, which must be of the kind that `type` makes. */
  lookup<T extends FirmwareObject>(oid: number, type: abstract new (...args: never[]) => T): T {
    const object = this.#objects[oid];
    if (object instanceof type) return object;
    return this.shutdown("Invalid oid type");
  }

  // Running.

  /** Clock of the next timer; infinity when none is set. */
  get nextTimer(): number {
    return this.#timers.next;
  }

  /** Moves the clock on; timers up to there must have fired. */
  advance(clock: number): void {
    if (clock > this.#now) this.#now = clock;
  }

  /** Fires the next timer at its time. */
  fireTimer(): void {
    this.advance(this.#timers.next);
    this.#guard(() => this.#timers.fire());
  }

  /** Carries out the commands of one block. A shutdown in one of them drops the rest, as in the firmware. */
  dispatch(payload: Uint8Array, start: number, end: number): void {
    this.#guard(() => this.#dispatch(payload, start, end));
  }

  /** Shuts the board down, unless it is already: outputs go to their safe state, and the caller does not go on. */
  shutdown(reason: string): never {
    if (this.#shutdownReason === undefined) {
      this.#shutdownReason = reason;
      this.#timers.cancelAll();
      for (const object of this.#objects) object?.onShutdown();
      for (const action of this.#shutdownActions) action();
      this.tellShutdown();
    }
    throw new ShutdownSignal(reason);
  }

  /** Tells the host why the board has shut down. */
  tellShutdown(): void {
    this.reply(this.#shutdownReply, this.narrow(this.#now), this.#reasonId());
  }

  clearShutdown(): void {
    if (this.#shutdownReason === undefined) this.shutdown("Shutdown cleared when not shutdown");
    this.#shutdownReason = undefined;
  }

  #dispatch(payload: Uint8Array, start: number, end: number): void {
    const reader = this.#reader.open(payload, start, end);
    while (!reader.isAtEnd) {
      const id = reader.int();
      const command = this.#commands.get(id) ?? this.#unknown(id);
      if (!command.args.read(reader)) this.shutdown("Command parser error");
      if (this.#shutdownReason !== undefined && !command.worksInShutdown) {
        this.reply(this.#isShutdownReply, this.#reasonId());
        continue;
      }
      this.#commandCount++;
      command.handler(command.args);
    }
  }

  /** A command that the dictionary has but no feature here knows is read over and noted; any other is an error. */
  #unknown(id: number): Command {
    const format = this.dictionary.commandById(id);
    if (format === undefined) return this.shutdown("Invalid command");
    const handler = (): void => {
      this.#unsupported.add(format.text);
    };
    const command = { args: new MessageReader(format), handler, worksInShutdown: true };
    this.#commands.set(id, command);
    return command;
  }

  #reasonId(): number {
    const reasons = this.dictionary.enumerations.get("static_string_id");
    return reasons?.valueOf(this.#shutdownReason ?? "") ?? 0;
  }

  #guard(action: () => void): void {
    try {
      action();
    } catch (error) {
      if (!(error instanceof ShutdownSignal)) throw error;
    }
  }
}
