// thread: any
import { type Firmware, FirmwareObject } from "./firmware.js";

/** A chip on an I2C bus, known by its address. */
class I2cDevice extends FirmwareObject {
  address = 0;
}

/** `config_i2c` and what acts on it. */
export function addI2c(firmware: Firmware): void {
  const response = firmware.replyEncoder("i2c_response oid=%c i2c_bus_status=%c response=%*s");
  const statuses = firmware.dictionary.enumerations.get("i2c_bus_status");
  firmware.on("config_i2c oid=%c", ({ values: [oid = 0] }) => firmware.assign(oid, new I2cDevice()));
  firmware.on(
    "i2c_set_bus oid=%c i2c_bus=%u rate=%u address=%u",
    ({ values: [oid = 0, _bus = 0, _rate = 0, address = 0] }) => {
      firmware.lookup(oid, I2cDevice).address = address & 0x7f;
    },
  );
  firmware.on(
    "i2c_set_sw_bus oid=%c scl_pin=%u sda_pin=%u pulse_ticks=%u address=%u",
    ({ values: [oid = 0, _scl = 0, _sda = 0, _pulse = 0, address = 0] }) => {
      firmware.lookup(oid, I2cDevice).address = address & 0x7f;
    },
  );
  firmware.on("i2c_transfer oid=%c write=%*s read_len=%u", (args) => {
    const oid = args.number("oid");
    const { address } = firmware.lookup(oid, I2cDevice);
    const { status, data } = firmware.world.i2c(address, args.bytes("write"), args.number("read_len"), firmware.now);
    firmware.reply(response, oid, statuses?.valueOf(status) ?? 0, data);
  });
}
