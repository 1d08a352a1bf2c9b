// thread: host
import { FLAG_JOB, FLAG_LIVE_FLOW, FLAG_LIVE_SPEED, FLAG_LIVE_Z } from "../../assembly/layout.js";
import { HAS_E, HAS_F, HAS_X, HAS_Y, HAS_Z, type MoveWords } from "../gcode/move-words.js";
import type { ControlBlock } from "../shared/control.js";
import { HostError } from "../shared/errors.js";
import { feedrate } from "../shared/units.js";
import {
  createGcodeState,
  STATE_ABSOLUTE,
  STATE_ABSOLUTE_E,
  STATE_BASE,
  STATE_FLOW_FACTOR,
  STATE_LAST,
  STATE_OFFSET,
  STATE_SPEED,
  STATE_SPEED_FACTOR,
} from "./gcode-state.js";
import type { Pending } from "./hardware.js";
import type { MotionQueue } from "./motion-queue.js";
import type { MoveSource } from "./move-draft.js";
import type { GcodeMove, JobPlace, MoveTransform } from "./services.js";
import type { StatusObject } from "./status.js";
import type { PrinterToolhead } from "./toolhead.js";

const AXES = 4;
const AXIS_Z = 2;
const AXIS_E = 3;
/** The slowest speed that a move is made with, in mm/s: a plan must end some day. */
const SLOWEST_SPEED = 1e-3;

type Position = readonly [x: number, y: number, z: number, e: number];

export interface GcodeMotionOptions {
  readonly toolhead: PrinterToolhead;
  readonly queue: MotionQueue;
  readonly control: ControlBlock;
  /** The line of the print job that is running; `undefined` while none is. */
  readonly job: () => JobPlace | undefined;
  readonly isDryRun: boolean;
}

/** G-code coordinates: what G0 and G1 mean, and everything that changes that. */
export class GcodeMotion implements GcodeMove {
  readonly #options: GcodeMotionOptions;
  readonly #toolhead: PrinterToolhead;
  readonly #state = createGcodeState();
  readonly #saved = new Map<string, Float64Array>();
  readonly #scratch = new Float64Array(AXES);
  /** The one description of where moves come from: read by the tool head before anything waits. */
  readonly #source: { -readonly [K in keyof MoveSource]: MoveSource[K] } = { flags: 0, tag: -1, line: 0, flow: 1 };
  #first: MoveTransform;
  #moves = 0;
  #status: StatusObject | undefined;
  #shownLive = "";

  constructor(options: GcodeMotionOptions) {
    this.#options = options;
    this.#toolhead = options.toolhead;
    options.toolhead.gcodeState = this.#state;
    this.#first = {
      move: (x, y, z, e, speed) => this.#toolhead.queueMove(x, y, z, e, speed, this.#source),
      readPosition: (position) => position.set(this.#toolhead.position),
    };
  }

  addTransform(make: (next: MoveTransform) => MoveTransform): void {
    this.#first = make(this.#first);
  }

  get speed(): number {
    return this.#state[STATE_SPEED] ?? 0;
  }

  get extruded(): number {
    return this.#moves;
  }

