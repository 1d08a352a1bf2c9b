// Input ring of moves and timed actions. Writer: host (any thread). Reader: the planner.

import { take } from "./arena";
import { Shared } from "./atomics";
import { RECORD_SIZE } from "./layout";

/** Two indexes, each in a cache line of its own, then the records. */
const WRITE: usize = 0;
const READ: usize = 64;
const RECORDS: usize = 128;

let ring: usize = 0;
let mask: u32 = 0;

/** Makes room for `capacity` records, a power of two. Returns the ring's address, 0 when memory is used up. */
export function createInput(capacity: u32): usize {
  ring = take(RECORDS + <usize>capacity * RECORD_SIZE);
  mask = capacity - 1;
  return ring;
}

/** Address of the oldest record, 0 when there is none; valid until `popInput`. */
export function peekInput(): usize {
  const read = load<u32>(ring + READ);
  if (read == Shared.load(ring + WRITE)) return 0;
  return ring + RECORDS + <usize>(read & mask) * RECORD_SIZE;
}

/** Gives the oldest record's room back to the writer. */
export function popInput(): void {
  Shared.store(ring + READ, load<u32>(ring + READ) + 1);
}

/** Drops everything that is waiting. */
export function clearInput(): void {
  Shared.store(ring + READ, Shared.load(ring + WRITE));
}

/** How many records have been taken so far, modulo 2^32. */
export function recordsTaken(): u32 {
  return load<u32>(ring + READ);
}
