// thread: host
import type { GcodeCommand, ModuleContext, SectionReader } from "../printer/module.js";
import { HostError } from "../shared/errors.js";
import { type Mm, type MmPerS, mm, mmPerS } from "../shared/units.js";
import type { ProbedPoint } from "./probe.js";

/** A place of the bed, in mm. */
export type Xy = readonly [x: number, y: number];

/** How the tool head goes from point to point. */
export interface TravelOptions {
  readonly speed: MmPerS;
  /** Height at which it goes. */
  readonly height: Mm;
}

/** Reads `speed` and `horizontal_move_z`. */
export function readTravel(section: SectionReader): TravelOptions {
  return {
    speed: section.mmPerS("speed", mmPerS(50), { above: 0, help: "Speed between the points." }),
    height: section.mm("horizontal_move_z", mm(5), { help: "Height of the nozzle between the points." }),
  };
}

/** Reads coordinates, one pair per line; at least `least` of them. */
export function readPoints(section: SectionReader, option: string, least: number, help: string): readonly Xy[] {
  const rows = section.floatTable(option, "\n", undefined, { count: 2, help });
  if (rows.length > 0 && rows.length < least) {
    section.reject(option, `has ${rows.length} points`, `give at least ${least} points, one "x, y" per line`);
  }
  return rows.map(([x = 0, y = 0]) => [x, y] as const);
}

/** Reads a place, `x, y`. */
export function readXy(section: SectionReader, option: string, help: string): Xy {
  const [x = 0, y = 0] = section.floats(option, undefined, { count: 2, help });
  return [x, y];
}

/** Whether to measure all points once more. */
export type PointsOutcome = "done" | "again";

/** What is to be found out, and what to do with it. */
export interface PointsRequest {
  readonly travel: TravelOptions;
  /** Where to measure. */
  readonly points: readonly Xy[];
  /** `probe`: the probe goes to the points. `nozzle`: the nozzle does, wherever the probe then is. */
  readonly over: "probe" | "nozzle";
  /** Gets the points in their order; `again` measures all of them once more. */
  readonly done: (points: readonly ProbedPoint[], command: GcodeCommand) => PointsOutcome | Promise<PointsOutcome>;
}

/**
 * Measures the bed at several points, with the probe, or (METHOD=manual, or without a probe) one paper test after the
 * other; then, `done` comes with the last ACCEPT. `command` may say HORIZONTAL_MOVE_Z and the parameters of PROBE.
 */
export async function measurePoints(ctx: ModuleContext, command: GcodeCommand, request: PointsRequest): Promise<void> {
  ctx.find("manualProbe")?.checkIdle(command);
  const travel = { ...request.travel, height: command.mm("HORIZONTAL_MOVE_Z", request.travel.height) };
  const method = command.choice("METHOD", ["automatic", "manual"], "automatic");
  if (method === "manual" || ctx.find("probe") === undefined) await startManual(ctx, command, { ...request, travel });
  else await measureWithProbe(ctx, command, { ...request, travel });
}

async function measureWithProbe(ctx: ModuleContext, command: GcodeCommand, request: PointsRequest): Promise<void> {
  const probe = ctx.need("probe", "probe");
  const { travel, points, over, done } = request;
  const params = probe.params(command);
  const { xOffset, yOffset, zOffset } = probe.options;
  if (travel.height < zOffset) throw tooLow(travel.height, zOffset);
  const nozzleAt = ([x, y]: Xy): Xy => (over === "probe" ? [x - xOffset, y - yOffset] : [x, y]);
  let outcome: PointsOutcome = "again";
  while (outcome === "again") {
    const found = await probe.during(command, async () => {
      const results: ProbedPoint[] = [];
      for (const point of points) {
        command.signal.throwIfAborted();
        await travelTo(ctx, nozzleAt(point), travel, results.length === 0 ? travel.speed : params.liftSpeed);
        results.push(await probe.probeHere(params, command));
      }
      await ctx.toolhead.moveTo({ z: travel.height }, params.liftSpeed);
      return results;
    });
    ctx.find("gcodeMove")?.resync();
    outcome = await done(found, command);
  }
}

/** Lifts, and goes over a point. */
export async function travelTo(
  ctx: ModuleContext,
  [x, y]: Xy,
  { height, speed }: TravelOptions,
  liftSpeed: MmPerS,
): Promise<void> {
  await ctx.toolhead.moveTo({ z: height }, liftSpeed);
  await ctx.toolhead.moveTo({ x, y }, speed);
}

/** One paper test for each point: every ACCEPT goes on to the next one. */
function startManual(ctx: ModuleContext, first: GcodeCommand, request: PointsRequest): Promise<void> {
  const manual = ctx.need("manualProbe", "manual_probe");
  const { travel, points, done } = request;
  let results: ProbedPoint[] = [];
  async function next(command: GcodeCommand): Promise<void> {
    const point = points[results.length];
    if (point === undefined) {
      await ctx.toolhead.moveTo({ z: travel.height }, travel.speed);
      ctx.find("gcodeMove")?.resync();
      const found = results;
      results = [];
      if ((await done(found, command)) === "again") await next(command);
      return;
    }
    await travelTo(ctx, point, travel, travel.speed);
    ctx.find("gcodeMove")?.resync();
    manual.start(first, async (position, answer) => {
      if (position === undefined) return;
      const [x, y, z] = position;
      results.push({ bedX: x, bedY: y, bedZ: z, nozzleX: x, nozzleY: y, nozzleZ: z });
      await next(answer);
    });
  }
  return next(first);
}

function tooLow(height: number, zOffset: number): HostError<"LEVEL_FAILED"> {
  return new HostError(
    "LEVEL_FAILED",
    `horizontal_move_z is ${height} mm, below z_offset of the probe (${zOffset} mm): the probe would touch the bed`,
    {
      details: { section: "probe", value: height, limit: zOffset },
      fix: `set horizontal_move_z to at least ${zOffset} mm`,
    },
  );
}
