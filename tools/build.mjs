// Builds build/core*.wasm from assembly/, build/js from host/ and test/, each only when its sources are newer.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { install, newest, root, runBin } from "./run.mjs";

/** The builds of the motion core: see asconfig.json. */
const CORES = {
  release: "core.wasm",
  debug: "core.debug.wasm",
  scalar: "core.scalar.wasm",
  unshared: "core.unshared.wasm",
  "unshared-scalar": "core.unshared.scalar.wasm",
};

export function build({ force = false, all = false } = {}) {
  install();
  mkdirSync(join(root, "build"), { recursive: true });
  const assembly = Math.max(newest("assembly"), newest("asconfig.json"));
  for (const [target, file] of Object.entries(CORES)) {
    if (target === "debug" && !all) continue;
    if (!force && newest(`build/${file}`) >= assembly) continue;
    runBin("assemblyscript/bin/asc.js", ["--config", "asconfig.json", "--target", target]);
  }
  const sources = Math.max(
    newest("host"),
    newest("test"),
    newest("bench"),
    newest("assembly/layout.ts"),
    newest("tsconfig.json"),
  );
  if (force || newest("build/tsc.tsbuildinfo") < sources) runBin("typescript/bin/tsc", ["-p", "tsconfig.json"]);
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  build({ force: process.argv.includes("--force"), all: process.argv.includes("--all") });
}
