// thread: host
import type { Board, ModuleContext, Pin, SectionReader } from "../printer/module.js";

/** How a chip is reached over SPI. */
export interface SpiOptions {
  /** Chip select. */
  readonly select: Pin;
  readonly speedHz: number;
  /** Name of the board's bus; `null` for its first one. Without effect when there are software pins. */
  readonly bus: string | null;
  readonly software: { readonly clock: Pin; readonly toChip: Pin; readonly fromChip: Pin } | undefined;
}

/** Word in the pin table of pins that several chips on one bus of software share. */
const SHARE = "software SPI";

/** Reads the options that every section with a chip on an SPI bus has. Chips with the same `share` may share a select pin. */
export function readSpi(section: SectionReader, selectOption: string, speedHz: number, share?: string): SpiOptions {
  const select = section.pin(selectOption, {
    invert: false,
    help: "Chip select pin of the chip.",
    ...(share === undefined ? {} : { share }),
  });
  const speed = section.int("spi_speed", speedHz, { min: 100_000, help: "Clock of the SPI bus in Hz." });
  const bus = section.string("spi_bus", null, { help: "The board's SPI bus; its first one when left out." });
  const clock = section.pin("spi_software_sclk_pin", { share: SHARE, help: "Clock of a bus made by software." }, null);
  const toChip = section.pin("spi_software_mosi_pin", { share: SHARE, help: "Its line to the chip." }, null);
  const fromChip = section.pin("spi_software_miso_pin", { share: SHARE, help: "Its line from the chip." }, null);
  const given = [clock, toChip, fromChip].filter((pin) => pin !== null).length;
  if (clock !== null && toChip !== null && fromChip !== null) {
    const chips = new Set([select.chip, clock.chip, toChip.chip, fromChip.chip]);
    if (chips.size > 1) {
      section.reject("spi_software_sclk_pin", "is on another board than the chip select", "use pins of one board");
    }
    return { select, speedHz: speed, bus, software: { clock, toChip, fromChip } };
  }
  if (given > 0) {
    section.reject(
      undefined,
      "has some of the pins of a software SPI bus, but not all",
      "set spi_software_sclk_pin, spi_software_mosi_pin and spi_software_miso_pin, or none of them",
    );
  }
  return { select, speedHz: speed, bus, software: undefined };
}

/** A chip on an SPI bus that is about to be configured. */
export interface SpiChip {
  readonly board: Board;
  readonly oid: number;
  /** Adds the commands that make it: in what is given to `ctx.machine`. */
  configure(): void;
}

/** Takes an object for the chip. In `create()`; `mode` is the SPI mode from 0 to 3. */
export function addSpiChip(ctx: ModuleContext, options: SpiOptions, mode: number): SpiChip {
  const { select, software, speedHz } = options;
  const board = ctx.mcu(select.chip);
  const oid = board.createOid();
  return {
    board,
    oid,
    configure() {
      board.addConfig(`config_spi oid=${oid} pin=${select.pin} cs_active_high=0`);
      if (software === undefined) {
        board.addConfig(`spi_set_bus oid=${oid} spi_bus=${options.bus ?? 0} mode=${mode} rate=${speedHz}`);
        return;
      }
      const { clock, fromChip, toChip } = software;
      board.addConfig(
        `spi_set_sw_bus oid=${oid} miso_pin=${fromChip.pin} mosi_pin=${toChip.pin} sclk_pin=${clock.pin} ` +
          `mode=${mode} pulse_ticks=${board.ticks(1 / speedHz)}`,
      );
    },
  };
}
