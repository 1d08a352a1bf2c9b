import fc from "fast-check";
import { expect, test } from "vitest";
import { allowedValues, brokenLimit, placeholderFor } from "../../../host/shared/limits.js";

test("says which limit a value breaks", () => {
  expect(brokenLimit(-1, { min: 0 })).toEqual({ text: "below the minimum 0", limit: 0 });
  expect(brokenLimit(1.5, { max: 1 }, " mm")).toEqual({ text: "above the maximum 1 mm", limit: 1 });
  expect(brokenLimit(0, { above: 0 })).toEqual({ text: "but must be above 0", limit: 0 });
  expect(brokenLimit(5, { below: 5 })).toEqual({ text: "but must be below 5", limit: 5 });
  expect(brokenLimit(0, { min: 0, max: 0 })).toBeUndefined();
});

test("NaN breaks every limit", () => {
  for (const limits of [{ min: 0 }, { max: 0 }, { above: 0 }, { below: 0 }]) {
    expect(brokenLimit(Number.NaN, limits)).toBeDefined();
  }
});

test("says which values are allowed", () => {
  expect(allowedValues({ min: 0, max: 1 })).toBe("a value from 0 to 1");
  expect(allowedValues({ above: 0 }, " mm")).toBe("a value above 0 mm");
  expect(allowedValues({ above: 0, max: 3 })).toBe("a value above 0 and of at most 3");
  expect(allowedValues({})).toBe("a number");
});

test("a placeholder keeps to the limits whatever they are", () => {
  const bound = fc.option(fc.double({ noNaN: true, min: -1e6, max: 1e6 }), { nil: undefined });
  fc.assert(
    fc.property(
      bound,
      fc.boolean(),
      fc.double({ min: 1e-3, max: 1e6, noNaN: true }),
      fc.boolean(),
      (low, isLowOpen, size, isHighOpen) => {
        const high = low === undefined ? undefined : low + size;
        const limits = {
          ...(low === undefined ? {} : isLowOpen ? { above: low } : { min: low }),
          ...(high === undefined ? {} : isHighOpen ? { below: high } : { max: high }),
        };
        expect(brokenLimit(placeholderFor(limits), limits)).toBeUndefined();
      },
    ),
  );
  expect(placeholderFor({})).toBe(0);
  expect(placeholderFor({ max: -5 })).toBe(-6);
});
