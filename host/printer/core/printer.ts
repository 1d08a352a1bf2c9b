// thread: host
import type { Choices, SectionReader } from "../../config/section-reader.js";
import type { GcodeCommand } from "../../gcode/gcode-command.js";
import { mmPerS, mmPerS2, ratio, seconds } from "../../shared/units.js";
import type { ContextOf, Kinematics } from "../kinematics/kinematics.js";
import { none } from "../kinematics/none.js";
import { type AnyModule, defineModule } from "../module.js";
import { readMotionLimits } from "../motion-limits.js";
import type { RunParts } from "../run-parts.js";
import type { MotionLimits } from "../services.js";
import type { StatusObject } from "../status.js";
import { kinematicsKinds } from "./kinds.js";

interface PrinterOptions {
  readonly limits: MotionLimits;
  readonly make: (contextOf: ContextOf) => Kinematics;
}

function readPrinter(section: SectionReader): PrinterOptions {
  const [first = none.name, ...others] = kinematicsKinds.keys();
  const names: Choices<string> = [first, ...others];
  const name = section.choice("kinematics", names, undefined, {
    help: "How the motors move the tool head.",
  });
  const limits = readMotionLimits(section);
  const kind = kinematicsKinds.get(name) ?? none;
  const make = kind.read(section, { maxVelocity: limits.velocity, maxAccel: limits.accel });
  return { limits, make };
}

/** `[printer]`: the kinematics, the limits of all moves, and the commands that change them. */
export function printerModule(parts: RunParts): AnyModule {
  return defineModule({
    section: "printer",
    object: () => "toolhead",
    shape: {
      floats: ["*"],
      ints: ["stalls"],
      coordinates: ["position", "axis_minimum", "axis_maximum"],
    },
    options: readPrinter,

    create({ limits, make }, ctx) {
      const { toolhead } = parts;
      toolhead.limits.set(limits);
      parts.kinematics = make(parts.contextOf);
      let status: StatusObject = Object.freeze({});
      let shown: Float64Array = new Float64Array(0);
      let shownAxes = "";
      let shownExtruder = "";

      /** Numbers of the status, to see whether anything has changed. */
      function numbers(): Float64Array {
        return Float64Array.from([
          ...toolhead.position,
          ...toolhead.limits.row,
          ...toolhead.minimum,
          ...toolhead.maximum,
        ]);
      }

      function showLimits(command: GcodeCommand): void {
        const { velocity, accel, minimumCruiseRatio, squareCornerVelocity } = toolhead.limits;
        command.respondInfo(
          `max_velocity: ${velocity.toFixed(6)}\nmax_accel: ${accel.toFixed(6)}\n` +
            `minimum_cruise_ratio: ${minimumCruiseRatio.toFixed(6)}\n` +
            `square_corner_velocity: ${squareCornerVelocity.toFixed(6)}`,
        );
      }

      function setLimits(command: GcodeCommand): void {
        const velocity = command.mmPerS("VELOCITY", null, { above: 0 });
        const accel = command.mmPerS2("ACCEL", null, { above: 0 });
        const corner = command.mmPerS("SQUARE_CORNER_VELOCITY", null, { min: 0 });
        const toDecel = command.mmPerS2("ACCEL_TO_DECEL", null, { above: 0 });
        let cruise: number | null = command.float("MINIMUM_CRUISE_RATIO", null, { min: 0, below: 1 });
        // The old parameter, as slicers still send it.
        if (cruise === null && toDecel !== null) cruise = 1 - Math.min(1, toDecel / (accel ?? toolhead.limits.accel));
        if (velocity === null && accel === null && corner === null && cruise === null) showLimits(command);
        toolhead.setLimits({
          ...(velocity === null ? {} : { velocity: mmPerS(velocity) }),
          ...(accel === null ? {} : { accel: mmPerS2(accel) }),
          ...(cruise === null ? {} : { minimumCruiseRatio: ratio(cruise) }),
          ...(corner === null ? {} : { squareCornerVelocity: mmPerS(corner) }),
        });
      }

      function setAccel(command: GcodeCommand): void {
        const accel = command.mmPerS2("S", null, { above: 0 });
        const [print, travel] = [command.mmPerS2("P", null, { above: 0 }), command.mmPerS2("T", null, { above: 0 })];
        const both = print === null || travel === null ? null : mmPerS2(Math.min(print, travel));
        const wanted = accel ?? both;
        if (wanted === null) command.respondInfo(`Invalid M204 command "${command.text}"`);
        else toolhead.setLimits({ accel: wanted });
      }

      ctx.command("M204", setAccel, { help: "Set the acceleration of moves", runsAhead: true });
      ctx.command("SET_VELOCITY_LIMIT", setLimits, { help: "Set printer velocity limits", runsAhead: true });
      ctx.command(
        "G4",
        (command) => {
          const seconds_ = command.has("S") ? command.float("S", undefined, { min: 0 }) : undefined;
          const wait = seconds_ ?? command.float("P", 0, { min: 0 }) / 1000;
          return toolhead.dwell(seconds(wait));
        },
        { help: "Wait for P milliseconds or S seconds", runsAhead: true },
      );
      ctx.command("M400", () => toolhead.drain(), { help: "Wait until all moves are done", runsAhead: true });

      return {
        connect: () => parts.kinematics.connect(),
        status: () => {
          const now = numbers();
          const { homedAxes, extruder } = toolhead;
          const isSame =
            now.length === shown.length &&
            now.every((value, i) => value === shown[i]) &&
            shownAxes === homedAxes &&
            shownExtruder === extruder;
          if (isSame) return status;
          shown = now;
          shownAxes = homedAxes;
          shownExtruder = extruder;
          const { velocity, accel, minimumCruiseRatio, squareCornerVelocity } = toolhead.limits;
          status = Object.freeze({
            homed_axes: homedAxes,
            axis_minimum: [...toolhead.minimum, 0],
            axis_maximum: [...toolhead.maximum, 0],
            max_velocity: velocity,
            max_accel: accel,
            minimum_cruise_ratio: minimumCruiseRatio,
            square_corner_velocity: squareCornerVelocity,
            extruder,
            position: [...toolhead.position],
          });
          return status;
        },
      };
    },
  });
}
