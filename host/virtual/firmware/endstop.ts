// thread: any
import type { Timer } from "../timers.js";
import { type Firmware, FirmwareObject } from "./firmware.js";
import { Trsync } from "./trsync.js";

/** A switch that is sampled while homing; enough equal samples in a row trigger a `Trsync`. */
class Endstop extends FirmwareObject {
  readonly #firmware: Firmware;
  readonly #pin: number;
  readonly #timer: Timer;
  #sampleTicks = 0;
  #sampleCount = 0;
  #restTicks = 0;
  #wanted = false;
  #trsync: Trsync | undefined;
  #reason = 0;
  /** Samples of the present run that are still wanted. */
  #missing = 0;
  #nextRun = 0;
  #isHoming = false;

  constructor(firmware: Firmware, pin: number) {
    super();
    this.#firmware = firmware;
    this.#pin = pin;
    this.#timer = firmware.createTimer(() => this.#sample());
  }

  get isHoming(): boolean {
    return this.#isHoming;
  }

  /** Clock of the first sample after the run that triggered, or after the last run. */
  get nextClock(): number {
    return this.#nextRun;
  }

  get level(): boolean {
    return this.#firmware.world.input(this.#pin, this.#firmware.now);
  }

  home(
    clock: number,
    timing: { sampleTicks: number; sampleCount: number; restTicks: number },
    wanted: boolean,
    trsync: Trsync,
    reason: number,
  ): void {
    this.#timer.cancel();
    this.#sampleTicks = timing.sampleTicks;
    this.#sampleCount = timing.sampleCount;
    this.#restTicks = timing.restTicks;
    this.#missing = timing.sampleCount;
    this.#wanted = wanted;
    this.#trsync = trsync;
    this.#reason = reason;
    this.#isHoming = true;
    this.#firmware.schedule(this.#timer, clock);
  }

  end(): void {
    this.#timer.cancel();
    this.#trsync = undefined;
    this.#isHoming = false;
  }

  override onShutdown(): void {
    this.end();
  }

  #sample(): void {
    const { now } = this.#firmware;
    // The first sample of a run fixes when the next run begins.
    if (this.#missing === this.#sampleCount) this.#nextRun = now + this.#restTicks;
    if (this.level !== this.#wanted) {
      this.#missing = this.#sampleCount;
      this.#timer.set(Math.max(now + 1, this.#nextRun));
      return;
    }
    if (--this.#missing === 0) this.#trsync?.trigger(this.#reason);
    else this.#timer.set(now + Math.max(1, this.#sampleTicks));
  }
}

/** `config_endstop` and what acts on it. */
export function addEndstop(firmware: Firmware): void {
  const reply = firmware.replyEncoder("endstop_state oid=%c homing=%c next_clock=%u pin_value=%c");
  firmware.on("config_endstop oid=%c pin=%c pull_up=%c", ({ values: [oid = 0, pin = 0] }) =>
    firmware.assign(oid, new Endstop(firmware, pin)),
  );
  firmware.on(
    "endstop_home oid=%c clock=%u sample_ticks=%u sample_count=%c rest_ticks=%u pin_value=%c trsync_oid=%c trigger_reason=%c",
    ({
      values: [oid = 0, clock = 0, sampleTicks = 0, sampleCount = 0, restTicks = 0, level = 0, trsync = 0, why = 0],
    }) => {
      const endstop = firmware.lookup(oid, Endstop);
      if (sampleCount === 0) {
        endstop.end();
        return;
      }
      const timing = { sampleTicks, sampleCount, restTicks };
      endstop.home(clock, timing, level !== 0, firmware.lookup(trsync, Trsync), why);
    },
  );
  firmware.on("endstop_query_state oid=%c", ({ values: [oid = 0] }) => {
    const endstop = firmware.lookup(oid, Endstop);
    firmware.reply(reply, oid, Number(endstop.isHoming), firmware.narrow(endstop.nextClock), Number(endstop.level));
  });
}
