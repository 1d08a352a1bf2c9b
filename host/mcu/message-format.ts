// thread: any
import type { Enumeration } from "./enumeration.js";
import { encodeByteString, encodeVlq, type PayloadReader, VLQ_MAX } from "./vlq.js";

/** How a field travels: as an integer that the reader takes for unsigned or signed, or as a byte string. */
export type FieldKind = "unsigned" | "signed" | "bytes";

/** One parameter of a command or response. */
export interface MessageField {
  readonly name: string;
  readonly kind: FieldKind;
  /** Names of its values, when the board's dictionary has some for it. */
  readonly enumeration: Enumeration | undefined;
}

/** A command or response as a board's dictionary declares it. */
export interface MessageFormat {
  readonly name: string;
  /** `queue_step oid=%c interval=%u count=%hu add=%hi` */
  readonly text: string;
  readonly id: number;
  readonly fields: readonly MessageField[];
}

/** A value of a field: a number, or bytes where the format says so. */
export type FieldValue = number | Uint8Array;

const KINDS: Readonly<Record<string, FieldKind>> = {
  "%u": "unsigned",
  "%hu": "unsigned",
  "%c": "unsigned",
  "%i": "signed",
  "%hi": "signed",
  "%s": "bytes",
  "%*s": "bytes",
  "%.*s": "bytes",
};

/** Splits `name field=%u ...`; undefined when a field or its type is not one that the protocol knows. */
export function parseFormat(
  text: string,
  id: number,
  enumerationFor: (field: string) => Enumeration | undefined,
): MessageFormat | undefined {
  const [name, ...words] = text.split(" ");
  if (name === undefined || name === "") return undefined;
  const fields: MessageField[] = [];
  for (const word of words) {
    const equals = word.indexOf("=");
    const kind = KINDS[word.slice(equals + 1)];
    if (equals <= 0 || kind === undefined) return undefined;
    const field = word.slice(0, equals);
    fields.push({ name: field, kind, enumeration: kind === "bytes" ? undefined : enumerationFor(field) });
  }
  return { name, text, id, fields };
}

/** Whether `wanted` (`name`, or `name field=%u field=%c`) is this format: the same fields in the same order. */
export function isFormat(format: MessageFormat, wanted: string): boolean {
  const [name, ...words] = wanted.split(" ");
  if (name !== format.name) return false;
  if (words.length === 0) return true;
  if (words.length !== format.fields.length) return false;
  return format.fields.every((field, i) => {
    const [fieldName, type] = (words[i] ?? "").split("=");
    return fieldName === field.name && (KINDS[type ?? ""] === "bytes") === (field.kind === "bytes");
  });
}

/** Writes one command of a board's dictionary. The numeric form makes no garbage. */
export class CommandEncoder {
  readonly format: MessageFormat;
  readonly id: number;
  /** Most bytes that a command without byte strings takes. */
  readonly maxLength: number;
  readonly #id: number;
  readonly #count: number;

  constructor(format: MessageFormat) {
    this.format = format;
    this.id = format.id;
    this.#id = format.id;
    this.#count = format.fields.length;
    this.maxLength = (1 + this.#count) * VLQ_MAX;
  }

  /**
   * Writes the command at `at` and returns the offset behind it. Arguments are in the format's order, all numbers; a
   * caller that looked the command up with its field names knows that they match. For up to ten fields.
   */
  encode(into: Uint8Array, at: number, a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0, i = 0, j = 0): number {
    const count = this.#count;
    let p = encodeVlq(into, at, this.#id);
    if (count === 0) return p;
    p = encodeVlq(into, p, a);
    if (count === 1) return p;
    p = encodeVlq(into, p, b);
    if (count === 2) return p;
    p = encodeVlq(into, p, c);
    if (count === 3) return p;
    p = encodeVlq(into, p, d);
    if (count === 4) return p;
    p = encodeVlq(into, p, e);
    if (count === 5) return p;
    p = encodeVlq(into, p, f);
    if (count === 6) return p;
    p = encodeVlq(into, p, g);
    if (count === 7) return p;
    p = encodeVlq(into, p, h);
    if (count === 8) return p;
    p = encodeVlq(into, p, i);
    return count === 9 ? p : encodeVlq(into, p, j);
  }

  /** Writes the command with its arguments from a list, byte strings included; returns the offset behind it. */
  encodeValues(into: Uint8Array, at: number, values: readonly FieldValue[]): number {
    if (values.length !== this.#count) {
      throw new RangeError(`${this.format.text}: ${this.#count} values wanted, ${values.length} given`);
    }
    let p = encodeVlq(into, at, this.#id);
    for (const value of values) {
      p = typeof value === "number" ? encodeVlq(into, p, value) : encodeByteString(into, p, value);
    }
    return p;
  }

  /** The command as bytes of its own, for commands that are rare. */
  toBytes(...values: readonly FieldValue[]): Uint8Array {
    const strings = values.reduce<number>((sum, value) => sum + (typeof value === "number" ? 0 : value.length), 0);
    const bytes = new Uint8Array(this.maxLength + strings);
    return bytes.slice(0, this.encodeValues(bytes, 0, values));
  }
}

const READ_AS = { unsigned: 0, signed: 1, bytes: 2 } as const;

/** Reads one kind of message; holds the fields of the last one read, so that reading makes no garbage. */
export class MessageReader<F extends string = string> {
  readonly format: MessageFormat;
  /** Values of integer fields, in the format's order; the length of the others. */
  readonly values: Float64Array;
  readonly #strings: Uint8Array[];
  readonly #index: ReadonlyMap<string, number>;
  readonly #kinds: Uint8Array;

  constructor(format: MessageFormat) {
    this.format = format;
    this.#kinds = Uint8Array.from(format.fields, (field) => READ_AS[field.kind]);
    this.values = new Float64Array(format.fields.length);
    this.#strings = format.fields.map(() => new Uint8Array(0));
    this.#index = new Map(format.fields.map((field, i) => [field.name, i]));
  }

  /** Reads the fields behind a message's id; false when the payload ends too early. */
  read(from: PayloadReader): boolean {
    for (let i = 0; i < this.#kinds.length; i++) {
      const kind = this.#kinds[i];
      if (kind === READ_AS.unsigned) {
        this.values[i] = from.uint();
      } else if (kind === READ_AS.signed) {
        this.values[i] = from.int();
      } else {
        const bytes = from.byteString();
        this.#strings[i] = bytes;
        this.values[i] = bytes.length;
      }
    }
    return !from.truncated;
  }

  /** Place of a field in `values`; -1 when the format has none of that name. */
  indexOf(field: F): number {
    return this.#index.get(field) ?? -1;
  }

  /** An integer field of the last message; NaN when the format has none of that name. */
  number(field: F): number {
    return this.values[this.indexOf(field)] ?? Number.NaN;
  }

  /** A byte string of the last message: a view, borrowed until the next one is read. */
  bytes(field: F): Uint8Array {
    return this.#strings[this.indexOf(field)] ?? new Uint8Array(0);
  }

  /** The name of an enumerated field's value, or the number as text. */
  text(field: F): string {
    const index = this.indexOf(field);
    const value = this.values[index] ?? Number.NaN;
    return this.format.fields[index]?.enumeration?.nameOf(value) ?? String(value);
  }
}
