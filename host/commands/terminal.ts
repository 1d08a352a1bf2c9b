// thread: host

/** Where a command writes what people read. */
export interface Terminal {
  /** A line of its result. */
  line(text: string): void;
  /** What went wrong. */
  error(text: string): void;
  /** A line that the next one of its kind takes the place of, where that can be. */
  progress(text: string): void;
}

/** Seconds between two lines of progress where each stays. */
const LINE_INTERVAL = 10;

/** The terminal of this process: progress is one line that changes on a terminal, and a plain line now and then elsewhere. */
export class ProcessTerminal implements Terminal {
  #shown = "";
  #lastProgress = Number.NEGATIVE_INFINITY;

  constructor() {
    // Whoever reads may stop reading (`| head`): a print goes on all the same.
    for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
  }

  line(text: string): void {
    this.#clear();
    process.stdout.write(`${text}\n`);
    this.#show();
  }

  error(text: string): void {
    this.#clear();
    process.stderr.write(`${text}\n`);
    this.#show();
  }

  progress(text: string): void {
    if (process.stdout.isTTY) {
      this.#clear();
      this.#shown = text.slice(0, Math.max(20, (process.stdout.columns ?? 80) - 1));
      this.#show();
      return;
    }
    const now = performance.now() / 1000;
    if (now - this.#lastProgress < LINE_INTERVAL) return;
    this.#lastProgress = now;
    process.stdout.write(`${text}\n`);
  }

  /** The line of progress has done its work. */
  endProgress(): void {
    this.#clear();
    this.#shown = "";
  }

  #clear(): void {
    if (this.#shown !== "") process.stdout.write("\r\u001b[K");
  }

  #show(): void {
    if (this.#shown !== "") process.stdout.write(this.#shown);
  }
}
