// thread: host
import type { GcodeCommand, SectionReader } from "../printer/module.js";
import { type FaultyRegion, type MeshArea, meshProblem } from "./mesh-plan.js";
import { readXy, type Xy } from "./probe-points.js";

/** Faulty regions are numbered from 1 to this. */
const MOST_REGIONS = 99;
const ALGORITHMS = ["lagrange", "bicubic"] as const;

function readPair(section: SectionReader, option: string, fallback: number, min: number, help: string): Xy {
  const values = section.ints(option, [fallback], { help });
  const [x = fallback, y = x] = values;
  if (values.length > 2 || Math.min(x, y) < min) {
    section.reject(option, `is ${values.join(", ")}`, `give one or two numbers of at least ${min}`);
    return [fallback, fallback];
  }
  return [x, y];
}

/** Reads where the mesh lies and how fine it is. */
export function readMeshArea(section: SectionReader): MeshArea {
  const isRound = section.has("mesh_radius");
  const [ppsX, ppsY] = readPair(section, "mesh_pps", 2, 0, "Interpolated points between two probed ones, x and y.");
  const rest = {
    ppsX,
    ppsY,
    algorithm: section.choice("algorithm", ALGORITHMS, "lagrange", { help: "How points are interpolated." }),
    tension: section.float("bicubic_tension", 0.2, { min: 0, max: 2, help: "How much the bicubic surface swings." }),
  };
  const area: MeshArea = isRound ? { ...readRound(section), ...rest } : { ...readRectangle(section), ...rest };
  const bad = meshProblem(area);
  if (bad !== undefined) section.reject(isRound ? "mesh_radius" : "mesh_max", bad.problem, bad.fix);
  return area;
}

type Outline = Pick<MeshArea, "min" | "max" | "countX" | "countY" | "radius">;

function readRectangle(section: SectionReader): Outline {
  const min = readXy(section, "mesh_min", "First corner of the mesh, where the probe is.");
  const max = readXy(section, "mesh_max", "Opposite corner of the mesh, where the probe is.");
  const [countX, countY] = readPair(section, "probe_count", 3, 3, "Probed points along x and y.");
  return { min, max, countX, countY, radius: null };
}

function readRound(section: SectionReader): Outline {
  const radius = section.mm("mesh_radius", undefined, { above: 0, help: "Radius of the mesh on a round bed." });
  const [x = 0, y = 0] = section.floats("mesh_origin", [0, 0], { count: 2, help: "Middle of the round mesh." });
  const count = section.int("round_probe_count", 5, { min: 3, help: "Probed points across a round mesh; odd." });
  if (count % 2 === 0)
    section.reject("round_probe_count", `is ${count}`, "give an odd number, so that the middle is probed");
  return roundOutline(x, y, radius, count % 2 === 0 ? count + 1 : count);
}

function roundOutline(x: number, y: number, radius: number, count: number): Outline {
  return { min: [x - radius, y - radius], max: [x + radius, y + radius], countX: count, countY: count, radius };
}

/** Reads `faulty_region_1_min` and so on. */
export function readFaultyRegions(section: SectionReader): readonly FaultyRegion[] {
  const regions: FaultyRegion[] = [];
  for (let n = 1; n <= MOST_REGIONS; n++) {
    const name = `faulty_region_${n}`;
    if (!section.has(`${name}_min`) && !section.has(`${name}_max`)) break;
    const a = readXy(section, `${name}_min`, "First corner of a region where the probe cannot be trusted.");
    const b = readXy(section, `${name}_max`, "Opposite corner of that region.");
    const region: FaultyRegion = {
      min: [Math.min(a[0], b[0]), Math.min(a[1], b[1])],
      max: [Math.max(a[0], b[0]), Math.max(a[1], b[1])],
    };
    const other = regions.findIndex((one) => overlap(one, region));
    if (other >= 0) section.reject(`${name}_min`, `overlaps faulty_region_${other + 1}`, "join the two regions");
    regions.push(region);
  }
  return regions;
}

function overlap(a: FaultyRegion, b: FaultyRegion): boolean {
  return a.min[0] <= b.max[0] && b.min[0] <= a.max[0] && a.min[1] <= b.max[1] && b.min[1] <= a.max[1];
}

/** The area with what BED_MESH_CALIBRATE says of it. Throws errors of the command. */
export function commandArea(command: GcodeCommand, from: MeshArea): MeshArea {
  const algorithm = command.choice("ALGORITHM", ALGORITHMS, from.algorithm);
  const [ppsX, ppsY] = pairOf(command, "MESH_PPS", [from.ppsX, from.ppsY]);
  const area = { ...from, ...outlineOf(command, from), algorithm, ppsX, ppsY };
  const bad = meshProblem(area);
  if (bad !== undefined) throw command.error(`the mesh ${bad.problem}`, bad.fix);
  return area;
}

function outlineOf(command: GcodeCommand, from: MeshArea): Outline {
  if (from.radius === null) {
    const [countX, countY] = pairOf(command, "PROBE_COUNT", [from.countX, from.countY]);
    return {
      min: pairOf(command, "MESH_MIN", from.min),
      max: pairOf(command, "MESH_MAX", from.max),
      countX,
      countY,
      radius: null,
    };
  }
  const middle: Xy = [(from.min[0] + from.max[0]) / 2, (from.min[1] + from.max[1]) / 2];
  const [x, y] = pairOf(command, "MESH_ORIGIN", middle);
  const radius = command.mm("MESH_RADIUS", null, { above: 0 }) ?? from.radius;
  const count = command.int("ROUND_PROBE_COUNT", from.countX, { min: 3 });
  if (count % 2 === 0) throw command.error(`ROUND_PROBE_COUNT is ${count}`, "give an odd number");
  return roundOutline(x, y, radius, count);
}

/** One or two numbers with a comma between them. */
function pairOf(command: GcodeCommand, parameter: string, fallback: Xy): Xy {
  const text = command.string(parameter, null);
  if (text === null) return fallback;
  const values = text.split(",").map((part) => (part.trim() === "" ? Number.NaN : Number(part)));
  const [x = Number.NaN, y = x] = values;
  if (values.length > 2 || !Number.isFinite(x) || !Number.isFinite(y)) {
    throw command.error(`${parameter} is '${text}', which is not two numbers`, `write ${parameter}=10,20`);
  }
  return [x, y];
}
