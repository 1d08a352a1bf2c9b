// thread: host
import { HostError } from "../shared/errors.js";
import { BICUBIC_MIN, LAGRANGE_MAX, type Matrix, type MeshAlgorithm, type MeshShape } from "./mesh-grid.js";
import type { ProbedPoint } from "./probe.js";
import type { Xy } from "./probe-points.js";

/** A rectangle where the probe cannot be trusted, mm. */
export interface FaultyRegion {
  readonly min: Xy;
  readonly max: Xy;
}

/** Where a mesh is to be probed. */
export interface MeshArea {
  readonly min: Xy;
  readonly max: Xy;
  readonly countX: number;
  readonly countY: number;
  /** Radius of a round bed, around the middle of the rectangle; `null` for a rectangular bed. */
  readonly radius: number | null;
  readonly ppsX: number;
  readonly ppsY: number;
  readonly algorithm: "lagrange" | "bicubic";
  readonly tension: number;
}

/** A point of the mesh and the places that are probed for it: one, or several around a faulty region. */
interface PlannedPoint {
  readonly place: Xy;
  readonly probes: readonly Xy[];
}

/** What is to be probed, in the order of the way, and how the results become a mesh. */
export interface MeshPlan {
  readonly area: MeshArea;
  readonly shape: MeshShape;
  /** Rows from front to back; round beds have shorter ones at the ends. */
  readonly rows: readonly (readonly PlannedPoint[])[];
  /** Every place to probe, along a way that turns back at the end of each row. */
  readonly way: readonly Xy[];
}

/** Slack for coordinates that were rounded, mm. */
const ROUNDING = 1e-6;

/** The error for numbers of points that cannot be used; `undefined` when they can. */
export function meshProblem(area: MeshArea): { readonly problem: string; readonly fix: string } | undefined {
  const { countX, countY, min, max } = area;
  if (!(max[0] > min[0] && max[1] > min[1])) {
    return {
      problem: "has no area: its end is not behind its start",
      fix: "give mesh_max larger coordinates than mesh_min",
    };
  }
  if (Math.min(countX, countY) < 3) {
    return { problem: `has ${countX} x ${countY} points`, fix: "give at least 3 points along each axis" };
  }
  const most = Math.max(countX, countY);
  const least = Math.min(countX, countY);
  if (most <= LAGRANGE_MAX || meshAlgorithm(area) === "direct") return undefined;
  if (area.algorithm === "lagrange") {
    return {
      problem: `has ${countX} x ${countY} points, more than ${LAGRANGE_MAX} along an axis, with 'algorithm: lagrange'`,
      fix: `set 'algorithm: bicubic', or give at most ${LAGRANGE_MAX} points along each axis`,
    };
  }
  if (least >= BICUBIC_MIN) return undefined;
  return {
    problem: `has ${countX} x ${countY} points: too many along one axis for lagrange, too few along the other for bicubic`,
    fix: `give at least ${BICUBIC_MIN} points along each axis`,
  };
}

/** The algorithm that is used: small meshes take Lagrange's, a mesh without points in between none. */
export function meshAlgorithm({ algorithm, countX, countY, ppsX, ppsY }: MeshArea): MeshAlgorithm {
  if (ppsX === 0 && ppsY === 0) return "direct";
  return algorithm === "bicubic" && Math.min(countX, countY) >= BICUBIC_MIN ? "bicubic" : "lagrange";
}

function isInside([x, y]: Xy, { min, max }: FaultyRegion): boolean {
  return x >= min[0] && x <= max[0] && y >= min[1] && y <= max[1];
}

/** Where to probe instead of a point in a faulty region: the points on its sides, as far as they can be used. */
function around(place: Xy, region: FaultyRegion, area: MeshArea, regions: readonly FaultyRegion[]): readonly Xy[] {
  const [x, y] = place;
  const sides: readonly Xy[] = [
    [region.min[0], y],
    [x, region.max[1]],
    [region.max[0], y],
    [x, region.min[1]],
  ];
  return sides.filter(
    (side) => isOnMesh(side, area) && !regions.some((other) => other !== region && isInside(side, other)),
  );
}

function isOnMesh([x, y]: Xy, { min, max, radius }: MeshArea): boolean {
  if (x < min[0] - ROUNDING || x > max[0] + ROUNDING || y < min[1] - ROUNDING || y > max[1] + ROUNDING) return false;
  if (radius === null) return true;
  return Math.hypot(x - (min[0] + max[0]) / 2, y - (min[1] + max[1]) / 2) <= radius + ROUNDING;
}

