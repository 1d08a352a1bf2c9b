// thread: host
import type { MoveRecord } from "../core/move-ring.js";
import type { StepperMotion } from "../machine/setup.js";
import type { MmPerS, MmPerS2, Seconds } from "../shared/units.js";
import type { EventHub } from "./events.js";
import { checkExtrusion } from "./extrusion-limits.js";
import { STATE_SIZE } from "./gcode-state.js";
import type { Pending } from "./hardware.js";
import type { Kinematics } from "./kinematics/kinematics.js";
import type { CurrentLimits } from "./motion-limits.js";
import type { MotionQueue } from "./motion-queue.js";
import { MoveDraft, type MoveSource, SHORTEST_MOVE } from "./move-draft.js";
import { Rewinder } from "./rewinder.js";
import type { ExtruderPart, JobPlace, MotionLimits, Shapers, StepperShift, Target, Toolhead } from "./services.js";

/** Acceleration of moves that only push filament, before the extruder's own limit, in mm/s^2. */
const NO_ACCEL_LIMIT = 1e8;

const NO_SOURCE: MoveSource = { flags: 0, tag: -1, line: 0, flow: 1 };

export interface ToolheadOptions {
  readonly queue: MotionQueue;
  readonly limits: CurrentLimits;
  readonly events: EventHub;
  readonly kinematics: () => Kinematics;
  /** The line of the print job that is running; `undefined` while none is. */
  readonly job: () => JobPlace | undefined;
  /** G-code's state is that of an earlier time again. */
  readonly onRestored: () => void;
}

