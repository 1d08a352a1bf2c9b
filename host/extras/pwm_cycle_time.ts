// thread: host
import { addSettablePin, readSettablePin } from "../devices/settable-pin.js";
import { defineModule } from "../printer/module.js";

const MIN_INTERVAL_S = 0.1;

/** `[pwm_cycle_time NAME]`: a pulsed pin for SET_PIN. Its cycle is that of its section: CYCLE_TIME changes nothing. */
export default defineModule({
  section: "pwm_cycle_time",
  named: true,
  shape: { floats: ["*"] },

  options: (section) => readSettablePin(section, true),

  create(options, ctx) {
    const cycle = options.pulse?.cycleTime ?? 0;
    addSettablePin(ctx, options, {
      minInterval: MIN_INTERVAL_S,
      maxDuration: 0,
      onSet(command) {
        if (command.float("CYCLE_TIME", cycle, { above: 0 }) === cycle) return;
        command.respondInfo(`pin '${ctx.label}' keeps the cycle_time of its section, ${cycle} s`);
      },
    });
    return {};
  },
});
