// thread: any
// Heights between probed points, the slow and obvious way: by other formulas than the program's.

type Rows = readonly (readonly number[])[];

/** The polynomial through `values` at 0, 1, 2, ..., by Newton's divided differences. */
export function newtonPolynomial(values: readonly number[], at: number): number {
  const table = [...values];
  for (let order = 1; order < table.length; order++) {
    for (let i = table.length - 1; i >= order; i--) table[i] = ((table[i] ?? 0) - (table[i - 1] ?? 0)) / order;
  }
  let value = 0;
  for (let i = table.length - 1; i >= 0; i--) value = value * (at - i) + (table[i] ?? 0);
  return value;
}

/** The cardinal spline as Bezier pieces, each by de Casteljau's halving of straight lines. */
export function bezierSpline(values: readonly number[], at: number, tension: number): number {
  const last = values.length - 1;
  const i = Math.min(Math.floor(at), last - 1);
  const value = (n: number): number => values[Math.min(Math.max(n, 0), last)] ?? Number.NaN;
  let points = [
    value(i),
    value(i) + (tension * (value(i + 1) - value(i - 1))) / 3,
    value(i + 1) - (tension * (value(i + 2) - value(i))) / 3,
    value(i + 1),
  ];
  while (points.length > 1) {
    points = points.slice(1).map((point, n) => (points[n] ?? 0) + (point - (points[n] ?? 0)) * (at - i));
  }
  return points[0] ?? Number.NaN;
}

/** Height at column `u` and row `v` of the probed points: interpolated grid of `pps` points in between, then bilinear. */
export function meshHeight(
  probed: Rows,
  ppsX: number,
  ppsY: number,
  u: number,
  v: number,
  curve: (values: readonly number[], at: number) => number,
): number {
  const grid = (i: number, j: number): number =>
    curve(
      probed.map((row) => curve(row, i / (ppsX + 1))),
      j / (ppsY + 1),
    );
  const [x, y] = [u * (ppsX + 1), v * (ppsY + 1)];
  const [i, j] = [Math.floor(x), Math.floor(y)];
  const [s, t] = [x - i, y - j];
  const at = (di: number, dj: number): number =>
    (di === 1 && s === 0) || (dj === 1 && t === 0) ? 0 : grid(i + di, j + dj);
  return (1 - t) * ((1 - s) * at(0, 0) + s * at(1, 0)) + t * ((1 - s) * at(0, 1) + s * at(1, 1));
}
