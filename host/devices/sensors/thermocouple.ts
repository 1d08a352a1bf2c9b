// thread: host
import type { SensorChip } from "../../machine/setup.js";
import type { SectionReader } from "../../printer/module.js";
import { addSpiChip, readSpi, type SpiOptions } from "../spi.js";
import type { SensorDevice, SensorKind } from "./device.js";

const SPI_HZ = 4_000_000;
/** SPI modes, by the data sheets. */
const MODES = { MAX6675: 0, MAX31855: 0, MAX31856: 1, MAX31865: 1 } as const;

// Registers and bits by the data sheets of MAX31856 and MAX31865. The first byte of a write is the register | 0x80.
const WRITE = 0x80;
const MAX31856_CONVERT = 0x80;
const MAX31856_50HZ = 0x01;
/** Fault pin for a broken wire and for voltages out of range only. */
const MAX31856_MASK = 0x03;
const MAX31856_TYPES = ["B", "E", "J", "K", "N", "R", "S", "T"] as const;
const MAX31856_COUNTS = ["1", "2", "4", "8", "16"] as const;
const MAX31865_BIAS = 0x80;
const MAX31865_CONVERT = 0x40;
const MAX31865_3_WIRES = 0x10;
const MAX31865_CLEAR_FAULT = 0x02;
const MAX31865_50HZ = 0x01;

/** A thermocouple or RTD chip that the board reads by itself; `setup` is what it is told at the start. */
function chipSensor(spi: SpiOptions, chip: SensorChip, setup: readonly number[]): SensorDevice {
  return {
    prepare(ctx, { heater, object, virtualCelsius }) {
      const bus = addSpiChip(ctx, spi, MODES[chip.kind]);
      const { board } = bus;
      const oid = board.createOid();
      ctx.virtual.add("sensors", {
        name: object,
        pin: ctx.virtual.pin(spi.select),
        curve:
          chip.kind === "MAX31865"
            ? { kind: "spi", chip: chip.kind, rtd: { nominalOhm: chip.nominalOhm, referenceOhm: chip.referenceOhm } }
            : { kind: "spi", chip: chip.kind },
        ...(heater === undefined ? { temperatureC: virtualCelsius } : { heater }),
      });
      return {
        source: () => {
          bus.configure();
          board.addConfig(`config_thermocouple oid=${oid} spi_oid=${bus.oid} thermocouple_type=${chip.kind}`);
          if (setup.length > 0) {
            const send = `spi_send oid=${bus.oid} data=${Buffer.from(setup).toString("hex")}`;
            board.addInit(send);
            board.addRestart(send);
          }
          return { kind: "chip", board: board.index, oid, chip };
        },
      };
    },
  };
}

const readChipSpi = (section: SectionReader): SpiOptions => readSpi(section, "sensor_pin", SPI_HZ);

const max6675: SensorKind = (section) => chipSensor(readChipSpi(section), { kind: "MAX6675" }, []);

const max31855: SensorKind = (section) => chipSensor(readChipSpi(section), { kind: "MAX31855" }, []);

const max31856: SensorKind = (section) => {
  const type = section.choice("tc_type", MAX31856_TYPES, "K", { help: "Type of the thermocouple." });
  const count = section.choice("tc_averaging_count", MAX31856_COUNTS, "1", { help: "Readings for one average." });
  const is50Hz = section.bool("tc_use_50Hz_filter", false, { help: "Filters 50 Hz of the mains instead of 60 Hz." });
  return chipSensor(readChipSpi(section), { kind: "MAX31856" }, [
    WRITE,
    MAX31856_CONVERT | (is50Hz ? MAX31856_50HZ : 0),
    (MAX31856_COUNTS.indexOf(count) << 4) | MAX31856_TYPES.indexOf(type),
    MAX31856_MASK,
  ]);
};

const max31865: SensorKind = (section) => {
  const nominalOhm = section.float("rtd_nominal_r", 100, { above: 0, help: "Resistance of the sensor at 0 °C, ohm." });
  const referenceOhm = section.float("rtd_reference_r", 430, {
    above: 0,
    help: "Reference resistor of the chip, ohm.",
  });
  const wires = section.int("rtd_num_of_wires", 2, { min: 2, max: 4, help: "Wires of the sensor: 2, 3 or 4." });
  const is50Hz = section.bool("rtd_use_50Hz_filter", false, { help: "Filters 50 Hz of the mains instead of 60 Hz." });
  const config =
    MAX31865_BIAS |
    MAX31865_CONVERT |
    MAX31865_CLEAR_FAULT |
    (wires === 3 ? MAX31865_3_WIRES : 0) |
    (is50Hz ? MAX31865_50HZ : 0);
  return chipSensor(readChipSpi(section), { kind: "MAX31865", nominalOhm, referenceOhm }, [WRITE, config]);
};

/** Chips on an SPI bus, by the name that `sensor_type` gives them. */
export const CHIPS: ReadonlyMap<string, SensorKind> = new Map([
  ["MAX6675", max6675],
  ["MAX31855", max31855],
  ["MAX31856", max31856],
  ["MAX31865", max31865],
]);
