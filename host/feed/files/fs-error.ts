// thread: feed
import { ApiError } from "../api-error.js";

const STATUS: Readonly<Record<string, readonly [status: number, text: string]>> = {
  ENOSPC: [507, "there is no space left on the disk"],
  EDQUOT: [507, "the disk quota is used up"],
  EFBIG: [507, "the file is too large for this disk"],
  EACCES: [403, "the user of this program has no permission"],
  EPERM: [403, "the user of this program has no permission"],
  EROFS: [403, "the disk is read-only"],
  EBUSY: [403, "it is in use"],
  ENOENT: [400, "it does not exist"],
  ENOTDIR: [400, "a part of the path is no folder"],
  EISDIR: [400, "it is a folder"],
  ENOTEMPTY: [400, "the folder is not empty"],
  EEXIST: [400, "it exists already"],
  ENAMETOOLONG: [400, "the name is too long"],
  ELOOP: [403, "its links go in circles"],
};

/** The code of an error of the file system; empty for any other error. */
export function fsCode(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}

/** What a client is told when an operation on `path` failed. Errors that are told already pass through. */
export function fsError(error: unknown, action: string, path: string): ApiError {
  if (error instanceof ApiError) return error;
  const known = STATUS[fsCode(error)];
  if (known === undefined) return new ApiError(500, `cannot ${action} '${path}': ${String(error)}`);
  return new ApiError(known[0], `cannot ${action} '${path}': ${known[1]}`);
}
