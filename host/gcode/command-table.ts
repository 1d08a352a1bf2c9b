// thread: host
import { HostError } from "../shared/errors.js";
import type { GcodeCommand } from "./gcode-command.js";
import type { MoveWords } from "./move-words.js";
import { isClassicName, isCommandName } from "./parse-line.js";
import { readMove } from "./read-move.js";

/** Does what a command says. Returns a promise when that takes time; the next line then waits for it. */
export type CommandHandler = (command: GcodeCommand) => void | Promise<void>;

/** Does a G0 or G1. `move` is borrowed until the handler returns or first awaits. */
export type MoveHandler = (move: MoveWords) => void | Promise<void>;

export interface CommandOptions {
  /** One sentence for HELP and for the completion of clients. */
  readonly help?: string;
  /** Whether the command also works while the printer is not ready; default false. */
  readonly always?: boolean;
  /**
   * Whether a script that consists of such commands alone runs at once, beside whatever else is running: for commands
   * that look at or stop a running script. Default false.
   */
  readonly outOfBand?: boolean;
  /** Whether the command runs before anything else, wherever it stands in a script from a client: M112. */
  readonly emergency?: boolean;
}

/** A command that can be run. */
export interface CommandEntry extends CommandOptions {
  readonly name: string;
  readonly run: CommandHandler;
  /** Set for G0 and G1 when nothing has replaced them: then no `GcodeCommand` is needed. */
  readonly move: MoveHandler | undefined;
}

/** Handlers of one command by the value of one of its parameters. */
interface Mux {
  /** What the command is called now: a macro may have taken its first name. */
  name: string;
  readonly parameter: string;
  readonly handlers: Map<string | null, CommandHandler>;
}

function taken(name: string): HostError {
  return new HostError("GCODE_NAME", `there is a command '${name}' already`, {
    details: { command: name },
    fix: "use another name; a macro can take the place of a command with rename_existing",
  });
}

/** The commands that there are. Names are looked up in upper case. */
export class CommandTable {
  readonly #entries = new Map<string, CommandEntry>();
  readonly #muxes = new Map<string, Mux>();
  #status: Readonly<Record<string, { readonly help?: string }>> | undefined;
  #plainMoves: MoveHandler | undefined;
  #emergencies: readonly string[] = [];

  get(name: string): CommandEntry | undefined {
    return this.#entries.get(name);
  }

  /** Throws GCODE_NAME when the name is taken or no name. */
  register(name: string, run: CommandHandler, options: CommandOptions = {}): void {
    this.#add({ ...options, name: name.toUpperCase(), run, move: undefined });
  }

  /** The handler of G0 and G1. */
  registerMoves(move: MoveHandler, help?: string): void {
    const run: CommandHandler = (command) => move(readMove(command));
    for (const name of ["G0", "G1"]) this.#add({ name, run, move, ...(help === undefined ? {} : { help }) });
  }

  /**
   * A command of several owners, told apart by a parameter: SET_FAN_SPEED FAN=x. `value` is compared as typed; the
   * handler of `null` gets commands without the parameter. The options of the first owner count.
   */
  registerMux(
    name: string,
    parameter: string,
    value: string | null,
    run: CommandHandler,
    options: CommandOptions = {},
  ): void {
    const key = name.toUpperCase();
    const mux = this.#muxes.get(key) ?? this.#addMux(key, parameter, options);
    if (mux.parameter !== parameter || mux.handlers.has(value)) throw taken(`${key} ${parameter}=${value ?? ""}`);
    mux.handlers.set(value, run);
  }

  /** Removes one owner of a mux command; without owners the command is gone. */
  unregisterMux(name: string, value: string | null): void {
    const key = name.toUpperCase();
    const mux = this.#muxes.get(key);
    mux?.handlers.delete(value);
    if (mux?.handlers.size !== 0) return;
    this.#muxes.delete(key);
    this.unregister(mux.name);
  }

  /** Removes a command; nothing happens when it is not there. */
  unregister(name: string): void {
    this.#entries.delete(name.toUpperCase());
    this.#forget();
  }

  /**
   * Lets a macro take the place of a command: what was `name` is `newName` from now on. Throws GCODE_NAME when there
   * is no such command, when `newName` is taken, or when the two names take different parameters.
   */
  replace(name: string, newName: string, run: CommandHandler, options: CommandOptions = {}): void {
    const [key, newKey] = [name.toUpperCase(), newName.toUpperCase()];
    const entry = this.#entries.get(key);
    if (entry === undefined) {
      throw new HostError("GCODE_NAME", `there is no command '${key}' that could be renamed to '${newKey}'`, {
        details: { command: key },
        fix: "remove rename_existing, or correct the name of the macro",
      });
    }
    if (isClassicName(key) !== isClassicName(newKey)) {
      throw new HostError("GCODE_NAME", `'${key}' cannot be renamed to '${newKey}'`, {
        details: { command: newKey },
        fix: isClassicName(key) ? "use a name like G9999 or M117.1" : "use a name of letters such as BASE_PAUSE",
      });
    }
    this.#add({ ...entry, name: newKey });
    for (const mux of this.#muxes.values()) if (mux.name === key) mux.name = newKey;
    this.#entries.set(key, { ...options, name: key, run, move: undefined });
    this.#forget();
  }

  /** `gcode.commands`: every command with its help, the same frozen object until a command comes or goes. */
  get status(): Readonly<Record<string, { readonly help?: string }>> {
    this.#status ??= Object.freeze(
      Object.fromEntries(
        [...this.#entries.values()].map(({ name, help }) => [name, help === undefined ? {} : { help }]),
      ),
    );
    return this.#status;
  }

  /** The handler of G0 and G1 while neither has been replaced: such lines then need no `GcodeCommand`. */
  get plainMoves(): MoveHandler | undefined {
    return this.#plainMoves;
  }

  /** Names of the commands that run before anything else. */
  get emergencies(): readonly string[] {
    return this.#emergencies;
  }

  #add(entry: CommandEntry): void {
    if (this.#entries.has(entry.name)) throw taken(entry.name);
    if (!isCommandName(entry.name)) {
      throw new HostError("GCODE_NAME", `'${entry.name}' cannot be the name of a command`, {
        details: { command: entry.name },
        fix: "use letters and underscores, with digits only behind at least two letters; or a letter with a number",
      });
    }
    this.#entries.set(entry.name, entry);
    this.#forget();
  }

  /** Brings up to date what is kept for speed. */
  #forget(): void {
    this.#status = undefined;
    const [rapid, straight] = [this.#entries.get("G0")?.move, this.#entries.get("G1")?.move];
    this.#plainMoves = rapid === straight ? straight : undefined;
    this.#emergencies = [...this.#entries.values()].filter(({ emergency }) => emergency).map(({ name }) => name);
  }

  #addMux(name: string, parameter: string, options: CommandOptions): Mux {
    const mux: Mux = { name, parameter, handlers: new Map() };
    const run: CommandHandler = (command) => {
      const value = mux.handlers.has(null) ? command.string(parameter, null) : command.string(parameter);
      const handler = mux.handlers.get(value);
      if (handler !== undefined) return handler(command);
      throw command.wrongChoice(
        parameter,
        value ?? "",
        [...mux.handlers.keys()].filter((key) => key !== null),
      );
    };
    this.#add({ ...options, name, run, move: undefined });
    this.#muxes.set(name, mux);
    return mux;
  }
}
