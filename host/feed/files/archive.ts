// thread: feed
import { rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ApiError } from "../api-error.js";
import { fsError } from "./fs-error.js";
import { walk } from "./listing.js";
import { type Place, type Roots, unfinishedName } from "./roots.js";
import { syncFolder } from "./unfinished-file.js";
import { writeZip, type ZipInput } from "./zip.js";

/** Name of an archive that nobody named: the time of its making. */
export const archiveName = (now: Date): string =>
  `config/collection-${now.toISOString().slice(0, 19).replaceAll(/[-:]/g, "").replace("T", "-")}.zip`;

/** Packs files and folders, named by paths that start with their roots, into one archive. */
export async function packFiles(
  roots: Roots,
  items: readonly string[],
  target: Place,
  storeOnly: boolean,
): Promise<void> {
  if (items.length === 0) throw new ApiError(400, "there is nothing to pack");
  const inputs = await collect(roots, items, target);
  const unfinished = join(dirname(target.absolute), unfinishedName());
  try {
    await writeZip(unfinished, inputs, storeOnly);
    await rename(unfinished, target.absolute);
    await syncFolder(dirname(target.absolute));
  } catch (error) {
    await rm(unfinished, { force: true });
    throw fsError(error, "pack", target.path);
  }
}

async function collect(roots: Roots, items: readonly string[], target: Place): Promise<ZipInput[]> {
  const inputs = new Map<string, ZipInput>();
  const add = (root: Place["root"], path: string): void => {
    const name = `${root.name}/${path}`;
    const absolute = join(root.folder, path);
    // An archive that is replaced does not go into itself.
    if (absolute !== target.absolute) inputs.set(name, { path: absolute, name });
  };
  for (const item of items) {
    const place = await roots.locate(item);
    let isFolder: boolean;
    try {
      isFolder = (await stat(place.absolute)).isDirectory();
    } catch (error) {
      throw fsError(error, "pack", item);
    }
    if (!isFolder) {
      add(place.root, place.path);
      continue;
    }
    await walk(place.root, place.path, 0, (path, entry) => {
      if (!entry.isFolder) add(place.root, path);
    });
  }
  return [...inputs.values()];
}
