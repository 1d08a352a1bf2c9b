// thread: feed
import type { Dirent, Stats } from "node:fs";
import { readdir, realpath, stat, statfs } from "node:fs/promises";
import { join } from "node:path";
import type { JsonRecord } from "../json-value.js";
import { fsError } from "./fs-error.js";
import { isGcode, type MetadataStore } from "./metadata/metadata-store.js";
import { isBelow, type Place, type Root, UNFINISHED } from "./roots.js";

/** File operations at the same time: the thread pool behind them is shared by the whole process. */
const AT_ONCE = 8;
const MAX_DEPTH = 32;

/** A file or folder as it is found on disk. */
export interface Entry {
  readonly name: string;
  readonly isFolder: boolean;
  readonly size: number;
  /** Unix time in s. */
  readonly modified: number;
  readonly inode: number;
}

/** Runs `task` for each item, a few at a time, and keeps the order. */
export async function eachLimited<T, R>(items: readonly T[], task: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let at = 0; at < items.length; at += AT_ONCE) {
    results.push(...(await Promise.all(items.slice(at, at + AT_ONCE).map(task))));
  }
  return results;
}

export function entryOf(name: string, stats: Stats): Entry {
  const isFolder = stats.isDirectory();
  return { name, isFolder, size: stats.size, modified: stats.mtimeMs / 1000, inode: stats.ino };
}

/** What is in a folder: files and folders only, no links that lead out of the root, nothing unfinished. */
export async function readFolder(folder: string, root: Root): Promise<Entry[]> {
  const found = await readdir(folder, { withFileTypes: true });
  const entries = await eachLimited(
    found.filter(({ name }) => !name.startsWith(UNFINISHED)),
    (dirent) => readEntry(folder, root, dirent),
  );
  return entries.filter((entry) => entry !== undefined).sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function readEntry(folder: string, root: Root, dirent: Dirent): Promise<Entry | undefined> {
  const path = join(folder, dirent.name);
  try {
    if (dirent.isSymbolicLink() && !isBelow(await realpath(path), root.folder)) return undefined;
    const stats = await stat(path);
    return stats.isFile() || stats.isDirectory() ? entryOf(dirent.name, stats) : undefined;
  } catch {
    // Gone since it was listed, or a link to nowhere.
    return undefined;
  }
}

/** The reply to `server.files.get_directory`. */
export async function directoryReply(place: Place, metadata: MetadataStore | undefined): Promise<JsonRecord> {
  const { root, absolute, path } = place;
  try {
    const [entries, disk] = await Promise.all([readFolder(absolute, root), statfs(absolute)]);
    const base = ({ size, modified }: Entry) => ({ modified, size, permissions: root.permissions });
    const fileOf = (entry: Entry): JsonRecord => {
      const inner = path === "" ? entry.name : `${path}/${entry.name}`;
      const extra = metadata !== undefined && isGcode(entry.name) ? metadata.get(inner) : undefined;
      return { ...extra, ...base(entry), filename: entry.name };
    };
    return {
      dirs: entries.filter(({ isFolder }) => isFolder).map((entry) => ({ ...base(entry), dirname: entry.name })),
      files: entries.filter(({ isFolder }) => !isFolder).map(fileOf),
      disk_usage: {
        total: disk.blocks * disk.bsize,
        used: (disk.blocks - disk.bfree) * disk.bsize,
        free: disk.bavail * disk.bsize,
      },
      root_info: { name: root.name, permissions: root.permissions },
    };
  } catch (error) {
    throw fsError(error, "list", `${root.name}/${path}`);
  }
}

/** All files below a root, with their paths; of the G-code root only G-code. */
export async function listReply(root: Root): Promise<JsonRecord[]> {
  const files: JsonRecord[] = [];
  await walk(root, "", 0, (path, { modified, size, isFolder }) => {
    if (isFolder || (root.name === "gcodes" && !isGcode(path))) return;
    files.push({ path, modified, size, permissions: root.permissions });
  });
  return files;
}

/** Visits everything below a folder of a root, folders before what is in them. Folders that cannot be read are passed over. */
export async function walk(
  root: Root,
  path: string,
  depth: number,
  visit: (path: string, entry: Entry) => void,
): Promise<void> {
  if (depth > MAX_DEPTH) return;
  let entries: Entry[];
  try {
    entries = await readFolder(join(root.folder, path), root);
  } catch {
    return;
  }
  for (const entry of entries) {
    const inner = path === "" ? entry.name : `${path}/${entry.name}`;
    visit(inner, entry);
    if (entry.isFolder) await walk(root, inner, depth + 1, visit);
  }
}
