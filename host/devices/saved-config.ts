// thread: host
import { Autosave } from "../config/autosave.js";
import { DiskStore } from "../config/store.js";

export type { Autosave, SaveReport } from "../config/autosave.js";

/** The values that SAVE_CONFIG stores in printer.cfg at `path`. */
export function createAutosave(path: string): Autosave {
  return new Autosave(path, new DiskStore());
}
