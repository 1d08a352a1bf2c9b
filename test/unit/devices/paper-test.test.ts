import fc from "fast-check";
import { expect, test } from "vitest";
import { PaperTest } from "../../../host/devices/paper-test.js";
import { fitPlane, planeAt } from "../../../host/devices/plane-fit.js";

test("goes half way to the next attempt, all the way, or by a number", () => {
  const paper = new PaperTest();
  paper.note(0.13);
  paper.note(0.28);
  expect(paper.target("-", 0.23)).toBeCloseTo(0.18, 9);
  expect(paper.target("+", 0.23)).toBeCloseTo(0.255, 9);
  expect(paper.target("--", 0.23)).toBe(0.13);
  expect(paper.target("++", 0.23)).toBe(0.28);
  expect(paper.target("-.1", 0.23)).toBeCloseTo(0.13, 9);
  expect(paper.target("+.1", 0.23)).toBeCloseTo(0.33, 9);
});

test.each(["", "down", "1e999", "NaN"])("refuses '%s' as a height", (request) => {
  expect(new PaperTest().target(request, 1)).toBeUndefined();
});

test("moves on even without a former attempt on that side", () => {
  const paper = new PaperTest();
  for (const request of ["-", "--"]) expect(paper.target(request, 1)).toBeLessThan(1);
  for (const request of ["+", "++"]) expect(paper.target(request, 1)).toBeGreaterThan(1);
});

const coordinate = fc.double({ min: -300, max: 300, noNaN: true });
const slope = fc.double({ min: -0.01, max: 0.01, noNaN: true });

test("finds the plane that points lie in", () => {
  const triangle = fc.tuple(coordinate, coordinate, fc.double({ min: 20, max: 200, noNaN: true }));
  fc.assert(
    fc.property(slope, slope, fc.double({ min: -5, max: 5, noNaN: true }), triangle, (a, b, c, [x, y, size]) => {
      const at = (px: number, py: number) => ({ x: px, y: py, z: a * px + b * py + c });
      const plane = fitPlane([at(x, y), at(x + size, y), at(x, y + size), at(x + size, y + 2 * size)]);
      expect(planeAt(plane, 100, -50)).toBeCloseTo(at(100, -50).z, 6);
    }),
  );
});

test("takes points in a line for a tilt along it, and one point for a level plane", () => {
  const plane = fitPlane([
    { x: 0, y: 0, z: 0 },
    { x: 100, y: 0, z: 1 },
  ]);
  expect(planeAt(plane, 50, 70)).toBeCloseTo(0.5, 9);
  expect(fitPlane([{ x: 5, y: 6, z: 7 }])).toEqual({ a: 0, b: 0, c: 7 });
});
