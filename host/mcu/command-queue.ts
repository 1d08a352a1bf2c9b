// thread: any
import type { Ticks } from "../shared/units.js";
import { PAYLOAD_MAX } from "./frame.js";
import { IndexHeap } from "./index-heap.js";

/** Bytes kept for one command. */
const SLOT = 64;
const NONE = -1;

/**
 * Commands of one board that are not steps, waiting for their time. Each belongs to a device and has a clock before
 * which it must not leave and a clock at which it is due. They leave in the order in which they are due; commands of one
 * device leave in the order in which they came. O(log devices) for each, and no garbage once it has grown.
 *
 *   push ─► per device: first in, first out ─► waiting for its minimum clock ─► ready, by due clock ─► take
 */
export class CommandQueue {
  // Commands: a linked list per device, and one of free slots.
  #bytes = new Uint8Array(64 * SLOT);
  #length = new Uint8Array(64);
  #next = new Int32Array(64).fill(NONE);
  #min = new Float64Array(64);
  #due = new Float64Array(64);
  #serial = new Float64Array(64);
  #free = NONE;
  #used = 0;
  #pushed = 0;
  #count = 0;
  // Devices.
  readonly #head: number[] = [];
  readonly #tail: number[] = [];
  readonly #waiting = new IndexHeap();
  readonly #ready = new IndexHeap();

  /** How many commands are in the queue. */
  get size(): number {
    return this.#count;
  }

  /** A new device: an order of its own. */
  createDevice(): number {
    this.#head.push(NONE);
    this.#tail.push(NONE);
    return this.#head.length - 1;
  }

  /**
   * Adds `bytes[start..end)`, one encoded command, behind the device's earlier ones; copied. It does not leave before
   * the board's clock is `min`, and is wanted there at `due`. Throws a `RangeError` for a command that fits no block.
   */
  push(device: number, min: Ticks, due: Ticks, bytes: Uint8Array, start = 0, end: number = bytes.length): void {
    const length = end - start;
    if (length > PAYLOAD_MAX) throw new RangeError(`a command of ${length} bytes does not fit in a block`);
    const slot = this.#takeSlot();
    for (let i = 0; i < length; i++) this.#bytes[slot * SLOT + i] = bytes[start + i] ?? 0;
    this.#length[slot] = length;
    this.#min[slot] = min;
    this.#due[slot] = due;
    this.#serial[slot] = this.#pushed++;
    this.#next[slot] = NONE;
    this.#count++;
    const tail = this.#tail[device] ?? NONE;
    this.#tail[device] = slot;
    if (tail !== NONE) {
      this.#next[tail] = slot;
      return;
    }
    this.#head[device] = slot;
    this.#enqueue(device);
  }

  /** When the command that would leave next at `clock` is due; infinity when none may leave. */
  nextDue(clock: Ticks): number {
    this.#admit(clock);
    return this.#ready.topKey;
  }

  /** The earliest minimum clock of those that may not leave yet; infinity when there are none. */
  nextMin(): number {
    return this.#waiting.topKey;
  }

  /**
   * Writes what may leave at `clock` and is due at `dueBefore` or earlier, in due order, as long as it fits in `room`
   * bytes; returns how many bytes were written.
   */
  take(into: Uint8Array, at: number, room: number, clock: Ticks, dueBefore: number): number {
    this.#admit(clock);
    let taken = 0;
    while (this.#ready.topKey <= dueBefore) {
      const device = this.#ready.top;
      if (device < 0) break;
      const slot = this.#head[device] ?? NONE;
      const length = this.#length[slot] ?? 0;
      if (taken + length > room) break;
      const from = slot * SLOT;
      for (let i = 0; i < length; i++) into[at + taken + i] = this.#bytes[from + i] ?? 0;
      taken += length;
      this.#ready.pop();
      this.#dropHead(device);
      this.#admit(clock);
    }
    return taken;
  }

  /** Throws away what one device still has waiting; returns how many commands. */
  clear(device: number): number {
    const before = this.#count;
    this.#waiting.remove(device);
    this.#ready.remove(device);
    let slot = this.#head[device] ?? NONE;
    while (slot !== NONE) {
      const next = this.#next[slot] ?? NONE;
      this.#giveSlot(slot);
      slot = next;
    }
    this.#head[device] = NONE;
    this.#tail[device] = NONE;
    return before - this.#count;
  }

  /** Throws away everything. */
  clearAll(): void {
    for (let device = 0; device < this.#head.length; device++) this.clear(device);
  }

  #enqueue(device: number): void {
    const slot = this.#head[device] ?? NONE;
    this.#waiting.set(device, this.#min[slot] ?? 0, this.#serial[slot] ?? 0);
  }

  /** Moves devices whose first command may leave at `clock` to the ready ones. */
  #admit(clock: Ticks): void {
    // An empty heap has the key infinity.
    while (this.#waiting.top >= 0 && this.#waiting.topKey <= clock) {
      const device = this.#waiting.pop();
      const slot = this.#head[device] ?? NONE;
      this.#ready.set(device, this.#due[slot] ?? 0, this.#serial[slot] ?? 0);
    }
  }

  #dropHead(device: number): void {
    const slot = this.#head[device] ?? NONE;
    const next = this.#next[slot] ?? NONE;
    this.#giveSlot(slot);
    this.#head[device] = next;
    if (next === NONE) this.#tail[device] = NONE;
    else this.#enqueue(device);
  }

  #takeSlot(): number {
    if (this.#free !== NONE) {
      const slot = this.#free;
      this.#free = this.#next[slot] ?? NONE;
      return slot;
    }
    if (this.#used === this.#length.length) this.#grow();
    return this.#used++;
  }

  #giveSlot(slot: number): void {
    this.#next[slot] = this.#free;
    this.#free = slot;
    this.#count--;
  }

  #grow(): void {
    const capacity = this.#length.length * 2;
    const bytes = new Uint8Array(capacity * SLOT);
    bytes.set(this.#bytes);
    this.#bytes = bytes;
    const length = new Uint8Array(capacity);
    length.set(this.#length);
    this.#length = length;
    const next = new Int32Array(capacity).fill(NONE);
    next.set(this.#next);
    this.#next = next;
    this.#min = grown(this.#min, capacity);
    this.#due = grown(this.#due, capacity);
    this.#serial = grown(this.#serial, capacity);
  }
}

function grown(from: Float64Array, capacity: number): Float64Array<ArrayBuffer> {
  const into = new Float64Array(capacity);
  into.set(from);
  return into;
}
