// thread: any
import type { CommandEncoder } from "../../mcu/message-format.js";
import type { Timer } from "../timers.js";
import { type Firmware, FirmwareObject } from "./firmware.js";

/** A chip on an SPI bus, known by its select pin. */
class SpiDevice extends FirmwareObject {
  readonly selectPin: number;
  readonly #firmware: Firmware;
  #shutdownMessage: Uint8Array | undefined;

  constructor(firmware: Firmware, selectPin: number) {
    super();
    this.#firmware = firmware;
    this.selectPin = selectPin;
  }

  /** What the chip is sent when the board shuts down. */
  set shutdownMessage(bytes: Uint8Array) {
    this.#shutdownMessage = bytes;
  }

  transfer(bytes: Uint8Array): Uint8Array {
    return this.#firmware.world.spi(this.selectPin, bytes, this.#firmware.now);
  }

  override onShutdown(): void {
    if (this.#shutdownMessage !== undefined) this.transfer(this.#shutdownMessage);
  }
}

/** The object that only ties a shutdown message to a device. */
class SpiShutdown extends FirmwareObject {}

/** A thermocouple or RTD chip that the board reads by itself. */
class Thermocouple extends FirmwareObject {
  readonly #firmware: Firmware;
  readonly #oid: number;
  readonly #spi: SpiDevice;
  readonly #reply: CommandEncoder | undefined;
  readonly #timer: Timer;
  #restTicks = 0;
  #min = 0;
  #max = 0;
  #maxInvalid = 0;
  #invalid = 0;
  #next = 0;

  constructor(firmware: Firmware, oid: number, spi: SpiDevice, reply: CommandEncoder | undefined) {
    super();
    this.#firmware = firmware;
    this.#oid = oid;
    this.#spi = spi;
    this.#reply = reply;
    this.#timer = firmware.createTimer(() => this.#read());
  }

  query(clock: number, restTicks: number, min: number, max: number, maxInvalid: number): void {
    this.#timer.cancel();
    if (restTicks === 0) return;
    this.#restTicks = restTicks;
    this.#min = min;
    this.#max = max;
    this.#maxInvalid = maxInvalid;
    this.#invalid = 0;
    this.#next = this.#firmware.widen(clock);
    this.#timer.set(this.#next);
  }

  #read(): void {
    const { world, now } = this.#firmware;
    this.#next += this.#restTicks;
    const { value, fault } = world.thermocouple(this.#spi.selectPin, now);
    if (fault === 0 && value >= this.#min && value <= this.#max) this.#invalid = 0;
    else if (++this.#invalid > this.#maxInvalid) this.#firmware.shutdown("Thermocouple reader fault");
    this.#firmware.reply(this.#reply, this.#oid, this.#firmware.narrow(this.#next), value, fault);
    this.#timer.set(this.#next);
  }
}

/** `config_spi` and what acts on it, and the chips that the board reads over SPI by itself. */
export function addSpi(firmware: Firmware): void {
  const response = firmware.replyEncoder("spi_transfer_response oid=%c response=%*s");
  firmware.on("config_spi oid=%c pin=%u cs_active_high=%c", ({ values: [oid = 0, pin = 0] }) =>
    firmware.assign(oid, new SpiDevice(firmware, pin)),
  );
  firmware.on("config_spi_without_cs oid=%c", ({ values: [oid = 0] }) =>
    firmware.assign(oid, new SpiDevice(firmware, -1)),
  );
  firmware.on("spi_set_bus oid=%c spi_bus=%u mode=%u rate=%u", ({ values: [oid = 0, _bus = 0, mode = 0] }) => {
    firmware.lookup(oid, SpiDevice);
    if (mode > 3) firmware.shutdown("Invalid spi config");
  });
  firmware.on(
    "spi_set_sw_bus oid=%c miso_pin=%u mosi_pin=%u sclk_pin=%u mode=%u pulse_ticks=%u",
    ({ values: [oid = 0] }) => {
      firmware.lookup(oid, SpiDevice);
    },
  );
  firmware.on("config_spi_shutdown oid=%c spi_oid=%c shutdown_msg=%*s", (args) => {
    const [oid = 0, spi = 0] = args.values;
    firmware.lookup(spi, SpiDevice).shutdownMessage = args.bytes("shutdown_msg").slice();
    firmware.assign(oid, new SpiShutdown());
  });
  firmware.on("spi_transfer oid=%c data=%*s", (args) => {
    const [oid = 0] = args.values;
    firmware.reply(response, oid, firmware.lookup(oid, SpiDevice).transfer(args.bytes("data")));
  });
  firmware.on("spi_send oid=%c data=%*s", (args) => {
    firmware.lookup(args.values[0] ?? 0, SpiDevice).transfer(args.bytes("data"));
  });
  addThermocouple(firmware);
}

function addThermocouple(firmware: Firmware): void {
  const reply = firmware.replyEncoder("thermocouple_result oid=%c next_clock=%u value=%u fault=%c");
  firmware.on("config_thermocouple oid=%c spi_oid=%c thermocouple_type=%c", ({ values: [oid = 0, spi = 0] }) =>
    firmware.assign(oid, new Thermocouple(firmware, oid, firmware.lookup(spi, SpiDevice), reply)),
  );
  firmware.on(
    "query_thermocouple oid=%c clock=%u rest_ticks=%u min_value=%u max_value=%u max_invalid_count=%c",
    ({ values: [oid = 0, clock = 0, rest = 0, min = 0, max = 0, maxInvalid = 0] }) =>
      firmware.lookup(oid, Thermocouple).query(clock, rest, min, max, maxInvalid),
  );
}
