// thread: feed
import { isRecord, type JsonRecord, member } from "../json-value.js";

export type JobStatus =
  | "in_progress"
  | "completed"
  | "cancelled"
  | "error"
  | "klippy_shutdown"
  | "klippy_disconnect"
  | "interrupted";

const STATUSES: ReadonlySet<unknown> = new Set<JobStatus>([
  "in_progress",
  "completed",
  "cancelled",
  "error",
  "klippy_shutdown",
  "klippy_disconnect",
  "interrupted",
]);

/** One print, as it is kept. Times in Unix s, durations in s, filament in mm. */
export interface JobRecord {
  readonly user: string | null;
  readonly filename: string;
  readonly status: JobStatus;
  readonly start_time: number;
  readonly end_time: number | null;
  readonly print_duration: number;
  readonly total_duration: number;
  readonly filament_used: number;
  readonly metadata: JsonRecord;
  readonly auxiliary_data: readonly unknown[];
}

/** Sums over all prints. */
export interface Totals {
  readonly total_jobs: number;
  readonly total_time: number;
  readonly total_print_time: number;
  readonly total_filament_used: number;
  readonly longest_job: number;
  readonly longest_print: number;
}

export const NO_TOTALS: Totals = {
  total_jobs: 0,
  total_time: 0,
  total_print_time: 0,
  total_filament_used: 0,
  longest_job: 0,
  longest_print: 0,
};

const isStatus = (value: unknown): value is JobStatus => STATUSES.has(value);

export function decodeJob(value: unknown): JobRecord | undefined {
  if (!isRecord(value)) return undefined;
  const { user, filename, status, start_time: start, end_time: end, metadata, auxiliary_data: auxiliary } = value;
  if (typeof filename !== "string" || typeof start !== "number" || !isStatus(status)) return undefined;
  return {
    user: typeof user === "string" ? user : null,
    filename,
    status,
    start_time: start,
    end_time: typeof end === "number" ? end : null,
    print_duration: numberOr0(member(value, "print_duration")),
    total_duration: numberOr0(member(value, "total_duration")),
    filament_used: numberOr0(member(value, "filament_used")),
    metadata: isRecord(metadata) ? metadata : {},
    auxiliary_data: Array.isArray(auxiliary) ? auxiliary : [],
  };
}

export function decodeTotals(value: unknown): Totals | undefined {
  if (!isRecord(value)) return undefined;
  return {
    total_jobs: numberOr0(member(value, "total_jobs")),
    total_time: numberOr0(member(value, "total_time")),
    total_print_time: numberOr0(member(value, "total_print_time")),
    total_filament_used: numberOr0(member(value, "total_filament_used")),
    longest_job: numberOr0(member(value, "longest_job")),
    longest_print: numberOr0(member(value, "longest_print")),
  };
}

/** A value that is a finite number, or 0. */
export const numberOr0 = (value: unknown): number => (typeof value === "number" && Number.isFinite(value) ? value : 0);

/** The sums with one more finished job. */
export function withJob(totals: Totals, job: JobRecord): Totals {
  return {
    total_jobs: totals.total_jobs + 1,
    total_time: totals.total_time + job.total_duration,
    total_print_time: totals.total_print_time + job.print_duration,
    total_filament_used: totals.total_filament_used + job.filament_used,
    longest_job: Math.max(totals.longest_job, job.total_duration),
    longest_print: Math.max(totals.longest_print, job.print_duration),
  };
}

/** A job's number as clients see it. */
export const jobId = (number: number): string => number.toString(16).toUpperCase().padStart(6, "0");

/** The number behind what clients see; `undefined` when it is none. */
export const jobNumber = (id: string): number | undefined =>
  /^[0-9a-f]{1,12}$/i.test(id) ? Number.parseInt(id, 16) : undefined;
