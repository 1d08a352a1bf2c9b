// thread: any
import { type HostTime, hostTime, type Seconds } from "./units.js";

// Words of the shared block (Int32 index).
const MODE = 0;
/** Counts up each time the keeper moves a lockstep clock, and when a board is asked to run to `GRANT`. */
const TICK = 1;
/** How many threads are inside work that must not be overtaken by time (lockstep only). */
const BUSY = 2;
/** Counts up each time a lockstep clock has come to the host's next timer. */
const HOST_DUE = 3;
// Float64 index.
const NOW = 2;
const FACTOR = 3;
const ORIGIN = 4;
const GRANT = 5;
const HOST_DEADLINE = 6;
/** First of `MAX_RUNNERS` slots: how far each simulated board has run. */
const RUNNER_DONE = 8;
const MAX_RUNNERS = 16;
const BYTES = (RUNNER_DONE + MAX_RUNNERS) * 8;

const MODE_FREE = 0;
const MODE_LOCKSTEP = 1;

/** On a busy computer another thread may run between the two readings of one try, but hardly in every one of them. */
const OFFSET_TRIES = 16;

/** Seconds between `performance.now()`'s origin of this thread and the process-wide monotonic clock. */
const threadOffset = ((): number => {
  let offset = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < OFFSET_TRIES; i++) {
    const [s, ns] = process.hrtime();
    // A pause between the readings makes it too small, never too large.
    offset = Math.max(offset, s + ns * 1e-9 - performance.now() * 1e-3);
  }
  return offset;
})();

/** The process-wide monotonic clock in s, the same in every thread. */
export const monotonic = (): number => performance.now() * 1e-3 + threadOffset;

/**
 * The clock that every thread of one printer shares.
 *
 * A *free* clock is the monotonic clock, run `factor` times as fast. A *lockstep* clock stands still until its keeper
 * (the machine worker) moves it, after every simulated board has run up to that time: a virtual print can then go as
 * fast as the computer can, and a slow computer can never make a simulated board miss a deadline.
 */
export class SharedClock {
  readonly buffer: SharedArrayBuffer;
  readonly #words: Int32Array;
  readonly #values: Float64Array;
  readonly #lockstep: boolean;
  readonly #factor: number;
  readonly #origin: number;

