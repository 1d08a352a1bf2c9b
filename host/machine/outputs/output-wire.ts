// thread: machine
import type { Ticks } from "../../shared/units.js";
import { ticks32 } from "../../shared/units.js";
import type { BoardAccess, BoundCommand } from "../board-access.js";
import type { OutputSetup } from "../setup.js";

const DIGITAL = "queue_digital_out oid=%c clock=%u on_ticks=%u";
const PWM = "queue_pwm_out oid=%c clock=%u value=%hu";

/** Writes the orders for one pin in its firmware's words. */
export class OutputWire {
  readonly #setup: OutputSetup;
  readonly #queue: BoundCommand;

  /** Throws `MCU_COMMAND_MISSING` when the firmware cannot schedule such a pin. */
  constructor(board: BoardAccess, setup: OutputSetup) {
    this.#setup = setup;
    this.#queue = board.command(setup.kind === "pwm" ? PWM : DIGITAL, setup.name);
  }

  /** The order that puts `power` (0 to 1) on the pin at `clock`. */
  encode(clock: Ticks, power: number): Uint8Array {
    return this.#queue.encode(this.#setup.oid, ticks32(clock), this.level(power));
  }

  /** What the firmware is told for `power`: a level, ticks of a cycle, or a share of full scale. */
  level(power: number): number {
    const { inverted, kind, scale } = this.#setup;
    const share = inverted ? 1 - power : power;
    return kind === "digital" ? Number(share >= 0.5) : Math.round(share * scale);
  }
}
