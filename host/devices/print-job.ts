// thread: host
import { basename, resolve } from "node:path";
import { JobReader } from "../gcode/job-reader.js";
import { jobOrigin } from "../gcode/origin.js";
import type { GcodeOrigin, JobPlace, JobState, ModuleContext, PrintJob } from "../printer/module.js";
import { HostError, isHostError } from "../shared/errors.js";
import type { JobFolder } from "./job-files.js";
import type { PrintStats } from "./print-stats.js";
import { type ScriptTemplate, tellError } from "./template.js";

/** What is done within this many seconds is soon enough. */
const SOON = 3;

/** The file that is loaded. */
interface Loaded {
  readonly file: string;
  readonly path: string;
  readonly reader: JobReader;
  readonly origin: GcodeOrigin;
  /** What machine told as the place of the job when the file was loaded: a number of the job before. */
  readonly staleAt: number;
  /** Reads the file until it is to stop; `undefined` while nothing does. */
  work: Promise<void> | undefined;
}

export interface PrintJobParts {
  readonly ctx: ModuleContext;
  readonly folder: JobFolder;
  readonly stats: PrintStats;
  readonly onError: ScriptTemplate;
}

/**
 * The print from a file.
 *
 *   start/resume ─► #work: seek ─► runJob ─┬─ "stopped" ─► waits for resume
 *                     ▲                    ├─ "end" ─► motion runs out ─► complete
 *          pause: takes back what is not   └─ error ─► on_error_gcode
 *          planned, notes where to go on
 *
 * A pause or cancel may come from a line of the job itself or from anybody else. From others it comes between two lines:
 * then what was read ahead is taken back. From the job it comes in order with the motion, so nothing is.
 */
export class FileJob implements PrintJob {
  readonly #parts: PrintJobParts;
  readonly #rewindListeners: ((position: number) => void)[] = [];
  #loaded: Loaded | undefined;
  /** Whether lines are to be read: false asks `#work` to stop before the next line. */
  #wants = false;
  /** Where to go on reading, when that is not behind the last line. */
  #place: JobPlace | undefined;
  /** Whether lines are being run, as opposed to the motion of the last ones running out. */
  #isReading = false;
  #isInterrupted = false;
  #hasEnded = false;

  constructor(parts: PrintJobParts) {
    this.#parts = parts;
  }

  get state(): JobState {
    return this.#parts.stats.state;
  }

  get file(): string {
    return this.#loaded?.file ?? "";
  }

  /** Full path of the file; `null` without one. */
  get path(): string | null {
    return this.#loaded?.path ?? null;
  }

  get isActive(): boolean {
    return this.#wants;
  }

  /** Whether a file is loaded that has not come to its end. */
  get isLoaded(): boolean {
    return this.#loaded !== undefined && !this.#hasEnded;
  }

  get position(): number {
    return this.#place?.position ?? this.#loaded?.reader.position ?? 0;
  }

  get size(): number {
    return this.#loaded?.reader.size ?? 0;
  }

  /** Byte of the line whose motion is under way: what was printed, not what was read ahead. */
  get printed(): number {
    const loaded = this.#loaded;
    if (loaded === undefined) return 0;
    if (this.#hasEnded) return this.state === "complete" ? this.size : this.position;
    const at = this.#parts.ctx.live.number("motion_report", "job_position");
    if (!Number.isFinite(at) || at === loaded.staleAt) return 0;
    return Math.min(at, this.position);
  }

  /** Opens a file, which is then printed by `resume()`. Throws FILE_UNREADABLE, or GCODE_STATE while one is printed. */
  async load(file: string): Promise<void> {
    this.#refuseWhileActive();
    await this.#open(await this.#parts.folder.find(file));
  }

  async startPath(path: string): Promise<void> {
    this.#refuseWhileActive();
    await this.#open(resolve(path));
    this.resume();
  }

  async #open(path: string): Promise<void> {
    const { ctx, folder, stats } = this.#parts;
    const reader = await JobReader.open(path);
    // Another one may have come in while the disk was slow.
    if (this.#wants) {
      await reader.close();
      this.#refuseWhileActive();
    }
    await this.#close();
    const below = folder.nameOf(path);
    const name = below.startsWith("..") ? basename(path) : below;
    const staleAt = ctx.live.number("motion_report", "job_position");
    this.#loaded = { file: name, path, reader, origin: jobOrigin(name), staleAt, work: undefined };
    this.#hasEnded = false;
    stats.load(name);
    this.#tell();
  }

  async start(file: string): Promise<void> {
    await this.load(file);
    this.resume();
  }

  /** Where reading goes on, set by M26. Only while nothing is read. */
  moveTo(place: JobPlace): void {
    this.#place = place;
  }

