// thread: machine
import { type PrintTime, printTime, ticks, ticks32 } from "../../shared/units.js";
import type { BoardAccess, BoundCommand, ResponseFields } from "../board-access.js";
import type { SensorSetup, SensorSource } from "../setup.js";
import { chipCelsius, chipReading } from "./chip-curve.js";
import { type Curve, createCurve } from "./curve.js";
import { BAD_READINGS, type Sensor } from "./sensor.js";

/** An analog input is sampled so many times, so many s apart, and the sum reported every so many s. */
const SAMPLE_COUNT = 8;
const SAMPLE_S = 1e-3;
const REPORT_S = 0.3;
/** A chip's reading takes it up to 0.2 s. */
const CHIP_REPORT_S = 0.3;
const CHIP_BAD_READINGS = 3;
const SINGLE_REPORT_BYTES = 2;
const UINT16_MAX = 0xffff;
const INT32_MAX = 0x7fffffff;
const UINT32_MAX = 0xffffffff;

/** First reading so many s after the start, each sensor a little later than the one before: boards do one at a time. */
const FIRST_AHEAD_S = 0.25;
const STAGGER_S = 0.012;

const ANALOG =
  "query_analog_in oid=%c clock=%u sample_ticks=%u sample_count=%c rest_ticks=%u bytes_per_report=%c min_value=%hu max_value=%hu range_check_count=%c";
/** Older firmware: one value in each report. */
const ANALOG_SINGLE =
  "query_analog_in oid=%c clock=%u sample_ticks=%u sample_count=%c rest_ticks=%u min_value=%hu max_value=%hu range_check_count=%c";
/** Older still: the board stops at the first value out of range. */
const ANALOG_STRICT =
  "query_analog_in oid=%c clock=%u sample_ticks=%u sample_count=%c rest_ticks=%u min_value=%hu max_value=%hu";
const CHIP = "query_thermocouple oid=%c clock=%u rest_ticks=%u min_value=%u max_value=%u max_invalid_count=%c";
const ONE_WIRE = "query_ds18b20 oid=%c clock=%u rest_ticks=%u min_value=%i max_value=%i";

type Source<K extends SensorSource["kind"]> = Extract<SensorSource, { readonly kind: K }>;

/** Has a board measure by itself. */
export interface BoardMeasurement {
  /** Tells the board to begin. `index` spreads the sensors of one board over time. */
  start(index: number): void;
}

/** How often a sensor tells a temperature, in s. */
export function reportPeriod(source: SensorSource): number {
  switch (source.kind) {
    case "adc":
    case "combined":
      return REPORT_S;
    case "chip":
      return CHIP_REPORT_S;
    case "ds18b20":
    case "host":
      return source.reportS;
  }
}

/** Clock of a board's first reading. */
function firstClock(board: BoardAccess, index: number): number {
  const now = board.timeAt(board.clockNow);
  return ticks32(ticks(Math.round(board.clockAt(printTime(now + FIRST_AHEAD_S + index * STAGGER_S)))));
}

/** Print time of the reading whose successor is due at `nextClock`. */
function timeOf(board: BoardAccess, nextClock: number, restTicks: number): PrintTime {
  return board.timeAt(ticks(board.widen(nextClock) - restTicks));
}

/** An analog pin that the board samples, checks against a range and reports. */
export class AnalogMeasurement implements BoardMeasurement {
  readonly #board: BoardAccess;
  readonly #source: Source<"adc">;
  readonly #setup: SensorSetup;
  readonly #sensor: Sensor;
  readonly #curve: Curve;
  readonly #query: BoundCommand;
  readonly #hasReportBytes: boolean;
  readonly #hasRangeCount: boolean;
  readonly #full: number;
  readonly #restTicks: number;

  /** Throws `MCU_COMMAND_MISSING`. */
  constructor(board: BoardAccess, source: Source<"adc">, sensor: Sensor) {
    this.#board = board;
    this.#source = source;
    this.#setup = sensor.setup;
    this.#sensor = sensor;
    this.#curve = createCurve(source.curve);
    this.#full = board.constant("ADC_MAX", 4095) * SAMPLE_COUNT;
    this.#restTicks = Math.round(REPORT_S * board.frequency);
    const feature = `sensor of ${this.#setup.object}`;
    this.#hasReportBytes = board.has(ANALOG);
    this.#hasRangeCount = this.#hasReportBytes || !board.has(ANALOG_STRICT);
    this.#query = board.command(
      this.#hasReportBytes ? ANALOG : this.#hasRangeCount ? ANALOG_SINGLE : ANALOG_STRICT,
      feature,
    );
    board.on("analog_in_state", source.oid, feature, (fields) => this.#onReport(fields));
  }

