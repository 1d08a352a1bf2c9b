// thread: host
import { MeshGrid } from "../devices/mesh-grid.js";
import { commandArea, readFaultyRegions, readMeshArea } from "../devices/mesh-options.js";
import { adaptArea, type MeshArea, type MeshPlan, meshMatrix, planMesh } from "../devices/mesh-plan.js";
import { meshParams, profileOptions, readProfile, readProfiles } from "../devices/mesh-profile.js";
import { MeshTransform } from "../devices/mesh-transform.js";
import type { ProbedPoint } from "../devices/probe.js";
import {
  measurePoints,
  type PointsOutcome,
  type PointsRequest,
  readTravel,
  readXy,
  type Xy,
} from "../devices/probe-points.js";
import { defineModule, type GcodeCommand, type SectionReader, type StatusObject } from "../printer/module.js";
import { HostError } from "../shared/errors.js";
import { mm } from "../shared/units.js";

function readMesh(section: SectionReader) {
  return {
    travel: readTravel(section),
    area: readMeshArea(section),
    regions: readFaultyRegions(section),
    zeroReference: readZeroReference(section),
    margin: section.mm("adaptive_margin", mm(0), { min: 0, help: "Room around the objects of an adaptive mesh." }),
    fadeStart: section.mm("fade_start", mm(1), { help: "Height at which the correction begins to fade out." }),
    fadeEnd: section.mm("fade_end", mm(0), { help: "Height at which it is gone; below fade_start it never fades." }),
    fadeTarget: section.mm("fade_target", null, { help: "Correction that stays; the mean height when left out." }),
    splitDelta: section.mm("split_delta_z", mm(0.025), {
      min: 0.01,
      help: "Change of the correction that divides a move.",
    }),
    checkDistance: section.mm("move_check_distance", mm(5), { min: 3, help: "How often a move is looked at." }),
    // Only probes that scan would use it; read so that it is no typo.
    overshoot: section.mm("scan_overshoot", null, { min: 1, help: "Room beside the mesh for probes that scan." }),
    profiles: readProfiles(section),
  };
}

function readZeroReference(section: SectionReader): Xy | null {
  if (section.has("relative_reference_index")) {
    section.obsolete("relative_reference_index", "no longer exists: write 'zero_reference_position: x, y' instead");
  }
  if (!section.has("zero_reference_position")) {
    section.floats("zero_reference_position", null, { count: 2, help: "Place where the correction is 0." });
    return null;
  }
  return readXy(section, "zero_reference_position", "Place where the correction is 0.");
}

/** Begins the name of a mesh of one print, which is not worth keeping. */
const ADAPTIVE = "adaptive-";
const NO_MATRIX = Object.freeze([Object.freeze([])]);

