// thread: host
import { defineModule, type GcodeCommand, type Stepper } from "../printer/module.js";
import { type MmPerS, type MmPerS2, mmPerS, mmPerS2 } from "../shared/units.js";

/** STEPPER_BUZZ: so far, so fast, so often. */
const BUZZ_MM = 1;
const BUZZ_SPEED = mmPerS(4);
const BUZZ_COUNT = 10;
/** A motor without an acceleration of its own: as good as none, and nothing that a planner stumbles over. */
const NO_ACCEL = mmPerS2(1e8);
const AXES = /^[xyz]*$/i;

/** `[force_move]`: moves single motors and sets positions, for finding faults. STEPPER_BUZZ works without the section. */
export default defineModule({
  section: "force_move",
  isAlways: true,
  object: () => undefined,

  options: (section) => ({
    isEnabled: section.bool("enable_force_move", false, { help: "Allow FORCE_MOVE and SET_KINEMATIC_POSITION." }),
  }),

  create({ isEnabled }, ctx) {
    function stepperOf(command: GcodeCommand): Stepper {
      const name = command.string("STEPPER");
      const stepper = ctx.findPart("stepper", name);
      if (stepper === undefined) throw command.wrongChoice("STEPPER", name, [...ctx.parts("stepper").keys()]);
      return stepper;
    }

    async function shift(stepper: Stepper, distance: number, speed: MmPerS, accel: MmPerS2): Promise<void> {
      await ctx.toolhead.shiftSteppers([{ stepper: stepper.index, distanceMm: distance }], speed, accel);
    }

    async function buzz(command: GcodeCommand): Promise<void> {
      const stepper = stepperOf(command);
      const wasOn = stepper.isEnabled;
      for (let i = 0; i < BUZZ_COUNT; i++) {
        await shift(stepper, BUZZ_MM, BUZZ_SPEED, NO_ACCEL);
        await shift(stepper, -BUZZ_MM, BUZZ_SPEED, NO_ACCEL);
      }
      if (!wasOn) await ctx.actions.motor(stepper.index, false);
    }

    async function move(command: GcodeCommand): Promise<void> {
      const stepper = stepperOf(command);
      const accel = command.float("ACCEL", 0, { min: 0 });
      const distance = command.mm("DISTANCE");
      const speed = command.mmPerS("VELOCITY", undefined, { above: 0 });
      await shift(stepper, distance, speed, accel > 0 ? mmPerS2(accel) : NO_ACCEL);
    }

    function axes(command: GcodeCommand, parameter: string, fallback: string): string {
      const text = command.string(parameter, fallback);
      if (AXES.test(text)) return text.toLowerCase();
      throw command.error(`${parameter} is '${text}'`, `${parameter} takes letters of axes, such as XY`);
    }

    async function setPosition(command: GcodeCommand): Promise<void> {
      const cleared = axes(command, "CLEAR_HOMED", command.string("CLEAR", ""));
      const homed = [...axes(command, "SET_HOMED", "xyz")].filter((axis) => !cleared.includes(axis)).join("");
      const target = Object.fromEntries(
        ["x", "y", "z"].flatMap((axis) => {
          const value = command.float(axis.toUpperCase(), null);
          return value === null ? [] : [[axis, value]];
        }),
      );
      await ctx.toolhead.setPosition(target, homed);
      if (cleared !== "") ctx.toolhead.clearHomed(cleared);
    }

    ctx.command("STEPPER_BUZZ", buzz, { help: "Oscillate a given stepper to help id it" });
    if (isEnabled) {
      ctx.command("FORCE_MOVE", move, { help: "Manually move a stepper; invalidates kinematics" });
      ctx.command("SET_KINEMATIC_POSITION", setPosition, { help: "Force a low-level kinematic position" });
    }
    return {};
  },
});
