#!/usr/bin/env node
// `npm test`: installs, builds, runs every test and the golden cases, and checks the size of core.wasm. The last line is
// `N passed, N failed`. Arguments go to vitest: `npm test -- test/unit/mcu`.
import { spawnSync } from "node:child_process";
import { readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { build } from "./build.mjs";
import { root } from "./run.mjs";

/** Most bytes that the motion core may have. */
const CORE_BYTES = 64 * 1024;

const given = process.argv.slice(2);
let passed = 0;
let failed = 0;

function runTests() {
  const report = join(root, "build/test-report.json");
  rmSync(report, { force: true });
  const vitest = join(root, "node_modules/vitest/vitest.mjs");
  const args = ["run", "--config", "test/vitest.config.ts", "--reporter=default", "--reporter=json"];
  const result = spawnSync(process.execPath, [vitest, ...args, `--outputFile.json=${report}`, ...given], {
    cwd: root,
    stdio: "inherit",
  });
  let tests = { numPassedTests: 0, numFailedTests: 0 };
  try {
    tests = JSON.parse(readFileSync(report, "utf8"));
  } catch {
    console.error("the tests have left no report");
  }
  passed += tests.numPassedTests;
  failed += tests.numFailedTests;
  // A file that cannot even be read has no tests that fail.
  if (result.status !== 0 && tests.numFailedTests === 0) failed += 1;
}

function runGolden() {
  const result = spawnSync(process.execPath, [join(root, "tools/golden.mjs")], {
    cwd: root,
    stdio: ["ignore", "pipe", "inherit"],
    encoding: "utf8",
  });
  process.stdout.write(result.stdout);
  const counts = /(\d+) passed, (\d+) failed\s*$/.exec(result.stdout);
  passed += Number(counts?.[1] ?? 0);
  failed += Number(counts?.[2] ?? 1);
}

function checkSize() {
  const bytes = statSync(join(root, "build/core.wasm")).size;
  console.log(`core.wasm: ${bytes} bytes, at most ${CORE_BYTES}`);
  if (bytes <= CORE_BYTES) passed += 1;
  else failed += 1;
}

build({ all: true });
runTests();
if (given.length === 0) {
  runGolden();
  checkSize();
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
