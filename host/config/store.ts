// thread: host
import { constants, type Stats } from "node:fs";
import * as disk from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { HostError } from "../shared/errors.js";
import { type ConfigFiles, diskFiles, failureReason } from "./files.js";

/** A new content that is on the disk already, beside the file that it will replace. */
export interface PreparedFile {
  /** Puts the new content in place of the old in one step: a reader sees one or the other, also after a power cut. */
  readonly commit: () => Promise<void>;
  /** Forgets the new content. */
  readonly discard: () => Promise<void>;
}

/** Configuration files that can be changed. */
export interface ConfigStore extends ConfigFiles {
  /** Writes `bytes` beside `path`, which must exist; nothing is replaced before `commit`. Throws CFG_SAVE. */
  readonly prepare: (path: string, bytes: Uint8Array) => Promise<PreparedFile>;
  /** Copies `path` to a new file. Throws CFG_SAVE, also when `backup` exists. */
  readonly copy: (path: string, backup: string) => Promise<void>;
}

/** The file operations that a `DiskStore` needs, so that tests can make any of them fail. */
export type FileOperations = Pick<typeof disk, "open" | "rename" | "realpath" | "stat" | "copyFile" | "unlink">;

function failed(path: string, cause: unknown): HostError {
  const reason = failureReason(cause);
  return new HostError("CFG_SAVE", `'${path}' cannot be written: ${reason}`, {
    details: { path, reason },
    fix: "make room or allow writing, then run SAVE_CONFIG again; nothing was changed and the values are still pending",
    cause,
  });
}

/** Changes files so that at every moment the old or the new content is complete on the disk. */
export class DiskStore implements ConfigStore {
  readonly read = diskFiles.read;
  readonly list = diskFiles.list;
  readonly #operations: FileOperations;

  constructor(operations: FileOperations = disk) {
    this.#operations = operations;
  }

  async prepare(path: string, bytes: Uint8Array): Promise<PreparedFile> {
    const operations = this.#operations;
    try {
      // A link stays a link: the file that it leads to is replaced.
      const target = await operations.realpath(path);
      const attributes = await operations.stat(target);
      const temporary = join(dirname(target), `.${basename(target)}.${process.pid}.tmp`);
      const discard = () => this.#remove(temporary);
      try {
        await this.#write(temporary, bytes, attributes);
      } catch (error) {
        await discard();
        throw error;
      }
      const commit = async () => {
        try {
          await operations.rename(temporary, target);
        } catch (error) {
          await discard();
          throw failed(path, error);
        }
        // The new file is in place; not every file system can be told to write its folder out at once.
        await this.#sync(dirname(target)).catch(() => undefined);
      };
      return { commit, discard };
    } catch (error) {
      throw failed(path, error);
    }
  }

  async copy(path: string, backup: string): Promise<void> {
    let isMade = false;
    try {
      await this.#operations.copyFile(path, backup, constants.COPYFILE_EXCL);
      isMade = true;
      await this.#sync(backup);
    } catch (error) {
      // A backup that is not whole is none; one that was there before is not ours to remove.
      if (isMade || !isExisting(error)) await this.#remove(backup);
      throw failed(backup, error);
    }
  }

  /** The new file belongs to the same user and has the same permissions as the one that it will replace. */
  async #write(path: string, bytes: Uint8Array, { mode, uid, gid }: Stats): Promise<void> {
    const file = await this.#operations.open(path, "w", mode);
    try {
      await file.writeFile(bytes);
      await file.chmod(mode & 0o7777);
      const made = await file.stat();
      if (made.uid !== uid || made.gid !== gid) await file.chown(uid, gid).catch(ignoreForbidden);
      await file.sync();
    } finally {
      await file.close();
    }
  }

  async #sync(path: string): Promise<void> {
    const file = await this.#operations.open(path, "r");
    try {
      await file.sync();
    } finally {
      await file.close();
    }
  }

  async #remove(path: string): Promise<void> {
    // What cannot be removed was not made, or stays as a hidden file that nothing reads.
    await this.#operations.unlink(path).catch(() => undefined);
  }
}

function isExisting(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EEXIST";
}

/** Only root may give files away; for others the file then belongs to the user that this program runs as. */
function ignoreForbidden(error: unknown): void {
  const isForbidden = error instanceof Error && "code" in error && error.code === "EPERM";
  if (!isForbidden) throw error;
}
