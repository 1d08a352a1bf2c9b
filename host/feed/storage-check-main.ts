// thread: feed
import { Storage } from "./storage.js";
import { DAMAGED_STATUS } from "./storage-guard.js";

/** Reads every record of the database in the folder that is named: `storage-guard.ts` says why. */
try {
  Storage.readAll(process.argv[2] ?? "");
} catch {
  process.exit(DAMAGED_STATUS);
}
