// thread: host
import { HostError, isHostError } from "../shared/errors.js";
import type { CommandTable } from "./command-table.js";
import { FifoLock } from "./fifo-lock.js";
import { GcodeCommand } from "./gcode-command.js";
import type { LineSource } from "./line-source.js";
import { MoveWords } from "./move-words.js";
import type { GcodeOrigin } from "./origin.js";
import type { GcodeOutput } from "./output.js";
import {
  type GcodeLine,
  type GcodeParams,
  isClassicName,
  parseClassicParams,
  parseExtendedParams,
  parseLine,
  readFirstWord,
} from "./parse-line.js";
import { parseMove } from "./parse-move.js";
import { type Frame, LineContext, ScriptRun } from "./script-run.js";

/** Deeper than any sensible macro; macros that call each other without end stop here. */
const MAX_DEPTH = 64;
/** How long G-code may keep the host's thread before everything else gets a turn, in ms. Half of the host's budget. */
const TURN_MS = 10;
/** The clock is looked at once in so many lines. */
const LINES_PER_LOOK = 16;
const NO_PARAMS: GcodeParams = new Map();

/** What the dispatcher needs from its surroundings. */
export interface GcodeHooks {
  /** A clock in ms. */
  readonly now: () => number;
  /** Resolves when everything else that waits for this thread has had a turn. */
  readonly yieldTurn: () => Promise<void>;
  /** Called before each command that is not a plain move: what the host is doing now. */
  readonly onCommand?: (command: GcodeCommand) => void;
  /** Called for a fault of this program in a command. */
  readonly onFault?: (error: HostError<"GCODE_INTERNAL">) => void;
}

const systemHooks: GcodeHooks = {
  now: () => performance.now(),
  yieldTurn: () => new Promise((resolve) => setImmediate(resolve)),
};

const decoder = new TextDecoder();

/**
 * Runs G-code from all sources, one script at a time, in the order of asking; a job lets others in between its lines.
 *
 * An unknown command is a message, not an error. An error ends its script, is told once to every console as `!! ...`,
 * and rejects the promise of whoever sent the script.
 */
export class Gcode {
  readonly table: CommandTable;
  readonly output: GcodeOutput;
  readonly #hooks: GcodeHooks;
  readonly #lock = new FifoLock<ScriptRun>();
  /** Runs that hold the lock, wait for it, or need none. */
  readonly #runs = new Set<ScriptRun>();
  readonly #words: MoveWords;
  #refusal: ((name: string) => HostError) | undefined;
  #turnEnds = 0;
  #looks = 0;

  constructor(table: CommandTable, output: GcodeOutput, hooks: Partial<GcodeHooks> = {}) {
    this.table = table;
    this.output = output;
    this.#hooks = { ...systemHooks, ...hooks };
    this.#words = new MoveWords({ line: 0, position: -1, text: () => "" });
  }

  /** While set, commands that do not work always throw what it returns: the printer is not ready. */
  set refusal(refusal: ((name: string) => HostError) | undefined) {
    this.#refusal = refusal;
  }

  /** Who sent the script that is running; `undefined` when none is. */
  get running(): GcodeOrigin | undefined {
    return this.#lock.owner?.origin;
  }

  /** How many scripts wait. */
  get waiting(): number {
    return this.#lock.waiting;
  }

