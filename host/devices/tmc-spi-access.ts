// thread: host

import type { Registers } from "./tmc-fields.js";
import type { TmcAccess } from "./tmc-module.js";
import { createTmcSpi, readTmcSpi, type TmcSpiOptions } from "./tmc-spi.js";

/** Defaults of the microstep table: a sine wave (data sheets: MSLUT). */
export const SINE_TABLE = {
  mslut0: 2863314260,
  mslut1: 1251300522,
  mslut2: 608774441,
  mslut3: 269500962,
  mslut4: 4227858431,
  mslut5: 3048961917,
  mslut6: 1227445590,
  mslut7: 4211234,
  w0: 2,
  w1: 1,
  w2: 1,
  w3: 1,
  x1: 128,
  x2: 255,
  x3: 255,
  start_sin: 0,
  start_sin90: 247,
} as const;

/** A driver on an SPI bus, by itself or in a chain. */
export function spiAccess(kind: "tmc2130" | "tmc2240" | "tmc5160", registers: Registers): TmcAccess<TmcSpiOptions> {
  return {
    read: readTmcSpi,
    create: (ctx, spi, driver) => createTmcSpi(ctx, spi, driver, registers),
    describe: (ctx, { spi }) =>
      ctx.virtual.add("drivers", { name: ctx.label, kind: "spi", chip: kind, select: ctx.virtual.pin(spi.select) }),
  };
}
