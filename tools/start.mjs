#!/usr/bin/env node
// `npm start`: installs, builds, and prints the example on the virtual printer with the live page up. A command of its
// own passes through: `npm start -- run --config ~/printer.cfg`; options alone go to the example: `npm start -- --exit`.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { build } from "./build.mjs";
import { root } from "./run.mjs";

/** The example runs this much faster than a real printer. */
const SPEED = "20";

const given = process.argv.slice(2);
const isCommand = given.length > 0 && !given[0].startsWith("-");
const example = ["print", "examples/fluted_cup.gcode", "--config", "examples/printer.cfg", "--virtual"];
const speed = given.some((word) => word.startsWith("--speed")) ? [] : ["--speed", SPEED];
const args = isCommand ? given : [...example, ...speed, ...given];

build();
console.log(`steadyhand ${args.join(" ")}\n`);
const child = spawn(process.execPath, [join(root, "build/js/host/main.js"), ...args], {
  stdio: "inherit",
  cwd: isCommand ? undefined : root,
});
// Ctrl-C reaches the program itself, which ends in order: this one only waits.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => {
    if (signal !== "SIGINT") child.kill(signal);
  });
}
child.on("exit", (code, signal) => process.exit(code ?? (signal === null ? 1 : 128)));
