// thread: host
import { HostError, type Place } from "../shared/errors.js";
import { allowedValues, brokenLimit, type Limits } from "../shared/limits.js";
import { suggest } from "../shared/suggest.js";
import * as units from "../shared/units.js";
import { parseInteger, parseNumber } from "./number-text.js";
import type { GcodeOrigin } from "./origin.js";
import type { GcodeOutput } from "./output.js";
import { type GcodeLine, type GcodeParams, isClassicName } from "./parse-line.js";

/** What a command can do with the script that it is part of. */
export interface CommandContext {
  readonly output: GcodeOutput;
  /** Who sent the script. */
  readonly origin: GcodeOrigin;
  /** Line of the script, from 1. */
  readonly line: number;
  /** Byte of the file behind the line; -1 when it is not from a file. */
  readonly position: number;
  /** Aborted when the script is cancelled; its reason is the error to throw. */
  readonly signal: AbortSignal;
  /** Runs G-code as a part of this command: see `GcodeCommand.run`. */
  readonly runInside: (script: string, origin: GcodeOrigin) => Promise<void>;
}

const TRUE = new Set(["1", "true", "yes", "on"]);
const FALSE = new Set(["0", "false", "no", "off"]);
const MAX_SHOWN = 80;

/**
 * One command of a script, as its handler gets it.
 *
 * The getters read parameters by type. The second argument is the default: without it (or with `undefined`) the
 * parameter is required, with `null` it may be left out and the getter then returns `null`. A missing or wrong
 * parameter throws GCODE_PARAMETER_MISSING, _TYPE, _RANGE or _CHOICE. Limits hold for what was typed, not for defaults.
 */
export class GcodeCommand {
  /** Upper case. */
  readonly name: string;
  /** What follows the name, as typed: the text of M117 and M118. */
  readonly raw: string;
  /** Parameters by name (upper case), values as typed. */
  readonly params: GcodeParams;
  readonly #context: CommandContext;

  constructor({ name, raw }: GcodeLine, params: GcodeParams, context: CommandContext) {
    this.name = name;
    this.raw = raw;
    this.params = params;
    this.#context = context;
  }

  /** Who sent the script that this command is part of. */
  get origin(): GcodeOrigin {
    return this.#context.origin;
  }

  /** Line of the script, from 1. */
  get line(): number {
    return this.#context.line;
  }

  /** Byte of the print file behind this line; -1 when it is not from a file. */
  get position(): number {
    return this.#context.position;
  }

  /** Where the command was written; `undefined` when it was typed. */
  get place(): Place | undefined {
    return this.#context.origin.place(this.#context.line);
  }

  /**
   * Aborted when the script is cancelled. Whatever a handler waits for must end with it, by throwing its reason:
   * `signal.throwIfAborted()`.
   */
  get signal(): AbortSignal {
    return this.#context.signal;
  }

