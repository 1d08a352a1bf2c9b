// One stepper: where it stands, the step times that wait for compression, and its commands.

import { take } from "./arena";
import { Queue } from "./segments";
import { TAP_SIZE } from "./tap";

/** Step times that a stepper can hold between generation and compression. */
export const STEP_CAPACITY: u32 = 16384;
/** Steps kept in front of the first waiting one: the true time of the step before it is needed for its window. */
export const STEP_MARGIN: u32 = 4;
/** Slack behind the last step, for loads of whole vectors. */
const STEP_SLACK: u32 = 16;
/** Runs of steps in one direction that a stepper can hold. */
export const RUN_CAPACITY: u32 = 1024;
/** Pulses that an input shaper can have. */
export const PULSE_LIMIT: u32 = 5;
/** Taps that a stepper can have: the pulses of three axes, and one spare. */
const TAP_LIMIT: usize = 3 * <usize>PULSE_LIMIT + 1;
/** Bytes of one axis' pulses: how many, then weight and time of each. */
export const PULSES_SIZE: usize = 8 + PULSE_LIMIT * 16;

/** Steps in one direction with no gap that 32 bits could not measure. */
@unmanaged
@final
export class Run {
  /** Index of the first step. */
  first: u32;
  /** 1 forward, 0 backward. */
  direction: u32;
  /** Time of the first step, and of the step before it, in ticks of 64 bits. */
  clock: f64;
  before: f64;
}

@unmanaged
@final
export class Stepper {
  /** Motion queue that it follows, and which part of it: `KIND_` in stepgen.ts. */
  queue: Queue;
  kind: i32;
  /** Extruder whose filament it moves, for `KIND_EXTRUDER`. */
  extruder: i32;

  /** Coefficients of x, y, z (and, for other kinematics, their parameters). */
  p0: f64;
  p1: f64;
  p2: f64;
  p3: f64;
  p4: f64;
  p5: f64;

  /** Steps per mm. */
  perMm: f64;
  /** Actuator position that is step 0, in mm. */
  anchor: f64;
  /** Steps made since `anchor` was set; a whole number. */
  position: f64;
  /** Steps made since the start, across changes of `anchor`; a whole number. */
  total: f64;

  /** Ticks per s, and print time of tick 0 in s. */
  frequency: f64;
  timeOffset: f64;
  /** A step may be early by at most this, in ticks. */
  maxEarly: u32;
  /** A step and its reversal closer than this are both dropped, in ticks. */
  filter: u32;

  /** Segment and phase to look at next. */
  cursor: u32;
  phase: u32;
  /** Print time in s up to which steps are generated; NaN while a call has not come to its end. */
  time: f64;

  /** Taps in use (0: none, the segments are read directly), and their records. */
  tapCount: u32;
  taps: usize;
  /** Pulses that are wanted on x, y and z: `PULSES_SIZE` each. */
  pulses: usize;
  /** Half the width of the window that smooths filament, in s: in use, and wanted. */
  smooth: f64;
  wantedSmooth: f64;
  /** 1 while what is wanted is not in use yet. */
  pending: u32;
  /** How far beyond and behind print time t the motion is looked at for the position at t, in s. */
  before: f64;
  after: f64;
  /** Monotone part of the present stretch to go on with. */
  part: u32;
  /** Smoothed filament position (mm) and speed (mm/s) at `time`, and stretches until they are computed anew. */
  smoothPlace: f64;
  smoothSpeed: f64;
  smoothLeft: u32;
  /** Length in s of a fitted stretch that has been good enough. */
  fitted: f64;

  /** Low 32 bits of step times, and how early each may be. */
  times: usize;
  windows: usize;
  /** First waiting step, one behind the last, and the first without a window. */
  head: u32;
  tail: u32;
  open: u32;

  runs: usize;
  runHead: u32;
  runTail: u32;

  /** Direction of the last step that was generated: 1 forward, 0 backward. */
  direction: u32;
  /** Direction that the board was last told: 1, 0, or 2 before the first command. */
  sentDirection: u32;
  /** XOR with the direction to get the level of the pin. */
  invert: u32;
  oid: u32;
  /** Message ids of `queue_step` and `set_next_step_dir` on its board. */
  stepId: u32;
  directionId: u32;
  /** Board that it is on. */
  board: u32;

