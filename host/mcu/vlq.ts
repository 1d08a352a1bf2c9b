// thread: any

/** Most bytes that one encoded integer takes. */
export const VLQ_MAX = 5;

/**
 * Writes one integer at `at` and returns the offset behind it. Takes any value of int32 or uint32; 2^31 and above are
 * sent as the int32 with the same bits, which every reader of 32 bits takes for the same number.
 */
export function encodeVlq(into: Uint8Array, at: number, value: number): number {
  const v = value | 0;
  let p = at;
  // An integer fits in n bytes when it is from -2^(7n-2) up to, but not including, 3 * 2^(7n-2).
  if (v < -0x20 || v >= 0x60) {
    if (v < -0x1000 || v >= 0x3000) {
      if (v < -0x80000 || v >= 0x180000) {
        if (v < -0x4000000 || v >= 0xc000000) into[p++] = ((v >> 28) & 0x7f) | 0x80;
        into[p++] = ((v >> 21) & 0x7f) | 0x80;
      }
      into[p++] = ((v >> 14) & 0x7f) | 0x80;
    }
    into[p++] = ((v >> 7) & 0x7f) | 0x80;
  }
  into[p++] = v & 0x7f;
  return p;
}

/** How many bytes `encodeVlq` writes for `value`. */
export function vlqLength(value: number): number {
  const v = value | 0;
  if (v >= -0x20 && v < 0x60) return 1;
  if (v >= -0x1000 && v < 0x3000) return 2;
  if (v >= -0x80000 && v < 0x180000) return 3;
  return v >= -0x4000000 && v < 0xc000000 ? 4 : 5;
}

/** Writes a length and the bytes themselves; returns the offset behind them. */
export function encodeByteString(into: Uint8Array, at: number, bytes: Uint8Array): number {
  const start = encodeVlq(into, at, bytes.length);
  into.set(bytes, start);
  return start + bytes.length;
}

/**
 * Reads integers and byte strings out of a payload. Reusable, so that decoding makes no garbage. Reading past the end
 * gives zeros and sets `truncated`.
 */
export class PayloadReader {
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;
  #end = 0;
  /** Something was read that is not there. */
  truncated = false;

  /** Starts reading `bytes[start..end)`; the bytes are borrowed until the next `open`. */
  open(bytes: Uint8Array, start = 0, end: number = bytes.length): this {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
    this.truncated = false;
    return this;
  }

  /** Offset of the next byte to read. */
  get at(): number {
    return this.#at;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#end;
  }

  /** The next integer as int32. */
  int(): number {
    if (this.#at >= this.#end) return this.#short();
    let byte = this.#bytes[this.#at++] ?? 0;
    let value = byte & 0x7f;
    if ((byte & 0x60) === 0x60) value |= -0x20;
    while ((byte & 0x80) !== 0) {
      if (this.#at >= this.#end) return this.#short();
      byte = this.#bytes[this.#at++] ?? 0;
      value = (value << 7) | (byte & 0x7f);
    }
    return value;
  }

  /** The next integer as uint32. */
  uint(): number {
    return this.int() >>> 0;
  }

  /** The next byte string, a view of the payload. */
  byteString(): Uint8Array {
    const length = this.int();
    if (length < 0 || this.#at + length > this.#end) {
      this.#short();
      return this.#bytes.subarray(this.#end, this.#end);
    }
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  #short(): number {
    this.truncated = true;
    this.#at = this.#end;
    return 0;
  }
}
