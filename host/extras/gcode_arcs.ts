// thread: host
import { type ArcPlane, arcPoints, type Point } from "../devices/arc.js";
import { RewindLog } from "../devices/rewind-log.js";
import { defineModule, type GcodeCommand } from "../printer/module.js";
import { mm } from "../shared/units.js";

const XY: ArcPlane = { first: 0, second: 1, rise: 2 };
const XZ: ArcPlane = { first: 0, second: 2, rise: 1 };
const YZ: ArcPlane = { first: 1, second: 2, rise: 0 };
/** Names of the offsets of the centre, by axis. */
const OFFSETS = ["I", "J", "K"] as const;
const PLANES: ReadonlyMap<string, ArcPlane> = new Map([
  ["G17", XY],
  ["G18", XZ],
  ["G19", YZ],
]);
/** Behind the point: far below any step. */
const DIGITS = 8;

/** `[gcode_arcs]`: G2 and G3 as many short moves. */
export default defineModule({
  section: "gcode_arcs",
  object: () => undefined,

  options: (section) => ({
    resolution: section.mm("resolution", mm(1), { above: 0, help: "Length of the moves that an arc is made of." }),
  }),

  create({ resolution }, ctx) {
    let plane = XY;
    const log = new RewindLog(XY);

    function isAbsolute(name: string): boolean {
      const { absolute_coordinates: moves, absolute_extrude: filament } = ctx.objects.status("gcode_move") ?? {};
      return name === "e" ? moves === true && filament === true : moves === true;
    }

    async function arc(command: GcodeCommand, isClockwise: boolean): Promise<void> {
      if (!isAbsolute("x"))
        throw command.error("arcs do not work with relative coordinates", "write G90 in front of them");
      if (command.has("R")) {
        throw command.error(
          "arcs by their radius (R) are not supported",
          "give the centre with I and J; slicers can do so",
        );
      }
      const offset = [offsetOf(command, plane.first), offsetOf(command, plane.second)] as const;
      if (offset[0] === 0 && offset[1] === 0) {
        const [first, second] = [OFFSETS[plane.first], OFFSETS[plane.second]];
        throw command.error(
          `'${command.text}' has no centre`,
          `write ${first} or ${second}, its distance from the start`,
        );
      }
      const [x, y, z, e] = ctx.need("gcodeMove", "printer").gcodePosition();
      const to: Point = [command.float("X", x), command.float("Y", y), command.float("Z", z)];
      const points = arcPoints([x, y, z], to, offset, isClockwise, plane, resolution);
      await command.run(script(command, points, e), command.origin);
    }

    function offsetOf(command: GcodeCommand, axis: 0 | 1 | 2): number {
      return command.float(OFFSETS[axis], 0);
    }

    function script(command: GcodeCommand, points: readonly Point[], e: number): string {
      const filament = command.float("E", null);
      const isAbsoluteE = isAbsolute("e");
      const speed = command.string("F", null);
      return points
        .map(([x, y, z], i) => {
          const words = [`G1 X${x.toFixed(DIGITS)} Y${y.toFixed(DIGITS)} Z${z.toFixed(DIGITS)}`];
          if (filament !== null) {
            const share = isAbsoluteE ? e + ((filament - e) * (i + 1)) / points.length : filament / points.length;
            words.push(`E${share.toFixed(DIGITS)}`);
          }
          if (speed !== null) words.push(`F${speed}`);
          return words.join(" ");
        })
        .join("\n");
    }

    return {
      connect() {
        const ahead = { runsAhead: true } as const;
        ctx.command("G2", (command) => arc(command, true), ahead);
        ctx.command("G3", (command) => arc(command, false), ahead);
        for (const [name, chosen] of PLANES) {
          ctx.command(
            name,
            (command) => {
              plane = chosen;
              log.note(command.position, chosen);
            },
            ahead,
          );
        }
        ctx.find("printJob")?.onRewind((position) => {
          plane = log.rewind(position);
        });
      },
    };
  },
});
