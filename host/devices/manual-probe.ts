// thread: host
import type { GcodeCommand, Pending } from "../printer/module.js";

declare module "../printer/module.js" {
  interface Services {
    manualProbe: ManualProbe;
  }
}

/** Where the nozzle touches the paper, in mm; `undefined` when the test was broken off. `answer` is what ended it. */
export type ManualDone = (
  position: readonly [x: number, y: number, z: number] | undefined,
  answer: GcodeCommand,
) => Pending;

/** What the commands ACCEPT, ABORT and ADJUSTED do while a tool waits for them. */
export interface ToolAnswers {
  readonly accept: (command: GcodeCommand) => Promise<void>;
  readonly abort: (command: GcodeCommand) => Promise<void>;
  readonly adjusted?: (command: GcodeCommand) => Promise<void>;
  readonly testZ?: (command: GcodeCommand) => Promise<void>;
}

/** Tools that wait for the owner: one at a time. */
export interface ManualProbe {
  readonly isActive: boolean;
  /** Throws GCODE_FAILED while a tool waits. */
  checkIdle(command: GcodeCommand): void;
  /** Starts a paper test where the tool head stands; `command` may say SPEED. */
  start(command: GcodeCommand, done: ManualDone): void;
  /** Waits for answers until `close`. */
  open(answers: ToolAnswers): void;
  close(): void;
}