  /** Time of the last step that was generated, in ticks. */
  trueClock: f64;
  /** Time of the last step in a command, in ticks. */
  lastClock: f64;

  /** Command that look-ahead has found for the steps from `head` on: its count (0 for none), interval, add, end. */
  planCount: u32;
  planInterval: f64;
  planAdd: f64;
  planEnd: f64;

  /** Commands: ring of `COMMAND_SIZE` records. */
  commands: usize;
  commandMask: u32;
  commandHead: u32;
  commandTail: u32;

  /** Past commands: ring of `PAST_CAPACITY` records. */
  past: usize;
  pastTail: u32;
  /** Steps that commands have made since the start; a whole number. */
  made: f64;

  /** 1 while the driver is off and no step has been made since; then `wake` is the clock of the first step, in ticks. */
  asleep: u32;
  wake: f64;

  /** Sums since the start. */
  steps: f64;
  commandCount: f64;
  directionCount: f64;
  byteCount: f64;
}

/** Past commands that a stepper remembers, a power of two. */
export const PAST_CAPACITY: u32 = 4096;

/** A command that was made, for questions about past positions. */
@unmanaged
@final
export class Past {
  /** Clock of the step before it and of its last step, in ticks. */
  start: f64;
  end: f64;
  /** Steps made before it. */
  position: f64;
  interval: f64;
  add: f64;
  count: u32;
  /** 1 forward, -1 backward. */
  sign: i32;
}

/** One encoded command that waits to be sent. */
@unmanaged
@final
export class Command {
  /** Due: the clock before which the board must have it, in ticks (the end of the command before it). */
  due: f64;
  /** Clock at which the board has done it and its move slot is free again. */
  end: f64;
  /** Number of bytes, whether it takes a move slot on the board, then the bytes. */
  length: u8;
  takesSlot: u8;
  b0: u8;
}

export const COMMAND_SIZE: usize = 32;
export const COMMAND_BYTES: usize = offsetof<Command>("b0");

/** A stepper with empty buffers; 0 when memory is used up. */
export function createStepper(commandCapacity: u32): Stepper {
  const at = take(offsetof<Stepper>());
  const times = take(<usize>(STEP_CAPACITY + STEP_SLACK) * 4);
  const windows = take(<usize>(STEP_CAPACITY + STEP_SLACK) * 4);
  const runs = take(<usize>RUN_CAPACITY * offsetof<Run>());
  const commands = take(<usize>commandCapacity * COMMAND_SIZE);
  const past = take(<usize>PAST_CAPACITY * offsetof<Past>());
  const taps = take(TAP_LIMIT * TAP_SIZE);
  const pulses = take(3 * PULSES_SIZE);
  if (at == 0 || times == 0 || windows == 0 || runs == 0 || commands == 0 || past == 0) return changetype<Stepper>(0);
  if (taps == 0 || pulses == 0) return changetype<Stepper>(0);
  const stepper = changetype<Stepper>(at);
  stepper.times = times;
  stepper.windows = windows;
  stepper.runs = runs;
  stepper.commands = commands;
  stepper.commandMask = commandCapacity - 1;
  stepper.past = past;
  stepper.taps = taps;
  stepper.pulses = pulses;
  stepper.head = STEP_MARGIN;
  stepper.tail = STEP_MARGIN;
  stepper.open = STEP_MARGIN;
  stepper.direction = 2;
  stepper.sentDirection = 2;
  stepper.asleep = 1;
  return stepper;
}

@final
export class Pasts {
  @inline
  static at(stepper: Stepper, seq: u32): Past {
    return changetype<Past>(stepper.past + <usize>(seq & (PAST_CAPACITY - 1)) * offsetof<Past>());
  }
}

@final
export class Runs {
  @inline
  static at(stepper: Stepper, index: u32): Run {
    return changetype<Run>(stepper.runs + <usize>(index & (RUN_CAPACITY - 1)) * offsetof<Run>());
  }
}
