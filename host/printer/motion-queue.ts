// thread: host
import type { BarrierKind, MoveRecord } from "../core/move-ring.js";
import type { Machine } from "../machine/client.js";
import { type CallResults, TIMED_MARKER } from "../machine/messages.js";
import { type Seconds, seconds } from "../shared/units.js";
import type { Pending } from "./hardware.js";
import { JOURNAL_MOVE, JOURNAL_OTHER, JOURNAL_TIMED, type JournalRow, MotionJournal } from "./motion-journal.js";

/** Plain motion may run this far ahead of the printer, in s. */
const LONGEST_AHEAD = 30;
/** How far ahead is looked at again after so many seconds of moves: who waits for the job's next line waits no longer. */
const TIME_PER_LOOK = 1;
/** How far ahead is looked at once in so many moves. */
const MOVES_PER_LOOK = 32;
/** Records that are freed at least before writing goes on when the ring was full. */
const ROOM = 1024;

/** Actions of the planner, by their numbers in the journal. */
const BARRIERS: readonly BarrierKind[] = ["dwell", "drain", "setPosition", "setExtruder", "factors"];

/** What the queue needs of the printer around it. */
export interface MotionQueueOptions {
  /** Waits for something that only comes when time goes on: `Scheduler.idle`. */
  readonly idle: <T>(wait: Promise<T>) => Promise<T>;
  readonly isDryRun: boolean;
  /** No more than this much motion is queued when live state is seen or changed. */
  readonly bufferTime: Seconds;
}

interface MarkWaiter {
  readonly resolve: (timeS: number) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * The ring of moves and timed actions as the printer writes it: waits when it is full or reaches too far ahead, notes
 * what each record is, and tells when the printer has come to a mark.
 */
export class MotionQueue {
  readonly journal = new MotionJournal(1 << 16);
  readonly #options: MotionQueueOptions;
  readonly #marks = new Map<number, MarkWaiter>();
  #machine: Machine | undefined;
  #nextMark = 1;
  #nextPayload = 1;
  #looks = 0;
  /** Seconds of moves since the last look. */
  #unlooked = 0;
  #failure: Error | undefined;
  readonly #failed = new Set<(error: Error) => void>();

  constructor(options: MotionQueueOptions) {
    this.#options = options;
  }

  /** The machine is configured: from now on things can be queued. */
  attach(machine: Machine): void {
    this.#machine = machine;
  }

  get isAttached(): boolean {
    return this.#machine !== undefined;
  }

  get machine(): Machine {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#machine === undefined) throw new Error("the machine is not configured yet");
    return this.#machine;
  }

