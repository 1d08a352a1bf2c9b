#!/usr/bin/env node
// `npm run golden -- [--tree DIR]`: compiles every recorded case of a tree and compares the steps, with a table. Without
// a tree: test/golden/cases, and ../shared/golden too where that lies beside the project. A case passes when its steps
// are the recording's, with no more commands. Cases that are known to differ (test/golden/known.json, with why) are told
// apart, and fail when they do not differ any more. The last line is `N passed, N failed`.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "./build.mjs";
import { compareStreams, readStream } from "./compare-steps.mjs";
import { root } from "./run.mjs";

/** Longest that one case may take to compile, in ms. */
const PATIENCE_MS = 180_000;
const OWN = join(root, "test/golden/cases");
const SHARED = join(root, "../shared/golden");

const at = process.argv.indexOf("--tree");
const trees = at < 0 ? [OWN, SHARED].filter((tree) => existsSync(tree)) : [process.argv[at + 1]];

function dictionaryOf(tree, name) {
  const places = [join(tree, "dictionaries", name), join(tree, "../dictionaries", name)];
  return places.find((path) => existsSync(path)) ?? places[0];
}

/** Compiles one case and compares it; `result` is missing when it did not compile. */
function runCase(tree, name, folder) {
  const { dictionary, mcu_freq: frequency } = JSON.parse(readFileSync(join(tree, name, "summary.json"), "utf8"));
  const job = ["job.gcode", "job.gcode.gz"].map((file) => join(tree, name, file)).find((path) => existsSync(path));
  const output = join(folder, "ours.txt");
  const args = ["compile", job, "--config", join(tree, name, "printer.cfg"), "--output", output];
  const compiled = spawnSync(
    process.execPath,
    [join(root, "build/js/host/main.js"), ...args, "--dictionary", dictionaryOf(tree, dictionary)],
    { encoding: "utf8", timeout: PATIENCE_MS },
  );
  if (compiled.status !== 0) return { problems: [compiled.stderr.trim().split("\n")[0] || "it did not end in time"] };
  const result = compareStreams(readStream(join(tree, name, "commands.txt.gz")), readStream(output), frequency);
  if (result.commandRatio > 1)
    result.problems.push(`${result.commands} commands, ${result.referenceCommands} in the recording`);
  return result;
}

const known = JSON.parse(readFileSync(join(root, "test/golden/known.json"), "utf8"));

build();
let passed = 0;
let failed = 0;
const folder = mkdtempSync(join(tmpdir(), "steadyhand-golden-"));
for (const tree of trees) {
  console.log(
    `${"case".padEnd(28)} ${"steps".padStart(9)} ${"commands".padStart(9)} ${"bytes".padStart(7)} ${"early us".padStart(9)} ${"late us".padStart(8)}`,
  );
  const sums = { commands: 0, referenceCommands: 0, bytes: 0, referenceBytes: 0 };
  for (const name of readdirSync(tree).sort()) {
    if (!existsSync(join(tree, name, "summary.json"))) continue;
    const result = runCase(tree, name, folder);
    const isSame = result.problems.length === 0;
    const reason = known[name];
    const isPass = isSame === (reason === undefined);
    const verdict = isSame ? "pass" : reason === undefined ? "FAIL" : "known to differ";
    if (isSame && reason !== undefined) result.problems.push("it passes now: remove it from test/golden/known.json");
    else if (reason !== undefined) result.problems = [reason];
    if (isPass) passed += 1;
    else failed += 1;
    if (result.steps === undefined) console.log(`${name.padEnd(28)} ${verdict}`);
    else {
      for (const key of Object.keys(sums)) sums[key] += result[key];
      console.log(
        `${name.padEnd(28)} ${String(result.steps).padStart(9)} ${result.commandRatio.toFixed(3).padStart(9)} ${result.byteRatio.toFixed(3).padStart(7)} ${result.early.toFixed(1).padStart(9)} ${result.late.toFixed(1).padStart(8)}  ${verdict}`,
      );
    }
    for (const problem of result.problems.slice(0, 5)) console.log(`    ${problem}`);
  }
  const { bytes, commands, referenceBytes, referenceCommands } = sums;
  console.log(
    `all: commands x${(commands / referenceCommands).toFixed(3)}, bytes x${(bytes / referenceBytes).toFixed(3)}\n`,
  );
}
rmSync(folder, { recursive: true });
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
