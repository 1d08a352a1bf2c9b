// thread: host
import type { SectionReader } from "../../config/section-reader.js";
import type { GcodeCommand } from "../../gcode/gcode-command.js";
import type { StepperMotion } from "../../machine/setup.js";
import { type Mm, type MmPerS, type MmPerS2, mm, mmPerS, mmPerS2, type Seconds, seconds } from "../../shared/units.js";
import { type AnyModule, defineModule, type ModuleContext } from "../module.js";
import type { RunParts } from "../run-parts.js";
import type { ExtruderPart, Heater } from "../services.js";
import type { StatusObject } from "../status.js";
import { addStepper, readStepper, type StepperOptions } from "../stepper.js";

/** Lines as wide and as high as this many squares of the nozzle are taken to be the widest that make sense. */
const WIDEST_LINE = 4;
const LONGEST_SMOOTH_TIME = 0.2;
/** A stepper that follows nothing. */
const STILL: StepperMotion = { kind: "linear", x: 0, y: 0, z: 0 };

interface ExtruderOptions {
  readonly stepper: StepperOptions | undefined;
  readonly nozzleDiameter: Mm;
  readonly filamentArea: number;
  readonly maxCrossSection: number;
  readonly maxOnlyDistance: Mm;
  readonly maxOnlyVelocity: MmPerS;
  readonly maxOnlyAccel: MmPerS2;
  readonly instantCornerVelocity: MmPerS;
  readonly advance: Seconds;
  readonly smoothTime: Seconds;
}

function readAdvance(section: SectionReader): { readonly advance: Seconds; readonly smoothTime: Seconds } {
  return {
    advance: section.seconds("pressure_advance", seconds(0), {
      min: 0,
      help: "Filament pushed ahead for each mm/s of its speed, in mm.",
    }),
    smoothTime: section.seconds("pressure_advance_smooth_time", seconds(0.04), {
      above: 0,
      max: LONGEST_SMOOTH_TIME,
      help: "Time over which the speed of the filament is averaged for pressure advance.",
    }),
  };
}

function readExtruder(section: SectionReader): ExtruderOptions {
  const printer = section.config.section("printer");
  const limits = [
    printer.float("max_velocity", undefined, { above: 0 }),
    printer.float("max_accel", undefined, { above: 0 }),
  ];
  const hasStepper = ["step_pin", "dir_pin", "rotation_distance", "step_distance", "microsteps"].some((name) =>
    section.has(name),
  );
  const nozzleDiameter = section.mm("nozzle_diameter", undefined, { above: 0, help: "Diameter of the nozzle's hole." });
  const filamentDiameter = section.mm("filament_diameter", undefined, {
    min: nozzleDiameter,
    help: "Diameter of the filament.",
  });
  const filamentArea = Math.PI * (filamentDiameter / 2) ** 2;
  const widest = WIDEST_LINE * nozzleDiameter ** 2;
  // What the filament does at most while the widest line is laid down.
  const [velocity, accel] = limits.map((limit) => (limit * widest) / filamentArea);
  return {
    stepper: hasStepper ? readStepper(section) : undefined,
    nozzleDiameter,
    filamentArea,
    maxCrossSection: section.float("max_extrude_cross_section", widest, {
      above: 0,
      help: "Largest cross section of a line, in mm^2; by default four squares of the nozzle.",
    }),
    maxOnlyDistance: section.mm("max_extrude_only_distance", mm(50), {
      min: 0,
      help: "Longest move of the filament alone.",
    }),
    maxOnlyVelocity: section.mmPerS("max_extrude_only_velocity", mmPerS(velocity ?? 0), {
      above: 0,
      help: "Highest speed of moves of the filament alone.",
    }),
    maxOnlyAccel: section.mmPerS2("max_extrude_only_accel", mmPerS2(accel ?? 0), {
      above: 0,
      help: "Highest acceleration of moves of the filament alone.",
    }),
    instantCornerVelocity: section.mmPerS("instantaneous_corner_velocity", mmPerS(1), {
      min: 0,
      help: "Change of the filament's speed that a corner may make at once.",
    }),
    ...readAdvance(section),
  };
}

