// thread: any
import { CommandPrinter, PRINT_ROOM } from "../../mcu/command-text.js";
import type { Dictionary } from "../../mcu/dictionary.js";
import { PayloadReader } from "../../mcu/vlq.js";
import { BoardLoad, StepTally } from "./step-tally.js";

/** Text is passed on in pieces of about this many bytes. */
const PIECE = 256 * 1024;
/** Bytes of text that one byte of step commands can become, and more. */
const TEXT_PER_BYTE = 32;

/** Takes a piece of text, as bytes that are borrowed for the call. */
export type TextSink = (piece: Uint8Array) => void;

const encoder = new TextEncoder();

/** Writes the commands of one board as text, one per line, and counts its steps. */
export class CommandWriter {
  /** Steps by the object id of their stepper. */
  readonly tallies = new Map<number, StepTally>();
  readonly load: BoardLoad;
  readonly #printer: CommandPrinter;
  readonly #reader = new PayloadReader();
  readonly #sink: TextSink;
  readonly #stepId: number;
  readonly #text = new Uint8Array(PIECE + PRINT_ROOM);
  #at = 0;

  constructor(dictionary: Dictionary, sink: TextSink) {
    this.#printer = new CommandPrinter(dictionary.commands);
    this.#sink = sink;
    this.#stepId = dictionary.command("queue_step", "steppers").id;
    this.load = new BoardLoad(dictionary.clockFrequency);
  }

  /** A line as it is. */
  line(text: string): void {
    this.flush();
    this.#sink(encoder.encode(`${text}\n`));
  }

  /** Encoded commands of any kind but steps. */
  commands(bytes: Uint8Array): void {
    this.#print(bytes, 0, bytes.length);
  }

  /** Step commands in `bytes[start..end)`. */
  steps(bytes: Uint8Array, start: number, end: number): void {
    this.#print(bytes, start, end);
    const reader = this.#reader.open(bytes, start, end);
    while (!reader.isAtEnd) {
      const begin = reader.at;
      const id = reader.int();
      const oid = reader.uint();
      let tally = this.tallies.get(oid);
      if (tally === undefined) {
        tally = new StepTally();
        this.tallies.set(oid, tally);
      }
      if (id === this.#stepId) {
        const interval = reader.uint();
        const count = reader.uint();
        const add = reader.int();
        tally.move(interval, count, add, reader.at - begin, this.load);
      } else {
        const bit = reader.uint();
        tally.direction(bit, reader.at - begin);
      }
    }
  }

  /** Passes on what is written so far. */
  flush(): void {
    if (this.#at > 0) this.#sink(this.#text.subarray(0, this.#at));
    this.#at = 0;
  }

  #print(bytes: Uint8Array, start: number, end: number): void {
    if (this.#at + (end - start) * TEXT_PER_BYTE > PIECE) this.flush();
    const after = this.#printer.print(bytes, start, end, this.#text, this.#at);
    if (after < 0) throw new RangeError("a command that the dictionary does not have was to be sent");
    this.#at = after;
  }
}
