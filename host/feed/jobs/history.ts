// thread: feed
import { ApiError } from "../api-error.js";
import type { MetadataStore } from "../files/metadata/metadata-store.js";
import type { JsonRecord } from "../json-value.js";
import type { Args } from "../moonraker/args.js";
import type { Methods } from "../moonraker/methods.js";
import type { Sessions } from "../moonraker/sessions.js";
import type { StatusObjects } from "../status/objects.js";
import type { Storage, Table } from "../storage.js";
import type { Timers } from "../timers.js";
import {
  decodeJob,
  decodeTotals,
  type JobRecord,
  type JobStatus,
  jobId,
  jobNumber,
  NO_TOTALS,
  numberOr0,
  type Totals,
  withJob,
} from "./job-record.js";

const PRINT_STATS = "print_stats";
const TOTALS = "totals";
const DEFAULT_LIMIT = 50;
/** How often a running job is written down, so that little of it is lost. */
const SAVE_S = 60;

/** What the printer says about its print. */
interface Observed {
  readonly state: string;
  readonly filename: string;
  readonly totalS: number;
  readonly printS: number;
  readonly filamentMm: number;
}

export interface HistoryParts {
  readonly storage: Storage;
  readonly objects: StatusObjects;
  readonly metadata: MetadataStore;
  readonly sessions: Sessions;
  readonly timers: Timers;
  /** The user who asked for the print that begins now. */
  readonly userOf: (filename: string) => string | undefined;
  /** Told when a job has ended. */
  readonly ended: (status: JobStatus) => void;
  readonly failed: (error: unknown) => void;
}

/** Remembers every print, following the printer's own statistics. */
export class History {
  readonly #parts: HistoryParts;
  readonly #jobs: Table<JobRecord>;
  readonly #sums: Table<Totals>;
  #totals: Totals;
  #next = 1;
  #current: { readonly number: number; job: JobRecord } | undefined;
  /** Jobs that have ended and are not on the disk yet. */
  readonly #ending = new Map<number, JobRecord>();
  /** Whether the current job was begun before this run and has not been seen to go on yet. */
  #inherited = false;
  #savedAt = 0;

  constructor(parts: HistoryParts) {
    this.#parts = parts;
    this.#jobs = parts.storage.table("history", decodeJob);
    this.#sums = parts.storage.table("history_totals", decodeTotals);
    this.#totals = this.#sums.get(TOTALS) ?? NO_TOTALS;
    for (const [key, job] of this.#jobs.entries({ reverse: true })) {
      const number = Number(key);
      this.#next = number + 1;
      if (job.status === "in_progress") {
        this.#current = { number, job };
        this.#inherited = true;
      }
      break;
    }
  }

