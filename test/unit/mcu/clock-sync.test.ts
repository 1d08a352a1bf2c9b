import { expect, test } from "vitest";
import { narrow } from "../../../host/mcu/clock.js";
import { ClockSync } from "../../../host/mcu/clock-sync.js";
import { SecondarySync } from "../../../host/mcu/secondary-sync.js";
import { hostTime, printTime, ticks } from "../../../host/shared/units.js";
import { Random } from "../../../host/virtual/random.js";

interface Crystal {
  readonly frequency: number;
  /** Constant error, as a ratio. */
  readonly error: number;
  /** Wander around it, as a ratio, with a period of 10 minutes. */
  readonly wander: number;
  readonly start: number;
}

interface Wire {
  readonly shortest: number;
  readonly jitter: number;
  /** Share of questions that meet a stall, and how long it lasts at most. */
  readonly spikeShare: number;
  readonly spike: number;
}

const PERIOD = 600;
const START = 1000;

/** Exact clock of a simulated board. */
function trueClock(crystal: Crystal, time: number): number {
  const t = time - START;
  const omega = (2 * Math.PI) / PERIOD;
  const wandered = (crystal.wander / omega) * (1 - Math.cos(omega * t));
  return crystal.start + crystal.frequency * (t * (1 + crystal.error) + wandered);
}

class Board {
  readonly sync: ClockSync;
  readonly crystal: Crystal;
  readonly #wire: Wire;
  readonly #random: Random;

  constructor(crystal: Crystal, wire: Wire, seed: number) {
    this.crystal = crystal;
    this.sync = new ClockSync(crystal.frequency);
    this.#wire = wire;
    this.#random = new Random(seed);
    const [sent, clock, received] = this.#ask(START);
    this.sync.start(ticks(clock), hostTime(sent), hostTime(received));
  }

  /** Asks for the clock as often as the synchronisation wants it until `time`. */
  runTo(time: number): void {
    while (this.sync.nextQuery <= time) {
      const at = this.sync.nextQuery;
      this.sync.onQuery(at);
      const [sent, clock, received] = this.#ask(at);
      this.sync.onClock(narrow(ticks(clock)), hostTime(sent), hostTime(received));
    }
  }

  errorAt(time: number): number {
    return (this.sync.clockAt(hostTime(time)) - trueClock(this.crystal, time)) / this.crystal.frequency;
  }

  #ask(at: number): readonly [number, number, number] {
    const read = at + this.#delay();
    return [at, Math.floor(trueClock(this.crystal, read)), read + this.#delay()];
  }

  #delay(): number {
    const stall = this.#random.chance(this.#wire.spikeShare) ? this.#random.between(0, this.#wire.spike) : 0;
    return this.#wire.shortest / 2 + this.#random.between(0, this.#wire.jitter) + stall;
  }
}

const CRYSTAL: Crystal = { frequency: 180e6, error: 100e-6, wander: 1e-6, start: 123 };
/** USB with polling every millisecond on a busy host that stalls for up to 5 ms in every tenth question. */
const WIRE: Wire = { shortest: 0.3e-3, jitter: 0.1e-3, spikeShare: 0.1, spike: 5e-3 };

/** Root mean square and largest error from `from` to `to`, looking `ahead` beyond the newest sample. */
function measure(board: Board, from: number, to: number, ahead: number): { rms: number; worst: number } {
  let squares = 0;
  let worst = 0;
  let count = 0;
  for (let t = from; t < to; t += 0.25) {
    board.runTo(t);
    const error = board.errorAt(t + ahead);
    squares += error * error;
    worst = Math.max(worst, Math.abs(error));
    count++;
  }
  return { rms: Math.sqrt(squares / count), worst };
}

test("knows a clock 100 ppm off to 25 us through stalls of 5 ms, for as far ahead as steps are made", () => {
  for (let seed = 1; seed <= 4; seed++) {
    const board = new Board({ ...CRYSTAL, error: seed % 2 === 0 ? 100e-6 : -100e-6 }, WIRE, seed);
    board.runTo(START + 60);
    const now = measure(board, START + 60, START + 900, 0);
    expect(now.rms).toBeLessThan(15e-6);
    expect(now.worst).toBeLessThan(25e-6);
    const ahead = measure(board, START + 900, START + 1200, 1);
    expect(ahead.worst).toBeLessThan(25e-6);
  }
});

test("is within 0.2 ms after the quick questions at the start", () => {
  const board = new Board(CRYSTAL, WIRE, 3);
  expect(board.sync.isSettled).toBe(false);
  board.runTo(START + 0.6);
  expect(board.sync.isSettled).toBe(true);
  expect(measure(board, START + 0.6, START + 1.6, 0.5).worst).toBeLessThan(0.2e-3);
});

test("time and clock are each other's inverse", () => {
  const board = new Board(CRYSTAL, WIRE, 4);
  board.runTo(START + 100);
  for (const t of [START + 99, START + 100, START + 104.321]) {
    const clock = board.sync.clockAt(hostTime(t));
    expect(Math.abs(board.sync.timeOf(clock) - t)).toBeLessThan(1 / CRYSTAL.frequency);
  }
});

