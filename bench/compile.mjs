#!/usr/bin/env node
// CPU time of `steadyhand compile` as a whole process: `npm run bench:compile -- JOB CONFIG DICTIONARY [--runs N]`
// [--reference COMMAND]. With a reference command (another program that does the same work) the two run in turn and the
// ratio of their medians is printed.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const main = fileURLToPath(new URL("../build/js/host/main.js", import.meta.url));
const args = process.argv.slice(2);

function option(name, fallback) {
  const at = args.indexOf(`--${name}`);
  return at < 0 ? fallback : args.splice(at, 2)[1];
}

const runs = Number(option("runs", "5"));
const reference = option("reference", undefined);
const [job, config, dictionary] = args;
if (dictionary === undefined || !(runs > 0)) {
  console.error("usage: node bench/compile.mjs JOB CONFIG DICTIONARY [--runs N] [--reference COMMAND]");
  process.exit(2);
}

/** User and system time in s of a shell command, all of its processes together, by the shell's own count. */
function cpu(command) {
  const { status, stderr } = spawnSync("bash", ["-c", `TIMEFORMAT='%U %S'; time { ${command}; } > /dev/null 2>&1`], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`failed: ${command}\n${stderr}`);
  const [user, system] = stderr.trim().split("\n").at(-1).split(" ").map(Number);
  return user + system;
}

const folder = mkdtempSync(join(tmpdir(), "steadyhand-bench-"));
const quote = (text) => `'${text.replaceAll("'", "'\\''")}'`;
const own = [
  process.execPath,
  main,
  "compile",
  job,
  "--config",
  config,
  "--dictionary",
  dictionary,
  "--output",
  join(folder, "out.txt"),
];
const ours = [];
const theirs = [];
for (let i = 0; i < runs; i++) {
  ours.push(cpu(own.map(quote).join(" ")));
  if (reference !== undefined) theirs.push(cpu(reference));
}
rmSync(folder, { recursive: true });
const middle = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
console.log(
  `compile: ${middle(ours).toFixed(2)} s of CPU (median of ${runs}; ${Math.min(...ours).toFixed(2)} to ${Math.max(...ours).toFixed(2)})`,
);
if (reference !== undefined) {
  console.log(
    `reference: ${middle(theirs).toFixed(2)} s; that is ${(middle(theirs) / middle(ours)).toFixed(2)} times ours`,
  );
}
