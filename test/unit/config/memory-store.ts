// thread: any
import { basename, dirname } from "node:path";
import type { ConfigStore, PreparedFile } from "../../../host/config/store.js";
import { HostError } from "../../../host/shared/errors.js";

/** Files in memory under `/cfg`, with every replacement counted. */
export class MemoryStore implements ConfigStore {
  readonly files = new Map<string, Uint8Array>();
  replacements = 0;
  /** Called before each step; throws to make it fail. */
  before: (step: "prepare" | "copy" | "commit", path: string) => void = () => undefined;

  constructor(files: Readonly<Record<string, string | Uint8Array>>) {
    for (const [name, content] of Object.entries(files)) this.put(name, content);
  }

  put(name: string, content: string | Uint8Array): void {
    this.files.set(`/cfg/${name}`, typeof content === "string" ? new TextEncoder().encode(content) : content);
  }

  text(name: string): string {
    return new TextDecoder("utf-8", { ignoreBOM: true }).decode(this.files.get(`/cfg/${name}`));
  }

  get names(): readonly string[] {
    return [...this.files.keys()].map((path) => path.slice("/cfg/".length));
  }

  readonly read = (path: string): Promise<Uint8Array> => {
    const bytes = this.files.get(path);
    if (bytes !== undefined) return Promise.resolve(bytes);
    const reason = "there is no such file";
    return Promise.reject(
      new HostError("CFG_FILE_UNREADABLE", `'${path}' cannot be read: ${reason}`, {
        details: { path, reason },
        fix: "check the path",
      }),
    );
  };

  readonly list = (folder: string): Promise<readonly string[]> => {
    const inside = [...this.files.keys()].filter((path) => path.startsWith(`${folder}/`));
    const names = inside.map((path) => path.slice(folder.length + 1).split("/")[0] ?? "");
    return Promise.resolve([...new Set(names)].reverse());
  };

  readonly prepare = (path: string, bytes: Uint8Array): Promise<PreparedFile> =>
    this.#step("prepare", path, () => ({
      commit: () =>
        this.#step("commit", path, () => {
          this.replacements++;
          this.files.set(path, bytes);
        }),
      discard: () => Promise.resolve(),
    }));

  readonly copy = (path: string, backup: string): Promise<void> =>
    this.#step("copy", path, () => {
      if (this.files.has(backup)) throw new Error(`${basename(backup)} exists in ${dirname(backup)}`);
      this.files.set(backup, this.files.get(path) ?? new Uint8Array());
    });

  async #step<T>(step: "prepare" | "copy" | "commit", path: string, run: () => T): Promise<T> {
    await Promise.resolve();
    this.before(step, path);
    return run();
  }
}
