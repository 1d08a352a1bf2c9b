// thread: host
import type { MoveLine } from "./move-words.js";

/** Lines of a file, a chunk of which is in memory at a time. The fields describe the line that `next` has moved to. */
export interface LineSource extends MoveLine {
  /** The chunk; borrowed until `fill`. */
  readonly bytes: Uint8Array;
  /** The line in `bytes`, without its line end. */
  readonly start: number;
  readonly end: number;
  /** Moves to the next line in memory; false when there is none. */
  readonly next: () => boolean;
  /** Reads the next chunk; false at the end of the file. Rejects with FILE_UNREADABLE. */
  readonly fill: () => Promise<boolean>;
}
