// thread: any
import { HostError } from "../shared/errors.js";
import { type Dictionary, pinError } from "./dictionary.js";
import { CommandEncoder, type FieldValue, type MessageField, type MessageFormat } from "./message-format.js";
import { PayloadReader } from "./vlq.js";

const NEWLINE = 0x0a;
const ZERO = 0x30;
const MINUS = 0x2d;
const HEX = /^(?:[0-9a-fA-F]{2})*$/;
const INTEGER = /^-?\d+$/;

/**
 * Encodes a command given as text, `config_digital_out oid=3 pin=PB4 value=0 default_value=0 max_duration=48000000`.
 * Names of enumerations (pins, buses) are resolved; byte strings are hexadecimal; fields may come in any order.
 *
 * Throws `MCU_COMMAND_MISSING` (naming `feature`), `MCU_PIN_UNKNOWN`, or `MCU_CONFIG` for a text that does not fit the
 * command's format.
 */
export function encodeCommandText(dictionary: Dictionary, text: string, feature = "this configuration"): Uint8Array {
  const [name = "", ...words] = text.trim().split(/\s+/);
  const format = dictionary.command(name, feature).format;
  const given = new Map<string, string>();
  for (const word of words) {
    const equals = word.indexOf("=");
    const field = equals < 0 ? word : word.slice(0, equals);
    if (equals < 0) throw textError(dictionary, text, `'${word}' has no value`);
    if (given.has(field)) throw textError(dictionary, text, `'${field}' is given twice`);
    if (!format.fields.some((known) => known.name === field)) {
      throw textError(dictionary, text, `'${name}' has no '${field}': this firmware's form is '${format.text}'`);
    }
    given.set(field, word.slice(equals + 1));
  }
  const values = format.fields.map((field) => {
    const value = given.get(field.name);
    if (value === undefined) throw textError(dictionary, text, `'${field.name}' is missing`);
    return toValue(dictionary, text, field, value);
  });
  return new CommandEncoder(format).toBytes(...values);
}

function toValue(dictionary: Dictionary, text: string, field: MessageField, value: string): FieldValue {
  if (field.kind === "bytes") {
    if (HEX.test(value)) return Uint8Array.from(Buffer.from(value, "hex"));
    throw textError(dictionary, text, `'${field.name}' must be hexadecimal digits, two for each byte`);
  }
  const named = field.enumeration?.valueOf(value);
  if (named !== undefined) return named;
  // A number that has no name is printed as `?17`.
  const digits = field.enumeration !== undefined && value.startsWith("?") ? value.slice(1) : value;
  if (INTEGER.test(digits)) {
    const number = Number(digits);
    if (number >= -0x80000000 && number <= 0xffffffff) return number;
    throw textError(dictionary, text, `'${field.name}' does not fit in 32 bits`);
  }
  if (field.enumeration?.name === "pin") throw pinError(dictionary.mcu, value, field.enumeration);
  if (field.enumeration !== undefined) {
    const names = [...field.enumeration.names()].join(", ");
    throw textError(dictionary, text, `'${field.name}' is '${value}', which this board does not have: it has ${names}`);
  }
  throw textError(dictionary, text, `'${field.name}' is not a number`);
}

function textError(dictionary: Dictionary, text: string, reason: string): HostError<"MCU_CONFIG"> {
  return new HostError("MCU_CONFIG", `command '${text}' cannot be sent: ${reason}`, {
    details: { mcu: dictionary.mcu, reason },
    fix: "check the section that sends it in printer.cfg; report it if the config is right.",
    place: { device: `mcu '${dictionary.mcu}'` },
  });
}

interface PrintedField {
  /** ` interval=` */
  readonly label: Uint8Array;
  readonly kind: MessageField["kind"];
  readonly names: ReadonlyMap<number, Uint8Array> | undefined;
}

interface PrintedCommand {
  readonly name: Uint8Array;
  readonly fields: readonly PrintedField[];
}

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Room that `CommandPrinter.print` wants: more than any block's commands can need as text. */
export const PRINT_ROOM = 8192;

/**
 * Writes encoded commands as text, one to a line: `queue_step oid=5 interval=1000 count=3 add=-2`. Pins and other
 * enumerated values are names, `?17` where there is none; byte strings are hexadecimal. What it writes,
 * `encodeCommandText` reads. Fast: digits go straight into a byte buffer.
 */
export class CommandPrinter {
  readonly #commands = new Map<number, PrintedCommand>();
  readonly #reader = new PayloadReader();

  constructor(formats: Iterable<MessageFormat>) {
    for (const format of formats) this.#commands.set(format.id, printed(format));
  }

