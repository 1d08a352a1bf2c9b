// thread: feed
import { spawn } from "node:child_process";
import { closeSync, existsSync, fstatSync, openSync, readSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/*
 * The database is mapped into memory and trusts what it reads there: a damaged file does not make an error but ends the
 * process, and a print with it. So a file is looked at before it is opened: always whether its head is right and nothing
 * is cut off, and after a run that did not end properly every record is read once, in a process of its own.
 */

/** The database inside its folder. */
export const DATA_FILE = "data.mdb";
/** There while the database is in use: when it is there before, the last run did not end properly. */
const IN_USE = "in-use";
const MAGIC = 0xbeefc0de;
const PAGE_HEADER = 24;
const PAGE_SIZE_AT = 48;
const LAST_PAGE_AT = 144;
const TRANSACTION_AT = 152;
const META_BYTES = 160;
const MAX_PAGE = 65_536;
const CHECK_LIMIT_MS = 60_000;
/** Exit status of the check when a record could not be read. */
export const DAMAGED_STATUS = 3;

interface Meta {
  readonly pageSize: number;
  readonly lastPage: number;
  readonly transaction: number;
}

function readMeta(file: number, at: number): Meta | undefined {
  const bytes = Buffer.alloc(META_BYTES);
  if (readSync(file, bytes, 0, META_BYTES, at) < META_BYTES) return undefined;
  if (bytes.readUInt32LE(PAGE_HEADER) !== MAGIC) return undefined;
  const pageSize = bytes.readUInt32LE(PAGE_SIZE_AT);
  if (pageSize < 512 || pageSize > MAX_PAGE || (pageSize & (pageSize - 1)) !== 0) return undefined;
  const number = (offset: number): number => Number(bytes.readBigUInt64LE(offset));
  return { pageSize, lastPage: number(LAST_PAGE_AT), transaction: number(TRANSACTION_AT) };
}

/** What is wrong with the head or the length of a database file; `undefined` when nothing is, or there is no file. */
export function findDamage(folder: string): string | undefined {
  const path = join(folder, DATA_FILE);
  if (!existsSync(path)) return undefined;
  const file = openSync(path, "r");
  try {
    const { size } = fstatSync(file);
    if (size === 0) return undefined;
    const first = readMeta(file, 0);
    if (first === undefined) return "its head is damaged";
    const second = readMeta(file, first.pageSize);
    if (second === undefined) return "its head is damaged";
    const newest = first.transaction > second.transaction ? first : second;
    return size < (newest.lastPage + 1) * newest.pageSize ? "its end is missing" : undefined;
  } finally {
    closeSync(file);
  }
}

/** Whether the last run that used this folder ended without closing it. */
export const wasLeftOpen = (folder: string): boolean => existsSync(join(folder, IN_USE));

export const markOpen = (folder: string): void => writeFileSync(join(folder, IN_USE), String(process.pid));

export const markClosed = (folder: string): void => rmSync(join(folder, IN_USE), { force: true });

/** Reads every record in a process of its own. False when that process was ended by what it read. */
export function canBeRead(folder: string): Promise<boolean> {
  const program = fileURLToPath(new URL("./storage-check-main.js", import.meta.url));
  if (!existsSync(program)) return Promise.resolve(true);
  return new Promise((resolve) => {
    const check = spawn(process.execPath, [program, folder], { stdio: "ignore", timeout: CHECK_LIMIT_MS });
    check.on("error", () => resolve(true));
    // Ended by our own time limit it says nothing: a slow card is not a damaged one.
    check.on("close", (status, signal) => resolve(signal === null ? status !== DAMAGED_STATUS : signal === "SIGTERM"));
  });
}

/** Moves a database out of the way, and says where it is. */
export function moveAside(folder: string, now: Date, why: "damaged" | "replaced"): string {
  const target = `${folder}.${why}-${now.toISOString().slice(0, 19).replaceAll(":", "")}`;
  renameSync(folder, target);
  return target;
}