/** An extruder as the tool head sees it. */
class Extruder implements ExtruderPart {
  readonly name: string;
  readonly index: number;
  readonly nozzleDiameter: Mm;
  readonly filamentArea: number;
  readonly maxCrossSection: number;
  readonly maxOnlyDistance: Mm;
  readonly maxOnlyVelocity: MmPerS;
  readonly maxOnlyAccel: MmPerS2;
  readonly instantCornerVelocity: MmPerS;
  smoothTime: Seconds;
  readonly #ctx: ModuleContext;
  #heater: Heater | undefined;
  #advance: Seconds;
  #status: StatusObject | undefined;

  constructor(ctx: ModuleContext, options: ExtruderOptions, index: number) {
    this.#ctx = ctx;
    this.name = ctx.name;
    this.index = index;
    this.nozzleDiameter = options.nozzleDiameter;
    this.filamentArea = options.filamentArea;
    this.maxCrossSection = options.maxCrossSection;
    this.maxOnlyDistance = options.maxOnlyDistance;
    this.maxOnlyVelocity = options.maxOnlyVelocity;
    this.maxOnlyAccel = options.maxOnlyAccel;
    this.instantCornerVelocity = options.instantCornerVelocity;
    this.#advance = options.advance;
    this.smoothTime = options.smoothTime;
  }

  get pressureAdvance(): Seconds {
    return this.#advance;
  }

  set pressureAdvance(advance: Seconds) {
    this.#advance = advance;
    this.#status = undefined;
  }

  get heater(): Heater {
    this.#heater ??= this.#ctx.heater(this.name);
    return this.#heater;
  }

  status(): StatusObject {
    this.#status ??= Object.freeze({
      pressure_advance: this.#advance,
      smooth_time: this.smoothTime,
      motion_queue: this.name,
    });
    return this.#status;
  }
}

/** A stepper that pushes filament, and the command that lets it follow another extruder, or none. */
function addFilamentStepper(
  parts: RunParts,
  ctx: ModuleContext,
  options: StepperOptions,
  first: string,
): { readonly queue: () => string } {
  let queue = first;
  const find = (name: string, command: GcodeCommand | undefined): ExtruderPart => {
    const found = ctx.findPart("extruder", name);
    if (found !== undefined) return found;
    if (command === undefined) return ctx.needPart("extruder", name, "extruder");
    throw command.wrongChoice("MOTION_QUEUE", name, [...ctx.parts("extruder").keys()]);
  };
  const motionOf = (name: string): StepperMotion =>
    name === "" ? STILL : { kind: "extruder", extruder: find(name, undefined).index };
  const stepper = addStepper(ctx, options, { motion: () => motionOf(queue) });

  async function sync(command: GcodeCommand): Promise<void> {
    const name = command.string("MOTION_QUEUE");
    const target = name === "" ? undefined : find(name, command);
    await parts.toolhead.follow([{ stepper: stepper.index, motion: motionOf(name) }]);
    queue = name;
    if (target instanceof Extruder) {
      await ctx.actions.smooth(target.index, target.pressureAdvance > 0 ? target.smoothTime : 0);
    }
    const says = name === "" ? "stepper will not move" : `now syncing with '${name}'`;
    command.respondInfo(`Extruder '${ctx.label === "" ? ctx.name : ctx.label}' ${says}`);
  }

  ctx.mux("SYNC_EXTRUDER_MOTION", "EXTRUDER", ctx.label === "" ? ctx.name : ctx.label, sync, {
    help: "Set extruder stepper motion queue",
    runsAhead: true,
  });
  return { queue: () => queue };
}

