// thread: any

import { type Core, createMemory, instantiateCore } from "../../host/core/core.js";
import { compileCore, type LoadOptions } from "../../host/core/load.js";
import { type MoveRecord, MoveRing } from "../../host/core/move-ring.js";
import { setUpCore } from "../../host/machine/core-setup.js";
import { type DueAction, Motion } from "../../host/machine/motion.js";
import type { MachineSetup, StepperMotion } from "../../host/machine/setup.js";
import { printTime } from "../../host/shared/units.js";
import { DIRECTION_ID, decodeSteps, STEP_ID, StepStream } from "./step-stream.js";

/** One stepper of a rig. */
export interface RigStepper {
  readonly motion: StepperMotion;
  readonly perMm: number;
  readonly board?: number;
  readonly queue?: number;
  readonly inverted?: boolean;
}

export interface RigOptions {
  readonly steppers: readonly RigStepper[];
  /** Ticks per s of each board; one of 16 MHz when left out. */
  readonly frequencies?: readonly number[];
  readonly slots?: number;
  readonly extraQueues?: number;
  readonly extruders?: number;
  readonly cornerVelocity?: number;
  readonly records?: number;
  readonly load?: LoadOptions;
}

const modules = new Map<string, Promise<WebAssembly.Module>>();

/** A new core of a build, on memory of its own. */
export async function freshCore(load: LoadOptions = {}): Promise<Core> {
  const key = `${load.shared ?? true} ${load.simd ?? true}`;
  const options = { ...load, shared: load.shared ?? true };
  let module = modules.get(key);
  if (module === undefined) {
    module = compileCore(options);
    modules.set(key, module);
  }
  return instantiateCore(await module, createMemory(options.shared));
}

/** X, Y and Z of a machine whose motors follow the axes, and one extruder. */
export const CARTESIAN: readonly RigStepper[] = [
  { motion: { kind: "linear", x: 1, y: 0, z: 0 }, perMm: 80 },
  { motion: { kind: "linear", x: 0, y: 1, z: 0 }, perMm: 80 },
  { motion: { kind: "linear", x: 0, y: 0, z: 1 }, perMm: 400 },
  { motion: { kind: "extruder", extruder: 0 }, perMm: 500 },
];

/** Motors that each follow the sum or the difference of two axes. */
export const COREXY: readonly RigStepper[] = [
  { motion: { kind: "linear", x: 1, y: 1, z: 0 }, perMm: 80 },
  { motion: { kind: "linear", x: 1, y: -1, z: 0 }, perMm: 80 },
];

/** The motion core with the machine's own driving of it, and boards that note the bytes they get. */
export class CoreRig {
  readonly core: Core;
  readonly motion: Motion;
  readonly ring: MoveRing;
  readonly streams: readonly StepStream[];
  readonly actions: DueAction[] = [];
  readonly drains: { readonly mark: number; readonly time: number }[] = [];
  readonly positions: { readonly x: number; readonly y: number; readonly z: number }[] = [];
  /** Bytes of each board, in the order in which they were taken. */
  readonly bytes: number[][];
  readonly #byOid: readonly ReadonlyMap<number, StepStream>[];

