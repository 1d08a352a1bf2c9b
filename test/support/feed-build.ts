import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import ts from "typescript";

const ROOT = join(import.meta.dirname, "../..");
/** Apart from the program's own build, which may be under way at the same time. */
const OUT = "build/feed-tests";
const FOLDERS = ["host/feed", "host/shared", "test/support"];

/** Translates the feed for tests that need a thread or a program of its own. Types are checked elsewhere. */
export function compile(): void {
  for (const folder of FOLDERS) {
    for (const entry of readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const source = join(entry.parentPath, entry.name);
      if (entry.name.endsWith(".ts")) translate(source);
      else if (PAGE_FILE.test(entry.name)) copy(source);
    }
  }
}

/** What the built-in page consists of besides its scripts. */
const PAGE_FILE = /\.(?:html|css|svg)$/;

function copy(source: string): void {
  const target = join(ROOT, OUT, source.slice(ROOT.length));
  mkdirSync(dirname(target), { recursive: true });
  copyFileSync(source, target);
}

function translate(source: string): void {
  const target = join(ROOT, OUT, source.slice(ROOT.length).replace(/\.ts$/, ".js"));
  if (existsSync(target) && statSync(target).mtimeMs > statSync(source).mtimeMs) return;
  const { outputText } = ts.transpileModule(readFileSync(source, "utf8"), {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023, verbatimModuleSyntax: true },
  });
  mkdirSync(dirname(target), { recursive: true });
  // Another test may be doing the same.
  const part = `${target}.${process.pid}`;
  writeFileSync(part, outputText);
  renameSync(part, target);
}

/** The translated form of a source file: `host/feed/worker.js`. */
export function compiled(path: string): URL {
  return pathToFileURL(join(ROOT, OUT, path));
}
