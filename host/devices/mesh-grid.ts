// thread: any

/** How heights between the probed points are made. */
export type MeshAlgorithm = "lagrange" | "bicubic" | "direct";

/** A probed matrix and where it lies, as profiles keep it. Lengths in mm. */
export interface MeshShape {
  readonly minX: number;
  readonly maxX: number;
  readonly minY: number;
  readonly maxY: number;
  /** Points between two probed ones. */
  readonly ppsX: number;
  readonly ppsY: number;
  readonly algorithm: MeshAlgorithm;
  readonly tension: number;
}

export type Matrix = readonly (readonly number[])[];

/** Most points of an axis for Lagrange's polynomial: with more it swings between them. */
export const LAGRANGE_MAX = 6;
/** Fewest points of an axis for bicubic interpolation. */
export const BICUBIC_MIN = 4;

/** Lagrange's polynomial through `values` at 0, 1, 2, ..., at `at`. */
function lagrange(values: readonly number[], at: number): number {
  let sum = 0;
  for (const [i, value] of values.entries()) {
    let weight = 1;
    for (let j = 0; j < values.length; j++) if (j !== i) weight *= (at - j) / (i - j);
    sum += value * weight;
  }
  return sum;
}

/** Cardinal spline through `values` at 0, 1, 2, ..., at `at`; beyond the ends the values go on level. */
function cardinal(values: readonly number[], at: number, tension: number): number {
  const last = values.length - 1;
  const i = Math.min(Math.floor(at), last - 1);
  const t = at - i;
  const value = (n: number): number => values[Math.min(Math.max(n, 0), last)] ?? Number.NaN;
  const [p0, p1, p2, p3] = [value(i - 1), value(i), value(i + 1), value(i + 2)];
  const t2 = t * t;
  const t3 = t2 * t;
  return (
    p1 * (2 * t3 - 3 * t2 + 1) +
    p2 * (3 * t2 - 2 * t3) +
    tension * (p2 - p0) * (t3 - 2 * t2 + t) +
    tension * (p3 - p1) * (t3 - t2)
  );
}

/** `values` with `pps` more points in each gap. */
function refine(
  values: readonly number[],
  pps: number,
  at: (values: readonly number[], at: number) => number,
): number[] {
  const count = (values.length - 1) * (pps + 1) + 1;
  return Array.from({ length: count }, (_, i) =>
    i % (pps + 1) === 0 ? (values[i / (pps + 1)] ?? Number.NaN) : at(values, i / (pps + 1)),
  );
}

function transpose(rows: Matrix): number[][] {
  return (rows[0] ?? []).map((_, column) => rows.map((row) => row[column] ?? Number.NaN));
}

/** The matrix with interpolated points: along x first, then along y. */
export function interpolate(probed: Matrix, shape: MeshShape): Matrix {
  const { algorithm, ppsX, ppsY, tension } = shape;
  if (algorithm === "direct") return probed;
  const at =
    algorithm === "lagrange" ? lagrange : (values: readonly number[], x: number) => cardinal(values, x, tension);
  const rows = probed.map((row) => refine(row, ppsX, at));
  return transpose(transpose(rows).map((column) => refine(column, ppsY, at)));
}

/** Heights of a bed: interpolated points, and straight lines between them. Outside, those of the edge. */
export class MeshGrid {
  readonly shape: MeshShape;
  /** As probed: rows from front to back, each from left to right. */
  readonly probed: Matrix;
  readonly matrix: Matrix;
  readonly #stepX: number;
  readonly #stepY: number;
  readonly #flat: Float64Array;
  readonly #columns: number;
  readonly #rows: number;

  constructor(probed: Matrix, shape: MeshShape) {
    this.shape = shape;
    this.probed = probed;
    this.matrix = interpolate(probed, shape);
    this.#rows = this.matrix.length;
    this.#columns = this.matrix[0]?.length ?? 0;
    this.#flat = Float64Array.from(this.matrix.flat());
    this.#stepX = (shape.maxX - shape.minX) / (this.#columns - 1);
    this.#stepY = (shape.maxY - shape.minY) / (this.#rows - 1);
  }

  /** Height at a place, in mm. Makes no garbage. */
  heightAt(x: number, y: number): number {
    const columns = this.#columns;
    const u = Math.min(Math.max((x - this.shape.minX) / this.#stepX, 0), columns - 1);
    const v = Math.min(Math.max((y - this.shape.minY) / this.#stepY, 0), this.#rows - 1);
    const i = Math.min(Math.floor(u), columns - 2);
    const j = Math.min(Math.floor(v), this.#rows - 2);
    const [s, t] = [u - i, v - j];
    const at = j * columns + i;
    const flat = this.#flat;
    const front = (flat[at] ?? 0) * (1 - s) + (flat[at + 1] ?? 0) * s;
    const back = (flat[at + columns] ?? 0) * (1 - s) + (flat[at + columns + 1] ?? 0) * s;
    return front * (1 - t) + back * t;
  }

  contains(x: number, y: number): boolean {
    const { minX, maxX, minY, maxY } = this.shape;
    return x >= minX && x <= maxX && y >= minY && y <= maxY;
  }

  /** The same bed with another zero: `height` is taken off everywhere. */
  lowered(height: number): MeshGrid {
    return new MeshGrid(
      this.probed.map((row) => row.map((z) => z - height)),
      this.shape,
    );
  }

  get average(): number {
    return this.#flat.reduce((sum, z) => sum + z, 0) / this.#flat.length;
  }

  get lowest(): number {
    return this.#flat.reduce((least, z) => Math.min(least, z), Number.POSITIVE_INFINITY);
  }

  get highest(): number {
    return this.#flat.reduce((most, z) => Math.max(most, z), Number.NEGATIVE_INFINITY);
  }
}
