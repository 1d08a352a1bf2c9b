// thread: host

/** Moves shorter than this, in mm, only move filament. */
export const SHORTEST_MOVE = 1e-9;

/**
 * A move while its limits are worked out. There is one object for all moves: it is borrowed for the call.
 * Coordinates in mm, speeds in mm/s, accelerations in mm/s^2.
 */
export class MoveDraft {
  /** End. */
  x = 0;
  y = 0;
  z = 0;
  /** Displacement; `de` is that of the filament, flow factor included. */
  dx = 0;
  dy = 0;
  dz = 0;
  de = 0;
  /** Length of the path; of the filament when the tool head stays where it is. */
  distance = 0;
  /** Whether the tool head moves. */
  isKinematic = false;
  /** Highest speed and acceleration along the path. */
  speedCap = 0;
  accel = 0;

  /** Lowers the limits. */
  limit(speed: number, accel: number): void {
    if (speed < this.speedCap) this.speedCap = speed;
    if (accel < this.accel) this.accel = accel;
  }
}

/** Where a move comes from. */
export interface MoveSource {
  /** `FLAG_` bits. */
  readonly flags: number;
  /** Byte of the job behind its line; -1 for none. */
  readonly tag: number;
  readonly line: number;
  /** Factor that will be applied to the filament. */
  readonly flow: number;
}
