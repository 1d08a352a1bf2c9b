import fc from "fast-check";
import { expect, test } from "vitest";
import {
  exactRatio,
  floatRepr,
  formatExponent,
  formatFixed,
  formatGeneral,
  parseFloatText,
  roundFloat,
} from "../../../../host/gcode/template/float-text.js";
import {
  addInts,
  divideInts,
  floorDivideFloats,
  floorDivideInts,
  type Int,
  moduloFloats,
  moduloInts,
  multiplyInts,
  parseIntText,
  powerFloats,
  powerInts,
  subtractInts,
} from "../../../../host/gcode/template/numbers.js";
import { pythonRepr } from "../../../../host/gcode/template/repr.js";
import { pyInt } from "../../../../host/gcode/template/values.js";

const int = fc
  .oneof(fc.maxSafeInteger(), fc.integer({ min: -20, max: 20 }), fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }))
  .map((n) => pyInt(BigInt(n)));
const divisor = int.filter((n) => n !== 0);
const finite = fc.double({ noNaN: true, noDefaultInfinity: true });

test.each([
  [1, "1.0"],
  [0.1 + 0.2, "0.30000000000000004"],
  [1e15, "1000000000000000.0"],
  [1e16, "1e+16"],
  [123456789012345680, "1.2345678901234568e+17"],
  [1e22, "1e+22"],
  [0.0001, "0.0001"],
  [0.00001, "1e-05"],
  [5e-324, "5e-324"],
  [1.7976931348623157e308, "1.7976931348623157e+308"],
  [-0, "-0.0"],
  [Number.NaN, "nan"],
  [Number.NEGATIVE_INFINITY, "-inf"],
])("prints the float %d as Python does", (value, text) => {
  expect(floatRepr(value)).toBe(text);
});

test("reads back the float that it printed", () => {
  fc.assert(fc.property(finite, (x) => Object.is(parseFloatText(floatRepr(x)), x)));
});

test("adds, subtracts and multiplies ints exactly, whatever their size", () => {
  fc.assert(
    fc.property(int, int, (a, b) => {
      expect(BigInt(addInts(a, b))).toBe(BigInt(a) + BigInt(b));
      expect(BigInt(subtractInts(a, b))).toBe(BigInt(a) - BigInt(b));
      expect(BigInt(multiplyInts(a, b))).toBe(BigInt(a) * BigInt(b));
    }),
  );
});

test("keeps ints in numbers while they are safe, and only then", () => {
  const isProper = (n: Int) =>
    typeof n === "number" ? Number.isSafeInteger(n) && !Object.is(n, -0) : !Number.isSafeInteger(Number(n));
  fc.assert(
    fc.property(int, divisor, (a, b) => {
      for (const made of [
        addInts(a, b),
        subtractInts(a, b),
        multiplyInts(a, b),
        floorDivideInts(a, b),
        moduloInts(a, b),
      ]) {
        expect(isProper(made)).toBe(true);
      }
    }),
  );
});

test("divides ints so that quotient and rest fit together and the rest has the divisor's sign", () => {
  fc.assert(
    fc.property(int, divisor, (a, b) => {
      const [quotient, rest] = [BigInt(floorDivideInts(a, b)), BigInt(moduloInts(a, b))];
      expect(quotient * BigInt(b) + rest).toBe(BigInt(a));
      expect(rest === 0n || rest < 0n === BigInt(b) < 0n).toBe(true);
      expect((rest < 0n ? -rest : rest) < (BigInt(b) < 0n ? -BigInt(b) : BigInt(b))).toBe(true);
    }),
  );
});

test("divides ints to the nearest float", () => {
  expect(divideInts(10n ** 40n, 3)).toBe(3.333333333333333e39);
  expect(divideInts(2n ** 64n + 1n, 2n ** 64n)).toBe(1);
  expect(divideInts(-(10n ** 30n), 10n ** 30n)).toBe(-1);
  fc.assert(
    fc.property(
      fc.maxSafeInteger(),
      fc.maxSafeInteger().filter((n) => n !== 0),
      (a, b) => {
        // The same ratio, but too large for plain numbers.
        expect(divideInts(BigInt(a) * 2n ** 70n, BigInt(b) * 2n ** 70n)).toBe(divideInts(a, b));
      },
    ),
  );
});

test("raises ints to powers exactly", () => {
  expect(powerInts(2, 100)).toBe(2n ** 100n);
  expect(powerInts(-3, 3)).toBe(-27);
  expect(powerInts(-1, 10n ** 30n)).toBe(1);
  expect(powerInts(0, 0)).toBe(1);
  expect(pythonRepr(powerInts(10, -2))).toBe("0.01");
  for (const base of [2, 10, -3, 10n ** 20n]) expect(() => powerInts(base, 10n ** 10n)).toThrowError(/larger than/);
});

test("raises floats to whole powers with one rounding", () => {
  expect(powerFloats(10, -5)).toBe(1e-5);
  expect(powerFloats(1.1, 10)).toBe(2.5937424601000023);
  expect(powerFloats(2, 0.5)).toBe(Math.SQRT2);
  fc.assert(
    fc.property(
      fc.double({ min: -1000, max: 1000, noNaN: true }).filter((x) => Math.abs(x) > 1e-3),
      (x) => powerFloats(x, 2) === x * x,
    ),
  );
});

