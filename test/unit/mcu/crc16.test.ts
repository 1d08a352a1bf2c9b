import { expect, test } from "vitest";
import { crc16 } from "../../../host/mcu/crc16.js";

test("gives the check value of this CRC for the digits 1 to 9", () => {
  expect(crc16(new TextEncoder().encode("123456789"), 0, 9)).toBe(0x6f91);
});

test("covers only the bytes asked for", () => {
  const bytes = new TextEncoder().encode("xx123456789yy");
  expect(crc16(bytes, 2, 11)).toBe(0x6f91);
  expect(crc16(bytes, 5, 5)).toBe(0xffff);
});
