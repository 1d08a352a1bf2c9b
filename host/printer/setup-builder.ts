// thread: host
import type { BoardSetup, MachineSetup } from "../machine/setup.js";
import { type HostError, isHostError, type Place } from "../shared/errors.js";
import type { SetupBuilder } from "./hardware.js";

/** Devices of one kind: who wants them, and how to make them. */
interface Entry<T> {
  readonly details: () => T;
  readonly place: Place;
}

type Lists = Required<
  Pick<
    MachineSetup,
    "steppers" | "outputs" | "sensors" | "tachometers" | "heaters" | "rules" | "endstops" | "extruders"
  >
>;
type Entries = { readonly [K in keyof Lists]: Entry<Lists[K][number]>[] };

/** What the printer as a whole adds to the devices. */
export type MachineLimits = Pick<MachineSetup, "horizonS" | "homingHorizonS" | "hostTimeoutS" | "startPositions">;

/** Collects what machine is to run. */
export class MachineSetupBuilder {
  readonly #entries: Entries = {
    steppers: [],
    outputs: [],
    sensors: [],
    tachometers: [],
    heaters: [],
    rules: [],
    endstops: [],
    extruders: [],
  };
  #queues = 0;

  /** The builder for a module whose section is at `place`: errors in its details are told as being there. */
  at(place: Place): SetupBuilder {
    const entries = this.#entries;
    function add<K extends keyof Lists>(kind: K, details: () => Lists[K][number]): number {
      const list: Entry<Lists[K][number]>[] = entries[kind];
      return list.push({ details, place }) - 1;
    }
    return {
      addStepper: (details) => add("steppers", details),
      addOutput: (details) => add("outputs", details),
      addSensor: (details) => add("sensors", details),
      addTachometer: (details) => add("tachometers", details),
      addHeater: (details) => add("heaters", details),
      addRule: (details) => add("rules", details),
      addEndstop: (details) => add("endstops", details),
      addExtruder: (details) => add("extruders", details),
      addQueue: () => ++this.#queues,
    };
  }

  /**
   * Asks for all details; those that cannot be given are passed to `report` with their place. `boards` is asked last,
   * since details may add commands.
   */
  build(
    boards: () => readonly BoardSetup[],
    limits: () => MachineLimits,
    report: (error: HostError) => void,
  ): MachineSetup {
    const entries = this.#entries;
    function make<K extends keyof Lists>(kind: K): Lists[K][number][] {
      const list: Entry<Lists[K][number]>[] = entries[kind];
      const made: Lists[K][number][] = [];
      for (const { details, place } of list) {
        try {
          made.push(details());
        } catch (error) {
          if (!isHostError(error)) throw error;
          report(error.at(place));
        }
      }
      return made;
    }
    const devices = {
      outputs: make("outputs"),
      sensors: make("sensors"),
      tachometers: make("tachometers"),
      heaters: make("heaters"),
      rules: make("rules"),
      extruders: make("extruders"),
      steppers: make("steppers"),
      endstops: make("endstops"),
    };
    return { ...devices, ...limits(), extraQueues: this.#queues, boards: boards() };
  }
}