test("widens clocks through many turns of a fast counter", () => {
  const board = new Board({ ...CRYSTAL, frequency: 520e6 }, WIRE, 5);
  for (let t = START + 1; t < START + 200; t += 7) {
    board.runTo(t);
    const clock = Math.floor(trueClock(board.crystal, t));
    expect(board.sync.widen(narrow(ticks(clock)), hostTime(t))).toBe(clock);
  }
});

test("an answer that came late moves nothing; a clock that has jumped is believed after a while", () => {
  const board = new Board(CRYSTAL, { ...WIRE, spikeShare: 0 }, 6);
  board.runTo(START + 60);
  const before = board.errorAt(START + 61);
  const late = hostTime(START + 61);
  const wrong = narrow(ticks(trueClock(CRYSTAL, START + 61) + 0.01 * CRYSTAL.frequency));
  expect(board.sync.onClock(wrong, hostTime(START + 60.9995), late)).toBe("outlier");
  expect(board.errorAt(START + 61)).toBe(before);
  const jumped = (t: number): string =>
    board.sync.onClock(
      narrow(ticks(trueClock(CRYSTAL, t) + 0.2 * CRYSTAL.frequency)),
      hostTime(t - 0.15e-3),
      hostTime(t + 0.15e-3),
    );
  const verdicts = Array.from({ length: 8 }, (_, i) => jumped(START + 62 + i));
  expect(verdicts).toEqual(["outlier", "outlier", "outlier", "outlier", "restarted", "used", "used", "used"]);
});

test("an answer whose question was repeated gives no sample, but shows that the board lives", () => {
  const board = new Board(CRYSTAL, WIRE, 7);
  board.runTo(START + 10);
  for (let i = 0; i < 21; i++) board.sync.onQuery(hostTime(START + 10 + i / 4));
  expect([board.sync.unanswered, board.sync.isActive]).toEqual([21, false]);
  expect(board.sync.onClock(1, hostTime(Number.NaN), hostTime(START + 16))).toBe("outlier");
  expect([board.sync.unanswered, board.sync.isActive]).toEqual([0, true]);
});

test("asks nothing before it was started, then quickly until 8 answers came, then four times a second", () => {
  expect(new ClockSync(1e6).nextQuery).toBe(Number.POSITIVE_INFINITY);
  const board = new Board(CRYSTAL, WIRE, 8);
  const times: number[] = [];
  for (let i = 0; i < 11; i++) {
    times.push(board.sync.nextQuery - START);
    board.runTo(board.sync.nextQuery);
  }
  const gaps = times.slice(1).map((t, i) => Number((t - (times[i] ?? 0)).toFixed(4)));
  expect(gaps).toEqual([0.05, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05, 0.2459, 0.2459]);
});

/** Runs a primary and a secondary board, steering every second, and returns the worst timing error of a step, in s. */
function steer(seed: number, wire: Wire, settle: number, end: number): number {
  const first = new Board({ ...CRYSTAL, error: -80e-6 }, wire, seed);
  const second = new Board({ ...CRYSTAL, frequency: 64e6, error: 100e-6, wander: -1e-6, start: 5e9 }, wire, seed + 100);
  first.runTo(START + 1);
  second.runTo(START + 1);
  const primaryTime = (t: number): number => trueClock(first.crystal, t) / first.crystal.frequency;
  const sync = new SecondarySync(first.sync, second.sync);
  sync.start(printTime(primaryTime(START + 1)));
  let worst = 0;
  for (let t = START + 2; t < START + end; t++) {
    first.runTo(t);
    second.runTo(t);
    // Steps are made 0.7 s ahead; those of the next second use the line aimed now.
    sync.adjust(printTime(primaryTime(t + 0.7)));
    if (t < START + settle) continue;
    for (let later = 0.7; later <= 1.7; later += 0.1) {
      const clock = sync.toClock(printTime(primaryTime(t + later)));
      worst = Math.max(worst, Math.abs(clock - trueClock(second.crystal, t + later)) / second.crystal.frequency);
    }
  }
  return worst;
}

test("steps on a second board are within 25 us of the first one's time, at 180 ppm and with stalls of 5 ms", () => {
  for (let seed = 1; seed <= 3; seed++) expect(steer(seed, WIRE, 60, 600)).toBeLessThan(25e-6);
});

test("steering never moves a step that was already made, and turns back into the same line", () => {
  const first = new Board(CRYSTAL, WIRE, 9);
  const second = new Board({ ...CRYSTAL, error: -50e-6 }, WIRE, 10);
  const sync = new SecondarySync(first.sync, second.sync);
  sync.start(printTime(0.1));
  for (let i = 1; i < 30; i++) {
    first.runTo(START + i);
    second.runTo(START + i);
    const from = printTime(i + 0.7);
    const held = sync.toClock(from);
    sync.adjust(from);
    expect(Math.abs(sync.toClock(from) - held)).toBeLessThanOrEqual(1);
    expect(sync.toPrintTime(held)).toBeCloseTo(from, 7);
    expect(Math.abs(sync.disagreement)).toBeLessThan(1e-3);
  }
});