/** `[bed_mesh]`: finds the shape of the bed, and lets the nozzle follow it. `[bed_mesh NAME]` holds a saved mesh. */
export default defineModule({
  section: "bed_mesh",
  named: "optional",
  object: (section) => (section === "bed_mesh" ? "bed_mesh" : undefined),
  shape: { floats: ["*"], ints: ["profiles.*.mesh_params"], tuples: ["mesh_min", "mesh_max"] },

  options: (section) => {
    if (section.label === "") return readMesh(section);
    readProfile(section);
    return null;
  },

  create(given, ctx) {
    if (given === null) return {};
    const options = given;
    const { profiles } = options;
    let transform: MeshTransform | undefined;
    let profileName = "";
    let lastPlan: MeshPlan | undefined;
    let status = show(undefined);

    function show(grid: MeshGrid | undefined): StatusObject {
      const { minX = 0, minY = 0, maxX = 0, maxY = 0 } = grid?.shape ?? {};
      return Object.freeze({
        profile_name: profileName,
        mesh_min: Object.freeze([minX, minY]),
        mesh_max: Object.freeze([maxX, maxY]),
        probed_matrix: grid?.probed ?? NO_MATRIX,
        mesh_matrix: grid?.matrix ?? NO_MATRIX,
        profiles: Object.fromEntries(
          [...profiles].map(([name, { probed, shape }]) => [
            name,
            { points: probed, mesh_params: meshParams(probed, shape) },
          ]),
        ),
      });
    }

    /** The correction that stays when fading is over. */
    function fadeTargetOf(grid: MeshGrid): number {
      const span = options.fadeEnd - options.fadeStart;
      if (span <= 0) return 0;
      const target = options.fadeTarget ?? Math.round(grid.average * 100) / 100;
      const most = Math.max(grid.highest - target, target - grid.lowest);
      if (options.fadeTarget !== null && target !== 0 && (target < grid.lowest || target > grid.highest)) {
        throw meshError(
          `fade_target is ${target} mm, outside the mesh (${grid.lowest.toFixed(3)} to ${grid.highest.toFixed(3)} mm)`,
          "leave fade_target out, or set it to a height of the mesh",
        );
      }
      if (most >= span) {
        throw meshError(
          `the mesh differs from fade_target by ${most.toFixed(3)} mm, which cannot fade within ${span.toFixed(3)} mm`,
          "raise fade_end, or level the bed",
        );
      }
      return target;
    }

    /** Uses a mesh, or none, from here on. Motion that is queued is not changed any more. */
    function use(grid: MeshGrid | undefined, name: string): void {
      const active =
        grid === undefined
          ? undefined
          : { grid, fadeTarget: fadeTargetOf(grid), offsetX: 0, offsetY: 0, offsetFade: 0 };
      profileName = grid === undefined ? "" : name;
      if (transform !== undefined) transform.active = active;
      status = show(grid);
      ctx.find("gcodeMove")?.resync();
    }

    function requireMesh(command: GcodeCommand): MeshGrid {
      const grid = transform?.active?.grid;
      if (grid !== undefined) return grid;
      throw command.error("there is no mesh", "run BED_MESH_CALIBRATE or BED_MESH_PROFILE LOAD=<name> first");
    }

    /** The area to probe: that of the configuration, what the command says, and the objects of the print. */
    function areaFor(command: GcodeCommand): { readonly area: MeshArea; readonly isAdaptive: boolean } {
      const area = commandArea(command, options.area);
      if (!command.bool("ADAPTIVE", false)) return { area, isAdaptive: false };
      const margin = command.mm("ADAPTIVE_MARGIN", options.margin, { min: 0 });
      const adapted = adaptArea(area, objectOutlines(ctx.objects.status("exclude_object")), margin);
      if (adapted === undefined) {
        command.respondInfo("bed_mesh: no objects of the print are known, the whole mesh is probed");
        return { area, isAdaptive: false };
      }
      return { area: adapted, isAdaptive: true };
    }

    async function calibrate(command: GcodeCommand): Promise<void> {
      const name = command.string("PROFILE", "default").trim();
      if (name === "") throw command.error("PROFILE is empty", "leave it out, or give it a name");
      const { area, isAdaptive } = areaFor(command);
      const plan = planMesh(area, options.regions);
      const reference = options.zeroReference;
      const isBeside = reference !== null && !isOn(plan, reference);
      const request: PointsRequest = {
        travel: options.travel,
        points: isBeside ? [...plan.way, reference] : plan.way,
        over: command.string("METHOD", "automatic") === "manual" ? "nozzle" : "probe",
        done: (points, answer) => finish(plan, points, isAdaptive ? `${ADAPTIVE}${name}` : name, answer),
      };
      lastPlan = plan;
      use(undefined, "");
      await measurePoints(ctx, command, request);
    }

    function finish(
      plan: MeshPlan,
      points: readonly ProbedPoint[],
      name: string,
      command: GcodeCommand,
    ): PointsOutcome {
      const probed = new MeshGrid(meshMatrix(plan, points), plan.shape);
      const reference = options.zeroReference;
      const zero =
        reference === null
          ? 0
          : isOn(plan, reference)
            ? probed.heightAt(...reference)
            : (points[plan.way.length]?.bedZ ?? Number.NaN);
      const grid = zero === 0 ? probed : probed.lowered(zero);
      use(grid, name);
      const isAdaptive = name.startsWith(ADAPTIVE);
      if (isAdaptive) profiles.set(name, grid);
      else keep(name, grid);
      status = show(grid);
      const heights = `from ${grid.lowest.toFixed(3)} to ${grid.highest.toFixed(3)} mm`;
      const advice = isAdaptive ? "It is for this print only." : "Run SAVE_CONFIG to keep it.";
      command.respondInfo(`The mesh is in use, ${heights}, as profile '${name}'.\n${advice}`);
      return "done";
    }

    function keep(name: string, grid: MeshGrid): void {
      profiles.set(name, grid);
      const values = ctx.need("configValues", "printer");
      for (const [option, value] of profileOptions(grid)) values.save(`bed_mesh ${name}`, option, value);
      status = show(transform?.active?.grid);
    }

    function profile(command: GcodeCommand): void {
      const [load, save, remove] = ["LOAD", "SAVE", "REMOVE"].map((parameter) => command.string(parameter, null));
      if (load !== null && load !== undefined) {
        const grid = profiles.get(load);
        if (grid === undefined) throw command.wrongChoice("LOAD", load, [...profiles.keys()]);
        use(grid, load);
        return;
      }
      if (save !== null && save !== undefined) {
        keep(save, requireMesh(command));
        profileName = save;
        status = show(transform?.active?.grid);
        command.respondInfo(`The mesh is profile '${save}' now. Run SAVE_CONFIG to keep it.`);
        return;
      }
      if (remove === null || remove === undefined) {
        throw command.error("BED_MESH_PROFILE says not what to do", "write LOAD=<name>, SAVE=<name> or REMOVE=<name>");
      }
      if (!profiles.delete(remove)) throw command.wrongChoice("REMOVE", remove, [...profiles.keys()]);
      ctx.need("configValues", "printer").removeSection(`bed_mesh ${remove}`);
      status = show(transform?.active?.grid);
      command.respondInfo(`Profile '${remove}' is gone. Run SAVE_CONFIG to remove it for good.`);
    }

    function output(command: GcodeCommand): void {
      if (command.bool("PGP", false)) printPoints(command);
      const grid = requireMesh(command);
      const rows = (matrix: MeshGrid["matrix"]): string =>
        matrix.map((row) => row.map((z) => z.toFixed(6)).join(" ")).join("\n");
      const { shape } = grid;
      command.respondInfo(
        `Mesh '${profileName}': X ${shape.minX} to ${shape.maxX}, Y ${shape.minY} to ${shape.maxY} mm, ` +
          `${shape.algorithm}, from ${grid.lowest.toFixed(6)} to ${grid.highest.toFixed(6)}, mean ${grid.average.toFixed(6)}\n` +
          `Probed heights, front to back:\n${rows(grid.probed)}\nMesh:\n${rows(grid.matrix)}`,
      );
    }

    function printPoints(command: GcodeCommand): void {
      const plan = lastPlan ?? planMesh(options.area, options.regions);
      const offsets = ctx.find("probe")?.options;
      const text = ([x, y]: Xy): string => `(${x.toFixed(1)}, ${y.toFixed(1)})`;
      const lines = plan.way.map(([x, y], i) => {
        const nozzle: Xy = [x - (offsets?.xOffset ?? 0), y - (offsets?.yOffset ?? 0)];
        return `${i} | ${text(nozzle)} | ${text([x, y])}`;
      });
      command.respondInfo(["bed_mesh: generated points", "Index | Tool Adjusted | Probe", ...lines].join("\n"));
    }

    function map(command: GcodeCommand): void {
      const grid = requireMesh(command);
      const { minX, minY, maxX, maxY } = grid.shape;
      const data = { mesh_min: [minX, minY], mesh_max: [maxX, maxY], z_positions: grid.probed };
      command.respondRaw(`mesh_map_output ${JSON.stringify(data)}`);
    }

    function offset(command: GcodeCommand): void {
      const active = transform?.active;
      if (transform === undefined || active === undefined) {
        throw command.error(
          "there is no mesh to shift",
          "run BED_MESH_CALIBRATE or BED_MESH_PROFILE LOAD=<name> first",
        );
      }
      transform.active = {
        ...active,
        offsetX: command.float("X", active.offsetX),
        offsetY: command.float("Y", active.offsetY),
        offsetFade: command.float("ZFADE", active.offsetFade),
      };
      ctx.find("gcodeMove")?.resync();
    }

    ctx.virtual.set({ bed: virtualBed(options.area) });
    return {
      connect() {
        ctx.need("gcodeMove", "printer").addTransform((next) => {
          transform = new MeshTransform(next, options);
          return transform;
        });
        ctx.command("BED_MESH_CALIBRATE", calibrate, { help: "Probes the bed and lets the nozzle follow its shape." });
        ctx.command("BED_MESH_PROFILE", profile, { help: "Loads, saves or removes a mesh: LOAD, SAVE, REMOVE." });
        ctx.command("BED_MESH_OUTPUT", output, { help: "Shows the mesh; with PGP=1 also where it is probed." });
        ctx.command("BED_MESH_MAP", map, { help: "Shows the mesh as JSON." });
        ctx.command("BED_MESH_CLEAR", () => use(undefined, ""), { help: "Stops following the mesh." });
        ctx.command("BED_MESH_OFFSET", offset, { help: "Shifts the mesh for another nozzle: X, Y, ZFADE." });
        ctx.endpoint("bed_mesh/dump_mesh", () => ({
          current_mesh: transform?.active === undefined ? {} : { name: profileName, ...status },
          profiles: status["profiles"],
          calibration: { points: (lastPlan ?? planMesh(options.area, options.regions)).way },
        }));
      },
      status: () => status,
    };
  },
});

