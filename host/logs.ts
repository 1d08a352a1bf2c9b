// thread: host
import { existsSync, mkdirSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { type DestinationStream, type Logger, multistream, pino } from "pino";

/** A log file is put aside when it has grown to so many bytes, and so many old ones are kept. */
const FILE_BYTES = 8 * 1024 * 1024;
const KEPT_FILES = 4;

/** A file that is renamed to `NAME.1` when it has grown, `NAME.1` to `NAME.2` and so on. Lines are written at once. */
export class RotatingFile implements DestinationStream {
  readonly path: string;
  readonly #limit: number;
  #size = 0;
  #file: ReturnType<typeof pino.destination>;

  /** Throws what the file system says when the file cannot be written. */
  constructor(path: string, limit = FILE_BYTES) {
    this.path = path;
    this.#limit = limit;
    mkdirSync(dirname(path), { recursive: true });
    if (existsSync(path)) this.#size = statSync(path).size;
    if (this.#size >= limit) this.#shift();
    this.#file = pino.destination({ dest: path, sync: true });
  }

  write(line: string): void {
    this.#size += Buffer.byteLength(line);
    this.#file.write(line);
    if (this.#size >= this.#limit) this.rotate();
  }

  /** Puts the file aside and begins a new one. */
  rotate(): void {
    this.#file.flushSync();
    this.#shift();
    this.#file.reopen();
  }

  /** Writes out what is left. */
  close(): void {
    this.#file.flushSync();
    this.#file.end();
  }

  #shift(): void {
    this.#size = 0;
    rmSync(`${this.path}.${KEPT_FILES}`, { force: true });
    for (let i = KEPT_FILES - 1; i >= 0; i--) {
      const from = i === 0 ? this.path : `${this.path}.${i}`;
      if (existsSync(from)) renameSync(from, `${this.path}.${i + 1}`);
    }
  }
}

/** Where a program's lines go. */
export interface ProgramLog {
  readonly log: Logger;
  /** The file; undefined when lines only go to the console. */
  readonly file: RotatingFile | undefined;
}

const LEVELS: Readonly<Record<number, string>> = {
  10: "trace",
  20: "debug",
  30: "info",
  40: "WARN",
  50: "ERROR",
  60: "FATAL",
};
/** Fields of every line that a reader at the console does not need. */
const QUIET_FIELDS = new Set(["level", "time", "msg", "pid", "hostname"]);

/** A line of the log for people: time, level, text, then the fields that it carries. */
export function readableLine(json: string): string {
  const line: Readonly<Record<string, unknown>> = JSON.parse(json);
  const time = new Date(Number(line["time"])).toTimeString().slice(0, 8);
  const level = LEVELS[Number(line["level"])] ?? "";
  const fields = Object.entries(line).flatMap(([name, value]) =>
    QUIET_FIELDS.has(name) ? [] : [`${name}=${typeof value === "string" ? value : JSON.stringify(value)}`],
  );
  return `${time} ${level.padEnd(5)} ${String(line["msg"])}${fields.length > 0 ? `  (${fields.join(", ")})` : ""}\n`;
}

/**
 * The program's log: everything into a rotating file, and lines of level `info` and above in a readable form to `print`.
 * Throws what the file system says when the file cannot be written.
 */
export function createLog(path: string | undefined, print: (line: string) => void): ProgramLog {
  const file = path === undefined ? undefined : new RotatingFile(path);
  const streams: { level: "debug" | "info"; stream: DestinationStream }[] = [
    { level: "info", stream: { write: (json) => print(readableLine(json)) } },
  ];
  if (file !== undefined) streams.push({ level: "debug", stream: file });
  const log = pino({ level: "debug", base: {}, timestamp: pino.stdTimeFunctions.epochTime }, multistream(streams));
  return { log, file };
}
