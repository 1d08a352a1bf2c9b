// thread: feed
import { type FSWatcher, watch } from "node:fs";
import { stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Cancel, Timers } from "../timers.js";
import { type Entry, entryOf, readFolder, walk } from "./listing.js";
import type { Root } from "./roots.js";

/** Calm before a folder is looked at: programs write a file in many steps. */
const SETTLE_MS = 300;
/** A file that changed this short a time ago may still be being written. */
const FRESH_S = 0.25;
/** Changes on a network share make no events: the folders are looked at this often besides. */
const LOOK_MS = 30_000;
const MAX_WATCHERS = 1000;
const THUMBS = ".thumbs";

/** What somebody else did below a root. */
export type OutsideChange =
  | { readonly kind: "created" | "modified" | "deleted"; readonly path: string; readonly isFolder: boolean }
  | { readonly kind: "moved"; readonly path: string; readonly from: string; readonly isFolder: boolean };

interface Known {
  readonly isFolder: boolean;
  readonly size: number;
  readonly modified: number;
  readonly inode: number;
}

/** Notices what others do in a folder: an editor over ssh, a slicer on a share, a USB stick. */
export class FolderWatcher {
  readonly #root: Root;
  readonly #timers: Timers;
  readonly #changed: (change: OutsideChange) => Promise<void>;
  readonly #known = new Map<string, Known>();
  readonly #watchers = new Map<string, FSWatcher>();
  readonly #folderTimes = new Map<string, number>();
  readonly #dirty = new Set<string>();
  #cancelSettle: Cancel | undefined;
  #looking = Promise.resolve();
  #closed = false;

  constructor(root: Root, timers: Timers, changed: (change: OutsideChange) => Promise<void>) {
    this.#root = root;
    this.#timers = timers;
    this.#changed = changed;
  }

