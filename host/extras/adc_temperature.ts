// thread: host
import { readAdcTemperature } from "../devices/sensors/custom.js";
import { defineModule } from "../printer/module.js";

/** `[adc_temperature NAME]`: makes `sensor_type: NAME` of measured voltages or resistances. */
export default defineModule({
  section: "adc_temperature",
  named: true,
  object: () => undefined,
  options: (section) => readAdcTemperature(section),
  create: () => ({}),
});
