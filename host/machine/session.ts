// thread: machine
import { type Core, instantiateCore } from "../core/core.js";
import { encodeCommandText } from "../mcu/command-text.js";
import { SecondarySync } from "../mcu/secondary-sync.js";
import type { SharedClock } from "../shared/clock.js";
import type { ControlBlock } from "../shared/control.js";
import { HostError } from "../shared/errors.js";
import { type HostTime, hostTime, printTime, seconds } from "../shared/units.js";
import { type Answer, ask, numberOf } from "./ask.js";
import { configureBoard, pollClock, resetBoard, type StartedBoard, startBoard } from "./board-start.js";
import { followMotion, setUpCore } from "./core-setup.js";
import { Engine, stoppedError } from "./engine.js";
import type { CallResults, MachineCall, MachineEvent, MachineNotice, MachineRequest } from "./messages.js";
import { coreError, START_DELAY } from "./motion.js";
import type { BoardReport, BoardRequest, MachineSetup, StepperSetup } from "./setup.js";
import { shapeMotion } from "./shapers.js";
import { beginShift, endShift } from "./shift.js";
import { shutdownError } from "./shutdown-reasons.js";
import { Timers } from "./timers.js";

/** Records that the host may write ahead: half a minute of dense printing. */
const RING_CAPACITY = 32768;
/** Time between two looks at a move of single steppers. */
const SHIFT_LOOK = seconds(0.01);
/** Time that a reset command gets to leave. */
const RESET_PAUSE = seconds(0.05);
/** Time until a plan that had no room is looked at again. */
const DROP_RETRY = seconds(0.02);
/** A board that says nothing for so long is lost, in s, when it also leaves questions for its clock unanswered. */
const SILENCE = 5;

export interface SessionOptions {
  readonly clock: SharedClock;
  readonly control: ControlBlock;
  readonly memory: WebAssembly.Memory;
  readonly module: WebAssembly.Module;
  readonly post: (event: MachineEvent) => void;
  readonly realTime: () => number;
}

/**
 * Machine from the first connection to the end: answers the host's calls, and drives the engine once there is one. Turns
 * come from the thread's loop (see worker.ts).
 */
export class MachineSession {
  readonly #options: SessionOptions;
  readonly #timers = new Timers();
  #boards: StartedBoard[] = [];
  /** Boards whose link is there, also while they are still being started. */
  #linked: Pick<StartedBoard, "board" | "port">[] = [];
  #engine: Engine | undefined;
  /** The steppers of the present setup: what they follow can change. */
  #steppers: StepperSetup[] = [];
  #isClosed = false;
  #wanted: HostTime = hostTime(0);

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Seconds of motion that are planned ahead; 0 before there is an engine. */
  get lead(): number {
    const engine = this.#engine;
    return engine === undefined ? 0 : Math.max(0, engine.motion.planEnd - engine.printNow);
  }

