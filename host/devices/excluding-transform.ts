// thread: host
import type { MoveTransform, Pending } from "../printer/module.js";

const AXES = 4;
const AXIS_E = 3;

/** How filament is counted behind moves that were left out, in mm. */
export interface SkippedFilament {
  /** What was not pushed: the filament is so much behind where G-code takes it to be. */
  readonly skipped: number;
  /** What is to be added to that at the next move that pushes or pulls filament: see `ExcludingTransform`. */
  readonly owed: number;
  /** Where G-code has pushed it to at most. */
  readonly most: number;
}

export const NOTHING_SKIPPED: SkippedFilament = { skipped: 0, owed: 0, most: Number.NEGATIVE_INFINITY };

/**
 * Leaves moves out while `isExcluding()` is true. Where G-code takes the tool head to be and where it really is then drift
 * apart; the first move behind goes straight to its own target.
 *
 * Filament is not where G-code takes it to be either. It may also be retracted by another length: what G-code thinks of
 * as retracted when the moves were left out need not be what really is. The difference is made up for by the first move
 * that moves filament, so that the nozzle is full exactly when G-code takes it to be full.
 */
export class ExcludingTransform implements MoveTransform {
  readonly #next: MoveTransform;
  readonly #isExcluding: () => boolean;
  /** Where G-code takes the tool head to be; valid from the first move on. */
  readonly #asked = new Float64Array(AXES);
  #skipped = 0;
  #owed = 0;
  #most = Number.NEGATIVE_INFINITY;
  /** Retracted filament, and the filament's true place, when moves began to be left out. */
  #retracted = 0;
  #standing = 0;
  #wasExcluding = false;

  constructor(next: MoveTransform, isExcluding: () => boolean) {
    this.#next = next;
    this.#isExcluding = isExcluding;
  }

  get skipped(): SkippedFilament {
    return { skipped: this.#skipped, owed: this.#owed, most: this.#most };
  }

  move(x: number, y: number, z: number, e: number, speed: number): Pending {
    if (this.#isExcluding()) {
      this.#enter();
      this.#keep(x, y, z, e);
      return;
    }
    this.#leave();
    const before = this.#asked[AXIS_E] ?? 0;
    if (this.#owed !== 0 && e !== before) {
      this.#skipped += this.#owed;
      this.#owed = 0;
    }
    const pending = this.#next.move(x, y, z, e - this.#skipped, speed);
    this.#keep(x, y, z, e);
    return pending;
  }

  readPosition(position: Float64Array): void {
    if (this.#wasExcluding) {
      position.set(this.#asked);
      return;
    }
    this.#next.readPosition(position);
    position[AXIS_E] = (position[AXIS_E] ?? 0) + this.#skipped;
  }

  /** Lines are read again from a place where this was so. */
  goBack({ skipped, owed, most }: SkippedFilament): void {
    this.#skipped = skipped;
    this.#owed = owed;
    this.#wasExcluding = false;
    this.readPosition(this.#asked);
    this.#most = Math.max(most, this.#asked[AXIS_E] ?? most);
  }

  /** Another file: where G-code takes the filament to be is where it is. */
  reset(): void {
    this.goBack(NOTHING_SKIPPED);
  }

  #keep(x: number, y: number, z: number, e: number): void {
    this.#asked[0] = x;
    this.#asked[1] = y;
    this.#asked[2] = z;
    this.#asked[AXIS_E] = e;
    if (e > this.#most) this.#most = e;
  }

  #enter(): void {
    if (this.#wasExcluding) return;
    this.readPosition(this.#asked);
    const e = this.#asked[AXIS_E] ?? 0;
    this.#most = Math.max(this.#most, e);
    // What is still owed is part of what G-code takes to be pushed.
    this.#retracted = this.#most - e - this.#owed;
    this.#standing = e - this.#skipped;
    this.#owed = 0;
    this.#wasExcluding = true;
  }

  #leave(): void {
    if (!this.#wasExcluding) return;
    this.#wasExcluding = false;
    const e = this.#asked[AXIS_E] ?? 0;
    this.#skipped = e - this.#standing;
    this.#owed = this.#most - e - this.#retracted;
  }
}