/** The tool head: checks and limits moves, and writes them into the queue. */
export class PrinterToolhead implements Toolhead {
  readonly position = new Float64Array(4);
  /** Sums of all moves since the start, in mm: the way of the nozzle, and the filament that was pushed in the end. */
  readonly totals = { distance: 0, filament: 0 };
  readonly limits: CurrentLimits;
  /** State of G-code that is noted behind each move. */
  gcodeState: Float64Array = new Float64Array(STATE_SIZE);
  readonly #queue: MotionQueue;
  readonly #events: EventHub;
  readonly #kinematics: () => Kinematics;
  readonly #rewinder: Rewinder;
  readonly #draft = new MoveDraft();
  readonly #record: MoveRecord = {
    flags: 0,
    x: 0,
    y: 0,
    z: 0,
    e: 0,
    speed: 0,
    speedCap: 0,
    accel: 0,
    smoothAccel: 0,
    junction: 0,
    tag: -1,
    advance: 0,
  };
  #extruder: ExtruderPart | undefined;

  constructor(options: ToolheadOptions) {
    this.#queue = options.queue;
    this.limits = options.limits;
    this.#events = options.events;
    this.#kinematics = options.kinematics;
    this.#rewinder = new Rewinder({
      toolhead: this,
      queue: options.queue,
      job: options.job,
      gcodeState: () => this.gcodeState,
      onRestored: options.onRestored,
    });
  }

  get kinematics(): Kinematics {
    return this.#kinematics();
  }

  get homedAxes(): string {
    return this.kinematics.homedAxes;
  }

  get minimum(): readonly [number, number, number] {
    return this.kinematics.minimum;
  }

  get maximum(): readonly [number, number, number] {
    return this.kinematics.maximum;
  }

  get extruder(): string {
    return this.#extruder?.name ?? "";
  }

  /** The active extruder. */
  get activeExtruder(): ExtruderPart | undefined {
    return this.#extruder;
  }

  setLimits(limits: Partial<MotionLimits>): void {
    this.#rewinder.noteChange();
    this.limits.set(limits);
  }

  /** The extruder that the moves from now on feed. Its filament counts from 0. */
  async activate(extruder: ExtruderPart, isFirst: boolean): Promise<void> {
    this.#extruder = extruder;
    if (!isFirst) await this.#queue.pushBarrier("setExtruder", extruder.index, 0, 0);
    this.#events.emit("extruder", { name: extruder.name });
  }

  move(x: number, y: number, z: number, e: number, speed: number): Pending {
    return this.queueMove(x, y, z, e, speed, NO_SOURCE);
  }

  moveTo(target: Target, speed: MmPerS): Pending {
    const [x = 0, y = 0, z = 0, e = 0] = this.position;
    return this.move(target.x ?? x, target.y ?? y, target.z ?? z, target.e ?? e, speed);
  }

  /** `move` with where it comes from. */
  queueMove(x: number, y: number, z: number, e: number, speed: number, source: MoveSource): Pending {
    const draft = this.#draft;
    const { position, limits } = this;
    draft.x = x;
    draft.y = y;
    draft.z = z;
    draft.dx = x - (position[0] ?? 0);
    draft.dy = y - (position[1] ?? 0);
    draft.dz = z - (position[2] ?? 0);
    const filament = e - (position[3] ?? 0);
    draft.de = filament * source.flow;
    const { dx, dy, dz } = draft;
    draft.distance = Math.sqrt(dx * dx + dy * dy + dz * dz);
    draft.isKinematic = draft.distance >= SHORTEST_MOVE;
    if (draft.isKinematic) {
      draft.speedCap = limits.velocity;
      draft.accel = limits.accel;
      this.kinematics.checkMove(draft);
    } else {
      draft.dx = 0;
      draft.dy = 0;
      draft.dz = 0;
      draft.distance = Math.abs(draft.de);
      if (!(draft.distance >= SHORTEST_MOVE)) return undefined;
      draft.speedCap = speed;
      draft.accel = NO_ACCEL_LIMIT;
    }
    if (draft.de !== 0) checkExtrusion(this.#extruder, draft);
    return this.#write(draft, filament, speed, source);
  }

  async dwell(time: Seconds): Promise<void> {
    await this.#queue.pushBarrier("dwell", time, 0, 0, time);
  }

  drain(): Promise<void> {
    return this.#queue.drain();
  }

  settle(): Pending {
    return this.#queue.settle();
  }

  get queued(): Seconds {
    return this.#queue.queued;
  }

  takeBack(): Promise<JobPlace | undefined> {
    return this.#rewinder.takeBack();
  }

  /** Motion that is queued by now is not taken back: something live has been seen or changed behind it. */
  settleHere(): void {
    this.#rewinder.settleHere();
  }

  /** Somebody else than the job is about to change what its further moves depend on. */
  noteChange(): void {
    this.#rewinder.noteChange();
  }

  /** Takes the tool head to be somewhere without telling machine: what was queued from there on was dropped. */
  assume(x: number, y: number, z: number, e: number): void {
    this.position.set([x, y, z, e]);
  }

  async shiftSteppers(shifts: readonly StepperShift[], speed: MmPerS, accel: MmPerS2): Promise<void> {
    const [x = 0, y = 0, z = 0] = this.position;
    await this.drain();
    await this.#queue.wait(this.#queue.machine.call({ call: "shift", x, y, z, shifts, speed, accel }));
    this.#queue.journal.skipMoves(1);
    await this.setPosition({});
  }

  /** Lets steppers follow something else from here on. Motion comes to rest first. */
  async follow(motions: readonly { readonly stepper: number; readonly motion: StepperMotion }[]): Promise<void> {
    await this.drain();
    await this.#queue.wait(this.#queue.machine.call({ call: "follow", motions }));
    await this.setPosition({});
  }

  async setShapers(shapers: Shapers): Promise<void> {
    await this.drain();
    await this.#queue.wait(this.#queue.machine.call({ call: "shape", ...shapers }));
  }

  async setPosition(target: Target, homed = ""): Promise<void> {
    const { position } = this;
    position[0] = target.x ?? position[0] ?? 0;
    position[1] = target.y ?? position[1] ?? 0;
    position[2] = target.z ?? position[2] ?? 0;
    position[3] = target.e ?? position[3] ?? 0;
    await this.#queue.pushBarrier("setPosition", position[0], position[1], position[2]);
    if (homed !== "") this.kinematics.setHomed(homed);
    this.#events.emit("positionSet", undefined);
  }

  clearHomed(axes: string): void {
    const before = this.homedAxes;
    this.kinematics.clearHomed(axes);
    const gone = [...before].filter((axis) => !this.homedAxes.includes(axis)).join("");
    if (gone !== "") this.#events.emit("unhomed", { axes: gone });
  }

  #write(draft: MoveDraft, filament: number, speed: number, source: MoveSource): Pending {
    const { position, limits } = this;
    const record = this.#record;
    const [x0 = 0, y0 = 0, z0 = 0, e0 = 0] = position;
    record.flags = source.flags;
    // An axis that does not move keeps the very number that it had: no step comes of rounding.
    if (draft.isKinematic) {
      position[0] = draft.x;
      position[1] = draft.y;
      position[2] = draft.z;
    }
    position[3] = (position[3] ?? 0) + filament;
    record.x = position[0] ?? 0;
    record.y = position[1] ?? 0;
    record.z = position[2] ?? 0;
    record.e = filament;
    if (draft.isKinematic) this.totals.distance += draft.distance;
    this.totals.filament += draft.de;
    record.speed = speed;
    record.speedCap = draft.speedCap;
    record.accel = draft.accel;
    record.smoothAccel = limits.smoothAccel;
    record.junction = limits.junction;
    record.tag = source.tag;
    record.advance = this.#extruder?.pressureAdvance ?? 0;
    const sequence = this.#queue.sequence;
    const time = draft.distance / Math.min(speed, draft.speedCap);
    const pending = this.#queue.pushMove(record, source.line, time);
    this.#queue.journal.setValues(sequence, record.x, record.y, record.z, position[3], speed, source.flags);
    this.#queue.journal.setStart(sequence, x0, y0, z0, e0);
    this.#queue.journal.setState(sequence, limits.row, this.gcodeState);
    return pending;
  }
}
