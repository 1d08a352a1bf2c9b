// thread: any
import type { Core } from "../../core/core.js";
import { CommandQueue } from "../../mcu/command-queue.js";
import { encodeCommandText } from "../../mcu/command-text.js";
import { configCrc } from "../../mcu/config-crc.js";
import type { Dictionary } from "../../mcu/dictionary.js";
import { type PrintTime, printTime, type Ticks, ticks } from "../../shared/units.js";
import type { BoardAccess, BoundCommand } from "../board-access.js";
import type { CoreBoard } from "../core-setup.js";
import type { BoardSetup } from "../setup.js";
import { CommandWriter, type TextSink } from "./command-writer.js";

/** Bytes that are taken from the core or the queue at a time. */
const PIECE = 4096;
/** A dry run never waits for room in a board's queue. */
const UNLIMITED_SLOTS = 1 << 30;

/** A clock behind every minimum: commands may leave at any time. */
const ALWAYS = ticks(Number.MAX_VALUE);

/** One board of a dry run: what a board would be sent is written down in the order of its due times. */
export class DryBoard implements BoardAccess {
  readonly name: string;
  readonly index: number;
  readonly dictionary: Dictionary;
  readonly frequency: number;
  readonly writer: CommandWriter;
  readonly #queue = new CommandQueue();
  readonly #bytes = new Uint8Array(PIECE);
  #core: Core | undefined;
  #time = printTime(0);

  constructor(name: string, index: number, dictionary: Dictionary, sink: TextSink) {
    this.name = name;
    this.index = index;
    this.dictionary = dictionary;
    this.frequency = dictionary.clockFrequency;
    this.writer = new CommandWriter(dictionary, sink);
  }

  /** What the core must know of this board. */
  get coreBoard(): CoreBoard {
    return {
      frequency: this.frequency,
      slots: UNLIMITED_SLOTS,
      stepId: this.dictionary.command("queue_step", "steppers").id,
      directionId: this.dictionary.command("set_next_step_dir", "steppers").id,
    };
  }

  /** Writes its configuration. Throws what `encodeCommandText` throws: an unknown pin, a missing command. */
  configure(setup: BoardSetup): void {
    const config = [`allocate_oids count=${setup.oidCount}`, ...setup.config];
    for (const text of [...config, `finalize_config crc=${configCrc(config)}`, ...setup.init]) this.write(text);
  }

  /** From now on the steps of `core` are written too. */
  attach(core: Core): void {
    this.#core = core;
  }

  /** A command in the firmware's words, checked against the dictionary. */
  write(text: string): void {
    this.writer.commands(encodeCommandText(this.dictionary, text));
  }

  /** Writes everything that is due before print time `time`; returns whether that was anything. */
  flush(time: number): boolean {
    this.#time = printTime(Math.max(this.#time, Number.isFinite(time) ? time : this.#time));
    const until = time * this.frequency;
    let hasWritten = false;
    for (;;) {
      const dueStep = this.#core?.exports.boardNextDue(this.index) ?? Number.POSITIVE_INFINITY;
      const dueOther = this.#queue.nextDue(ALWAYS);
      if (Math.min(dueStep, dueOther) >= until) return hasWritten;
      hasWritten = true;
      if (dueOther <= dueStep) this.#takeOthers(Math.min(dueStep, until));
      else this.#takeSteps(Math.min(dueOther, until));
    }
  }

  #takeOthers(until: number): void {
    const length = this.#queue.take(this.#bytes, 0, PIECE, ALWAYS, until);
    this.writer.commands(this.#bytes.subarray(0, length));
  }

  #takeSteps(until: number): void {
    if (this.#core === undefined) return;
    const { exports, u8 } = this.#core;
    const length = exports.boardTake(this.index, PIECE, until, Number.POSITIVE_INFINITY, 0);
    const from = exports.scratchAt();
    this.writer.steps(u8, from, from + length);
  }

  constant(name: string, fallback: number): number {
    return this.dictionary.constantOr(name, fallback);
  }

  has(format: string): boolean {
    return this.dictionary.has(format);
  }

  command(format: string, feature: string): BoundCommand {
    const encoder = this.dictionary.command(format, feature);
    return { encode: (...values) => encoder.toBytes(...values) };
  }

  clockAt(time: PrintTime): Ticks {
    return ticks(Math.round(time * this.frequency));
  }

  timeAt(clock: Ticks): PrintTime {
    return printTime(clock / this.frequency);
  }

  /** A dry run has no clock: the end of what was written last. */
  get clockNow(): Ticks {
    return this.clockAt(this.#time);
  }

  widen(clock32: number): Ticks {
    return ticks(clock32);
  }

  createDevice(): number {
    return this.#queue.createDevice();
  }

  send(device: number, bytes: Uint8Array, min: Ticks, due: Ticks): void {
    this.#queue.push(device, min, due, bytes);
  }

  sendNow(device: number, bytes: Uint8Array): void {
    this.#queue.push(device, ticks(0), ticks(0), bytes);
  }

  /** Nothing ever answers. */
  on(): () => void {
    return () => {};
  }
}
