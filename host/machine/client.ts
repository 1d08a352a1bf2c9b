// thread: host
import type { MoveRing } from "../core/move-ring.js";
import type { CallResults, MachineCall, MachineEvent, MachineNotice, MachineReady } from "./messages.js";

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