/** `[extruder_stepper NAME]`: another stepper that pushes the filament of an extruder. */
export function extruderStepperModule(parts: RunParts): AnyModule {
  return defineModule({
    section: "extruder_stepper",
    named: true,
    shape: { floats: ["pressure_advance", "smooth_time"] },
    options: (section) => {
      const extruder = section.string("extruder", undefined, { help: "Extruder that it follows; empty for none." });
      const { advance, smoothTime } = readAdvance(section);
      if (advance > 0) section.warn(`[${section.name}] has the pressure advance of the extruder that it follows`);
      return { extruder: extruder.trim(), stepper: readStepper(section), smoothTime };
    },

    create({ extruder, stepper }, ctx) {
      const { queue } = addFilamentStepper(parts, ctx, stepper, extruder);
      let status: StatusObject = Object.freeze({});
      return {
        status: () => {
          const own = ctx.findPart("extruder", queue());
          const advance = own?.pressureAdvance ?? 0;
          const smoothTime = own instanceof Extruder ? own.smoothTime : 0;
          const now = { pressure_advance: advance, smooth_time: smoothTime, motion_queue: queue() || null };
          if (JSON.stringify(now) !== JSON.stringify(status)) status = Object.freeze(now);
          return status;
        },
      };
    },
  });
}

/** The motion of `[extruder]`, `[extruder1]`, ...: the stepper, and what the tool head may do with the filament. */
export function extruderModule(parts: RunParts): AnyModule {
  return defineModule({
    section: "extruder",
    isNumbered: true,
    shape: { floats: ["pressure_advance", "smooth_time"] },
    options: readExtruder,

    create(options, ctx) {
      const { instantCornerVelocity, stepper } = options;
      const smoothTimeS = options.advance > 0 ? options.smoothTime : 0;
      const index = ctx.machine.addExtruder(() => ({ name: ctx.name, instantCornerVelocity, smoothTimeS }));
      const extruder = new Extruder(ctx, options, index);
      if (stepper !== undefined) addFilamentStepper(parts, ctx, stepper, ctx.name);
      ctx.offerPart("extruder", ctx.name, extruder);

      async function activate(command: GcodeCommand): Promise<void> {
        if (parts.toolhead.extruder === extruder.name) {
          command.respondInfo(`Extruder ${extruder.name} already active`);
          return;
        }
        command.respondInfo(`Activating extruder ${extruder.name}`);
        await parts.toolhead.activate(extruder, false);
        await parts.gcodeMotion.startFilament();
      }

      async function setAdvance(command: GcodeCommand, target: Extruder): Promise<void> {
        const advance = command.seconds("ADVANCE", target.pressureAdvance, { min: 0 });
        target.smoothTime = command.seconds("SMOOTH_TIME", target.smoothTime, { min: 0, max: LONGEST_SMOOTH_TIME });
        target.pressureAdvance = advance;
        await ctx.actions.smooth(target.index, advance > 0 ? target.smoothTime : 0);
        command.respondInfo(
          `pressure_advance: ${target.pressureAdvance.toFixed(6)}\n` +
            `pressure_advance_smooth_time: ${target.smoothTime.toFixed(6)}`,
        );
      }

      const help = "Set pressure advance parameters";
      ctx.mux("SET_PRESSURE_ADVANCE", "EXTRUDER", ctx.name, (command) => setAdvance(command, extruder), {
        help,
        runsAhead: true,
      });
      if (ctx.name === "extruder") {
        ctx.mux(
          "SET_PRESSURE_ADVANCE",
          "EXTRUDER",
          null,
          (command) => {
            const active = parts.toolhead.activeExtruder;
            return setAdvance(command, active instanceof Extruder ? active : extruder);
          },
          { help, runsAhead: true },
        );
      }
      ctx.mux("ACTIVATE_EXTRUDER", "EXTRUDER", ctx.name, activate, {
        help: "Change the active extruder",
        runsAhead: true,
      });

      return {
        async connect() {
          // Says at once when the section has no heater.
          void extruder.heater;
          if (ctx.name === "extruder" || parts.toolhead.extruder === "") await parts.toolhead.activate(extruder, true);
        },
        ready() {
          if (extruder.name === parts.toolhead.extruder && index !== 0) void parts.toolhead.activate(extruder, false);
        },
        status: () => extruder.status(),
      };
    },
  });
}
