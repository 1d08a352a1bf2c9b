// thread: any

/** One move for the oracle: end position and filament in mm, and the limits that its record carries. */
export interface PlanMove {
  readonly x: number;
  readonly y: number;
  readonly z: number;
  readonly e: number;
  readonly speed: number;
  readonly accel: number;
  readonly smoothAccel: number;
  readonly junction: number;
}

/** A planned move: when, how far, and how fast. */
export interface PlannedMove {
  readonly start: number;
  readonly end: number;
  readonly distance: number;
  /** mm/s along the path: at the start, at most, at the end. */
  readonly startSpeed: number;
  readonly cruiseSpeed: number;
  readonly endSpeed: number;
  /** Highest speed, and highest speed at the start, that the rules allow. */
  readonly speedLimit: number;
  readonly cornerLimit: number;
  readonly accel: number;
  readonly from: readonly [number, number, number, number];
  readonly direction: readonly [number, number, number, number];
}

interface Waiting {
  readonly distance: number;
  readonly from: readonly [number, number, number, number];
  readonly direction: readonly [number, number, number, number];
  readonly isTravel: boolean;
  readonly limit: number;
  readonly accel: number;
  readonly smoothAccel: number;
  readonly junction: number;
}

const dot = (a: Waiting, b: Waiting): number =>
  a.direction[0] * b.direction[0] + a.direction[1] * b.direction[1] + a.direction[2] * b.direction[2];

/**
 * Highest speed at the corner between two moves. The corner is thought of as a small arc that both moves touch: its
 * radius is such that the path keeps within the junction deviation of the corner, and the arc reaches no further than to
 * the middle of either move; the acceleration towards its centre is the moves' own.
 */
function cornerSpeed(a: Waiting, b: Waiting, cornerVelocity: number): number {
  if (!a.isTravel || !b.isTravel) return 0;
  // half the angle between the paths: a right angle turns by 90 degrees, a straight line has 180
  const half = Math.acos(Math.min(1, Math.max(-1, -dot(a, b)))) / 2;
  const limits = [a.limit, b.limit];
  const change = Math.abs(b.direction[3] - a.direction[3]);
  if (change > 0) limits.push(cornerVelocity / change);
  const bend = Math.sin(half) / (1 - Math.sin(half));
  for (const { accel, junction, distance } of [a, b]) {
    if (Number.isFinite(bend)) limits.push(Math.sqrt(bend * junction * accel));
    limits.push(Math.sqrt((distance / 2) * Math.tan(half) * accel));
  }
  return Math.min(...limits);
}

function waitingMoves(moves: readonly PlanMove[]): Waiting[] {
  const list: Waiting[] = [];
  let [x, y, z, e] = [0, 0, 0, 0];
  for (const move of moves) {
    const delta = [move.x - x, move.y - y, move.z - z] as const;
    const travel = Math.hypot(...delta);
    const isTravel = travel >= 1e-9;
    const distance = isTravel ? travel : Math.abs(move.e);
    if (distance < 1e-9) continue;
    list.push({
      distance,
      from: [x, y, z, e],
      direction: [
        isTravel ? delta[0] / distance : 0,
        isTravel ? delta[1] / distance : 0,
        isTravel ? delta[2] / distance : 0,
        move.e / distance,
      ],
      isTravel,
      limit: move.speed,
      accel: move.accel,
      smoothAccel: Math.min(move.smoothAccel, move.accel),
      junction: move.junction,
    });
    if (isTravel) [x, y, z] = [move.x, move.y, move.z];
    e += move.e;
  }
  return list;
}

/** Squared start speeds of a profile that starts and ends at rest, with `accel` of each move and `limits` at its start. */
function profile(list: readonly Waiting[], limits: readonly number[], accelOf: (move: Waiting) => number): number[] {
  const speeds = limits.slice();
  speeds[0] = 0;
  for (let i = 1; i < list.length; i++) {
    const before = list[i - 1];
    if (before === undefined) continue;
    speeds[i] = Math.min(speeds[i] ?? 0, (speeds[i - 1] ?? 0) + 2 * accelOf(before) * before.distance);
  }
  let end = 0;
  for (let i = list.length - 1; i >= 0; i--) {
    const move = list[i];
    if (move === undefined) continue;
    end = Math.min(speeds[i] ?? 0, end + 2 * accelOf(move) * move.distance);
    speeds[i] = end;
  }
  return speeds;
}

