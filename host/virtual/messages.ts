// thread: any
import type { WireError } from "../shared/errors.js";
import type { Fault } from "./faults.js";
import type { VirtualSetup } from "./setup.js";
import type { SimulationReport } from "./simulation.js";

/** The two directions of one board's cable (`ByteRing` buffers). */
export interface CableBuffers {
  readonly toBoard: SharedArrayBuffer;
  readonly fromBoard: SharedArrayBuffer;
}

/** What the simulation's thread is started with (`workerData`). */
export interface VirtualWorkerData {
  readonly setup: VirtualSetup;
  /** Buffer of the printer's `SharedClock`. */
  readonly clock: SharedArrayBuffer;
  /** Its place among the clock's runners, when the clock is in lockstep. */
  readonly runnerSlot: number;
  /** One for each board, in the setup's order. */
  readonly cables: readonly CableBuffers[];
}

/** What the simulation's thread is asked for. */
export type VirtualRequest =
  | { readonly kind: "fault"; readonly fault: Fault }
  | { readonly kind: "press"; readonly name: string; readonly pressed: boolean }
  /** The port of a board was opened again. */
  | { readonly kind: "plug"; readonly board: number; readonly cable: CableBuffers }
  | { readonly kind: "report"; readonly id: number }
  | { readonly kind: "stop" };

/** What the simulation's thread tells. */
export type VirtualEvent =
  | { readonly kind: "ready" }
  | { readonly kind: "report"; readonly id: number; readonly report: SimulationReport }
  /** The simulation has ended: after `stop` without an error, or because it cannot go on. */
  | { readonly kind: "ended"; readonly error: WireError | string | undefined };
