import fc from "fast-check";
import { expect, test } from "vitest";
import { isBefore32, joinClock, narrow, widen } from "../../../host/mcu/clock.js";
import { ticks } from "../../../host/shared/units.js";

const HALF_TURN = 0x80000000;
const clock64 = fc.bigInt({ min: 0n, max: (1n << 53n) - (1n << 33n) }).map((value) => ticks(Number(value)));
const gap = fc.integer({ min: -HALF_TURN, max: HALF_TURN - 1 });

test("finds the clock meant by its low half, anywhere within half a turn", () => {
  fc.assert(
    fc.property(clock64, gap, (near, distance) => {
      const clock = ticks(near + distance);
      fc.pre(clock >= 0);
      expect(widen(narrow(clock), near)).toBe(clock);
    }),
  );
});

test("steps over the wrap of the counter in both directions", () => {
  expect(widen(5, ticks(0xffff_fff0))).toBe(0x1_0000_0005);
  expect(widen(0xffff_fff0, ticks(0x1_0000_0005))).toBe(0xffff_fff0);
});

test("joins the halves of an uptime", () => {
  expect(joinClock(3, 0xffff_ffff)).toBe(4 * 0x1_0000_0000 - 1);
});

test("compares as a board does, by the sign of the 32-bit difference", () => {
  expect(isBefore32(0xffff_fff0, 5)).toBe(true);
  expect(isBefore32(5, 0xffff_fff0)).toBe(false);
  expect(isBefore32(5, 5)).toBe(false);
  fc.assert(
    fc.property(clock64, fc.integer({ min: 1, max: HALF_TURN - 1 }), (clock, distance) => {
      expect(isBefore32(narrow(clock), narrow(ticks(clock + distance)))).toBe(true);
    }),
  );
});
