// thread: any
import { type Ticks, type Ticks32, ticks, ticks32 } from "../shared/units.js";

/** How far a 32-bit counter counts before it starts again. */
const WRAP = 0x1_0000_0000;

/**
 * The 64-bit clock whose low half is `clock`, within half a turn of `near`: the only place that widens a clock from the
 * wire. Right as long as the two are less than 2^31 ticks apart.
 */
export function widen(clock: number, near: Ticks): Ticks {
  return ticks(near + ((clock - ticks32(near)) | 0));
}

/** What the wire carries of a clock. */
export function narrow(clock: Ticks): Ticks32 {
  return ticks32(clock);
}

/** The clock of an `uptime` response. */
export function joinClock(high: number, low: number): Ticks {
  return ticks(high * WRAP + low);
}

/** Whether `clock` is earlier than `than` to a board, which compares 32-bit clocks by the sign of their difference. */
export function isBefore32(clock: number, than: number): boolean {
  return ((clock - than) | 0) < 0;
}