  private constructor(core: Core, options: RigOptions) {
    const frequencies = options.frequencies ?? [16_000_000];
    const setup = machineSetup(options);
    const slots = options.slots ?? 1024;
    const boards = frequencies.map((frequency) => ({ frequency, slots, stepId: STEP_ID, directionId: DIRECTION_ID }));
    const records = options.records ?? 4096;
    this.core = core;
    this.ring = new MoveRing(core.buffer, setUpCore(core, setup, boards, records), records);
    this.motion = new Motion(core, {
      onAction: (action) => this.actions.push(action),
      onDrain: (mark, time) => this.drains.push({ mark, time }),
      onPosition: (x, y, z) => {
        this.positions.push({ x, y, z });
        for (const [i, { motion, queue }] of setup.steppers.entries()) {
          if (motion.kind === "linear" && queue === 0) {
            core.exports.setAnchor(i, motion.x * x + motion.y * y + motion.z * (z + core.exports.appliedOffset()));
          }
        }
      },
    });
    this.motion.onFull = () => this.collect();
    this.streams = setup.steppers.map(() => new StepStream());
    this.bytes = boards.map(() => []);
    this.#byOid = boards.map(
      (_, board) =>
        new Map(
          setup.steppers.flatMap((stepper, i): [number, StepStream][] => {
            const stream = this.streams[i];
            return stepper.board === board && stream !== undefined ? [[stepper.oid, stream]] : [];
          }),
        ),
    );
  }

  static async create(options: RigOptions): Promise<CoreRig> {
    return new CoreRig(await freshCore(options.load), options);
  }

  stream(stepper: number): StepStream {
    const stream = this.streams[stepper];
    if (stream === undefined) throw new RangeError(`there is no stepper ${stepper}`);
    return stream;
  }

  /** Writes a move into the ring; what is left out has usual values. */
  push(move: Partial<MoveRecord>): void {
    if (!this.ring.pushMove({ ...MOVE, ...move })) throw new Error("the ring is full");
  }

  /** Takes every command that is made, as if boards had room for all. */
  collect(): void {
    for (const board of this.bytes.keys()) while (this.take(board, 4096) > 0);
  }

  /** Takes commands of one board like a block that is being filled; returns how many bytes. */
  take(board: number, room: number, until = Number.POSITIVE_INFINITY, now = Number.POSITIVE_INFINITY): number {
    const { exports, u8 } = this.core;
    const length = exports.boardTake(board, room, until, now, 0);
    const from = exports.scratchAt();
    const bytes = u8.slice(from, from + length);
    for (const byte of bytes) this.bytes[board]?.push(byte);
    decodeSteps(bytes, this.#byOid[board] ?? new Map());
    return length;
  }

  /** Plans everything to rest, makes all steps and takes them. */
  finish(): void {
    this.motion.finish();
    this.collect();
  }

  /** Lets print time pass from `from` to `to` in turns, as machine does, with `before` each turn. */
  run(from: number, to: number, turn = 0.01, horizon = 0.7, before: (now: number) => void = () => {}): void {
    for (let now = from; now < to; now += turn) {
      before(now);
      while (this.motion.turn(printTime(now), horizon, () => false)) this.collect();
      this.collect();
    }
  }

  /** Where the tool head is planned to be at print time `time`; undefined when that is too long ago. */
  moment(time: number): Moment | undefined {
    const { exports, f64 } = this.core;
    if (exports.momentAt(0, time) !== 1) return undefined;
    const at = exports.scratchAt() >>> 3;
    const [x = 0, y = 0, z = 0, e = 0, speed = 0, flow = 0, tag = 0] = f64.subarray(at, at + 7);
    return { x, y, z, e, speed, flow, tag };
  }
}

export interface Moment {
  readonly x: number;
  readonly y: number;
  readonly z: number;
  readonly e: number;
  readonly speed: number;
  readonly flow: number;
  readonly tag: number;
}

/** A move to the origin with the limits of a usual printer. */
export const MOVE: MoveRecord = {
  flags: 0,
  x: 0,
  y: 0,
  z: 0,
  e: 0,
  speed: 100,
  speedCap: 500,
  accel: 3000,
  smoothAccel: 1500,
  junction: (5 * 5 * (Math.SQRT2 - 1)) / 3000,
  tag: 0,
  advance: 0,
};

function machineSetup(options: RigOptions): MachineSetup {
  const extruders = options.extruders ?? 1;
  return {
    boards: [],
    steppers: options.steppers.map((stepper, i) => ({
      name: `stepper ${i}`,
      board: stepper.board ?? 0,
      oid: i + 1,
      inverted: stepper.inverted ?? false,
      stepDistanceMm: 1 / stepper.perMm,
      motion: stepper.motion,
      queue: stepper.queue ?? 0,
      enable: undefined,
    })),
    extruders: Array.from({ length: extruders }, (_, i) => ({
      name: `extruder${i}`,
      instantCornerVelocity: options.cornerVelocity ?? 1,
      smoothTimeS: 0,
    })),
    extraQueues: options.extraQueues ?? 0,
    outputs: [],
    sensors: [],
    heaters: [],
    rules: [],
    endstops: [],
    horizonS: 0.7,
    homingHorizonS: 0.5,
    hostTimeoutS: 0,
    startPositions: [],
  };
}
