// thread: any
import { type Firmware, FirmwareObject } from "./firmware.js";

/** A text or graphics display, which nobody looks at: it takes what it is sent. */
class Display extends FirmwareObject {}

/** The two kinds of displays that have commands of their own. */
export function addDisplays(firmware: Firmware): void {
  const configure = (oid: number): void => firmware.assign(oid, new Display());
  firmware.on(
    "config_st7920 oid=%c cs_pin=%u sclk_pin=%u sid_pin=%u sync_delay_ticks=%u cmd_delay_ticks=%u",
    ({ values: [oid = 0] }) => configure(oid),
  );
  firmware.on(
    "config_hd44780 oid=%c rs_pin=%u e_pin=%u d4_pin=%u d5_pin=%u d6_pin=%u d7_pin=%u delay_ticks=%u",
    ({ values: [oid = 0] }) => configure(oid),
  );
  for (const kind of ["st7920", "hd44780"]) {
    for (const what of ["send_cmds oid=%c cmds=%*s", "send_data oid=%c data=%*s"]) {
      firmware.on(`${kind}_${what}`, ({ values: [oid = 0] }) => {
        firmware.lookup(oid, Display);
      });
    }
  }
}
