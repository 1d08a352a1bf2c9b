// thread: any
import { HostError } from "../shared/errors.js";
import { type HostTime, hostTime, type Seconds, seconds } from "../shared/units.js";
import { Dictionary, IDENTIFY_COMMAND, IDENTIFY_RESPONSE } from "./dictionary.js";
import type { PayloadSource } from "./link.js";
import { CommandEncoder, type MessageFormat, MessageReader, parseFormat } from "./message-format.js";
import { PayloadReader } from "./vlq.js";

/** Bytes asked for at a time: every firmware can answer that in one block. */
const CHUNK = 40;
/** Largest compressed dictionary accepted. */
const MAX_BYTES = 1 << 20;
/** How long an answer may take before its chunk is asked for again: answers, unlike questions, can get lost. */
const ANSWER_TIMEOUT = seconds(0.1);

export interface IdentifyOptions {
  /** Name of the board, for errors. */
  readonly mcu: string;
  /** How long to try without any progress. */
  readonly timeout: Seconds;
}

export type IdentifyState =
  | { readonly value: "fetching"; readonly bytes: number }
  | { readonly value: "done"; readonly dictionary: Dictionary; readonly compressed: Uint8Array }
  | { readonly value: "failed"; readonly error: HostError };

/**
 * Fetches a board's dictionary piece by piece: the source of a link until it is `done` or `failed`. Feed it the link's
 * payloads, pump the link whenever something came and at `nextTime` at the latest, and `check` now and then.
 */
export class IdentifyFetcher implements PayloadSource {
  readonly #mcu: string;
  readonly #timeout: Seconds;
  readonly #command = new CommandEncoder(builtIn(IDENTIFY_COMMAND, 1));
  readonly #response = new MessageReader<"offset" | "data">(builtIn(IDENTIFY_RESPONSE, 0));
  readonly #reader = new PayloadReader();
  readonly #chunks: Uint8Array[] = [];
  #length = 0;
  #askedAt = Number.NEGATIVE_INFINITY;
  #progressAt = Number.NaN;
  #state: IdentifyState = { value: "fetching", bytes: 0 };

  constructor(options: IdentifyOptions) {
    this.#mcu = options.mcu;
    this.#timeout = options.timeout;
  }

  get state(): IdentifyState {
    return this.#state;
  }

  /** When the link is to be pumped again because an answer is overdue; infinity while none is. */
  get nextTime(): HostTime {
    const isWaiting = this.#state.value === "fetching" && Number.isFinite(this.#askedAt);
    return hostTime(isWaiting ? this.#askedAt + ANSWER_TIMEOUT : Number.POSITIVE_INFINITY);
  }

  /** Turns `failed` when nothing has come for too long; also while the link is not open yet. */
  check(now: HostTime): IdentifyState {
    if (Number.isNaN(this.#progressAt)) this.#progressAt = now;
    const waited = now - this.#progressAt;
    if (this.#state.value === "fetching" && waited > this.#timeout) this.#fail(timeoutError(this.#mcu, waited));
    return this.#state;
  }

  fill(into: Uint8Array, at: number, _room: number, now: HostTime): number {
    if (this.check(now).value !== "fetching" || now < this.#askedAt + ANSWER_TIMEOUT) return 0;
    this.#askedAt = now;
    return this.#command.encode(into, at, this.#length, CHUNK) - at;
  }

  /** Takes a payload of the board's; others than answers to `identify` are passed over. */
  onPayload(payload: Uint8Array, now: HostTime): void {
    const reader = this.#reader.open(payload);
    if (this.#state.value !== "fetching" || reader.int() !== this.#response.format.id) return;
    if (!this.#response.read(reader) || this.#response.number("offset") !== this.#length) return;
    this.#progressAt = now;
    this.#askedAt = Number.NEGATIVE_INFINITY;
    const data = this.#response.bytes("data");
    if (data.length === 0) {
      this.#finish();
      return;
    }
    this.#chunks.push(data.slice());
    this.#length += data.length;
    this.#state = { value: "fetching", bytes: this.#length };
    if (this.#length > MAX_BYTES) this.#fail(tooLong(this.#mcu));
  }

  #finish(): void {
    const compressed = new Uint8Array(this.#length);
    let at = 0;
    for (const chunk of this.#chunks) {
      compressed.set(chunk, at);
      at += chunk.length;
    }
    try {
      this.#state = { value: "done", dictionary: Dictionary.fromCompressed(compressed, this.#mcu), compressed };
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      this.#fail(error);
    }
  }

  #fail(error: HostError): void {
    this.#state = { value: "failed", error };
  }
}

function builtIn(text: string, id: number): MessageFormat {
  const format = parseFormat(text, id, () => undefined);
  if (format === undefined) throw new TypeError(`format '${text}' is not understood`);
  return format;
}

function timeoutError(mcu: string, waited: number): HostError {
  return new HostError("MCU_TIMEOUT", `the board did not answer 'identify' within ${waited.toFixed(1)} s`, {
    details: { mcu, command: "identify", waitedS: waited },
    fix: "check 'serial' and 'baud' of this board in printer.cfg, its cable and power, and that it runs Klipper firmware.",
    place: { device: `mcu '${mcu}'` },
  });
}

function tooLong(mcu: string): HostError {
  const reason = `it is longer than ${MAX_BYTES} bytes`;
  return new HostError("MCU_DICTIONARY", `the board's dictionary cannot be used: ${reason}`, {
    details: { mcu, reason },
    fix: "flash the board with a stock Klipper firmware again, then run FIRMWARE_RESTART.",
    place: { device: `mcu '${mcu}'` },
  });
}
