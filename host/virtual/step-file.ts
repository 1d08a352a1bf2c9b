// thread: any
import { closeSync, openSync, writeSync } from "node:fs";
import type { StepSink } from "./firmware/step-log.js";

const BUFFER_CHARACTERS = 1 << 20;

/**
 * Writes every executed step command of all boards to a file, one to a line:
 *
 *   mcu PF0 start=4061212 interval=21134 count=2 add=-6160 dir=0
 *
 * `start` is the 64-bit clock from which the command counts.
 */
export class StepFile {
  readonly #file: number;
  #text = "";

  constructor(path: string) {
    this.#file = openSync(path, "w");
  }

  /** Where one board's steppers report to. */
  sink(board: string): StepSink {
    return {
      steps: (pin, start, interval, count, add, dir) => {
        this.#text += `${board} ${pin} start=${start} interval=${interval} count=${count} add=${add} dir=${dir}\n`;
        if (this.#text.length > BUFFER_CHARACTERS) this.flush();
      },
    };
  }

  flush(): void {
    if (this.#text !== "") writeSync(this.#file, this.#text);
    this.#text = "";
  }

  close(): void {
    this.flush();
    closeSync(this.#file);
  }
}
