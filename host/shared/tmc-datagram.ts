// thread: any

/** Length of a read request and of a write or answer on a TMC's UART, bytes. */
export const TMC_REQUEST = 4;
export const TMC_DATAGRAM = 8;

/** CRC-8 of a TMC datagram (polynomial x^8 + x^2 + x + 1, least significant bit of each byte first). */
export function tmcCrc(bytes: Uint8Array, length: number): number {
  let crc = 0;
  for (let i = 0; i < length; i++) {
    let byte = bytes[i] ?? 0;
    for (let bit = 0; bit < 8; bit++) {
      crc = (((crc >>> 7) ^ (byte & 1)) !== 0 ? (crc << 1) ^ 0x07 : crc << 1) & 0xff;
      byte >>>= 1;
    }
  }
  return crc;
}

/** Bytes as levels of a UART line: each a low start bit, eight bits, a high stop bit; packed, first level lowest. */
export function encodeUartBits(bytes: Uint8Array): Uint8Array {
  const levels = new Uint8Array(Math.ceil((bytes.length * 10) / 8));
  for (let i = 0; i < bytes.length; i++) {
    const frame = ((bytes[i] ?? 0) << 1) | 0x200;
    for (let bit = 0; bit < 10; bit++) {
      const at = i * 10 + bit;
      if ((frame & (1 << bit)) !== 0) levels[at >>> 3] = (levels[at >>> 3] ?? 0) | (1 << (at & 7));
    }
  }
  return levels;
}

/** The bytes behind packed line levels; undefined where a start or stop bit is wrong. */
export function decodeUartBits(levels: Uint8Array): Uint8Array | undefined {
  const bytes = new Uint8Array(Math.floor((levels.length * 8) / 10));
  for (let i = 0; i < bytes.length; i++) {
    let frame = 0;
    for (let bit = 0; bit < 10; bit++) {
      const at = i * 10 + bit;
      frame |= (((levels[at >>> 3] ?? 0) >>> (at & 7)) & 1) << bit;
    }
    if ((frame & 1) !== 0 || (frame & 0x200) === 0) return undefined;
    bytes[i] = (frame >>> 1) & 0xff;
  }
  return bytes;
}
