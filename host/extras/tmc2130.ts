// thread: host
import { senseScale } from "../devices/tmc-current.js";
import { defineTmc } from "../devices/tmc-module.js";
import type { TmcChip } from "../devices/tmc-options.js";
import { TMC2130_REGISTERS } from "../devices/tmc-registers.js";
import { SINE_TABLE, spiAccess } from "../devices/tmc-spi-access.js";

const chip: TmcChip = {
  kind: "tmc2130",
  registers: TMC2130_REGISTERS,
  frequency: 13.2e6,
  readable: [
    "GCONF",
    "GSTAT",
    "IOIN",
    "TSTEP",
    "MSCNT",
    "MSCURACT",
    "CHOPCONF",
    "DRV_STATUS",
    "PWM_SCALE",
    "LOST_STEPS",
  ],
  fixed: {},
  defaults: {
    ...SINE_TABLE,
    toff: 4,
    hstrt: 0,
    hend: 7,
    tbl: 1,
    vhighfs: 0,
    vhighchm: 0,
    iholddelay: 8,
    tpowerdown: 0,
    semin: 0,
    seup: 0,
    semax: 0,
    sedn: 0,
    seimin: 0,
    sfilt: 0,
    sgt: 0,
    pwm_ampl: 128,
    pwm_grad: 4,
    pwm_freq: 1,
    pwm_autoscale: true,
    freewheel: 0,
  },
  readCurrent: (section) =>
    senseScale(section.float("sense_resistor", 0.11, { above: 0, help: "Resistance of the sense resistor, ohm." })),
  diagPins: ["diag0_pin", "diag1_pin"],
};

/** `[tmc2130 stepper_x]`: a TMC2130 on SPI. */
export default defineTmc(chip, spiAccess("tmc2130", chip.registers));
