// thread: any
import { type Core, createMemory, instantiateCore } from "../../core/core.js";
import { MoveRing } from "../../core/move-ring.js";
import { Dictionary } from "../../mcu/dictionary.js";
import type { ControlBlock } from "../../shared/control.js";
import { HostError } from "../../shared/errors.js";
import { SnapshotWriter } from "../../shared/snapshot.js";
import { hostTime, printTime } from "../../shared/units.js";
import { Actions } from "../actions.js";
import type { Machine } from "../client.js";
import { followMotion, setUpCore, smoothFilament } from "../core-setup.js";
import { HeatSystem } from "../heat/heat-system.js";
import { HorizonWatch } from "../horizon.js";
import { Lateness } from "../lateness.js";
import type {
  CallResults,
  HomingRequest,
  HomingResult,
  MachineCall,
  MachineEvent,
  MachineNotice,
  MachineReady,
} from "../messages.js";
import { coreError, Motion } from "../motion.js";
import { Motors } from "../motors.js";
import { declarePosition, placesAt } from "../placement.js";
import type { BoardReport, BoardRequest, MachineSetup, StepperSetup } from "../setup.js";
import { shapeMotion } from "../shapers.js";
import { beginShift, endShift } from "../shift.js";
import { SlotPlan } from "../snapshot-fields.js";
import { MotionStatus } from "../status.js";
import { SINGLE_TIMEOUT, Trigger } from "../trigger.js";
import type { TextSink } from "./command-writer.js";
import { DryBoard } from "./dry-board.js";

type CallName = keyof CallResults;
type CallOf<N extends CallName> = Extract<MachineCall, { readonly call: N }>;

/** Print time of the first motion. */
const FIRST_MOTION = 0.25;
/** Between the arming of an endstop and the homing move, in s, beside what `settleTime` adds. */
const ARM_DELAY = 0.001;
/** Records that the host may write before they are planned. */
const RING_CAPACITY = 32768;
/** Compression as thorough as it gets: time does not matter much here. */
const EFFORT = 2;

/** Index of the tag among the numbers that `momentAt` leaves. */
const MOMENT_TAG = 6;

export interface DryMachineOptions {
  /** The core's module, for memory that is not shared. */
  readonly module: WebAssembly.Module;
  readonly control: ControlBlock;
  /** JSON texts of the boards' dictionaries by their names. */
  readonly dictionaries: ReadonlyMap<string, string>;
  /** Dictionary of boards that are not in `dictionaries`; without it they are an error. */
  readonly fallback?: string;
  /** Where the commands of a board go. Called once for each board. */
  readonly open: (board: string) => TextSink;
}

/** What a dry run has been set up with. */
interface Parts {
  readonly setup: MachineSetup;
  readonly core: Core;
  readonly motion: Motion;
  readonly motors: Motors;
  readonly actions: Actions;
  readonly heat: HeatSystem;
  readonly triggers: readonly Trigger[];
  readonly status: MotionStatus;
  readonly snapshot: SnapshotWriter;
  readonly ring: MoveRing;
  readonly ready: MachineReady;
}

/**
 * The machine of `compile`: the real planner, step generator, compressor and encoder, with a file for each board in
 * place of a link, and no clock. Work is done when the host has filled the ring, waits for the end of the motion, or
 * homes; so what is written depends on nothing but the job. Homing moves end at their end, heaters are at their target
 * at once, inputs are idle.
 */
export class DryMachine implements Machine {
  readonly #options: DryMachineOptions;
  readonly #listeners = new Set<(event: MachineEvent) => void>();
  readonly #horizon = new HorizonWatch();
  readonly #lateness = new Lateness();
  #boards: readonly DryBoard[] = [];
  #parts: Parts | undefined;
  /** The steppers of the present setup: what they follow can change. */
  #steppers: StepperSetup[] = [];
  /** Byte of the job at each board's peak load, and the time of that peak. */
  #peaks: { timeS: number; tag: number }[] = [];

  constructor(options: DryMachineOptions) {
    this.#options = options;
  }

  /** The boards, with what they were sent. */
  get boards(): readonly DryBoard[] {
    return this.#boards;
  }

  /** Byte of the job whose move makes the most steps on a board; -1 when no line of the job does. */
  peakTag(board: number): number {
    return this.#peaks[board]?.tag ?? -1;
  }