  resume(): void {
    const loaded = this.#loaded;
    if (loaded === undefined || (this.#hasEnded && this.state !== "error")) throw nothingLoaded();
    if (this.#wants) return;
    this.#wants = true;
    this.#isInterrupted = false;
    this.#hasEnded = false;
    this.#parts.stats.start();
    this.#tell();
    this.#parts.ctx.log.info({ file: loaded.file, position: this.position }, "the print starts or goes on");
    this.#launch(loaded);
  }

  async pause(): Promise<void> {
    if (this.state !== "printing") return;
    await this.#stopReading();
    // It may have failed or been cancelled in the meantime.
    if (this.state !== "printing" || this.#wants) return;
    this.#parts.stats.pause();
    this.#tell();
  }

  async cancel(): Promise<void> {
    if (this.#loaded === undefined || this.#hasEnded) return;
    await this.#stopReading();
    if (this.#hasEnded) return;
    this.#end("cancelled");
  }

  async hold(when: "after-line" | "now"): Promise<void> {
    const loaded = this.#loaded;
    if (loaded === undefined || !this.#wants) return;
    this.#wants = false;
    if (when === "now") {
      this.#isInterrupted = true;
      this.#parts.ctx.cancelScripts("the print is cancelled", (origin) => origin === loaded.origin);
    }
    // Motion at the end of a file is taken back at once: its work waits for nothing else.
    if (loaded.work !== undefined && this.#isReading) await loaded.work;
    if (!this.#wants && this.#loaded === loaded && !this.#hasEnded) await this.#takeBack();
  }

  async release(): Promise<void> {
    if (this.state !== "printing" || this.#wants || !this.isLoaded) return;
    if (this.#isInterrupted) await this.cancel();
    else this.resume();
  }

  async reset(): Promise<void> {
    if (this.#isOwnLine) {
      throw new HostError("GCODE_STATE", "a print cannot unload its own file", {
        details: { command: "SDCARD_RESET_FILE" },
        fix: "remove SDCARD_RESET_FILE from the print file and from the macros that it calls",
      });
    }
    if (this.#wants) await this.cancel();
    await this.#close();
    this.#parts.stats.reset();
    this.#tell();
  }

  async reread(change: () => void): Promise<void> {
    const isAhead = this.#parts.ctx.toolhead.queued > SOON;
    if (this.#wants && isAhead && !this.#isOwnLine) await this.#takeBack();
    change();
  }

  onRewind(listener: (position: number) => void): void {
    this.#rewindListeners.push(listener);
  }

  /** The printer is stopped: the job ends as it is, nothing is run any more. */
  shutdown(reason: string): void {
    this.#wants = false;
    if (this.isLoaded && (this.state === "printing" || this.state === "paused")) this.#end("error", reason);
  }

  async close(): Promise<void> {
    this.#wants = false;
    await this.#close();
  }

  /** Whether the command that is running now is part of the job. */
  get #isOwnLine(): boolean {
    return this.#loaded !== undefined && this.#parts.ctx.running === this.#loaded.origin;
  }

  async #stopReading(): Promise<void> {
    this.#wants = false;
    if (!this.#isOwnLine) await this.#takeBack();
  }

  async #takeBack(): Promise<void> {
    const place = await this.#parts.ctx.toolhead.takeBack();
    if (place === undefined) return;
    this.#place = place;
    for (const listener of this.#rewindListeners) listener(place.position);
  }

  #launch(loaded: Loaded): void {
    loaded.work ??= this.#run(loaded).finally(() => {
      loaded.work = undefined;
      // Somebody may have resumed while it was ending.
      if (this.#wants && this.#loaded === loaded) this.#launch(loaded);
    });
  }

  async #run(loaded: Loaded): Promise<void> {
    const { ctx } = this.#parts;
    const isReading = () => this.#wants && this.#loaded === loaded;
    try {
      while (isReading()) {
        await this.#seek(loaded);
        this.#isReading = true;
        const result = await ctx.runJob(loaded.reader, loaded.origin, () => !isReading() || this.#place !== undefined);
        this.#isReading = false;
        if (result === "stopped") continue;
        await ctx.toolhead.drain();
        // A pause takes motion back: then it is not over.
        if (isReading() && this.#place === undefined) this.#complete();
      }
    } catch (error) {
      this.#isReading = false;
      await this.#fail(loaded, error);
    }
  }

  async #seek({ reader }: Loaded): Promise<void> {
    const place = this.#place;
    this.#place = undefined;
    if (place === undefined) return;
    try {
      await reader.seek(place.position, place.line < 0 ? undefined : place.line);
    } catch (error) {
      tellError(this.#parts.ctx, error);
      throw error;
    }
  }

  #complete(): void {
    this.#wants = false;
    this.#parts.ctx.respondRaw("Done printing file");
    this.#end("complete");
  }

  /** Everybody has been told of the error by now, unless the disk has failed. */
  async #fail(loaded: Loaded, error: unknown): Promise<void> {
    const { ctx, onError } = this.#parts;
    if (this.#loaded !== loaded || this.#hasEnded) return;
    this.#wants = false;
    if (this.#isInterrupted && isHostError(error, "GCODE_CANCELLED")) return;
    const text = isHostError(error) ? error.headline : String(error);
    ctx.log.error({ file: loaded.file, line: loaded.reader.line, error: text }, "the print has failed");
    this.#end("error", text);
    if (ctx.state === "ready" && !onError.isEmpty) await onError.run(ctx);
  }

  #end(state: "complete" | "cancelled" | "error", message = ""): void {
    const { ctx, stats } = this.#parts;
    this.#wants = false;
    this.#hasEnded = true;
    stats.end(state, message);
    this.#tell();
    ctx.log.info({ file: this.file, state }, "the print has ended");
  }

  #tell(): void {
    this.#parts.ctx.emit("job", { state: this.state, file: this.file });
  }

  /** Forgets the file. Its reading ends before its next line, which whoever runs a script now must not wait for. */
  async #close(): Promise<void> {
    const loaded = this.#loaded;
    this.#loaded = undefined;
    this.#place = undefined;
    if (loaded === undefined) return;
    if (loaded.work === undefined) await loaded.reader.close();
    else void loaded.work.then(() => loaded.reader.close());
  }

  #refuseWhileActive(): void {
    if (!this.#wants) return;
    throw new HostError("GCODE_STATE", `'${this.file}' is being printed`, {
      details: { command: "SDCARD_PRINT_FILE" },
      fix: "wait until it is done, or run CANCEL_PRINT first",
    });
  }
}

function nothingLoaded(): HostError {
  return new HostError("GCODE_STATE", "there is no file to print", {
    details: { command: "M24" },
    fix: "choose a file with SDCARD_PRINT_FILE FILENAME=<name>, or with M23",
  });
}
