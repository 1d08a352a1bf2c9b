// thread: any

/** Bytes of bookkeeping in front of the payload: write index, read index, wake counter, closed flag. */
const HEADER = 64;
const WRITE = 0;
const READ = 1;
const WAKE = 2;
const CLOSED = 3;
const RECORD_HEADER = 12;

/**
 * Shared ring of timestamped byte chunks. One writer (the side that sends), one reader (the side that receives).
 *
 * A record is `time: f64, length: u32, bytes`, unaligned, wrapping at the end. Payload first, index last. `push` returns
 * whether the chunk fitted: a full ring is a cable that drops bytes, never a wait.
 */
export class ByteRing {
  readonly buffer: SharedArrayBuffer;
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;
  readonly #mask: number;
  readonly #scratch = new DataView(new ArrayBuffer(RECORD_HEADER));
  readonly #scratchBytes = new Uint8Array(this.#scratch.buffer);

  constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer;
    this.#words = new Int32Array(buffer, 0, HEADER / 4);
    this.#bytes = new Uint8Array(buffer, HEADER);
    this.#mask = this.#bytes.length - 1;
  }

  /** A ring with room for `capacity` bytes, a power of two. */
  static create(capacity: number): ByteRing {
    if (capacity < 256 || (capacity & (capacity - 1)) !== 0) throw new RangeError("capacity must be a power of two");
    return new ByteRing(new SharedArrayBuffer(HEADER + capacity));
  }

  /** Writer: appends a chunk stamped with `time` (s); false when it does not fit. */
  push(time: number, chunk: Uint8Array): boolean {
    const write = Atomics.load(this.#words, WRITE);
    const used = (write - Atomics.load(this.#words, READ)) >>> 0;
    if (used + RECORD_HEADER + chunk.length > this.#bytes.length) return false;
    this.#scratch.setFloat64(0, time, true);
    this.#scratch.setUint32(8, chunk.length, true);
    this.#copyIn(write, this.#scratchBytes);
    this.#copyIn(write + RECORD_HEADER, chunk);
    Atomics.store(this.#words, WRITE, (write + RECORD_HEADER + chunk.length) | 0);
    this.wake();
    return true;
  }

  /** Reader: the next chunk and its time, copied out; undefined when empty. */
  pop(): { readonly time: number; readonly bytes: Uint8Array } | undefined {
    const read = Atomics.load(this.#words, READ);
    if (read === Atomics.load(this.#words, WRITE)) return undefined;
    this.#copyOut(read, this.#scratchBytes);
    const time = this.#scratch.getFloat64(0, true);
    const bytes = new Uint8Array(this.#scratch.getUint32(8, true));
    this.#copyOut(read + RECORD_HEADER, bytes);
    Atomics.store(this.#words, READ, (read + RECORD_HEADER + bytes.length) | 0);
    return { time, bytes };
  }

  get isEmpty(): boolean {
    return Atomics.load(this.#words, READ) === Atomics.load(this.#words, WRITE);
  }

  /** Either side: the cable is pulled; the other side sees `isClosed`. */
  close(): void {
    Atomics.store(this.#words, CLOSED, 1);
    this.wake();
  }

  get isClosed(): boolean {
    return Atomics.load(this.#words, CLOSED) !== 0;
  }

  /** Wakes a reader that waits on `wakeCount`. */
  wake(): void {
    Atomics.add(this.#words, WAKE, 1);
    Atomics.notify(this.#words, WAKE);
  }

  get wakeCount(): number {
    return Atomics.load(this.#words, WAKE);
  }

  /** Blocks a worker until something is pushed after `seen` was read, or `ms` pass. */
  wait(seen: number, ms: number): void {
    Atomics.wait(this.#words, WAKE, seen, ms);
  }

  /** Resolves when something is pushed after `seen` was read. */
  pushedAfter(seen: number): Promise<void> {
    const result = Atomics.waitAsync(this.#words, WAKE, seen);
    return result.async ? result.value.then(() => undefined) : Promise.resolve();
  }

  #copyIn(at: number, chunk: Uint8Array): void {
    const start = at & this.#mask;
    const first = Math.min(chunk.length, this.#bytes.length - start);
    this.#bytes.set(first === chunk.length ? chunk : chunk.subarray(0, first), start);
    if (first < chunk.length) this.#bytes.set(chunk.subarray(first), 0);
  }

  #copyOut(at: number, into: Uint8Array): void {
    const start = at & this.#mask;
    const first = Math.min(into.length, this.#bytes.length - start);
    into.set(this.#bytes.subarray(start, start + first), 0);
    if (first < into.length) into.set(this.#bytes.subarray(0, into.length - first), first);
  }
}
