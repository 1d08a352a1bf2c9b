// thread: host
import { readThermistor } from "../devices/sensors/custom.js";
import { defineModule } from "../printer/module.js";

/** `[thermistor NAME]`: a sensor_type of the owner's own. */
export default defineModule({
  section: "thermistor",
  named: true,
  object: () => undefined,
  options: (section) => readThermistor(section),
  create: () => ({}),
});
