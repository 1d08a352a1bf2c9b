import fc from "fast-check";
import { expect, test } from "vitest";
import { MeshGrid, type MeshShape } from "../../../host/devices/mesh-grid.js";
import { adaptArea, type MeshArea, meshMatrix, planMesh } from "../../../host/devices/mesh-plan.js";
import { MeshTransform } from "../../../host/devices/mesh-transform.js";
import type { ProbedPoint } from "../../../host/devices/probe.js";
import type { MoveTransform } from "../../../host/printer/module.js";
import { bezierSpline, meshHeight, newtonPolynomial } from "../../oracle/mesh.js";

const SHAPE: MeshShape = {
  minX: 10,
  maxX: 210,
  minY: 20,
  maxY: 170,
  ppsX: 2,
  ppsY: 3,
  algorithm: "lagrange",
  tension: 0.2,
};
const height = fc.double({ min: -1, max: 1, noNaN: true });
const probedOf = (columns: number, rows: number) =>
  fc.array(fc.array(height, { minLength: columns, maxLength: columns }), { minLength: rows, maxLength: rows });
const share = fc.double({ min: 0, max: 1, noNaN: true });

function place({ minX, maxX, minY, maxY }: MeshShape, u: number, v: number): readonly [number, number] {
  return [minX + (maxX - minX) * u, minY + (maxY - minY) * v];
}

test.each([
  ["lagrange", newtonPolynomial],
  ["bicubic", (values: readonly number[], at: number) => bezierSpline(values, at, 0.2)],
] as const)("heights of a %s mesh are those of its closed form", (algorithm, curve) => {
  fc.assert(
    fc.property(probedOf(5, 4), share, share, (probed, u, v) => {
      const shape = { ...SHAPE, algorithm };
      const wanted = meshHeight(probed, shape.ppsX, shape.ppsY, u * 4, v * 3, curve);
      // mm: a thousandth of the micrometre that is promised
      expect(new MeshGrid(probed, shape).heightAt(...place(shape, u, v))).toBeCloseTo(wanted, 6);
    }),
  );
});

test("a mesh goes through its probed points and goes on level outside of them", () => {
  fc.assert(
    fc.property(probedOf(4, 4), fc.constantFrom("lagrange", "bicubic", "direct"), (probed, algorithm) => {
      const grid = new MeshGrid(probed, { ...SHAPE, algorithm });
      for (const [j, row] of probed.entries()) {
        for (const [i, z] of row.entries()) expect(grid.heightAt(...place(SHAPE, i / 3, j / 3))).toBeCloseTo(z, 9);
      }
      expect(grid.heightAt(-100, -100)).toBeCloseTo(probed[0]?.[0] ?? 0, 9);
      expect(grid.heightAt(999, 999)).toBeCloseTo(probed[3]?.[3] ?? 0, 9);
    }),
  );
});

/** Notes where moves end. */
class Recorder implements MoveTransform {
  readonly moves: (readonly [x: number, y: number, z: number, e: number])[] = [];

  move(x: number, y: number, z: number, e: number): void {
    this.moves.push([x, y, z, e]);
  }

  readPosition(position: Float64Array): void {
    position.set(this.moves.at(-1) ?? [0, 0, 0, 0]);
  }
}

const FADE = { fadeStart: 1, fadeEnd: 10, checkDistance: 5, splitDelta: 0.025 };

function transformOf(probed: readonly (readonly number[])[], options = FADE, fadeTarget = 0.1) {
  const recorder = new Recorder();
  const transform = new MeshTransform(recorder, options);
  const grid = new MeshGrid(probed, { ...SHAPE, algorithm: "bicubic" });
  transform.active = { grid, fadeTarget, offsetX: 0, offsetY: 0, offsetFade: 0 };
  transform.readPosition(new Float64Array(4));
  return { grid, recorder, transform };
}

test("every piece of a move ends on the mesh, in order, with all of the filament", () => {
  const end = fc.tuple(fc.double({ min: 0, max: 220, noNaN: true }), fc.double({ min: 0, max: 190, noNaN: true }));
  fc.assert(
    fc.property(probedOf(4, 4), end, fc.double({ min: 0, max: 12, noNaN: true }), (probed, [x, y], z) => {
      const { grid, recorder, transform } = transformOf(probed);
      void transform.move(x, y, z, 7, 100);
      const faded = z <= 1 ? 1 : z >= 10 ? 0 : (10 - z) / 9;
      const [endX, endY, endZ, endE] = recorder.moves.at(-1) ?? [];
      expect([endX, endY, endE]).toEqual([x, y, 7]);
      expect(endZ).toBeCloseTo(z + faded * (grid.heightAt(x, y) - 0.1) + 0.1, 9);
      let before = 0;
      for (const [px, py, pz, pe] of recorder.moves) {
        const part = pe / 7;
        expect(part).toBeGreaterThanOrEqual(before);
        before = part;
        // z of G-code at this place: the transform started at the mesh's own z for position 0
        const [sx, sy] = [x * part, y * part];
        expect(Math.hypot(px - sx, py - sy)).toBeLessThan(1e-6);
        expect(Number.isFinite(pz)).toBe(true);
      }
    }),
  );
});

