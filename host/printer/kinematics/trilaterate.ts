// thread: host
import type { Xyz } from "./kinematics.js";

/** A carriage at a height on its tower, with its arm. Lengths in mm. */
export interface Carriage {
  readonly x: number;
  readonly y: number;
  readonly height: number;
  readonly arm: number;
}

const minus = (a: Xyz, b: Xyz): Xyz => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
const plus = (a: Xyz, b: Xyz, factor: number): Xyz => [
  a[0] + b[0] * factor,
  a[1] + b[1] * factor,
  a[2] + b[2] * factor,
];
const dot = (a: Xyz, b: Xyz): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const cross = (a: Xyz, b: Xyz): Xyz => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];
const scaled = (a: Xyz, factor: number): Xyz => [a[0] * factor, a[1] * factor, a[2] * factor];

/**
 * Where three arms meet below their carriages: the lower one of the two points that three spheres share, found in a
 * frame with its origin in the first centre, its first axis through the second and its plane through the third.
 * Coordinates are NaN when the arms do not meet.
 */
export function trilaterate(carriages: readonly Carriage[]): Xyz {
  const [one, two, three] = carriages;
  if (one === undefined || two === undefined || three === undefined) return [Number.NaN, Number.NaN, Number.NaN];
  const origin: Xyz = [one.x, one.y, one.height];
  const toTwo = minus([two.x, two.y, two.height], origin);
  const toThree = minus([three.x, three.y, three.height], origin);
  const distance = Math.sqrt(dot(toTwo, toTwo));
  const ex = scaled(toTwo, 1 / distance);
  const along = dot(ex, toThree);
  const rest = plus(toThree, ex, -along);
  const across = Math.sqrt(dot(rest, rest));
  const ey = scaled(rest, 1 / across);
  const ez = cross(ex, ey);
  const x = (one.arm ** 2 - two.arm ** 2 + distance ** 2) / (2 * distance);
  const y = (one.arm ** 2 - three.arm ** 2 + along ** 2 + across ** 2 - 2 * along * x) / (2 * across);
  const height = Math.sqrt(one.arm ** 2 - x ** 2 - y ** 2);
  const inPlane = plus(plus(origin, ex, x), ey, y);
  const [up, down] = [plus(inPlane, ez, height), plus(inPlane, ez, -height)];
  return up[2] < down[2] ? up : down;
}
