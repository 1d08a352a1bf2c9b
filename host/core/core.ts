// thread: any
import type { CoreExports } from "./exports.js";

/** Pages of 64 KiB that the core's memory has: it never grows. */
export const CORE_PAGES = 256;

/** One instance of the motion core with views of its memory, which stay valid as long as it lives. */
export interface Core {
  readonly exports: CoreExports;
  readonly buffer: ArrayBuffer | SharedArrayBuffer;
  readonly f64: Float64Array;
  readonly i32: Int32Array;
  readonly u8: Uint8Array;
}

/** Memory for a core. A shared one can be given to another thread, which then writes moves into it. */
export function createMemory(shared: boolean): WebAssembly.Memory {
  return new WebAssembly.Memory({ initial: CORE_PAGES, maximum: CORE_PAGES, shared });
}

/**
 * Starts the compiled core on `memory`. A trap or a failed assertion inside it surfaces as `WebAssembly.RuntimeError`;
 * the instance must not be called again after one.
 */
export function instantiateCore(module: WebAssembly.Module, memory: WebAssembly.Memory): Core {
  const instance = new WebAssembly.Instance(module, {
    env: {
      memory,
      abort: (_message: number, _file: number, line: number, column: number): never => {
        throw new WebAssembly.RuntimeError(`assertion failed in the motion core at ${line}:${column}`);
      },
    },
  });
  const buffer = memory.buffer;
  return {
    exports: instance.exports as unknown as CoreExports,
    buffer,
    f64: new Float64Array(buffer),
    i32: new Int32Array(buffer),
    u8: new Uint8Array(buffer),
  };
}