/**
 * Plans a whole list from rest to rest, all at once. The speeds of a profile with the lower, smooth acceleration say how
 * fast each hump of motion may get at its top; the real accelerations say how fast its moves start and end.
 */
export function planOracle(moves: readonly PlanMove[], begin: number, cornerVelocity: number): PlannedMove[] {
  const list = waitingMoves(moves);
  const corners = list.map((move, i) => {
    const before = list[i - 1];
    const speed = before === undefined ? 0 : cornerSpeed(before, move, cornerVelocity);
    return speed * speed;
  });
  const real = profile(list, corners, (move) => move.accel);
  // the smooth profile is bounded by what the real one can reach from the past
  const reachable = corners.slice();
  for (let i = 1; i < list.length; i++) {
    const before = list[i - 1];
    if (before === undefined) continue;
    reachable[i] = Math.min(corners[i] ?? 0, (reachable[i - 1] ?? 0) + 2 * before.accel * before.distance);
  }
  const smooth = profile(list, reachable, (move) => move.smoothAccel);
  const gain = list.map((move) => 2 * move.smoothAccel * move.distance);
  const endOf = (speeds: readonly number[], i: number): number => speeds[i + 1] ?? 0;
  const falls = (i: number): boolean => (smooth[i] ?? 0) >= endOf(smooth, i) + (gain[i] ?? 0);
  let time = begin;
  let cap = 0;
  return list.map((move, i) => {
    const start = real[i] ?? 0;
    const end = endOf(real, i);
    if (falls(i)) {
      cap = Math.min(cap, start);
    } else {
      let top = i;
      while (top + 1 < list.length && (smooth[top] ?? 0) + (gain[top] ?? 0) <= endOf(smooth, top) && !falls(top + 1))
        top += 1;
      const limit = (list[top]?.limit ?? 0) ** 2;
      cap = Math.min(limit, ((smooth[top] ?? 0) + endOf(smooth, top) + (gain[top] ?? 0)) / 2);
    }
    const cruise = falls(i) ? cap : Math.min((start + end) / 2 + move.accel * move.distance, move.limit ** 2, cap);
    const speeds = [Math.min(start, cruise), cruise, Math.min(end, cruise)].map(Math.sqrt);
    const [startSpeed = 0, cruiseSpeed = 0, endSpeed = 0] = speeds;
    const rising = (cruiseSpeed - startSpeed) / move.accel;
    const falling = (cruiseSpeed - endSpeed) / move.accel;
    const level = move.distance - ((startSpeed + cruiseSpeed) / 2) * rising - ((cruiseSpeed + endSpeed) / 2) * falling;
    const planned: PlannedMove = {
      start: time,
      end: time + rising + Math.max(0, level) / cruiseSpeed + falling,
      distance: move.distance,
      startSpeed,
      cruiseSpeed,
      endSpeed,
      speedLimit: move.limit,
      cornerLimit: Math.sqrt(corners[i] ?? 0),
      accel: move.accel,
      from: move.from,
      direction: move.direction,
    };
    time = planned.end;
    return planned;
  });
}

/** Where a plan is at `time`: x, y, z, filament in mm and the speed along the path in mm/s. */
export function plannedAt(
  plan: readonly PlannedMove[],
  time: number,
): { readonly place: readonly number[]; readonly speed: number } {
  const move = plan.findLast((one) => one.start <= time) ?? plan[0];
  if (move === undefined) return { place: [0, 0, 0, 0], speed: 0 };
  const rising = (move.cruiseSpeed - move.startSpeed) / move.accel;
  const falling = (move.cruiseSpeed - move.endSpeed) / move.accel;
  const t = Math.min(Math.max(time, move.start), move.end) - move.start;
  const level = move.end - move.start - rising - falling;
  const up = Math.min(t, rising);
  const flat = Math.min(Math.max(t - rising, 0), level);
  const down = Math.max(t - rising - level, 0);
  const path =
    move.startSpeed * up +
    (move.accel * up * up) / 2 +
    move.cruiseSpeed * (flat + down) -
    (move.accel * down * down) / 2;
  const speed = time >= move.end ? move.endSpeed : move.startSpeed + move.accel * up - move.accel * down;
  return { place: move.from.map((from, i) => from + (move.direction[i] ?? 0) * path), speed };
}
