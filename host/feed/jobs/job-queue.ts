// thread: feed
import { randomBytes } from "node:crypto";
import { stat } from "node:fs/promises";
import { ApiError } from "../api-error.js";
import type { Roots } from "../files/roots.js";
import { isRecord, type JsonRecord } from "../json-value.js";
import type { JobQueueSetup } from "../messages.js";
import type { Args } from "../moonraker/args.js";
import type { Methods } from "../moonraker/methods.js";
import type { Sessions } from "../moonraker/sessions.js";
import type { Storage, Table } from "../storage.js";
import type { Cancel, Timers } from "../timers.js";
import type { JobStatus } from "./job-record.js";

const GCODES = "gcodes";
const QUEUE = "queue";
const MAX_JOBS = 1000;

type QueueState = "ready" | "loading" | "starting" | "paused";

interface QueuedJob {
  readonly filename: string;
  readonly job_id: string;
  /** Unix time in s. */
  readonly time_added: number;
}

interface QueueRecord {
  readonly jobs: readonly QueuedJob[];
}

function decodeQueue(value: unknown): QueueRecord | undefined {
  if (!isRecord(value)) return undefined;
  const { jobs } = value;
  if (!Array.isArray(jobs)) return undefined;
  return { jobs: jobs.flatMap((job: unknown) => decodeQueued(job) ?? []) };
}

function decodeQueued(value: unknown): QueuedJob | undefined {
  if (!isRecord(value)) return undefined;
  const { filename, job_id: id, time_added: added } = value;
  if (typeof filename !== "string" || typeof id !== "string" || typeof added !== "number") return undefined;
  return { filename, job_id: id, time_added: added };
}

export interface JobQueueParts {
  readonly setup: JobQueueSetup;
  readonly storage: Storage;
  readonly roots: Roots;
  readonly sessions: Sessions;
  readonly timers: Timers;
  /** Whether a print can be started now. */
  readonly canPrint: () => boolean;
  readonly startPrint: (filename: string) => Promise<void>;
  readonly runGcode: (script: string) => Promise<void>;
  readonly failed: (error: unknown) => void;
}

/** Files that wait to be printed, one after the other. Survives restarts. */
export class JobQueue {
  readonly #parts: JobQueueParts;
  readonly #table: Table<QueueRecord>;
  #jobs: readonly QueuedJob[];
  #state: QueueState;
  #cancelLoad: Cancel | undefined;

  constructor(parts: JobQueueParts) {
    this.#parts = parts;
    this.#table = parts.storage.table("job_queue", decodeQueue);
    this.#jobs = this.#table.get(QUEUE)?.jobs ?? [];
    this.#state = parts.setup.loadOnStart || this.#jobs.length === 0 ? "ready" : "paused";
  }

