// thread: host
import { HostError, type Place } from "../../shared/errors.js";
import { type Advice, adviseOn, assignedNames, type Surroundings } from "./advice.js";
import { compileStatements } from "./compile-statement.js";
import { GLOBALS, REGISTRY } from "./globals.js";
import type { TemplateWarning } from "./lexer.js";
import { parseTemplate } from "./parse-statement.js";
import { PyError } from "./py-error.js";
import { LimitError, type LimitName, type RenderLimits, Runtime } from "./runtime.js";
import { Scope } from "./scope.js";
import { SyntaxProblem } from "./syntax-problem.js";
import type { Value } from "./values.js";

/** Where a template comes from. */
export interface TemplateSource {
  /** How messages call it: "macro START_PRINT", "delayed_gcode welcome". */
  readonly name: string;
  /** The config file. */
  readonly file: string;
  /** Line of the file that the first line of the template stands on. */
  readonly line: number;
  /** Lines of the file for each line of the template, where they do not follow each other. */
  readonly lines?: readonly number[];
}

/** What a render may be given besides names. */
export interface RenderOptions {
  readonly limits?: RenderLimits;
  /** Numbers in [0, 1) for the `random` filter. `Math.random` when missing. */
  readonly random?: () => number;
}

/** Something in a template that is allowed but most likely not meant. */
export interface TemplateNotice {
  readonly place: Place;
  readonly message: string;
  readonly fix: string;
}

/** A compiled template. Rendering changes nothing in it, so renders may nest (a macro that calls another). */
export interface Template {
  readonly source: TemplateSource;
  /** What looks wrong but only fails, or only surprises, when it is rendered. */
  readonly notices: readonly TemplateNotice[];
  /**
   * The text that the template makes of `names` (`params`, `printer`, variables, functions).
   * Throws `MACRO_ERROR`, `MACRO_LIMIT`, or what a host function threw, each with file and line.
   */
  render(names: ReadonlyMap<string, Value>, options?: RenderOptions): string;
}

const LIMIT_TEXT: Readonly<Record<LimitName, (max: number) => string>> = {
  steps: (max) => `stopped after ${max} steps`,
  time: (steps) => `stopped after ${steps} steps, because it took too long`,
  output: (max) => `stopped because its text got longer than ${max} characters`,
  size: (max) => `stopped because a text or list got larger than ${max}`,
  depth: () => "stopped because macros, loops or values are nested too deeply",
};

const LIMIT_FIX: Readonly<Record<LimitName, string>> = {
  steps: "check the loop on this line: its list may grow while it runs, or its range may be too large",
  time: "check the loop on this line: do less in one macro, or split it into several",
  output: "check the loop on this line: it makes more G-code than a macro should",
  size: "check what is added or repeated on this line",
  depth: "check what is called on this line: a macro may call itself without end",
};

class CompiledTemplate implements Template {
  readonly source: TemplateSource;
  readonly notices: readonly TemplateNotice[];
  readonly #run: (rt: Runtime, scope: Scope) => void;
  readonly #assigned: ReadonlySet<string>;

  constructor(
    source: TemplateSource,
    warnings: readonly TemplateWarning[],
    run: (rt: Runtime, scope: Scope) => void,
    assigned: ReadonlySet<string>,
  ) {
    this.source = source;
    this.notices = warnings.map(({ line, message, fix }) => ({ place: placeOf(source, line), message, fix }));
    this.#run = run;
    this.#assigned = assigned;
  }

  render(names: ReadonlyMap<string, Value>, options: RenderOptions = {}): string {
    const rt = new Runtime(options.limits, options.random);
    try {
      this.#run(rt, Scope.root([names, GLOBALS]));
    } catch (error) {
      throw this.#explain(error, rt.line, { assigned: this.#assigned, names, globals: GLOBALS });
    }
    return rt.out;
  }

  /** The error for the caller: with code, place and advice. */
  #explain(error: unknown, line: number, around: Surroundings): unknown {
    const place = placeOf(this.source, line);
    if (error instanceof HostError) return error.at(place);
    if (error instanceof PyError) return this.#failure(error, adviseOn(error, around), place);
    if (error instanceof LimitError) return this.#limit(error.limit, error.max, place);
    if (isStackOverflow(error)) return this.#limit("depth", 0, place);
    return error;
  }

  #failure(error: PyError, advice: Advice, place: Place): HostError<"MACRO_ERROR"> {
    const text = error.kind === "KeyError" ? `there is no key ${error.message}` : error.message;
    return new HostError("MACRO_ERROR", `${this.source.name}: ${text}`, {
      details: { macro: this.source.name, kind: error.kind, suggestion: advice.suggestion },
      fix: advice.fix,
      place,
      cause: error,
    });
  }

  #limit(limit: LimitName, max: number, place: Place): HostError<"MACRO_LIMIT"> {
    return new HostError("MACRO_LIMIT", `${this.source.name}: ${LIMIT_TEXT[limit](max)}`, {
      details: { macro: this.source.name, limit, max },
      fix: LIMIT_FIX[limit],
      place,
    });
  }
}

/** The engine's own stack is the last limit: deep expressions inside deep macros. */
function isStackOverflow(error: unknown): boolean {
  return error instanceof RangeError && error.message.includes("call stack");
}

function lineOf(source: TemplateSource, line: number): number {
  return source.lines?.[line - 1] ?? source.line + line - 1;
}

function placeOf(source: TemplateSource, line: number): Place {
  return { file: source.file, line: lineOf(source, line) };
}

/**
 * Compiles a template in Klipper's dialect of Jinja: `{ expression }`, `{% statement %}`, `{# comment #}`.
 * Throws `MACRO_SYNTAX` with file and line.
 */
export function compileTemplate(text: string, source: TemplateSource): Template {
  try {
    const { body, warnings } = parseTemplate(text);
    return new CompiledTemplate(source, warnings, compileStatements(body, REGISTRY, warnings), assignedNames(body));
  } catch (error) {
    const problem = isStackOverflow(error)
      ? new SyntaxProblem("an expression is too long", 1, "split it into several {% set %} statements")
      : error;
    if (!(problem instanceof SyntaxProblem)) throw error;
    const open =
      problem.openSince === undefined ? "" : `, which is open since line ${lineOf(source, problem.openSince)}`;
    throw new HostError("MACRO_SYNTAX", `${source.name}: ${problem.message}${open}`, {
      details: { macro: source.name },
      fix: problem.fix,
      place: placeOf(source, problem.line),
    });
  }
}
