// thread: host
import { readAdcTemperature } from "../devices/sensors/custom.js";
import { defineModule } from "../printer/module.js";

/** `[adc_temperature NAME]`: a sensor_type of the owner's own. */
export default defineModule({
  section: "adc_temperature",
  named: true,
  object: () => undefined,
  options: (section) => readAdcTemperature(section),
  create: () => ({}),
});
