// thread: any
import { type Seconds, seconds } from "../shared/units.js";

const MIN_TIMEOUT = 0.025;
const MAX_TIMEOUT = 5;

/** Estimate of how long an acknowledgement takes and when to stop waiting for it (RFC 6298, with our limits). */
export class RoundTrip {
  #smoothed = 0;
  #variation = 0;
  #isMeasured = false;
  #timeout = MIN_TIMEOUT;

  /** Smoothed round trip; 0 before the first sample. */
  get srtt(): Seconds {
    return seconds(this.#smoothed);
  }

  get rttvar(): Seconds {
    return seconds(this.#variation);
  }

  /** How long to wait before repeating: from 25 ms to 5 s, doubled by each `backOff` until the next sample. */
  get rto(): Seconds {
    return seconds(this.#timeout);
  }

  /** Takes the round trip of a block that was sent only once. */
  sample(took: number): void {
    const time = Math.max(0, took);
    if (this.#isMeasured) {
      this.#variation += (Math.abs(time - this.#smoothed) - this.#variation) / 4;
      this.#smoothed += (time - this.#smoothed) / 8;
    } else {
      this.#isMeasured = true;
      this.#smoothed = time;
      this.#variation = time / 2;
    }
    this.#timeout = Math.min(MAX_TIMEOUT, Math.max(MIN_TIMEOUT, this.#smoothed + 4 * this.#variation));
  }

  /** Waiting was in vain: wait twice as long next time. */
  backOff(): void {
    this.#timeout = Math.min(MAX_TIMEOUT, this.#timeout * 2);
  }
}