  gcodePosition(): Position {
    const at = (axis: number) => (this.#state[STATE_LAST + axis] ?? 0) - (this.#state[STATE_BASE + axis] ?? 0);
    return [at(0), at(1), at(2), at(AXIS_E)];
  }

  /** Where the tool head was last sent, before transforms. */
  get lastPosition(): Position {
    const at = (axis: number) => this.#state[STATE_LAST + axis] ?? 0;
    return [at(0), at(1), at(2), at(AXIS_E)];
  }

  /** What G92 and SET_GCODE_OFFSET add together. */
  get basePosition(): Position {
    const at = (axis: number) => this.#state[STATE_BASE + axis] ?? 0;
    return [at(0), at(1), at(2), at(AXIS_E)];
  }

  /** What SET_GCODE_OFFSET adds, that of a running print included. */
  get offset(): Position {
    const at = (axis: number) => this.#state[STATE_OFFSET + axis] ?? 0;
    return [at(0), at(1), at(2) + this.#options.control.zOffset, at(AXIS_E)];
  }

  /** Factors of M220 and M221 that count now. */
  get speedFactor(): number {
    return this.#options.control.speedFactor || (this.#state[STATE_SPEED_FACTOR] ?? 1);
  }

  get flowFactor(): number {
    return this.#options.control.flowFactor || (this.#state[STATE_FLOW_FACTOR] ?? 1);
  }

  get isAbsolute(): boolean {
    return this.#state[STATE_ABSOLUTE] === 1;
  }

  get isAbsoluteE(): boolean {
    return this.#state[STATE_ABSOLUTE_E] === 1;
  }

  /** G90 and G91. */
  setAbsolute(isOn: boolean): void {
    this.#set(STATE_ABSOLUTE, isOn ? 1 : 0);
  }

  /** M82 and M83. */
  setAbsoluteE(isOn: boolean): void {
    this.#set(STATE_ABSOLUTE_E, isOn ? 1 : 0);
  }

  resync(): void {
    this.#first.readPosition(this.#scratch);
    this.#state.set(this.#scratch, STATE_LAST);
    this.#status = undefined;
  }

  /** G0 and G1. */
  readonly move = (words: MoveWords): Pending => {
    const state = this.#state;
    const { has } = words;
    if ((has & HAS_F) !== 0) {
      if (!(words.f > 0)) throw badSpeed(words);
      state[STATE_SPEED] = feedrate(words.f);
      this.#status = undefined;
    }
    if ((has & (HAS_X | HAS_Y | HAS_Z | HAS_E)) === 0) return undefined;
    const [x = 0, y = 0, z = 0, e = 0] = state;
    const isAbsolute = state[STATE_ABSOLUTE] === 1;
    if ((has & HAS_X) !== 0) state[0] = words.x + ((isAbsolute ? state[STATE_BASE] : x) ?? 0);
    if ((has & HAS_Y) !== 0) state[1] = words.y + ((isAbsolute ? state[STATE_BASE + 1] : y) ?? 0);
    if ((has & HAS_Z) !== 0) state[2] = words.z + ((isAbsolute ? state[STATE_BASE + 2] : z) ?? 0);
    if ((has & HAS_E) !== 0) {
      const isAbsoluteE = isAbsolute && state[STATE_ABSOLUTE_E] === 1;
      state[AXIS_E] = words.e + ((isAbsoluteE ? state[STATE_BASE + AXIS_E] : e) ?? 0);
    }
    this.#describe();
    this.#moves++;
    this.#status = undefined;
    let pending: Pending;
    try {
      pending = this.#send();
    } catch (error) {
      state[0] = x;
      state[1] = y;
      state[2] = z;
      state[AXIS_E] = e;
      throw error;
    }
    return pending instanceof Promise ? this.#orResync(pending) : undefined;
  };

  /** G92: the present place of these axes is called so from now on; without any, all are called 0. */
  setOrigin(values: readonly (number | undefined)[]): void {
    const isNone = values.every((value) => value === undefined);
    for (let axis = 0; axis < AXES; axis++) {
      const value = isNone ? 0 : values[axis];
      if (value !== undefined) this.#set(STATE_BASE + axis, (this.#state[STATE_LAST + axis] ?? 0) - value);
    }
  }

  /** M220: a factor on the speed of G-code moves. */
  setSpeedFactor(factor: number): Pending {
    const { control } = this.#options;
    if (this.#isInOrder) {
      this.#set(STATE_SPEED_FACTOR, factor);
      return this.#pushFactors();
    }
    control.speedFactor = factor;
    this.#status = undefined;
  }

  /** M221: a factor on all filament. */
  setFlowFactor(factor: number): Pending {
    const { control } = this.#options;
    if (this.#isInOrder) {
      this.#set(STATE_FLOW_FACTOR, factor);
      return this.#pushFactors();
    }
    control.flowFactor = factor;
    this.#status = undefined;
  }

  /**
   * SET_GCODE_OFFSET: moves the origin of axes by so much. While a job is running and the command is not its own, Z acts
   * on what is queued already: within a second, however deep the queue is. Returns what was added.
   */
  addOffset(deltas: readonly [x: number, y: number, z: number, e: number], isLive: boolean): void {
    for (const [axis, delta] of deltas.entries()) {
      if (delta === 0) continue;
      if (axis === AXIS_Z && isLive) {
        this.#options.control.zOffset += delta;
        this.#status = undefined;
        continue;
      }
      this.#set(STATE_BASE + axis, (this.#state[STATE_BASE + axis] ?? 0) + delta);
      this.#set(STATE_OFFSET + axis, (this.#state[STATE_OFFSET + axis] ?? 0) + delta);
    }
  }

  /** Moves to machine coordinates (before transforms); those that are left out stay. */
  moveBy(deltas: readonly [x: number, y: number, z: number, e: number], speed: number): Pending {
    for (const [axis, delta] of deltas.entries()) {
      this.#state[STATE_LAST + axis] = (this.#state[STATE_LAST + axis] ?? 0) + delta;
    }
    this.#status = undefined;
    this.#describe();
    return this.#attempt(speed);
  }

  /** Another extruder feeds the moves from now on: its filament is at 0, and none of it is scaled. */
  startFilament(): Pending {
    this.resync();
    this.#set(STATE_BASE + AXIS_E, this.#state[STATE_LAST + AXIS_E] ?? 0);
    return this.flowFactor === 1 ? undefined : this.setFlowFactor(1);
  }

  saveState(name: string): void {
    this.#saved.set(name, this.#state.slice());
  }

  restoreState(name: string, speed?: number): Pending {
    const saved = this.#saved.get(name);
    if (saved === undefined) {
      const known = [...this.#saved.keys()].map((key) => `'${key}'`).join(", ");
      throw new HostError("GCODE_FAILED", `there is no saved G-code state '${name}'`, {
        details: { command: "RESTORE_GCODE_STATE" },
        fix: known === "" ? "run SAVE_GCODE_STATE with this name first" : `use one of ${known}`,
      });
    }
    const state = this.#state;
    const last = state.slice(STATE_LAST, STATE_LAST + AXES);
    const isOther =
      saved[STATE_SPEED_FACTOR] !== state[STATE_SPEED_FACTOR] || saved[STATE_FLOW_FACTOR] !== state[STATE_FLOW_FACTOR];
    state.set(saved);
    state.set(last, STATE_LAST);
    // Filament that was pushed meanwhile stays pushed: the same number means the place where it is now.
    const e = (saved[STATE_LAST + AXIS_E] ?? 0) - (saved[STATE_BASE + AXIS_E] ?? 0);
    state[STATE_BASE + AXIS_E] = (last[AXIS_E] ?? 0) - e;
    this.#status = undefined;
    const pending = isOther ? this.#pushFactors() : undefined;
    if (speed === undefined) return pending;
    for (let axis = 0; axis < AXIS_E; axis++) state[STATE_LAST + axis] = saved[STATE_LAST + axis] ?? 0;
    this.#describe();
    if (pending instanceof Promise) return pending.then(() => this.#attempt(speed));
    return this.#attempt(speed);
  }

  /** The state is that of an earlier time again. */
  restored(): void {
    this.#status = undefined;
  }

  /** `gcode_move`. */
  readonly status = (): StatusObject => {
    const { speedFactor, flowFactor, offset } = this;
    // The live factors and the live offset are changed by others too.
    const live = `${speedFactor} ${flowFactor} ${offset[AXIS_Z]}`;
    if (this.#status !== undefined && this.#shownLive === live) return this.#status;
    this.#shownLive = live;
    this.#status = Object.freeze({
      speed_factor: speedFactor,
      // As Klipper shows it: in mm/min, without the factor.
      speed: this.speed * 60,
      extrude_factor: flowFactor,
      absolute_coordinates: this.isAbsolute,
      absolute_extrude: this.isAbsoluteE,
      homing_origin: offset,
      position: this.lastPosition,
      gcode_position: this.gcodePosition(),
    });
    return this.#status;
  };

  /** Factors of a job keep their place among its moves; those of a console act at once. */
  get #isInOrder(): boolean {
    return this.#options.isDryRun || this.#options.job() !== undefined;
  }

  #pushFactors(): Pending {
    const speed = this.#state[STATE_SPEED_FACTOR] ?? 1;
    return this.#options.queue.pushBarrier("factors", speed, this.#state[STATE_FLOW_FACTOR] ?? 1, 0);
  }

  #set(index: number, value: number): void {
    this.#toolhead.noteChange();
    this.#state[index] = value;
    this.#status = undefined;
  }

