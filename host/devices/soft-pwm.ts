// thread: host
import type { ModuleContext, Pin } from "../printer/module.js";
import { type Seconds, seconds } from "../shared/units.js";

export interface PulseOutputOptions {
  /** For messages: `bltouch`. */
  readonly name: string;
  /** Time from one pulse to the next. */
  readonly cycle: Seconds;
}

/**
 * A pin that gives pulses of a set length, as servos and a BLTouch want them. Returns its index in
 * `MachineSetup.outputs`; its value is the share of the cycle. Nothing is sent at first, and at a shutdown it is low.
 */
export function addPulseOutput(ctx: ModuleContext, pin: Pin, { name, cycle }: PulseOutputOptions): number {
  const board = ctx.mcu(pin.chip);
  const oid = board.createOid();
  return ctx.machine.addOutput(() => {
    const level = Number(pin.invert);
    const scale = board.ticks(cycle);
    board.addConfig(
      `config_digital_out oid=${oid} pin=${pin.pin} value=${level} default_value=${level} max_duration=0`,
    );
    board.addConfig(`set_digital_out_pwm_cycle oid=${oid} cycle_ticks=${scale}`);
    return {
      name,
      board: board.index,
      oid,
      kind: "soft-pwm",
      inverted: pin.invert,
      scale,
      maxDurationS: seconds(0),
      startValue: 0,
      shutdownValue: 0,
      minIntervalS: 0,
      kickStartS: 0,
      offBelow: 0,
      minValue: 0,
      maxValue: 1,
      publish: undefined,
    };
  });
}
