// thread: any

/** A plane: z = a x + b y + c. */
export interface Plane {
  readonly a: number;
  readonly b: number;
  readonly c: number;
}

export interface Point3 {
  readonly x: number;
  readonly y: number;
  readonly z: number;
}

/**
 * The plane with the least sum of squared distances in z. Points in a line give the least tilt that explains them; a
 * single point, a level plane.
 */
export function fitPlane(points: readonly Point3[]): Plane {
  const n = points.length;
  const mean = (of: (point: Point3) => number): number => points.reduce((sum, point) => sum + of(point), 0) / n;
  const [mx, my, mz] = [mean((p) => p.x), mean((p) => p.y), mean((p) => p.z)];
  let [xx, xy, yy, xz, yz] = [0, 0, 0, 0, 0];
  for (const p of points) {
    const [dx, dy, dz] = [p.x - mx, p.y - my, p.z - mz];
    xx += dx * dx;
    xy += dx * dy;
    yy += dy * dy;
    xz += dx * dz;
    yz += dy * dz;
  }
  const det = xx * yy - xy * xy;
  const spread = xx + yy;
  let [a, b] = [0, 0];
  if (det > 1e-9 * spread * spread) {
    a = (xz * yy - yz * xy) / det;
    b = (yz * xx - xz * xy) / det;
  } else if (spread > 0) {
    a = xz / spread;
    b = yz / spread;
  }
  return { a, b, c: mz - a * mx - b * my };
}

/** Height of a plane at a place. */
export function planeAt({ a, b, c }: Plane, x: number, y: number): number {
  return a * x + b * y + c;
}

/** Value at `x` of the line through two points; that of the first when they stand one above the other. */
export function lineAt(x: number, x0: number, z0: number, x1: number, z1: number): number {
  return x1 === x0 ? z0 : z0 + ((z1 - z0) * (x - x0)) / (x1 - x0);
}
