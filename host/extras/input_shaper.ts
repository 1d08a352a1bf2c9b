// thread: host
import {
  defineModule,
  type GcodeCommand,
  type SectionReader,
  type ShaperSetup,
  type StatusObject,
} from "../printer/module.js";
import { errorText } from "../shared/errors.js";

const AXES = ["x", "y", "z"] as const;
type Axis = (typeof AXES)[number];

const KINDS = ["zv", "mzv", "zvd", "ei", "2hump_ei", "3hump_ei"] as const satisfies readonly ShaperSetup["kind"][];
/** Highest damping ratio for which shapers are defined: below critical damping. */
const MOST_DAMPING = 1;

/** What is set for an axis; a frequency of 0 is no shaper. */
interface AxisShaper {
  readonly kind: ShaperSetup["kind"];
  readonly frequency: number;
  readonly damping: number;
}

function readAxis(section: SectionReader, axis: Axis, common: ShaperSetup["kind"] | null): AxisShaper {
  return {
    kind: common ?? section.choice(`shaper_type_${axis}`, KINDS, "mzv", { help: "Input shaper of the axis." }),
    frequency: section.float(`shaper_freq_${axis}`, 0, { min: 0, help: "Frequency to suppress, Hz; 0 for none." }),
    damping: section.float(`damping_ratio_${axis}`, 0.1, {
      min: 0,
      below: MOST_DAMPING,
      help: "Damping ratio of the vibration.",
    }),
  };
}

const toSetup = ({ kind, frequency, damping }: AxisShaper): ShaperSetup | null =>
  frequency === 0 ? null : { kind, frequencyHz: frequency, dampingRatio: damping };

/** `[input_shaper]`: shapes motion so that it makes the printer vibrate less. */
export default defineModule({
  section: "input_shaper",
  shape: { floats: ["*"] },

  options: (section) => {
    const common = section.choice("shaper_type", KINDS, null, { help: "Input shaper of all axes." });
    return {
      x: readAxis(section, "x", common),
      y: readAxis(section, "y", common),
      z: readAxis(section, "z", common),
    };
  },

  create(options, ctx) {
    let shapers: Readonly<Record<Axis, AxisShaper>> = options;
    let status = show();

    function show(): StatusObject {
      const entries = AXES.map((axis) => {
        const { kind, frequency, damping } = shapers[axis];
        return [axis, Object.freeze({ shaper_type: kind, shaper_freq: frequency, damping_ratio: damping })] as const;
      });
      return Object.freeze(Object.fromEntries(entries));
    }

    function apply(): Promise<void> {
      const { x, y, z } = shapers;
      return ctx.toolhead.setShapers({ x: toSetup(x), y: toSetup(y), z: toSetup(z) });
    }

    function change(command: GcodeCommand, axis: Axis, common: ShaperSetup["kind"] | null): AxisShaper {
      const own = shapers[axis];
      const letter = axis.toUpperCase();
      const kind = common ?? command.choice(`SHAPER_TYPE_${letter}`, KINDS, own.kind);
      const frequency = command.float(`SHAPER_FREQ_${letter}`, own.frequency, { min: 0 });
      const damping = command.float(`DAMPING_RATIO_${letter}`, own.damping, { min: 0, below: MOST_DAMPING });
      return { kind, frequency, damping };
    }

    async function set(command: GcodeCommand): Promise<void> {
      const common = command.choice("SHAPER_TYPE", KINDS, null);
      if (common !== null && AXES.some((axis) => command.has(`SHAPER_TYPE_${axis.toUpperCase()}`))) {
        throw command.error("SHAPER_TYPE and a SHAPER_TYPE of one axis are both given", "give one of them");
      }
      if (command.params.size > 0) {
        const before = shapers;
        shapers = { x: change(command, "x", common), y: change(command, "y", common), z: change(command, "z", common) };
        try {
          await apply();
        } catch (error) {
          shapers = before;
          throw error;
        }
        status = show();
      }
      const lines = AXES.map((axis) => {
        const { kind, frequency, damping } = shapers[axis];
        return `shaper_type_${axis}:${kind} shaper_freq_${axis}:${frequency.toFixed(3)} damping_ratio_${axis}:${damping.toFixed(6)}`;
      });
      command.respondInfo(lines.join("\n"));
    }

    return {
      connect() {
        ctx.command("SET_INPUT_SHAPER", set, { help: "Sets the input shapers of the axes." });
      },
      async ready() {
        if (AXES.every((axis) => shapers[axis].frequency === 0)) return;
        await apply().catch((error: unknown) => ctx.respondRaw(`!! ${errorText(error)}`));
      },
      status: () => status,
    };
  },
});
