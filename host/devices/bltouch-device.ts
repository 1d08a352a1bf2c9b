// thread: host
import type { Endstop, ModuleContext } from "../printer/module.js";
import { HostError } from "../shared/errors.js";
import { type Seconds, seconds } from "../shared/units.js";

/** Time from one control pulse to the next, s. */
export const BLTOUCH_CYCLE = seconds(0.02);
/** Pulse lengths of the commands, s (BLTouch manual). */
export const BLTOUCH_PULSES = {
  pin_down: 0.00065,
  touch_mode: 0.001165,
  pin_up: 0.001475,
  self_test: 0.00178,
  reset: 0.00219,
  set_5V_output_mode: 0.001988,
  set_OD_output_mode: 0.002091,
  output_mode_store: 0.001884,
} as const;
export type BlTouchCommand = keyof typeof BLTOUCH_PULSES;

/** A command must be given for at least this long to be understood: five pulses. */
const COMMAND_TIME = seconds(5 * BLTOUCH_CYCLE);
/** After a reset it needs this long. */
const RESET_TIME = seconds(1);
/** How long its signal may take to settle after a touch, and how often to look. */
const SIGNAL_TIME = seconds(0.1);
/** Attempts to draw the pin up, and to see its sensor work. */
const ATTEMPTS = 3;

export interface BlTouchOptions {
  readonly moveTime: Seconds;
  readonly usesTouchMode: boolean;
  /** What the device can be trusted with: see the options of the same names. */
  readonly upReportsOpen: boolean;
  readonly touchModeReportsTriggered: boolean;
  readonly outputMode: "5V" | "OD" | null;
}

/** Lets the pin of a BLTouch down and draws it up, and makes sure that it did. */
export class BlTouchDevice {
  readonly #ctx: ModuleContext;
  readonly #output: number;
  readonly #endstop: () => Endstop;
  readonly #options: BlTouchOptions;
  #isVerified = false;

  constructor(ctx: ModuleContext, output: number, endstop: () => Endstop, options: BlTouchOptions) {
    this.#ctx = ctx;
    this.#output = output;
    this.#endstop = endstop;
    this.#options = options;
  }

  /** Gives a command for so long, behind the motion that is queued. */
  async give(command: BlTouchCommand, time: Seconds = COMMAND_TIME): Promise<void> {
    await this.#ctx.actions.output(this.#output, BLTOUCH_PULSES[command] / BLTOUCH_CYCLE);
    await this.#ctx.toolhead.dwell(seconds(Math.max(time, COMMAND_TIME)));
    await this.#ctx.toolhead.drain();
  }

  /** Lets the pin down; throws PROBE_STUCK when its sensor does not do what it should. */
  async deploy(): Promise<void> {
    await this.#setOutputMode();
    await this.#verifySensor();
    await this.give("pin_down", this.#options.moveTime);
    if (this.#options.usesTouchMode) await this.give("touch_mode");
  }

  /** Draws the pin up; throws PROBE_STUCK when it stays down. */
  async stow(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      await this.give("pin_up", this.#options.moveTime);
      if (!this.#options.upReportsOpen || (await this.#is(false))) return;
      if (attempt === ATTEMPTS) throw stuck("its pin could not be drawn up");
      this.#ctx.respond("bltouch: the pin did not come up, trying again after a reset");
      await this.give("reset", RESET_TIME);
    }
  }

  /** With the pin up, touch mode shows a closed switch: so the wire and the sensor work. Once is enough. */
  async #verifySensor(): Promise<void> {
    if (this.#isVerified || !this.#options.touchModeReportsTriggered) return;
    for (let attempt = 1; ; attempt++) {
      await this.give("pin_up");
      await this.give("touch_mode");
      if (await this.#is(true)) break;
      if (attempt === ATTEMPTS) throw stuck("its sensor does not answer in touch mode");
      this.#ctx.respond("bltouch: the sensor did not answer, trying again after a reset");
      await this.give("reset", RESET_TIME);
      await this.give("pin_up", this.#options.moveTime);
    }
    this.#isVerified = true;
  }

  async #setOutputMode(): Promise<void> {
    const { outputMode } = this.#options;
    if (outputMode === null || this.#isVerified) return;
    await this.give(outputMode === "5V" ? "set_5V_output_mode" : "set_OD_output_mode");
    await this.give("pin_up", this.#options.moveTime);
  }

  /** Whether the sensor comes to this state within a short time. Always in a dry run, where nothing answers. */
  async #is(isTriggered: boolean): Promise<boolean> {
    if (this.#ctx.isDryRun) return true;
    const until = this.#ctx.now() + SIGNAL_TIME;
    for (;;) {
      if ((await this.#endstop().query()) === isTriggered) return true;
      if (this.#ctx.now() >= until) return false;
    }
  }
}

function stuck(what: string): HostError<"PROBE_STUCK"> {
  return new HostError("PROBE_STUCK", `the BLTouch does not work as it should: ${what}`, {
    details: { probe: "bltouch" },
    fix: "make sure that nothing blocks the pin, check the wires, then try BLTOUCH_DEBUG COMMAND=reset and BLTOUCH_DEBUG COMMAND=self_test. Clones may need pin_up_touch_mode_reports_triggered: False",
  });
}
