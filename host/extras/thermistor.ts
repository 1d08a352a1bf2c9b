// thread: host
import { readThermistor } from "../devices/sensors/custom.js";
import { defineModule } from "../printer/module.js";

/** `[thermistor NAME]`: makes `sensor_type: NAME` of measured resistances. */
export default defineModule({
  section: "thermistor",
  named: true,
  object: () => undefined,
  options: (section) => readThermistor(section),
  create: () => ({}),
});
