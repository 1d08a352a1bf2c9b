// thread: any
import { inflateSync } from "node:zlib";
import { HostError } from "../shared/errors.js";
import { Enumeration } from "./enumeration.js";
import { CommandEncoder, isFormat, type MessageFormat, MessageReader, parseFormat } from "./message-format.js";

/** No board's dictionary comes near this; more is a broken or hostile one. */
const MAX_JSON_BYTES = 4 << 20;
/** Ids that every firmware has, because they are needed to fetch its dictionary. */
export const IDENTIFY_COMMAND = "identify offset=%u count=%c";
export const IDENTIFY_RESPONSE = "identify_response offset=%u data=%.*s";

/** The JSON object, before its parts are checked. */
interface RawDictionary {
  readonly app?: unknown;
  readonly version?: unknown;
  readonly build_versions?: unknown;
  readonly config?: unknown;
  readonly enumerations?: unknown;
  readonly commands?: unknown;
  readonly responses?: unknown;
  readonly output?: unknown;
}

/** Text that a board sends for people, with its values to be filled in. */
export interface OutputFormat {
  readonly text: string;
  readonly id: number;
}

/**
 * What a board's firmware understands and says: its commands, responses, enumerations and constants. Nothing else about
 * a board is known in advance.
 */
export class Dictionary {
  /** The board that it belongs to, as errors name it: `mcu`, `toolboard`. */
  readonly mcu: string;
  /** Firmware version, such as `v0.13.0-730-g84104bbbd`. */
  readonly version: string;
  readonly buildVersions: string;
  readonly app: string;
  readonly constants: ReadonlyMap<string, number | string>;
  readonly commands: readonly MessageFormat[];
  readonly responses: readonly MessageFormat[];
  readonly outputs: readonly OutputFormat[];
  readonly enumerations: ReadonlyMap<string, Enumeration>;
  readonly #commandNames: ReadonlyMap<string, MessageFormat>;
  readonly #commandIds: ReadonlyMap<number, MessageFormat>;
  readonly #responseNames: ReadonlyMap<string, MessageFormat>;
  readonly #responseIds: ReadonlyMap<number, MessageFormat>;

