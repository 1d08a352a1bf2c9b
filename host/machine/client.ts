// thread: host
import { Worker } from "node:worker_threads";
import { createMemory } from "../core/core.js";
import { MoveRing } from "../core/move-ring.js";
import type { SharedClock } from "../shared/clock.js";
import type { ControlBlock } from "../shared/control.js";
import { HostError } from "../shared/errors.js";
import { SnapshotReader } from "../shared/snapshot.js";
import { workerUrl } from "../shared/worker-url.js";
import type {
  CallResults,
  MachineCall,
  MachineEvent,
  MachineNotice,
  MachineReady,
  MachineRequest,
  MachineWorkerData,
} from "./messages.js";

type CallName = keyof CallResults;
type CallOf<N extends CallName> = Extract<MachineCall, { readonly call: N }>;

/**
 * The machine as the host sees it: a worker thread with real or virtual boards, or the dry run of `compile`. Everything
 * is asynchronous; nothing here is needed for motion, heat or an emergency stop to be safe.
 */
export interface Machine {
  /** Asks for something and waits for the answer; rejects with a `HostError`. */
  call<N extends CallName>(call: CallOf<N>): Promise<CallResults[N]>;
  notify(notice: MachineNotice): void;
  /** Hears what machine tells; returns what ends it. */
  listen(listener: (event: MachineEvent) => void): () => void;
  /** After `configure`: the ring of moves and timed actions. Written by the toolhead only. */
  readonly ring: MoveRing;
  readonly ready: MachineReady;
  /** Print time in s now, as last published, and print time at which the plan ends. */
  readonly printTime: number;
  readonly planEnd: number;
  /** Resolves when the ring has `records` places free. The dry run makes room by doing the work. */
  room(records: number): Promise<void>;
  /** Resolves when no more than `seconds` of motion (as far as known) is still to come, counted from the printer's now. */
  drained(seconds: number): Promise<void>;
}

export interface WorkerMachineOptions {
  readonly clock: SharedClock;
  readonly control: ControlBlock;
  readonly module: WebAssembly.Module;
  readonly runners: number;
}

interface Waiting {
  readonly resolve: (value: never) => void;
  readonly reject: (error: Error) => void;
}

/** Megabytes of heap of the machine thread: a small young space keeps its collections short. */
const LIMITS = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 4 };
/** A wait looks again after so long even when nobody calls, in ms. */
const LOOK_AGAIN = 250;

/** The machine in its own thread. */
export class WorkerMachine implements Machine {
  readonly #control: ControlBlock;
  readonly #worker: Worker;
  readonly #memory: WebAssembly.Memory;
  readonly #waiting = new Map<number, Waiting>();
  readonly #listeners = new Set<(event: MachineEvent) => void>();
  /** Resolves when the thread has ended. */
  readonly ended: Promise<void>;
  #nextId = 1;
  #ring: MoveRing | undefined;
  #ready: MachineReady | undefined;
  #snapshot: SnapshotReader | undefined;
  #slots = { printTime: 0, planEnd: 0, records: 0 };

