// Small steps that the other tools share: run a program, know whether something is stale.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("..", import.meta.url));

/** Runs a program in the project's folder with its output shown; ends this process when it fails. */
export function run(command, args, options = {}) {
  const result = spawnSync(command, args, { cwd: root, stdio: "inherit", ...options });
  if (result.error) {
    console.error(`could not start ${command}: ${result.error.message}`);
    process.exit(1);
  }
  if (result.status !== 0) process.exit(result.status ?? 1);
}

/** Runs a program of node_modules with this same Node. */
export function runBin(packagePath, args, options = {}) {
  run(process.execPath, [join(root, "node_modules", packagePath), ...args], options);
}

/** Newest change below `path`, in ms, 0 when there is nothing. */
export function newest(path) {
  const at = join(root, path);
  if (!existsSync(at)) return 0;
  const stat = statSync(at);
  if (!stat.isDirectory()) return stat.mtimeMs;
  let latest = 0;
  for (const name of readdirSync(at)) latest = Math.max(latest, newest(join(path, name)));
  return latest;
}

/** Installs the dependencies when the lockfile is newer than what is installed. */
export function install() {
  if (newest("node_modules/.package-lock.json") >= newest("package-lock.json")) return;
  console.log("installing dependencies (npm ci) ...");
  run(process.platform === "win32" ? "npm.cmd" : "npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"]);
}
