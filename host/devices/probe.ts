// thread: host
import type { Endstop, GcodeCommand, ModuleContext, Pending } from "../printer/module.js";
import { HostError } from "../shared/errors.js";
import { type Mm, mm } from "../shared/units.js";
import { type ProbeOptions, type ProbeParams, probeParams } from "./probe-options.js";
import { average, fixed, median, range } from "./sample-math.js";

declare module "../printer/module.js" {
  interface Services {
    probe: Probe;
  }
}

/** A place of the bed as a probe has found it, in mm. */
export interface ProbedPoint {
  /** The place of the bed, under the probe, and its height: where the nozzle would touch it. */
  readonly bedX: number;
  readonly bedY: number;
  readonly bedZ: number;
  /** Where the nozzle was when the probe triggered. */
  readonly nozzleX: number;
  readonly nozzleY: number;
  readonly nozzleZ: number;
}

/** Corrects a height by what is known of the probe at that place: `[axis_twist_compensation]`. */
export type ProbeCorrection = (point: ProbedPoint) => number;

/** What differs between kinds of probes. */
export interface ProbeHardware {
  readonly endstop: Endstop;
  /** Called before the first and after the last of several places. */
  begin(command: GcodeCommand): Pending;
  end(command: GcodeCommand): Pending;
}

/** The height that commands like PROBE give back, as one number. */
function combine(heights: readonly number[], result: ProbeParams["result"]): number {
  return result === "median" ? median(heights) : average(heights);
}

/** The printer's probe: what commands and levelling tools do with it. */
export class Probe {
  readonly options: ProbeOptions;
  readonly hardware: ProbeHardware;
  readonly #ctx: ModuleContext;
  readonly #corrections: ProbeCorrection[] = [];

  constructor(ctx: ModuleContext, options: ProbeOptions, hardware: ProbeHardware) {
    this.#ctx = ctx;
    this.options = options;
    this.hardware = hardware;
  }

  /** Adds what `correction` returns to every height from now on. */
  correct(correction: ProbeCorrection): void {
    this.#corrections.push(correction);
  }

  /** The parameters of a command, with this probe's options as defaults. */
  params(command: GcodeCommand): ProbeParams {
    return probeParams(command, this.options);
  }

  /** Does `work` with the probe ready for several places; it is stowed afterwards, whatever happens. */
  async during<T>(command: GcodeCommand, work: () => Promise<T>): Promise<T> {
    await this.hardware.begin(command);
    try {
      return await work();
    } finally {
      await this.hardware.end(command);
    }
  }

  /**
   * Probes straight down from where the tool head stands, as often as `params` says. Inside `during`. Throws
   * PROBE_SAMPLES when the samples differ too much, MOVE_NOT_HOMED, HOMING_NO_TRIGGER and so on.
   */
  async probeHere(params: ProbeParams, command: GcodeCommand): Promise<ProbedPoint> {
    let points: ProbedPoint[] = [];
    let retries = 0;
    for (;;) {
      command.signal.throwIfAborted();
      const point = await this.#sample(params, command);
      points.push(point);
      command.respondInfo(`probe at ${fixed(point.bedX, 3)},${fixed(point.bedY, 3)} is z=${fixed(point.bedZ, 6)}`);
      const spread = range(points.map(({ bedZ }) => bedZ));
      if (spread > params.tolerance) {
        if (retries >= params.retries) throw samplesError(spread, params);
        retries++;
        command.respondInfo(`probe samples differ by ${spread.toFixed(4)} mm: beginning anew`);
        points = [];
      }
      if (points.length === params.samples) return this.#merge(points, params.result);
      await this.lift(params);
    }
  }

  /** Raises the tool head by the retract distance. */
  async lift(params: Pick<ProbeParams, "retract" | "liftSpeed">): Promise<void> {
    const { toolhead } = this.#ctx;
    const z = Math.min((toolhead.position[2] ?? 0) + params.retract, toolhead.maximum[2]);
    await toolhead.moveTo({ z }, params.liftSpeed);
  }

  /** Asks whether the probe is triggered now. */
  query(): Promise<boolean> {
    return this.hardware.endstop.query();
  }

  async #sample(params: ProbeParams, command: GcodeCommand): Promise<ProbedPoint> {
    const { toolhead } = this.#ctx;
    if (!toolhead.homedAxes.includes("z")) throw notHomed();
    await toolhead.drain();
    const homing = this.#ctx.need("homing", "printer");
    const z = this.#lowest;
    const hit = await homing.probe(this.hardware.endstop, { z }, params.speed, command);
    this.#ctx.find("gcodeMove")?.resync();
    return this.#correct({
      bedX: hit.x + this.options.xOffset,
      bedY: hit.y + this.options.yOffset,
      bedZ: hit.z - this.options.zOffset,
      nozzleX: hit.x,
      nozzleY: hit.y,
      nozzleZ: hit.z,
    });
  }

  #correct(point: ProbedPoint): ProbedPoint {
    const shift = this.#corrections.reduce((sum, correction) => sum + correction(point), 0);
    return { ...point, bedZ: point.bedZ + shift };
  }

  /** How far down a probing move may go. */
  get #lowest(): Mm {
    return mm(this.#ctx.toolhead.minimum[2]);
  }

  #merge(points: readonly ProbedPoint[], result: ProbeParams["result"]): ProbedPoint {
    const of = (pick: (point: ProbedPoint) => number): number => combine(points.map(pick), result);
    return {
      bedX: of((point) => point.bedX),
      bedY: of((point) => point.bedY),
      bedZ: of((point) => point.bedZ),
      nozzleX: of((point) => point.nozzleX),
      nozzleY: of((point) => point.nozzleY),
      nozzleZ: of((point) => point.nozzleZ),
    };
  }
}

function notHomed(): HostError<"MOVE_NOT_HOMED"> {
  return new HostError("MOVE_NOT_HOMED", "the z axis is not homed, so nothing can be probed", {
    details: { axes: "z" },
    fix: "run G28 first",
  });
}

function samplesError(spread: number, { tolerance, retries }: ProbeParams): HostError<"PROBE_SAMPLES"> {
  const tries = retries === 0 ? "" : ` after ${retries} new attempts`;
  return new HostError(
    "PROBE_SAMPLES",
    `probe samples differ by ${spread.toFixed(4)} mm, above samples_tolerance ${tolerance} mm${tries}`,
    {
      details: { range: spread, tolerance },
      fix: "check that the probe and the tool head sit firmly, run PROBE_ACCURACY, or raise samples_tolerance or samples_tolerance_retries",
    },
  );
}
