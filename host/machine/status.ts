// thread: machine
import type { Core } from "../core/core.js";
import type { HorizonWatch } from "./horizon.js";
import type { Lateness } from "./lateness.js";
import { type MotionSlots, planMotionSlots, type SlotPlan } from "./snapshot-fields.js";

/** Writes the numbers of motion into snapshots: where the tool head is at the snapshot's own time, and how fast. */
export class MotionStatus {
  readonly #core: Core;
  readonly #slots: MotionSlots;
  readonly #position = new Float64Array(4);
  #jobPosition = 0;

  constructor(core: Core, plan: SlotPlan) {
    this.#core = core;
    this.#slots = planMotionSlots(plan);
  }

  fill(values: Float64Array, now: number, planEnd: number, horizon: HorizonWatch, lateness: Lateness): void {
    const { exports, f64 } = this.#core;
    const slots = this.#slots;
    let speed = 0;
    let flow = 0;
    if (exports.momentAt(0, now) === 1) {
      const at = exports.scratchAt() >>> 3;
      for (let i = 0; i < 4; i++) this.#position[i] = f64[at + i] ?? 0;
      speed = f64[at + 4] ?? 0;
      flow = f64[at + 5] ?? 0;
      const tag = f64[at + 6] ?? -1;
      if (tag >= 0) this.#jobPosition = tag;
    }
    values.set(this.#position, slots.position);
    values.set(this.#position, slots.livePosition);
    values[slots.printTime] = planEnd + exports.aheadTime();
    values[slots.records] = exports.recordsTaken() >>> 0;
    values[slots.estimatedPrintTime] = now;
    values[slots.liveVelocity] = speed;
    values[slots.liveExtruderVelocity] = flow;
    values[slots.jobPosition] = this.#jobPosition;
    values[slots.speedFactor] = exports.speedFactor();
    values[slots.flowFactor] = exports.flowFactor();
    values[slots.zOffset] = exports.appliedOffset();
    values[slots.horizon] = horizon.now;
    values[slots.smallestHorizon] = horizon.smallest;
    values[slots.worstLateness] = lateness.worst;
    values[slots.longestTurn] = lateness.longest;
  }
}
