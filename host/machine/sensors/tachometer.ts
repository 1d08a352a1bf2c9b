// thread: machine
import { printTime, ticks, ticks32 } from "../../shared/units.js";
import type { BoardAccess, BoundCommand } from "../board-access.js";
import type { TachometerSetup } from "../setup.js";

/** The board reports its count so often, in s. */
const REPORT_S = 1;
const FIRST_AHEAD_S = 0.25;
/** Both edges of a pulse are counted. */
const EDGES_PER_PULSE = 2;
const QUERY = "query_counter oid=%c clock=%u poll_ticks=%u sample_ticks=%u";

/** How fast a fan turns, from the edges that its board counts. */
export class Tachometer {
  readonly setup: TachometerSetup;
  readonly #board: BoardAccess;
  readonly #query: BoundCommand;
  #count = Number.NaN;
  #countTicks = 0;
  #edgesPerS = 0;

  /** Throws `MCU_COMMAND_MISSING`. */
  constructor(board: BoardAccess, setup: TachometerSetup) {
    this.setup = setup;
    this.#board = board;
    const feature = `tachometer of ${setup.object}`;
    this.#query = board.command(QUERY, feature);
    board.on("counter_state", setup.oid, feature, (fields) =>
      this.#onCount(fields.number("count"), board.widen(fields.number("count_clock"))),
    );
  }

  start(): void {
    const { clockNow, frequency } = this.#board;
    const first = this.#board.clockAt(printTime(this.#board.timeAt(clockNow) + FIRST_AHEAD_S));
    const poll = Math.max(1, Math.round(this.setup.pollS * frequency));
    this.#board.sendNow(
      this.#board.createDevice(),
      this.#query.encode(this.setup.oid, ticks32(ticks(Math.round(first))), poll, Math.round(REPORT_S * frequency)),
    );
  }

  /** Turns per minute. */
  get rpm(): number {
    return (this.#edgesPerS * 60) / (EDGES_PER_PULSE * this.setup.pulsesPerTurn);
  }

  /** `countTicks` is the clock of the last edge counted. */
  #onCount(count: number, countTicks: number): void {
    const elapsed = countTicks - this.#countTicks;
    const edges = (count - this.#count) >>> 0;
    if (!Number.isNaN(this.#count)) this.#edgesPerS = elapsed > 0 ? (edges * this.#board.frequency) / elapsed : 0;
    this.#count = count;
    this.#countTicks = countTicks;
  }
}