  /** The printer can print: begins with the first job when that is wanted. */
  printerReady(): void {
    if (this.#parts.setup.loadOnStart && this.#state === "ready") this.#load(false);
  }

  /** A print has ended: goes on, or waits for the owner to clear the bed. */
  jobEnded(status: JobStatus): void {
    if (this.#jobs.length === 0 || this.#state !== "ready") return;
    if (status === "completed" && this.#parts.setup.automatic) this.#load(true);
    else this.#setState("paused");
  }

  /** Adds files to the end. 400 when one does not exist. */
  async add(filenames: readonly string[], reset = false): Promise<void> {
    for (const filename of filenames) await this.#requireFile(filename);
    if (this.#jobs.length + filenames.length > MAX_JOBS)
      throw new ApiError(400, `the queue holds at most ${MAX_JOBS} jobs`);
    const now = this.#parts.timers.unix();
    const added = filenames.map((filename) => ({ filename, job_id: newId(), time_added: now }));
    await this.#change([...(reset ? [] : this.#jobs), ...added], "jobs_added");
  }

  register(methods: Methods): void {
    methods.add("job_queue", [
      { name: "server.job_queue.status", http: ["GET /server/job_queue/status"], handler: () => this.#status() },
      { name: "server.job_queue.post_job", http: ["POST /server/job_queue/job"], handler: (args) => this.#post(args) },
      {
        name: "server.job_queue.delete_job",
        http: ["DELETE /server/job_queue/job"],
        handler: (args) => this.#delete(args),
      },
      { name: "server.job_queue.pause", http: ["POST /server/job_queue/pause"], handler: () => this.#pause() },
      { name: "server.job_queue.start", http: ["POST /server/job_queue/start"], handler: () => this.#start() },
      { name: "server.job_queue.jump", http: ["POST /server/job_queue/jump"], handler: (args) => this.#jump(args) },
    ]);
  }

  #status(): JsonRecord {
    return { queued_jobs: this.#shown(), queue_state: this.#state };
  }

  #shown(): JsonRecord[] {
    const now = this.#parts.timers.unix();
    return this.#jobs.map((job) => ({ ...job, time_in_queue: Math.max(0, now - job.time_added) }));
  }

  async #post(args: Args): Promise<JsonRecord> {
    await this.add(args.strings("filenames"), args.flag("reset"));
    return this.#status();
  }

  async #delete(args: Args): Promise<JsonRecord> {
    const ids = args.flag("all") ? undefined : new Set(args.strings("job_ids"));
    const left = ids === undefined ? [] : this.#jobs.filter(({ job_id: id }) => !ids.has(id));
    if (left.length < this.#jobs.length) await this.#change(left, "jobs_removed");
    return this.#status();
  }

  #pause(): JsonRecord {
    this.#cancelLoad?.();
    this.#cancelLoad = undefined;
    if (this.#state !== "starting") this.#setState("paused");
    return this.#status();
  }

  #start(): JsonRecord {
    if (this.#state === "loading" || this.#state === "starting") return this.#status();
    if (this.#jobs.length > 0 && this.#parts.canPrint()) this.#load(false);
    else this.#setState("ready");
    return this.#status();
  }

  async #jump(args: Args): Promise<JsonRecord> {
    const id = args.string("job_id");
    const job = this.#jobs.find(({ job_id: known }) => known === id);
    if (job === undefined) throw new ApiError(400, `no job '${id}' in the queue`);
    await this.#change([job, ...this.#jobs.filter((other) => other !== job)], "jobs_added");
    return this.#status();
  }

  /** Begins with the first job, after the pause between two jobs when there was one before. */
  #load(isTransition: boolean): void {
    if (this.#jobs.length === 0) return;
    this.#setState("loading");
    const delayMs = isTransition ? this.#parts.setup.delayS * 1000 : 0;
    this.#cancelLoad = this.#parts.timers.after(delayMs, () => {
      this.#cancelLoad = undefined;
      this.#begin(isTransition).catch((error: unknown) => {
        this.#setState("paused");
        this.#parts.failed(error);
      });
    });
  }

  async #begin(isTransition: boolean): Promise<void> {
    const { setup, runGcode, startPrint } = this.#parts;
    if (isTransition && setup.transitionGcode.trim() !== "") await runGcode(setup.transitionGcode);
    const [job, ...rest] = this.#jobs;
    if (job === undefined || this.#state !== "loading") return;
    this.#setState("starting");
    await startPrint(job.filename);
    this.#state = "ready";
    await this.#change(rest, "job_loaded");
  }

  async #change(jobs: readonly QueuedJob[], action: string): Promise<void> {
    this.#jobs = jobs;
    await this.#table.put(QUEUE, { jobs });
    this.#tell(action, this.#shown());
  }

  #setState(state: QueueState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#tell("state_changed", null);
  }

  #tell(action: string, queue: JsonRecord[] | null): void {
    const payload = { action, updated_queue: queue, queue_state: this.#state };
    this.#parts.sessions.broadcast("notify_job_queue_changed", payload);
  }

  async #requireFile(filename: string): Promise<void> {
    const { roots } = this.#parts;
    const { absolute } = await roots.below(roots.get(GCODES), filename);
    try {
      if ((await stat(absolute)).isFile()) return;
    } catch {
      // Told below.
    }
    throw new ApiError(400, `File '${filename}' does not exist`);
  }
}

const newId = (): string => randomBytes(8).toString("hex").toUpperCase();
