// thread: host
import type { GcodeCommand } from "../../gcode/gcode-command.js";
import { type AnyModule, defineModule } from "../module.js";
import type { RunParts } from "../run-parts.js";

const LETTERS = ["X", "Y", "Z", "E"] as const;
type Four = readonly [x: number, y: number, z: number, e: number];
const NONE: Four = [0, 0, 0, 0];
const AHEAD = { runsAhead: true } as const;

/** As M114 and GET_POSITION show coordinates. */
function shown(values: readonly number[], names: readonly string[], digits: number): string {
  return values.map((value, i) => `${names[i] ?? ""}:${value.toFixed(digits)}`).join(" ");
}

/** What an offset command adds to each axis. */
function readOffsets(command: GcodeCommand, present: Four): Four {
  const read = (axis: 0 | 1 | 2 | 3): number => {
    const to = command.float(LETTERS[axis], null);
    const by = command.float(`${LETTERS[axis]}_ADJUST`, null);
    return to !== null ? to - present[axis] : (by ?? 0);
  };
  return [read(0), read(1), read(2), read(3)];
}

/** G-code coordinates: always there, without a section. */
export function gcodeMoveModule(parts: RunParts): AnyModule {
  const { gcodeMotion: motion } = parts;
  return defineModule({
    section: "gcode_move",
    isAlways: true,
    shape: { floats: ["*"], coordinates: ["homing_origin", "position", "gcode_position"] },
    options: () => undefined,

    create(_, ctx) {
      parts.table.registerMoves(motion.move, "Move");
      ctx.on("positionSet", () => motion.resync());
      ctx.command("G20", (command) => {
        throw command.error("inches are not supported", "set the slicer to millimetres (G21)");
      });
      ctx.command("G21", () => undefined, AHEAD);
      ctx.command("G90", () => motion.setAbsolute(true), { ...AHEAD, help: "Absolute coordinates" });
      ctx.command("G91", () => motion.setAbsolute(false), { ...AHEAD, help: "Relative coordinates" });
      ctx.command("M82", () => motion.setAbsoluteE(true), { ...AHEAD, help: "Absolute extrusion" });
      ctx.command("M83", () => motion.setAbsoluteE(false), { ...AHEAD, help: "Relative extrusion" });
      ctx.command("G92", (command) => motion.setOrigin(LETTERS.map((axis) => command.float(axis, null) ?? undefined)), {
        ...AHEAD,
        help: "Call the present place so",
      });
      ctx.command("M114", (command) => command.respondRaw(shown(motion.gcodePosition(), LETTERS, 3)), {
        ...AHEAD,
        help: "Show where the tool head is",
      });
      const percent = (command: GcodeCommand): number => command.float("S", 100, { above: 0 }) / 100;
      ctx.command("M220", (command) => motion.setSpeedFactor(percent(command)), {
        ...AHEAD,
        help: "Set the speed of moves, in percent",
      });
      ctx.command("M221", (command) => motion.setFlowFactor(percent(command)), {
        ...AHEAD,
        help: "Set the flow of filament, in percent",
      });
      ctx.command(
        "SET_GCODE_OFFSET",
        (command) => {
          const deltas = readOffsets(command, motion.offset);
          const isMove = command.bool("MOVE", false);
          const speed = command.mmPerS("MOVE_SPEED", null, { above: 0 }) ?? motion.speed;
          const isLive = parts.registry.find("printJob")?.isActive === true && !ctx.isRunningJob && !ctx.isDryRun;
          motion.addOffset(deltas, isLive);
          if (!isMove) return undefined;
          return motion.moveBy(isLive ? [deltas[0], deltas[1], NONE[2], deltas[3]] : deltas, speed);
        },
        { ...AHEAD, help: "Set a virtual offset to g-code positions" },
      );
      ctx.command("SAVE_GCODE_STATE", (command) => motion.saveState(command.string("NAME", "default")), {
        ...AHEAD,
        help: "Save G-Code coordinate state",
      });
      ctx.command(
        "RESTORE_GCODE_STATE",
        (command) => {
          const name = command.string("NAME", "default");
          if (!command.bool("MOVE", false)) return motion.restoreState(name);
          return motion.restoreState(name, command.mmPerS("MOVE_SPEED", null, { above: 0 }) ?? motion.speed);
        },
        { ...AHEAD, help: "Restore a previously saved G-Code state" },
      );
      ctx.command("GET_POSITION", showPosition, { help: "Return information on the current location of the toolhead" });

      function showPosition(command: GcodeCommand): void {
        const { kinematics, toolhead } = parts;
        const xyz = [toolhead.position[0] ?? 0, toolhead.position[1] ?? 0, toolhead.position[2] ?? 0] as const;
        const places = kinematics.steppers.map((stepper, i) => ({
          name: stepper.name,
          mm: kinematics.toActuator(i, xyz),
          steps: Math.round(kinematics.toActuator(i, xyz) / stepper.stepDistance),
        }));
        const found = kinematics.toPosition(places.map(({ mm }) => mm));
        command.respondInfo(
          [
            `mcu: ${places.map(({ name, steps }) => `${name}:${steps}`).join(" ")}`,
            `stepper: ${places.map(({ name, mm }) => `${name}:${mm.toFixed(6)}`).join(" ")}`,
            `kinematic: ${shown(found, ["X", "Y", "Z"], 6)}`,
            `toolhead: ${shown([...toolhead.position], LETTERS, 6)}`,
            `gcode: ${shown(motion.lastPosition, LETTERS, 6)}`,
            `gcode base: ${shown(motion.basePosition, LETTERS, 6)}`,
            `gcode homing: ${shown(motion.offset.slice(0, 3), LETTERS, 6)}`,
          ].join("\n"),
        );
      }

      return { status: motion.status };
    },
  });
}
