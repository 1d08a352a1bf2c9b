// Boards: their clocks, their move slots, and the merging of their steppers' commands into one stream by due time.

import { take } from "./arena";
import { COMMAND_BYTES, COMMAND_SIZE, Command, Stepper } from "./stepper";

/** Boards that a printer may have. */
export const BOARD_LIMIT: u32 = 16;
/** Steppers that one board may have. */
const STEPPER_LIMIT: u32 = 32;
/** Largest move queue that is kept track of; a board with more is used up to this. */
const SLOT_LIMIT: u32 = 4096;

@unmanaged
@final
export class Board {
  /** Ticks per s, and print time of tick 0 in s. */
  frequency: f64;
  timeOffset: f64;
  /** Steppers on it. */
  steppers: usize;
  stepperCount: u32;
  /** Move slots, and the due clocks of the commands that took them, oldest first: ring of `SLOT_LIMIT`. */
  slots: u32;
  ring: usize;
  slotHead: u32;
  slotTail: u32;
}

let boards: usize = 0;

export function createBoards(): bool {
  boards = take(<usize>BOARD_LIMIT * offsetof<Board>());
  return boards != 0;
}

export function boardAt(index: u32): Board {
  return changetype<Board>(boards + <usize>index * offsetof<Board>());
}

/** Sets up a board with `slots` move slots; false when memory is used up. */
export function setupBoard(index: u32, slots: u32): bool {
  const board = boardAt(index);
  if (board.ring == 0) {
    board.ring = take(<usize>SLOT_LIMIT * 8);
    board.steppers = take(<usize>STEPPER_LIMIT * sizeof<usize>());
    if (board.ring == 0 || board.steppers == 0) return false;
  }
  board.slots = min(slots, SLOT_LIMIT);
  board.slotHead = 0;
  board.slotTail = 0;
  return true;
}

/** Puts a stepper on a board; false when the board has too many. */
export function attachStepper(index: u32, s: Stepper): bool {
  const board = boardAt(index);
  if (board.ring == 0 || board.stepperCount == STEPPER_LIMIT) return false;
  store<usize>(board.steppers + <usize>board.stepperCount * sizeof<usize>(), changetype<usize>(s));
  board.stepperCount += 1;
  s.board = index;
  s.frequency = board.frequency;
  s.timeOffset = board.timeOffset;
  return true;
}

function stepperOf(board: Board, i: u32): Stepper {
  return changetype<Stepper>(load<usize>(board.steppers + <usize>i * sizeof<usize>()));
}

function commandOf(s: Stepper): Command {
  return changetype<Command>(s.commands + <usize>(s.commandHead & s.commandMask) * COMMAND_SIZE);
}

/** Sets the clock of a board: print time of tick 0 in s, ticks per s. Its steppers use it from the next step on. */
export function setBoardClock(index: u32, timeOffset: f64, frequency: f64): void {
  const board = boardAt(index);
  board.timeOffset = timeOffset;
  board.frequency = frequency;
  for (let i: u32 = 0; i < board.stepperCount; i++) {
    const s = stepperOf(board, i);
    s.timeOffset = timeOffset;
    s.frequency = frequency;
  }
}

/** Stepper whose next command is due first, null when none waits. */
function firstDue(board: Board): Stepper | null {
  let first: Stepper | null = null;
  let due = Infinity;
  const n = board.stepperCount;
  for (let i: u32 = 0; i < n; i++) {
    const s = stepperOf(board, i);
    if (s.commandHead == s.commandTail) continue;
    const d = commandOf(s).due;
    if (d < due) {
      due = d;
      first = s;
    }
  }
  return first;
}

/** Clock at which the next step command of a board is due, in ticks; infinity when none waits. */
export function nextDue(index: u32): f64 {
  const s = firstDue(boardAt(index));
  return s === null ? Infinity : commandOf(s).due;
}

/** Slots that are free at clock `now`. */
export function freeSlots(index: u32, now: f64): u32 {
  const board = boardAt(index);
  while (board.slotHead != board.slotTail && slotDue(board, board.slotHead) <= now) board.slotHead += 1;
  const taken = board.slotTail - board.slotHead;
  return taken >= board.slots ? 0 : board.slots - taken;
}

/** Clock at which the next slot becomes free, in ticks. */
export function nextFree(index: u32): f64 {
  const board = boardAt(index);
  return board.slotHead == board.slotTail ? -Infinity : slotDue(board, board.slotHead);
}

function slotDue(board: Board, seq: u32): f64 {
  return load<f64>(board.ring + ((<usize>(seq & (SLOT_LIMIT - 1))) << 3));
}

/** Notes that a command due at `due` takes a slot (commands of other devices use the same ones). */
export function takeSlot(index: u32, due: f64): void {
  const board = boardAt(index);
  store<f64>(board.ring + ((<usize>(board.slotTail & (SLOT_LIMIT - 1))) << 3), due);
  board.slotTail += 1;
}

/**
 * Writes the bytes of the next step commands of a board to `into`, in order of their due times, as many whole ones as
 * fit into `room` bytes, are due before `until` and find a slot free at clock `now` with `reserve` slots left over.
 * Returns the number of bytes.
 */
export function takeCommands(index: u32, into: usize, room: u32, until: f64, now: f64, reserve: u32): u32 {
  const board = boardAt(index);
  let used: u32 = 0;
  let free = freeSlots(index, now);
  while (true) {
    const s = firstDue(board);
    if (s === null) break;
    const command = commandOf(s);
    if (command.due >= until) break;
    const length = <u32>command.length;
    if (used + length > room) break;
    if (command.takesSlot) {
      if (free <= reserve) break;
      free -= 1;
      takeSlot(index, command.due);
    }
    memory.copy(into + used, changetype<usize>(command) + COMMAND_BYTES, length);
    used += length;
    s.commandHead += 1;
  }
  return used;
}
