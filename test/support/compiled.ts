// thread: any
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import ts from "typescript";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Compiled code in a folder of its own. */
export interface Compiled {
  /** The address of a file, by its TypeScript path. */
  urlOf(path: string): URL;
  /** Deletes the folder. */
  remove(): void;
}

/**
 * Compiles folders of host/ without a type check, so that a test can start a thread from them: threads load plain
 * JavaScript.
 */
export function compileFolders(folders: readonly string[]): Compiled {
  const out = mkdtempSync(join(tmpdir(), "steadyhand-test-"));
  writeFileSync(join(out, "package.json"), '{ "type": "module" }');
  for (const folder of folders) {
    for (const entry of readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !entry.name.endsWith(".ts")) continue;
      const path = relative(ROOT, join(entry.parentPath, entry.name));
      const target = join(out, path.replace(/\.ts$/, ".js"));
      mkdirSync(dirname(target), { recursive: true });
      const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 };
      writeFileSync(target, ts.transpileModule(readFileSync(join(ROOT, path), "utf8"), { compilerOptions }).outputText);
    }
  }
  return {
    urlOf: (path) => pathToFileURL(join(out, path.replace(/\.ts$/, ".js"))),
    remove: () => rmSync(out, { recursive: true }),
  };
}
