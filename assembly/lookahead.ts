// Look-ahead: how fast each move may start, run and end.
//
// All limits are on squared speeds, where constant acceleration over a distance is a sum: v1^2 = v0^2 + 2 a d.
//
// Two profiles are drawn over the waiting moves. The *real* one uses each move's acceleration. The *smooth* one uses the
// lower virtual acceleration that stands for the minimum cruise ratio (Klipper's documentation, Kinematics). A forward
// pass (when a move is added) caps what can be reached from the past, a backward pass what can still be braked for. The
// smooth profile falls into humps: moves that only accelerate, one that has the top, moves that only decelerate. The
// height of the top caps the real speed of the whole hump.
//
// A move is final once no later move can change it: that is so for all moves before the last one whose smooth start is
// limited by the past and not by the stop at the end of the queue. So the plan does not depend on when it is asked for.

import { take } from "./arena";

/** Moves that may wait for their speeds: a power of two. */
export const AHEAD_CAPACITY: u32 = 1024;

/** A move that waits. Squared speeds in mm^2/s^2. */
@unmanaged
@final
export class Ahead {
  /** Length of the path in mm: of the tool head, or of the filament when only that moves. */
  distance: f64;
  /** Position at the start in mm, and direction per mm of path. */
  x: f64;
  y: f64;
  z: f64;
  e: f64;
  rx: f64;
  ry: f64;
  rz: f64;
  re: f64;
  /** Acceleration in mm/s^2, and junction deviation in mm. */
  accel: f64;
  junction: f64;
  /** Highest squared speed anywhere in the move. */
  cruiseMax: f64;
  /** Highest squared speed at the start: corner, and what the past lets it reach. */
  startMax: f64;
  smoothStartMax: f64;
  /** Change of squared speed over the whole move, really and smoothly. */
  delta: f64;
  smoothDelta: f64;
  /** Squared start speeds of the two profiles, by the last backward pass. */
  start: f64;
  smoothStart: f64;
  advance: f64;
  tag: f64;
  extruder: i32;
  flags: u32;
  /** Whether the tool head moves. */
  kinematic: bool;
}

let entries: usize = 0;
/** First waiting move and one behind the last, ever growing. */
let head: u32 = 0;
let tail: u32 = 0;
/** Cap on squared speed inherited by the decelerating rest of a hump that was planned in part. */
let carriedCap: f64 = 0;

@final
export class Aheads {
  @inline
  static at(seq: u32): Ahead {
    return changetype<Ahead>(entries + <usize>(seq & (AHEAD_CAPACITY - 1)) * offsetof<Ahead>());
  }

  @inline
  static get head(): u32 {
    return head;
  }

  @inline
  static get tail(): u32 {
    return tail;
  }

  @inline
  static get isFull(): bool {
    return tail - head >= AHEAD_CAPACITY;
  }
}

export function createLookahead(): bool {
  entries = take(<usize>AHEAD_CAPACITY * offsetof<Ahead>());
  return entries != 0;
}

export function clearLookahead(): void {
  head = tail;
  forced = false;
  carriedCap = 0;
}

/** The record for the next move; its owner fills it and calls `addMove`. */
export function nextMove(): Ahead {
  return Aheads.at(tail);
}

/**
 * Speed limit at the corner between two moves, squared.
 *
 * The corner is thought of as a small arc that stays within the junction deviation of the corner point (Jeon's
 * approximation: v^2 = a jd sin(h) / (1 - sin(h)), h half the angle between the moves) and that touches either move no
 * later than in its middle (radius = d/2 tan(h), v^2 = a radius).
 */
function cornerLimit(a: Ahead, b: Ahead): f64 {
  const cosine = -(a.rx * b.rx + a.ry * b.ry + a.rz * b.rz);
  const sineHalf = Math.sqrt(Math.max(0.5 * (1 - cosine), 0));
  const cosineHalf = Math.sqrt(Math.max(0.5 * (1 + cosine), 0));
  const rest = 1 - sineHalf;
  if (!(rest > 0 && cosineHalf > 0)) return Infinity;
  const byDeviation = (sineHalf / rest) * Math.min(a.junction * a.accel, b.junction * b.accel);
  // delta = 2 a d, so a d/2 tan(h) = delta tan(h) / 4
  const byArc = ((0.25 * sineHalf) / cosineHalf) * Math.min(a.delta, b.delta);
  return Math.min(byDeviation, byArc);
}

/**
 * Adds the move that was filled in at `nextMove()`. `cornerSpeed` is the extruder's instantaneous corner velocity in
 * mm/s of filament.
 */
export function addMove(cornerSpeed: f64): void {
  const move = Aheads.at(tail);
  move.startMax = 0;
  move.smoothStartMax = 0;
  if (tail != head) {
    const before = Aheads.at(tail - 1);
    if (move.kinematic && before.kinematic) {
      let limit = Math.min(move.cruiseMax, before.cruiseMax);
      const change = Math.abs(move.re - before.re);
      if (change > 0) {
        const speed = cornerSpeed / change;
        limit = Math.min(limit, speed * speed);
      }
      limit = Math.min(limit, cornerLimit(before, move));
      move.startMax = Math.min(limit, before.startMax + before.delta);
      move.smoothStartMax = Math.min(move.startMax, before.smoothStartMax + before.smoothDelta);
    }
  }
  tail += 1;
}

