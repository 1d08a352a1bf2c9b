// thread: any

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = (crc & 1) !== 0 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});

/**
 * CRC-32 of a board's configuration commands as text, in the order in which they are sent, without `finalize_config`.
 * A board that reports the same number is configured this way already.
 */
export function configCrc(commands: readonly string[]): number {
  const bytes = new TextEncoder().encode(commands.join("\n"));
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ (TABLE[(crc ^ byte) & 0xff] ?? 0);
  return ~crc >>> 0;
}
