// thread: machine
import { SNAPSHOT_FIRST_FREE, type SnapshotField } from "../shared/snapshot.js";

/** Places of the numbers that motion publishes. */
export interface MotionSlots {
  readonly printTime: number;
  readonly estimatedPrintTime: number;
  readonly stalls: number;
  readonly position: number;
  readonly livePosition: number;
  readonly liveVelocity: number;
  readonly liveExtruderVelocity: number;
  /** Byte of the job whose move is under way. */
  readonly jobPosition: number;
  /** Records of the ring that had been taken. */
  readonly records: number;
  readonly speedFactor: number;
  readonly flowFactor: number;
  readonly zOffset: number;
  readonly horizon: number;
  readonly smallestHorizon: number;
  readonly worstLateness: number;
  readonly longestTurn: number;
}

/** Hands out slots of a snapshot, and the fields that clients see in them. */
export class SlotPlan {
  readonly fields: SnapshotField[] = [];
  #next = SNAPSHOT_FIRST_FREE;

  get slots(): number {
    return this.#next;
  }

  /** Takes over fields that fill the next `slots` slots. */
  append(fields: readonly SnapshotField[], slots: number): void {
    this.fields.push(...fields);
    this.#next += slots;
  }

  /** Room for `width` numbers that clients see as `field` of `object`, rounded to `digits`; returns the first slot. */
  add(object: string, field: string, digits: number, kind: SnapshotField["kind"] = "number", width = 1): number {
    const slot = this.#next;
    this.#next += width;
    this.fields.push({ object, field, slot, kind, width, digits });
    return slot;
  }
}

/** The slots of motion, in Klipper's names where it has one, the rest under `steadyhand`. */
export function planMotionSlots(plan: SlotPlan): MotionSlots {
  return {
    printTime: plan.add("toolhead", "print_time", 3),
    estimatedPrintTime: plan.add("toolhead", "estimated_print_time", 3),
    stalls: plan.add("toolhead", "stalls", 0),
    position: plan.add("toolhead", "position", 6, "list", 4),
    livePosition: plan.add("motion_report", "live_position", 6, "list", 4),
    liveVelocity: plan.add("motion_report", "live_velocity", 4),
    liveExtruderVelocity: plan.add("motion_report", "live_extruder_velocity", 4),
    jobPosition: plan.add("motion_report", "job_position", 0),
    records: plan.add("steadyhand", "records", 0),
    speedFactor: plan.add("steadyhand", "speed_factor", 4),
    flowFactor: plan.add("steadyhand", "flow_factor", 4),
    zOffset: plan.add("steadyhand", "z_offset", 4),
    horizon: plan.add("steadyhand", "horizon", 3),
    smallestHorizon: plan.add("steadyhand", "smallest_horizon", 3),
    worstLateness: plan.add("steadyhand", "worst_lateness", 4),
    longestTurn: plan.add("steadyhand", "longest_turn", 4),
  };
}
