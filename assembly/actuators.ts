// Where an actuator must be for the tool head to be at a place: one pure function per kinematics, position in mm in,
// actuator position (mm, or radians for turning joints) out. What a stepper's parameters mean is said at its kind.

import { Stepper } from "./stepper";

/** Actuator position is p0 x + p1 y + p2 z. */
export const KIND_LINEAR: i32 = 1;
/** Actuator position is that of the filament of extruder p0. */
export const KIND_EXTRUDER: i32 = 2;
/** Carriage of a linear delta tower: arm length squared p0, tower at (p1, p2). */
export const KIND_DELTA: i32 = 3;
/** Carriage of a deltesian arm: arm length squared p0, pivot at x = p1. */
export const KIND_DELTESIAN: i32 = 4;
/** Arm of a polar printer: distance from the centre. */
export const KIND_POLAR_ARM: i32 = 5;
/** Bed of a polar printer: angle in radians, turning on without a jump. */
export const KIND_POLAR_BED: i32 = 6;
/** Upper arm of a rotary delta, angle over the horizontal in radians: its joint at radius p0 and height p1 on the axis at angle p2, upper arm length p3, lower arm length p4. */
export const KIND_ROTARY_DELTA: i32 = 7;
/** Length of a cable to a winch at (p0, p1, p2). */
export const KIND_WINCH: i32 = 8;

const TURN: f64 = 2 * Math.PI;

/** Angle of an upper arm of a rotary delta whose lower arm ends at (x, y, z). */
function shoulderAngle(s: Stepper, x: f64, y: f64, z: f64): f64 {
  // turn the picture so that the arm swings in the plane of its own axis
  const cosine = Math.cos(s.p2);
  const sine = Math.sin(s.p2);
  const along = cosine * x + sine * y;
  const across = cosine * y - sine * x;
  const out = s.p0 - along;
  const up = s.p1 - z;
  // the elbow is at the upper arm's length from the shoulder and at the lower arm's length from the end
  const shadow = s.p4 * s.p4 - across * across;
  const distance2 = out * out + up * up;
  const distance = Math.sqrt(distance2);
  const share = (s.p3 * s.p3 + distance2 - shadow) / (2 * s.p3 * distance);
  // the way to the end points inward and down; the triangle's angle at the shoulder lifts the elbow outward from it
  return Math.acos(share) + Math.atan2(up, out) - Math.PI;
}

/** Whether the actuator of `s` depends on axis 0, 1 or 2 (x, y, z). */
export function actuatorUses(s: Stepper, axis: u32): bool {
  switch (s.kind) {
    case KIND_LINEAR:
      return (axis == 0 ? s.p0 : axis == 1 ? s.p1 : s.p2) != 0;
    case KIND_DELTESIAN:
      return axis != 1;
    case KIND_POLAR_ARM:
    case KIND_POLAR_BED:
      return axis != 2;
    case KIND_EXTRUDER:
      return false;
    default:
      return true;
  }
}

/**
 * Position of the actuator of `s` with the tool head at (x, y, z); NaN where it cannot reach. A bed that turns without
 * end is at the turn nearest to `near`, in radians.
 */
export function actuatorAt(s: Stepper, x: f64, y: f64, z: f64, near: f64): f64 {
  switch (s.kind) {
    case KIND_LINEAR:
      return s.p0 * x + s.p1 * y + s.p2 * z;
    case KIND_DELTA: {
      const dx = x - s.p1;
      const dy = y - s.p2;
      return Math.sqrt(s.p0 - dx * dx - dy * dy) + z;
    }
    case KIND_DELTESIAN: {
      const dx = x - s.p1;
      return Math.sqrt(s.p0 - dx * dx) + z;
    }
    case KIND_POLAR_ARM:
      return Math.sqrt(x * x + y * y);
    case KIND_POLAR_BED: {
      const angle = Math.atan2(y, x);
      return angle + TURN * Math.floor((near - angle) / TURN + 0.5);
    }
    case KIND_ROTARY_DELTA:
      return shoulderAngle(s, x, y, z);
    case KIND_WINCH: {
      const dx = x - s.p0;
      const dy = y - s.p1;
      const dz = z - s.p2;
      return Math.sqrt(dx * dx + dy * dy + dz * dz);
    }
    default:
      return NaN;
  }
}

/** Whether a kind is a function of the tool head's place, and not of filament. */
export function isPlaced(kind: i32): bool {
  return kind == KIND_LINEAR || (kind >= KIND_DELTA && kind <= KIND_WINCH);
}
