// thread: any
import { BLOCK_MIN, SYNC } from "../mcu/frame.js";
import type { WireFault } from "./faults.js";
import type { Random } from "./random.js";

/** Bits that a byte takes on a serial line. */
const BITS_PER_BYTE = 10;

export interface WireOptions {
  /** Bits per second; infinity for no limit. */
  readonly baud: number;
  /** Time that everything takes besides, s. */
  readonly latency: number;
  /** Bytes that may wait to be sent; what does not fit is lost. */
  readonly buffer: number;
  readonly random: Random;
}

const NO_FAULT: WireFault = {};

interface Delivery {
  readonly time: number;
  readonly bytes: Uint8Array;
}

/**
 * One direction of a cable: takes bytes when they are sent and gives them out when they arrive, in order. It has the
 * speed of the line, and its faults.
 */
export class Wire {
  readonly #options: WireOptions;
  readonly #blocks: BlockFaults;
  #fault: WireFault = NO_FAULT;
  #queue: Delivery[] = [];
  #head = 0;
  #waiting = 0;
  /** When the last byte taken so far has gone through the line, and when the last chunk arrives. */
  #lineFree = Number.NEGATIVE_INFINITY;
  #lastArrival = Number.NEGATIVE_INFINITY;

  constructor(options: WireOptions) {
    this.#options = options;
    this.#blocks = new BlockFaults(options.random);
  }

  /** What goes wrong from now on. */
  set fault(fault: WireFault) {
    this.#fault = Object.keys(fault).length === 0 ? NO_FAULT : fault;
  }

  /**
   * Takes a chunk that is sent at `time`; copied. False when it arrives at once, unchanged and behind all others: then
   * it was not taken, and the caller hands it over itself.
   */
  send(bytes: Uint8Array, time: number): boolean {
    const { baud, buffer, latency, random } = this.#options;
    const fault = this.#fault;
    if (fault === NO_FAULT && this.#isEmpty && latency === 0 && baud === Number.POSITIVE_INFINITY) return false;
    if (this.#waiting + bytes.length > buffer) return true;
    let arrival = Math.max(time, this.#lineFree) + (bytes.length * BITS_PER_BYTE) / baud;
    this.#lineFree = arrival;
    arrival += latency + (fault.delayS ?? 0) + random.ratio() * (fault.jitterS ?? 0);
    if (fault.mergeS !== undefined && fault.mergeS > 0) arrival = Math.ceil(arrival / fault.mergeS) * fault.mergeS;
    const left = this.#blocks.apply(bytes, fault);
    const step = Math.max(1, fault.splitEvery ?? left.length);
    for (let at = 0; at < left.length; at += step) this.deliver(left.slice(at, at + step), arrival);
    return true;
  }

  /** Puts bytes at the end of the wire, to arrive at `time` or behind those before them; kept, not copied. */
  deliver(bytes: Uint8Array, time: number): void {
    this.#lastArrival = Math.max(time, this.#lastArrival);
    this.#queue.push({ time: this.#lastArrival, bytes });
    this.#waiting += bytes.length;
  }

  /** When the next chunk arrives; infinity when nothing is on its way. */
  get next(): number {
    return this.#queue[this.#head]?.time ?? Number.POSITIVE_INFINITY;
  }

  /** The next chunk. */
  receive(): Uint8Array {
    const delivery = this.#queue[this.#head++];
    if (this.#head > 64 && this.#head * 2 > this.#queue.length) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
    const bytes = delivery?.bytes ?? new Uint8Array(0);
    this.#waiting -= bytes.length;
    return bytes;
  }

  /** Everything on its way is lost. */
  clear(): void {
    this.#queue = [];
    this.#head = 0;
    this.#waiting = 0;
  }

  get #isEmpty(): boolean {
    return this.#head === this.#queue.length;
  }
}

/** Drops and corrupts bytes and whole blocks of a stream, which it follows by the blocks' length bytes. */
class BlockFaults {
  readonly #random: Random;
  /** Bytes that the present block still has. */
  #left = 0;
  #drops = false;
  /** Bytes to go until one is corrupted; -1 for none. */
  #corruptIn = -1;

  constructor(random: Random) {
    this.#random = random;
  }

  apply(bytes: Uint8Array, fault: WireFault): Uint8Array {
    const { dropBytes = 0, corruptBytes = 0, dropBlocks = 0, corruptBlocks = 0 } = fault;
    if (dropBytes + corruptBytes + dropBlocks + corruptBlocks === 0) {
      this.#left = 0;
      return bytes.slice();
    }
    const out = new Uint8Array(bytes.length);
    let length = 0;
    for (const byte of bytes) {
      if (this.#left === 0 && byte !== SYNC) this.#beginBlock(byte, dropBlocks, corruptBlocks);
      if (this.#left > 0) this.#left--;
      const isCorrupt = this.#corruptIn-- === 0 || this.#random.chance(corruptBytes);
      if (this.#drops || this.#random.chance(dropBytes)) {
        if (this.#left === 0) this.#drops = false;
        continue;
      }
      out[length++] = isCorrupt ? byte ^ (1 + (this.#random.uint32() % 255)) : byte;
    }
    return out.subarray(0, length);
  }

  #beginBlock(length: number, drop: number, corrupt: number): void {
    this.#left = Math.max(BLOCK_MIN, length);
    this.#drops = this.#random.chance(drop);
    this.#corruptIn = this.#random.chance(corrupt) ? this.#random.uint32() % this.#left : -1;
  }
}
