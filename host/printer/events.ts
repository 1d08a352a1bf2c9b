// thread: host

/** States of the printer, as clients see them. */
export type PrinterState = "startup" | "ready" | "shutdown" | "error";

/** States of a print job, as `print_stats` shows them. */
export type JobState = "standby" | "printing" | "paused" | "complete" | "cancelled" | "error";

/** Whether a job in this state is over. */
export function hasEnded(state: JobState): boolean {
  return state === "complete" || state === "cancelled" || state === "error";
}

/** What modules can be told: `ctx.on(event, listener)`. Listeners must not throw; nobody waits for them. */
export interface PrinterEvents {
  /** Boards are configured and every module is ready. */
  ready: undefined;
  /** The printer is stopped: heaters and motors are off until the next start. */
  shutdown: { readonly reason: string };
  /** A print job changes its state. */
  job: { readonly state: JobState; readonly file: string };
  /** The axes (letters) were homed. */
  homed: { readonly axes: string };
  /** Axes are no longer homed: motors went off, or a command says so. */
  unhomed: { readonly axes: string };
  /** The tool head is taken to be somewhere else without having moved there. */
  positionSet: undefined;
  /** Another extruder is the active one. */
  extruder: { readonly name: string };
  /** A line for the consoles, as it is sent to them. */
  output: { readonly text: string };
}

export type PrinterEvent = keyof PrinterEvents;

type Listener<E extends PrinterEvent> = (payload: PrinterEvents[E]) => void;
type Listeners = { readonly [E in PrinterEvent]: Set<Listener<E>> };

/** Tells modules what happens, in the order of listening. */
export class EventHub {
  readonly #listeners: Listeners = {
    ready: new Set(),
    shutdown: new Set(),
    job: new Set(),
    homed: new Set(),
    unhomed: new Set(),
    positionSet: new Set(),
    extruder: new Set(),
    output: new Set(),
  };
  readonly #onFault: (event: PrinterEvent, error: unknown) => void;

  /** `onFault` hears of listeners that throw; the others are told all the same. */
  constructor(onFault: (event: PrinterEvent, error: unknown) => void) {
    this.#onFault = onFault;
  }

  /** Calls `listener` at each event from now on, until the returned function is called. */
  on<E extends PrinterEvent>(event: E, listener: Listener<E>): () => void {
    const listeners: Set<Listener<E>> = this.#listeners[event];
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
    };
  }

  emit<E extends PrinterEvent>(event: E, payload: PrinterEvents[E]): void {
    const listeners: Set<Listener<E>> = this.#listeners[event];
    for (const listener of [...listeners]) {
      try {
        listener(payload);
      } catch (error) {
        this.#onFault(event, error);
      }
    }
  }
}
