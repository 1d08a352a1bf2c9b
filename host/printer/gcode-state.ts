// thread: host

// A state of G-code is a row of numbers, so that the one behind each queued move can be kept without making objects.

/** Where the tool head was last sent, x, y, z, e in mm, before transforms. The filament as asked for, without M221. */
export const STATE_LAST = 0;
/** What is added to coordinates: G92 and SET_GCODE_OFFSET together. */
export const STATE_BASE = 4;
/** What SET_GCODE_OFFSET adds. */
export const STATE_OFFSET = 8;
/** Speed of the last F, mm/s. */
export const STATE_SPEED = 12;
/** M220 and M221, 1 for no change. */
export const STATE_SPEED_FACTOR = 13;
export const STATE_FLOW_FACTOR = 14;
/** 1 after G90, 0 after G91. */
export const STATE_ABSOLUTE = 15;
/** 1 after M82, 0 after M83. */
export const STATE_ABSOLUTE_E = 16;
export const STATE_SIZE = 17;

/** Speed before the first F, mm/s. */
const FIRST_SPEED = 25;

/** The state at the start of the printer. */
export function createGcodeState(): Float64Array {
  const state = new Float64Array(STATE_SIZE);
  state[STATE_SPEED] = FIRST_SPEED;
  state[STATE_SPEED_FACTOR] = 1;
  state[STATE_FLOW_FACTOR] = 1;
  state[STATE_ABSOLUTE] = 1;
  state[STATE_ABSOLUTE_E] = 1;
  return state;
}