  get setup(): MachineSetup {
    return this.#configured().setup;
  }

  get ring(): MoveRing {
    return this.#configured().ring;
  }

  get ready(): MachineReady {
    return this.#configured().ready;
  }

  get printTime(): number {
    return this.#parts?.motion.planEnd ?? 0;
  }

  get planEnd(): number {
    return this.printTime;
  }

  listen(listener: (event: MachineEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  call<N extends CallName>(call: CallOf<N>): Promise<CallResults[N]>;
  async call(call: MachineCall): Promise<CallResults[CallName]> {
    await Promise.resolve();
    switch (call.call) {
      case "connect":
        return this.#connect(call.boards);
      case "configure":
        return this.#configure(call.setup);
      case "home":
        return this.#home(call.request);
      case "queryEndstops":
        return this.#configured().triggers.map(() => false);
      case "query":
        return this.#query(call.board, call.command, call.response);
      case "pidCalibrate":
        throw this.#noCalibration(call.heater);
      case "positionsAt":
        return placesAt(this.#configured().core, this.setup.steppers, this.#boards, printTime(call.timeS));
      case "shift":
        return this.#shift(call);
      case "follow":
        return this.#follow(call);
      case "shape":
        shapeMotion(this.#configured().core, this.setup.steppers, call);
        return null;
      case "drop":
        return this.#drop();
      case "reset":
      case "close":
        return null;
    }
  }

  notify(notice: MachineNotice): void {
    if (notice.notice === "stop") this.#stop(notice.reason);
    else if (this.#parts !== undefined) this.#instruct(this.#parts, notice);
  }

  room(records: number): Promise<void> {
    return this.#working((parts) => {
      if (parts.ring.room >= records) return;
      parts.motion.runAll();
      this.#write(parts, parts.motion.generated);
    });
  }

  drained(seconds: number): Promise<void> {
    return this.#working((parts) => {
      if (seconds > 0) parts.motion.runAll();
      else parts.motion.finish();
      this.#write(parts, parts.motion.generated);
    });
  }

  /** Ends the job: everything that waits is planned to rest and written. */
  finish(): void {
    const parts = this.#configured();
    parts.motion.finish();
    this.#write(parts, Number.POSITIVE_INFINITY);
    for (const board of this.#boards) board.writer.flush();
  }

  #connect(requests: readonly BoardRequest[]): readonly BoardReport[] {
    const { dictionaries, fallback, open } = this.#options;
    const texts = requests.map(({ name }) => {
      const text = dictionaries.get(name) ?? fallback;
      if (text !== undefined) return { name, text };
      throw new HostError("MCU_DICTIONARY", "no dictionary is given for this board", {
        details: { mcu: name, reason: "not given" },
        fix: `give the file with its firmware's dictionary: --dictionary ${name}=FILE`,
        place: { device: `mcu '${name}'` },
      });
    });
    this.#boards = texts.map(({ name, text }, i) => new DryBoard(name, i, Dictionary.parse(text, name), open(name)));
    return texts.map(({ name, text }) => ({ name, dictionary: text, state: "fresh" }));
  }

  #configure(given: MachineSetup): MachineReady {
    const setup = { ...given, steppers: [...given.steppers] };
    this.#steppers = setup.steppers;
    const { module } = this.#options;
    const boards = this.#boards;
    for (const [i, board] of boards.entries()) {
      const own = setup.boards[i];
      if (own === undefined) throw new RangeError(`the setup has no board ${i}`);
      board.configure(own);
    }
    const memory = createMemory(false);
    const core = instantiateCore(module, memory);
    const coreBoards = boards.map((board) => board.coreBoard);
    const ringAddress = setUpCore(core, setup, coreBoards, RING_CAPACITY);
    core.exports.setEffort(EFFORT);
    for (const board of boards) board.attach(core);
    const slots = new SlotPlan();
    const status = new MotionStatus(core, slots);
    const heat: HeatSystem = new HeatSystem({
      setup,
      boards,
      firstSlot: slots.slots,
      isStepperOn: (stepper) => motors.enabled[stepper] ?? false,
      onError: (error) => this.#emit({ event: "shutdown", error: error.toWire() }),
      isDry: true,
    });
    slots.append(heat.fields, heat.slots);
    const motors = new Motors(core, setup.steppers, boards, heat.outputs);
    const actions = new Actions({
      heat,
      motors,
      boards,
      smoothFilament: (extruder, timeS) => smoothFilament(core, setup, extruder, timeS),
      onMarker: (marker, timeS) => this.#emit({ event: "marker", marker, timeS }),
    });
    const motion = new Motion(core, {
      onAction: (action) => actions.add(action),
      onDrain: (mark, time) => actions.addMark(mark, time),
      onPosition: (x, y, z) => declarePosition(core, x, y, z),
    });
    motion.onFull = () => this.#makeRoom();
    core.exports.setEarliest(FIRST_MOTION);
    const snapshot = new SnapshotWriter(slots.slots);
    const ready: MachineReady = {
      ringAddress,
      ringCapacity: RING_CAPACITY,
      snapshot: snapshot.buffer,
      layout: { slots: slots.slots, fields: slots.fields },
    };
    this.#parts = {
      setup,
      core,
      motion,
      motors,
      actions,
      heat,
      triggers: setup.endstops.map((endstop) => new Trigger(endstop, boards, setup.steppers)),
      status,
      snapshot,
      ring: new MoveRing(memory.buffer, ringAddress, RING_CAPACITY),
      ready,
    };
    heat.start();
    this.#write(this.#parts, 0);
    return ready;
  }

  /** The core has no room for more commands: takes those that have come, as far as all steppers are made if possible. */
  #makeRoom(): void {
    const { motion, motors } = this.#configured();
    motors.wake();
    let hasWritten = false;
    for (const board of this.#boards) hasWritten = board.flush(motion.generated) || hasWritten;
    if (!hasWritten) for (const board of this.#boards) board.flush(Number.POSITIVE_INFINITY);
  }

  /** Writes everything that happens before print time `until`. */
  #write(parts: Parts, until: number): void {
    const { actions, core, heat, motion, motors, snapshot, status } = parts;
    const now = motion.planEnd;
    motors.wake();
    actions.perform(now, 0);
    heat.tick(now);
    heat.flush(now);
    for (const board of this.#boards) board.flush(until);
    this.#notePeaks(core);
    core.exports.releaseSegments();
    status.fill(snapshot.values, now, now, this.#horizon, this.#lateness);
    heat.publish(snapshot.values);
    snapshot.publish(hostTime(now));
    if (motors.takeChanged()) this.#emit({ event: "motors", enabled: [...motors.enabled] });
  }

  /** Where in the job a board has more to do than ever before: asked while the core remembers it. */
  #notePeaks(core: Core): void {
    for (const [i, { writer }] of this.#boards.entries()) {
      const { timeS } = writer.load.peak;
      if (timeS === this.#peaks[i]?.timeS) continue;
      const isKnown = core.exports.momentAt(0, timeS) === 1;
      const tag = core.f64[(core.exports.scratchAt() >>> 3) + MOMENT_TAG] ?? -1;
      this.#peaks[i] = { timeS, tag: isKnown ? tag : -1 };
    }
  }

  #home(request: HomingRequest): HomingResult {
    const parts = this.#configured();
    const { core, motion, setup } = parts;
    motion.finish();
    this.#write(parts, Number.POSITIVE_INFINITY);
    const armed = printTime(Math.max(FIRST_MOTION, motion.planEnd + 2 * motion.settleTime));
    const triggers = request.endstops.map(({ endstop, stepRate }) => {
      const trigger = parts.triggers[endstop];
      if (trigger === undefined) throw new RangeError(`there is no endstop ${endstop}`);
      const timeouts = trigger.setup.trsyncs.map(({ board }) => setup.boards[board]?.trsyncTimeoutS ?? SINGLE_TIMEOUT);
      trigger.arm(armed, timeouts.length === 1 ? SINGLE_TIMEOUT : Math.min(...timeouts), stepRate, request.triggered);
      return trigger;
    });
    const before = setup.steppers.map((_, i) => core.exports.stepperMade(i));
    core.exports.setEarliest(armed + motion.settleTime + ARM_DELAY);
    const status = core.exports.planMove(request.x, request.y, request.z, request.speed, request.accel);
    if (status < 0) throw coreError(status, "a homing move");
    motion.finish();
    this.#write(parts, Number.POSITIVE_INFINITY);
    for (const trigger of triggers) trigger.disarm();
    const end = motion.planEnd;
    core.exports.setEarliest(end + 2 * motion.settleTime);
    const steppers = setup.steppers.flatMap((_, i) => {
      const steps = core.exports.stepperMade(i);
      const startSteps = before[i] ?? 0;
      if (steps === startSteps) return [];
      const mm = core.exports.stepperPlace(i, steps);
      return [{ stepper: i, startSteps, triggerSteps: steps, haltSteps: steps, triggerMm: mm, haltMm: mm }];
    });
    return {
      endstops: request.endstops.map(({ endstop }) => ({ endstop, triggered: true, triggerTimeS: end })),
      steppers,
      overshootMm: 0,
      overshootBoundMm: 0,
    };
  }

  #follow({ motions }: Extract<MachineCall, { readonly call: "follow" }>): null {
    const parts = this.#configured();
    parts.motion.finish();
    this.#write(parts, Number.POSITIVE_INFINITY);
    followMotion(parts.core, this.#steppers, motions);
    return null;
  }

  #shift(request: Extract<MachineCall, { readonly call: "shift" }>): null {
    const parts = this.#configured();
    const { core, motion, setup } = parts;
    motion.finish();
    this.#write(parts, Number.POSITIVE_INFINITY);
    core.exports.setEarliest(Math.max(FIRST_MOTION, motion.planEnd + 2 * motion.settleTime));
    if (!beginShift(core, setup.steppers, request)) return null;
    motion.finish();
    this.#write(parts, Number.POSITIVE_INFINITY);
    endShift(core, setup.steppers);
    return null;
  }

  /** Every number of an answer is 0, every text empty. */
  #query(index: number, command: string, response: string): CallResults["query"] {
    const board = this.#boards[index];
    if (board === undefined) throw new RangeError(`there is no board ${index}`);
    board.write(command);
    const fields = board.dictionary.findResponse(response)?.fields ?? [];
    return Object.fromEntries(fields.map(({ kind, name }) => [name, kind === "bytes" ? new Uint8Array(0) : 0]));
  }

  #drop(): CallResults["drop"] {
    const parts = this.#configured();
    const { taken } = parts.motion;
    while (!parts.motion.drop()) this.#makeRoom();
    this.#write(parts, parts.motion.generated);
    return { plannedMoves: parts.motion.plannedMoves, taken };
  }

  #instruct({ actions, heat }: Parts, notice: Exclude<MachineNotice, { readonly notice: "stop" }>): void {
    switch (notice.notice) {
      case "heater":
        heat.setHeaterNow(notice.heater, notice.celsius);
        return;
      case "output":
        heat.setOutputNow(notice.output, notice.value);
        return;
      case "rule":
        heat.setRuleNow(notice.rule, notice.celsius, notice.minValue, notice.maxValue);
        return;
      case "control":
        heat.setControl(notice.heater, notice.control);
        return;
      case "payload":
        actions.addPayload(notice.id, notice);
        return;
      case "command":
        for (const text of notice.commands) this.#boards[notice.board]?.write(text);
        return;
      case "temperature":
      case "listen":
        return;
    }
  }

  #stop(reason: string): void {
    const error = new HostError("PRINTER_SHUTDOWN", `the job stops the printer: ${reason}`, {
      details: { reason },
      fix: "remove the command that stops the printer from the job.",
    });
    this.#emit({ event: "shutdown", error: error.toWire() });
  }

  #noCalibration(heater: number): HostError {
    const name = this.setup.heaters[heater]?.object ?? `${heater}`;
    return new HostError("PID_CALIBRATE_FAILED", `${name}: a dry run measures no temperatures`, {
      details: { heater: name, reason: "dry run" },
      fix: "run PID_CALIBRATE on the printer.",
    });
  }

  async #working(work: (parts: Parts) => void): Promise<void> {
    await Promise.resolve();
    work(this.#configured());
  }

  #configured(): Parts {
    if (this.#parts === undefined) throw new Error("the machine is not configured yet");
    return this.#parts;
  }

  #emit(event: MachineEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}
