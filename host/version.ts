// thread: any
import { readFileSync } from "node:fs";

/** Folder of the package: from `build/js/host/` as from `host/`. */
export const packageFolder = import.meta.url.includes("/build/js/")
  ? new URL("../../../", import.meta.url)
  : new URL("../", import.meta.url);

function readVersion(): string {
  const { version }: { readonly version: string } = JSON.parse(
    readFileSync(new URL("package.json", packageFolder), "utf8"),
  );
  return version;
}

/** This program's version. */
export const VERSION = readVersion();
