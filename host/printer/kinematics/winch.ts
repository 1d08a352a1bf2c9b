// thread: host
import type { MoveDraft } from "../move-draft.js";
import type { Stepper } from "../services.js";
import { addStepper, readStepper, type StepperOptions } from "../stepper.js";
import type { ContextOf, HomingStep, Kinematics, KinematicsKind, Xyz } from "./kinematics.js";
import { notHomed } from "./move-errors.js";
import { trilaterate } from "./trilaterate.js";

const LETTERS = "abcdefghijklmnopqrstuvwxyz";
/** A cable cannot be wound from fewer places than this. */
const LEAST_WINCHES = 3;
/** There are no switches: the head is put where it belongs by hand, and G28 takes it to be there. */
const ORIGIN: Xyz = [0, 0, 0];

interface Winch {
  readonly stepper: StepperOptions;
  readonly anchor: Xyz;
}

class WinchKinematics implements Kinematics {
  readonly steppers: readonly Stepper[];
  readonly minimum: Xyz;
  readonly maximum: Xyz;
  readonly #winches: readonly Winch[];
  #isHomed = false;

  constructor(winches: readonly Winch[], contextOf: ContextOf) {
    this.#winches = winches;
    this.steppers = winches.map(({ stepper, anchor: [x, y, z] }) =>
      addStepper(contextOf(stepper.name), stepper, { motion: () => ({ kind: "winch", x, y, z }) }),
    );
    const ends = (axis: 0 | 1 | 2): readonly number[] => winches.map(({ anchor }) => anchor[axis]);
    this.minimum = [Math.min(...ends(0)), Math.min(...ends(1)), Math.min(...ends(2))];
    this.maximum = [Math.max(...ends(0)), Math.max(...ends(1)), Math.max(...ends(2))];
  }

  get homedAxes(): string {
    return this.#isHomed ? "xyz" : "";
  }

  /** The anchors stand around what can be reached; how far, nobody but the owner knows. */
  checkMove(move: MoveDraft): void {
    if (move.isKinematic && !this.#isHomed) throw notHomed("xyz");
  }

  setHomed(axes: string): void {
    if (axes !== "") this.#isHomed = true;
  }

  clearHomed(axes: string): void {
    if (axes !== "") this.#isHomed = false;
  }

  homingSteps(): readonly HomingStep[] {
    return [{ axes: "xyz", from: ORIGIN, to: ORIGIN, endstops: [], homing: undefined }];
  }

  toActuator(stepper: number, [x, y, z]: Xyz): number {
    const anchor = this.#winches[stepper]?.anchor;
    return anchor === undefined ? Number.NaN : Math.hypot(x - anchor[0], y - anchor[1], z - anchor[2]);
  }

  toPosition(actuators: readonly number[]): Xyz {
    const cables = this.#winches.slice(0, LEAST_WINCHES);
    return trilaterate(
      cables.map(({ anchor: [x, y, height] }, i) => ({ x, y, height, arm: actuators[i] ?? Number.NaN })),
    );
  }

  connect(): void {}
}

/** A tool head that hangs on cables. */
export const winch: KinematicsKind = {
  name: "winch",
  sections: [...LETTERS].map((letter) => `stepper_${letter}`),
  read(printer) {
    const names = [...LETTERS].map((letter) => `stepper_${letter}`);
    const count = Math.max(
      LEAST_WINCHES,
      names.findIndex((name) => !printer.config.has(name)),
    );
    const winches = names.slice(0, count).map((name): Winch => {
      const section = printer.config.section(name);
      const at = (axis: string): number =>
        section.mm(`anchor_${axis}`, undefined, { help: `Where the cable leaves its winch, ${axis}.` });
      return { stepper: readStepper(section), anchor: [at("x"), at("y"), at("z")] };
    });
    return (contextOf) => new WinchKinematics(winches, contextOf);
  },
};
