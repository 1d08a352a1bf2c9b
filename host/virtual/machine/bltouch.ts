// thread: any
import type { TriggerSwitch } from "./inputs.js";

/** Widths of the pulses that it understands, s (BLTouch manual), and how exact they must be. */
const PIN_DOWN = 650e-6;
const TOUCH_MODE = 1165e-6;
const PIN_UP = 1475e-6;
const RESET = 2190e-6;
const TOLERANCE = 60e-6;
/** How long it signals that it was touched, s. */
const SIGNAL = 10e-3;

/**
 * A BLTouch. Let down, it signals a touch once and draws its pin up by itself; in touch mode it shows its switch, which
 * is closed while the pin is up. A pin that cannot be let down is an alarm until it is reset.
 */
export class BlTouch {
  readonly #touch: TriggerSwitch;
  #isDown = false;
  #showsSwitch = false;
  #isAlarmed = false;
  #signalUntil = Number.NEGATIVE_INFINITY;

  /** `touch` tells whether a pin that is down touches the bed. */
  constructor(touch: TriggerSwitch) {
    this.#touch = touch;
  }

  get isDown(): boolean {
    return this.#isDown;
  }

  /** The control pin pulses with this width from `time` on. */
  command(width: number, time: number): void {
    const is = (wanted: number): boolean => Math.abs(width - wanted) < TOLERANCE;
    if (is(RESET)) this.#isAlarmed = false;
    if (is(TOUCH_MODE)) this.#showsSwitch = true;
    if (is(PIN_UP) || is(RESET)) this.#rest();
    if (is(PIN_DOWN) && !this.#isAlarmed) {
      this.#rest();
      this.#isDown = !this.#touch.isTriggered(time);
      this.#isAlarmed = !this.#isDown;
    }
  }

  /** Level of its sensor output. */
  signal(time: number): boolean {
    if (this.#isAlarmed || time < this.#signalUntil) return true;
    const isTouched = this.#isDown && this.#touch.isTriggered(time);
    if (this.#showsSwitch) return isTouched || !this.#isDown;
    if (isTouched) {
      this.#isDown = false;
      this.#signalUntil = time + SIGNAL;
    }
    return isTouched;
  }

  #rest(): void {
    this.#isDown = false;
    this.#showsSwitch = false;
    this.#signalUntil = Number.NEGATIVE_INFINITY;
  }
}