  constructor(options: WorkerMachineOptions) {
    this.#control = options.control;
    this.#memory = createMemory(true);
    const workerData: MachineWorkerData = {
      clock: options.clock.buffer,
      control: options.control.buffer,
      memory: this.#memory,
      module: options.module,
      runners: options.runners,
    };
    this.#worker = new Worker(workerUrl(import.meta.url, "./worker.js"), {
      workerData,
      name: "machine",
      resourceLimits: LIMITS,
    });
    this.#worker.on("message", (event: MachineEvent) => this.#onEvent(event));
    this.#worker.on("error", (error) => this.#onDeath(error));
    this.ended = new Promise((resolve) => {
      this.#worker.on("exit", () => {
        this.#onDeath(undefined);
        resolve();
      });
    });
  }

  get ring(): MoveRing {
    if (this.#ring === undefined) throw new Error("the machine is not configured yet");
    return this.#ring;
  }

  get ready(): MachineReady {
    if (this.#ready === undefined) throw new Error("the machine is not configured yet");
    return this.#ready;
  }

  get printTime(): number {
    return this.#snapshot?.read()[this.#slots.printTime] ?? 0;
  }

  get planEnd(): number {
    return this.#snapshot?.read()[this.#slots.planEnd] ?? 0;
  }

  async call<N extends CallName>(call: CallOf<N>): Promise<CallResults[N]> {
    const id = this.#nextId++;
    const request: MachineRequest = { id, ...call };
    const result = new Promise<CallResults[N]>((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
    this.#worker.postMessage(request);
    const answer = await result;
    if (call.call === "configure") this.#onReady(answer as MachineReady);
    return answer;
  }

  notify(notice: MachineNotice): void {
    this.#worker.postMessage(notice);
  }

  listen(listener: (event: MachineEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  async room(records: number): Promise<void> {
    while (this.ring.room < records) await this.#turned();
  }

  async drained(seconds: number): Promise<void> {
    while (this.#toCome() > seconds) await this.#turned();
  }

  /** Ends the thread; boards are not stopped by that. */
  async close(): Promise<void> {
    this.#worker.postMessage({ id: this.#nextId++, call: "close" } satisfies MachineRequest);
    await Promise.race([this.ended, new Promise((resolve) => setTimeout(resolve, 1000))]);
    await this.#worker.terminate();
  }

  /** Seconds of motion still to come by a snapshot that knows of all records; infinity before there is one. */
  #toCome(): number {
    const values = this.#snapshot?.read();
    if (values === undefined) return 0;
    const taken = (values[this.#slots.records] ?? 0) >>> 0;
    if (taken !== this.ring.written) return Number.POSITIVE_INFINITY;
    return (values[this.#slots.planEnd] ?? 0) - (values[this.#slots.printTime] ?? 0);
  }

  /** Resolves when machine has published again, or after a while. */
  #turned(): Promise<void> {
    this.#control.wakeMachine();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, LOOK_AGAIN);
      void this.#control.hostWoken(this.#control.hostWakeCount).then(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  #onReady(ready: MachineReady): void {
    this.#ready = ready;
    this.#ring = new MoveRing(this.#memory.buffer, ready.ringAddress, ready.ringCapacity);
    this.#snapshot = new SnapshotReader(ready.snapshot);
    const slotOf = (object: string, field: string): number =>
      ready.layout.fields.find((entry) => entry.object === object && entry.field === field)?.slot ?? 0;
    this.#slots = {
      printTime: slotOf("toolhead", "estimated_print_time"),
      planEnd: slotOf("toolhead", "print_time"),
      records: slotOf("steadyhand", "records"),
    };
  }

  #onEvent(event: MachineEvent): void {
    if (event.event === "answer" || event.event === "refused") {
      const waiting = this.#waiting.get(event.id);
      this.#waiting.delete(event.id);
      if (event.event === "answer") waiting?.resolve(event.result as never);
      else waiting?.reject(typeof event.error === "string" ? new Error(event.error) : HostError.fromWire(event.error));
      return;
    }
    for (const listener of this.#listeners) listener(event);
  }

  /** The thread has ended: nobody waits for ever, and the printer counts as stopped. */
  #onDeath(cause: unknown): void {
    const text = cause instanceof Error ? cause.message : "it has ended";
    const error = new HostError("PRINTER_SHUTDOWN", `the machine thread has failed: ${text}`, {
      details: { reason: text },
      fix: "boards turn heaters off and stop by themselves within seconds. Please report this with the log; run FIRMWARE_RESTART to go on.",
      cause,
    });
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
    if (cause !== undefined)
      for (const listener of this.#listeners) listener({ event: "shutdown", error: error.toWire() });
  }
}
