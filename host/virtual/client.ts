// thread: any
import { Worker } from "node:worker_threads";
import { ByteRing } from "../shared/byte-ring.js";
import type { SharedClock } from "../shared/clock.js";
import { HostError } from "../shared/errors.js";
import { workerUrl } from "../shared/worker-url.js";
import type { Fault } from "./faults.js";
import type { CableBuffers, VirtualEvent, VirtualRequest, VirtualWorkerData } from "./messages.js";
import type { VirtualSetup } from "./setup.js";
import type { SimulationReport } from "./simulation.js";

/** Bytes that a cable holds in each direction: seconds of the densest print. */
const CABLE_BYTES = 1 << 18;

export interface VirtualPrinterOptions {
  readonly setup: VirtualSetup;
  readonly clock: SharedClock;
  /** Its place among the clock's runners, when the clock is in lockstep. */
  readonly runnerSlot?: number;
}

/** A virtual printer in a thread of its own, as the one who started it sees it. */
export class VirtualPrinter {
  readonly setup: VirtualSetup;
  /** Resolves when the boards are there; rejects when the setup is not usable. */
  readonly ready: Promise<void>;
  /** Resolves when it has ended: with the error that ended it, or without one after `stop`. */
  readonly ended: Promise<Error | undefined>;
  readonly #worker: Worker;
  readonly #cables: CableBuffers[];
  readonly #reports = new Map<number, (report: SimulationReport) => void>();
  #reportId = 0;

  constructor(options: VirtualPrinterOptions) {
    this.setup = options.setup;
    this.#cables = options.setup.boards.map(createCable);
    const workerData: VirtualWorkerData = {
      setup: options.setup,
      clock: options.clock.buffer,
      runnerSlot: options.runnerSlot ?? 0,
      cables: this.#cables,
    };
    this.#worker = new Worker(workerUrl(import.meta.url, "./worker.js"), { workerData, name: "virtual printer" });
    const ready = deferred<void>();
    const ended = deferred<Error | undefined>();
    this.ready = ready.promise;
    this.ended = ended.promise;
    const end = (error: Error | undefined): void => {
      ready.reject(error ?? new Error("the virtual printer was stopped before it was ready"));
      ended.resolve(error);
    };
    // Nobody may be waiting for `ready` when it fails.
    this.ready.catch(() => {});
    this.#worker.on("message", (event: VirtualEvent) => {
      if (event.kind === "ready") ready.resolve();
      else if (event.kind === "report") this.#onReport(event.id, event.report);
      else end(toError(event.error));
    });
    this.#worker.on("error", (error) => end(error instanceof Error ? error : new Error(String(error))));
    this.#worker.on("exit", () => end(undefined));
  }

  /** The cable of a board, by its place in the setup. After `reopen` ask again. */
  cable(board: number): CableBuffers {
    const cable = this.#cables[board];
    if (cable === undefined) throw new RangeError(`the virtual printer has no board ${board}`);
    return cable;
  }

  /** Opens a board's port anew and gives its new cable; one that is unplugged is closed at once. */
  reopen(board: number): CableBuffers {
    const cable = createCable();
    this.#cables[board] = cable;
    this.#post({ kind: "plug", board, cable });
    return cable;
  }

  /** Makes something go wrong from now on. */
  inject(fault: Fault): void {
    this.#post({ kind: "fault", fault });
  }

  /** Presses or releases a button or switch of the setup. */
  press(name: string, pressed: boolean): void {
    this.#post({ kind: "press", name, pressed });
  }

  /** What boards and machine have done so far. */
  report(): Promise<SimulationReport> {
    const id = this.#reportId++;
    this.#post({ kind: "report", id });
    return new Promise((resolve) => this.#reports.set(id, resolve));
  }

  /** Ends the simulation and its thread. */
  async stop(): Promise<void> {
    this.#post({ kind: "stop" });
    await this.ended;
    await this.#worker.terminate();
  }

  #post(request: VirtualRequest): void {
    this.#worker.postMessage(request);
  }

  #onReport(id: number, report: SimulationReport): void {
    this.#reports.get(id)?.(report);
    this.#reports.delete(id);
  }
}

function createCable(): CableBuffers {
  return { toBoard: ByteRing.create(CABLE_BYTES).buffer, fromBoard: ByteRing.create(CABLE_BYTES).buffer };
}

function toError(error: Extract<VirtualEvent, { kind: "ended" }>["error"]): Error | undefined {
  if (error === undefined) return undefined;
  return typeof error === "string" ? new Error(error) : HostError.fromWire(error);
}

interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: Error) => void;
}

function deferred<T>(): Deferred<T> {
  let resolve: Deferred<T>["resolve"] = () => {};
  let reject: Deferred<T>["reject"] = () => {};
  const promise = new Promise<T>((onDone, onFail) => {
    resolve = onDone;
    reject = onFail;
  });
  return { promise, resolve, reject };
}
