// thread: host
import { VERIFY } from "../devices/heater.js";
import { defineModule } from "../printer/module.js";
import { HostError } from "../shared/errors.js";
import { celsius, seconds } from "../shared/units.js";

const GAIN_TIME = seconds(20);
const BED_GAIN_TIME = seconds(60);

/** `[verify_heater NAME]`: how strictly a heater is watched. Without the section it is watched all the same. */
export default defineModule({
  section: "verify_heater",
  named: true,
  object: () => undefined,

  options: (section) => ({
    maxError: section.float("max_error", VERIFY.maxError, {
      min: 0,
      help: "Degrees times seconds that it may be too cold before the printer stops.",
    }),
    checkGainTimeS: section.seconds("check_gain_time", section.label === "heater_bed" ? BED_GAIN_TIME : GAIN_TIME, {
      min: 1,
      help: "While it heats up, it must gain heating_gain in this time.",
    }),
    hysteresisC: section.celsius("hysteresis", celsius(VERIFY.hysteresisC), {
      min: 0,
      help: "So far below its target it counts as being there.",
    }),
    heatingGainC: section.celsius("heating_gain", celsius(VERIFY.heatingGainC), {
      above: 0,
      help: "What it must gain in check_gain_time.",
    }),
  }),

  create(options, ctx) {
    ctx.offerPart("heaterVerify", ctx.label, options);
    return {
      connect() {
        if (ctx.findPart("heater", ctx.label) !== undefined) return;
        const names = [...ctx.parts("heater").keys()];
        throw new HostError("CFG_CONFLICT", `section '${ctx.name}' is for a heater that is not there`, {
          details: { section: ctx.name, option: undefined },
          fix: names.length === 0 ? "remove the section" : `name one of ${names.join(", ")}, or remove the section`,
          place: ctx.place,
        });
      },
    };
  },
});