function isOn({ shape }: MeshPlan, [x, y]: Xy): boolean {
  return x >= shape.minX && x <= shape.maxX && y >= shape.minY && y <= shape.maxY;
}

/** Outlines of the objects that `exclude_object` knows. */
function objectOutlines(status: StatusObject | undefined): readonly (readonly Xy[])[] {
  const objects = status?.["objects"];
  if (!Array.isArray(objects)) return [];
  return objects.map((object: unknown) => {
    const polygon = typeof object === "object" && object !== null && "polygon" in object ? object.polygon : undefined;
    return Array.isArray(polygon) ? polygon.flatMap(toXy) : [];
  });
}

function toXy(point: unknown): readonly Xy[] {
  if (!Array.isArray(point)) return [];
  const [x, y]: readonly unknown[] = point;
  return typeof x === "number" && typeof y === "number" ? [[x, y]] : [];
}

/** A bed with a hill, a little tilted, so that a virtual printer has something to find. */
function virtualBed({ min, max }: MeshArea) {
  const [xMm, yMm] = [min[0] + (max[0] - min[0]) * 0.6, min[1] + (max[1] - min[1]) * 0.4];
  const radiusMm = Math.hypot(max[0] - min[0], max[1] - min[1]) / 2;
  return { slopeX: 0.0004, slopeY: -0.0003, bumps: [{ xMm, yMm, heightMm: 0.18, radiusMm }] };
}

function meshError(problem: string, fix: string): HostError<"LEVEL_FAILED"> {
  return new HostError("LEVEL_FAILED", `this mesh cannot be used: ${problem}`, {
    details: { section: "bed_mesh", value: 0, limit: 0 },
    fix,
  });
}
