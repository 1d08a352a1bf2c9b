// Byte offsets, record sizes, kinds and status codes that both sides of the WASM boundary use.
// Untyped integer constants only: asc and tsc both compile this file.

// Status codes: 0 or more is success.
export const CORE_OK = 0;
/** A buffer reached its limit: make room (take commands, advance history) and call again. */
export const CORE_AGAIN = 1;
/** No room in a queue: keep the record and try again after the next flush. */
export const CORE_QUEUE_FULL = -1;
/** A number is NaN, infinite or outside what the record allows. */
export const CORE_BAD_NUMBER = -2;
/** An index, kind or name that does not exist. */
export const CORE_BAD_INDEX = -3;
/** The call does not fit the present state (for example before init). */
export const CORE_BAD_STATE = -4;
/** The memory given at start is too small for the configuration. */
export const CORE_NO_MEMORY = -5;
/** A step would be due faster than the limit of the encoding or the board. */
export const CORE_STEP_RATE = -6;
/** The core trapped or met an impossible state: it must not be called again. */
export const CORE_ABORT = -7;

// Input ring: host writes, core reads. One record is a move or a timed action.
export const RECORD_SIZE = 96;
/** u32: `RECORD_MOVE` or one of the `ACTION_` kinds. */
export const RECORD_KIND = 0;
/** u32: `FLAG_` bits. */
export const RECORD_FLAGS = 4;
/** f64: end position on x, y, z in mm; the first parameters of an action. */
export const RECORD_X = 8;
export const RECORD_Y = 16;
export const RECORD_Z = 24;
/** f64: filament displacement in mm. */
export const RECORD_E = 32;
/** f64: speed asked for in mm/s. */
export const RECORD_SPEED = 40;
/** f64: highest speed in mm/s that the limits allow for this move. */
export const RECORD_SPEED_CAP = 48;
/** f64: acceleration in mm/s^2. */
export const RECORD_ACCEL = 56;
/** f64: virtual acceleration in mm/s^2 for the minimum cruise ratio: accel * (1 - minimum_cruise_ratio). */
export const RECORD_SMOOTH_ACCEL = 64;
/** f64: junction deviation in mm: square_corner_velocity^2 * (sqrt(2) - 1) / max_accel. */
export const RECORD_JUNCTION = 72;
/** f64: where the record came from (byte position in the job, or any number of the caller's). */
export const RECORD_TAG = 80;
/** f64: pressure advance in s of this move; 0 for none. */
export const RECORD_ADVANCE = 88;
/** f64: action parameters 0 to 6 lie where a move has its numbers. */
export const RECORD_P0 = 8;

export const RECORD_MOVE = 1;
/** p0 device, p1..p3 values: handed to machine with the print time at which it is due. */
export const ACTION_TIMED = 2;
/** p0 seconds at rest. */
export const ACTION_DWELL = 3;
/** Motion ends at rest here; p0 is a number that machine reports when it has. */
export const ACTION_DRAIN = 4;
/** p0..p2 position in mm, at rest. */
export const ACTION_SET_POSITION = 5;
/** p0 extruder that the following moves feed, at rest; p1 its position in mm. */
export const ACTION_SET_EXTRUDER = 6;
/** p0 factor on speed, p1 factor on extrusion of the following moves (M220, M221 inside a job). */
export const ACTION_FACTORS = 7;

/** The live speed factor applies. */
export const FLAG_LIVE_SPEED = 1;
/** The live flow factor applies. */
export const FLAG_LIVE_FLOW = 2;
/** The live Z offset applies. */
export const FLAG_LIVE_Z = 4;
/** Part of a print job: not planned while the job is on hold. */
export const FLAG_JOB = 8;

// What `plan` reports beside an error: why it stopped.
/** All that could be planned is planned. */
export const PLAN_DONE = 0;
/** A queue behind it is full (segments or due actions): generate steps, take actions, call again. */
export const PLAN_BLOCKED = 1;
/** Motion comes to rest at a barrier: generate and flush all steps, then call `passBarrier`. */
export const PLAN_BARRIER = 2;

// Due actions: core writes, machine reads.
export const DUE_SIZE = 72;
/** u32: kind of the action. */
export const DUE_KIND = 0;
/** f64: print time in s at which the motion before it ends. */
export const DUE_TIME = 8;
/** f64: parameters p0 to p5. */
export const DUE_P0 = 16;
/** f64: tag of the record. */
export const DUE_TAG = 64;
