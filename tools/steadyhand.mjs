#!/usr/bin/env node
// The `steadyhand` command: builds when the sources are newer than the build, then hands over to the program.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { root } from "./run.mjs";

if (existsSync(join(root, "host"))) (await import("./build.mjs")).build();
await import(new URL("../build/js/host/main.js", import.meta.url).href);