  private constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer;
    this.#words = new Int32Array(buffer);
    this.#values = new Float64Array(buffer);
    this.#lockstep = this.#words[MODE] === MODE_LOCKSTEP;
    this.#factor = this.#values[FACTOR] ?? 1;
    this.#origin = this.#values[ORIGIN] ?? 0;
  }

  /** A clock that runs by itself, `factor` times as fast as real time. */
  static free(factor = 1): SharedClock {
    const clock = new SharedClock(SharedClock.#block(MODE_FREE, factor));
    clock.#values[ORIGIN] = monotonic();
    return new SharedClock(clock.buffer);
  }

  /** A clock that its keeper moves, at most `factor` times as fast as real time (`Infinity` for no limit). */
  static lockstep(factor: number): SharedClock {
    const clock = new SharedClock(SharedClock.#block(MODE_LOCKSTEP, factor));
    const now = monotonic();
    clock.#values[ORIGIN] = now;
    clock.#values[NOW] = now;
    clock.#values[GRANT] = now;
    clock.#values.fill(Number.POSITIVE_INFINITY, RUNNER_DONE);
    clock.#values[HOST_DEADLINE] = Number.POSITIVE_INFINITY;
    return new SharedClock(clock.buffer);
  }

  /** The clock behind a buffer that another thread made. */
  static from(buffer: SharedArrayBuffer): SharedClock {
    return new SharedClock(buffer);
  }

  static #block(mode: number, factor: number): SharedArrayBuffer {
    const buffer = new SharedArrayBuffer(BYTES);
    new Int32Array(buffer)[MODE] = mode;
    new Float64Array(buffer)[FACTOR] = factor;
    return buffer;
  }

  get isLockstep(): boolean {
    return this.#lockstep;
  }

  /** How many times faster than real time this clock runs, or may run at most when in lockstep. */
  get factor(): number {
    return this.#factor;
  }

  /** Time at which the clock was made. */
  get origin(): HostTime {
    return hostTime(this.#origin);
  }

  now(): HostTime {
    if (this.#lockstep) return hostTime(this.#values[NOW] ?? 0);
    const real = monotonic();
    return hostTime(this.#factor === 1 ? real : this.#origin + (real - this.#origin) * this.#factor);
  }

  /** Real milliseconds until `time`, for a timer on a free clock; never negative. */
  realMsUntil(time: HostTime): number {
    return Math.max(0, ((time - this.now()) * 1000) / this.#factor);
  }

  // Lockstep, keeper's side.

  /** Asks every runner to run to `time`; the keeper then waits for `slowestRunner() >= time` and calls `moveTo`. */
  grant(time: HostTime): void {
    this.#values[GRANT] = time;
    this.#bump();
  }

  /** The time that every runner has reached. */
  slowestRunner(): HostTime {
    let slowest = Number.POSITIVE_INFINITY;
    for (let i = 0; i < MAX_RUNNERS; i++) slowest = Math.min(slowest, this.#values[RUNNER_DONE + i] ?? slowest);
    return hostTime(slowest);
  }

  moveTo(time: HostTime): void {
    this.#values[NOW] = time;
    this.#bump();
    // The bump orders the two: a host that sets its timer now either sees this time or is seen here.
    if (time < this.hostDeadline) return;
    Atomics.add(this.#words, HOST_DUE, 1);
    Atomics.notify(this.#words, HOST_DUE);
  }

  /** Blocks this thread (never the host) until the clock or a runner moves, or `timeout` of real time has passed. */
  waitForTick(seen: number, timeout: Seconds): void {
    Atomics.wait(this.#words, TICK, seen, timeout * 1000);
  }

  /** Resolves when the clock or a runner moves past `seen`, or after `timeout` of real time. */
  tickAfter(seen: number, timeout: Seconds): Promise<void> {
    const result = Atomics.waitAsync(this.#words, TICK, seen, timeout * 1000);
    return result.async ? result.value.then(() => undefined) : Promise.resolve();
  }

  /** The present tick count, to be read before looking at the clock and given to `waitForTick`. */
  get tick(): number {
    return Atomics.load(this.#words, TICK);
  }

  // Lockstep, runner's side (one slot per simulated board).

  /** How far the keeper allows runners to run. */
  get granted(): HostTime {
    return hostTime(this.#values[GRANT] ?? 0);
  }

  runnerReached(slot: number, time: HostTime): void {
    this.#values[RUNNER_DONE + slot] = time;
    this.#bump();
  }

  /** Takes a runner out of the count: time no longer waits for it. */
  runnerLeft(slot: number): void {
    this.runnerReached(slot, hostTime(Number.POSITIVE_INFINITY));
  }

  // Lockstep, host's side.

  /** Marks work that time must not overtake (running a script); balanced by `leaveBusy`. */
  enterBusy(): void {
    Atomics.add(this.#words, BUSY, 1);
  }

  leaveBusy(): void {
    Atomics.sub(this.#words, BUSY, 1);
    this.#bump();
  }

  get busy(): boolean {
    return Atomics.load(this.#words, BUSY) > 0;
  }

  /** The host's next timer: a lockstep clock never jumps over it. */
  set hostDeadline(time: HostTime) {
    this.#values[HOST_DEADLINE] = time;
    this.#bump();
  }

  get hostDeadline(): HostTime {
    return hostTime(this.#values[HOST_DEADLINE] ?? Number.POSITIVE_INFINITY);
  }

  /** How often the clock has come to the host's next timer, to be read before looking at the clock. */
  get hostDueCount(): number {
    return Atomics.load(this.#words, HOST_DUE);
  }

  /** Resolves when the clock has come to `hostDeadline` since `seen` was read, and at the latest after `timeout`. */
  hostDueAfter(seen: number, timeout: Seconds): Promise<void> {
    const result = Atomics.waitAsync(this.#words, HOST_DUE, seen, timeout * 1000);
    return result.async ? result.value.then(() => undefined) : Promise.resolve();
  }

  #bump(): void {
    Atomics.add(this.#words, TICK, 1);
    Atomics.notify(this.#words, TICK);
  }
}
