import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

const env = new Map(Object.entries(process.env));

/** Whether a program that a test wants to compare with is installed here. */
export function hasProgram(name: string): boolean {
  return (env.get("PATH") ?? "").split(delimiter).some((folder) => existsSync(join(folder, name)));
}
