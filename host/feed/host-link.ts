// thread: feed
import type { MessagePort } from "node:worker_threads";
import type { SharedClock } from "../shared/clock.js";
import type { ControlBlock } from "../shared/control.js";
import { type HostTime, hostTime } from "../shared/units.js";
import { ApiError } from "./api-error.js";
import type { HostMethod, HostRequests, ToFeed, ToHost } from "./messages.js";
import type { Timers } from "./timers.js";

/** How often the host's signs of life are looked at. */
const CHECK_MS = 100;
/** Silence after which we ask for a sign of life, in s. */
const ASK_AFTER_S = 0.4;
/** Silence after which the host counts as unresponsive, in s. */
export const UNRESPONSIVE_AFTER_S = 1;

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: ApiError) => void;
}

/** What the host tells without being asked. */
export type HostMessage = Exclude<ToFeed, { type: "reply" | "refusal" | "pong" }>;

export interface HostLinkParts {
  readonly port: MessagePort;
  readonly control: ControlBlock;
  readonly clock: SharedClock;
  readonly timers: Timers;
  /** Host silence after which requests to it are answered with an error, in s. */
  readonly giveUpAfterS: number;
  readonly onMessage: (message: HostMessage) => void;
}

/** The feed's side of the line to the host. Never waits for it: only the requests themselves do. */
export class HostLink {
  readonly #parts: HostLinkParts;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 1;
  #heardAt: number;
  #heardTime: HostTime;
  #lastBeat: HostTime;
  #asked = false;

  constructor(parts: HostLinkParts) {
    this.#parts = parts;
    this.#heardAt = parts.timers.now();
    this.#heardTime = parts.clock.now();
    this.#lastBeat = parts.control.lastBeat("host");
    parts.port.on("message", (message: ToFeed) => this.#receive(message));
    parts.timers.every(CHECK_MS, () => this.check());
  }

  /** Seconds of real time since the host's last sign of life: a beat, or a message. */
  get silenceS(): number {
    this.#lookAtBeat();
    return Math.max(0, this.#parts.timers.now() - this.#heardAt);
  }

  /** The printer's time at the host's last sign of life: what the host published was true until then. */
  get confirmed(): HostTime {
    this.#lookAtBeat();
    return hostTime(Math.min(this.#heardTime, this.#parts.clock.now()));
  }

  get isUnresponsive(): boolean {
    return this.silenceS > UNRESPONSIVE_AFTER_S;
  }

  /** "host unresponsive for 12 s, in macro LOAD_FILAMENT", for clients and the log. */
  get complaint(): string {
    const { activity } = this.#parts.control;
    return `host unresponsive for ${Math.round(this.silenceS)} s${activity === "" ? "" : `, in ${activity}`}`;
  }

  /** Requests that wait for an answer. */
  get pending(): number {
    return this.#waiting.size;
  }

  post(message: ToHost): void {
    this.#parts.port.postMessage(message);
  }

  /**
   * Asks the host. Rejects with the host's refusal, or with 503 when the host has been silent for too long; the host is
   * then told not to start what was asked.
   */
  request<M extends HostMethod>(method: M, params: HostRequests[M]): Promise<unknown> {
    if (this.silenceS > this.#parts.giveUpAfterS) return Promise.reject(new ApiError(503, this.complaint));
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#parts.port.postMessage({ type: "request", id, method, params });
    });
  }

  /** Tells the host something as a request whose answer nobody needs. */
  tell<M extends HostMethod>(method: M, params: HostRequests[M]): void {
    this.#parts.port.postMessage({ type: "request", id: this.#nextId++, method, params });
  }

  /** Looks for a sign of life, asks for one, and gives up waiting when there has been none for too long. */
  check(): void {
    const silence = this.silenceS;
    if (silence < ASK_AFTER_S) return;
    if (!this.#asked) {
      this.#asked = true;
      this.post({ type: "ping" });
    }
    if (silence > this.#parts.giveUpAfterS && this.#waiting.size > 0) {
      const ids = [...this.#waiting.keys()];
      const waiting = [...this.#waiting.values()];
      this.#waiting.clear();
      this.post({ type: "abandon", ids });
      for (const { reject } of waiting) reject(new ApiError(503, this.complaint));
    }
  }

  close(): void {
    for (const { reject } of this.#waiting.values()) reject(new ApiError(503, "the status server is stopping"));
    this.#waiting.clear();
    this.#parts.port.close();
  }

  #lookAtBeat(): void {
    const beat = this.#parts.control.lastBeat("host");
    if (beat === this.#lastBeat) return;
    this.#lastBeat = beat;
    const { clock, timers } = this.#parts;
    if (clock.isLockstep) {
      this.#heard();
      return;
    }
    // A free clock tells exactly how long ago the beat was.
    const ago = Math.max(0, (clock.now() - beat) / clock.factor);
    this.#asked = false;
    this.#heardAt = Math.max(this.#heardAt, timers.now() - ago);
    this.#heardTime = hostTime(Math.max(this.#heardTime, beat));
  }

  #heard(): void {
    this.#asked = false;
    this.#heardAt = this.#parts.timers.now();
    this.#heardTime = this.#parts.clock.now();
  }

  #receive(message: ToFeed): void {
    this.#heard();
    switch (message.type) {
      case "pong":
        return;
      case "reply":
        this.#settle(message.id)?.resolve(message.result);
        return;
      case "refusal":
        this.#settle(message.id)?.reject(new ApiError(message.status, message.message));
        return;
      default:
        this.#parts.onMessage(message);
    }
  }

  #settle(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    return waiting;
  }
}
