// thread: any
import { ByteRing } from "../shared/byte-ring.js";
import { SharedClock } from "../shared/clock.js";
import { HostError } from "../shared/errors.js";
import { type HostTime, hostTime } from "../shared/units.js";
import type { VirtualEvent, VirtualRequest, VirtualWorkerData } from "./messages.js";
import { Simulation } from "./simulation.js";
import { StepFile } from "./step-file.js";

interface Cable {
  readonly toBoard: ByteRing;
  readonly fromBoard: ByteRing;
}

/**
 * Connects a simulation with the shared clock and with the rings that its boards' bytes travel in. Call `turn` whenever
 * something may have happened: on a free clock it catches up with the present, on a lockstep clock it runs to what the
 * keeper has granted.
 */
export class VirtualRunner {
  readonly clock: SharedClock;
  readonly #slot: number;
  readonly #emit: (event: VirtualEvent) => void;
  readonly #sim: Simulation;
  readonly #cables: Cable[];
  readonly #stepFile: StepFile | undefined;
  #reached: number;
  #isEnded = false;

  constructor(data: VirtualWorkerData, emit: (event: VirtualEvent) => void) {
    this.clock = SharedClock.from(data.clock);
    this.#slot = data.runnerSlot;
    this.#emit = emit;
    this.#cables = data.cables.map(({ toBoard, fromBoard }) => openCable(toBoard, fromBoard));
    const origin = this.clock.now();
    this.#reached = origin;
    const stepFile = data.setup.stepLogFile === undefined ? undefined : new StepFile(data.setup.stepLogFile);
    this.#stepFile = stepFile;
    this.#sim = new Simulation({
      setup: data.setup,
      origin,
      onBytes: (board, bytes, time) => this.#cables[board]?.fromBoard.push(time, bytes),
      onPlug: (board, isUnplugged) => {
        if (isUnplugged) this.#pull(board);
      },
      ...(stepFile === undefined
        ? {}
        : { steps: (board: number) => stepFile.sink(data.setup.boards[board]?.name ?? String(board)) }),
    });
    if (this.clock.isLockstep) this.clock.runnerReached(this.#slot, origin);
    emit({ kind: "ready" });
  }

  /** Rings that bytes for the boards come in: to be waited for. */
  get inputs(): readonly ByteRing[] {
    return this.#cables.map((cable) => cable.toBoard);
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** When something happens next by itself. */
  get nextTime(): HostTime {
    return this.#sim.nextTime;
  }

  /** Takes the bytes that have come and lets time pass. */
  turn(): void {
    if (this.#isEnded) return;
    this.#guard(() => {
      // The clock is read first: what is pushed later belongs to the next turn.
      const time = this.clock.isLockstep ? this.clock.granted : this.clock.now();
      this.#drain();
      if (time <= this.#reached) return;
      this.#sim.runTo(hostTime(time));
      this.#reached = time;
      if (this.clock.isLockstep) this.clock.runnerReached(this.#slot, hostTime(time));
    });
  }

  handle(request: VirtualRequest): void {
    if (this.#isEnded) return;
    this.#guard(() => {
      switch (request.kind) {
        case "fault":
          this.#sim.inject(request.fault);
          break;
        case "press":
          this.#sim.press(request.name, request.pressed);
          break;
        case "plug":
          this.#plug(request.board, openCable(request.cable.toBoard, request.cable.fromBoard));
          break;
        case "report":
          this.#stepFile?.flush();
          this.#emit({ kind: "report", id: request.id, report: this.#sim.report() });
          break;
        case "stop":
          this.#end(undefined);
          break;
      }
    });
  }

  #drain(): void {
    for (let board = 0; board < this.#cables.length; board++) {
      const ring = this.#cables[board]?.toBoard;
      for (let chunk = ring?.pop(); chunk !== undefined; chunk = ring?.pop()) {
        this.#sim.receive(board, chunk.bytes, hostTime(chunk.time));
      }
    }
  }

  #plug(board: number, cable: Cable): void {
    this.#pull(board);
    this.#cables[board] = cable;
    // No cable, no port: what was opened is closed at once.
    if (this.#sim.boards[board]?.unplugged === true) this.#pull(board);
  }

  #pull(board: number): void {
    this.#cables[board]?.toBoard.close();
    this.#cables[board]?.fromBoard.close();
  }

  #guard(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#end(error);
    }
  }

  #end(error: unknown): void {
    this.#isEnded = true;
    // Time must not wait for a simulation that is over.
    if (this.clock.isLockstep) this.clock.runnerLeft(this.#slot);
    for (let board = 0; board < this.#cables.length; board++) this.#pull(board);
    this.#stepFile?.close();
    this.#emit({ kind: "ended", error: error === undefined ? undefined : toWire(error) });
  }
}

function openCable(toBoard: SharedArrayBuffer, fromBoard: SharedArrayBuffer): Cable {
  return { toBoard: new ByteRing(toBoard), fromBoard: new ByteRing(fromBoard) };
}

/** An error as it is posted to another thread. */
export function toWire(error: unknown): ReturnType<HostError["toWire"]> | string {
  if (error instanceof HostError) return error.toWire();
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
