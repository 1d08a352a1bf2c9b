// thread: feed
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Sessions } from "../moonraker/sessions.js";
import type { Timers } from "../timers.js";
import { changeOf, type FileEvents, goneItem, itemOf } from "./file-events.js";
import type { KnownFiles } from "./file-manager.js";
import { isGcode, type MetadataStore } from "./metadata/metadata-store.js";
import { isLeftOver, type Root, type Roots } from "./roots.js";
import { FolderWatcher, type OutsideChange } from "./watcher.js";

const GCODES = "gcodes";

export interface FolderNewsParts {
  readonly roots: Roots;
  readonly metadata: MetadataStore;
  readonly events: FileEvents;
  readonly sessions: Sessions;
  readonly timers: Timers;
}

/** Tells clients what others do in the folders that can be written, after the metadata is up to date with it. */
export class FolderNews implements KnownFiles {
  readonly #parts: FolderNewsParts;
  readonly #watchers = new Map<string, FolderWatcher>();
  #closed = false;

  constructor(parts: FolderNewsParts) {
    this.#parts = parts;
  }

  /** Clears away what an earlier run left unfinished, begins to watch, and reads G-code files that are not known yet. */
  async start(): Promise<void> {
    for (const root of this.#parts.roots.all) {
      if (root.permissions !== "rw") continue;
      await removeUnfinished(root.folder);
      const watcher = new FolderWatcher(root, this.#parts.timers, (change) => this.#tell(root, change));
      this.#watchers.set(root.name, watcher);
      await watcher.start();
    }
    await this.#catchUp();
  }

  async absorb(rootName: string, path: string): Promise<void> {
    await this.#watchers.get(rootName)?.absorb(path);
  }

  close(): void {
    this.#closed = true;
    for (const watcher of this.#watchers.values()) watcher.close();
  }

  async #catchUp(): Promise<void> {
    const { metadata, sessions } = this.#parts;
    const files = this.#watchers.get(GCODES)?.files() ?? [];
    const present = new Set(files.map(({ path }) => path));
    for (const [path] of metadata.all()) if (!present.has(path)) await metadata.forget(path);
    for (const { path, size, modified } of files) {
      if (this.#closed) return;
      if (!isGcode(path) || metadata.isCurrent(path, size, modified)) continue;
      const found = await metadata.scan(path);
      if (found !== undefined) sessions.broadcast("notify_metadata_update", { ...found, filename: path });
    }
  }

  async #tell(root: Root, change: OutsideChange): Promise<void> {
    if (this.#closed) return;
    if (root.name === GCODES) await this.#follow(change);
    const { events } = this.#parts;
    const { path, isFolder } = change;
    const kind = isFolder ? "dir" : "file";
    switch (change.kind) {
      case "created":
        events.tell(changeOf(`create_${kind}`, await itemOf(root, path)));
        return;
      case "modified":
        events.tell(changeOf("modify_file", await itemOf(root, path)));
        return;
      case "deleted":
        events.tell(changeOf(`delete_${kind}`, goneItem(root, path)));
        return;
      case "moved": {
        const source = { root, path: change.from, absolute: join(root.folder, change.from) };
        events.tell(changeOf(`move_${kind}`, await itemOf(root, path), source));
      }
    }
  }

  async #follow(change: OutsideChange): Promise<void> {
    const { metadata } = this.#parts;
    const { path, isFolder } = change;
    if (change.kind === "moved") {
      if (isFolder) await metadata.moveBelow(change.from, path);
      else await metadata.move(change.from, path);
    } else if (change.kind === "deleted") {
      if (isFolder) await metadata.forgetBelow(path);
      else await metadata.forget(path);
    } else if (!isFolder && isGcode(path)) {
      await metadata.scan(path);
    }
  }
}

/** Removes what an upload or a copy left behind when the program ended in the middle of it. */
async function removeUnfinished(folder: string): Promise<void> {
  let entries: Awaited<ReturnType<typeof list>>;
  try {
    entries = await list(folder);
  } catch {
    return;
  }
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (isLeftOver(entry.name)) await rm(path, { recursive: true, force: true });
    else if (entry.isDirectory()) await removeUnfinished(path);
  }
}

const list = (folder: string) => readdir(folder, { withFileTypes: true });
