// thread: host
import { open } from "node:fs/promises";
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";

/** So much of a job is looked at: its first layer begins well within. */
const HEAD_BYTES = 256 * 1024;
const SETS = /^(M104|M140)\b.*?\bS([\d.]+)/i;
const PUSHES = /^G[0-3]\b.*\bE-?[\d.]/i;
/** A plain move, a setting or a comment: anything else may be a macro that heats. */
const PLAIN = /^(?:;|$|G\d|M(?:10[4-7]|140|8[2-4]|204|205|201|203|220|221|73|117|400)\b|SET_|EXCLUDE_|TIMELAPSE)/i;

/** Temperatures in °C that a job sets and does not wait for before it first pushes filament. */
export interface ColdStart {
  readonly nozzle: number;
  /** 0 for none. */
  readonly bed: number;
}

/** What the beginning of a job expects to be hot; `undefined` when it heats by itself, or sets no temperature. */
export function findColdStart(text: string): ColdStart | undefined {
  let nozzle = 0;
  let bed = 0;
  for (const line of text.split(/\r?\n/)) {
    const words = line.trim();
    if (!PLAIN.test(words)) return undefined;
    const [, name = "", value = "0"] = SETS.exec(words) ?? [];
    if (name.toUpperCase() === "M104") nozzle = Number(value);
    if (name.toUpperCase() === "M140") bed = Number(value);
    if (PUSHES.test(words)) return nozzle > 0 ? { nozzle, bed } : undefined;
  }
  return undefined;
}

/** Looks at the beginning of a file, which may be compressed. */
export async function coldStartOf(path: string): Promise<ColdStart | undefined> {
  const file = await open(path);
  const { buffer } = await file.read(Buffer.alloc(2), 0, 2, 0);
  const isZipped = buffer[0] === 0x1f && buffer[1] === 0x8b;
  const stream = file.createReadStream({ start: 0 });
  const source = isZipped ? pipeline(stream, createGunzip(), () => undefined) : stream;
  let text = "";
  for await (const chunk of source) {
    text += Buffer.from(chunk).toString("latin1");
    if (text.length > HEAD_BYTES) break;
  }
  stream.destroy();
  return findColdStart(text);
}
