// thread: host
import type { GcodeCommand, ModuleContext, StatusObject } from "../printer/module.js";
import { mmPerS } from "../shared/units.js";
import type { Probe, ProbedPoint } from "./probe.js";
import { average, deviation, fixed, median, range } from "./sample-math.js";

/** Samples of PROBE_ACCURACY. */
const ACCURACY_SAMPLES = 10;
/** How far PROBE_CALIBRATE lifts before it moves the nozzle over the probed place, mm. */
const CALIBRATE_LIFT = 5;

/** Commands and status that every probe has. */
export interface ProbeCommands {
  readonly status: () => StatusObject;
}

/** Adds PROBE, QUERY_PROBE, PROBE_ACCURACY, PROBE_CALIBRATE and Z_OFFSET_APPLY_PROBE. In `connect()`. */
export function addProbeCommands(ctx: ModuleContext, probe: Probe): ProbeCommands {
  const { options } = probe;
  let status: StatusObject = Object.freeze({
    name: options.section,
    last_query: false,
    last_probe_position: Object.freeze([0, 0, 0]),
    last_z_result: 0,
  });
  const note = (changes: StatusObject): void => {
    status = Object.freeze({ ...status, ...changes });
  };
  const notePoint = ({ bedX, bedY, bedZ, nozzleZ }: ProbedPoint): void =>
    note({ last_probe_position: Object.freeze([bedX, bedY, bedZ]), last_z_result: nozzleZ });

  async function run(command: GcodeCommand): Promise<void> {
    const point = await probe.during(command, () => probe.probeHere(probe.params(command), command));
    notePoint(point);
    command.respondInfo(`Result is z=${fixed(point.bedZ, 6)}`);
  }

  async function query(command: GcodeCommand): Promise<void> {
    await ctx.toolhead.drain();
    const isTriggered = await probe.query();
    note({ last_query: isTriggered });
    command.respondInfo(`probe: ${isTriggered ? "TRIGGERED" : "open"}`);
  }

  async function accuracy(command: GcodeCommand): Promise<void> {
    const given = probe.params(command);
    const samples = command.int("SAMPLES", ACCURACY_SAMPLES, { min: 1 });
    const params = { ...given, samples: 1 };
    const [x = 0, y = 0, z = 0] = ctx.toolhead.position;
    command.respondInfo(
      `PROBE_ACCURACY at X:${x.toFixed(3)} Y:${y.toFixed(3)} Z:${z.toFixed(3)} (samples=${samples} ` +
        `retract=${params.retract.toFixed(3)} speed=${params.speed.toFixed(1)} lift_speed=${params.liftSpeed.toFixed(1)})`,
    );
    const heights: number[] = [];
    await probe.during(command, async () => {
      while (heights.length < samples) {
        heights.push((await probe.probeHere(params, command)).bedZ);
        await probe.lift(params);
      }
    });
    const text = (value: number): string => fixed(value, 6);
    command.respondInfo(
      `probe accuracy results: maximum ${text(Math.max(...heights))}, minimum ${text(Math.min(...heights))}, ` +
        `range ${text(range(heights))}, average ${text(average(heights))}, median ${text(median(heights))}, ` +
        `standard deviation ${text(deviation(heights))}`,
    );
  }

  async function calibrate(command: GcodeCommand): Promise<void> {
    const manual = ctx.need("manualProbe", "manual_probe");
    manual.checkIdle(command);
    const params = probe.params(command);
    const point = await probe.during(command, () => probe.probeHere(params, command));
    const { toolhead } = ctx;
    await toolhead.moveTo({ z: (toolhead.position[2] ?? 0) + CALIBRATE_LIFT }, params.liftSpeed);
    // The nozzle goes to where the probe was.
    const speed = command.mmPerS("SPEED", mmPerS(50), { above: 0 });
    await toolhead.moveTo({ x: point.bedX, y: point.bedY }, speed);
    ctx.find("gcodeMove")?.resync();
    manual.start(command, (position, answer) => {
      if (position === undefined) return;
      const zOffset = point.nozzleZ - position[2];
      saveOffset(zOffset, answer);
    });
  }

  function applyOffset(command: GcodeCommand): void {
    const offset = ctx.need("gcodeMove", "printer").offset[2];
    if (offset === 0) {
      command.respondInfo("the z offset of SET_GCODE_OFFSET is 0: there is nothing to apply");
      return;
    }
    const zOffset = options.zOffset - offset;
    saveOffset(zOffset, command);
  }

  function saveOffset(zOffset: number, command: GcodeCommand): void {
    const text = fixed(zOffset, 3);
    ctx.need("configValues", "printer").save(options.section, "z_offset", text);
    command.respondInfo(`${options.section}: z_offset: ${text}\nRun SAVE_CONFIG to keep it.`);
  }

  ctx.command("PROBE", run, { help: "Finds the height of the bed under the probe." });
  ctx.command("QUERY_PROBE", query, { help: "Tells whether the probe is triggered." });
  ctx.command("PROBE_ACCURACY", accuracy, {
    help: "Probes one place many times and tells how much the heights differ.",
  });
  ctx.command("PROBE_CALIBRATE", calibrate, { help: "Finds z_offset of the probe with the help of a piece of paper." });
  ctx.command("Z_OFFSET_APPLY_PROBE", applyOffset, {
    help: "Takes the z offset of SET_GCODE_OFFSET over into z_offset of the probe.",
  });
  return { status: () => status };
}
