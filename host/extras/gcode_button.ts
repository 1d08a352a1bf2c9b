// thread: host
import { addButton } from "../devices/button.js";
import { readScript } from "../devices/template.js";
import { defineModule } from "../printer/module.js";
import { seconds } from "../shared/units.js";

const PRESSED = Object.freeze({ state: "PRESSED" });
const RELEASED = Object.freeze({ state: "RELEASED" });

/** `[gcode_button NAME]`: runs scripts when a button is pressed or released. */
export default defineModule({
  section: "gcode_button",
  named: true,

  options: (section) => {
    if (section.has("analog_range")) {
      section.reject("analog_range", "is for a button on an analog input, which is not supported", "use a digital pin");
    }
    return {
      pin: section.pin("pin", { pullup: true, help: "Pin of the button." }),
      press: readScript(section, "press_gcode", undefined, "Commands to run when it is pressed."),
      release: readScript(section, "release_gcode", null, "Commands to run when it is released."),
      debounce: section.seconds("debounce_delay", seconds(0), { min: 0, help: "A shorter press is none." }),
    };
  },

  create({ pin, press, release, debounce }, ctx) {
    let isPressed = false;
    const button = addButton(ctx, {
      pin,
      debounce,
      onChange(next) {
        isPressed = next;
        // Errors are told in the console.
        void (next ? press : release)?.run(ctx);
      },
    });
    const status = () => (isPressed ? PRESSED : RELEASED);
    return {
      connect() {
        button.connect();
        ctx.mux(
          "QUERY_BUTTON",
          "BUTTON",
          ctx.label,
          (command) => command.respondInfo(`${ctx.label}: ${status().state}`),
          { help: "Tell whether a button is pressed" },
        );
      },
      ready: () => button.start(),
      status,
    };
  },
});
