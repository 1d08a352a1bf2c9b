// thread: host
import { HostError } from "../shared/errors.js";
import type { CommandContext } from "./gcode-command.js";
import type { GcodeOrigin } from "./origin.js";
import type { GcodeOutput } from "./output.js";

/** One script or job from its start to its end, with everything that runs inside it. */
export class ScriptRun {
  readonly origin: GcodeOrigin;
  #controller: AbortController | undefined;
  #cancelled: HostError | undefined;

  constructor(origin: GcodeOrigin) {
    this.origin = origin;
  }

  /** Aborted when the run is cancelled. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#cancelled !== undefined) this.#controller.abort(this.#cancelled);
    return this.#controller.signal;
  }

  /** Ends the run before its next line, and what it waits for at once. */
  cancel(reason: string): HostError {
    this.#cancelled ??= new HostError("GCODE_CANCELLED", `${this.origin.name} was cancelled: ${reason}`, {
      details: { command: this.origin.name, reason },
      fix: "start it again when you are ready",
    });
    this.#controller?.abort(this.#cancelled);
    return this.#cancelled;
  }

  /** Why the run was cancelled; `undefined` when it was not. */
  get cancelled(): HostError | undefined {
    return this.#cancelled;
  }

  throwIfCancelled(): void {
    if (this.#cancelled !== undefined) throw this.#cancelled;
  }
}

/** A script inside a run: the run's own, or one that a command runs. */
export interface Frame {
  readonly run: ScriptRun;
  readonly origin: GcodeOrigin;
  /** How many commands are around it. */
  readonly depth: number;
}

/** Runs G-code inside `frame`. */
export type RunInside = (script: string, origin: GcodeOrigin, frame: Frame) => Promise<void>;

/** What the commands of one line get. */
export class LineContext implements CommandContext {
  readonly output: GcodeOutput;
  readonly line: number;
  readonly position: number;
  readonly #frame: Frame;
  readonly #runInside: RunInside;

  constructor(frame: Frame, line: number, position: number, output: GcodeOutput, runInside: RunInside) {
    this.output = output;
    this.line = line;
    this.position = position;
    this.#frame = frame;
    this.#runInside = runInside;
  }

  get origin(): GcodeOrigin {
    return this.#frame.origin;
  }

  get signal(): AbortSignal {
    return this.#frame.run.signal;
  }

  runInside(script: string, origin: GcodeOrigin): Promise<void> {
    return this.#runInside(script, origin, this.#frame);
  }
}
