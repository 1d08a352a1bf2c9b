// thread: feed

import { ApiError } from "./api-error.js";
import type { PrinterState } from "./messages.js";

/** What a change of the printer's state sets off. */
export interface PrinterEvents {
  ready(): void;
  shutdown(): void;
  disconnected(): void;
}

/** The printer's state as the host last said it. */
export class Printer {
  readonly #events: PrinterEvents;
  #state: PrinterState = "disconnected";
  #message = "Printer is not ready: the printer core has not started yet.";
  #endpoints: readonly string[] = [];
  help: Readonly<Record<string, string>> = {};

  constructor(events: PrinterEvents) {
    this.#events = events;
  }

  get state(): PrinterState {
    return this.#state;
  }

  get message(): string {
    return this.#message;
  }

  get isConnected(): boolean {
    return this.#state !== "disconnected";
  }

  /** Endpoints of the host's modules, by their names with slashes. */
  get endpoints(): readonly string[] {
    return this.#endpoints;
  }

  set endpoints(names: readonly string[]) {
    this.#endpoints = names;
  }

  /** Takes over a new state and says so to who has to know. */
  change(state: PrinterState, message: string): void {
    const former = this.#state;
    this.#state = state;
    this.#message = message;
    if (state === former) return;
    if (state === "ready") this.#events.ready();
    else if (state === "shutdown") this.#events.shutdown();
    else if (state === "disconnected") this.#events.disconnected();
  }

  /** Refuses with 503 while there is no printer core. */
  requireConnected(): void {
    if (this.isConnected) return;
    throw new ApiError(503, "Printer is not connected: it is starting or restarting. Try again in a few seconds.");
  }
}
