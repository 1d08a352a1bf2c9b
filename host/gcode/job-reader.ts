// thread: host
import { HostError } from "../shared/errors.js";
import { type ChunkSource, openJobFile } from "./job-file.js";
import type { LineSource } from "./line-source.js";

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const MEGABYTE = 1024 * 1024;
/** Longer than any line of G-code, shorter than what would hurt: a file without line ends is no G-code. */
const MAX_LINE_BYTES = MEGABYTE;
const EMPTY = new Uint8Array(0);
const decoder = new TextDecoder();

/**
 * Hands out the lines of a print file with their numbers and positions, without making strings. The next chunk is
 * read while the lines of the present one are worked on.
 */
export class JobReader implements LineSource {
  bytes: Uint8Array = EMPTY;
  start = 0;
  end = 0;
  /** Number of the present line, from 1; 0 before the first. */
  line = 0;
  readonly #source: ChunkSource;
  /** Position in the file of the first byte of `bytes`. */
  #base = 0;
  /** Where the next line starts in `bytes`. */
  #next = 0;
  #ahead: Promise<Uint8Array | undefined> | undefined;
  /** Whether `bytes` holds the end of the file. */
  #isLast = false;

  constructor(source: ChunkSource) {
    this.#source = source;
  }

  /** Opens a file of G-code, plain or compressed. Throws FILE_UNREADABLE. */
  static async open(path: string): Promise<JobReader> {
    return new JobReader(await openJobFile(path));
  }

  /** Bytes of the whole text. */
  get size(): number {
    return Math.max(this.#source.size, this.position);
  }

  /** Position in the file behind the present line. */
  get position(): number {
    return this.#base + this.#next;
  }

  next(): boolean {
    const { bytes } = this;
    const start = this.#next;
    let at = start;
    while (at < bytes.length && bytes[at] !== LINE_FEED) at++;
    const isWhole = at < bytes.length;
    if (!isWhole && (!this.#isLast || at === start)) return false;
    this.#next = isWhole ? at + 1 : at;
    this.start = start;
    this.end = at > start && bytes[at - 1] === CARRIAGE_RETURN ? at - 1 : at;
    this.line++;
    return true;
  }

  async fill(): Promise<boolean> {
    if (this.#isLast) return this.#next < this.bytes.length;
    const rest = this.bytes.subarray(this.#next);
    if (rest.length > MAX_LINE_BYTES) throw this.#tooLong();
    const chunk = await this.#take();
    this.#base += this.#next;
    this.#next = 0;
    this.start = 0;
    this.end = 0;
    if (chunk === undefined) {
      this.#isLast = true;
      this.bytes = rest;
      return rest.length > 0;
    }
    this.bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    return true;
  }

  text(): string {
    return decoder.decode(this.bytes.subarray(this.start, this.end));
  }

  /**
   * Goes on behind `position`, which must be the end of a line. Knowing the number of that line makes it quick;
   * otherwise the lines up to there are counted. Not to be called while the job runs.
   */
  async seek(position: number, line?: number): Promise<void> {
    // A chunk that is still being read must not arrive behind the new position; its failure no longer matters.
    await this.#ahead?.catch(() => undefined);
    const isDirect = line !== undefined || position === 0;
    const from = isDirect ? position : 0;
    await this.#source.restart(from);
    this.#ahead = undefined;
    this.#isLast = false;
    this.bytes = EMPTY;
    this.start = 0;
    this.end = 0;
    this.#next = 0;
    this.#base = from;
    this.line = line ?? 0;
    while (this.position < position) {
      if (!this.next() && !(await this.fill())) return;
    }
  }

  async close(): Promise<void> {
    await this.#ahead?.catch(() => undefined);
    await this.#source.close();
  }

  async #take(): Promise<Uint8Array | undefined> {
    const chunk = await (this.#ahead ?? this.#source.read());
    this.#ahead = chunk === undefined ? undefined : this.#source.read();
    // A failure is thrown when the chunk is needed, not before.
    this.#ahead?.catch(() => undefined);
    return chunk;
  }

  #tooLong(): HostError {
    const line = this.line + 1;
    return new HostError("GCODE_SYNTAX", `line ${line} is longer than ${MAX_LINE_BYTES / MEGABYTE} MB`, {
      details: { text: "" },
      fix: "print a file of G-code",
    });
  }
}
