// thread: any
import type { CommandEncoder } from "../../mcu/message-format.js";
import type { Timer } from "../timers.js";
import { type Firmware, FirmwareObject } from "./firmware.js";

/** Counts the edges of an input, such as a fan's tachometer, and reports the count every so often. */
class Counter extends FirmwareObject {
  readonly #firmware: Firmware;
  readonly #oid: number;
  readonly #pin: number;
  readonly #reply: CommandEncoder | undefined;
  readonly #timer: Timer;
  #sampleTicks = 0;
  #next = 0;

  constructor(firmware: Firmware, oid: number, pin: number, reply: CommandEncoder | undefined) {
    super();
    this.#firmware = firmware;
    this.#oid = oid;
    this.#pin = pin;
    this.#reply = reply;
    this.#timer = firmware.createTimer(() => this.#report());
  }

  query(clock: number, pollTicks: number, sampleTicks: number): void {
    this.#timer.cancel();
    if (pollTicks === 0) return;
    this.#sampleTicks = Math.max(1, sampleTicks);
    this.#next = this.#firmware.widen(clock);
    this.#timer.set(this.#next);
  }

  #report(): void {
    const { now, world } = this.#firmware;
    this.#next += this.#sampleTicks;
    const count = world.edges(this.#pin, now) >>> 0;
    const clock = this.#firmware.narrow(now);
    this.#firmware.reply(this.#reply, this.#oid, this.#firmware.narrow(this.#next), count, clock);
    this.#timer.set(this.#next);
  }
}

/** `config_counter` and `query_counter`. */
export function addCounter(firmware: Firmware): void {
  const reply = firmware.replyEncoder("counter_state oid=%c next_clock=%u count=%u count_clock=%u");
  firmware.on("config_counter oid=%c pin=%u pull_up=%c", ({ values: [oid = 0, pin = 0] }) =>
    firmware.assign(oid, new Counter(firmware, oid, pin, reply)),
  );
  firmware.on(
    "query_counter oid=%c clock=%u poll_ticks=%u sample_ticks=%u",
    ({ values: [oid = 0, clock = 0, pollTicks = 0, sampleTicks = 0] }) =>
      firmware.lookup(oid, Counter).query(clock, pollTicks, sampleTicks),
  );
}
