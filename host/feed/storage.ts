// thread: feed
import { mkdirSync } from "node:fs";
import { type Database, type Key, open, type RootDatabase } from "lmdb";
import { HostError } from "../shared/errors.js";
import { ApiError } from "./api-error.js";

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

  constructor(db: Database<unknown, Key>, decode: Decode<V>) {
    this.#db = db;
    this.#decode = decode;
  }

  get(key: TableKey): V | undefined {
    const value: unknown = this.#db.get(toKey(key));
    return value === undefined ? undefined : this.#decode(value);
  }

  put(key: TableKey, value: V): Promise<void> {
    return this.#durable(this.#db.put(toKey(key), value));
  }

  remove(key: TableKey): Promise<void> {
    return this.#durable(this.#db.remove(toKey(key)));
  }

  clear(): Promise<void> {
    return this.#durable(this.#db.clearAsync());
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

  async #durable(change: Promise<unknown>): Promise<void> {
    try {
      await change;
      await this.#db.flushed;
    } catch (error) {
      throw new ApiError(507, `the database could not be written: ${error instanceof Error ? error.message : error}`);
    }
  }
}

const toKey = (key: TableKey): Key => (typeof key === "object" ? [...key] : key);

/** The embedded database of the feed: one folder, several tables. */
export class Storage {
  readonly #root: RootDatabase<unknown, Key>;

  private constructor(root: RootDatabase<unknown, Key>) {
    this.#root = root;
  }

  /** Opens or makes the database in `folder`. Throws `FEED_STORAGE`. */
  static open(folder: string): Storage {
    try {
      mkdirSync(folder, { recursive: true });
      return new Storage(open({ path: folder, encoding: "json", maxDbs: MAX_TABLES }));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new HostError("FEED_STORAGE", `cannot open the database in '${folder}': ${reason}`, {
        details: { path: folder, reason },
        fix: "check that the folder can be written and that the disk is not full; when it is damaged, move it away.",
        cause: error,
      });
    }
  }

  table<V>(name: string, decode: Decode<V>): Table<V> {
    return new Table(this.#root.openDB<unknown, Key>({ name, encoding: "json" }), decode);
  }

  /** Makes the changes that `change` starts in one step: all of them or none survive a crash. */
  async together(change: () => Promise<unknown>[]): Promise<void> {
    let started: Promise<unknown>[] = [];
    await this.#root.batch(() => {
      started = change();
    });
    await Promise.all(started);
  }

  /** Waits for what is under way and closes. */
  async close(): Promise<void> {
    await this.#root.flushed;
    await this.#root.close();
  }
}
