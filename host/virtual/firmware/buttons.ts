// thread: any
import type { CommandEncoder } from "../../mcu/message-format.js";
import type { Timer } from "../timers.js";
import { type Firmware, FirmwareObject } from "./firmware.js";

const MAX_BUTTONS = 8;
/** States that are kept until the host acknowledges them. */
const MAX_STATES = 8;
const MAX_RETRANSMIT = 127;

/** Up to eight inputs that are polled and debounced; every change is repeated until the host has acknowledged it. */
class Buttons extends FirmwareObject {
  readonly #firmware: Firmware;
  readonly #oid: number;
  readonly #pins: (number | undefined)[];
  readonly #reply: CommandEncoder | undefined;
  readonly #timer: Timer;
  #restTicks = 0;
  #retransmit = 0;
  #polls = 0;
  #seen = 0;
  #reported = 0;
  #states: number[] = [];
  #acknowledged = 0;

  constructor(firmware: Firmware, oid: number, count: number, reply: CommandEncoder | undefined) {
    super();
    if (count > MAX_BUTTONS) firmware.shutdown("Max of 8 buttons");
    this.#firmware = firmware;
    this.#oid = oid;
    this.#pins = Array.from({ length: count }, () => undefined);
    this.#reply = reply;
    this.#timer = firmware.createTimer(() => this.#poll());
  }

  add(position: number, pin: number): void {
    if (position >= this.#pins.length) this.#firmware.shutdown("Set button past maximum button count");
    this.#pins[position] = pin;
  }

  query(clock: number, restTicks: number, retransmit: number, idle: number): void {
    this.#timer.cancel();
    if (retransmit > MAX_RETRANSMIT) this.#firmware.shutdown("Invalid buttons retransmit count");
    this.#restTicks = restTicks;
    this.#retransmit = retransmit;
    this.#seen = idle;
    this.#reported = idle;
    this.#states = [];
    this.#acknowledged = 0;
    if (restTicks !== 0) this.#firmware.schedule(this.#timer, clock);
  }

  acknowledge(count: number): void {
    const taken = Math.min(count, this.#states.length);
    this.#states.splice(0, taken);
    this.#acknowledged = (this.#acknowledged + taken) & 0xff;
  }

  #poll(): void {
    const { world, now } = this.#firmware;
    const pressed = this.#pins.reduce<number>(
      (bits, pin, i) => bits | (pin !== undefined && world.input(pin, now) ? 1 << i : 0),
      0,
    );
    // Two polls in a row must agree.
    const isStable = pressed === this.#seen;
    this.#seen = pressed;
    this.#polls++;
    if (isStable && pressed !== this.#reported && this.#states.length < MAX_STATES) {
      this.#reported = pressed;
      this.#states.push(pressed);
      this.#report();
    } else if (this.#states.length > 0 && this.#polls > this.#retransmit) {
      this.#report();
    }
    this.#timer.set(now + this.#restTicks);
  }

  #report(): void {
    this.#polls = 0;
    this.#firmware.reply(this.#reply, this.#oid, this.#acknowledged, Uint8Array.from(this.#states));
  }
}

/** `config_buttons` and what acts on it. */
export function addButtons(firmware: Firmware): void {
  const reply = firmware.replyEncoder("buttons_state oid=%c ack_count=%c state=%*s");
  firmware.on("config_buttons oid=%c button_count=%c", ({ values: [oid = 0, count = 0] }) =>
    firmware.assign(oid, new Buttons(firmware, oid, count, reply)),
  );
  firmware.on("buttons_add oid=%c pos=%c pin=%u pull_up=%c", ({ values: [oid = 0, position = 0, pin = 0] }) =>
    firmware.lookup(oid, Buttons).add(position, pin),
  );
  firmware.on(
    "buttons_query oid=%c clock=%u rest_ticks=%u retransmit_count=%c invert=%c",
    ({ values: [oid = 0, clock = 0, rest = 0, retransmit = 0, idle = 0] }) =>
      firmware.lookup(oid, Buttons).query(clock, rest, retransmit, idle),
  );
  firmware.on("buttons_ack oid=%c count=%c", ({ values: [oid = 0, count = 0] }) =>
    firmware.lookup(oid, Buttons).acknowledge(count),
  );
}