  /** Learns what is there and begins to watch. Nothing is told about what is found. */
  async start(): Promise<void> {
    await this.#watch("");
    await walk(this.#root, "", 0, (path, entry) => {
      this.#known.set(path, entry);
      if (entry.isFolder) this.#watchLater(path);
    });
    this.#timers.every(LOOK_MS, () => {
      this.#queue(() => this.#lookAtFolders());
    });
  }

  /** All files that are known, for the first look at them. */
  files(): { path: string; size: number; modified: number }[] {
    return [...this.#known].filter(([, known]) => !known.isFolder).map(([path, known]) => ({ path, ...known }));
  }

  /** Takes over the present state at a path without telling anybody: it was us. */
  async absorb(path: string): Promise<void> {
    for (const inner of this.#below(path)) this.#forget(inner);
    try {
      const entry = entryOf(path, await stat(join(this.#root.folder, path)));
      this.#known.set(path, entry);
      if (!entry.isFolder) return;
      await this.#watch(path);
      await walk(this.#root, path, 0, (inner, found) => {
        this.#known.set(inner, found);
        if (found.isFolder) this.#watchLater(inner);
      });
    } catch {
      this.#forget(path);
    }
  }

  close(): void {
    this.#closed = true;
    this.#cancelSettle?.();
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  #watchLater(path: string): void {
    this.#watch(path).catch(() => undefined);
  }

  async #watch(path: string): Promise<void> {
    if (this.#closed || path.split("/").includes(THUMBS)) return;
    const folder = join(this.#root.folder, path);
    this.#folderTimes.set(path, (await stat(folder)).mtimeMs);
    if (this.#watchers.has(path) || this.#watchers.size >= MAX_WATCHERS || this.#closed) return;
    try {
      const watcher = watch(folder, { persistent: false }, () => this.#touch(path));
      watcher.on("error", () => this.#unwatch(path));
      this.#watchers.set(path, watcher);
    } catch {
      // The kernel has no more watches to give: the regular look has to do.
    }
  }

  #unwatch(path: string): void {
    this.#watchers.get(path)?.close();
    this.#watchers.delete(path);
    this.#folderTimes.delete(path);
  }

  #touch(path: string): void {
    this.#dirty.add(path);
    this.#cancelSettle?.();
    this.#cancelSettle = this.#timers.after(SETTLE_MS, () => this.#settled());
  }

  #settled(): void {
    this.#cancelSettle?.();
    if (this.#dirty.size === 0) return;
    const folders = [...this.#dirty].sort();
    this.#dirty.clear();
    this.#queue(() => this.#compare(folders));
  }

  #queue(task: () => Promise<void>): void {
    this.#looking = this.#looking.then(task).catch(() => undefined);
  }

  async #lookAtFolders(): Promise<void> {
    const changed: string[] = [];
    for (const [path, time] of this.#folderTimes) {
      try {
        if ((await stat(join(this.#root.folder, path))).mtimeMs !== time) changed.push(path);
      } catch {
        changed.push(path === "" ? "" : parentOf(path));
      }
    }
    if (changed.length > 0) await this.#compare(changed);
  }

  /** Compares folders with what was known of them, and tells the differences, moves as moves. */
  async #compare(folders: readonly string[]): Promise<void> {
    const created: { path: string; entry: Entry }[] = [];
    const modified: { path: string; entry: Entry }[] = [];
    const deleted: { path: string; known: Known }[] = [];
    for (const folder of folders) {
      if (this.#closed) return;
      if (folder !== "" && !this.#known.has(folder)) continue;
      const found = await this.#read(folder);
      if (found === undefined) continue;
      for (const entry of found.values()) {
        const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
        const known = this.#known.get(path);
        if (known === undefined) created.push({ path, entry });
        else if (isChanged(known, entry)) modified.push({ path, entry });
      }
      for (const [path, known] of this.#childrenOf(folder)) {
        if (!found.has(path.slice(folder === "" ? 0 : folder.length + 1))) deleted.push({ path, known });
      }
    }
    await this.#tellCreated(created, deleted);
    for (const { path, entry } of modified) if (!this.#isFresh(path, entry)) await this.#tellModified(path, entry);
    for (const { path, known } of deleted) {
      if (!this.#known.has(path)) continue;
      await this.absorb(path);
      await this.#changed({ kind: "deleted", path, isFolder: known.isFolder });
    }
  }

  async #tellCreated(
    created: { path: string; entry: Entry }[],
    deleted: { path: string; known: Known }[],
  ): Promise<void> {
    for (const { path, entry } of created) {
      const source = deleted.find(
        ({ known, path: from }) =>
          this.#known.has(from) && known.inode === entry.inode && known.isFolder === entry.isFolder,
      );
      if (entry.name === THUMBS) {
        await this.absorb(path);
      } else if (source !== undefined) {
        await this.absorb(source.path);
        await this.absorb(path);
        await this.#changed({ kind: "moved", path, from: source.path, isFolder: entry.isFolder });
      } else if (!this.#isFresh(path, entry)) {
        await this.absorb(path);
        await this.#changed({ kind: "created", path, isFolder: entry.isFolder });
      }
    }
  }

  async #tellModified(path: string, entry: Entry): Promise<void> {
    this.#known.set(path, entry);
    await this.#changed({ kind: "modified", path, isFolder: false });
  }

  /** A file that may still be growing is looked at again a little later. */
  #isFresh(path: string, entry: Entry): boolean {
    if (entry.isFolder || Math.abs(this.#timers.unix() - entry.modified) > FRESH_S) return false;
    this.#touch(parentOf(path));
    return true;
  }

  async #read(folder: string): Promise<Map<string, Entry> | undefined> {
    try {
      const path = join(this.#root.folder, folder);
      this.#folderTimes.set(folder, (await stat(path)).mtimeMs);
      return new Map((await readFolder(path, this.#root)).map((entry) => [entry.name, entry]));
    } catch {
      this.#unwatch(folder);
      return undefined;
    }
  }

  *#childrenOf(folder: string): Generator<[string, Known]> {
    for (const [path, known] of this.#known) if (parentOf(path) === folder) yield [path, known];
  }

  #below(path: string): string[] {
    return [...this.#known.keys()].filter((known) => known.startsWith(`${path}/`));
  }

  #forget(path: string): void {
    this.#known.delete(path);
    this.#unwatch(path);
  }
}

const parentOf = (path: string): string => {
  const parent = dirname(path);
  return parent === "." ? "" : parent;
};

const isChanged = (known: Known, entry: Entry): boolean =>
  !entry.isFolder && (known.size !== entry.size || known.modified !== entry.modified);
