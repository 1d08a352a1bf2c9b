// thread: host
import type { Machine } from "../machine/client.js";
import type { BoardRequest } from "../machine/setup.js";
import type { VirtualSetup } from "../virtual/setup.js";
import type { BoardOptions } from "./board-section.js";

/** What a printer needs to be connected to. */
export interface MachineOrder {
  /** Its boards, in the order of `MachineSetup.boards`. */
  readonly boards: readonly BoardOptions[];
  /** The hardware behind those boards that are virtual. */
  readonly virtual: VirtualSetup;
  /** Boards are to be reset before they are connected. */
  readonly reset: boolean;
}

/** A machine whose boards can be connected. */
export interface OpenMachine {
  readonly machine: Machine;
  /** For the call `connect`. */
  readonly requests: readonly BoardRequest[];
  /** Ends the machine and closes its ports. Boards go on by themselves: a virtual one is kept for the next time. */
  readonly close: () => Promise<void>;
}

/** Where machines come from: threads and ports, or the dry run of `compile`. */
export interface MachineSource {
  readonly open: (order: MachineOrder) => Promise<OpenMachine>;
  /** Ends what outlives a machine: virtual boards. */
  readonly close: () => Promise<void>;
}
