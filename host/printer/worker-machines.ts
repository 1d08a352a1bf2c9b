// thread: host
import { WorkerMachine } from "../machine/client.js";
import type { PortRequest } from "../machine/setup.js";
import type { SharedClock } from "../shared/clock.js";
import type { ControlBlock } from "../shared/control.js";
import { HostError } from "../shared/errors.js";
import { VirtualPrinter } from "../virtual/client.js";
import type { VirtualSetup } from "../virtual/setup.js";
import type { BoardOptions } from "./board-section.js";
import type { Log } from "./log.js";
import type { MachineOrder, MachineSource, OpenMachine } from "./machine-source.js";

/** A port that is open. */
export interface OpenPort {
  readonly request: PortRequest;
  /** Gives the port back. */
  readonly close: () => Promise<void>;
}

export interface WorkerMachinesOptions {
  readonly clock: SharedClock;
  readonly control: ControlBlock;
  /** The core's module, for shared memory. */
  readonly module: WebAssembly.Module;
  readonly log: Log;
  /** Opens a board's port, with `reset` after the board was reset; throws MCU_PORT_OPEN. Not asked for virtual boards. */
  readonly openPort: (board: BoardOptions, reset: boolean) => Promise<OpenPort>;
  /** Changes the virtual printer that a configuration gives: faults and step logs of tests. */
  readonly adjust?: (setup: VirtualSetup) => VirtualSetup;
}

/**
 * Machines in threads of their own. Virtual boards are kept when a machine ends, as real ones are: they are plugged in
 * again by the next one, unless the configuration describes other hardware by then.
 */
export class WorkerMachines implements MachineSource {
  readonly #options: WorkerMachinesOptions;
  #virtual: VirtualPrinter | undefined;
  #description = "";

  constructor(options: WorkerMachinesOptions) {
    this.#options = options;
  }

  /** The simulated printer; `undefined` when no board is virtual. */
  get virtual(): VirtualPrinter | undefined {
    return this.#virtual;
  }

  async open(order: MachineOrder): Promise<OpenMachine> {
    const { clock, control, module } = this.#options;
    const virtual = await this.#openVirtual(order);
    const ports: OpenPort[] = [];
    try {
      for (const board of order.boards) ports.push(await this.#openPort(board, order, virtual));
    } catch (error) {
      for (const port of ports) await port.close();
      throw error;
    }
    const runners = virtual === undefined ? 0 : 1;
    const machine = new WorkerMachine({ clock, control, module, runners });
    return {
      machine,
      requests: order.boards.flatMap(({ name }, i) => {
        const port = ports[i];
        return port === undefined ? [] : [{ name, port: port.request }];
      }),
      close: async () => {
        await machine.close();
        for (const port of ports) await port.close();
      },
    };
  }

  async close(): Promise<void> {
    const virtual = this.#virtual;
    this.#virtual = undefined;
    this.#description = "";
    await virtual?.stop();
  }

  #openPort(board: BoardOptions, order: MachineOrder, virtual: VirtualPrinter | undefined): Promise<OpenPort> {
    if (board.port.kind !== "virtual") return this.#options.openPort(board, order.reset);
    const at = order.virtual.boards.findIndex(({ name }) => name === board.name);
    if (virtual === undefined || at < 0) throw new Error(`there is no virtual board '${board.name}'`);
    const { toBoard, fromBoard } = virtual.reopen(at);
    const port: OpenPort = {
      request: { kind: "virtual", toBoard, fromBoard },
      close: () => Promise.resolve(),
    };
    return Promise.resolve(port);
  }

  async #openVirtual(order: MachineOrder): Promise<VirtualPrinter | undefined> {
    if (order.virtual.boards.length === 0) {
      await this.close();
      return undefined;
    }
    const { clock, adjust } = this.#options;
    const setup = adjust?.(order.virtual) ?? order.virtual;
    const description = JSON.stringify(setup);
    if (this.#virtual !== undefined && this.#description === description) return this.#virtual;
    await this.close();
    const virtual = new VirtualPrinter({ setup, clock });
    this.#virtual = virtual;
    this.#description = description;
    this.#watch(virtual);
    await virtual.ready;
    return virtual;
  }

  #watch(virtual: VirtualPrinter): void {
    void virtual.ended.then((error) => {
      if (error === undefined) return;
      if (this.#virtual === virtual) {
        this.#virtual = undefined;
        this.#description = "";
      }
      const text = error instanceof HostError ? error.format() : error.message;
      this.#options.log.error({ text }, "the virtual printer has ended");
    });
  }
}
