// thread: any
import type { CommandEncoder } from "../../mcu/message-format.js";
import type { Timer } from "../timers.js";
import { type Firmware, FirmwareObject } from "./firmware.js";

/** Something that a trigger halts. */
export interface Stoppable {
  stop(): void;
}

/**
 * Where a trigger is shared: an endstop, a timeout or the host triggers it once, and everything attached halts in the
 * same instant. Reports its state regularly and at the trigger, until the host asks for it with `trsync_trigger`.
 */
export class Trsync extends FirmwareObject {
  readonly #firmware: Firmware;
  readonly #oid: number;
  readonly #reply: CommandEncoder | undefined;
  readonly #attached = new Set<Stoppable>();
  readonly #reportTimer: Timer;
  readonly #expireTimer: Timer;
  #reportTicks = 0;
  #expireReason = 0;
  #canTrigger = false;
  #reason = 0;

  constructor(firmware: Firmware, oid: number, reply: CommandEncoder | undefined) {
    super();
    this.#firmware = firmware;
    this.#oid = oid;
    this.#reply = reply;
    this.#reportTimer = firmware.createTimer(() => {
      this.#report(firmware.narrow(firmware.now));
      this.#reportTimer.set(firmware.now + this.#reportTicks);
    });
    this.#expireTimer = firmware.createTimer(() => this.trigger(this.#expireReason));
  }

  start(reportClock: number, reportTicks: number, expireReason: number): void {
    this.#reportTimer.cancel();
    this.#expireTimer.cancel();
    this.#attached.clear();
    this.#canTrigger = true;
    this.#reason = 0;
    this.#reportTicks = reportTicks;
    this.#expireReason = expireReason;
    if (reportTicks !== 0) this.#firmware.schedule(this.#reportTimer, reportClock);
  }

  /** Triggers by itself when the host does not move this clock on in time. */
  setTimeout(clock: number): void {
    this.#expireTimer.cancel();
    if (this.#canTrigger) this.#firmware.schedule(this.#expireTimer, clock);
  }

  add(target: Stoppable): void {
    if (this.#attached.has(target)) this.#firmware.shutdown("Can't add signal that is already active");
    this.#attached.add(target);
  }

  trigger(reason: number): void {
    if (!this.#canTrigger) return;
    this.#fire(reason);
    this.#report(this.#firmware.narrow(this.#firmware.now));
  }

  /** The host ends it: triggers if nothing has, and tells what did. */
  end(reason: number): void {
    if (this.#canTrigger) this.#fire(reason);
    this.#reportTimer.cancel();
    this.#report(0);
  }

  override onShutdown(): void {
    this.#canTrigger = false;
    this.#attached.clear();
  }

  #fire(reason: number): void {
    this.#canTrigger = false;
    this.#reason = reason;
    this.#expireTimer.cancel();
    for (const target of this.#attached) target.stop();
    this.#attached.clear();
  }

  #report(clock: number): void {
    this.#firmware.reply(this.#reply, this.#oid, Number(this.#canTrigger), this.#reason, clock);
  }
}

/** `config_trsync` and what acts on it. */
export function addTrsync(firmware: Firmware): void {
  const reply = firmware.replyEncoder("trsync_state oid=%c can_trigger=%c trigger_reason=%c clock=%u");
  firmware.on("config_trsync oid=%c", ({ values: [oid = 0] }) =>
    firmware.assign(oid, new Trsync(firmware, oid, reply)),
  );
  firmware.on(
    "trsync_start oid=%c report_clock=%u report_ticks=%u expire_reason=%c",
    ({ values: [oid = 0, clock = 0, period = 0, reason = 0] }) =>
      firmware.lookup(oid, Trsync).start(clock, period, reason),
  );
  firmware.on("trsync_set_timeout oid=%c clock=%u", ({ values: [oid = 0, clock = 0] }) =>
    firmware.lookup(oid, Trsync).setTimeout(clock),
  );
  firmware.on("trsync_trigger oid=%c reason=%c", ({ values: [oid = 0, reason = 0] }) =>
    firmware.lookup(oid, Trsync).end(reason),
  );
}
