// thread: host
import { addButton } from "../devices/button.js";
import { RunoutEvents, readRunout } from "../devices/filament-runout.js";
import { defineModule } from "../printer/module.js";
import { seconds } from "../shared/units.js";

/** `[filament_switch_sensor NAME]`: a switch that filament presses. */
export default defineModule({
  section: "filament_switch_sensor",
  named: true,

  options: (section) => ({
    pin: section.pin("switch_pin", { pullup: true, help: "Pin of the switch." }),
    debounce: section.seconds("debounce_delay", seconds(0), { min: 0, help: "A shorter change is none." }),
    runout: readRunout(section),
  }),

  create({ pin, debounce, runout }, ctx) {
    const events = new RunoutEvents(runout, ctx);
    const button = addButton(ctx, { pin, debounce, onChange: (isPressed) => events.note(isPressed) });
    return {
      connect() {
        button.connect();
        events.connect();
      },
      async ready() {
        events.start();
        await button.start();
      },
      status: () => events.status,
    };
  },
});
