// thread: any

/**
 * Where a thread's entry lies: beside the file that starts it, `./worker.js`. When that file runs from its TypeScript
 * source (in tests), the entry is taken from the build.
 */
export function workerUrl(from: string, entry: string): URL {
  const url = new URL(entry, from);
  return from.endsWith(".ts") ? new URL(url.href.replace("/host/", "/build/js/host/")) : url;
}