  /** The command as it was typed, for messages. */
  get text(): string {
    const text = this.raw.trim() === "" ? this.name : `${this.name} ${this.raw.trim()}`;
    return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN - 3)}...` : text;
  }

  has(parameter: string): boolean {
    return this.params.has(parameter);
  }

  string(parameter: string, fallback?: string): string;
  string(parameter: string, fallback: string | null): string | null;
  string(parameter: string, fallback?: string | null): string | null {
    const text = this.params.get(parameter);
    if (text !== undefined) return text;
    if (fallback !== undefined) return fallback;
    throw this.#missing(parameter);
  }

  int(parameter: string, fallback?: number, limits?: Limits): number;
  int(parameter: string, fallback: number | null, limits?: Limits): number | null;
  int(parameter: string, fallback?: number | null, limits: Limits = {}): number | null {
    return this.#number(parameter, fallback, limits, "", parseInteger, "a whole number", same);
  }

  float(parameter: string, fallback?: number, limits?: Limits): number;
  float(parameter: string, fallback: number | null, limits?: Limits): number | null;
  float(parameter: string, fallback?: number | null, limits: Limits = {}): number | null {
    return this.#quantity(parameter, fallback, limits, "", same);
  }

  mm(parameter: string, fallback?: units.Mm, limits?: Limits): units.Mm;
  mm(parameter: string, fallback: units.Mm | null, limits?: Limits): units.Mm | null;
  mm(parameter: string, fallback?: units.Mm | null, limits: Limits = {}): units.Mm | null {
    return this.#quantity(parameter, fallback, limits, " mm", units.mm);
  }

  mmPerS(parameter: string, fallback?: units.MmPerS, limits?: Limits): units.MmPerS;
  mmPerS(parameter: string, fallback: units.MmPerS | null, limits?: Limits): units.MmPerS | null;
  mmPerS(parameter: string, fallback?: units.MmPerS | null, limits: Limits = {}): units.MmPerS | null {
    return this.#quantity(parameter, fallback, limits, " mm/s", units.mmPerS);
  }

  mmPerS2(parameter: string, fallback?: units.MmPerS2, limits?: Limits): units.MmPerS2;
  mmPerS2(parameter: string, fallback: units.MmPerS2 | null, limits?: Limits): units.MmPerS2 | null;
  mmPerS2(parameter: string, fallback?: units.MmPerS2 | null, limits: Limits = {}): units.MmPerS2 | null {
    return this.#quantity(parameter, fallback, limits, " mm/s^2", units.mmPerS2);
  }

  seconds(parameter: string, fallback?: units.Seconds, limits?: Limits): units.Seconds;
  seconds(parameter: string, fallback: units.Seconds | null, limits?: Limits): units.Seconds | null;
  seconds(parameter: string, fallback?: units.Seconds | null, limits: Limits = {}): units.Seconds | null {
    return this.#quantity(parameter, fallback, limits, " s", units.seconds);
  }

  celsius(parameter: string, fallback?: units.Celsius, limits?: Limits): units.Celsius;
  celsius(parameter: string, fallback: units.Celsius | null, limits?: Limits): units.Celsius | null;
  celsius(parameter: string, fallback?: units.Celsius | null, limits: Limits = {}): units.Celsius | null {
    return this.#quantity(parameter, fallback, limits, " °C", units.celsius);
  }

  /** 1, true, yes, on, or 0, false, no, off, in any case. */
  bool(parameter: string, fallback?: boolean): boolean;
  bool(parameter: string, fallback: boolean | null): boolean | null;
  bool(parameter: string, fallback?: boolean | null): boolean | null {
    const text = this.params.get(parameter);
    if (text === undefined) {
      if (fallback !== undefined) return fallback;
      throw this.#missing(parameter);
    }
    const word = text.trim().toLowerCase();
    if (TRUE.has(word)) return true;
    if (FALSE.has(word)) return false;
    throw this.#wrongType(parameter, text, "0 or 1");
  }

  /** One of `choices`; case does not count, and the choice is returned as it is written in `choices`. */
  choice<const T extends string>(parameter: string, choices: readonly T[], fallback?: NoInfer<T>): T;
  choice<const T extends string>(parameter: string, choices: readonly T[], fallback: NoInfer<T> | null): T | null;
  choice<const T extends string>(parameter: string, choices: readonly T[], fallback?: NoInfer<T> | null): T | null {
    const text = this.params.get(parameter);
    if (text === undefined) {
      if (fallback !== undefined) return fallback;
      throw this.#missing(parameter);
    }
    const word = text.trim().toLowerCase();
    const found = choices.find((choice) => choice === text) ?? choices.find((choice) => choice.toLowerCase() === word);
    if (found === undefined) throw this.wrongChoice(parameter, text, choices);
    return found;
  }

  /** Tells every console, each line with `// ` in front. */
  respondInfo(text: string): void {
    this.#context.output.info(text);
  }

  /** Tells every console, as it is. */
  respondRaw(message: string): void {
    this.#context.output.raw(message);
  }

  /**
   * Runs G-code as a part of this command, before any other script. A handler must use this and not `Gcode.run`,
   * which waits until this command is over. Rejects with the first error; the rest of the script is then not run.
   */
  run(script: string, origin: GcodeOrigin): Promise<void> {
    return this.#context.runInside(script, origin);
  }

  /** An error that says why the command cannot be done and what to do: `throw command.error(...)`. */
  error(message: string, fix: string): HostError<"GCODE_FAILED"> {
    return new HostError("GCODE_FAILED", message, { details: { command: this.name }, fix, ...this.#at() });
  }

  /** The error for a value that is none of those that there are. */
  wrongChoice(parameter: string, value: string, choices: readonly string[]): HostError<"GCODE_PARAMETER_CHOICE"> {
    const similar = suggest(value, choices);
    const all = choices.length === 0 ? "there is nothing to choose from" : `choose one of ${choices.join(", ")}`;
    return new HostError(
      "GCODE_PARAMETER_CHOICE",
      `in '${this.text}', ${parameter} is '${value}', which is not there`,
      {
        details: { command: this.name, parameter, value, choices },
        fix: similar === undefined ? all : `did you mean '${similar}'? Otherwise ${all}`,
        ...this.#at(),
      },
    );
  }

  #quantity<T extends number>(
    parameter: string,
    fallback: T | null | undefined,
    limits: Limits,
    unit: string,
    brand: (value: number) => T,
  ): T | null {
    return this.#number(parameter, fallback, limits, unit, parseNumber, "a number", brand);
  }

  #number<T extends number>(
    parameter: string,
    fallback: T | null | undefined,
    limits: Limits,
    unit: string,
    parse: (text: string) => number | undefined,
    wanted: string,
    brand: (value: number) => T,
  ): T | null {
    const text = this.params.get(parameter);
    if (text === undefined) {
      if (fallback !== undefined) return fallback;
      throw this.#missing(parameter);
    }
    const value = parse(text);
    if (value === undefined) throw this.#wrongType(parameter, text, wanted);
    const broken = brokenLimit(value, limits, unit);
    if (broken === undefined) return brand(value);
    const message = `in '${this.text}', ${parameter} is ${value}${unit}, ${broken.text}`;
    throw new HostError("GCODE_PARAMETER_RANGE", message, {
      details: { command: this.name, parameter, value, limit: broken.limit },
      fix: `set ${parameter} to ${allowedValues(limits, unit)}`,
      ...this.#at(),
    });
  }

  #missing(parameter: string): HostError {
    const example = isClassicName(this.name) ? `${this.name} ${parameter}<value>` : `${this.name} ${parameter}=<value>`;
    return new HostError("GCODE_PARAMETER_MISSING", `'${this.text}' has no ${parameter}`, {
      details: { command: this.name, parameter },
      fix: `write it as ${example}`,
      ...this.#at(),
    });
  }

  #wrongType(parameter: string, value: string, wanted: string): HostError {
    const found = value === "" ? "is empty" : `is '${value}'`;
    return new HostError("GCODE_PARAMETER_TYPE", `in '${this.text}', ${parameter} ${found}, but must be ${wanted}`, {
      details: { command: this.name, parameter, value },
      fix: `set ${parameter} to ${wanted}`,
      ...this.#at(),
    });
  }

  #at(): { readonly place: Place } | Record<string, never> {
    const place = this.place;
    return place === undefined ? {} : { place };
  }
}

function same(value: number): number {
  return value;
}