  start(index: number): void {
    const { frequency } = this.#board;
    const [min, max] = this.#range();
    const head = [
      this.#source.oid,
      firstClock(this.#board, index),
      Math.round(SAMPLE_S * frequency),
      SAMPLE_COUNT,
      this.#restTicks,
    ];
    const report = this.#hasReportBytes ? [SINGLE_REPORT_BYTES] : [];
    const count = this.#hasRangeCount ? [BAD_READINGS] : [];
    const device = this.#board.createDevice();
    this.#board.sendNow(device, this.#query.encode(...head, ...report, min, max, ...count));
  }

  /** Sums within which the temperature is allowed. */
  #range(): readonly [number, number] {
    if (!this.#setup.guards) return [0, UINT16_MAX];
    const one = this.#curve.ratio(this.#setup.minCelsius) * this.#full;
    const other = this.#curve.ratio(this.#setup.maxCelsius) * this.#full;
    const inside = (value: number): number => Math.max(0, Math.min(UINT16_MAX, value));
    return [inside(Math.floor(Math.min(one, other))), inside(Math.ceil(Math.max(one, other)))];
  }

  #onReport(fields: ResponseFields): void {
    let sum: number;
    if (this.#hasReportBytes) {
      const bytes = fields.bytes("values");
      const last = bytes.length - SINGLE_REPORT_BYTES;
      if (last < 0) return;
      sum = (bytes[last] ?? 0) | ((bytes[last + 1] ?? 0) << 8);
    } else {
      sum = fields.number("value");
    }
    const time = timeOf(this.#board, fields.number("next_clock"), this.#restTicks);
    this.#sensor.accept(time, this.#curve.celsius(sum / this.#full));
  }
}

/** A chip that the board reads over SPI, checks against a range and reports. */
export class ChipMeasurement implements BoardMeasurement {
  readonly #board: BoardAccess;
  readonly #source: Source<"chip">;
  readonly #setup: SensorSetup;
  readonly #query: BoundCommand;
  readonly #restTicks: number;

  /** Throws `MCU_COMMAND_MISSING`. */
  constructor(board: BoardAccess, source: Source<"chip">, sensor: Sensor) {
    this.#board = board;
    this.#source = source;
    this.#setup = sensor.setup;
    this.#restTicks = Math.round(CHIP_REPORT_S * board.frequency);
    const feature = `sensor of ${this.#setup.object}`;
    this.#query = board.command(CHIP, feature);
    board.on("thermocouple_result", source.oid, feature, (fields) => {
      const fault = fields.number("fault");
      if (fault !== 0) {
        sensor.acceptFault(fault);
        return;
      }
      const time = timeOf(board, fields.number("next_clock"), this.#restTicks);
      sensor.accept(time, chipCelsius(source.chip, fields.number("value")));
    });
  }

  start(index: number): void {
    const { chip, oid } = this.#source;
    const { guards, minCelsius, maxCelsius } = this.#setup;
    const min = guards ? chipReading(chip, minCelsius) : 0;
    const max = guards ? chipReading(chip, maxCelsius) : UINT32_MAX;
    const clock = firstClock(this.#board, index);
    const device = this.#board.createDevice();
    this.#board.sendNow(device, this.#query.encode(oid, clock, this.#restTicks, min, max, CHIP_BAD_READINGS));
  }
}

/** A 1-wire sensor that a Linux board reads. */
export class OneWireMeasurement implements BoardMeasurement {
  readonly #board: BoardAccess;
  readonly #source: Source<"ds18b20">;
  readonly #setup: SensorSetup;
  readonly #query: BoundCommand;
  readonly #restTicks: number;

  /** Throws `MCU_COMMAND_MISSING`. */
  constructor(board: BoardAccess, source: Source<"ds18b20">, sensor: Sensor) {
    this.#board = board;
    this.#source = source;
    this.#setup = sensor.setup;
    this.#restTicks = Math.round(source.reportS * board.frequency);
    const feature = `sensor of ${this.#setup.object}`;
    this.#query = board.command(ONE_WIRE, feature);
    board.on("ds18b20_result", source.oid, feature, (fields) => {
      const fault = fields.number("fault");
      if (fault !== 0) {
        sensor.acceptFault(fault);
        return;
      }
      const time = timeOf(board, fields.number("next_clock"), this.#restTicks);
      sensor.accept(time, fields.number("value") / 1000);
    });
  }

  start(index: number): void {
    const { guards, minCelsius, maxCelsius } = this.#setup;
    const inside = (milli: number): number => Math.max(-INT32_MAX, Math.min(INT32_MAX, Math.round(milli)));
    const min = guards ? inside(minCelsius * 1000) : -INT32_MAX;
    const max = guards ? inside(maxCelsius * 1000) : INT32_MAX;
    const clock = firstClock(this.#board, index);
    const device = this.#board.createDevice();
    this.#board.sendNow(device, this.#query.encode(this.#source.oid, clock, this.#restTicks, min, max));
  }
}
