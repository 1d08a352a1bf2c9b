import fc from "fast-check";
import { expect, test } from "vitest";
import { BlockDecoder, encodeBlock, PAYLOAD_MAX } from "../../../host/mcu/frame.js";
import { cut, hex, join, toHex } from "../../support/bytes.js";

interface Found {
  readonly blocks: string[];
  skipped: number;
}

function decode(pieces: readonly Uint8Array[]): Found & { held: number } {
  const found: Found = { blocks: [], skipped: 0 };
  const decoder = new BlockDecoder({
    onBlock: (sequence, bytes, start, end) => found.blocks.push(`${sequence}:${toHex(bytes.subarray(start, end))}`),
    onSkipped: (count) => {
      found.skipped += count;
    },
  });
  for (const piece of pieces) decoder.push(piece);
  return { ...found, held: decoder.held };
}

// Written by Klipper's host and firmware, recorded on the wire.
const RECORDED = [
  { from: "host", block: "1012110c3e00000010 0c89e200 3a117e", found: "2:110c3e000000100c89e200" },
  { from: "host", block: "0b131a0025011e0108297e", found: "3:1a0025011e01" },
  { from: "host", block: "0f1b1d0181f49200c99f0004f42a7e", found: "11:1d0181f49200c99f0004" },
  { from: "firmware", block: "0a137700000000f13a7e", found: "3:7700000000" },
  { from: "firmware", block: "0a14768aa3c900ea6e7e", found: "4:768aa3c900" },
  { from: "firmware", block: "0a1678037e7e7eca627e", found: "6:78037e7e7e" },
  { from: "firmware", block: "0513ac1a7e", found: "3:" },
] as const;

test.each(RECORDED)("reads and writes the block $block as the $from did", ({ block, found }) => {
  const bytes = hex(block);
  expect(decode([bytes])).toEqual({ blocks: [found], skipped: 0, held: 0 });
  const [sequence = "", payload = ""] = found.split(":");
  expect(toHex(encodeBlock(Number(sequence), hex(payload)))).toBe(toHex(bytes));
});

test("refuses a payload that fits in no block", () => {
  expect(() => encodeBlock(0, new Uint8Array(PAYLOAD_MAX + 1))).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: a block holds 59 bytes, not 60]`,
  );
});

const block = fc
  .tuple(fc.integer({ min: 0, max: 15 }), fc.uint8Array({ maxLength: PAYLOAD_MAX }))
  .map(([sequence, payload]) => encodeBlock(sequence, payload));
const broken = fc.tuple(block, fc.nat(), fc.integer({ min: 1, max: 255 })).map(([bytes, at, flip]) => {
  const copy = bytes.slice();
  copy[at % copy.length] = (copy[at % copy.length] ?? 0) ^ flip;
  return copy;
});
const shortened = fc.tuple(block, fc.nat()).map(([bytes, at]) => {
  const gap = at % bytes.length;
  return join([bytes.subarray(0, gap), bytes.subarray(gap + 1)]);
});
const noise = fc.uint8Array({ minLength: 1, maxLength: 90 });
const stream = fc
  .array(fc.oneof({ weight: 4, arbitrary: block }, broken, shortened, noise), { maxLength: 12 })
  .map(join);
const cuts = fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 8 });

test("finds the same blocks and skips the same bytes however the stream is cut", () => {
  fc.assert(
    fc.property(stream, cuts, (bytes, lengths) => {
      const whole = decode([bytes]);
      expect(decode(cut(bytes, lengths))).toEqual(whole);
      expect(decode(cut(bytes, [1]))).toEqual(whole);
    }),
    { numRuns: 400 },
  );
});

test("gives back every block of a clean stream, with or without extra sync bytes between them", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 0, max: 15 }), fc.uint8Array({ maxLength: PAYLOAD_MAX }))),
      cuts,
      (blocks, lengths) => {
        const bytes = join(
          blocks.flatMap(([sequence, payload], i) => [
            encodeBlock(sequence, payload),
            new Uint8Array(i % 3).fill(0x7e),
          ]),
        );
        const found = decode(cut(bytes, lengths));
        expect(found).toEqual({ blocks: blocks.map(([s, p]) => `${s}:${toHex(p)}`), skipped: 0, held: 0 });
      },
    ),
  );
});

test("finds the first good block after garbage, when a sync byte ends the garbage", () => {
  fc.assert(
    fc.property(noise, block, cuts, (garbage, good, lengths) => {
      const calm = garbage.map((byte) => (byte >= 5 && byte <= 64 ? 0xff : byte));
      const found = decode(cut(join([calm, hex("7e"), good]), lengths));
      expect(found.blocks).toHaveLength(1);
      expect(found.held).toBe(0);
    }),
  );
});

test("finds blocks inside the bytes that a broken block claimed", () => {
  const inside = encodeBlock(5, hex("0102"));
  const found = decode([join([hex("4011 7e"), inside, new Uint8Array(64)])]);
  expect(found.blocks).toEqual(["5:0102"]);
});

test("counts every byte once: blocks, skipped, held and sync bytes between blocks", () => {
  const good = encodeBlock(1, hex("aa"));
  const bytes = join([good, hex("ff00 7e 7e"), good, hex("05")]);
  expect(decode([bytes])).toEqual({ blocks: ["1:aa", "1:aa"], skipped: 3, held: 1 });
});