  /** Nothing more will be done: whoever waits gets `error`, and so does whoever queues something. */
  fail(error: Error): void {
    this.#failure ??= error;
    for (const { reject } of this.#marks.values()) reject(error);
    this.#marks.clear();
    for (const reject of [...this.#failed]) reject(error);
  }

  /** Machine has told that the printer has come to a mark. */
  tellMark(mark: number, timeS: number): void {
    this.#marks.get(mark)?.resolve(timeS);
    this.#marks.delete(mark);
  }

  /** Seconds of motion that are queued, as far as known: what is planned, and what waits at the speeds asked for. */
  get queued(): Seconds {
    if (this.#machine === undefined || this.#failure !== undefined) return seconds(0);
    const { ring, planEnd, printTime } = this.#machine;
    return seconds(this.journal.secondsOf(ring.waiting, ring.written) + Math.max(0, planEnd - printTime));
  }

  /** Number of the record that is written next. */
  get sequence(): number {
    return this.machine.ring.written;
  }

  /** Queues a move that takes at least `time` s. The record is read before this returns or first waits. */
  pushMove(move: MoveRecord, line: number, time: number): Pending {
    const { ring } = this.machine;
    const sequence = ring.written;
    if (!ring.pushMove(move)) {
      const copy = { ...move };
      return this.#room().then(() => this.pushMove(copy, line, time));
    }
    this.journal.note(sequence, JOURNAL_MOVE, move.tag, line, time);
    this.#looks++;
    this.#unlooked += time;
    if (this.#options.isDryRun || (this.#looks % MOVES_PER_LOOK !== 0 && this.#unlooked < TIME_PER_LOOK))
      return undefined;
    this.#unlooked = 0;
    return this.queued > LONGEST_AHEAD ? this.#catchUp(LONGEST_AHEAD) : undefined;
  }

  /** Queues an action that machine performs when the motion before it ends. */
  pushTimed(device: number, index: number, value: number, extra: number): Pending {
    const { ring } = this.machine;
    const sequence = ring.written;
    if (!ring.pushTimed(device, index, value, extra, 0, -1)) {
      return this.#room().then(() => this.pushTimed(device, index, value, extra));
    }
    this.journal.note(sequence, JOURNAL_TIMED, -1, 0, 0);
    this.journal.setValues(sequence, device, index, value, extra, 0, 0);
  }

  /** Queues an action of the planner that takes `time` s. */
  pushBarrier(kind: BarrierKind, a: number, b: number, c: number, time = 0): Pending {
    const { ring } = this.machine;
    const sequence = ring.written;
    if (!ring.pushBarrier(kind, a, b, c, -1)) return this.#room().then(() => this.pushBarrier(kind, a, b, c, time));
    this.journal.note(sequence, JOURNAL_OTHER, -1, 0, time);
    this.journal.setValues(sequence, BARRIERS.indexOf(kind), a, b, c, time, 0);
  }

  /** Queues again what was dropped: an action of the kind that the journal holds. */
  repeat(row: JournalRow): Pending {
    const [first = 0, a = 0, b = 0, c = 0, time = 0] = row.values;
    if (row.kind === JOURNAL_TIMED) return this.pushTimed(first, a, b, c);
    const kind = BARRIERS[first];
    return kind === undefined ? undefined : this.pushBarrier(kind, a, b, c, time);
  }

  /** Where a row takes the tool head to be: x, y, z; `undefined` when it does no such thing. */
  placeSetBy({
    kind,
    values: [first = 0, x = 0, y = 0, z = 0],
  }: JournalRow): readonly [number, number, number] | undefined {
    return kind === JOURNAL_OTHER && BARRIERS[first] === "setPosition" ? [x, y, z] : undefined;
  }

  /** Whoever waits for a mark that was dropped need not wait for ever. */
  async repeatMarks(): Promise<void> {
    for (const mark of [...this.#marks.keys()]) await this.pushTimed(TIMED_MARKER, mark, 0, 0);
  }

  /** Drops what is not planned yet; returns how many moves are planned, and the number of the first dropped record. */
  drop(): Promise<CallResults["drop"]> {
    return this.wait(this.machine.call({ call: "drop" }));
  }

  /** Sends encoded commands of a board when the motion before them ends. */
  pushPayload(board: number, commands: readonly Uint8Array[], device: number): Pending {
    const id = this.#nextPayload++;
    this.machine.notify({ notice: "payload", id, board, commands });
    return this.pushTimed(device, id, 0, 0);
  }

  /** Brings motion to rest here, and waits until the printer has. */
  async drain(): Promise<void> {
    const { mark, reached } = this.#mark();
    await this.pushBarrier("drain", mark, 0, 0);
    await this.#await(reached);
  }

  /** Print time in s at which the motion queued so far has ended, without bringing it to rest; waits for it. */
  async marker(): Promise<number> {
    const { mark, reached } = this.#mark();
    await this.pushTimed(TIMED_MARKER, mark, 0, 0);
    return this.#await(reached);
  }

  /** Waits until no more than `buffer_time` of motion is queued. Nothing to wait for in a dry run. */
  settle(): Pending {
    if (this.#options.isDryRun || this.#machine === undefined) return undefined;
    const { bufferTime } = this.#options;
    return this.queued > bufferTime ? this.#catchUp(bufferTime) : undefined;
  }

  /** Resolves like `promise`, or rejects when the printer stops. */
  guard<T>(promise: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) {
        reject(this.#failure);
        return;
      }
      this.#failed.add(reject);
      const end = (): void => {
        this.#failed.delete(reject);
      };
      promise.then(
        (value) => {
          end();
          resolve(value);
        },
        (error: unknown) => {
          end();
          reject(error);
        },
      );
    });
  }

  /** Waits inside a script for what machine does. */
  wait<T>(promise: Promise<T>): Promise<T> {
    return this.#options.idle(this.guard(promise));
  }

  #mark(): { readonly mark: number; readonly reached: Promise<number> } {
    const mark = this.#nextMark++;
    const reached = new Promise<number>((resolve, reject) => this.#marks.set(mark, { resolve, reject }));
    // It may be rejected before anyone waits for it.
    reached.catch(() => undefined);
    return { mark, reached };
  }

  /** The dry run comes to a mark when it is asked to do the work. */
  async #await(reached: Promise<number>): Promise<number> {
    if (this.#options.isDryRun) await this.machine.drained(0);
    return this.wait(reached);
  }

  #room(): Promise<void> {
    return this.wait(this.machine.room(ROOM));
  }

  async #catchUp(limit: number): Promise<void> {
    while (this.queued > limit) {
      const { machine } = this;
      await this.wait(machine.ring.waiting > 0 ? machine.room(machine.ring.room + 1) : machine.drained(limit));
    }
  }
}