test("between two pieces the correction changes by less than split_delta_z", () => {
  const { recorder, transform } = transformOf([
    [0, 0.2, -0.1, 0.3],
    [0.1, -0.2, 0.2, 0],
    [0, 0.1, 0, -0.2],
    [0.2, 0, 0.1, 0.1],
  ]);
  void transform.move(0, 95, 0.3, 0, 100);
  recorder.moves.length = 0;
  void transform.move(220, 95, 0.3, 44, 100);
  expect(recorder.moves.length).toBeGreaterThan(10);
  for (const [x, , z] of recorder.moves) expect(z - 0.3).toBeCloseTo(transform.correctionAt(x, 95, 0.3), 9);
});

test("the position before correction is found back", () => {
  fc.assert(
    fc.property(probedOf(4, 4), share, share, fc.double({ min: -1, max: 14, noNaN: true }), (probed, u, v, z) => {
      const { recorder, transform } = transformOf(probed);
      const [x, y] = place(SHAPE, u, v);
      recorder.moves.push([x, y, z + transform.correctionAt(x, y, z), 0]);
      const position = new Float64Array(4);
      transform.readPosition(position);
      expect(position[2]).toBeCloseTo(z, 6);
    }),
  );
});

test("a move that is refused leaves the next one to begin where the last one ended", () => {
  const { recorder, transform } = transformOf([
    [0, 0.5, 0],
    [0, 0.5, 0],
    [0, 0.5, 0],
  ]);
  void transform.move(110, 95, 0, 1, 100);
  const fine = recorder.move.bind(recorder);
  recorder.move = () => {
    throw new Error("refused");
  };
  expect(() => transform.move(500, 95, 0, 2, 100)).toThrow("refused");
  recorder.move = fine;
  recorder.moves.length = 0;
  void transform.move(110, 96, 0, 2, 100);
  expect(recorder.moves).toHaveLength(1);
});

const AREA: MeshArea = {
  min: [0, 0],
  max: [100, 100],
  countX: 5,
  countY: 5,
  radius: null,
  ppsX: 2,
  ppsY: 2,
  algorithm: "bicubic",
  tension: 0.2,
};
const found = (bedZ: number): ProbedPoint => ({ bedX: 0, bedY: 0, bedZ, nozzleX: 0, nozzleY: 0, nozzleZ: 0 });

test("the way turns back at the end of each row", () => {
  const { way } = planMesh({ ...AREA, countX: 3, countY: 3 }, []);
  expect(way).toEqual([
    [0, 0],
    [50, 0],
    [100, 0],
    [100, 50],
    [50, 50],
    [0, 50],
    [0, 100],
    [50, 100],
    [100, 100],
  ]);
});

test("a point in a faulty region is the mean of the places beside the region", () => {
  const region = { min: [40, 40], max: [60, 60] } as const;
  const plan = planMesh({ ...AREA, countX: 3, countY: 3 }, [region]);
  const beside = plan.rows[1]?.[1]?.probes;
  expect(beside).toEqual([
    [40, 50],
    [50, 60],
    [60, 50],
    [50, 40],
  ]);
  const results = plan.way.map(([x, y]) => found(x + 2 * y));
  expect(meshMatrix(plan, results)[1]?.[1]).toBeCloseTo(150, 9);
});

test("a region that leaves no place beside a point is told of", () => {
  const regions = [
    { min: [-10, -10], max: [20, 110] },
    { min: [20, -10], max: [110, 110] },
  ] as const;
  expect(() => planMesh({ ...AREA, countX: 3, countY: 3 }, regions)).toThrowErrorMatchingInlineSnapshot(
    `[HostError: the mesh has a hole at 0.0, 0.0: the point lies in a faulty region that leaves no place beside it]`,
  );
});

test("a round mesh probes within its radius and goes on level to its corners", () => {
  const plan = planMesh({ ...AREA, min: [-50, -50], max: [50, 50], radius: 50 }, []);
  for (const [x, y] of plan.way) expect(Math.hypot(x, y)).toBeLessThanOrEqual(50 + 1e-6);
  const matrix = meshMatrix(
    plan,
    plan.way.map(([x]) => found(x)),
  );
  expect(matrix[0]).toEqual([0, 0, 0, 0, 0]);
  expect(matrix[2]).toEqual([-50, -25, 0, 25, 50]);
});

test("an adaptive mesh covers the objects with fewer points", () => {
  const outline = [
    [30, 40],
    [60, 40],
    [60, 70],
  ] as const;
  const area = adaptArea({ ...AREA, countX: 7, countY: 7 }, [outline], 10);
  expect(area).toMatchObject({ min: [20, 30], max: [70, 80], countX: 4, countY: 4 });
  expect(adaptArea(AREA, [], 10)).toBeUndefined();
});
