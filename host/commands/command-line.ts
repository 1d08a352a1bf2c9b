// thread: host
import { suggest } from "../shared/suggest.js";

/** One option of a command: `--port NUMBER`. */
export interface OptionSpec {
  readonly name: string;
  /** Name of its value in the help; a flag when missing. */
  readonly value?: string;
  readonly help: string;
  /** May be given more than once. */
  readonly isList?: boolean;
}

/** What a command takes, and the words that its help is made of. */
export interface CommandSpec {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** What it does, for its own help. */
  readonly text: string;
  /** Arguments without a dash, all needed: `JOB.gcode`. */
  readonly operands: readonly string[];
  readonly options: readonly OptionSpec[];
  readonly examples: readonly string[];
}

/** A mistake in a command line; the text says what to write instead. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** What was given to a command. */
export class Arguments {
  readonly #command: string;
  readonly #operands: readonly string[];
  readonly #values: ReadonlyMap<string, readonly string[]>;

  constructor(command: string, operands: readonly string[], values: ReadonlyMap<string, readonly string[]>) {
    this.#command = command;
    this.#operands = operands;
    this.#values = values;
  }

  /** The operand at `index`, which the command needs. */
  operand(index: number): string {
    const value = this.#operands[index];
    if (value === undefined) throw new RangeError(`${this.#command} has no operand ${index}`);
    return value;
  }

  flag(name: string): boolean {
    return this.#values.has(name);
  }

  /** The last value given. */
  text(name: string): string | undefined {
    return this.#values.get(name)?.at(-1);
  }

  list(name: string): readonly string[] {
    return this.#values.get(name) ?? [];
  }

  /** Throws `UsageError` for a value that an option needs and does not have. */
  needText(name: string, what: string): string {
    const value = this.text(name);
    if (value !== undefined) return value;
    throw new UsageError(`'${this.#command}' needs --${name} ${what}. See: steadyhand ${this.#command} --help`);
  }

  /** A whole number within limits. Throws `UsageError`. */
  integer(name: string, fallback: number, min: number, max: number): number {
    const text = this.text(name);
    if (text === undefined) return fallback;
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    throw new UsageError(`--${name} must be a whole number from ${min} to ${max}, not '${text}'`);
  }
}

/** Reads a command's arguments. Throws `UsageError`. */
export function parseArguments(spec: CommandSpec, args: readonly string[]): Arguments {
  const operands: string[] = [];
  const values = new Map<string, string[]>();
  for (let i = 0; i < args.length; i++) {
    const word = args[i] ?? "";
    if (!word.startsWith("--") || word === "--") {
      if (word.startsWith("-") && word.length > 1) throw unknownOption(spec, word);
      operands.push(word);
      continue;
    }
    const equals = word.indexOf("=");
    const name = word.slice(2, equals < 0 ? undefined : equals);
    const option = spec.options.find((one) => one.name === name);
    if (option === undefined) throw unknownOption(spec, `--${name}`);
    const given = values.get(name) ?? [];
    if (given.length > 0 && option.isList !== true) throw new UsageError(`--${name} is given twice`);
    values.set(name, given);
    if (option.value === undefined) {
      if (equals >= 0) throw new UsageError(`--${name} takes no value`);
      given.push("");
      continue;
    }
    const value = equals >= 0 ? word.slice(equals + 1) : args[++i];
    if (value === undefined || value === "") throw new UsageError(`--${name} needs a value: --${name} ${option.value}`);
    given.push(value);
  }
  if (operands.length < spec.operands.length) {
    throw new UsageError(`'${spec.name}' needs ${spec.operands[operands.length]}. See: steadyhand ${spec.name} --help`);
  }
  const extra = operands[spec.operands.length];
  if (extra !== undefined)
    throw new UsageError(`'${spec.name}' does not take '${extra}'. See: steadyhand ${spec.name} --help`);
  return new Arguments(spec.name, operands, values);
}

function unknownOption(spec: CommandSpec, word: string): UsageError {
  const names = spec.options.map(({ name }) => name);
  const close = suggest(word.replace(/^-+/, ""), names);
  const hint = close === undefined ? `See: steadyhand ${spec.name} --help` : `Did you mean --${close}?`;
  return new UsageError(`'${spec.name}' has no option ${word}. ${hint}`);
}

/** The help of one command. */
export function commandHelp(spec: CommandSpec): string {
  const options = [...spec.options, { name: "help", help: "show this" }];
  const left = options.map(({ name, value }: OptionSpec) => (value === undefined ? `--${name}` : `--${name} ${value}`));
  const width = Math.max(...left.map((text) => text.length));
  const usage = ["steadyhand", spec.name, ...spec.operands, "[options]"].join(" ");
  const lines = options.map(({ help }, i) => `  ${(left[i] ?? "").padEnd(width)}  ${help}`);
  const examples = spec.examples.map((example) => `  ${example}`);
  return [usage, "", spec.text, "", "Options:", ...lines, "", "Examples:", ...examples].join("\n");
}

/** The list of commands. */
export function generalHelp(specs: readonly CommandSpec[]): string {
  const width = Math.max(...specs.map(({ name }) => name.length));
  return [
    "Steadyhand: a printer host for boards that run Klipper's firmware.",
    "",
    "Usage: steadyhand COMMAND [options]",
    "",
    ...specs.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`),
    "",
    "steadyhand COMMAND --help says more. To see a print without a printer:",
    "",
    "  steadyhand print examples/fluted_cup.gcode --config examples/printer.cfg --virtual",
  ].join("\n");
}
