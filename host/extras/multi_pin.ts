// thread: host
import { MULTI_PIN_CHIP, readGroup } from "../devices/output.js";
import { defineModule } from "../printer/module.js";

/** `[multi_pin NAME]`: pins that are set together, as `multi_pin:NAME`. */
export default defineModule({
  section: "multi_pin",
  named: true,
  object: () => undefined,
  pinChips: () => [MULTI_PIN_CHIP],
  options: (section) => readGroup(section),
  create: () => ({}),
});
