// thread: feed
import { existsSync, mkdirSync, renameSync } from "node:fs";
import { type Database, type Key, open, type RootDatabase } from "lmdb";
import { HostError } from "../shared/errors.js";
import { ApiError } from "./api-error.js";
import { canBeRead, findDamage, markClosed, markOpen, moveAside, wasLeftOpen } from "./storage-guard.js";

const MAX_TABLES = 16;

/** How the records of a table are read: `undefined` for one that is not of this kind (it is skipped). */
export type Decode<V> = (value: unknown) => V | undefined;

export type TableKey = string | number | readonly string[];

export interface RangeOptions {
  readonly from?: TableKey;
  readonly to?: TableKey;
  readonly reverse?: boolean;
}

/**
 * Records by key, sorted by it. Reading is a memory access. A change is visible to readers, and its promise resolves,
 * when it is on disk: what was acknowledged survives a crash and a power cut. Rejects with 507 when it cannot be kept.
 */
export class Table<V> {
  readonly #db: Database<unknown, Key>;
  readonly #decode: Decode<V>;
  readonly #ledger: Ledger;

  constructor(db: Database<unknown, Key>, decode: Decode<V>, ledger: Ledger) {
    this.#db = db;
    this.#decode = decode;
    this.#ledger = ledger;
  }

  get(key: TableKey): V | undefined {
    const value: unknown = this.#db.get(toKey(key));
    return value === undefined ? undefined : this.#decode(value);
  }

  put(key: TableKey, value: V): Promise<void> {
    return this.#durable(() => this.#db.put(toKey(key), value));
  }

  remove(key: TableKey): Promise<void> {
    return this.#durable(() => this.#db.remove(toKey(key)));
  }

  /** Walks over the records in the order of their keys; ends when the caller stops asking. */
  *entries(options: RangeOptions = {}): Generator<[key: Key, value: V]> {
    const range = this.#db.getRange({
      ...(options.from === undefined ? {} : { start: toKey(options.from) }),
      ...(options.to === undefined ? {} : { end: toKey(options.to) }),
      reverse: options.reverse ?? false,
    });
    for (const { key, value } of range) {
      const decoded = this.#decode(value);
      if (decoded !== undefined) yield [key, decoded];
    }
  }

  #durable(change: () => Promise<unknown>): Promise<void> {
    return this.#ledger.enter(async () => {
      try {
        await change();
      } catch (error) {
        hushCommitError(error);
        throw new ApiError(507, "the database could not be written: the disk may be full");
      }
    });
  }
}

/** The library rejects a second promise with the details, which would count as an error that nobody handles. */
function hushCommitError(error: unknown): void {
  if (!(error instanceof Error) || !("commitError" in error)) return;
  Promise.resolve(error.commitError).catch(() => undefined);
}

/** The changes that are under way: the database must not be closed before they are on disk. */
class Ledger {
  readonly #open = new Set<Promise<unknown>>();
  #closed = false;

  async enter(change: () => Promise<void>): Promise<void> {
    if (this.#closed) throw new ApiError(503, "the server is stopping");
    const running = change();
    this.#open.add(running);
    try {
      await running;
    } finally {
      this.#open.delete(running);
    }
  }

  /** Takes no more changes, and waits for those under way. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled(this.#open);
  }
}

const toKey = (key: TableKey): Key => (typeof key === "object" ? [...key] : key);

/** The embedded database of the feed: one folder, several tables. */
export class Storage {
  readonly #root: RootDatabase<unknown, Key>;
  readonly #folder: string;
  readonly #ledger = new Ledger();
  readonly #tables: string[] = [];
  /** What the owner should know about the database; empty when all is well. */
  readonly warning: string;

  private constructor(root: RootDatabase<unknown, Key>, folder: string, warning: string) {
    this.#root = root;
    this.#folder = folder;
    this.warning = warning;
  }

  /**
   * Opens or makes the database in `folder`. A damaged one is moved aside and a new one begun: the printer is more
   * important than its history. Throws `FEED_STORAGE`.
   */
  static async open(folder: string): Promise<Storage> {
    try {
      if (existsSync(restoreFolder(folder))) putInPlace(folder);
      let damage = findDamage(folder);
      if (damage === undefined && wasLeftOpen(folder) && !(await canBeRead(folder))) damage = "its records are damaged";
      const aside = damage === undefined ? "" : moveAside(folder, new Date(), "damaged");
      mkdirSync(folder, { recursive: true });
      markOpen(folder);
      const warning = `The database of history and settings could not be used (${damage}). It is kept in '${aside}'.`;
      return new Storage(openRoot(folder, false), folder, damage === undefined ? "" : warning);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new HostError("FEED_STORAGE", `cannot open the database in '${folder}': ${reason}`, {
        details: { path: folder, reason },
        fix: "let the user that runs this program write to this folder, and check that the disk is not full.",
        cause: error,
      });
    }
  }

  /** Reads every record once, and throws or worse when one is damaged. Only for a process of its own. */
  static readAll(folder: string): void {
    const root = openRoot(folder, true);
    for (const name of [...root.getKeys()]) {
      if (typeof name !== "string") continue;
      const table = root.openDB<unknown, Key>({ name, encoding: "json" });
      for (const { value } of table.getRange()) if (value === undefined) throw new Error("a record has no value");
    }
  }

  /** Names of the tables in use. */
  get tables(): readonly string[] {
    return this.#tables;
  }

  table<V>(name: string, decode: Decode<V>): Table<V> {
    this.#tables.push(name);
    return new Table(this.#root.openDB<unknown, Key>({ name, encoding: "json" }), decode, this.#ledger);
  }

  /** Makes the changes that `change` starts in one step: all of them or none survive a crash. */
  together(change: () => Promise<unknown>[]): Promise<void> {
    return this.#ledger.enter(async () => {
      let started: Promise<unknown>[] = [];
      await this.#root.batch(() => {
        started = change();
      });
      await Promise.all(started);
    });
  }

  /** Writes a copy of the present state into a folder that exists. */
  async backup(folder: string): Promise<void> {
    await this.#root.backup(folder, true);
  }

  /** Waits for what is under way and closes. */
  async close(): Promise<void> {
    await this.#ledger.close();
    await this.#root.close();
    markClosed(this.#folder);
  }
}

/** Where a database that is to replace the present one waits for the next start. */
export const restoreFolder = (folder: string): string => `${folder}.restore`;

function putInPlace(folder: string): void {
  if (existsSync(folder)) moveAside(folder, new Date(), "replaced");
  renameSync(restoreFolder(folder), folder);
}

function openRoot(path: string, readOnly: boolean): RootDatabase<unknown, Key> {
  return open({
    path,
    encoding: "json",
    maxDbs: MAX_TABLES,
    readOnly,
    // A change counts as made when it is on the disk, not before.
    overlappingSync: false,
    // With it, a failed write is an error in a second promise that nobody can get hold of.
    eventTurnBatching: false,
  });
}