  /** Looks at the printer's statistics; to be called whenever they changed. */
  observe(): void {
    const seen = this.#look();
    if (seen === undefined) return;
    const isPrinting = seen.state === "printing" || seen.state === "paused";
    if (this.#inherited) this.#inherit(seen, isPrinting);
    const current = this.#current;
    if (current === undefined) {
      if (isPrinting) this.#begin(seen);
      return;
    }
    if (isPrinting) {
      if (isSameJob(current.job, seen)) this.#goOn(current, seen);
      else {
        this.#end("cancelled");
        this.#begin(seen);
      }
      return;
    }
    current.job = { ...current.job, ...figures(seen, current.job) };
    this.#end(seen.state === "complete" ? "completed" : seen.state === "error" ? "error" : "cancelled");
  }

  /** The printer has stopped or gone: what was printing has ended with it. */
  abort(status: "klippy_shutdown" | "klippy_disconnect"): void {
    if (this.#current === undefined || this.#inherited) return;
    const seen = this.#look();
    if (seen !== undefined && isSameJob(this.#current.job, seen)) {
      this.#current.job = { ...this.#current.job, ...figures(seen, this.#current.job) };
    }
    this.#end(status);
  }

  register(methods: Methods): void {
    methods.add("history", [
      { name: "server.history.list", http: ["GET /server/history/list"], handler: (args) => this.#list(args) },
      {
        name: "server.history.totals",
        http: ["GET /server/history/totals"],
        handler: () => ({ job_totals: this.#totals, auxiliary_totals: [] }),
      },
      {
        name: "server.history.reset_totals",
        http: ["POST /server/history/reset_totals"],
        handler: () => this.#resetTotals(),
      },
      { name: "server.history.get_job", http: ["GET /server/history/job"], handler: (args) => this.#get(args) },
      {
        name: "server.history.delete_job",
        http: ["DELETE /server/history/job"],
        handler: (args) => this.#delete(args),
      },
    ]);
  }

  #look(): Observed | undefined {
    const { objects } = this.#parts;
    const state = objects.value(PRINT_STATS, "state");
    if (typeof state !== "string") return undefined;
    return {
      state,
      filename: String(objects.value(PRINT_STATS, "filename") ?? ""),
      totalS: numberOr0(objects.value(PRINT_STATS, "total_duration")),
      printS: numberOr0(objects.value(PRINT_STATS, "print_duration")),
      filamentMm: numberOr0(objects.value(PRINT_STATS, "filament_used")),
    };
  }

  /** A job that an earlier run began: it goes on, or it was interrupted. */
  #inherit(seen: Observed, isPrinting: boolean): void {
    this.#inherited = false;
    const current = this.#current;
    if (current === undefined || (isPrinting && isSameJob(current.job, seen))) return;
    const ended = current.job.start_time + current.job.total_duration;
    this.#end("interrupted", ended);
  }

  #begin(seen: Observed): void {
    const { timers, metadata, userOf } = this.#parts;
    const now = timers.unix();
    const {
      job_id: _job,
      print_start_time: _time,
      ...known
    } = metadata.get(seen.filename) ?? { job_id: null, print_start_time: null };
    const number = this.#next++;
    const job: JobRecord = {
      user: userOf(seen.filename) ?? null,
      filename: seen.filename,
      status: "in_progress",
      start_time: now,
      end_time: null,
      print_duration: seen.printS,
      total_duration: seen.totalS,
      filament_used: seen.filamentMm,
      metadata: known,
      auxiliary_data: [],
    };
    this.#current = { number, job };
    this.#savedAt = now;
    this.#keep(this.#jobs.put(number, job));
    this.#keep(metadata.noteStart(seen.filename, jobId(number), now));
    this.#tell("added", number, job);
  }

  #goOn(current: { readonly number: number; job: JobRecord }, seen: Observed): void {
    current.job = { ...current.job, ...figures(seen, current.job) };
    const now = this.#parts.timers.unix();
    if (Math.abs(now - this.#savedAt) < SAVE_S) return;
    this.#savedAt = now;
    this.#keep(this.#jobs.put(current.number, current.job));
  }

  #end(status: JobStatus, time = this.#parts.timers.unix()): void {
    const current = this.#current;
    if (current === undefined) return;
    this.#current = undefined;
    const job: JobRecord = { ...current.job, status, end_time: time };
    this.#totals = withJob(this.#totals, job);
    const totals = this.#totals;
    const both = () => [this.#jobs.put(current.number, job), this.#sums.put(TOTALS, totals)];
    this.#ending.set(current.number, job);
    const kept = this.#parts.storage.together(both).finally(() => this.#ending.delete(current.number));
    this.#keep(kept.then(() => this.#tell("finished", current.number, job)));
    this.#parts.ended(status);
  }

  #keep(change: Promise<unknown>): void {
    change.catch(this.#parts.failed);
  }

  #tell(action: "added" | "finished", number: number, job: JobRecord): void {
    this.#parts.sessions.broadcast("notify_history_changed", { action, job: this.#shown(number, job) });
  }

  #shown(number: number, job: JobRecord): JsonRecord {
    const { uuid } = job.metadata;
    const exists = uuid !== undefined && this.#parts.metadata.get(job.filename)?.uuid === uuid;
    return { job_id: jobId(number), exists, ...job };
  }

  /** A job as it is now, on the disk or not. */
  #job(number: number): JobRecord | undefined {
    if (this.#current?.number === number) return this.#current.job;
    return this.#ending.get(number) ?? this.#jobs.get(number);
  }

  /** All jobs by their numbers. Those that are not on the disk yet are the newest. */
  *#all(reverse: boolean): Generator<readonly [number: number, job: JobRecord]> {
    const fresh = [...this.#ending];
    if (this.#current !== undefined) fresh.push([this.#current.number, this.#current.job]);
    const known = new Set(fresh.map(([number]) => number));
    if (reverse) yield* fresh.reverse();
    for (const [key, job] of this.#jobs.entries({ reverse })) {
      const number = Number(key);
      if (!known.has(number)) yield [number, job];
    }
    if (!reverse) yield* fresh;
  }

  #list(args: Args): JsonRecord {
    const limit = args.optionalCount("limit") ?? DEFAULT_LIMIT;
    let skip = args.optionalCount("start") ?? 0;
    const before = args.optionalNumber("before") ?? Number.POSITIVE_INFINITY;
    const since = args.optionalNumber("since") ?? Number.NEGATIVE_INFINITY;
    const order = (args.optionalString("order") ?? "desc").toLowerCase();
    if (order !== "asc" && order !== "desc") throw new ApiError(400, "Argument [order] must be asc or desc");
    const jobs: JsonRecord[] = [];
    for (const [number, job] of this.#all(order === "desc")) {
      if (jobs.length >= limit) break;
      if (job.start_time >= before || job.start_time <= since) continue;
      if (skip > 0) skip--;
      else jobs.push(this.#shown(number, job));
    }
    return { count: jobs.length, jobs };
  }

  #get(args: Args): JsonRecord {
    const uid = args.string("uid");
    const number = jobNumber(uid);
    const job = number === undefined ? undefined : this.#job(number);
    if (number === undefined || job === undefined) throw new ApiError(404, `Invalid job uid: ${uid}`);
    return { job: this.#shown(number, job) };
  }

  async #delete(args: Args): Promise<JsonRecord> {
    if (args.flag("all")) {
      const numbers = [...this.#all(false)].map(([number]) => number).filter((n) => n !== this.#current?.number);
      await Promise.all(numbers.map((number) => this.#jobs.remove(number)));
      return { deleted_jobs: numbers.map(jobId) };
    }
    const uid = args.string("uid");
    const number = jobNumber(uid);
    if (number === undefined || this.#jobs.get(number) === undefined)
      throw new ApiError(404, `Invalid job uid: ${uid}`);
    if (this.#current?.number === number) throw new ApiError(400, "this job is being printed");
    await this.#jobs.remove(number);
    return { deleted_jobs: [jobId(number)] };
  }

  async #resetTotals(): Promise<JsonRecord> {
    const last = this.#totals;
    this.#totals = NO_TOTALS;
    await this.#sums.put(TOTALS, NO_TOTALS);
    return { last_totals: last, last_auxiliary_totals: [] };
  }
}

/** Durations never run backwards within a job: the printer resets them when it is done. */
function figures(seen: Observed, job: JobRecord): Partial<JobRecord> {
  return {
    total_duration: Math.max(seen.totalS, job.total_duration),
    print_duration: Math.max(seen.printS, job.print_duration),
    filament_used: seen.totalS >= job.total_duration ? seen.filamentMm : job.filament_used,
  };
}

/** A print of the same file whose clock has not been set back. */
const isSameJob = (job: JobRecord, seen: Observed): boolean =>
  job.filename === seen.filename && seen.totalS >= job.total_duration - 1;
