// thread: host
import type { Pin } from "../config/pins.js";
import type { OutputSetup } from "../machine/setup.js";
import { type Seconds, seconds } from "../shared/units.js";
import type { OutputOwner } from "./hardware.js";

export interface DigitalOutputOptions {
  /** For messages: `enable stepper_x`. */
  readonly name: string;
  readonly isOnAtStart?: boolean;
  readonly isOnAtShutdown?: boolean;
  /** The board turns it off by itself unless it is told again within this time; 0 for never. Default 0. */
  readonly maxDuration?: Seconds;
  readonly publish?: OutputSetup["publish"];
}

/**
 * A pin that is on or off. Configures it and returns its index in `MachineSetup.outputs`. When its board already has
 * this configuration, the pin is set to its value at the start.
 */
export function addDigitalOutput(ctx: OutputOwner, pin: Pin, options: DigitalOutputOptions): number {
  const { name, isOnAtStart = false, isOnAtShutdown = false, maxDuration = seconds(0), publish } = options;
  const board = ctx.mcu(pin.chip);
  const level = (isOn: boolean): number => Number(isOn !== pin.invert);
  return ctx.machine.addOutput(() => {
    const oid = board.createOid();
    const start = level(isOnAtStart);
    const limit = board.ticks(maxDuration);
    board.addConfig(
      `config_digital_out oid=${oid} pin=${pin.pin} value=${start} default_value=${level(isOnAtShutdown)} max_duration=${limit}`,
    );
    board.addRestart(`update_digital_out oid=${oid} value=${start}`);
    return {
      name,
      board: board.index,
      oid,
      kind: "digital",
      inverted: pin.invert,
      scale: 1,
      maxDurationS: maxDuration,
      startValue: Number(isOnAtStart),
      shutdownValue: Number(isOnAtShutdown),
      minIntervalS: 0,
      kickStartS: 0,
      offBelow: 0,
      minValue: 0,
      maxValue: 1,
      publish,
    };
  });
}
