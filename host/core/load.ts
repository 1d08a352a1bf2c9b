// thread: any
import { type Core, createMemory, instantiateCore } from "./core.js";

/** Which build of the core to load. */
export interface LoadOptions {
  /** Memory shared between threads; needs cross-origin isolation in a browser. Default false. */
  readonly shared?: boolean;
  /** Vector instructions; default: whether the engine has them. */
  readonly simd?: boolean;
  /** Where the build lies, when not beside this package: an URL or the bytes. */
  readonly wasm?: URL | BufferSource;
}

/** A module of one `v128.const` that is dropped: valid only where the engine knows vectors. */
const SIMD_PROBE = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 10, 23, 1, 21, 0, 253, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 0, 0, 0, 0, 0, 26, 11,
]);

/** Whether this engine has 128-bit vector instructions. */
export const hasSimd = (): boolean => WebAssembly.validate(SIMD_PROBE);

/** File name of a build of the core. */
export function coreFile(options: Pick<LoadOptions, "shared" | "simd">): string {
  const shared = options.shared ?? false;
  const simd = options.simd ?? hasSimd();
  return `core${shared ? "" : ".unshared"}${simd ? "" : ".scalar"}.wasm`;
}

/** Folder of the builds: `build/`, whether this file runs compiled or from source. */
function coreFolder(): URL {
  const here = new URL(".", import.meta.url);
  return here.pathname.includes("/build/js/") ? new URL("../../../", here) : new URL("../../build/", here);
}

async function readBytes(url: URL): Promise<BufferSource> {
  if (url.protocol === "file:") {
    const { readFile } = await import("node:fs/promises");
    return readFile(url);
  }
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url.href}: ${response.status} ${response.statusText}`);
  return response.arrayBuffer();
}

/** Compiles a build of the core. The module can be posted to another thread. */
export async function compileCore(options: LoadOptions = {}): Promise<WebAssembly.Module> {
  const source = options.wasm ?? new URL(coreFile(options), coreFolder());
  return WebAssembly.compile(source instanceof URL ? await readBytes(source) : source);
}

/** Compiles and starts a core on memory of its own. */
export async function loadCore(options: LoadOptions = {}): Promise<Core> {
  return instantiateCore(await compileCore(options), createMemory(options.shared ?? false));
}
