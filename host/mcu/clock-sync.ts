// thread: any
import { type HostTime, hostTime, type Seconds, seconds, type Ticks, ticks } from "../shared/units.js";
import { widen } from "./clock.js";
import { ClockFit } from "./clock-fit.js";

/** Time between two questions for the clock: a few bytes four times a second halve the error of once a second. */
const QUERY_INTERVAL = 0.2459;
/** The first questions come quickly: the clock is roughly known after half a second. */
const QUICK_QUERIES = 8;
const QUICK_INTERVAL = 0.05;
/** Questions without an answer after which a board counts as lost: about 5 s of asking. */
const MAX_UNANSWERED = 20;
/** A sample this far off, in s and in standard deviations, is not believed. */
const OUTLIER_TIME = 0.5e-3;
const OUTLIER_SIGMAS = 5;
/** After so many samples in a row that were not believed, the clock itself must have changed. */
const MAX_OUTLIERS = 6;
/** How fast the estimate of the spread follows. */
const SPREAD_DECAY = 1 / 64;

/** What became of a sample: used, not believed, or used to begin anew because the clock has jumped. */
export type SampleVerdict = "used" | "outlier" | "restarted";

/**
 * Relation between one board's clock and host time, from questions for the clock (`get_clock`).
 *
 * Call `onQuery` when a question is sent and `onClock` for each answer; ask at `nextQuery`.
 */
export class ClockSync {
  /** Nominal ticks per second. */
  readonly nominal: number;
  /** Through seconds since the origin (x) and seconds that the board's clock is ahead of its nominal frequency (y). */
  readonly #fit = new ClockFit();
  #originTime = 0;
  #originClock = 0;
  #samples = 0;
  #spread = 0;
  #outliers = 0;
  #unanswered = 0;
  #nextQuery = Number.NEGATIVE_INFINITY;
  #lastSample = Number.NaN;

  constructor(nominalFrequency: number) {
    this.nominal = nominalFrequency;
  }

  /** Begins with a 64-bit clock (an `uptime` response), asked for at `sent` and received at `received`. */
  start(clock: Ticks, sent: HostTime, received: HostTime): void {
    this.#begin(clock, sent, received);
    this.#nextQuery = received;
    this.#unanswered = 0;
  }

  /** Whether `start` was called: before that nothing is known. */
  get isStarted(): boolean {
    return this.#samples > 0;
  }

  /** Whether the quick questions at the start are answered. */
  get isSettled(): boolean {
    return this.#samples > QUICK_QUERIES;
  }

  /** When the next question is due; infinity before `start`. */
  get nextQuery(): HostTime {
    return hostTime(this.isStarted ? this.#nextQuery : Number.POSITIVE_INFINITY);
  }

  /** A question was handed to the link at `now`. */
  onQuery(now: HostTime): void {
    this.#unanswered++;
    this.#nextQuery = now + (this.isSettled ? QUERY_INTERVAL : QUICK_INTERVAL);
  }

  /** Takes an answer. A round trip that is not known (`sent` is NaN) answers the question but gives no sample. */
  onClock(clock32: number, sent: HostTime, received: HostTime): SampleVerdict {
    this.#unanswered = 0;
    if (Number.isNaN(sent) || received < sent) return "outlier";
    const clock = this.widen(clock32, received);
    const roundTrip = received - sent;
    const x = (sent + received) / 2 - this.#originTime;
    const y = (clock - this.#originClock) / this.nominal - x;
    // What is not explained by the unknown place in the round trip.
    const miss = Math.max(0, Math.abs(y - this.#fit.at(x)) - Math.max(0, roundTrip - this.#fit.shortest) / 2);
    if (this.isSettled && miss > Math.max(OUTLIER_TIME, OUTLIER_SIGMAS * Math.sqrt(this.#spread))) {
      if (++this.#outliers < MAX_OUTLIERS) return "outlier";
      this.#begin(clock, sent, received);
      return "restarted";
    }
    this.#outliers = 0;
    this.#samples++;
    this.#lastSample = received;
    this.#spread += (miss * miss - this.#spread) * SPREAD_DECAY;
    this.#fit.add(x, y, roundTrip);
    return "used";
  }

  /** The board's clock at a host time, past or near future. Whole ticks. */
  clockAt(time: HostTime): Ticks {
    const x = time - this.#originTime;
    return ticks(this.#originClock + Math.round((x + this.#fit.at(x)) * this.nominal));
  }

  /** The host time at which the board's clock is `clock`. */
  timeOf(clock: Ticks): HostTime {
    return hostTime(this.#originTime + this.#fit.solve((clock - this.#originClock) / this.nominal));
  }

  /** The 64-bit clock that a board meant in a response that came at `received`. */
  widen(clock32: number, received: HostTime): Ticks {
    return widen(clock32, this.clockAt(received));
  }

  /** Ticks per second of host time, as measured. */
  get frequency(): number {
    return this.nominal * (1 + this.#fit.slope);
  }

  /** Shortest round trip of the last minute. */
  get shortestRoundTrip(): Seconds {
    return seconds(this.#fit.shortest);
  }

  /** What of a sample's distance from the line its round trip does not explain, as a standard deviation. */
  get deviation(): Seconds {
    return seconds(Math.sqrt(this.#spread));
  }

  /** Questions since the last answer. */
  get unanswered(): number {
    return this.#unanswered;
  }

  /** Whether the board still answers. */
  get isActive(): boolean {
    return this.#unanswered <= MAX_UNANSWERED;
  }

  /** How old the newest sample is. */
  age(now: HostTime): Seconds {
    return seconds(now - this.#lastSample);
  }

  #begin(clock: Ticks, sent: HostTime, received: HostTime): void {
    this.#fit.clear();
    this.#originTime = (sent + received) / 2;
    this.#originClock = clock;
    this.#spread = 0;
    this.#outliers = 0;
    this.#samples = 1;
    this.#lastSample = received;
    this.#fit.add(0, 0, received - sent);
  }
}
