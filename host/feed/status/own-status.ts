// thread: feed
import type { SharedClock } from "../../shared/clock.js";
import type { ControlBlock } from "../../shared/control.js";
import { type HostLink, UNRESPONSIVE_AFTER_S } from "../host-link.js";
import type { Timers } from "../timers.js";
import type { Lateness } from "./lateness.js";
import type { StatusObjects } from "./objects.js";

/** Name of the printer object that says how fresh all others are. */
export const OWN_OBJECT = "steadyhand";
const LAG_WINDOW_S = 10;

/** Other parts of the feed that have something to show. */
export interface WatchedParts {
  readonly clients: () => number;
  /** Uploads that are coming in, with how far they are. */
  readonly uploads: () => readonly unknown[];
}

/**
 * The object `steadyhand`: whether host and machine give signs of life, what the host is doing when it does not, and
 * how late the feed itself is. Ages below a second are 0, so that a healthy printer sends nothing.
 */
export class OwnStatus {
  readonly #objects: StatusObjects;
  readonly #link: HostLink;
  readonly #control: ControlBlock;
  readonly #clock: SharedClock;
  readonly #timers: Timers;
  readonly #lateness: Lateness;
  readonly #isVirtual: boolean;
  #watched: WatchedParts = { clients: () => 0, uploads: () => [] };
  #last = "";
  #machineTime = 0;
  #machineSeenAt: number;

  constructor(parts: {
    objects: StatusObjects;
    link: HostLink;
    control: ControlBlock;
    clock: SharedClock;
    timers: Timers;
    lateness: Lateness;
    isVirtual: boolean;
  }) {
    this.#objects = parts.objects;
    this.#link = parts.link;
    this.#control = parts.control;
    this.#clock = parts.clock;
    this.#timers = parts.timers;
    this.#lateness = parts.lateness;
    this.#machineSeenAt = parts.timers.now();
    this.#isVirtual = parts.isVirtual;
  }

  /** Shows what these parts say besides. */
  watch(parts: WatchedParts): void {
    this.#watched = parts;
  }

  /** Age of the machine's last snapshot in s of real time; `undefined` when there is no machine. */
  get machineAgeS(): number | undefined {
    const time = this.#objects.snapshotTime;
    if (time === undefined) return undefined;
    if (!this.#clock.isLockstep) return Math.max(0, (this.#clock.now() - time) / this.#clock.factor);
    // A lockstep clock may stand still by right: only what we saw change counts.
    if (time !== this.#machineTime) {
      this.#machineTime = time;
      this.#machineSeenAt = this.#timers.now();
    }
    return Math.max(0, this.#timers.now() - this.#machineSeenAt);
  }

  /** Brings the object up to date. */
  refresh(): void {
    const isUnresponsive = this.#link.isUnresponsive;
    const machineAge = this.machineAgeS;
    const fields = {
      host_age: coarse(this.#link.silenceS),
      host_unresponsive: isUnresponsive,
      activity: isUnresponsive ? this.#control.activity : "",
      message: isUnresponsive ? this.#link.complaint : "",
      machine_age: machineAge === undefined ? null : coarse(machineAge),
      feed_lag: Number(this.#lateness.worst(this.#timers.now(), LAG_WINDOW_S).toFixed(2)),
      virtual: this.#isVirtual,
      time_factor: Number.isFinite(this.#clock.factor) ? this.#clock.factor : null,
      clients: this.#watched.clients(),
      uploads: this.#watched.uploads(),
    };
    const text = JSON.stringify(fields);
    if (text === this.#last && this.#objects.has(OWN_OBJECT)) return;
    this.#last = text;
    this.#objects.apply({ name: OWN_OBJECT, fields }, this.#clock.now());
  }
}

/** An age in steps of 0.1 s; nothing to speak of below the limit is 0. */
const coarse = (age: number): number => (age <= UNRESPONSIVE_AFTER_S ? 0 : Math.round(age * 10) / 10);