  /** One turn; returns when the next one is wanted at the latest. */
  turn(): HostTime {
    const { clock, control, realTime } = this.#options;
    const now = clock.now();
    const began = realTime();
    for (const { port } of this.#linked) port.poll();
    if (control.takeStop()) this.#stop(stoppedError("emergency stop"));
    let next: HostTime;
    if (this.#engine === undefined) {
      control.beat("machine", now);
      this.#timers.runDue(now);
      next = hostTime(Math.min(now + 0.05, this.#timers.next, this.#pumpStarting(now)));
    } else {
      next = this.#guarded(() => this.#engine?.turn(now)) ?? hostTime(now + 0.05);
      this.#engine.lateness.note(this.#wanted, now, now + realTime() - began);
      this.#watchBoards(now);
    }
    this.#wanted = next;
    return next;
  }

  /** A message from the host. */
  receive(request: MachineRequest): void {
    if ("notice" in request) {
      this.#guarded(() => this.#onNotice(request));
      return;
    }
    const { id } = request;
    const result = Promise.resolve().then(() => this.#call(request));
    result.then(
      (result) => this.#options.post({ event: "answer", id, result }),
      (error: unknown) => {
        const wire =
          error instanceof HostError
            ? error.toWire()
            : error instanceof Error
              ? (error.stack ?? error.message)
              : String(error);
        this.#options.post({ event: "refused", id, error: wire });
      },
    );
  }

  /** Ends everything: boards that are in use are stopped, ports closed. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#engine?.heat.release();
    this.#engine?.pump();
    for (const { port } of this.#boards) port.close();
  }

  #call(request: MachineCall): CallResults[keyof CallResults] | Promise<CallResults[keyof CallResults]> {
    switch (request.call) {
      case "connect":
        return this.#connect(request.boards);
      case "configure":
        return this.#configure(request.setup);
      case "home":
        return this.#running().homing.run(request.request);
      case "queryEndstops":
        return this.#queryEndstops();
      case "query":
        return this.#query(request.board, request.command, request.response, request.oid);
      case "pidCalibrate":
        return this.#calibrate(request.heater, request.target, request.tolerance);
      case "positionsAt":
        return this.#positionsAt(request.timeS);
      case "shift":
        return this.#shift(request);
      case "follow":
        followMotion(this.#running().core, this.#steppers, request.motions);
        return null;
      case "shape":
        shapeMotion(this.#running().core, this.#running().setup.steppers, request);
        return null;
      case "drop":
        return this.#drop();
      case "reset":
        return this.#reset();
      case "close":
        this.close();
        return null;
    }
  }

  async #connect(requests: readonly BoardRequest[]): Promise<readonly BoardReport[]> {
    const context = {
      clock: this.#options.clock,
      timers: this.#timers,
      onGone: (name: string, reason: string) => this.#onGone(name, reason),
      onLinked: (board: StartedBoard["board"], port: StartedBoard["port"]) => this.#linked.push({ board, port }),
    };
    this.#linked = [];
    const started = await Promise.allSettled(requests.map((request, index) => startBoard(request, index, context)));
    const boards = started.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
    const failed = started.find((result) => result.status === "rejected");
    if (failed !== undefined) {
      this.#linked = [];
      for (const { port } of boards) port.close();
      throw failed.reason;
    }
    this.#boards = boards;
    for (const { board } of boards) this.#hearShutdown(board.name, board);
    return boards.map(({ report }) => report);
  }

  #hearShutdown(name: string, board: StartedBoard["board"]): void {
    for (const response of ["shutdown", "is_shutdown"]) {
      if (!board.dictionary.hasResponse(response)) continue;
      board.on(response, undefined, "shutdown", (fields) => {
        const reason = board.dictionary.staticString(fields.number("static_string_id"));
        this.#stop(this.#engine?.heat.explainShutdown(board.index) ?? shutdownError(name, reason));
      });
    }
    if (board.dictionary.hasResponse("starting")) {
      board.on("starting", undefined, "start", () => this.#stop(shutdownError(name, "it has restarted by itself")));
    }
  }

  async #configure(given: MachineSetup): Promise<CallResults["configure"]> {
    const setup = { ...given, steppers: [...given.steppers] };
    this.#steppers = setup.steppers;
    const { clock, control, memory, module, post, realTime } = this.#options;
    const now = (): HostTime => clock.now();
    const moves = await Promise.all(
      this.#boards.map(({ board }, i) => {
        const own = setup.boards[i];
        if (own === undefined) throw new RangeError(`the setup has no board ${i}`);
        return configureBoard(board, own, this.#timers, now);
      }),
    );
    const core = instantiateCore(module, memory);
    const boards = this.#boards.map(({ board }) => board);
    const coreBoards = boards.map((board, i) => ({
      frequency: board.frequency,
      slots: moves[i] ?? 0,
      stepId: board.dictionary.command("queue_step", "steppers").id,
      directionId: board.dictionary.command("set_next_step_dir", "steppers").id,
    }));
    const ringAddress = setUpCore(core, setup, coreBoards, RING_CAPACITY);
    const [first] = boards;
    for (const board of boards) {
      const secondary = first === undefined || board === first ? undefined : new SecondarySync(first.sync, board.sync);
      board.attach(core, secondary);
      if (secondary !== undefined && first !== undefined) {
        secondary.start(first.timeAt(first.sync.clockAt(now())));
        core.exports.boardClock(board.index, secondary.offset, secondary.frequency);
      }
    }
    await this.#readPositions(core, setup);
    const engine = new Engine({
      clock,
      control,
      core,
      timers: this.#timers,
      boards: this.#boards,
      setup,
      post,
      realTime,
    });
    this.#engine = engine;
    engine.turn(now());
    return {
      ringAddress,
      ringCapacity: RING_CAPACITY,
      snapshot: engine.snapshot.buffer,
      layout: { slots: engine.slots.slots, fields: engine.slots.fields },
    };
  }

  /** A board that kept its configuration keeps its counters too: our count goes on from there. */
  async #readPositions(core: Core, setup: MachineSetup): Promise<void> {
    await Promise.all(
      setup.steppers.map(async (stepper, i) => {
        const board = this.#boards[stepper.board]?.board;
        if (board === undefined) return;
        const bytes = board.command("stepper_get_position oid=%c", stepper.name).encode(stepper.oid);
        const answer = await this.#ask(board, bytes, "stepper_position", stepper.oid, stepper.name);
        const position = numberOf(answer, "pos");
        const clock = board.sync.clockAt(this.#options.clock.now());
        const status = core.exports.stepperHalt(i, stepper.inverted ? -position : position, clock);
        if (status < 0) throw coreError(status, "a stepper's position");
        const reset = board.command("reset_step_clock oid=%c clock=%u", stepper.name);
        board.sendNow(board.device, reset.encode(stepper.oid, clock % 4294967296));
      }),
    );
  }

  #ask(
    board: StartedBoard["board"],
    bytes: Uint8Array,
    response: string,
    oid: number | undefined,
    feature: string,
  ): Promise<Answer> {
    const question = { board, bytes, response, feature, ...(oid === undefined ? {} : { oid }) };
    const answer = ask(question, this.#timers, () => this.#options.clock.now());
    board.pump(this.#options.clock.now());
    return answer;
  }

  #queryEndstops(): Promise<readonly boolean[]> {
    const engine = this.#running();
    return Promise.all(
      engine.triggers.map(async ({ setup }) => {
        const board = this.#boards[setup.board]?.board;
        if (board === undefined) return false;
        const feature = `endstop ${setup.name}`;
        const bytes = board.command("endstop_query_state oid=%c", feature).encode(setup.oid);
        const state = await this.#ask(board, bytes, "endstop_state", setup.oid, feature);
        return (numberOf(state, "pin_value") !== 0) !== setup.inverted;
      }),
    );
  }

  #query(index: number, command: string, response: string, oid: number | undefined): Promise<Answer> {
    const board = this.#boards[index]?.board;
    if (board === undefined) throw new RangeError(`there is no board ${index}`);
    const bytes = encodeCommandText(board.dictionary, command, command.split(" ", 1)[0] ?? command);
    return this.#ask(board, bytes, response, oid, command.split(" ", 1)[0] ?? command);
  }

  #calibrate(heater: number, target: number, tolerance: number): Promise<CallResults["pidCalibrate"]> {
    const { heat } = this.#running();
    return new Promise((resolve, reject) => {
      heat.calibrate(heater, target, tolerance, (result) => {
        if (result instanceof HostError) reject(result);
        else resolve(result);
      });
    });
  }

  async #drop(): Promise<CallResults["drop"]> {
    // What was taken by now is planned; everything behind it in the ring is dropped.
    const taken = this.#running().motion.taken;
    while (!this.#running().motion.drop()) await this.#timers.sleep(this.#options.clock.now(), DROP_RETRY);
    return { plannedMoves: this.#running().motion.plannedMoves, taken };
  }

  #positionsAt(timeS: number): readonly number[] {
    return this.#running().placesAt(printTime(timeS));
  }

  /** Moves single steppers: nothing else may be planned meanwhile. */
  async #shift(request: Extract<MachineCall, { readonly call: "shift" }>): Promise<null> {
    const engine = this.#running();
    const { core, motion, setup } = engine;
    core.exports.setEarliest(Math.max(motion.planEnd, engine.printNow + START_DELAY));
    try {
      if (!beginShift(core, setup.steppers, request)) return null;
      engine.pump();
      const end = motion.planEnd;
      while (engine.isRunning && engine.printNow < end) {
        await this.#timers.sleep(this.#options.clock.now(), SHIFT_LOOK);
      }
    } finally {
      endShift(core, setup.steppers);
    }
    return null;
  }

  /** Asks boards to reset themselves; they must then be connected anew. */
  async #reset(): Promise<null> {
    const now = this.#options.clock.now();
    const isShutdown = this.#engine?.isRunning === false;
    for (const { board, report } of this.#boards) resetBoard(board, isShutdown || report.state === "shutdown", now);
    await this.#timers.sleep(now, RESET_PAUSE);
    return null;
  }

  #onNotice(request: MachineNotice): void {
    if (request.notice === "stop") this.#stop(stoppedError(request.reason));
    else if (this.#engine !== undefined) this.#instruct(this.#engine, request);
  }

  #instruct(engine: Engine, request: Exclude<MachineNotice, { readonly notice: "stop" }>): void {
    switch (request.notice) {
      case "heater":
        engine.heat.setHeaterNow(request.heater, request.celsius);
        return;
      case "output":
        engine.heat.setOutputNow(request.output, request.value);
        return;
      case "rule":
        engine.heat.setRuleNow(request.rule, request.celsius, request.minValue, request.maxValue);
        return;
      case "control":
        engine.heat.setControl(request.heater, request.control);
        return;
      case "temperature":
        engine.heat.setTemperature(request.sensor, request.celsius);
        return;
      case "payload":
        engine.actions.addPayload(request.id, request);
        return;
      case "command":
        this.#sendCommands(request.board, request.commands);
        return;
      case "listen":
        this.#listen(request.board, request.response, request.oid);
        return;
    }
  }

