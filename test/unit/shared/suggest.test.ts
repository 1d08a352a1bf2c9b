import fc from "fast-check";
import { expect, test } from "vitest";
import { editDistance, suggest } from "../../../host/shared/suggest.js";

test("counts inserted, deleted, replaced and swapped letters", () => {
  expect(editDistance("heater_tmp", "heater_temp")).toBe(1);
  expect(editDistance("pin", "pins")).toBe(1);
  expect(editDistance("fan", "fin")).toBe(1);
  expect(editDistance("steppre", "stepper")).toBe(1);
  expect(editDistance("", "abc")).toBe(3);
  expect(editDistance("kitten", "sitting")).toBe(3);
});

test("finds the nearest candidate whatever its case", () => {
  expect(suggest("heater_tmp", ["hold_temp", "heater_temp", "heater"])).toBe("heater_temp");
  expect(suggest("CoreXY", ["cartesian", "corexy"])).toBe("corexy");
  expect(suggest("max_acel", ["max_accel", "max_accel_z"])).toBe("max_accel");
});

test("finds nothing when nothing is near", () => {
  expect(suggest("banana", ["heater_temp", "fan_speed"])).toBeUndefined();
  expect(suggest("xy", ["ab"])).toBeUndefined();
  expect(suggest("x", [])).toBeUndefined();
});

test("does not suggest the word itself", () => {
  expect(suggest("pin", ["pin"])).toBeUndefined();
});

/** The definition, without bounds or early ends. */
function slowDistance(a: string, b: string): number {
  if (a === "" || b === "") return a.length + b.length;
  const same = a.at(-1) === b.at(-1);
  const [restA, restB] = [a.slice(0, -1), b.slice(0, -1)];
  let best = Math.min(
    slowDistance(restA, b) + 1,
    slowDistance(a, restB) + 1,
    slowDistance(restA, restB) + (same ? 0 : 1),
  );
  if (a.at(-1) === b.at(-2) && a.at(-2) === b.at(-1) && a.length > 1 && b.length > 1) {
    best = Math.min(best, slowDistance(a.slice(0, -2), b.slice(0, -2)) + 1);
  }
  return best;
}

const word = fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 6 });

test("agrees with the definition", () => {
  fc.assert(
    fc.property(word, word, (a, b) => {
      expect(editDistance(a, b)).toBe(slowDistance(a, b));
    }),
  );
});

test("with a limit it is exact up to the limit and above it otherwise", () => {
  fc.assert(
    fc.property(word, word, fc.nat(5), (a, b, limit) => {
      const exact = editDistance(a, b);
      const bounded = editDistance(a, b, limit);
      if (exact <= limit) expect(bounded).toBe(exact);
      else expect(bounded).toBeGreaterThan(limit);
    }),
  );
});
