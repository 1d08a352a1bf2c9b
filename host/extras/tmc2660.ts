// thread: host
import { readSpi } from "../devices/spi.js";
import { plainSenseScale } from "../devices/tmc-current.js";
import { defineTmc } from "../devices/tmc-module.js";
import type { TmcChip } from "../devices/tmc-options.js";
import { TMC2660_REGISTERS } from "../devices/tmc-registers.js";
import { createTmc2660 } from "../devices/tmc2660-bus.js";

const SPEED_HZ = 4_000_000;

const chip: TmcChip = {
  kind: "tmc2660",
  registers: TMC2660_REGISTERS,
  frequency: 15e6,
  readable: ["READRSP0", "READRSP1", "READRSP2"],
  statusRegister: "READRSP2",
  fixed: { sdoff: 0 },
  defaults: {
    slph: 0,
    slpl: 0,
    diss2g: 0,
    ts2g: 3,
    tbl: 2,
    rndtf: 0,
    hdec: 0,
    chm: 0,
    hend: 3,
    hstrt: 3,
    toff: 4,
    seimin: 0,
    sedn: 0,
    semax: 0,
    seup: 0,
    semin: 0,
    sfilt: 0,
    sgt: 0,
  },
  readCurrent: (section) =>
    plainSenseScale(
      section.float("sense_resistor", undefined, { above: 0, help: "Resistance of the sense resistor, ohm." }),
    ),
  diagPins: [],
};

/** `[tmc2660 stepper_x]`: a TMC2660 on SPI. */
export default defineTmc(chip, {
  read: (section) => {
    const percent = section.int("idle_current_percent", 100, {
      min: 0,
      max: 100,
      help: "Accepted; the current stays the same when the printer is idle.",
    });
    if (percent !== 100) section.warn("idle_current_percent has no effect: the current stays the same when idle");
    return readSpi(section, "cs_pin", SPEED_HZ);
  },
  create: (ctx, spi, driver) => createTmc2660(ctx, spi, driver, chip.registers),
  describe: (ctx, spi) =>
    ctx.virtual.add("drivers", { name: ctx.label, kind: "spi", chip: "tmc2660", select: ctx.virtual.pin(spi.select) }),
});