  #sendCommands(index: number, commands: readonly string[]): void {
    const board = this.#boards[index]?.board;
    if (board === undefined) return;
    for (const command of commands) {
      board.sendNow(board.device, encodeCommandText(board.dictionary, command, command.split(" ", 1)[0] ?? command));
    }
    board.pump(this.#options.clock.now());
  }

  #listen(index: number, response: string, oid: number | undefined): void {
    const board = this.#boards[index]?.board;
    if (board === undefined) return;
    const format = board.dictionary.findResponse(response);
    board.on(response, oid, response, (message) => {
      const fields: Record<string, number | Uint8Array> = {};
      for (const field of format?.fields ?? []) {
        fields[field.name] = field.kind === "bytes" ? message.bytes(field.name).slice() : message.number(field.name);
      }
      this.#options.post({ event: "response", board: index, name: response, fields });
    });
  }

  #running(): Engine {
    const engine = this.#engine;
    if (engine?.isRunning === true) return engine;
    throw stoppedError(engine === undefined ? "it is not configured yet" : "it was stopped before");
  }

  #stop(error: HostError): void {
    if (this.#engine !== undefined) this.#engine.stop(error);
    else for (const { board } of this.#boards) board.stopNow();
  }

  #onGone(name: string, reason: string): void {
    this.#stop(
      new HostError("MCU_LOST", `the connection to the board is gone: ${reason}`, {
        details: { mcu: name, silentS: 0 },
        fix: "check the cable and the power of this board, then run FIRMWARE_RESTART.",
        place: { device: `mcu '${name}'` },
      }),
    );
  }

  /** Boards that leave all questions unanswered are lost. */
  #watchBoards(now: HostTime): void {
    if (this.#engine?.isRunning !== true) return;
    for (const { board } of this.#boards) {
      const silentS = now - board.link.lastReceived;
      if (board.sync.isActive || silentS < SILENCE) continue;
      this.#stop(
        new HostError("MCU_LOST", `the board has not answered for ${silentS.toFixed(1)} s`, {
          details: { mcu: board.name, silentS },
          fix: "check the cable and the power of this board, then run FIRMWARE_RESTART.",
          place: { device: `mcu '${board.name}'` },
        }),
      );
      return;
    }
  }

  #pumpStarting(now: HostTime): number {
    let next = Number.POSITIVE_INFINITY;
    for (const { board } of this.#linked) {
      if (board.sync.isSettled) pollClock(board, now);
      next = Math.min(next, board.pump(now));
    }
    return next;
  }

  /** Whatever goes wrong inside stops the printer safely, with its stack in the log. */
  #guarded<T>(work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      this.#options.post({
        event: "log",
        level: "error",
        fields: { stack: text },
        text: "fault in the machine thread",
      });
      this.#stop(error instanceof HostError ? error : coreFault(error));
      return undefined;
    }
  }
}

function coreFault(cause: unknown): HostError<"CORE_FAULT"> {
  const text = cause instanceof Error ? cause.message : String(cause);
  return new HostError("CORE_FAULT", `an unexpected fault stopped the printer: ${text}`, {
    details: { status: Number.NaN },
    fix: "please report it with the log; run FIRMWARE_RESTART to go on.",
    cause,
  });
}