test.each([
  [2.5, 2.5, 9.882117688026186],
  [2, 0.5, Math.SQRT2],
  [10, 1 / 3, 2.154434690031884],
  [0.000378435382315781, 0.25, 0.1394755021425351],
  [56.50336425118465, 0.6666666666666666, 14.724804515554755],
  [5.897659254308696e-17, -0.7838831659000824, 5270975471561.178],
  [3, 100.5, 8.926600509867261e47],
  [1.0000001, 1e7, 2.7182816941320818],
])("raises %d to the power %d with one rounding", (base, exponent, power) => {
  expect(powerFloats(base, exponent)).toBe(power);
});

test("refuses powers that are no real number or too large", () => {
  expect(() => powerFloats(-8, 1 / 3)).toThrowError(/fractional power/);
  expect(() => powerFloats(0, -1)).toThrowError(/negative power/);
  expect(() => powerFloats(10, 400)).toThrowError(/out of range/);
});

test("divides floats rounding down, with the divisor's sign in the rest", () => {
  expect([floorDivideFloats(-7.5, 2), moduloFloats(-7.5, 2)]).toEqual([-4, 0.5]);
  expect([floorDivideFloats(7.5, -2), moduloFloats(7.5, -2)]).toEqual([-4, -0.5]);
  expect([floorDivideFloats(0, -2), moduloFloats(4, -2)]).toEqual([-0, -0]);
  expect(moduloFloats(-1, Number.POSITIVE_INFINITY)).toBe(Number.POSITIVE_INFINITY);
});

/** The closed form: the decimal that is nearest to the exact value, ties to the even digit. */
function exactFixed(x: number, places: number): string {
  const { numerator, denominator } = exactRatio(Math.abs(x));
  const scaled = numerator * 10n ** BigInt(places);
  let digits = scaled / denominator;
  const twice = (scaled % denominator) * 2n;
  if (twice > denominator || (twice === denominator && digits % 2n === 1n)) digits += 1n;
  const text = digits.toString().padStart(places + 1, "0");
  const point = places === 0 ? text : `${text.slice(0, -places)}.${text.slice(-places)}`;
  return (x < 0 || Object.is(x, -0) ? "-" : "") + point;
}

test("rounds decimals by the exact value of a float, ties to even", () => {
  expect([0.5, 1.5, 2.5, -0.5].map((x) => formatFixed(x, 0))).toEqual(["0", "2", "2", "-0"]);
  expect([0.125, 0.375, 2.675, 1.005].map((x) => formatFixed(x, 2))).toEqual(["0.12", "0.38", "2.67", "1.00"]);
  expect(formatFixed(1e22, 1)).toBe("10000000000000000000000.0");
  const dyadic = fc.integer({ min: -100_000, max: 100_000 }).map((n) => n / 1024);
  fc.assert(
    fc.property(fc.oneof(finite, dyadic), fc.nat(12), (x, places) => {
      expect(formatFixed(x, places)).toBe(exactFixed(x, places));
    }),
  );
});

test("rounds to significant digits by the exact value of a float", () => {
  expect(formatExponent(12345.678, 3)).toBe("1.235e+04");
  expect(formatExponent(2.5, 0)).toBe("2e+00");
  expect(formatExponent(9.99, 1)).toBe("1.0e+01");
  expect(formatExponent(1e23, 17)).toBe("9.99999999999999916e+22");
  expect(formatExponent(1e-323, 3)).toBe("9.881e-324");
  expect([formatGeneral(1e23, 3), formatGeneral(1e-7, 17)]).toEqual(["1e+23", "9.9999999999999995e-08"]);
  expect([1e-5, 0.0001, 123456, 1234567, 100, 0].map((x) => formatGeneral(x, 6))).toEqual([
    "1e-05",
    "0.0001",
    "123456",
    "1.23457e+06",
    "100",
    "0",
  ]);
  fc.assert(fc.property(finite, (x) => Object.is(Number(formatExponent(x, 16)), x)));
  fc.assert(fc.property(finite, (x) => Object.is(Number(formatGeneral(x, 17)), x)));
});

test("rounds floats to places before and behind the point", () => {
  expect([roundFloat(2.675, 2), roundFloat(2.5, 0), roundFloat(-0.4, 0)]).toEqual([2.67, 2, -0]);
  expect([roundFloat(1250, -2), roundFloat(1350, -2), roundFloat(-1250, -2)]).toEqual([1200, 1400, -1200]);
  expect(roundFloat(1.7976931348623157e308, -308)).toBeUndefined();
  fc.assert(fc.property(finite, (x) => Object.is(roundFloat(x, 330), x)));
});

test.each([
  ["42", 42],
  [" -7 ", -7],
  ["+5", 5],
  ["1_000", 1000],
  ["9007199254740993", 9007199254740993n],
  ["--5", undefined],
  ["1__0", undefined],
  ["5.0", undefined],
  ["", undefined],
])("reads the int %j", (text, value) => {
  expect(parseIntText(text)).toBe(value);
});

test.each([
  ["1f", 16, 31],
  ["0x1f", 16, 31],
  ["0x_1f", 0, 31],
  ["0b101", 0, 5],
  ["0b1", 16, 177],
  ["zz", 36, 1295],
  ["017", 0, undefined],
  ["9", 8, undefined],
])("reads the int %j in base %i", (text, base, value) => {
  expect(parseIntText(text, base)).toBe(value);
});

test.each([
  ["1.5", 1.5],
  [" .5 ", 0.5],
  ["5.", 5],
  ["1e5", 1e5],
  ["1_0.5", 10.5],
  ["-Infinity", Number.NEGATIVE_INFINITY],
  ["nan", Number.NaN],
  ["1,5", undefined],
  ["1.5x", undefined],
  ["0x10", undefined],
  [".", undefined],
  ["e5", undefined],
  ["_1", undefined],
])("reads the float %j", (text, value) => {
  expect(parseFloatText(text)).toBe(value);
});
