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
        await this.#db.flushed;
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        throw new ApiError(507, `the database could not be written: ${reason}`);
      }
    });
  }
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
  readonly #ledger = new Ledger();

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

  /** Waits for what is under way and closes. */
  async close(): Promise<void> {
    await this.#ledger.close();
    await this.#root.close();
  }
}