/** Plans where to probe. Throws LEVEL_FAILED for a point that cannot be probed anywhere: a hole in the mesh. */
export function planMesh(area: MeshArea, regions: readonly FaultyRegion[]): MeshPlan {
  const { min, max, countX, countY } = area;
  const at = (from: number, to: number, i: number, count: number): number => from + ((to - from) * i) / (count - 1);
  const rows: PlannedPoint[][] = [];
  const way: Xy[] = [];
  for (let j = 0; j < countY; j++) {
    const row: PlannedPoint[] = [];
    for (let i = 0; i < countX; i++) {
      const place: Xy = [at(min[0], max[0], i, countX), at(min[1], max[1], j, countY)];
      if (!isOnMesh(place, area)) continue;
      const region = regions.find((one) => isInside(place, one));
      const probes = region === undefined ? [place] : around(place, region, area, regions);
      if (probes.length === 0) throw holeError(place);
      row.push({ place, probes });
    }
    rows.push(row);
    const path = row.flatMap(({ probes }) => probes);
    way.push(...(j % 2 === 0 ? path : path.reverse()));
  }
  const shape: MeshShape = {
    minX: min[0],
    maxX: max[0],
    minY: min[1],
    maxY: max[1],
    ppsX: area.ppsX,
    ppsY: area.ppsY,
    algorithm: meshAlgorithm(area),
    tension: area.tension,
  };
  return { area, shape, rows, way };
}

const key = ([x, y]: Xy): string => `${x.toFixed(4)},${y.toFixed(4)}`;

/** The matrix that the results make: means around faulty regions, and round beds filled up to their corners. */
export function meshMatrix(plan: MeshPlan, results: readonly ProbedPoint[]): Matrix {
  const heights = new Map<string, number>();
  for (const [i, place] of plan.way.entries()) heights.set(key(place), results[i]?.bedZ ?? Number.NaN);
  return plan.rows.map((row) => {
    const own = row.map(({ probes }) => {
      const found = probes.map((probe) => heights.get(key(probe)) ?? Number.NaN);
      return found.reduce((sum, z) => sum + z, 0) / found.length;
    });
    // A round bed's shorter row goes on level to both sides.
    const missing = (plan.area.countX - own.length) / 2;
    const pad = (z: number | undefined) => Array.from({ length: missing }, () => z ?? Number.NaN);
    return [...pad(own[0]), ...own, ...pad(own[own.length - 1])];
  });
}

/** The part of an area that objects to be printed cover, with fewer points; `undefined` when nothing is known of them. */
export function adaptArea(area: MeshArea, outlines: readonly (readonly Xy[])[], margin: number): MeshArea | undefined {
  const points = outlines.flat();
  if (points.length === 0) return undefined;
  const xs = points.map(([x]) => x);
  const ys = points.map(([, y]) => y);
  const within = (axis: 0 | 1, value: number): number => Math.min(Math.max(value, area.min[axis]), area.max[axis]);
  const min: Xy = [within(0, Math.min(...xs) - margin), within(1, Math.min(...ys) - margin)];
  const max: Xy = [within(0, Math.max(...xs) + margin), within(1, Math.max(...ys) + margin)];
  if (!(max[0] > min[0] && max[1] > min[1])) return undefined;
  if (area.radius !== null) return adaptRound(area, min, max);
  const least = area.algorithm === "bicubic" && Math.max(area.countX, area.countY) > LAGRANGE_MAX ? BICUBIC_MIN : 3;
  const count = (axis: 0 | 1, full: number): number => {
    const share = (max[axis] - min[axis]) / (area.max[axis] - area.min[axis]);
    return Math.min(full, Math.max(least, Math.ceil(full * share - ROUNDING)));
  };
  return { ...area, min, max, countX: count(0, area.countX), countY: count(1, area.countY) };
}

/** A round mesh stays round: around the middle, as large as needed. */
function adaptRound(area: MeshArea, min: Xy, max: Xy): MeshArea {
  const full = area.radius ?? 0;
  const [x, y] = [(area.min[0] + area.max[0]) / 2, (area.min[1] + area.max[1]) / 2];
  const corners: readonly Xy[] = [min, max, [min[0], max[1]], [max[0], min[1]]];
  const radius = Math.min(full, Math.max(...corners.map((corner) => Math.hypot(corner[0] - x, corner[1] - y))));
  const scaled = Math.max(3, Math.ceil(area.countX * (radius / full) - ROUNDING));
  const count = Math.min(area.countX, scaled % 2 === 0 ? scaled + 1 : scaled);
  return {
    ...area,
    radius,
    min: [x - radius, y - radius],
    max: [x + radius, y + radius],
    countX: count,
    countY: count,
  };
}

function holeError([x, y]: Xy): HostError<"LEVEL_FAILED"> {
  return new HostError(
    "LEVEL_FAILED",
    `the mesh has a hole at ${x.toFixed(1)}, ${y.toFixed(1)}: the point lies in a faulty region that leaves no place beside it`,
    {
      details: { section: "bed_mesh", value: 0, limit: 1 },
      fix: "make the faulty region smaller, move it apart from others, or change the mesh's size",
    },
  );
}
