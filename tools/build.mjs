// Builds build/core*.wasm from assembly/, build/js from host/ and test/ (the built-in page with its own types), each
// only when its sources are newer.
import { copyFileSync, mkdirSync, readdirSync } from "node:fs";
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

const PAGE = "host/feed/page";
const PAGE_FILE = /\.(?:html|css|svg)$/;

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
  if (force || newest("build/tsc.tsbuildinfo") < sources || newest("build/js/host/main.js") === 0)
    runBin("typescript/bin/tsc", ["-p", "tsconfig.json"]);
  if (force || newest("build/page.tsbuildinfo") < newest(PAGE)) buildPage();
}

/** The page's scripts are translated, all else is served as it is. */
function buildPage() {
  runBin("typescript/bin/tsc", ["-p", `${PAGE}/tsconfig.json`]);
  for (const name of readdirSync(join(root, PAGE))) {
    if (PAGE_FILE.test(name)) copyFileSync(join(root, PAGE, name), join(root, "build/js", PAGE, name));
  }
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  build({ force: process.argv.includes("--force"), all: process.argv.includes("--all") });
}
