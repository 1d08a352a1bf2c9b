// thread: any
import { Dyadic } from "./dyadic.js";

/** One straight piece of an actuator's motion: `speed` and `accel` in mm/s and mm/s^2 along `ratio` mm per mm of path. */
export interface Trapezoid {
  readonly start: number;
  readonly accelTime: number;
  readonly cruiseTime: number;
  readonly decelTime: number;
  readonly from: number;
  readonly ratio: number;
  readonly startSpeed: number;
  readonly cruiseSpeed: number;
  readonly accel: number;
}

const HALF = new Dyadic(1n, -1);
const ZERO = new Dyadic(0n, 0);

const least = (a: Dyadic, b: Dyadic): Dyadic => (a.isBelow(b) ? a : b);
const most = (a: Dyadic, b: Dyadic): Dyadic => (a.isBelow(b) ? b : a);

/**
 * Where an actuator is, exactly: all numbers count as the doubles that they are, times are whole ticks, and nothing is
 * rounded. The result is in steps times `frequency^2`, because a tick is a fraction that no binary number can hold.
 */
export class ExactPath {
  readonly #pieces: readonly Trapezoid[];
  readonly #perMm: Dyadic;
  readonly #frequency: Dyadic;
  readonly #square: Dyadic;

  constructor(pieces: readonly Trapezoid[], perMm: number, frequency: number) {
    this.#pieces = pieces;
    this.#perMm = Dyadic.of(perMm);
    this.#frequency = Dyadic.of(frequency);
    this.#square = this.#frequency.times(this.#frequency);
  }

  /** `steps` in the unit of `at`. */
  steps(steps: number): Dyadic {
    return Dyadic.of(steps).times(this.#square);
  }

  /** Position at clock `tick`, in steps times the square of the frequency. */
  at(tick: number): Dyadic {
    const time = Dyadic.of(tick);
    const piece = this.#pieceAt(time);
    // times in ticks, speeds per tick times the frequency: lengths come out times the square of the frequency
    const left = most(time.minus(Dyadic.of(piece.start).times(this.#frequency)), ZERO);
    const accelTime = Dyadic.of(piece.accelTime).times(this.#frequency);
    const cruiseTime = Dyadic.of(piece.cruiseTime).times(this.#frequency);
    const decelTime = Dyadic.of(piece.decelTime).times(this.#frequency);
    const inAccel = least(left, accelTime);
    const inCruise = least(most(left.minus(accelTime), ZERO), cruiseTime);
    const inDecel = least(most(left.minus(accelTime).minus(cruiseTime), ZERO), decelTime);
    const bend = Dyadic.of(piece.accel).times(HALF);
    const start = Dyadic.of(piece.startSpeed).times(this.#frequency);
    const cruise = Dyadic.of(piece.cruiseSpeed).times(this.#frequency);
    const path = start
      .times(inAccel)
      .plus(bend.times(inAccel).times(inAccel))
      .plus(cruise.times(inCruise.plus(inDecel)))
      .minus(bend.times(inDecel).times(inDecel));
    return Dyadic.of(piece.from)
      .times(this.#square)
      .plus(path.times(Dyadic.of(piece.ratio)))
      .times(this.#perMm);
  }

  #pieceAt(time: Dyadic): Trapezoid {
    let low = 0;
    let high = this.#pieces.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      const start = Dyadic.of(this.#pieces[middle]?.start ?? 0).times(this.#frequency);
      if (time.isBelow(start)) high = middle;
      else low = middle;
    }
    const piece = this.#pieces[low];
    if (piece === undefined) throw new RangeError("there is no motion");
    return piece;
  }
}

/** Random trapezoids follow each other in time, and their positions join: `from` of one is where the last one ended. */
export function endOf(piece: Trapezoid): { readonly time: number; readonly position: number } {
  const end = piece.cruiseSpeed - piece.accel * piece.decelTime;
  const path =
    (piece.startSpeed + piece.cruiseSpeed) * 0.5 * piece.accelTime +
    piece.cruiseSpeed * piece.cruiseTime +
    (piece.cruiseSpeed + end) * 0.5 * piece.decelTime;
  return {
    time: piece.start + (piece.accelTime + piece.cruiseTime + piece.decelTime),
    position: piece.from + piece.ratio * path,
  };
}
