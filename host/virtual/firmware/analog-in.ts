// thread: any
import type { CommandEncoder } from "../../mcu/message-format.js";
import type { Timer } from "../timers.js";
import { type Firmware, FirmwareObject } from "./firmware.js";

/** Most bytes of samples in one report. */
const MAX_REPORT = 48;

interface AnalogQuery {
  readonly sampleTicks: number;
  readonly sampleCount: number;
  readonly restTicks: number;
  /** Bytes of samples in each report; 0 for the older response with one number. */
  readonly bytesPerReport: number;
  readonly min: number;
  readonly max: number;
  readonly rangeCheckCount: number;
}

/** An analog input: sums a number of samples every so often, checks the range, and reports. */
class AnalogIn extends FirmwareObject {
  readonly #firmware: Firmware;
  readonly #oid: number;
  readonly #pin: number;
  readonly #full: number;
  readonly #reply: CommandEncoder | undefined;
  readonly #timer: Timer;
  readonly #values = new Uint8Array(MAX_REPORT);
  #length = 0;
  #query: AnalogQuery | undefined;
  /** Clock of the first sample of the present sum. */
  #begin = 0;
  #outOfRange = 0;

  constructor(firmware: Firmware, oid: number, pin: number, reply: CommandEncoder | undefined) {
    super();
    this.#firmware = firmware;
    this.#oid = oid;
    this.#pin = pin;
    this.#full = firmware.dictionary.constantOr("ADC_MAX", 4095);
    this.#reply = reply;
    this.#timer = firmware.createTimer(() => this.#finishSum());
  }

  query(clock: number, query: AnalogQuery): void {
    this.#timer.cancel();
    this.#query = undefined;
    if (query.bytesPerReport > MAX_REPORT) this.#firmware.shutdown("Invalid analog_in bytes_per_report");
    if (query.sampleCount === 0) return;
    this.#begin = this.#firmware.widen(clock);
    this.#query = query;
    this.#outOfRange = 0;
    this.#length = 0;
    this.#await(query);
  }

  /** Measuring goes on after a shutdown: temperatures stay known. */
  override onShutdown(): void {
    const query = this.#query;
    if (query === undefined) return;
    this.#length = 0;
    while (this.#begin <= this.#firmware.now) this.#begin += Math.max(1, query.restTicks);
    this.#await(query);
  }

  #await(query: AnalogQuery): void {
    this.#timer.set(this.#begin + query.sampleTicks * (query.sampleCount - 1));
  }

  #finishSum(): void {
    const query = this.#query;
    if (query === undefined) return;
    const ratio = Math.min(1, Math.max(0, this.#firmware.world.analog(this.#pin, this.#firmware.now)));
    const sum = Math.min(0xffff, Math.round(ratio * this.#full) * query.sampleCount);
    this.#check(query, sum);
    this.#begin += query.restTicks;
    this.#report(query, sum);
    this.#timer.set(Math.max(this.#firmware.now + 1, this.#begin + query.sampleTicks * (query.sampleCount - 1)));
  }

  #check({ min, max, rangeCheckCount }: AnalogQuery, sum: number): void {
    if (sum >= min && sum <= max) {
      this.#outOfRange = 0;
      return;
    }
    if (++this.#outOfRange < rangeCheckCount) return;
    this.#outOfRange = 0;
    // In a shutdown it is reported like any other value.
    if (this.#firmware.shutdownReason === undefined) this.#firmware.shutdown("ADC out of range");
  }

  #report({ bytesPerReport }: AnalogQuery, sum: number): void {
    const next = this.#firmware.narrow(this.#begin);
    if (bytesPerReport === 0) {
      this.#firmware.reply(this.#reply, this.#oid, next, sum);
      return;
    }
    this.#values[this.#length++] = sum & 0xff;
    this.#values[this.#length++] = sum >>> 8;
    if (this.#length + 2 <= bytesPerReport) return;
    this.#firmware.reply(this.#reply, this.#oid, next, this.#values.subarray(0, this.#length));
    this.#length = 0;
  }
}

/** `config_analog_in` and both forms of `query_analog_in`: with several samples in a report, and the older with one. */
export function addAnalogIn(firmware: Firmware): void {
  const several = firmware.replyEncoder("analog_in_state oid=%c next_clock=%u values=%*s");
  const one = firmware.replyEncoder("analog_in_state oid=%c next_clock=%u value=%hu");
  firmware.on("config_analog_in oid=%c pin=%u", ({ values: [oid = 0, pin = 0] }) =>
    firmware.assign(oid, new AnalogIn(firmware, oid, pin, several ?? one)),
  );
  firmware.on(
    "query_analog_in oid=%c clock=%u sample_ticks=%u sample_count=%c rest_ticks=%u bytes_per_report=%c min_value=%hu max_value=%hu range_check_count=%c",
    ({
      values: [
        oid = 0,
        clock = 0,
        sampleTicks = 0,
        sampleCount = 0,
        restTicks = 0,
        bytes = 0,
        min = 0,
        max = 0,
        checks = 0,
      ],
    }) => {
      const bytesPerReport = Math.max(2, bytes);
      const query = { sampleTicks, sampleCount, restTicks, bytesPerReport, min, max, rangeCheckCount: checks };
      firmware.lookup(oid, AnalogIn).query(clock, query);
    },
  );
  firmware.on(
    "query_analog_in oid=%c clock=%u sample_ticks=%u sample_count=%c rest_ticks=%u min_value=%hu max_value=%hu range_check_count=%c",
    ({
      values: [oid = 0, clock = 0, sampleTicks = 0, sampleCount = 0, restTicks = 0, min = 0, max = 0, checks = 0],
    }) => {
      const query = { sampleTicks, sampleCount, restTicks, bytesPerReport: 0, min, max, rangeCheckCount: checks };
      firmware.lookup(oid, AnalogIn).query(clock, query);
    },
  );
}