  /**
   * Runs the lines of `script`; resolves when all of them are done, also those that wait for the printer. Rejects with
   * the first error, which every console has been told by then. From inside a command use `GcodeCommand.run`.
   */
  async run(script: string, origin: GcodeOrigin): Promise<void> {
    const run = new ScriptRun(origin);
    const frame: Frame = { run, origin, depth: 0 };
    const lines = script.split(/\r\n|\n|\r/);
    await this.#perform(run, async () => {
      const rest = await this.#runEmergencies(lines, frame);
      if (!this.#isOutOfBand(rest)) await this.#lock.acquire(run);
      await this.#runLines(rest, frame);
    });
  }

  /**
   * Runs the lines of a job until its end or until `isStopped()`, which is asked before each line. Other scripts that
   * wait get their turn between two lines. Rejects like `run`.
   */
  async runJob(source: LineSource, origin: GcodeOrigin, isStopped: () => boolean): Promise<"end" | "stopped"> {
    const run = new ScriptRun(origin);
    return await this.#perform(run, async () => {
      await this.#lock.acquire(run);
      return await this.#runSource(source, { run, origin, depth: 0 }, isStopped);
    });
  }

  /** Ends the scripts that `matches` picks (all, if it is left out), those that wait included. */
  cancel(reason: string, matches: (origin: GcodeOrigin) => boolean = () => true): void {
    const picked = [...this.#runs].filter((run) => matches(run.origin));
    for (const run of picked) run.cancel(reason);
    const isPicked = (run: ScriptRun) => picked.includes(run);
    this.#lock.dismiss((run) => run.cancel(reason), isPicked);
  }

  /** Tells the error of `body` before the next script starts; gives the lock back if `body` has taken it. */
  async #perform<T>(run: ScriptRun, body: () => Promise<T>): Promise<T> {
    this.#runs.add(run);
    try {
      return await body();
    } catch (error) {
      // Whoever cancels a script knows that it ends, so that is no error.
      if (isHostError(error, "GCODE_CANCELLED")) this.output.info(error.message);
      else this.output.error(error);
      throw error;
    } finally {
      this.#runs.delete(run);
      if (this.#lock.owner === run) this.#lock.release();
    }
  }

  /** Runs the lines with emergency commands and returns the script without them. */
  async #runEmergencies(lines: readonly string[], frame: Frame): Promise<readonly string[]> {
    const { emergencies } = this.table;
    const isEmergency = (line: string) => emergencies.includes(parseLine(line)?.name ?? "");
    if (!lines.some(isEmergency)) return lines;
    for (const [index, line] of lines.entries()) {
      if (isEmergency(line)) await this.#runText(line, index + 1, frame);
    }
    return lines.map((line) => (isEmergency(line) ? "" : line));
  }

  #isOutOfBand(lines: readonly string[]): boolean {
    return lines.every((line) => {
      const parsed = parseLine(line);
      return parsed === undefined || this.table.get(parsed.name)?.outOfBand === true;
    });
  }

  #runLines(lines: readonly string[], frame: Frame): void | Promise<void> {
    for (const [index, line] of lines.entries()) {
      const pending = this.#runText(line, index + 1, frame) ?? this.#giveTurn();
      if (pending !== undefined) return this.#goOn(pending, lines, index + 1, frame);
    }
  }

  async #goOn(pending: Promise<void>, lines: readonly string[], from: number, frame: Frame): Promise<void> {
    await pending;
    for (const [index, line] of lines.slice(from).entries()) {
      await this.#runText(line, from + index + 1, frame);
      await this.#giveTurn();
    }
  }

  async #runSource(source: LineSource, frame: Frame, isStopped: () => boolean): Promise<"end" | "stopped"> {
    const { run } = frame;
    for (;;) {
      run.throwIfCancelled();
      if (isStopped()) return "stopped";
      if (!source.next()) {
        // The disk may be slow: others need not wait for it.
        this.#lock.release();
        if (!(await source.fill())) return "end";
        await this.#lock.acquire(run);
        continue;
      }
      const pending = this.#runBytes(source, frame) ?? this.#giveTurn();
      if (pending !== undefined) await pending;
      if (this.#lock.waiting === 0) continue;
      this.#lock.release();
      await this.#lock.acquire(run);
    }
  }

  /** A plain move goes straight to its handler; everything else becomes text first. */
  #runBytes(source: LineSource, frame: Frame): void | Promise<void> {
    const { bytes, start, end } = source;
    const move = this.table.plainMoves;
    const words = this.#words;
    if (move === undefined || this.#refusal !== undefined || !parseMove(bytes, start, end, words)) {
      return this.#runText(decoder.decode(bytes.subarray(start, end)), source.line, frame, source.position);
    }
    words.line = source;
    try {
      const pending = move(words);
      if (pending instanceof Promise) return this.#guard(pending, source.text(), source.line, frame);
    } catch (error) {
      throw this.#locate(error, source.text(), source.line, frame);
    }
  }

  #runText(text: string, line: number, frame: Frame, position = -1): void | Promise<void> {
    const parsed = parseLine(text);
    if (parsed === undefined) return;
    frame.run.throwIfCancelled();
    try {
      const pending = this.#dispatch(
        parsed,
        text,
        new LineContext(frame, line, position, this.output, this.#runInside),
      );
      if (pending instanceof Promise) return this.#guard(pending, text, line, frame);
    } catch (error) {
      throw this.#locate(error, text, line, frame);
    }
  }

  #dispatch(parsed: GcodeLine, text: string, context: LineContext): void | Promise<void> {
    let found = parsed;
    let entry = this.table.get(parsed.name);
    if (entry === undefined) {
      found = readFirstWord(text) ?? parsed;
      entry = this.table.get(found.name);
    }
    if (this.#refusal !== undefined && entry?.always !== true) throw this.#refusal(parsed.name);
    if (entry === undefined) {
      if (!turnsOffNothing(parsed)) this.output.info(`Unknown command:"${parsed.name}"`);
      return;
    }
    const command = new GcodeCommand(found, readParams(found, text), context);
    this.#hooks.onCommand?.(command);
    return entry.run(command);
  }

  readonly #runInside = async (script: string, origin: GcodeOrigin, { run, depth }: Frame): Promise<void> => {
    if (depth + 1 >= MAX_DEPTH) {
      throw new HostError("GCODE_NESTING", `${origin.name} is inside ${MAX_DEPTH} other scripts`, {
        details: { command: origin.name, limit: MAX_DEPTH },
        fix: "look for macros that call each other in a circle",
      });
    }
    await this.#runLines(script.split(/\r\n|\n|\r/), { run, origin, depth: depth + 1 });
  };

  async #guard(pending: Promise<void>, text: string, line: number, frame: Frame): Promise<void> {
    try {
      await pending;
    } catch (error) {
      throw this.#locate(error, text, line, frame);
    }
  }

  /** The error with the place of its line; a fault of this program becomes GCODE_INTERNAL. */
  #locate(error: unknown, text: string, line: number, { run, origin }: Frame): HostError {
    const place = origin.place(line);
    // What a handler waits for may end a cancelled wait with an error of its own.
    const known = isHostError(error) ? error : run.cancelled;
    if (known !== undefined) return place === undefined ? known : known.at(place);
    const command = text.trim();
    const fault = new HostError("GCODE_INTERNAL", `'${command}' failed because of a fault in this program`, {
      details: { command },
      fix: "report it with the log, which has the details; RESTART when the printer is stopped",
      cause: error,
      ...(place === undefined ? {} : { place }),
    });
    this.#hooks.onFault?.(fault);
    return fault;
  }

  /** A promise when the host's other work should have a turn now. */
  #giveTurn(): Promise<void> | undefined {
    this.#looks++;
    if (this.#looks % LINES_PER_LOOK !== 0 || this.#hooks.now() < this.#turnEnds) return undefined;
    return this.#yieldTurn();
  }

  async #yieldTurn(): Promise<void> {
    await this.#hooks.yieldTurn();
    this.#turnEnds = this.#hooks.now() + TURN_MS;
  }
}

function readParams(line: GcodeLine, text: string): GcodeParams {
  if (isClassicName(line.name)) return parseClassicParams(line);
  if (line.raw === "") return NO_PARAMS;
  const params = parseExtendedParams(line.raw);
  if (params !== undefined) return params;
  throw new HostError("GCODE_SYNTAX", `malformed command '${text.trim()}'`, {
    details: { text },
    fix: "write each parameter as NAME=value, with quotes around a value that has spaces",
  });
}

/** Slicers turn fans and heaters off that a printer does not have: that is no mistake. */
function turnsOffNothing(line: GcodeLine): boolean {
  if (line.name === "M106" || line.name === "M107") return true;
  if (line.name !== "M104" && line.name !== "M140") return false;
  return Number(parseClassicParams(line).get("S") ?? 0) === 0;
}
