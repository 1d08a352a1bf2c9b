// thread: host
import { senseScale } from "../devices/tmc-current.js";
import { defineTmc } from "../devices/tmc-module.js";
import type { TmcChip } from "../devices/tmc-options.js";
import { TMC2208_REGISTERS } from "../devices/tmc-registers.js";
import { createTmcUart, readTmcUart } from "../devices/tmc-uart.js";

const chip: TmcChip = {
  kind: "tmc2208",
  registers: TMC2208_REGISTERS,
  frequency: 12e6,
  readable: [
    "GCONF",
    "GSTAT",
    "IFCNT",
    "OTP_READ",
    "IOIN",
    "FACTORY_CONF",
    "TSTEP",
    "MSCNT",
    "MSCURACT",
    "CHOPCONF",
    "DRV_STATUS",
    "PWMCONF",
    "PWM_SCALE",
    "PWM_AUTO",
  ],
  fixed: { pdn_disable: 1, mstep_reg_select: 1, senddelay: 2 },
  defaults: {
    multistep_filt: true,
    toff: 3,
    hstrt: 5,
    hend: 0,
    tbl: 2,
    iholddelay: 8,
    tpowerdown: 20,
    pwm_ofs: 36,
    pwm_grad: 14,
    pwm_freq: 1,
    pwm_autoscale: true,
    pwm_autograd: true,
    freewheel: 0,
    pwm_reg: 8,
    pwm_lim: 12,
  },
  readCurrent: (section) =>
    senseScale(section.float("sense_resistor", 0.11, { above: 0, help: "Resistance of the sense resistor, ohm." })),
  diagPins: [],
};

/** `[tmc2208 stepper_x]`: a TMC2208 or TMC2224 on a single-wire UART. */
export default defineTmc(chip, {
  read: (section) => readTmcUart(section, 0),
  create: (ctx, uart, driver) => createTmcUart(ctx, uart, driver, chip.registers),
  describe: (ctx, { rx, tx, address }) =>
    ctx.virtual.add("drivers", {
      name: ctx.label,
      kind: "uart",
      chip: "tmc2208",
      rx: ctx.virtual.pin(rx),
      tx: ctx.virtual.pin(tx),
      address,
    }),
});
