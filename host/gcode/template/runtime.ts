// thread: host

/** What a limit protects: the number of steps, the caller's deadline, the text made, one value's size, or nesting. */
export type LimitName = "steps" | "time" | "output" | "size" | "depth";

/** Bounds of one render. Every field has a default that no sensible macro reaches. */
export interface RenderLimits {
  /** Statements, loop turns, calls and elements that filters visit. */
  readonly maxSteps?: number;
  /** Characters of the rendered text. */
  readonly maxOutput?: number;
  /** Characters of one string, or elements of one list or dict. */
  readonly maxSize?: number;
  /** Macros inside macros and recursive loops. */
  readonly maxDepth?: number;
  /** Asked every 256 steps; `true` stops the render. */
  readonly deadline?: () => boolean;
}

export const DEFAULT_MAX_STEPS = 1_000_000;
export const DEFAULT_MAX_OUTPUT = 1_000_000;
export const DEFAULT_MAX_SIZE = 1_000_000;
/** Python's own recursion limit stops macros that call themselves at about this depth. */
export const DEFAULT_MAX_DEPTH = 150;
/** Steps between two questions to `deadline`: well under a millisecond. */
const CHECK_EVERY = 256;
/** Copying this many characters takes about as long as a step. */
const CHARACTERS_PER_STEP = 128;

/** A limit was reached. Only the renderer sees it; callers get a `HostError`. */
export class LimitError extends Error {
  override readonly name = "LimitError";
  readonly limit: LimitName;
  readonly max: number;

  constructor(limit: LimitName, max: number) {
    super(`${limit} limit of ${max}`);
    this.limit = limit;
    this.max = max;
  }
}

/** State of one render: the text made so far, the line being worked on, and what is left of its limits. */
export class Runtime {
  /** Line of the template, from 1. Read when an error needs a place. */
  line = 1;
  /** Text written so far by the innermost capture (a macro, a block set) or by the template itself. */
  out = "";
  /** Numbers in [0, 1) for the `random` filter. */
  readonly random: () => number;
  readonly #maxSteps: number;
  readonly #maxOutput: number;
  readonly #maxSize: number;
  readonly #maxDepth: number;
  readonly #deadline: (() => boolean) | undefined;
  #steps = 0;
  #nextCheck: number;
  #depth = 0;

  constructor(limits: RenderLimits = {}, random: () => number = Math.random) {
    this.random = random;
    this.#maxSteps = limits.maxSteps ?? DEFAULT_MAX_STEPS;
    this.#maxOutput = limits.maxOutput ?? DEFAULT_MAX_OUTPUT;
    this.#maxSize = limits.maxSize ?? DEFAULT_MAX_SIZE;
    this.#maxDepth = limits.maxDepth ?? DEFAULT_MAX_DEPTH;
    this.#deadline = limits.deadline;
    this.#nextCheck = Math.min(CHECK_EVERY, this.#maxSteps);
  }

  /** Steps taken so far. */
  get steps(): number {
    return this.#steps;
  }

  /** Counts `count` steps. Throws `LimitError` when there are too many or the deadline has passed. */
  tick(count = 1): void {
    this.#steps += count;
    if (this.#steps >= this.#nextCheck) this.#check();
  }

  /** Counts the work on a long text, so that a few long ones cost as much as many short ones. */
  weigh(value: unknown): void {
    if (typeof value === "string" && value.length >= CHARACTERS_PER_STEP) {
      this.tick(Math.floor(value.length / CHARACTERS_PER_STEP));
    }
  }

  /** Throws `LimitError` unless a string or list of `size` may exist. */
  fits(size: number): void {
    if (size > this.#maxSize) throw new LimitError("size", this.#maxSize);
  }

  /** Appends to the text. Throws `LimitError` when it gets too long. */
  write(text: string): void {
    this.weigh(text);
    this.out += text;
    if (this.out.length > this.#maxOutput) throw new LimitError("output", this.#maxOutput);
  }

  /** Goes one level deeper. Throws `LimitError` when that is too deep; pair with `leave`. */
  enter(): void {
    this.#depth += 1;
    if (this.#depth > this.#maxDepth) throw new LimitError("depth", this.#maxDepth);
  }

  leave(): void {
    this.#depth -= 1;
  }

  /** Runs `body` with an empty text and gives what it wrote; the text before is kept. */
  capture(body: () => void): string {
    const before = this.out;
    this.out = "";
    body();
    const made = this.out;
    this.out = before;
    return made;
  }

  #check(): void {
    if (this.#steps > this.#maxSteps) throw new LimitError("steps", this.#maxSteps);
    if (this.#deadline?.() === true) throw new LimitError("time", this.#steps);
    this.#nextCheck = Math.min(this.#steps + CHECK_EVERY, this.#maxSteps + 1);
  }
}
