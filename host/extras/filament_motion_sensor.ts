// thread: host
import { addButton } from "../devices/button.js";
import { RunoutEvents, readRunout } from "../devices/filament-runout.js";
import { defineModule } from "../printer/module.js";
import { mm, seconds } from "../shared/units.js";

const LOOK_PERIOD = seconds(0.25);
const AXIS_E = 3;

/** `[filament_motion_sensor NAME]`: a wheel that filament turns; none of its steps for a while means no filament. */
export default defineModule({
  section: "filament_motion_sensor",
  named: true,

  options: (section) => ({
    pin: section.pin("switch_pin", { pullup: true, help: "Pin of the encoder." }),
    extruder: section.string("extruder", undefined, { help: "Extruder whose filament it watches." }),
    length: section.mm("detection_length", mm(7), {
      above: 0,
      help: "Filament between two steps of the encoder at most.",
    }),
    runout: readRunout(section),
  }),

  create({ pin, extruder, length, runout }, ctx) {
    const events = new RunoutEvents(runout, ctx);
    /** Filament up to which no step is needed. */
    let limit = 0;

    function filament(): number {
      const at = ctx.live.list("motion_report", "live_position")?.[AXIS_E] ?? 0;
      return Number.isFinite(at) ? at : 0;
    }

    function restart(): void {
      limit = filament() + length;
    }

    function look(): void {
      // Only the active extruder's filament moves, and only while something is printed is it a loss when it does not.
      if (!events.isPrinting || ctx.toolhead.extruder !== extruder) restart();
      else events.note(filament() < limit);
    }

    const encoder = addButton(ctx, {
      pin,
      debounce: 0,
      onChange() {
        restart();
        events.note(true);
      },
    });

    return {
      connect() {
        ctx.needPart("extruder", extruder, "extruder");
        encoder.connect();
        events.connect();
        ctx.on("positionSet", restart);
        ctx.on("extruder", restart);
      },
      async ready() {
        events.start();
        restart();
        ctx.every(LOOK_PERIOD, look);
        await encoder.start();
      },
      status: () => events.status,
    };
  },
});
