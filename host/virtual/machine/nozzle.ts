// thread: any
import type { BedSetup, NozzleSetup } from "../setup.js";
import { type Motor, WeightedMotors } from "./motor.js";

export interface Point {
  readonly x: number;
  readonly y: number;
  readonly z: number;
}

/** Where the nozzle is at a time, mm. */
export type Nozzle = (time: number) => Point;

/** The nozzle's place as the setup describes it. */
export function createNozzle(setup: NozzleSetup, motors: ReadonlyMap<string, Motor>): Nozzle {
  if (setup.kind === "delta") return deltaNozzle(setup.towers, motors);
  const x = new WeightedMotors(setup.x, motors);
  const y = new WeightedMotors(setup.y, motors);
  if (setup.kind === "linear") {
    const z = new WeightedMotors(setup.z, motors);
    return (time) => ({ x: x.position(time), y: y.position(time), z: z.position(time) });
  }
  const lifts = setup.z.map((lift) => ({
    motor: new WeightedMotors([{ motor: lift.motor, coefficient: 1 }], motors),
    x: lift.xMm,
    y: lift.yMm,
  }));
  return (time) => {
    const at = { x: x.position(time), y: y.position(time) };
    const points = lifts.map((lift) => ({ x: lift.x, y: lift.y, z: lift.motor.position(time) }));
    return { ...at, z: planeHeight(points, at.x, at.y) };
  };
}

/** Height at (x, y) of the plane closest to the points; of the line or level when they are too few or in line. */
export function planeHeight(points: readonly Point[], x: number, y: number): number {
  const n = points.length;
  const mean = (of: (point: Point) => number): number => points.reduce((sum, point) => sum + of(point), 0) / n;
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
  const scale = (xx + yy) ** 2;
  // Points in a line give no tilt across it: the smallest tilt that explains them.
  if (det > 1e-9 * scale) {
    return mz + ((xz * yy - yz * xy) / det) * (x - mx) + ((yz * xx - xz * xy) / det) * (y - my);
  }
  if (scale === 0) return mz;
  const spread = xx + yy;
  return mz + (xz / spread) * (x - mx) + (yz / spread) * (y - my);
}

type Towers = Extract<NozzleSetup, { kind: "delta" }>["towers"];

/** Three carriages on towers, each with an arm to the effector: the lower meeting point of three spheres. */
function deltaNozzle(towers: Towers, motors: ReadonlyMap<string, Motor>): Nozzle {
  const carriages = towers.map((tower) => ({
    motor: new WeightedMotors([{ motor: tower.motor, coefficient: 1 }], motors),
    tower,
  }));
  return (time) => {
    const [a, b, c] = carriages.map(({ motor, tower }) => ({
      x: tower.xMm,
      y: tower.yMm,
      z: motor.position(time),
      r: tower.armMm,
    }));
    if (a === undefined || b === undefined || c === undefined) return { x: Number.NaN, y: Number.NaN, z: Number.NaN };
    return meetingPoint(a, b, c);
  };
}

interface Sphere extends Point {
  readonly r: number;
}

/** Where three spheres meet, the lower of the two points. */
function meetingPoint(a: Sphere, b: Sphere, c: Sphere): Point {
  const minus = (p: Point, q: Point): Point => ({ x: p.x - q.x, y: p.y - q.y, z: p.z - q.z });
  const dot = (p: Point, q: Point): number => p.x * q.x + p.y * q.y + p.z * q.z;
  const plus = (p: Point, q: Point, k: number): Point => ({ x: p.x + k * q.x, y: p.y + k * q.y, z: p.z + k * q.z });
  const ab = minus(b, a);
  const d = Math.sqrt(dot(ab, ab));
  const ex = plus({ x: 0, y: 0, z: 0 }, ab, 1 / d);
  const ac = minus(c, a);
  const i = dot(ex, ac);
  const across = plus(ac, ex, -i);
  const j = Math.sqrt(dot(across, across));
  const ey = plus({ x: 0, y: 0, z: 0 }, across, 1 / j);
  const ez = { x: ex.y * ey.z - ex.z * ey.y, y: ex.z * ey.x - ex.x * ey.z, z: ex.x * ey.y - ex.y * ey.x };
  const x = (a.r * a.r - b.r * b.r + d * d) / (2 * d);
  const y = (a.r * a.r - c.r * c.r + i * i + j * j - 2 * i * x) / (2 * j);
  const height = Math.sqrt(Math.max(0, a.r * a.r - x * x - y * y));
  return plus(plus(plus(a, ex, x), ey, y), ez, ez.z > 0 ? -height : height);
}

/** Height of the bed's surface at a place, mm. */
export function bedHeight(bed: BedSetup, x: number, y: number): number {
  let height = (bed.heightMm ?? 0) + (bed.slopeX ?? 0) * x + (bed.slopeY ?? 0) * y;
  for (const bump of bed.bumps ?? []) {
    const away = Math.hypot(x - bump.xMm, y - bump.yMm) / bump.radiusMm;
    // A smooth hill: full height in the middle, nothing at its rim.
    if (away < 1) height += bump.heightMm * (1 - away * away) ** 2;
  }
  return height;
}
