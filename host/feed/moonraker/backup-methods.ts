// thread: feed
import { copyFile, mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ApiError } from "../api-error.js";
import { fsError } from "../files/fs-error.js";
import type { JsonRecord } from "../json-value.js";
import { restoreFolder, type Storage } from "../storage.js";
import { canBeRead, DATA_FILE, findDamage } from "../storage-guard.js";
import type { Args } from "./args.js";
import type { Caller } from "./caller.js";
import type { Methods } from "./methods.js";

const NAME = /^[A-Za-z0-9][\w.-]{0,100}$/;

export interface BackupParts {
  readonly storage: Storage;
  /** Folder of the database; backups lie in one beside it. */
  readonly folder: string;
  readonly isPrinting: () => boolean;
  /** Starts the feed anew, which is when a restored database takes its place. */
  readonly restart: () => void;
}

/** Copies of the whole database, made and brought back by clients. Not while a print is running. */
export class Backups {
  readonly #parts: BackupParts;
  readonly #folder: string;
  #names: readonly string[] = [];

  constructor(parts: BackupParts) {
    this.#parts = parts;
    this.#folder = join(dirname(parts.folder), "backup", "database");
  }

  /** Names of the backups that there are. */
  get names(): readonly string[] {
    return this.#names;
  }

  /** Looks what backups there are. */
  async refresh(): Promise<void> {
    try {
      this.#names = (await readdir(this.#folder)).filter((name) => NAME.test(name)).sort();
    } catch {
      this.#names = [];
    }
  }

  register(methods: Methods): void {
    methods.add(undefined, [
      {
        name: "server.database.post_backup",
        http: ["POST /server/database/backup"],
        handler: (args) => this.#make(args),
      },
      {
        name: "server.database.delete_backup",
        http: ["DELETE /server/database/backup"],
        handler: (args) => this.#remove(args),
      },
      {
        name: "server.database.restore",
        http: ["POST /server/database/restore"],
        handler: (args, caller) => this.#restore(args, caller),
      },
      { name: "server.database.compact", http: ["POST /server/database/compact"], handler: () => this.#compact() },
    ]);
  }

  async #make(args: Args): Promise<JsonRecord> {
    this.#requireIdle();
    const name = args.optionalString("filename") ?? defaultName(new Date());
    const target = this.#path(name);
    const work = join(this.#folder, `.making-${process.pid}`);
    try {
      await mkdir(work, { recursive: true });
      await this.#parts.storage.backup(work);
      await rename(join(work, DATA_FILE), target);
    } catch (error) {
      throw fsError(error, "write the backup", name);
    } finally {
      await rm(work, { recursive: true, force: true });
      await this.refresh();
    }
    return { backup_path: target };
  }

  async #remove(args: Args): Promise<JsonRecord> {
    const name = args.string("filename");
    const target = this.#path(name);
    try {
      await rm(target);
    } catch (error) {
      throw fsError(error, "delete the backup", name);
    }
    await this.refresh();
    return { backup_path: target };
  }

  /** Lays the backup ready; the next start puts it into its place. */
  async #restore(args: Args, caller: Caller): Promise<JsonRecord> {
    this.#requireIdle();
    const name = args.string("filename");
    const source = this.#path(name);
    const ready = restoreFolder(this.#parts.folder);
    try {
      await rm(ready, { recursive: true, force: true });
      await mkdir(ready, { recursive: true });
      await copyFile(source, join(ready, DATA_FILE));
    } catch (error) {
      // What is left here would take the database's place at the next start.
      await rm(ready, { recursive: true, force: true });
      throw fsError(error, "restore", name);
    }
    const damage = await damageOf(ready);
    if (damage !== undefined) {
      await rm(ready, { recursive: true, force: true });
      throw new ApiError(400, `the backup '${name}' cannot be used: ${damage}`);
    }
    caller.afterReply(() => this.#parts.restart());
    return { restored_tables: this.#parts.storage.tables, restored_namespaces: [] };
  }

  /** Free pages are used again by themselves, so the file is as large afterwards as it was. */
  async #compact(): Promise<JsonRecord> {
    this.#requireIdle();
    const { size } = await stat(join(this.#parts.folder, DATA_FILE));
    return { previous_size: size, new_size: size };
  }

  #requireIdle(): void {
    if (this.#parts.isPrinting()) throw new ApiError(400, "not while a print is running");
  }

  #path(name: string): string {
    if (!NAME.test(name)) throw new ApiError(400, "a backup's name has letters, digits, dots, dashes and underscores");
    return join(this.#folder, name);
  }
}

/** Why this copy cannot become the database; `undefined` when it can. */
async function damageOf(folder: string): Promise<string | undefined> {
  if ((await stat(join(folder, DATA_FILE))).size === 0) return "it is empty";
  return findDamage(folder) ?? ((await canBeRead(folder)) ? undefined : "its records are damaged");
}

const defaultName = (now: Date): string =>
  `steadyhand-backup-${now.toISOString().slice(0, 19).replaceAll(/[-:]/g, "").replace("T", "-")}.mdb`;
