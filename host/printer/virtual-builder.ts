// thread: host
import type { Pin } from "../config/pins.js";
import type { BoardSetup, PinSetup, VirtualSetup } from "../virtual/setup.js";
import type { VirtualBuilder, VirtualLift, VirtualPart, VirtualPartKind, VirtualSingles } from "./hardware.js";

/** Where motors that lift something start, and how much higher each next one is, mm: a tilt to level. */
const LIFT_START = 20;
const LIFT_STEP = 0.35;

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
  #lifts: readonly VirtualLift[] = [];

  add<K extends VirtualPartKind>(kind: K, part: VirtualPart<K>): void {
    const list: VirtualPart<K>[] = this.#parts[kind];
    list.push(part);
  }

  set(values: VirtualSingles): void {
    this.#single = { ...this.#single, ...values };
  }

  lift(points: readonly VirtualLift[]): void {
    this.#lifts = points;
  }

  pin({ chip, pin, invert }: Pin): PinSetup {
    return { board: chip, pin, inverted: invert };
  }

  /** The same configuration and seed give the same virtual printer. */
  build(boards: readonly BoardSetup[], seed: number): VirtualSetup {
    const { nozzle } = this.#single;
    const lifts = this.#lifts;
    // What stands behind a virtual pin is described by its owner.
    const names = new Set(boards.map(({ name }) => name));
    const endstops = this.#parts.endstops.filter(({ pin }) => names.has(pin.board));
    const parts = { ...this.#parts, endstops };
    if (lifts.length === 0 || nozzle?.kind !== "linear") {
      return { seed, boards, machine: { ...parts, ...this.#single } };
    }
    const motors = this.#parts.motors.map((motor) => {
      const place = lifts.findIndex((lift) => lift.motor === motor.name);
      // Neither even nor in a plane by chance: up, down, up, ...
      return place < 0 ? motor : { ...motor, startMm: LIFT_START + LIFT_STEP * place * (place % 2 === 0 ? -1 : 1) };
    });
    const tilting = { kind: "tilting", x: nozzle.x, y: nozzle.y, z: lifts } as const;
    return { seed, boards, machine: { ...parts, ...this.#single, motors, nozzle: tilting } };
  }
}
