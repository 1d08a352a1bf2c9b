// thread: host
import type { Place } from "../shared/errors.js";

/** Who sent a script, and where its lines were written. */
export interface GcodeOrigin {
  /** For messages: "console", "macro PRINT_START", "cube.gcode". */
  readonly name: string;
  /** Where line `line` of the script, counted from 1, was written; `undefined` when that is nowhere. */
  readonly place: (line: number) => Place | undefined;
}

/** A person or a client that types commands. */
export function clientOrigin(name: string): GcodeOrigin {
  return { name, place: () => undefined };
}

/** The console. */
export const CONSOLE = clientOrigin("console");

/** A print job; `file` is its name as errors show it. */
export function jobOrigin(file: string): GcodeOrigin {
  return { name: file, place: (line) => ({ file, line }) };
}

/** A script of the configuration; `place` is that of the `ConfigText` which holds it. */
export function scriptOrigin(name: string, place: (line: number) => Place | undefined): GcodeOrigin {
  return { name, place };
}
