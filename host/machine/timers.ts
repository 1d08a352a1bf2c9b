// thread: machine
import { type HostTime, hostTime, type Seconds } from "../shared/units.js";

interface Timer {
  readonly time: number;
  readonly serial: number;
  readonly run: () => void;
}

/** What is to happen at a time of the printer's clock, run by machine's turns: it follows a virtual clock too. */
export class Timers {
  #timers: Timer[] = [];
  #serial = 0;

  /** Runs `run` in the first turn at or after `time`; returns what calls it off. */
  at(time: HostTime, run: () => void): () => void {
    const timer: Timer = { time, serial: this.#serial++, run };
    const place = this.#timers.findIndex((other) => other.time > time);
    if (place < 0) this.#timers.push(timer);
    else this.#timers.splice(place, 0, timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** Resolves after `wait`, counted from `now`. */
  sleep(now: HostTime, wait: Seconds): Promise<void> {
    return new Promise((resolve) => {
      this.at(hostTime(now + wait), resolve);
    });
  }

  /** Runs what is due at `now`. */
  runDue(now: HostTime): void {
    while (this.#timers.length > 0) {
      const first = this.#timers[0];
      if (first === undefined || first.time > now) return;
      this.#timers.shift();
      first.run();
    }
  }

  /** When the next one is due; infinity when there is none. */
  get next(): HostTime {
    return hostTime(this.#timers[0]?.time ?? Number.POSITIVE_INFINITY);
  }
}
