// thread: host
import { globalSenseScale } from "../devices/tmc-current.js";
import { defineTmc } from "../devices/tmc-module.js";
import type { TmcChip } from "../devices/tmc-options.js";
import { TMC5160_REGISTERS } from "../devices/tmc-registers.js";
import { SINE_TABLE, spiAccess } from "../devices/tmc-spi-access.js";

const chip: TmcChip = {
  kind: "tmc5160",
  registers: TMC5160_REGISTERS,
  frequency: 12e6,
  readable: [
    "GCONF",
    "CHOPCONF",
    "GSTAT",
    "DRV_STATUS",
    "IOIN",
    "OFFSET_READ",
    "LOST_STEPS",
    "MSCNT",
    "MSCURACT",
    "PWM_SCALE",
    "PWM_AUTO",
    "TSTEP",
  ],
  fixed: {},
  defaults: {
    multistep_filt: true,
    ...SINE_TABLE,
    toff: 3,
    hstrt: 5,
    hend: 2,
    fd3: 0,
    tpfd: 4,
    chm: 0,
    tbl: 2,
    vhighfs: 0,
    vhighchm: 0,
    diss2g: 0,
    diss2vs: 0,
    semin: 0,
    seup: 0,
    semax: 0,
    sedn: 0,
    seimin: 0,
    sfilt: 0,
    sgt: 0,
    iholddelay: 6,
    pwm_ofs: 30,
    pwm_grad: 0,
    pwm_freq: 0,
    pwm_autoscale: true,
    pwm_autograd: true,
    freewheel: 0,
    pwm_reg: 4,
    pwm_lim: 12,
    tpowerdown: 10,
    drvstrength: 0,
    bbmclks: 4,
    bbmtime: 0,
    filt_isense: 0,
  },
  readCurrent: (section) =>
    globalSenseScale(
      section.float("sense_resistor", 0.075, { above: 0, help: "Resistance of the sense resistor, ohm." }),
    ),
  diagPins: ["diag0_pin", "diag1_pin"],
};

/** `[tmc5160 stepper_x]`: a TMC5160 on SPI. */
export default defineTmc(chip, spiAccess("tmc5160", chip.registers));
