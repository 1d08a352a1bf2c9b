// `npm run check`: format and lint, types, import rules. A warning is an error.
import { install, runBin } from "./run.mjs";

install();
runBin("@biomejs/biome/bin/biome", ["check", "--error-on-warnings", "."]);
runBin("typescript/bin/tsc", ["-p", "tsconfig.json", "--noEmit", "--incremental", "false"]);
runBin("typescript/bin/tsc", ["-p", "host/feed/page/tsconfig.json", "--noEmit", "--incremental", "false"]);
runBin("dependency-cruiser/bin/dependency-cruise.mjs", [
  "--config",
  "test/import-rules.cjs",
  "host",
  "assembly",
  "test",
  "bench",
]);