  /**
   * Writes the commands of one payload at `at`, each ended by a newline, and returns the offset behind them. `into` must
   * have `PRINT_ROOM` bytes left. Returns -1 when the payload holds an unknown command or ends within one.
   */
  print(payload: Uint8Array, start: number, end: number, into: Uint8Array, at: number): number {
    const reader = this.#reader.open(payload, start, end);
    let p = at;
    while (!reader.isAtEnd) {
      const command = this.#commands.get(reader.int());
      if (command === undefined) return -1;
      p = copy(command.name, into, p);
      for (const field of command.fields) {
        p = copy(field.label, into, p);
        if (field.kind === "bytes") p = writeHex(reader.byteString(), into, p);
        else if (field.names !== undefined) p = writeName(field.names, reader.uint(), into, p);
        else if (field.kind === "signed") p = writeSigned(reader.int(), into, p);
        else p = writeUnsigned(reader.uint(), into, p);
      }
      if (reader.truncated) return -1;
      into[p++] = NEWLINE;
    }
    return p;
  }
}

/** The text of one payload's commands, a line each without the last newline; undefined for what is no command. */
export function commandText(dictionary: Dictionary, payload: Uint8Array): string | undefined {
  return payloadText(new CommandPrinter(dictionary.commands), payload);
}

/** The text of a response payload, such as `clock clock=1234`; undefined for what is none. */
export function responseText(dictionary: Dictionary, payload: Uint8Array): string | undefined {
  return payloadText(new CommandPrinter(dictionary.responses), payload) ?? outputText(dictionary, payload);
}

function payloadText(printer: CommandPrinter, payload: Uint8Array): string | undefined {
  const into = new Uint8Array(PRINT_ROOM);
  const end = printer.print(payload, 0, payload.length, into, 0);
  return end <= 0 ? undefined : new TextDecoder().decode(into.subarray(0, end - 1));
}

/** Debug text that firmware sends: the format with its values in place. */
function outputText(dictionary: Dictionary, payload: Uint8Array): string | undefined {
  const reader = new PayloadReader().open(payload);
  const id = reader.int();
  const output = dictionary.outputs.find((format) => format.id === id);
  if (output === undefined) return undefined;
  const text = output.text.replace(/%(?:\.?\*)?h?[uics]/g, (type) => {
    if (type.endsWith("s")) return Buffer.from(reader.byteString()).toString("latin1");
    return String(type.endsWith("i") ? reader.int() : reader.uint());
  });
  return reader.truncated ? undefined : `#output ${text}`;
}

function printed(format: MessageFormat): PrintedCommand {
  return {
    name: ascii(format.name),
    fields: format.fields.map(({ name, kind, enumeration }) => ({
      label: ascii(` ${name}=`),
      kind,
      names:
        enumeration === undefined
          ? undefined
          : new Map(
              [...enumeration.names()].map((key) => {
                const value = (enumeration.valueOf(key) ?? 0) >>> 0;
                return [value, ascii(key)];
              }),
            ),
    })),
  };
}

function copy(from: Uint8Array, into: Uint8Array, at: number): number {
  for (let i = 0; i < from.length; i++) into[at + i] = from[i] ?? 0;
  return at + from.length;
}

function writeName(names: ReadonlyMap<number, Uint8Array>, value: number, into: Uint8Array, at: number): number {
  const name = names.get(value);
  if (name !== undefined) return copy(name, into, at);
  into[at] = 0x3f;
  return writeUnsigned(value, into, at + 1);
}

function writeSigned(value: number, into: Uint8Array, at: number): number {
  if (value >= 0) return writeUnsigned(value, into, at);
  into[at] = MINUS;
  return writeUnsigned(-value, into, at + 1);
}

/** Writes a number from 0 to 2^32 - 1 in decimal. */
function writeUnsigned(value: number, into: Uint8Array, at: number): number {
  let rest = value;
  let digits = 1;
  for (let limit = 10; digits < 10 && rest >= limit; limit *= 10) digits++;
  const end = at + digits;
  let p = end;
  // Above int32 one division in floating point brings the rest into the fast range.
  if (rest > 0x7fffffff) {
    const tens = Math.floor(rest / 10);
    into[--p] = ZERO + (rest - tens * 10);
    rest = tens;
  }
  while (p > at) {
    const tens = (rest / 10) | 0;
    into[--p] = ZERO + (rest - tens * 10);
    rest = tens;
  }
  return end;
}

const HEX_DIGITS = ascii("0123456789abcdef");

function writeHex(bytes: Uint8Array, into: Uint8Array, at: number): number {
  let p = at;
  for (const byte of bytes) {
    into[p++] = HEX_DIGITS[byte >>> 4] ?? 0;
    into[p++] = HEX_DIGITS[byte & 15] ?? 0;
  }
  return p;
}
