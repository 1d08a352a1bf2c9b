// thread: any
import type { ChunkSource } from "../../../host/gcode/job-file.js";

/** A text in memory that is read in chunks of `cut` bytes, or of the sizes that `cut` lists, over and over. */
export function memoryChunks(text: string | Uint8Array, cut: number | readonly number[]): ChunkSource {
  const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
  const cuts = typeof cut === "number" ? [cut] : cut;
  let at = 0;
  let reads = 0;
  return {
    size: bytes.length,
    read: () => {
      const length = cuts[reads++ % cuts.length] ?? 1;
      const chunk = bytes.slice(at, at + length);
      at += chunk.length;
      return Promise.resolve(chunk.length === 0 ? undefined : chunk);
    },
    restart: (position) => {
      at = position;
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
}
