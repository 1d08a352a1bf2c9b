// thread: machine
import { HostError } from "../shared/errors.js";

/** What the owner of a printer can do about a board that stopped for a reason, by the firmware's own words. */
const FIXES: readonly { readonly reason: RegExp; readonly fix: string }[] = [
  {
    reason: /^Timer too close$/,
    fix: "a command reached the board too late. Check the cable and the load of this computer (SYSTEM_STATUS shows what was late), then run FIRMWARE_RESTART.",
  },
  {
    reason: /^(Rescheduled timer in the past|Stepper too far in past)$/,
    fix: "the board could not keep up with the step rate. Lower the speed, or microsteps, of the fastest axis, then run FIRMWARE_RESTART.",
  },
  {
    reason: /^ADC out of range$/,
    fix: "a temperature sensor was outside its min_temp and max_temp. Check that its thermistor is plugged in and not broken, and that sensor_type is right, then run FIRMWARE_RESTART.",
  },
  {
    reason: /^(Missed scheduling of next|No next step|Scheduled digital out event will exceed max_duration)/,
    fix: "an output that must be refreshed (a heater) was not heard of in time: the board turned it off. Check the load of this computer and the cable, then run FIRMWARE_RESTART.",
  },
  {
    reason: /^Move queue (overflow|empty)$/,
    fix: "this is a fault of the program: please report it with the log, then run FIRMWARE_RESTART.",
  },
  {
    reason: /^Command request$/,
    fix: "the printer was stopped on request. When it is safe, run FIRMWARE_RESTART.",
  },
  {
    reason: /^(Watchdog|.*watchdog.*)/i,
    fix: "the board restarted by itself: check its power supply and wiring, then run FIRMWARE_RESTART.",
  },
];

const DEFAULT_FIX = "the log has the last messages of this board. When it is safe, run FIRMWARE_RESTART.";

/** `MCU_SHUTDOWN` for a board that has stopped, with what to do. */
export function shutdownError(mcu: string, reason: string): HostError<"MCU_SHUTDOWN"> {
  const fix = FIXES.find((entry) => entry.reason.test(reason))?.fix ?? DEFAULT_FIX;
  return new HostError("MCU_SHUTDOWN", `the board has stopped: ${reason}`, {
    details: { mcu, reason },
    fix,
    place: { device: `mcu '${mcu}'` },
  });
}
