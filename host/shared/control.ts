// thread: any
import { type HostTime, hostTime } from "./units.js";

// Int32 words.
const STOP = 0;
const WAKE_MACHINE = 1;
const WAKE_HOST = 2;
const ACTIVITY_LENGTH = 3;
// Float64 values.
const HOST_BEAT = 4;
const MACHINE_BEAT = 5;
const FEED_BEAT = 6;
const SPEED_FACTOR = 7;
const FLOW_FACTOR = 8;
const Z_OFFSET = 9;
const HOLD = 10;
const ACTIVITY_TIME = 11;
const FIRST_TEXT_BYTE = 12 * 8;
const TEXT_BYTES = 256;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * The few words that every thread may read and write without asking anyone: emergency stop, signs of life, what the
 * host is doing, and the live factors that act on motion which is already queued.
 */
export class ControlBlock {
  readonly buffer: SharedArrayBuffer;
  readonly #words: Int32Array;
  readonly #values: Float64Array;
  readonly #text: Uint8Array;

  constructor(buffer?: SharedArrayBuffer) {
    this.buffer = buffer ?? new SharedArrayBuffer(FIRST_TEXT_BYTE + TEXT_BYTES);
    this.#words = new Int32Array(this.buffer, 0, 8);
    this.#values = new Float64Array(this.buffer, 0, 12);
    this.#text = new Uint8Array(this.buffer, FIRST_TEXT_BYTE);
  }

  /** Any thread: stop everything now. The machine worker is woken and acts on it before anything else. */
  requestStop(): void {
    Atomics.store(this.#words, STOP, 1);
    this.wakeMachine();
  }

  /** Machine: whether a stop was requested since the last call. */
  takeStop(): boolean {
    return Atomics.exchange(this.#words, STOP, 0) !== 0;
  }

  get isStopRequested(): boolean {
    return Atomics.load(this.#words, STOP) !== 0;
  }

  wakeMachine(): void {
    Atomics.add(this.#words, WAKE_MACHINE, 1);
    Atomics.notify(this.#words, WAKE_MACHINE);
  }

  /** Machine: resolves at the next `wakeMachine` after `seen` was read, or at once when there was one. */
  machineWoken(seen: number): Promise<void> {
    const result = Atomics.waitAsync(this.#words, WAKE_MACHINE, seen);
    return result.async ? result.value.then(() => undefined) : Promise.resolve();
  }

  get machineWakeCount(): number {
    return Atomics.load(this.#words, WAKE_MACHINE);
  }

  /** Machine: tells the host that the ring has room or that a plan has moved on. */
  wakeHost(): void {
    Atomics.add(this.#words, WAKE_HOST, 1);
    Atomics.notify(this.#words, WAKE_HOST);
  }

  hostWoken(seen: number): Promise<void> {
    const result = Atomics.waitAsync(this.#words, WAKE_HOST, seen);
    return result.async ? result.value.then(() => undefined) : Promise.resolve();
  }

  get hostWakeCount(): number {
    return Atomics.load(this.#words, WAKE_HOST);
  }

  /** Signs of life of the three threads, written by each at least every 100 ms. */
  beat(thread: "host" | "machine" | "feed", now: HostTime): void {
    this.#values[thread === "host" ? HOST_BEAT : thread === "machine" ? MACHINE_BEAT : FEED_BEAT] = now;
  }

  lastBeat(thread: "host" | "machine" | "feed"): HostTime {
    const slot = thread === "host" ? HOST_BEAT : thread === "machine" ? MACHINE_BEAT : FEED_BEAT;
    return hostTime(this.#values[slot] ?? 0);
  }

  /** Host: what it is about to do ("macro LOAD_FILAMENT, line 3"); read by others when it stops answering. */
  set activity(text: string) {
    const { written } = encoder.encodeInto(text, this.#text);
    Atomics.store(this.#words, ACTIVITY_LENGTH, written);
  }

  get activity(): string {
    const length = Atomics.load(this.#words, ACTIVITY_LENGTH);
    return decoder.decode(this.#text.slice(0, length));
  }

  set activitySince(time: HostTime) {
    this.#values[ACTIVITY_TIME] = time;
  }

  get activitySince(): HostTime {
    return hostTime(this.#values[ACTIVITY_TIME] ?? 0);
  }

  /**
   * Factor on the speed of every G-code move, set from a console (M220) and applied by machine when it plans; 0 leaves it
   * to the job. Machine sets it back to 0 when it comes to an M220 of the job.
   */
  get speedFactor(): number {
    return this.#values[SPEED_FACTOR] ?? 0;
  }

  set speedFactor(factor: number) {
    this.#values[SPEED_FACTOR] = factor;
    this.wakeMachine();
  }

  /** Factor on every extrusion, set from a console (M221); 0 leaves it to the job. As `speedFactor`. */
  get flowFactor(): number {
    return this.#values[FLOW_FACTOR] ?? 0;
  }

  set flowFactor(factor: number) {
    this.#values[FLOW_FACTOR] = factor;
    this.wakeMachine();
  }

  /** Z displacement in mm that machine adds to what it plans from now on (baby steps while printing). */
  get zOffset(): number {
    return this.#values[Z_OFFSET] ?? 0;
  }

  set zOffset(offset: number) {
    this.#values[Z_OFFSET] = offset;
    this.wakeMachine();
  }

  /** While true, machine plans no further move of a print job: what is planned ends at rest. */
  get hold(): boolean {
    return (this.#values[HOLD] ?? 0) !== 0;
  }

  set hold(held: boolean) {
    this.#values[HOLD] = held ? 1 : 0;
    this.wakeMachine();
  }
}
