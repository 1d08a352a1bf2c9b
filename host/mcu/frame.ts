// thread: any
import { crc16 } from "./crc16.js";

// A block: length, sequence, payload, CRC high, CRC low, sync.

/** Bytes in front of a block's payload. */
export const BLOCK_HEADER = 2;
/** Bytes behind a block's payload. */
export const BLOCK_TRAILER = 3;
/** Shortest block: no payload, an acknowledgement. */
export const BLOCK_MIN = BLOCK_HEADER + BLOCK_TRAILER;
/** Longest block. */
export const BLOCK_MAX = 64;
/** Longest payload. */
export const PAYLOAD_MAX = BLOCK_MAX - BLOCK_MIN;
/** Last byte of each block. */
export const SYNC = 0x7e;
/** Sequence numbers on the wire count modulo this. */
export const SEQUENCE_MODULUS = 16;

const SEQUENCE_MARK = 0x10;
const SEQUENCE_MASK = SEQUENCE_MODULUS - 1;

/**
 * Completes a block whose payload of `length` bytes is already at `at + BLOCK_HEADER`; returns the block's size.
 * `sequence` is taken modulo 16.
 */
export function sealBlock(into: Uint8Array, at: number, length: number, sequence: number): number {
  const trailer = at + BLOCK_HEADER + length;
  into[at] = length + BLOCK_MIN;
  into[at + 1] = SEQUENCE_MARK | (sequence & SEQUENCE_MASK);
  const crc = crc16(into, at, trailer);
  into[trailer] = crc >>> 8;
  into[trailer + 1] = crc & 0xff;
  into[trailer + 2] = SYNC;
  return length + BLOCK_MIN;
}

/** A block of its own bytes. */
export function encodeBlock(sequence: number, payload: Uint8Array): Uint8Array {
  if (payload.length > PAYLOAD_MAX) throw new RangeError(`a block holds ${PAYLOAD_MAX} bytes, not ${payload.length}`);
  const block = new Uint8Array(payload.length + BLOCK_MIN);
  block.set(payload, BLOCK_HEADER);
  sealBlock(block, 0, payload.length, sequence);
  return block;
}

/** What a `BlockDecoder` tells. */
export interface BlockSink {
  /** A whole, correct block; its payload is `bytes[start..end)`, borrowed for the call. `sequence` is from 0 to 15. */
  onBlock(sequence: number, bytes: Uint8Array, start: number, end: number): void;
  /** `count` bytes that are no block were thrown away. */
  onSkipped(count: number): void;
}

const BUFFER = 4096;

/**
 * Cuts a stream of bytes into blocks. The blocks found and the number of bytes skipped do not depend on how the stream
 * is cut into calls of `push`. After a broken block it goes on behind the next sync byte, looking also into the bytes
 * that the broken block claimed.
 */
export class BlockDecoder {
  readonly #sink: BlockSink;
  readonly #buffer = new Uint8Array(BUFFER);
  #length = 0;
  #seeksSync = false;

  constructor(sink: BlockSink) {
    this.#sink = sink;
  }

  /** Bytes held back because their block is not complete. */
  get held(): number {
    return this.#length;
  }

  /** Takes the next bytes of the stream and reports what they complete. */
  push(bytes: Uint8Array): void {
    let from = 0;
    while (from < bytes.length) {
      const take = Math.min(bytes.length - from, BUFFER - this.#length);
      this.#buffer.set(take === bytes.length ? bytes : bytes.subarray(from, from + take), this.#length);
      this.#length += take;
      from += take;
      this.#parse();
    }
  }

  /** Forgets what it holds: the stream starts anew. */
  reset(): void {
    this.#length = 0;
    this.#seeksSync = false;
  }

  #parse(): void {
    const buffer = this.#buffer;
    const end = this.#length;
    let at = 0;
    while (at < end) {
      if (this.#seeksSync) {
        at = this.#skipPastSync(at, end);
        continue;
      }
      if (buffer[at] === SYNC) {
        at++;
        continue;
      }
      if (end - at < BLOCK_MIN) break;
      const size = buffer[at] ?? 0;
      const sequence = buffer[at + 1] ?? 0;
      if (size < BLOCK_MIN || size > BLOCK_MAX || (sequence & ~SEQUENCE_MASK) !== SEQUENCE_MARK) {
        this.#seeksSync = true;
        continue;
      }
      if (end - at < size) break;
      const trailer = at + size - BLOCK_TRAILER;
      const crc = ((buffer[trailer] ?? 0) << 8) | (buffer[trailer + 1] ?? 0);
      if (buffer[trailer + 2] !== SYNC || crc16(buffer, at, trailer) !== crc) {
        this.#seeksSync = true;
        continue;
      }
      this.#sink.onBlock(sequence & SEQUENCE_MASK, buffer, at + BLOCK_HEADER, trailer);
      at += size;
    }
    buffer.copyWithin(0, at, end);
    this.#length = end - at;
  }

  #skipPastSync(at: number, end: number): number {
    const found = this.#buffer.indexOf(SYNC, at);
    const isFound = found >= 0 && found < end;
    const next = isFound ? found + 1 : end;
    this.#seeksSync = !isFound;
    this.#sink.onSkipped(next - at);
    return next;
  }
}
