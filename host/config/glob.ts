// thread: any
import { join } from "node:path";

/** Names in a folder; empty when there is no such folder. */
export type ListFolder = (folder: string) => Promise<readonly string[]>;

const MAGIC = /[*?[]/;

/** Whether `pattern` names more than one path: it has a `*`, a `?` or a `[set]`. */
export function isPattern(pattern: string): boolean {
  return MAGIC.test(pattern);
}

/** A name pattern as a regular expression: `*` any letters, `?` one, `[a-c]` one of a set, `[!a-c]` one outside it. */
function toRegExp(pattern: string): RegExp {
  let source = "";
  for (let at = 0; at < pattern.length; at++) {
    const letter = pattern.charAt(at);
    if (letter === "*") {
      // One star or many mean the same; one in the expression keeps matching fast.
      if (!source.endsWith(".*")) source += ".*";
      continue;
    }
    if (letter === "?") {
      source += ".";
      continue;
    }
    // A bracket right after the opening one is part of the set.
    const negated = letter === "[" && pattern.charAt(at + 1) === "!";
    const close = letter === "[" ? pattern.indexOf("]", at + (negated ? 3 : 2)) : -1;
    if (close > 0) {
      const set = pattern.slice(at + (negated ? 2 : 1), close).replace(/[\\\]^[]/g, "\\$&");
      source += `[${negated ? "^" : ""}${set}]`;
      at = close;
      continue;
    }
    source += letter.replace(/[\\^$.|+()[\]{}]/g, "\\$&");
  }
  return new RegExp(`^${source}$`, "su");
}

function matcher(pattern: string): (name: string) => boolean {
  try {
    const expression = toRegExp(pattern);
    // A hidden file is only meant when the pattern says so.
    return (name) => (pattern.startsWith(".") || !name.startsWith(".")) && expression.test(name);
  } catch {
    // A set such as [z-a] matches nothing.
    return () => false;
  }
}

/** Paths that match `pattern` (absolute, wildcards in any part, none of them crosses a `/`), sorted by code unit. */
export async function expandPattern(pattern: string, list: ListFolder): Promise<readonly string[]> {
  const parts = pattern.split("/").filter((part) => part !== "");
  let paths = [pattern.startsWith("/") ? "/" : "."];
  for (const [index, part] of parts.entries()) {
    if (!isPattern(part) && index < parts.length - 1) {
      paths = paths.map((path) => join(path, part));
      continue;
    }
    const matches = isPattern(part) ? matcher(part) : (name: string) => name === part;
    const found = await Promise.all(
      paths.map(async (path) => (await list(path)).filter(matches).map((name) => join(path, name))),
    );
    paths = found.flat();
  }
  return [...paths].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}
