// thread: any

/** Commands kept for a look back. */
const KEPT = 1024;

/** Receives every command that a stepper has carried out, or the part of it that was carried out before a stop. */
export interface StepSink {
  /** Step k (1 to `count`) was at `start + k * interval + add * k * (k - 1) / 2`. */
  steps(stepPin: string, start: number, interval: number, count: number, add: number, dir: number): void;
}

/** One executed command: step k was at `clock + k * interval + add * k * (k - 1) / 2`. */
export interface ExecutedMove {
  readonly clock: number;
  readonly interval: number;
  readonly count: number;
  readonly add: number;
  readonly dir: number;
}

/** What a stepper has done since its board was configured. */
export interface StepperReport {
  readonly oid: number;
  readonly stepPin: string;
  readonly dirPin: string;
  readonly steps: number;
  readonly commands: number;
  /** Steps with dir=1 minus steps with dir=0. */
  readonly position: number;
  readonly firstClock: number;
  readonly lastClock: number;
  /** Over every step of the finished commands: the ticks since the step before, and its direction. */
  readonly timedHash: string;
  /** Over the directions of those steps alone: equal for the same steps in the same order at other times. */
  readonly orderHash: string;
  /** The last commands, oldest first. */
  readonly recent: readonly ExecutedMove[];
}

/**
 * Record of one stepper's steps in bounded memory: running hashes over every single step, counts, and the last commands.
 */
export class StepLog {
  readonly #interval = new Uint32Array(KEPT);
  readonly #count = new Uint16Array(KEPT);
  readonly #add = new Int16Array(KEPT);
  readonly #dir = new Uint8Array(KEPT);
  readonly #clock = new Float64Array(KEPT);
  #commands = 0;
  #steps = 0;
  #position = 0;
  #first = Number.NaN;
  #last = Number.NaN;
  // Two lanes of 32 bits each.
  #timedA = 0x2545f491;
  #timedB = 0x4f6cdd1d;
  #orderA = 0x2545f491;
  #orderB = 0x4f6cdd1d;
  #runDir = 0;
  #runLength = 0;

  /** Adds `count` executed steps of a command that began at `clock`. */
  add(clock: number, interval: number, count: number, add: number, dir: number): void {
    const slot = this.#commands++ % KEPT;
    this.#clock[slot] = clock;
    this.#interval[slot] = interval;
    this.#count[slot] = count;
    this.#add[slot] = add;
    this.#dir[slot] = dir;
    this.#steps += count;
    this.#position += dir === 0 ? -count : count;
    if (Number.isNaN(this.#first)) this.#first = clock + interval;
    // In terms of times between steps, so that two runs that begin at different clocks compare equal.
    this.#hashSteps(clock, interval, count, add, dir);
    if (dir === this.#runDir) {
      this.#runLength += count;
    } else {
      this.#endRun();
      this.#runDir = dir;
      this.#runLength = count;
    }
  }

  report(oid: number, stepPin: string, dirPin: string): StepperReport {
    const [a, b] = mixRun(this.#orderA, this.#orderB, this.#runDir, this.#runLength);
    return {
      oid,
      stepPin,
      dirPin,
      steps: this.#steps,
      commands: this.#commands,
      position: this.#position,
      firstClock: this.#first,
      lastClock: this.#last,
      timedHash: text(this.#timedA, this.#timedB),
      orderHash: text(a, b),
      recent: this.#recent(),
    };
  }

  #hashSteps(clock: number, interval: number, count: number, add: number, dir: number): void {
    const first = Number.isNaN(this.#last) ? 0 : clock + interval - this.#last;
    let a = this.#timedA ^ Math.floor(first / 0x1_0000_0000);
    let b = this.#timedB;
    let gap = first;
    let step = interval;
    for (let i = 0; i < count; i++) {
      a = Math.imul(a ^ gap, 0x85ebca6b);
      a = ((a << 13) | (a >>> 19)) ^ dir;
      b = Math.imul(b + gap, 0xc2b2ae35) ^ (a >>> 7);
      step += add;
      gap = step;
    }
    this.#timedA = a;
    this.#timedB = b;
    this.#last = clock + count * interval + (add * count * (count - 1)) / 2;
  }

  #endRun(): void {
    [this.#orderA, this.#orderB] = mixRun(this.#orderA, this.#orderB, this.#runDir, this.#runLength);
  }

  #recent(): ExecutedMove[] {
    const length = Math.min(this.#commands, KEPT);
    return Array.from({ length }, (_, i) => {
      const slot = (this.#commands - length + i) % KEPT;
      return {
        clock: this.#clock[slot] ?? 0,
        interval: this.#interval[slot] ?? 0,
        count: this.#count[slot] ?? 0,
        add: this.#add[slot] ?? 0,
        dir: this.#dir[slot] ?? 0,
      };
    });
  }
}

function mixRun(a: number, b: number, dir: number, length: number): [number, number] {
  if (length === 0) return [a, b];
  const low = length >>> 0;
  const mixedA = Math.imul((Math.imul(a ^ low, 0x85ebca6b) << 1) ^ dir, 0x27d4eb2f);
  return [mixedA, Math.imul(b + low, 0xc2b2ae35) ^ (mixedA >>> 9)];
}

const text = (a: number, b: number): string =>
  (a >>> 0).toString(16).padStart(8, "0") + (b >>> 0).toString(16).padStart(8, "0");
