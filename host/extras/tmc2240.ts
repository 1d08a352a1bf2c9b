// thread: host
import { referenceScale } from "../devices/tmc-current.js";
import { defineTmc, type TmcAccess } from "../devices/tmc-module.js";
import type { TmcChip } from "../devices/tmc-options.js";
import { TMC2240_REGISTERS } from "../devices/tmc-registers.js";
import type { TmcSpiOptions } from "../devices/tmc-spi.js";
import { SINE_TABLE, spiAccess } from "../devices/tmc-spi-access.js";
import { createTmcUart, readTmcUart, type TmcUartOptions } from "../devices/tmc-uart.js";

const chip: TmcChip = {
  kind: "tmc2240",
  registers: TMC2240_REGISTERS,
  frequency: 12.5e6,
  readable: [
    "GCONF",
    "GSTAT",
    "IOIN",
    "DRV_STATUS",
    "ADC_TEMP",
    "ADC_VSUPPLY_AIN",
    "OTW_OV_VTH",
    "MSCNT",
    "MSCURACT",
    "PWM_SCALE",
    "PWM_AUTO",
    "SG4_RESULT",
    "SG4_IND",
    "TSTEP",
  ],
  fixed: {},
  defaults: {
    multistep_filt: true,
    slope_control: 0,
    ...SINE_TABLE,
    offset_sin90: 0,
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
    irundelay: 4,
    pwm_ofs: 29,
    pwm_grad: 0,
    pwm_freq: 0,
    pwm_autoscale: true,
    pwm_autograd: true,
    freewheel: 0,
    pwm_reg: 4,
    pwm_lim: 12,
    tpowerdown: 10,
    sg4_thrs: 0,
    sg4_angle_offset: 1,
  },
  readCurrent: (section) =>
    referenceScale(section.float("rref", 12000, { min: 12000, max: 60000, help: "Resistor at IREF, ohm." })),
  diagPins: ["diag0_pin", "diag1_pin"],
};

type Access =
  | { readonly by: "spi"; readonly spi: TmcSpiOptions }
  | { readonly by: "uart"; readonly uart: TmcUartOptions };

const spi = spiAccess("tmc2240", chip.registers);
/** Drivers that can share a wire. */
const LAST_ADDRESS = 7;

const access: TmcAccess<Access> = {
  read: (section) =>
    section.has("uart_pin")
      ? { by: "uart", uart: readTmcUart(section, LAST_ADDRESS) }
      : { by: "spi", spi: spi.read(section) },
  create: (ctx, given, driver) =>
    given.by === "uart" ? createTmcUart(ctx, given.uart, driver, chip.registers) : spi.create(ctx, given.spi, driver),
  describe: (ctx, given) => {
    if (given.by === "spi") spi.describe(ctx, given.spi);
    else {
      const { rx, tx, address } = given.uart;
      const [rxPin, txPin] = [ctx.virtual.pin(rx), ctx.virtual.pin(tx)];
      ctx.virtual.add("drivers", { name: ctx.label, kind: "uart", chip: "tmc2240", rx: rxPin, tx: txPin, address });
    }
  },
};

/** `[tmc2240 stepper_x]`: a TMC2240 on SPI or UART. */
export default defineTmc(chip, access);
