// thread: host
import type { Pending } from "./hardware.js";
import { JOURNAL_MOVE, type JournalRow } from "./motion-journal.js";
import type { CurrentLimits } from "./motion-limits.js";
import type { MotionQueue } from "./motion-queue.js";
import type { MoveSource } from "./move-draft.js";
import type { JobPlace } from "./services.js";

/** The tool head as it is rewound. */
export interface Rewindable {
  readonly limits: CurrentLimits;
  /** x, y, z, e in mm. */
  readonly position: Readonly<Float64Array>;
  assume(x: number, y: number, z: number, e: number): void;
  queueMove(x: number, y: number, z: number, e: number, speed: number, source: MoveSource): Pending;
  drain(): Promise<void>;
}

export interface RewinderOptions {
  readonly toolhead: Rewindable;
  readonly queue: MotionQueue;
  /** The line of the print job that is running; `undefined` while none is. */
  readonly job: () => JobPlace | undefined;
  /** G-code's state, which is changed in place. */
  readonly gcodeState: () => Float64Array;
  readonly onRestored: () => void;
}

/** A place behind which motion may be taken back. */
interface Floor {
  /** Number of the first record behind it. */
  readonly sequence: number;
  readonly place: JobPlace | undefined;
  readonly state: Float64Array;
  readonly limits: Float64Array;
}

/**
 * Takes back what a print job has queued and what is not planned yet, so that a pause acts soon although the file is
 * read far ahead:
 *
 *   planned │ rest of a line that has begun │ up to the floor │ the rest
 *   stays   │ queued again                  │ queued again    │ dropped: the file is read again from here
 *
 * The floor is where something live was seen or changed last: that has happened and must not happen twice.
 */
export class Rewinder {
  readonly #options: RewinderOptions;
  #floor: Floor | undefined;

  constructor(options: RewinderOptions) {
    this.#options = options;
  }

  /** What is queued by now stays. */
  settleHere(): void {
    const { queue, job, gcodeState, toolhead } = this.#options;
    if (!queue.isAttached) return;
    this.#floor = {
      sequence: queue.sequence,
      place: job() ?? this.#floor?.place,
      state: gcodeState().slice(),
      limits: toolhead.limits.row.slice(),
    };
  }

  /** Somebody else than the job is about to change what its further moves depend on. */
  noteChange(): void {
    if (this.#options.job() === undefined) this.settleHere();
  }

  /** See `Toolhead.takeBack`. */
  async takeBack(): Promise<JobPlace | undefined> {
    const { queue, toolhead } = this.#options;
    const end = queue.sequence;
    const { plannedMoves: planned, taken: first } = await queue.drop();
    if (first === end) {
      await queue.repeatMarks();
      await toolhead.drain();
      return undefined;
    }
    const rows = this.#rows(first, end);
    const kept = this.#keptRows(rows, first);
    queue.journal.forgetBehind(planned);
    const place = this.#place(rows, kept, first);
    const move = rows.find(({ kind }) => kind === JOURNAL_MOVE);
    if (move !== undefined) {
      const [, , , , , , x = 0, y = 0, z = 0, e = 0] = move.values;
      toolhead.assume(x, y, z, e);
    }
    const count = place === undefined ? rows.length : kept;
    const now = { state: this.#options.gcodeState().slice(), limits: toolhead.limits.row.slice() };
    for (const row of rows.slice(0, count)) await this.#repeat(row);
    await queue.repeatMarks();
    this.#restore(place === undefined ? now : this.#behind(rows[kept - 1], first, (first + kept) >>> 0));
    await toolhead.drain();
    return place;
  }

  #rows(first: number, end: number): readonly JournalRow[] {
    const { journal } = this.#options.queue;
    return Array.from({ length: (end - first) >>> 0 }, (_, i) => journal.row((first + i) >>> 0));
  }

  /** How many of the dropped records must be queued again. */
  #keptRows(rows: readonly JournalRow[], first: number): number {
    const floor = this.#floor === undefined ? 0 : (this.#floor.sequence - first) | 0;
    const before = this.#moveBefore(first);
    let kept = Math.min(Math.max(floor, 0), rows.length);
    // A line that has begun is finished.
    const tag = rows.slice(0, kept).findLast(({ kind }) => kind === JOURNAL_MOVE)?.tag ?? before?.tag ?? -1;
    while (
      tag >= 0 &&
      kept < rows.length &&
      rows.slice(kept).some((row) => row.kind === JOURNAL_MOVE && row.tag === tag)
    ) {
      kept++;
    }
    return kept;
  }

  /** Where the file is to be read again; `undefined` when nothing of it is taken back, or when nobody knows. */
  #place(rows: readonly JournalRow[], kept: number, first: number): JobPlace | undefined {
    if (kept === rows.length) return undefined;
    const last =
      rows.slice(0, kept).findLast(({ kind, tag }) => kind === JOURNAL_MOVE && tag >= 0) ?? this.#moveBefore(first);
    const own = last === undefined || last.tag < 0 ? undefined : { position: last.tag, line: last.line };
    const { place } = this.#floor ?? {};
    if (own === undefined || place === undefined) return own ?? place;
    return own.position >= place.position ? own : place;
  }

  /** The last move that was not dropped, when the journal still has it. */
  #moveBefore(first: number): JournalRow | undefined {
    const { journal } = this.#options.queue;
    for (let back = 1; back < LOOK_BACK; back++) {
      const row = journal.row((first - back) >>> 0);
      if (row.kind === JOURNAL_MOVE && row.tag >= 0) return row;
    }
    return undefined;
  }

  #repeat(row: JournalRow): Pending {
    const { queue, toolhead } = this.#options;
    const set = queue.placeSetBy(row);
    if (set !== undefined) toolhead.assume(...set, toolhead.position[3] ?? 0);
    if (row.kind !== JOURNAL_MOVE) return queue.repeat(row);
    const [x = 0, y = 0, z = 0, e = 0, speed = 0, flags = 0] = row.values;
    toolhead.limits.restore(row.limits);
    this.#options.gcodeState().set(row.state);
    return toolhead.queueMove(x, y, z, e, speed, { flags, tag: row.tag, line: row.line, flow: 1 });
  }

  /** What holds behind the last record that stays, or at the floor when that is further. */
  #behind(last: JournalRow | undefined, first: number, end: number): Pick<Floor, "state" | "limits"> | undefined {
    if (this.#floor?.sequence === end) return this.#floor;
    if (last?.kind === JOURNAL_MOVE) return last;
    return this.#moveBefore(first) ?? this.#floor;
  }

  #restore(source: Pick<Floor, "state" | "limits"> | undefined): void {
    const { toolhead, gcodeState, onRestored } = this.#options;
    if (source === undefined) return;
    gcodeState().set(source.state);
    toolhead.limits.restore(source.limits);
    onRestored();
  }
}

/** Records between two moves are few. */
const LOOK_BACK = 256;
