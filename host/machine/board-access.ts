// thread: machine
import type { HostTime, PrintTime, Ticks } from "../shared/units.js";

/** Fields of one response, by name; borrowed for the call. */
export interface ResponseFields {
  number(field: string): number;
  bytes(field: string): Uint8Array;
}

/** An encoder of one command of a board's dictionary: arguments in the order of its format. */
export interface BoundCommand {
  /** Encoded with these arguments; the bytes are the caller's. */
  encode(...values: readonly number[]): Uint8Array;
}

/**
 * What a device in machine (a heater, an output, a sensor) needs of its board. One board's link, clock and queue stand
 * behind it; in a dry run, a recorder.
 */
export interface BoardAccess {
  readonly name: string;
  /** Nominal ticks per second (`CLOCK_FREQ`). */
  readonly frequency: number;
  /** A constant of the dictionary (`ADC_MAX`, `PWM_MAX`), or `fallback`. */
  constant(name: string, fallback: number): number;
  /** Whether the firmware has a command of this format. */
  has(format: string): boolean;
  /** Throws `MCU_COMMAND_MISSING`, naming `feature`. */
  command(format: string, feature: string): BoundCommand;
  clockAt(time: PrintTime): Ticks;
  timeAt(clock: Ticks): PrintTime;
  /** The board's clock now, as estimated. */
  readonly clockNow: Ticks;
  /** The 64-bit clock that a response's 32-bit one means. */
  widen(clock32: number): Ticks;
  /** An order of commands of its own: they leave in the order in which they were sent. */
  createDevice(): number;
  /** Sends a command not before clock `min`, wanted at `due`. One that takes a move slot says so. */
  send(device: number, bytes: Uint8Array, min: Ticks, due: Ticks, takesSlot?: boolean): void;
  /** Sends at the next opportunity. */
  sendNow(device: number, bytes: Uint8Array): void;
  /** Calls `handler` for each response of this kind with this `oid` (all when undefined). */
  on(
    response: string,
    oid: number | undefined,
    feature: string,
    handler: (fields: ResponseFields, received: HostTime) => void,
  ): void;
}
