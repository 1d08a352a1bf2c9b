// thread: machine
import type { Core } from "../core/core.js";
import type { ClockSync } from "../mcu/clock-sync.js";
import { CommandQueue } from "../mcu/command-queue.js";
import type { Dictionary } from "../mcu/dictionary.js";
import { McuLink, type PayloadSource } from "../mcu/link.js";
import type { CommandEncoder, MessageReader } from "../mcu/message-format.js";
import { ResponseRouter } from "../mcu/responses.js";
import type { SecondarySync } from "../mcu/secondary-sync.js";
import { type HostTime, hostTime, type PrintTime, printTime, type Ticks, ticks } from "../shared/units.js";
import type { BoardAccess, BoundCommand, ResponseFields } from "./board-access.js";
import type { BytePort } from "./port.js";

/** Move slots kept free for what must go at once. */
const RESERVED_SLOTS = 4;
/** A command that is wanted at once is due before everything else. */
const AT_ONCE = ticks(0);

/** How a command is encoded for a board: once looked up, its bytes are the caller's. */
class Bound implements BoundCommand {
  readonly #encoder: CommandEncoder;

  constructor(encoder: CommandEncoder) {
    this.#encoder = encoder;
  }

  encode(...values: readonly number[]): Uint8Array {
    return this.#encoder.toBytes(...values);
  }
}

/**
 * One board while it is in use: its link, its clock and everything that waits to be sent. Step commands stay in the core
 * until a block leaves; then they are merged with the other commands by due time:
 *
 *   core (steps, by due clock) ─┐
 *                               ├─► fill ─► McuLink ─► port
 *   queue (all else) ───────────┘
 */
export class Board implements BoardAccess, PayloadSource {
  readonly name: string;
  readonly index: number;
  readonly dictionary: Dictionary;
  readonly router: ResponseRouter;
  readonly link: McuLink;
  readonly sync: ClockSync;
  readonly queue = new CommandQueue();
  readonly frequency: number;
  /** Device of commands that belong to no other. */
  readonly device: number;
  #secondary: SecondarySync | undefined;
  #core: Core | undefined;
  /** Step commands due at this clock or later stay in the core. */
  #release = 0;
  #stop: Uint8Array | undefined;
  #now: HostTime = hostTime(0);

  constructor(options: {
    readonly name: string;
    readonly index: number;
    readonly dictionary: Dictionary;
    readonly sync: ClockSync;
    readonly port: BytePort;
    readonly receiveWindow: number;
    readonly bytesPerSecond: number;
  }) {
    this.name = options.name;
    this.index = options.index;
    this.dictionary = options.dictionary;
    this.sync = options.sync;
    this.frequency = options.dictionary.clockFrequency;
    this.router = new ResponseRouter(options.dictionary);
    this.device = this.queue.createDevice();
    this.link = new McuLink({
      source: this,
      write: (bytes) => options.port.write(bytes),
      onPayload: (payload, sent, received) => this.router.route(payload, sent, received),
      receiveWindow: options.receiveWindow,
      bytesPerSecond: options.bytesPerSecond,
    });
  }

  /** From now on step commands of the core's board `index` are sent, with print time by `secondary` if it is not the first. */
  attach(core: Core, secondary: SecondarySync | undefined): void {
    this.#core = core;
    this.#secondary = secondary;
  }

  get secondary(): SecondarySync | undefined {
    return this.#secondary;
  }

  /** Step commands that are due before print time `time` may leave. */
  releaseUntil(time: PrintTime): void {
    this.#release = this.clockAt(time);
  }

  /** Drops everything that waits and sends `emergency_stop` in the next block. */
  stopNow(): void {
    this.queue.clearAll();
    this.#core = undefined;
    if (this.dictionary.has("emergency_stop")) {
      this.#stop = this.dictionary.command("emergency_stop", "emergency stop").toBytes();
    }
  }

  /** Sends what may leave; returns when it wants to be called again at the latest. */
  pump(now: HostTime): HostTime {
    this.#now = now;
    return this.link.pump(now);
  }

  fill(into: Uint8Array, at: number, room: number, now: HostTime): number {
    this.#now = now;
    const stop = this.#stop;
    if (stop !== undefined) {
      into.set(stop, at);
      this.#stop = undefined;
      return stop.length;
    }
    const clock = this.clockNow;
    let used = 0;
    for (;;) {
      const dueStep = this.#core === undefined ? Number.POSITIVE_INFINITY : this.#core.exports.boardNextDue(this.index);
      const dueOther = this.queue.nextDue(clock);
      const before = used;
      if (dueOther <= dueStep) {
        if (dueOther === Number.POSITIVE_INFINITY) break;
        used += this.queue.take(into, at + used, room - used, clock, dueStep);
      } else {
        used += this.#takeSteps(into, at + used, room - used, Math.min(this.#release, dueOther), clock);
        // nothing to send, or nothing that may leave yet: what is due later may still go
        if (used === before && dueOther !== Number.POSITIVE_INFINITY) {
          used += this.queue.take(into, at + used, room - used, clock, Number.POSITIVE_INFINITY);
        }
      }
      if (used === before) break;
    }
    return used;
  }

  #takeSteps(into: Uint8Array, at: number, room: number, until: number, clock: Ticks): number {
    const core = this.#core;
    if (core === undefined) return 0;
    const length = core.exports.boardTake(this.index, room, until, clock, RESERVED_SLOTS);
    const from = core.exports.scratchAt();
    for (let i = 0; i < length; i++) into[at + i] = core.u8[from + i] ?? 0;
    return length;
  }

  constant(name: string, fallback: number): number {
    return this.dictionary.constantOr(name, fallback);
  }

  has(format: string): boolean {
    return this.dictionary.has(format);
  }

  command(format: string, feature: string): BoundCommand {
    return new Bound(this.dictionary.command(format, feature));
  }

  clockAt(time: PrintTime): Ticks {
    return this.#secondary === undefined ? ticks(Math.round(time * this.frequency)) : this.#secondary.toClock(time);
  }

  timeAt(clock: Ticks): PrintTime {
    return this.#secondary === undefined ? printTime(clock / this.frequency) : this.#secondary.toPrintTime(clock);
  }

  get clockNow(): Ticks {
    return this.sync.isStarted ? this.sync.clockAt(this.#now) : AT_ONCE;
  }

  widen(clock32: number): Ticks {
    return this.sync.widen(clock32, this.#now);
  }

  createDevice(): number {
    return this.queue.createDevice();
  }

  send(device: number, bytes: Uint8Array, min: Ticks, due: Ticks, takesSlot = false): void {
    if (takesSlot) this.#core?.exports.boardTakeSlot(this.index, due);
    this.queue.push(device, min, due, bytes);
  }

  sendNow(device: number, bytes: Uint8Array): void {
    this.queue.push(device, AT_ONCE, AT_ONCE, bytes);
  }

  on(
    response: string,
    oid: number | undefined,
    feature: string,
    handler: (fields: ResponseFields, received: HostTime) => void,
  ): () => void {
    const call = (message: MessageReader, _sent: HostTime, received: HostTime): void => handler(message, received);
    return oid === undefined
      ? this.router.on(response, feature, call)
      : this.router.onObject(response, oid, feature, call);
  }
}
