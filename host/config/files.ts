// thread: host
import { readdir, readFile } from "node:fs/promises";
import { HostError } from "../shared/errors.js";

/** Where configuration files come from: the disk, or memory in tests. Paths are absolute. */
export interface ConfigFiles {
  /** The bytes of a file; throws CFG_FILE_UNREADABLE. */
  readonly read: (path: string) => Promise<Uint8Array>;
  /** Names in a folder; empty when there is no such folder. */
  readonly list: (folder: string) => Promise<readonly string[]>;
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EISDIR: "it is a folder",
  EACCES: "access is not allowed",
  EPERM: "access is not allowed",
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  EROFS: "the file system is read-only",
  EIO: "the disk reports an error",
};

/** What a failed file operation means, in words. */
export function failureReason(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return REASONS[code] ?? (error instanceof Error ? error.message : String(error));
}

function unreadable(path: string, cause: unknown): HostError {
  const reason = failureReason(cause);
  return new HostError("CFG_FILE_UNREADABLE", `'${path}' cannot be read: ${reason}`, {
    details: { path, reason },
    fix: "check the path and that this user may read the file",
    cause,
  });
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR");
}

/** The files of this computer. */
export const diskFiles: ConfigFiles = {
  async read(path) {
    try {
      return await readFile(path);
    } catch (error) {
      throw unreadable(path, error);
    }
  },

  async list(folder) {
    try {
      return await readdir(folder);
    } catch (error) {
      if (isMissing(error)) return [];
      throw unreadable(folder, error);
    }
  },
};