  private constructor(mcu: string, json: unknown) {
    const fail = (reason: string): never => {
      throw dictionaryError(mcu, reason);
    };
    const root: RawDictionary = record(json) ?? fail("it is not an object");
    this.mcu = mcu;
    this.version = string(root.version) ?? "unknown";
    this.buildVersions = string(root.build_versions) ?? "unknown";
    this.app = string(root.app) ?? "unknown";
    this.constants = readConstants(root.config, fail);
    this.enumerations = readEnumerations(root.enumerations, fail);
    const read = (part: "commands" | "responses"): MessageFormat[] =>
      readIds(root[part], part, fail).map(
        ([text, id]) =>
          parseFormat(text, id, (field) => this.#enumerationFor(field)) ??
          fail(`the format '${text}' is not understood`),
      );
    this.commands = withIdentify(read("commands"), IDENTIFY_COMMAND, 1);
    this.responses = withIdentify(read("responses"), IDENTIFY_RESPONSE, 0);
    this.outputs = root.output === undefined ? [] : readIds(root.output, "output", fail).map(toOutput);
    this.#commandNames = new Map(this.commands.map((format) => [format.name, format]));
    this.#commandIds = new Map(this.commands.map((format) => [format.id, format]));
    this.#responseNames = new Map(this.responses.map((format) => [format.name, format]));
    this.#responseIds = new Map(this.responses.map((format) => [format.id, format]));
  }

  /** Reads the JSON text of a dictionary; throws `MCU_DICTIONARY` when it is none. */
  static parse(json: string, mcu = "mcu"): Dictionary {
    let root: unknown;
    try {
      root = JSON.parse(json);
    } catch (cause) {
      throw dictionaryError(mcu, "it is not JSON", cause);
    }
    return new Dictionary(mcu, root);
  }

  /** Reads a dictionary as a board sends it (zlib); throws `MCU_DICTIONARY` when it is none. */
  static fromCompressed(bytes: Uint8Array, mcu = "mcu"): Dictionary {
    let json: Buffer;
    try {
      json = inflateSync(bytes, { maxOutputLength: MAX_JSON_BYTES });
    } catch (cause) {
      throw dictionaryError(mcu, "it cannot be uncompressed", cause);
    }
    return Dictionary.parse(json.toString("utf8"), mcu);
  }

  /** Whether the firmware has a command: `queue_step`, or with its fields `queue_step oid=%c interval=%u ...`. */
  has(command: string): boolean {
    return this.findCommand(command) !== undefined;
  }

  /** Whether the firmware has a response, by name or by name and fields. */
  hasResponse(response: string): boolean {
    return this.findResponse(response) !== undefined;
  }

  /** The format of a command, by name or by name and fields; undefined when the firmware has none such. */
  findCommand(command: string): MessageFormat | undefined {
    return find(this.#commandNames, command);
  }

  findResponse(response: string): MessageFormat | undefined {
    return find(this.#responseNames, response);
  }

  commandById(id: number): MessageFormat | undefined {
    return this.#commandIds.get(id);
  }

  responseById(id: number): MessageFormat | undefined {
    return this.#responseIds.get(id);
  }

  /**
   * Encoder of a command, by name or by name and fields. Throws `MCU_COMMAND_MISSING`, which names `feature`: what the
   * printer wanted it for, such as "stepper x" or "tmc2209".
   */
  command(command: string, feature: string): CommandEncoder {
    const format = this.findCommand(command);
    if (format === undefined) throw this.#missing(command, feature, this.#commandNames);
    return new CommandEncoder(format);
  }

  /** Reader of a response, by name or by name and fields; throws `MCU_COMMAND_MISSING` as `command` does. */
  response<F extends string = string>(response: string, feature: string): MessageReader<F> {
    const format = this.findResponse(response);
    if (format === undefined) throw this.#missing(response, feature, this.#responseNames);
    return new MessageReader<F>(format);
  }

  /** A numeric constant of the firmware, such as `ADC_MAX`; throws `MCU_DICTIONARY` when it is not there. */
  constant(name: string): number {
    const value = this.constants.get(name);
    if (typeof value === "number") return value;
    throw dictionaryError(this.mcu, `it has no number '${name}'`);
  }

  /** A numeric constant, or `fallback` when the firmware does not state it. */
  constantOr(name: string, fallback: number): number {
    const value = this.constants.get(name);
    return typeof value === "number" ? value : fallback;
  }

  /** Ticks per second of the board's clock. */
  get clockFrequency(): number {
    return this.constant("CLOCK_FREQ");
  }

  /** The number of a pin; throws `MCU_PIN_UNKNOWN`, with the name that was probably meant. */
  pin(name: string): number {
    const pins = this.enumerations.get("pin");
    const value = pins?.valueOf(name);
    if (value !== undefined) return value;
    throw pinError(this.mcu, name, pins);
  }

  /** What the board uses a pin for by itself (`serial`, `USB`, `crystal`), so that no config may. */
  reservedFor(pin: string): string | undefined {
    const prefix = "RESERVE_PINS_";
    for (const [name, value] of this.constants) {
      if (name.startsWith(prefix) && String(value).split(",").includes(pin)) return name.slice(prefix.length);
    }
    return undefined;
  }

  /** The text behind a `static_string_id`: why a board has shut down. */
  staticString(id: number): string {
    return this.enumerations.get("static_string_id")?.nameOf(id) ?? `reason ${id}`;
  }

  #enumerationFor(field: string): Enumeration | undefined {
    for (let from = 0; ; ) {
      const found = this.enumerations.get(field.slice(from));
      if (found !== undefined) return found;
      from = field.indexOf("_", from) + 1;
      if (from === 0) return undefined;
    }
  }

  #missing(
    command: string,
    feature: string,
    names: ReadonlyMap<string, MessageFormat>,
  ): HostError<"MCU_COMMAND_MISSING"> {
    const name = command.split(" ", 1)[0] ?? command;
    const other = names.get(name);
    const how = other === undefined ? `has no '${name}'` : `has '${other.text}' where '${command}' is needed`;
    return new HostError("MCU_COMMAND_MISSING", `firmware ${this.version} ${how}, which ${feature} needs`, {
      details: { mcu: this.mcu, command, feature },
      fix: `flash a current Klipper firmware on this board; ${feature} cannot be used until then.`,
      place: { device: `mcu '${this.mcu}'` },
    });
  }
}

/** `MCU_PIN_UNKNOWN` for a pin name that a board does not have. */
export function pinError(mcu: string, pin: string, pins: Enumeration | undefined): HostError<"MCU_PIN_UNKNOWN"> {
  const suggestion = pins?.suggest(pin);
  const first = pins?.names()[Symbol.iterator]().next().value;
  return new HostError("MCU_PIN_UNKNOWN", `this board has no pin '${pin}'`, {
    details: { mcu, pin, suggestion },
    fix:
      suggestion !== undefined
        ? `did you mean '${suggestion}'?`
        : first === undefined
          ? "this board's firmware names no pins: check that it is the right board."
          : `use a pin name of this board's chip, such as '${first}', or add a [board_pins] section for its names.`,
    place: { device: `mcu '${mcu}'` },
  });
}

function dictionaryError(mcu: string, reason: string, cause?: unknown): HostError<"MCU_DICTIONARY"> {
  return new HostError("MCU_DICTIONARY", `the board's dictionary cannot be used: ${reason}`, {
    details: { mcu, reason },
    fix: "flash the board with a stock Klipper firmware again, then run FIRMWARE_RESTART.",
    place: { device: `mcu '${mcu}'` },
    cause,
  });
}

function find(names: ReadonlyMap<string, MessageFormat>, wanted: string): MessageFormat | undefined {
  const space = wanted.indexOf(" ");
  const format = names.get(space < 0 ? wanted : wanted.slice(0, space));
  return format !== undefined && isFormat(format, wanted) ? format : undefined;
}

function withIdentify(formats: MessageFormat[], text: string, id: number): MessageFormat[] {
  const name = text.split(" ", 1)[0];
  if (formats.some((format) => format.name === name)) return formats;
  const identify = parseFormat(text, id, () => undefined);
  return identify === undefined ? formats : [identify, ...formats];
}

function record(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : undefined;
}

const string = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

const isInteger = (value: unknown): value is number => typeof value === "number" && Number.isInteger(value);

type Fail = (reason: string) => never;

function readIds(value: unknown, part: string, fail: Fail): [string, number][] {
  const entries = record(value) ?? fail(`it has no list of ${part}`);
  const seen = new Set<number>();
  return Object.entries(entries).map(([text, id]) => {
    if (!isInteger(id)) return fail(`the id of '${text}' is not a number`);
    if (seen.has(id)) return fail(`two ${part} share the id ${id}`);
    seen.add(id);
    return [text, id];
  });
}

const toOutput = ([text, id]: readonly [string, number]): OutputFormat => ({ text, id });

function readConstants(value: unknown, fail: Fail): Map<string, number | string> {
  const entries = value === undefined ? {} : (record(value) ?? fail("its constants are not a list"));
  return new Map(
    Object.entries(entries).map(([name, constant]) => {
      if (typeof constant === "number" || typeof constant === "string") return [name, constant];
      return fail(`the constant '${name}' is neither number nor text`);
    }),
  );
}

function readEnumerations(value: unknown, fail: Fail): Map<string, Enumeration> {
  const entries = value === undefined ? {} : (record(value) ?? fail("its enumerations are not a list"));
  return new Map(
    Object.entries(entries).map(([name, names]) => {
      const values = Object.entries(record(names) ?? fail(`the enumeration '${name}' is not a list`));
      return [
        name,
        new Enumeration(
          name,
          values.map(([key, entry]) => [key, readValue(name, key, entry, fail)]),
        ),
      ];
    }),
  );
}

/** More names in one run than any chip has pins: a broken dictionary. */
const MAX_RUN = 4096;

function readValue(name: string, key: string, value: unknown, fail: Fail): number | readonly [number, number] {
  if (isInteger(value)) return value;
  if (Array.isArray(value)) {
    const [first, count]: readonly unknown[] = value;
    if (isInteger(first) && isInteger(count) && count >= 0 && count <= MAX_RUN) return [first, count];
  }
  return fail(`'${key}' of enumeration '${name}' is neither a number nor a range`);
}
