// thread: any
import { type Firmware, FirmwareObject } from "./firmware.js";

/** Largest strip, bytes, as in the firmware. */
const MAX_DATA = 500;

/** A strip of addressable LEDs: remembers what it was sent last. */
class Neopixel extends FirmwareObject {
  readonly data: Uint8Array;

  constructor(size: number) {
    super();
    this.data = new Uint8Array(size);
  }
}

/** `config_neopixel` and what acts on it. */
export function addNeopixel(firmware: Firmware): void {
  const result = firmware.replyEncoder("neopixel_result oid=%c success=%c");
  firmware.on(
    "config_neopixel oid=%c pin=%u data_size=%hu bit_max_ticks=%u reset_min_ticks=%u",
    ({ values: [oid = 0, _pin = 0, size = 0] }) => {
      if (size > MAX_DATA) firmware.shutdown("Invalid neopixel data_size");
      firmware.assign(oid, new Neopixel(size));
    },
  );
  firmware.on("neopixel_update oid=%c pos=%hu data=%*s", (args) => {
    const [oid = 0, position = 0] = args.values;
    const data = args.bytes("data");
    const strip = firmware.lookup(oid, Neopixel);
    if (position + data.length > strip.data.length) firmware.shutdown("Invalid neopixel update command");
    strip.data.set(data, position);
  });
  firmware.on("neopixel_send oid=%c", ({ values: [oid = 0] }) => {
    firmware.lookup(oid, Neopixel);
    firmware.reply(result, oid, 1);
  });
}
