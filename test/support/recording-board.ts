// thread: any
import type { BoardAccess, BoundCommand, ResponseFields } from "../../host/machine/board-access.js";
import { widen } from "../../host/mcu/clock.js";
import { commandText } from "../../host/mcu/command-text.js";
import { Dictionary } from "../../host/mcu/dictionary.js";
import { type HostTime, hostTime, type PrintTime, printTime, type Ticks, ticks } from "../../host/shared/units.js";
import { virtualDictionary } from "../../host/virtual/dictionary.js";

/** One command as it was handed over. */
export interface Sent {
  readonly device: number;
  readonly text: string;
  /** Print time at which it was handed over, before which it may not leave, and at which it is due, in s. */
  readonly at: number;
  readonly min: number;
  readonly due: number;
  readonly takesSlot: boolean;
}

type Handler = (fields: ResponseFields, received: HostTime) => void;

/** The virtual board's dictionary, with some of its formats replaced. */
export function changedDictionary(changes: Readonly<Record<string, string | undefined>>): Dictionary {
  const json = JSON.parse(virtualDictionary({ hasSerialLine: false }));
  const change = (formats: Record<string, number>): Record<string, number> =>
    Object.fromEntries(
      Object.entries(formats).flatMap(([text, id]) => {
        const name = text.split(" ", 1)[0] ?? "";
        const changed = name in changes ? changes[name] : text;
        return changed === undefined ? [] : [[changed, id]];
      }),
    );
  return Dictionary.parse(
    JSON.stringify({ ...json, commands: change(json.commands), responses: change(json.responses) }),
  );
}

/** A board that keeps what it is sent, encoded and decoded by a real dictionary. Its clock is set by hand. */
export class RecordingBoard implements BoardAccess {
  readonly name = "mcu";
  readonly frequency: number;
  readonly sent: Sent[] = [];
  /** Print time now, in s. */
  now = 0;
  readonly #dictionary: Dictionary;
  readonly #handlers: { readonly response: string; readonly oid: number | undefined; readonly handler: Handler }[] = [];
  #devices = 0;

  constructor(dictionary = Dictionary.parse(virtualDictionary({ hasSerialLine: false }))) {
    this.#dictionary = dictionary;
    this.frequency = dictionary.clockFrequency;
  }

  get texts(): string[] {
    return this.sent.map(({ text }) => text);
  }

  /** The board says something. Byte strings are given as bytes. */
  respond(response: string, fields: Readonly<Record<string, number | Uint8Array>>): void {
    const reader: ResponseFields = {
      number: (field) => {
        const value = fields[field];
        return typeof value === "number" ? value : Number.NaN;
      },
      bytes: (field) => {
        const value = fields[field];
        return typeof value === "object" ? value : new Uint8Array(0);
      },
    };
    for (const one of this.#handlers) {
      if (one.response !== response || (one.oid !== undefined && one.oid !== fields["oid"])) continue;
      one.handler(reader, hostTime(this.now));
    }
  }

  get clockNow(): Ticks {
    return ticks(this.now * this.frequency);
  }

  constant(name: string, fallback: number): number {
    return this.#dictionary.constantOr(name, fallback);
  }

  has(format: string): boolean {
    return this.#dictionary.has(format);
  }

  command(format: string, feature: string): BoundCommand {
    const encoder = this.#dictionary.command(format, feature);
    return { encode: (...values) => encoder.toBytes(...values) };
  }

  clockAt(time: PrintTime): Ticks {
    return ticks(time * this.frequency);
  }

  timeAt(clock: Ticks): PrintTime {
    return printTime(clock / this.frequency);
  }

  widen(clock32: number): Ticks {
    return widen(clock32, this.clockNow);
  }

  createDevice(): number {
    return this.#devices++;
  }

  send(device: number, bytes: Uint8Array, min: Ticks, due: Ticks, takesSlot = false): void {
    this.sent.push({
      device,
      text: commandText(this.#dictionary, bytes) ?? "unreadable",
      at: this.now,
      min: this.timeAt(min),
      due: this.timeAt(due),
      takesSlot,
    });
  }

  sendNow(device: number, bytes: Uint8Array): void {
    this.send(device, bytes, ticks(0), this.clockNow);
  }

  on(response: string, oid: number | undefined, feature: string, handler: Handler): () => void {
    if (!this.#dictionary.hasResponse(response)) throw new Error(`no response ${response} for ${feature}`);
    const entry = { response, oid, handler };
    this.#handlers.push(entry);
    return () => {
      this.#handlers.splice(this.#handlers.indexOf(entry), 1);
    };
  }
}
