// thread: host

/** A point of a path; index 0 to 2 are x, y, z in mm. */
export type Point = readonly [x: number, y: number, z: number];

/** Plane of an arc: its first axis, its second one, and the one along which it may rise. */
export interface ArcPlane {
  readonly first: 0 | 1 | 2;
  readonly second: 0 | 1 | 2;
  readonly rise: 0 | 1 | 2;
}

const FULL_CIRCLE = 2 * Math.PI;

/**
 * Points on an arc from `from` to `to` around a centre that lies `offset` (in the two axes of the plane) from `from`,
 * about `resolution` mm apart, without `from` and with `to`. An arc that ends where it begins is a full circle.
 */
export function arcPoints(
  from: Point,
  to: Point,
  offset: readonly [first: number, second: number],
  isClockwise: boolean,
  plane: ArcPlane,
  resolution: number,
): readonly Point[] {
  const { first, second, rise } = plane;
  const [u, v] = offset;
  const centreFirst = from[first] + u;
  const centreSecond = from[second] + v;
  // Both radii start at the centre: (-u, -v) to the start, (a, b) to the end.
  const a = to[first] - centreFirst;
  const b = to[second] - centreSecond;
  let angle = Math.atan2(-u * b + v * a, -u * a - v * b);
  if (angle < 0) angle += FULL_CIRCLE;
  if (isClockwise) angle -= FULL_CIRCLE;
  if (angle === 0 && from[first] === to[first] && from[second] === to[second]) angle = FULL_CIRCLE;
  const height = to[rise] - from[rise];
  const length = Math.hypot(Math.hypot(u, v) * angle, height);
  const count = Math.max(1, Math.floor(length / resolution));
  const points: Point[] = [];
  for (let i = 1; i < count; i++) {
    const [cos, sin] = [Math.cos((angle * i) / count), Math.sin((angle * i) / count)];
    const point: [number, number, number] = [0, 0, 0];
    point[first] = centreFirst - u * cos + v * sin;
    point[second] = centreSecond - u * sin - v * cos;
    point[rise] = from[rise] + (height * i) / count;
    points.push(point);
  }
  points.push(to);
  return points;
}
