// Planned moves: what look-ahead commits and step generation reads. One ring per motion queue (the tool head with its
// extruder is one, each manual stepper another). Writer: the planner. Readers: step generation and position history,
// each with a cursor of its own; a record stays readable until the ring comes round to it.

import { take } from "./arena";

/** One planned move: three phases along one straight line, any of which may last 0 s. */
@unmanaged
@final
export class Segment {
  /** Start on the print clock, in s. */
  start: f64;
  /** Seconds of acceleration, of constant speed, of deceleration. */
  accelTime: f64;
  cruiseTime: f64;
  decelTime: f64;
  /** Position at the start, in mm. */
  x: f64;
  y: f64;
  z: f64;
  /** Unit direction of travel; all 0 when only filament moves. */
  rx: f64;
  ry: f64;
  rz: f64;
  /** Speed at the start and in the middle, in mm/s along the path. */
  startSpeed: f64;
  cruiseSpeed: f64;
  /** Acceleration of the first and, negated, of the last phase, in mm/s^2. */
  accel: f64;
  /** Filament position at the start in mm, and filament mm per mm of path. */
  e: f64;
  re: f64;
  /** Pressure advance that applies to this move, in s; 0 for none. */
  advance: f64;
  /** Where the move came from: the record's tag. */
  tag: f64;
  /** Extruder that the filament part belongs to. */
  extruder: i32;
  flags: u32;
}

export const SEGMENT_SIZE: usize = offsetof<Segment>();

/** A ring of segments, addressed by ever-growing sequence numbers. */
@unmanaged
@final
export class Queue {
  base: usize;
  mask: u32;
  /** Sequence number of the next segment to be written. */
  tail: u32;
  /** Print time at which the last segment ends, in s. */
  end: f64;
  /** Position at that time, in mm. */
  x: f64;
  y: f64;
  z: f64;
}

/** A queue with room for `capacity` segments, a power of two; 0 when memory is used up. */
export function createQueue(capacity: u32): Queue {
  const at = take(offsetof<Queue>());
  const ring = take(SEGMENT_SIZE * capacity);
  if (at == 0 || ring == 0) return changetype<Queue>(0);
  const queue = changetype<Queue>(at);
  queue.base = ring;
  queue.mask = capacity - 1;
  return queue;
}

@final
export class Ring {
  /** The segment with sequence number `seq`. */
  @inline
  static at(queue: Queue, seq: u32): Segment {
    return changetype<Segment>(queue.base + <usize>(seq & queue.mask) * SEGMENT_SIZE);
  }

  /** Whether `seq` is written and not yet overwritten. */
  @inline
  static holds(queue: Queue, seq: u32): bool {
    return queue.tail - seq - 1 <= queue.mask;
  }

  @inline
  static duration(segment: Segment): f64 {
    return segment.accelTime + segment.cruiseTime + segment.decelTime;
  }
}

/** Length of the path of a segment, in mm. */
export function lengthOf(segment: Segment): f64 {
  const cruise = segment.cruiseSpeed;
  return (
    (segment.startSpeed + cruise) * 0.5 * segment.accelTime +
    cruise * segment.cruiseTime +
    (cruise - segment.accel * segment.decelTime * 0.5) * segment.decelTime
  );
}
