// thread: host
import { defineModule, type Heater } from "../printer/module.js";
import { type Celsius, celsius } from "../shared/units.js";

const OFF = celsius(0);
/** So long after a target was given back, what is shown may still be the one before, in s. */
const SETTLE_S = 1;

/** `[homing_heaters]`: turns heaters off while something homes or probes, for sensors that a heater's field disturbs. */
export default defineModule({
  section: "homing_heaters",
  object: () => undefined,

  options: (section) => ({
    steppers: section.list("steppers", null, { help: "Steppers whose homing counts; all when left out." }),
    heaters: section.list("heaters", null, { help: "Heaters that are turned off; all when left out." }),
  }),

  create(options, ctx) {
    let heaters: readonly Heater[] = [];
    /** Targets to come back to, while a move is under way. */
    let targets: readonly (readonly [Heater, Celsius])[] = [];
    /** What was given back last, and when. */
    let restored = new Map<Heater, Celsius>();
    let restoredAt = Number.NEGATIVE_INFINITY;

    function counts(axes: string): boolean {
      return options.steppers === null || options.steppers.some((name) => axes.includes(axisOf(name)));
    }

    function targetOf(heater: Heater): Celsius {
      const last = ctx.now() - restoredAt < SETTLE_S ? restored.get(heater) : undefined;
      return heater.target > 0 ? heater.target : (last ?? OFF);
    }

    function pause(): void {
      targets = heaters.map((heater) => [heater, targetOf(heater)] as const).filter(([, target]) => target > 0);
      for (const [heater] of targets) heater.setTargetNow(OFF);
    }

    function back(): void {
      for (const [heater, target] of targets) heater.setTargetNow(target);
      restored = new Map(targets);
      restoredAt = ctx.now();
      targets = [];
    }

    return {
      connect() {
        for (const name of options.steppers ?? []) ctx.needPart("stepper", name, "steppers");
        heaters = options.heaters?.map((name) => ctx.needPart("heater", name, "heaters")) ?? [
          ...ctx.parts("heater").values(),
        ];
        ctx.need("homing", "printer").onMove(
          (axes) => {
            if (counts(axes) && targets.length === 0) pause();
            return Promise.resolve();
          },
          () => {
            if (targets.length > 0) back();
            return Promise.resolve();
          },
        );
        ctx.on("shutdown", () => {
          targets = [];
        });
      },
    };
  },
});

/** `z` of `stepper_z` and of `stepper_z1`. */
function axisOf(stepper: string): string {
  return /^stepper_([xyz])/.exec(stepper)?.[1] ?? stepper;
}
