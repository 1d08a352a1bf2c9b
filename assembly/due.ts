// Timed actions on their way out: they wait for the moves before them to be planned, then carry the print time at which
// those moves end. Writer: the planner. Reader: machine, by `dueAt` and `popDue`.

import { take } from "./arena";
import { DUE_KIND, DUE_P0, DUE_SIZE, DUE_TAG, DUE_TIME, RECORD_KIND, RECORD_P0, RECORD_TAG } from "./layout";

/** Actions that may wait between the input ring and machine. */
const CAPACITY: u32 = 1024;
/** Number of parameters of an action. */
const PARAMETERS: usize = 6;

/** Records [head, stamped) have their time; [stamped, tail) wait for `ready` planned moves. */
let records: usize = 0;
let waits: usize = 0;
let head: u32 = 0;
let stamped: u32 = 0;
let tail: u32 = 0;

export function createDue(): bool {
  records = take(<usize>CAPACITY * DUE_SIZE);
  waits = take(<usize>CAPACITY * 4);
  return records != 0 && waits != 0;
}

export function clearDue(): void {
  head = 0;
  stamped = 0;
  tail = 0;
}

export function dueIsFull(): bool {
  return tail - head >= CAPACITY;
}

/** Copies an action of the input ring; it is due when `moves` moves have been planned. */
export function pushDue(record: usize, moves: u32): void {
  const slot = tail & (CAPACITY - 1);
  const at = records + <usize>slot * DUE_SIZE;
  store<u32>(at + DUE_KIND, load<u32>(record + RECORD_KIND));
  memory.copy(at + DUE_P0, record + RECORD_P0, PARAMETERS * 8);
  store<f64>(at + DUE_TAG, load<f64>(record + RECORD_TAG));
  store<u32>(waits + ((<usize>slot) << 2), moves);
  tail += 1;
}

/** Stamps `time` on every action that waits for no more than `moves` moves. */
export function stampDue(moves: u32, time: f64): void {
  while (stamped != tail) {
    const slot = stamped & (CAPACITY - 1);
    if (<i32>(load<u32>(waits + ((<usize>slot) << 2)) - moves) > 0) return;
    store<f64>(records + <usize>slot * DUE_SIZE + DUE_TIME, time);
    stamped += 1;
  }
}

/** Address of the oldest action that has its time, 0 when there is none; valid until `popDue`. */
export function dueAt(): usize {
  return head == stamped ? 0 : records + <usize>(head & (CAPACITY - 1)) * DUE_SIZE;
}

export function popDue(): void {
  if (head != stamped) head += 1;
}
