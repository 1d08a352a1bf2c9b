// thread: host
import { errorText } from "../shared/errors.js";

/** Gets every message for the people at a console. A message may have several lines. */
export type OutputListener = (message: string) => void;

function prefixLines(text: string, first: string, others: string): string {
  return text
    .split(/\r\n|\n|\r/)
    .map((line, index) => (index === 0 ? first : others) + line)
    .join("\n");
}

/** Where commands answer: each call is one message to every console. */
export class GcodeOutput {
  readonly #listeners = new Set<OutputListener>();

  /** Calls `listener` with each message from now on, until the returned function is called. */
  listen(listener: OutputListener): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** The message as it is: reports in a form that programs read, such as `ok` or temperatures. */
  raw(message: string): void {
    for (const listener of this.#listeners) listener(message);
  }

  /** For people: each line starts with `// `. */
  info(text: string): void {
    this.raw(prefixLines(text.trim(), "// ", "// "));
  }

  /** Starts with `echo: `. */
  echo(text: string): void {
    this.raw(`echo: ${text}`);
  }

  /** The first line starts with `!! `, which clients show as an error; the others with `// `. */
  error(error: unknown): void {
    this.raw(prefixLines(errorText(error).trim(), "!! ", "// "));
  }
}
