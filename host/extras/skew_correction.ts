// thread: host
import {
  defineModule,
  type GcodeCommand,
  type MoveTransform,
  type SectionReader,
  type StatusObject,
} from "../printer/module.js";

/** Tangents of the angles by which the planes are out of square. */
interface Skew {
  readonly xy: number;
  readonly xz: number;
  readonly yz: number;
}

const SQUARE: Skew = { xy: 0, xz: 0, yz: 0 };
const PLANES = ["xy", "xz", "yz"] as const;

/**
 * Tangent of the angle that is missing to square, from the diagonals AC and BD and the side AD of a printed
 * parallelogram: the parallelogram law gives the other side, the law of cosines the angle. NaN when there is none such.
 */
function skewOf(ac: number, bd: number, ad: number): number {
  const side = Math.sqrt((ac * ac + bd * bd) / 2 - ad * ad);
  return Math.tan(Math.PI / 2 - Math.acos((ac * ac - side * side - ad * ad) / (2 * side * ad)));
}

function readSkew(section: SectionReader): Skew {
  return {
    xy: section.float("xy_skew", 0, { help: "Skew of the plane; written by SAVE_CONFIG." }),
    xz: section.float("xz_skew", 0, { help: "Skew of the plane; written by SAVE_CONFIG." }),
    yz: section.float("yz_skew", 0, { help: "Skew of the plane; written by SAVE_CONFIG." }),
  };
}

/** `[skew_correction]`: prints square on a printer that is not. `[skew_correction NAME]` holds a saved profile. */
export default defineModule({
  section: "skew_correction",
  named: "optional",
  object: (section) => (section === "skew_correction" ? "skew_correction" : undefined),

  options: (section) => {
    if (section.label !== "") {
      readSkew(section);
      return null;
    }
    const stored = section.config.ofKind("skew_correction").filter(({ label }) => label !== "");
    return { profiles: new Map(stored.map((profile) => [profile.label, readSkew(profile)])) };
  },

  create(options, ctx) {
    if (options === null) return {};
    const { profiles } = options;
    let skew = SQUARE;
    let status: StatusObject = Object.freeze({ current_profile_name: "" });

    function use(next: Skew, name: string): void {
      skew = next;
      status = Object.freeze({ current_profile_name: name });
      ctx.find("gcodeMove")?.resync();
    }

    function correct(next: MoveTransform): MoveTransform {
      return {
        move: (x, y, z, e, speed) => {
          const { xy, xz, yz } = skew;
          return next.move(x - y * xy - z * (xz - xy * yz), y - z * yz, z, e, speed);
        },
        readPosition: (position) => {
          next.readPosition(position);
          const [x = 0, y = 0, z = 0] = position;
          const straightY = y + z * skew.yz;
          position[0] = x + straightY * skew.xy + z * (skew.xz - skew.xy * skew.yz);
          position[1] = straightY;
        },
      };
    }

    function set(command: GcodeCommand): void {
      if (command.bool("CLEAR", false)) {
        use(SQUARE, "");
        return;
      }
      let changed = skew;
      for (const plane of PLANES) {
        const text = command.string(plane.toUpperCase(), null);
        if (text === null) continue;
        const [ac = Number.NaN, bd = Number.NaN, ad = Number.NaN] = text.split(",").map(Number);
        const factor = skewOf(ac, bd, ad);
        if (!Number.isFinite(factor)) {
          throw command.error(
            `${plane.toUpperCase()} is '${text}', which are not the lengths AC, BD and AD of a printed square`,
            `write SET_SKEW ${plane.toUpperCase()}=140.4,142.8,99.8`,
          );
        }
        changed = { ...changed, [plane]: factor };
      }
      use(changed, "");
    }

    const shown = (factor: number): string => {
      const angle = Math.atan(factor);
      return `${angle.toFixed(6)} radians, ${((angle * 180) / Math.PI).toFixed(2)} degrees`;
    };

    function get(command: GcodeCommand): void {
      command.respondInfo(PLANES.map((plane) => `${plane.toUpperCase()} skew: ${shown(skew[plane])}`).join("\n"));
    }

    function calculate(command: GcodeCommand): void {
      const length = (name: string): number => command.float(name, undefined, { above: 0 });
      const factor = skewOf(length("AC"), length("BD"), length("AD"));
      if (!Number.isFinite(factor)) throw command.error("no parallelogram has these lengths", "measure them again");
      command.respondInfo(`Calculated skew: ${shown(factor)}`);
    }

    function profile(command: GcodeCommand): void {
      const load = command.string("LOAD", null);
      const save = command.string("SAVE", null);
      const remove = command.string("REMOVE", null);
      const values = ctx.need("configValues", "printer");
      if (load !== null) {
        const found = profiles.get(load);
        if (found === undefined) throw command.wrongChoice("LOAD", load, [...profiles.keys()]);
        use(found, load);
      } else if (save !== null) {
        profiles.set(save, skew);
        for (const plane of PLANES) values.save(`skew_correction ${save}`, `${plane}_skew`, skew[plane]);
        status = Object.freeze({ current_profile_name: save });
        command.respondInfo(`The skew is profile '${save}' now. Run SAVE_CONFIG to keep it.`);
      } else if (remove !== null) {
        if (!profiles.delete(remove)) throw command.wrongChoice("REMOVE", remove, [...profiles.keys()]);
        values.removeSection(`skew_correction ${remove}`);
        command.respondInfo(`Profile '${remove}' is gone. Run SAVE_CONFIG to remove it for good.`);
      } else {
        throw command.error("SKEW_PROFILE says not what to do", "write LOAD=<name>, SAVE=<name> or REMOVE=<name>");
      }
    }

    return {
      connect() {
        ctx.need("gcodeMove", "printer").addTransform(correct);
        ctx.command("SET_SKEW", set, {
          help: "Sets the skew from lengths of a printed square: XY, XZ, YZ, or CLEAR=1.",
        });
        ctx.command("GET_CURRENT_SKEW", get, { help: "Tells the skew that is corrected." });
        ctx.command("CALC_MEASURED_SKEW", calculate, { help: "Tells the skew of a printed square: AC, BD, AD." });
        ctx.command("SKEW_PROFILE", profile, { help: "Loads, saves or removes a skew: LOAD, SAVE, REMOVE." });
      },
      status: () => status,
    };
  },
});