/** Draws both profiles backward from a stop at the end. Returns one behind the last move whose speeds are final. */
function lookBack(): u32 {
  let end: f64 = 0;
  let smoothEnd: f64 = 0;
  let final = head;
  for (let seq = tail; seq != head; ) {
    seq -= 1;
    const move = Aheads.at(seq);
    const start = Math.min(move.startMax, end + move.delta);
    const reach = smoothEnd + move.smoothDelta;
    const bound = move.smoothStartMax;
    const smoothStart = Math.min(bound, reach);
    move.start = start;
    move.smoothStart = smoothStart;
    if (bound <= reach && final == head) final = seq;
    end = start;
    smoothEnd = smoothStart;
  }
  return final;
}

/** A move with its speeds, handed to the planner: squared start, top and end speed. */
@final
export class Junction {
  static start: f64 = 0;
  static cruise: f64 = 0;
  static end: f64 = 0;
}

/** First move of the present hump that is not yet handed out, the hump's top move, and its cap. */
let top: u32 = 0;
let cap: f64 = 0;
let limit: u32 = 0;
/** Whether moves go as if the queue's end were a stop, and the first move that could have. */
let forced: bool = false;
let began: u32 = 0;

/**
 * Starts handing out moves whose speeds are known: all that are final, or with `all` every one, so that the last ends
 * at rest. Then `takeMove` gives them one by one. When look-ahead is full and nothing can go, the older half goes as if
 * the queue's end were a stop: slower than need be, never faster.
 */
export function beginTaking(all: bool): void {
  // one that was interrupted for want of room
  if (forced) joinForced();
  const final = lookBack();
  limit = all ? tail : final;
  forced = !all && final == head && Aheads.isFull;
  if (forced) limit = head + AHEAD_CAPACITY / 2;
  began = head;
  top = head - 1;
  cap = carriedCap;
}

@final
class Shape {
  /** Whether a move's smooth profile only loses speed. */
  @inline
  static falls(move: Ahead, smoothEnd: f64): bool {
    return move.smoothStart >= smoothEnd + move.smoothDelta;
  }
}

/** Smooth speed, squared, at the end of move `seq`. */
function smoothEndOf(seq: u32): f64 {
  return seq + 1 == tail ? 0 : Aheads.at(seq + 1).smoothStart;
}

/**
 * The next move whose speeds are known, with them in `Junction`; null when there is none. The record stays valid until
 * the next `addMove`.
 */
export function takeMove(): Ahead | null {
  if (head == limit) {
    if (forced) joinForced();
    return null;
  }
  const seq = head;
  const move = Aheads.at(seq);
  const end = seq + 1 == tail ? 0 : Aheads.at(seq + 1).start;
  const smoothEnd = smoothEndOf(seq);
  if (<i32>(seq - top) > 0) {
    if (Shape.falls(move, smoothEnd)) {
      // behind the top: the cap can only come down
      cap = Math.min(cap, move.start);
      Junction.start = cap;
      Junction.cruise = cap;
      Junction.end = Math.min(end, cap);
      head = seq + 1;
      carriedCap = cap;
      return move;
    }
    // a new hump: look for its top
    if (!findTop(seq)) {
      if (seq != began || !Aheads.isFull) return null;
      // it lies too far ahead and there is no room for more: the older half goes as if the queue's end were a stop
      forced = true;
      limit = head + AHEAD_CAPACITY / 2;
      findTop(seq);
    }
  }
  const cruise = Math.min(Math.min((move.start + end + move.delta) * 0.5, move.cruiseMax), cap);
  Junction.start = Math.min(move.start, cruise);
  Junction.cruise = cruise;
  Junction.end = Math.min(end, cruise);
  head = seq + 1;
  carriedCap = cap;
  return move;
}

/** After a forced cut the next move starts with exactly the speed at which the last one ends: less is then in reach. */
function joinForced(): void {
  forced = false;
  if (head == began || head == tail) return;
  let before = Aheads.at(head);
  before.startMax = Junction.end;
  before.smoothStartMax = Math.min(before.smoothStartMax, Junction.end);
  for (let seq = head + 1; seq != tail; seq++) {
    const move = Aheads.at(seq);
    move.startMax = Math.min(move.startMax, before.startMax + before.delta);
    move.smoothStartMax = Math.min(
      Math.min(move.smoothStartMax, move.startMax),
      before.smoothStartMax + before.smoothDelta,
    );
    before = move;
  }
}

/**
 * Finds the top of the hump that begins at `from`; false when it is not final yet. With a forced cut the hump ends at
 * the stop behind the last move, wherever its top is.
 */
function findTop(from: u32): bool {
  const end = forced ? tail : limit;
  for (let seq = from; seq != end; seq++) {
    const move = Aheads.at(seq);
    const smoothEnd = smoothEndOf(seq);
    const slows = move.smoothStart + move.smoothDelta > smoothEnd;
    const nextFalls = seq + 1 != end && Shape.falls(Aheads.at(seq + 1), smoothEndOf(seq + 1));
    if (!slows && !nextFalls) continue;
    top = seq;
    cap = Math.min(move.cruiseMax, (move.smoothStart + smoothEnd + move.smoothDelta) * 0.5);
    return true;
  }
  return false;
}
