import fc from "fast-check";
import { expect, test } from "vitest";
import { globalSenseScale, referenceScale, senseScale } from "../../../host/devices/tmc-current.js";
import { fieldOf, fieldRange, TmcFields, withField } from "../../../host/devices/tmc-fields.js";
import {
  TMC2130_REGISTERS,
  TMC2208_REGISTERS,
  TMC2209_REGISTERS,
  TMC2240_REGISTERS,
  TMC5160_REGISTERS,
} from "../../../host/devices/tmc-registers.js";
import { encodeUartBits, tmcCrc } from "../../../host/shared/tmc-datagram.js";
import { toHex } from "../../support/bytes.js";

const ALL = [TMC2130_REGISTERS, TMC2208_REGISTERS, TMC2209_REGISTERS, TMC2240_REGISTERS, TMC5160_REGISTERS];

test("a field keeps its value and leaves the others alone", () => {
  const places = ALL.flatMap((registers) => Object.values(registers).flatMap(({ fields }) => Object.values(fields)));
  fc.assert(
    fc.property(fc.constantFrom(...places), fc.integer({ min: 0, max: 0xffffffff }), fc.nat(), (place, register, n) => {
      const [min, max] = fieldRange(place);
      const value = min + (n % (max - min + 1));
      const changed = withField(register, place, value);
      expect(fieldOf(changed, place)).toBe(value);
      expect(withField(changed, place, fieldOf(register, place))).toBe(register);
    }),
  );
});

test("fields of a register do not overlap and end at bit 31", () => {
  for (const registers of ALL) {
    for (const { fields } of Object.values(registers)) {
      let used = 0;
      for (const [low, bits] of Object.values(fields)) {
        expect(low + bits).toBeLessThanOrEqual(32);
        const mask = withField(0, [low, bits], 2 ** bits - 1);
        expect(used & mask).toBe(0);
        used |= mask;
      }
    }
  }
});

test("asks for a register as the data sheet has it", () => {
  // Read IFCNT (0x02) of address 0, and what the line carries: a low start bit, low bits first, a high stop bit.
  const request = Uint8Array.of(0x05, 0x00, 0x02, 0);
  request[3] = tmcCrc(request, 3);
  expect(toHex(request)).toBe("0500028f");
  expect(toHex(encodeUartBits(request))).toBe("0a0248a0c7");
});

test.each([
  ["tmc2209, 0.8 A", senseScale(0.11), 0.8, { vsense: 1, irun: 25, ihold: 25 }, 0.795],
  ["tmc2209, 1.2 A", senseScale(0.11), 1.2, { vsense: 0, irun: 21, ihold: 21 }, 1.197],
  ["tmc5160, 1 A", globalSenseScale(0.075), 1, { globalscaler: 84, irun: 31, ihold: 31 }, 1.005],
  ["tmc2240, 0.6 A", referenceScale(12000), 0.6, { current_range: 0, globalscaler: 222, irun: 31, ihold: 31 }, 0.6],
])("sets the fields for the current of a %s", (_name, scale, run, fields, real) => {
  const found = scale.toFields(run, run);
  expect(found).toEqual(fields);
  const current = scale.toCurrents((name) => found[name] ?? 0);
  expect(current.run).toBeCloseTo(real, 2);
});

test("comes within a step of the scale of every current", () => {
  fc.assert(
    fc.property(fc.double({ min: 0.05, max: 1.6, noNaN: true }), (amps) => {
      for (const scale of [senseScale(0.11), globalSenseScale(0.075), referenceScale(12000)]) {
        const found = scale.toFields(amps, amps);
        const { run } = scale.toCurrents((name) => found[name] ?? 0);
        expect(Math.abs(run - amps)).toBeLessThan(0.06);
      }
    }),
  );
});

test("shows a register with the fields that are not 0", () => {
  const fields = new TmcFields(TMC2209_REGISTERS);
  fields.set("toff", 3);
  fields.set("hstrt", 5);
  fields.set("vsense", 1);
  expect(fields.describe("CHOPCONF", fields.written.get("CHOPCONF") ?? 0)).toMatchInlineSnapshot(
    `"CHOPCONF:    00020053 toff=3 hstrt=5 vsense=1"`,
  );
  expect(fields.set("sgt", 5)).toBeUndefined();
});
