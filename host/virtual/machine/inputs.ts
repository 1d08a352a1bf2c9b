// thread: any
import type { BedSetup, EndstopSetup, ProbeSetup } from "../setup.js";
import type { WeightedMotors } from "./motor.js";
import { bedHeight, type Nozzle } from "./nozzle.js";

/** How a switch misbehaves. */
export interface SwitchFault {
  readonly behaviour: "normal" | "never" | "always";
  /** How much further than it should the carriage must go, mm. */
  readonly lateMm: number;
}

const NO_FAULT: SwitchFault = { behaviour: "normal", lateMm: 0 };

/** A switch that something runs into: an endstop or a probe. */
export class TriggerSwitch {
  readonly name: string;
  /** How far beyond its trigger point the thing is; positive when triggered, mm. */
  readonly #beyond: (time: number) => number;
  #fault = NO_FAULT;

  constructor(name: string, beyond: (time: number) => number) {
    this.name = name;
    this.#beyond = beyond;
  }

  set fault(fault: SwitchFault) {
    this.#fault = fault;
  }

  isTriggered(time: number): boolean {
    const { behaviour, lateMm } = this.#fault;
    if (behaviour !== "normal") return behaviour === "always";
    return this.#beyond(time) >= lateMm;
  }
}

export function endstopSwitch(setup: EndstopSetup, motors: WeightedMotors): TriggerSwitch {
  const sign = setup.side === "above" ? 1 : -1;
  return new TriggerSwitch(setup.name, (time) => sign * (motors.position(time) - setup.triggerMm));
}

export function probeSwitch(setup: ProbeSetup, nozzle: Nozzle, bed: BedSetup): TriggerSwitch {
  return new TriggerSwitch(setup.name, (time) => {
    const { x, y, z } = nozzle(time);
    return setup.triggerMm - (z - bedHeight(bed, x + setup.offsetXMm, y + setup.offsetYMm));
  });
}

/** A fan: remembers its speed and how many turns it has made. */
export class Fan {
  readonly name: string;
  #speed = 0;
  #turnsAtFull = 0;
  #time: number;

  constructor(name: string, time: number) {
    this.name = name;
    this.#time = time;
  }

  get speed(): number {
    return this.#speed;
  }

  setSpeed(speed: number, time: number): void {
    this.secondsAtFull(time);
    this.#speed = speed;
  }

  /** For how many seconds of full speed it has turned so far. */
  secondsAtFull(time: number): number {
    if (time > this.#time) {
      this.#turnsAtFull += (time - this.#time) * this.#speed;
      this.#time = time;
    }
    return this.#turnsAtFull;
  }
}
