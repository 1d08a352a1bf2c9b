// thread: host
import type { SectionReader } from "../printer/module.js";
import { type MeshAlgorithm, MeshGrid, type MeshShape } from "./mesh-grid.js";

/** A stored mesh: `[bed_mesh default]` in the block of saved values. */
export type MeshProfiles = ReadonlyMap<string, MeshGrid>;

const VERSION = 1;
const ALGORITHMS = ["lagrange", "bicubic", "direct"] as const satisfies readonly MeshAlgorithm[];

/** Reads the profiles that were saved. One that cannot be used is reported and left out. */
export function readProfiles(section: SectionReader): Map<string, MeshGrid> {
  const profiles = new Map<string, MeshGrid>();
  for (const stored of section.config.ofKind("bed_mesh")) {
    if (stored.label === "") continue;
    const grid = readProfile(stored);
    if (grid !== undefined) profiles.set(stored.label, grid);
  }
  return profiles;
}

/** Reads one profile; `undefined` when it is of an older kind or does not fit together. */
export function readProfile(section: SectionReader): MeshGrid | undefined {
  const version = section.int("version", 0, { help: "Kind of the stored profile; written by SAVE_CONFIG." });
  const points = section.floatTable("points", "\n", [], { help: "Heights, one row of the mesh per line." });
  const countX = section.int("x_count", 0, { help: "Points along x." });
  const countY = section.int("y_count", 0, { help: "Points along y." });
  const shape: MeshShape = {
    minX: section.float("min_x", 0, { help: "Edges of the mesh." }),
    maxX: section.float("max_x", 0, { help: "Edges of the mesh." }),
    minY: section.float("min_y", 0, { help: "Edges of the mesh." }),
    maxY: section.float("max_y", 0, { help: "Edges of the mesh." }),
    ppsX: section.int("mesh_x_pps", 2, { min: 0, help: "Points between two probed ones." }),
    ppsY: section.int("mesh_y_pps", 2, { min: 0, help: "Points between two probed ones." }),
    algorithm: section.choice("algo", ALGORITHMS, "lagrange", { help: "Interpolation." }),
    tension: section.float("tension", 0.2, { help: "Tension of bicubic interpolation." }),
  };
  if (version !== VERSION) {
    section.warn(
      `the mesh '${section.label}' is of an older kind and is not used: run BED_MESH_CALIBRATE PROFILE=${section.label} and SAVE_CONFIG`,
    );
    return undefined;
  }
  const fits = points.length === countY && points.every((row) => row.length === countX);
  if (fits && countX >= 2 && countY >= 2 && shape.maxX > shape.minX && shape.maxY > shape.minY) {
    return new MeshGrid(points, shape);
  }
  section.reject(
    "points",
    `do not make a mesh of ${countX} x ${countY} points`,
    `remove section [${section.name}] and run BED_MESH_CALIBRATE PROFILE=${section.label} again`,
  );
  return undefined;
}

/** The options that store a mesh. */
export function profileOptions({ probed, shape }: MeshGrid): readonly (readonly [string, string | number])[] {
  const rows = probed.map((row) => `\n${row.map((z) => z.toFixed(6)).join(", ")}`);
  return [["version", VERSION], ["points", rows.join("")], ...Object.entries(meshParams(probed, shape))];
}

/** `mesh_params` of a profile, as clients know them. */
export function meshParams(probed: MeshGrid["probed"], shape: MeshShape): Readonly<Record<string, string | number>> {
  return {
    x_count: probed[0]?.length ?? 0,
    y_count: probed.length,
    mesh_x_pps: shape.ppsX,
    mesh_y_pps: shape.ppsY,
    algo: shape.algorithm,
    tension: shape.tension,
    min_x: shape.minX,
    max_x: shape.maxX,
    min_y: shape.minY,
    max_y: shape.maxY,
  };
}
