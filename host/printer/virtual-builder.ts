// thread: host
import type { Pin } from "../config/pins.js";
import type { BoardSetup, PinSetup, VirtualSetup } from "../virtual/setup.js";
import type { VirtualBuilder, VirtualPart, VirtualPartKind, VirtualSingles } from "./hardware.js";

type PartLists = { [K in VirtualPartKind]: VirtualPart<K>[] };

/** Collects what the virtual printer consists of. */
export class VirtualSetupBuilder implements VirtualBuilder {
  readonly #parts: PartLists = {
    motors: [],
    rails: [],
    endstops: [],
    stalls: [],
    probes: [],
    blTouches: [],
    heaters: [],
    sensors: [],
    fans: [],
    switches: [],
    drivers: [],
  };
  #single: VirtualSingles = {};

  add<K extends VirtualPartKind>(kind: K, part: VirtualPart<K>): void {
    const list: VirtualPart<K>[] = this.#parts[kind];
    list.push(part);
  }

  set(values: VirtualSingles): void {
    this.#single = { ...this.#single, ...values };
  }

  pin({ chip, pin, invert }: Pin): PinSetup {
    return { board: chip, pin, inverted: invert };
  }

  /** The same configuration and seed give the same virtual printer. */
  build(boards: readonly BoardSetup[], seed: number): VirtualSetup {
    return { seed, boards, machine: { ...this.#parts, ...this.#single } };
  }
}
