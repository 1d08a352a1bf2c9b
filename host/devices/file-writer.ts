// thread: host
import { mkdir, open, rename, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { HostError } from "../shared/errors.js";

/**
 * Writes small files so that at every moment the old or the new content is complete on the disk, also after a power cut.
 * Writes of one writer follow each other.
 */
export class FileWriter {
  readonly #path: string;
  #last: Promise<unknown> = Promise.resolve();

  constructor(path: string) {
    this.#path = path;
  }

  /** Throws CFG_SAVE; then the old content is still there. */
  write(text: string): Promise<void> {
    const run = this.#last.then(() => this.#write(text));
    this.#last = run.catch(() => undefined);
    return run;
  }

  async #write(text: string): Promise<void> {
    const folder = dirname(this.#path);
    const temporary = join(folder, `.${basename(this.#path)}.${process.pid}.tmp`);
    try {
      await mkdir(folder, { recursive: true });
      const file = await open(temporary, "w");
      try {
        await file.writeFile(text);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(temporary, this.#path);
    } catch (error) {
      // What was begun is worth nothing; that it cannot be removed either changes nothing.
      await unlink(temporary).catch(() => undefined);
      const reason = error instanceof Error ? error.message : String(error);
      throw new HostError("CFG_SAVE", `'${this.#path}' cannot be written: ${reason}`, {
        details: { path: this.#path, reason },
        fix: "make room on the disk or allow writing there; the file is as it was before",
        cause: error,
      });
    }
  }
}
