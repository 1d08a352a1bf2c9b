// Step commands as they travel: message id and arguments as variable length quantities (Klipper's documentation,
// Protocol: 7 bits per byte, most significant group first, top bit set on all but the last; a value needs one byte from
// -32 to 95, two from -4096 to 12287, and so on).

import { COMMAND_BYTES, COMMAND_SIZE, Command, Pasts, Stepper } from "./stepper";

@final
export class Vlq {
  /** Writes a value from 0 to 2^32 - 1; returns the address behind it. */
  @inline
  static unsigned(address: usize, value: u32): usize {
    let at = address;
    if (value >= 0x60) {
      if (value >= 0x3000) {
        if (value >= 0x180000) {
          if (value >= 0xc000000) {
            store<u8>(at, (value >> 28) | 0x80);
            at += 1;
          }
          store<u8>(at, (value >> 21) | 0x80);
          at += 1;
        }
        store<u8>(at, (value >> 14) | 0x80);
        at += 1;
      }
      store<u8>(at, (value >> 7) | 0x80);
      at += 1;
    }
    store<u8>(at, value & 0x7f);
    return at + 1;
  }

  /** Writes a value from -67108864 to 201326591; returns the address behind it. */
  @inline
  static signed(address: usize, value: i32): usize {
    let at = address;
    if (value >= 0x60 || value < -0x20) {
      if (value >= 0x3000 || value < -0x1000) {
        if (value >= 0x180000 || value < -0x80000) {
          store<u8>(at, (value >> 21) | 0x80);
          at += 1;
        }
        store<u8>(at, (value >> 14) | 0x80);
        at += 1;
      }
      store<u8>(at, (value >> 7) | 0x80);
      at += 1;
    }
    store<u8>(at, value & 0x7f);
    return at + 1;
  }
}

/** Whether a stepper's ring of commands has room for a direction and a step command. */
export function hasCommandRoom(s: Stepper): bool {
  return s.commandTail - s.commandHead < s.commandMask;
}

function nextCommand(s: Stepper): Command {
  return changetype<Command>(s.commands + <usize>(s.commandTail & s.commandMask) * COMMAND_SIZE);
}

function finish(s: Stepper, command: Command, behind: usize, due: f64, end: f64): void {
  const length = <u32>(behind - changetype<usize>(command) - COMMAND_BYTES);
  command.due = due;
  command.end = end;
  command.length = <u8>length;
  s.byteCount += <f64>length;
  s.commandTail += 1;
}

/** Appends `queue_step`; it is due at the end of the command before it. */
export function pushStep(s: Stepper, interval: u32, count: u32, add: i32, end: f64): void {
  const command = nextCommand(s);
  let at = changetype<usize>(command) + COMMAND_BYTES;
  at = Vlq.unsigned(at, s.stepId);
  at = Vlq.unsigned(at, s.oid);
  at = Vlq.unsigned(at, interval);
  at = Vlq.unsigned(at, count);
  at = Vlq.signed(at, add);
  command.takesSlot = 1;
  finish(s, command, at, s.lastClock, end);
  const past = Pasts.at(s, s.pastTail);
  const sign: i32 = s.sentDirection == 1 ? 1 : -1;
  past.start = s.lastClock;
  past.end = end;
  past.position = s.made;
  past.interval = count == 1 ? end - s.lastClock : <f64>interval;
  if (s.asleep != 0) {
    s.asleep = 0;
    s.wake = s.lastClock + past.interval;
  }
  past.add = <f64>add;
  past.count = count;
  past.sign = sign;
  s.pastTail += 1;
  s.made += <f64>sign * <f64>count;
  s.commandCount += 1;
  s.steps += <f64>count;
  s.lastClock = end;
}

/** Appends `set_next_step_dir`. */
export function pushDirection(s: Stepper, level: u32): void {
  const command = nextCommand(s);
  let at = changetype<usize>(command) + COMMAND_BYTES;
  at = Vlq.unsigned(at, s.directionId);
  at = Vlq.unsigned(at, s.oid);
  at = Vlq.unsigned(at, level);
  command.takesSlot = 0;
  finish(s, command, at, s.lastClock, s.lastClock);
  s.directionCount += 1;
}
