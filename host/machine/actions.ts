// thread: machine
import { type PrintTime, printTime, ticks } from "../shared/units.js";
import type { BoardAccess } from "./board-access.js";
import type { HeatSystem } from "./heat/heat-system.js";
import {
  TIMED_HEATER,
  TIMED_MARKER,
  TIMED_MOTOR,
  TIMED_OUTPUT,
  TIMED_PAYLOAD,
  TIMED_RULE,
  TIMED_SMOOTH,
} from "./messages.js";
import type { DueAction } from "./motion.js";
import type { Motors } from "./motors.js";

/** Commands given in advance by the host, sent at the time of a `TIMED_PAYLOAD` action. */
export interface Payload {
  readonly board: number;
  readonly commands: readonly Uint8Array[];
}

export interface ActionContext {
  readonly heat: Pick<HeatSystem, "setOutput" | "setHeater" | "setRule">;
  readonly motors: Motors;
  readonly boards: readonly BoardAccess[];
  readonly smoothFilament: (extruder: number, timeS: number) => void;
  /** The printer has come to a mark. */
  readonly onMarker: (marker: number, time: PrintTime) => void;
}

interface Mark {
  readonly mark: number;
  readonly time: PrintTime;
}

/**
 * Timed actions between their planning and their time. Outputs, drivers and payloads are given to the boards ahead, with
 * a clock, as soon as they come within the horizon; marks wait for their own moment.
 */
export class Actions {
  readonly #context: ActionContext;
  #waiting: DueAction[] = [];
  #marks: Mark[] = [];
  readonly #payloads = new Map<number, Payload>();
  readonly #devices = new Map<number, number>();

  constructor(context: ActionContext) {
    this.#context = context;
  }

  add(action: DueAction): void {
    if (action.kind === TIMED_MARKER) this.addMark(action.index, action.time);
    else this.#waiting.push(action);
  }

  addMark(mark: number, time: PrintTime): void {
    this.#marks.push({ mark, time });
  }

  addPayload(id: number, payload: Payload): void {
    this.#payloads.set(id, payload);
  }

  /** Whether something is waiting for its time. */
  get isWaiting(): boolean {
    return this.#waiting.length > 0 || this.#marks.length > 0;
  }

  /** Does what is due: at print time `now`, or within `horizon` of it for what boards are told ahead. */
  perform(now: PrintTime, horizon: number): void {
    if (this.#waiting.length > 0)
      this.#waiting = this.#waiting.filter((action) => !this.#tryPerform(action, now, horizon));
    while (this.#marks.length > 0) {
      const first = this.#marks[0];
      if (first === undefined || first.time > now) return;
      this.#marks.shift();
      this.#context.onMarker(first.mark, first.time);
    }
  }

  #tryPerform(action: DueAction, now: PrintTime, horizon: number): boolean {
    const { heat, motors } = this.#context;
    const isNear = action.time <= now + horizon;
    switch (action.kind) {
      case TIMED_OUTPUT:
        if (isNear) heat.setOutput(action.index, action.time, action.value);
        return isNear;
      case TIMED_MOTOR:
        if (isNear) motors.set(action.index, action.time, action.value !== 0);
        return isNear;
      case TIMED_PAYLOAD:
        return isNear && this.#sendPayload(action);
      case TIMED_HEATER:
        if (isNear) heat.setHeater(action.index, action.time, action.value);
        return isNear;
      case TIMED_RULE:
        if (isNear) heat.setRule(action.index, action.time, action.value);
        return isNear;
      case TIMED_SMOOTH:
        if (isNear) this.#context.smoothFilament(action.index, action.value);
        return isNear;
      default:
        return true;
    }
  }

  /** False while the payload's bytes have not come yet. */
  #sendPayload(action: DueAction): boolean {
    const payload = this.#payloads.get(action.index);
    if (payload === undefined) return false;
    this.#payloads.delete(action.index);
    const board = this.#context.boards[payload.board];
    if (board === undefined) return true;
    let device = this.#devices.get(payload.board);
    if (device === undefined) {
      device = board.createDevice();
      this.#devices.set(payload.board, device);
    }
    const due = board.clockAt(printTime(action.time));
    for (const bytes of payload.commands) board.send(device, bytes, ticks(0), due);
    return true;
  }
}
