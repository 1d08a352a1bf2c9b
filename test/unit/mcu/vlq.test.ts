import fc from "fast-check";
import { expect, test } from "vitest";
import { encodeByteString, encodeVlq, PayloadReader, vlqLength } from "../../../host/mcu/vlq.js";
import { hex, toHex } from "../../support/bytes.js";

const encoded = (value: number): string => {
  const bytes = new Uint8Array(8);
  return toHex(bytes.subarray(0, encodeVlq(bytes, 0, value)));
};

test.each([
  [0, "00"],
  [95, "5f"],
  [96, "8060"],
  [-1, "7f"],
  [-32, "60"],
  [-33, "ff5f"],
  [12287, "df7f"],
  [12288, "80e000"],
  [-4096, "e000"],
  [-4097, "ffdf7f"],
  [1572863, "dfff7f"],
  [1572864, "80e08000"],
  [-524289, "ffdfff7f"],
  [201326591, "dfffff7f"],
  [201326592, "80e0808000"],
  [-67108865, "ffdfffff7f"],
  [48000000, "96f1d800"],
  [3396728411, "fcd3d7ec5b"],
  [4294967295, "7f"],
  [-2147483648, "f880808000"],
])("encodes %d as %s", (value, bytes) => {
  expect(encoded(value)).toBe(bytes);
  expect(vlqLength(value)).toBe(bytes.length / 2);
});

const int32 = fc.integer({ min: -0x80000000, max: 0x7fffffff });

test("gives back every integer, as int32 and as uint32", () => {
  fc.assert(
    fc.property(fc.oneof(int32, fc.integer({ min: -20000, max: 20000 })), (value) => {
      const bytes = new Uint8Array(5);
      const end = encodeVlq(bytes, 0, value);
      expect(end).toBe(vlqLength(value));
      expect(new PayloadReader().open(bytes, 0, end).int()).toBe(value);
      expect(new PayloadReader().open(bytes, 0, end).uint()).toBe(value >>> 0);
    }),
  );
});

test("reads the forms that other encoders use for large unsigned numbers", () => {
  expect(new PayloadReader().open(hex("8cd3d7ec5b")).uint()).toBe(3396728411);
  expect(new PayloadReader().open(hex("8fffffff7f")).uint()).toBe(4294967295);
});

test("gives back byte strings among integers", () => {
  fc.assert(
    fc.property(int32, fc.uint8Array({ maxLength: 40 }), int32, (before, data, after) => {
      const bytes = new Uint8Array(64);
      const end = encodeVlq(bytes, encodeByteString(bytes, encodeVlq(bytes, 0, before), data), after);
      const reader = new PayloadReader().open(bytes, 0, end);
      expect([reader.int(), [...reader.byteString()], reader.int()]).toEqual([before, [...data], after]);
      expect(reader.isAtEnd && !reader.truncated).toBe(true);
    }),
  );
});

test("never reads past the end, whatever the bytes", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 12 }), fc.array(fc.boolean(), { maxLength: 20 }), (bytes, kinds) => {
      const reader = new PayloadReader().open(bytes);
      for (const isString of kinds) {
        if (isString) expect(reader.byteString().length).toBeLessThanOrEqual(bytes.length);
        else expect(Number.isInteger(reader.int())).toBe(true);
        expect(reader.at).toBeLessThanOrEqual(bytes.length);
      }
    }),
  );
});

test("says when something is missing", () => {
  const reader = new PayloadReader();
  expect([reader.open(hex("81")).int(), reader.truncated]).toEqual([0, true]);
  expect([reader.open(hex("03aabb")).byteString().length, reader.truncated]).toEqual([0, true]);
  expect([reader.open(hex("7f")).byteString().length, reader.truncated]).toEqual([0, true]);
  expect([reader.open(hex("05")).int(), reader.truncated]).toEqual([5, false]);
});
