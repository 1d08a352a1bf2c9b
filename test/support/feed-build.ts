import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const ROOT = join(import.meta.dirname, "../..");
/** Apart from the program's own build, which may be under way at the same time. */
const OUT = "build/feed-tests";

/** Compiles the project for tests that need a thread or a program of its own. Only what changed is compiled again. */
export function compile(): void {
  const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
  const place = ["--outDir", OUT, "--tsBuildInfoFile", `${OUT}/tsc.tsbuildinfo`];
  const options = ["-p", "tsconfig.json", ...place, "--declaration", "false", "--sourceMap", "false"];
  const { status, stdout } = spawnSync(process.execPath, [tsc, ...options], { cwd: ROOT });
  if (status !== 0) throw new Error(`the project does not compile:\n${stdout.toString()}`);
}

/** The compiled form of a source file: `host/feed/worker.js`. */
export function compiled(path: string): URL {
  return pathToFileURL(join(ROOT, OUT, path));
}