  #describe(): void {
    const job = this.#options.job();
    if (job === undefined) this.#toolhead.noteChange();
    this.#source.flags = FLAG_LIVE_SPEED | FLAG_LIVE_FLOW | FLAG_LIVE_Z | (job === undefined ? 0 : FLAG_JOB);
    this.#source.tag = job?.position ?? -1;
    this.#source.line = job?.line ?? 0;
    this.#source.flow = this.flowFactor;
  }

  /** Sends the tool head to the last position through all transforms. */
  #send(speed = this.speed): Pending {
    const [x = 0, y = 0, z = 0, e = 0] = this.#state;
    return this.#first.move(x, y, z, e, Math.max(speed, SLOWEST_SPEED));
  }

  #attempt(speed: number): Pending {
    try {
      const pending = this.#send(speed);
      return pending instanceof Promise ? this.#orResync(pending) : undefined;
    } catch (error) {
      this.resync();
      throw error;
    }
  }

  /** A move that fails in the middle leaves the tool head where it got to. */
  async #orResync(pending: Promise<void>): Promise<void> {
    try {
      await pending;
    } catch (error) {
      this.resync();
      throw error;
    }
  }
}

function badSpeed(words: MoveWords): HostError {
  return new HostError(
    "GCODE_PARAMETER_RANGE",
    `in '${words.line.text().trim()}', F is ${words.f}, but must be above 0`,
    {
      details: { command: "G1", parameter: "F", value: words.f, limit: 0 },
      fix: "set F to a speed in mm/min, such as F3000",
    },
  );
}
