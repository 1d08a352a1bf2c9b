// thread: any
import type { ConfigErrors } from "./errors/config.js";
import type { FeedErrors } from "./errors/feed.js";
import type { GcodeErrors } from "./errors/gcode.js";
import type { MachineErrors } from "./errors/machine.js";
import type { McuErrors } from "./errors/mcu.js";

/** Every error code with the data that it carries. Codes are public: never renamed or reused. */
export interface ErrorDetails extends ConfigErrors, FeedErrors, GcodeErrors, MachineErrors, McuErrors {}

export type ErrorCode = keyof ErrorDetails;

/** Where a problem is, for the reader: a file and line, or a device such as "mcu 'mcu'". */
export interface Place {
  readonly file?: string;
  readonly line?: number;
  readonly device?: string;
}

export interface HostErrorOptions<C extends ErrorCode> {
  readonly details: ErrorDetails[C];
  /** What the owner of the printer can do. A sentence without "To fix:". */
  readonly fix: string;
  readonly place?: Place;
  readonly cause?: unknown;
}

/** `HostError` as it is posted between threads: structured clone drops an error's own fields. */
export interface WireError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly details: unknown;
  readonly fix: string;
  readonly place: Place | undefined;
  readonly stack: string | undefined;
}

function placeText(place: Place | undefined): string {
  if (place === undefined) return "";
  if (place.file !== undefined) return place.line === undefined ? `${place.file}: ` : `${place.file}:${place.line}: `;
  return place.device === undefined ? "" : `${place.device}: `;
}

/** An error that says what happened, where, the limit, and what to do. Code tests `code`, never the message. */
export class HostError<C extends ErrorCode = ErrorCode> extends Error {
  override readonly name = "HostError";
  readonly code: C;
  readonly details: ErrorDetails[C];
  readonly fix: string;
  readonly place: Place | undefined;

  constructor(code: C, message: string, options: HostErrorOptions<C>) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details;
    this.fix = options.fix;
    this.place = options.place;
  }

  /** One line: place, message, code. */
  get headline(): string {
    return `${placeText(this.place)}${this.message} (${this.code})`;
  }

  /** Headline and what to do, as shown in the console and in the terminal. */
  format(): string {
    return `${this.headline}\n  To fix: ${this.fix}`;
  }

  /** The same error with a place, when it had none. */
  at(place: Place): HostError<C> {
    if (this.place !== undefined) return this;
    const moved = new HostError(this.code, this.message, {
      details: this.details,
      fix: this.fix,
      place,
      cause: this.cause,
    });
    if (this.stack !== undefined) moved.stack = this.stack;
    return moved;
  }

  toWire(): WireError {
    return {
      code: this.code,
      message: this.message,
      details: this.details,
      fix: this.fix,
      place: this.place,
      stack: this.stack,
    };
  }

  static fromWire(wire: WireError): HostError {
    const error = new HostError(wire.code, wire.message, {
      details: wire.details as ErrorDetails[ErrorCode],
      fix: wire.fix,
      ...(wire.place === undefined ? {} : { place: wire.place }),
    });
    if (wire.stack !== undefined) error.stack = wire.stack;
    return error;
  }
}

/** Whether `error` is ours, and with `code` given, of that code: its details are then typed. */
export function isHostError<C extends ErrorCode>(error: unknown, code: C): error is HostError<C>;
export function isHostError(error: unknown): error is HostError;
export function isHostError(error: unknown, code?: ErrorCode): boolean {
  return error instanceof HostError && (code === undefined || error.code === code);
}

/** Text of any thrown value for a log or a console. */
export function errorText(error: unknown): string {
  if (error instanceof HostError) return error.format();
  return error instanceof Error ? error.message : String(error);
}
