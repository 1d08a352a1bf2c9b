// thread: host
import { senseScale } from "../devices/tmc-current.js";
import { defineTmc } from "../devices/tmc-module.js";
import type { TmcChip } from "../devices/tmc-options.js";
import { TMC2209_REGISTERS } from "../devices/tmc-registers.js";
import { createTmcUart, readTmcUart } from "../devices/tmc-uart.js";

const chip: TmcChip = {
  kind: "tmc2209",
  registers: TMC2209_REGISTERS,
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
    "SG_RESULT",
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
    semin: 0,
    seup: 0,
    semax: 0,
    sedn: 0,
    seimin: 0,
    pwm_ofs: 36,
    pwm_grad: 14,
    pwm_freq: 1,
    pwm_autoscale: true,
    pwm_autograd: true,
    freewheel: 0,
    pwm_reg: 8,
    pwm_lim: 12,
    sgthrs: 0,
  },
  readCurrent: (section) =>
    senseScale(section.float("sense_resistor", 0.11, { above: 0, help: "Resistance of the sense resistor, ohm." })),
  diagPins: ["diag_pin"],
};

/** Drivers that can share a wire, by their address pins. */
const LAST_ADDRESS = 3;

/** `[tmc2209 stepper_x]`: a TMC2209 or TMC2226 on a single-wire UART. */
export default defineTmc(chip, {
  read: (section) => readTmcUart(section, LAST_ADDRESS),
  create: (ctx, uart, driver) => createTmcUart(ctx, uart, driver, chip.registers),
  describe: (ctx, { rx, tx, address }) =>
    ctx.virtual.add("drivers", {
      name: ctx.label,
      kind: "uart",
      chip: "tmc2209",
      rx: ctx.virtual.pin(rx),
      tx: ctx.virtual.pin(tx),
      address,
    }),
});
