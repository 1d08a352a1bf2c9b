// thread: any
import { encodeCommandText, responseText } from "../../host/mcu/command-text.js";
import type { Dictionary } from "../../host/mcu/dictionary.js";
import { IdentifyFetcher } from "../../host/mcu/identify.js";
import { McuLink, type PayloadSource } from "../../host/mcu/link.js";
import { hostTime, seconds } from "../../host/shared/units.js";
import type { StepSink } from "../../host/virtual/firmware/step-log.js";
import type { VirtualSetup } from "../../host/virtual/setup.js";
import { Simulation } from "../../host/virtual/simulation.js";

/** A response as text, with the time at which the host got it. */
export class Heard {
  readonly time: number;
  readonly text: string;

  constructor(time: number, text: string) {
    this.time = time;
    this.text = text;
  }

  /** A field's number; NaN when there is none. */
  number(field: string): number {
    return Number(new RegExp(` ${field}=(-?\\d+)`).exec(this.text)?.[1] ?? Number.NaN);
  }

  /** Whether it is a response of that name. */
  is(name: string): boolean {
    return this.text === name || this.text.startsWith(`${name} `);
  }
}

const ORIGIN = 1000;
/** Longest leap of time, s. */
const LOOK_PERIOD = 0.01;

/** One board's side of a minimal host: commands as text in, responses as text out, over the real link and bytes. */
export class BoardPort implements PayloadSource {
  readonly link: McuLink;
  readonly heard: Heard[] = [];
  readonly #queue: Uint8Array[] = [];
  #fetcher: IdentifyFetcher | undefined;
  #dictionary: Dictionary | undefined;

  constructor(name: string, write: (bytes: Uint8Array) => void, options: { receiveWindow?: number; baud?: number }) {
    this.#fetcher = new IdentifyFetcher({ mcu: name, timeout: seconds(10) });
    this.link = new McuLink({
      source: this,
      write,
      onPayload: (payload, _sent, received) => this.#onPayload(payload, received),
      ...(options.receiveWindow === undefined ? {} : { receiveWindow: options.receiveWindow }),
      ...(options.baud === undefined ? {} : { bytesPerSecond: options.baud / 10 }),
    });
  }

  get dictionary(): Dictionary {
    if (this.#dictionary === undefined) throw new Error("the board's dictionary is not fetched yet");
    return this.#dictionary;
  }

  get isIdentified(): boolean {
    return this.#dictionary !== undefined;
  }

  /** Puts a command behind those that wait. */
  push(text: string): void {
    this.#queue.push(encodeCommandText(this.dictionary, text));
  }

  /** Puts bytes behind the commands that wait, whatever they are. */
  pushBytes(bytes: Uint8Array): void {
    this.#queue.push(bytes);
  }

  get isIdle(): boolean {
    return this.#queue.length === 0 && this.link.pendingBlocks === 0;
  }

  /** When it wants to be asked for bytes again. */
  get nextTime(): number {
    return this.#fetcher?.nextTime ?? Number.POSITIVE_INFINITY;
  }

  fill(into: Uint8Array, at: number, room: number, now: ReturnType<typeof hostTime>): number {
    if (this.#fetcher !== undefined) return this.#fetcher.fill(into, at, room, now);
    let length = 0;
    for (let next = this.#queue[0]; next !== undefined && length + next.length <= room; next = this.#queue[0]) {
      into.set(next, at + length);
      length += next.length;
      this.#queue.shift();
    }
    return length;
  }

  #onPayload(payload: Uint8Array, time: number): void {
    if (this.#fetcher !== undefined) {
      this.#fetcher.onPayload(payload, hostTime(time));
      const { state } = this.#fetcher;
      if (state.value === "failed") throw state.error;
      if (state.value !== "done") return;
      this.#dictionary = state.dictionary;
      this.#fetcher = undefined;
      this.link.receiveWindow = state.dictionary.constantOr("RECEIVE_WINDOW", Number.POSITIVE_INFINITY);
      return;
    }
    const text = responseText(this.dictionary, payload) ?? "unreadable";
    this.heard.push(new Heard(time, text));
  }
}

/** A minimal host on a simulated printer: drives links and simulation through the same simulated time. */
export class VirtualHost {
  readonly sim: Simulation;
  readonly ports: readonly BoardPort[];
  #now = ORIGIN;

  constructor(
    setup: VirtualSetup,
    options: { readonly receiveWindow?: number; readonly steps?: (board: number) => StepSink } = {},
  ) {
    this.sim = new Simulation({
      setup,
      ...(options.steps === undefined ? {} : { steps: options.steps }),
      origin: hostTime(ORIGIN),
      onBytes: (board, bytes, time) => this.ports[board]?.link.receive(bytes, time),
    });
    this.ports = setup.boards.map(
      (board, index) =>
        new BoardPort(board.name, (bytes) => this.sim.receive(index, bytes, hostTime(this.#now)), {
          ...(options.receiveWindow === undefined ? {} : { receiveWindow: options.receiveWindow }),
          ...(board.baud === undefined ? {} : { baud: board.baud }),
        }),
    );
  }

  /** Seconds since the beginning. */
  get elapsed(): number {
    return this.#now - ORIGIN;
  }

  get now(): number {
    return this.#now;
  }

  port(board = 0): BoardPort {
    const port = this.ports[board];
    if (port === undefined) throw new Error(`there is no board ${board}`);
    return port;
  }

  /** Fetches every board's dictionary. */
  identify(within = 5): this {
    this.runUntil(() => this.ports.every((port) => port.isIdentified), within);
    return this;
  }

  /** Sends commands to a board and waits until it has them. */
  send(...texts: readonly string[]): Heard[] {
    return this.sendTo(0, ...texts);
  }

  /** As `send`, to any board; gives what the board said meanwhile. */
  sendTo(board: number, ...texts: readonly string[]): Heard[] {
    const port = this.port(board);
    const from = port.heard.length;
    for (const text of texts) port.push(text);
    this.runUntil(() => port.isIdle, 5);
    return port.heard.slice(from);
  }

  /** Sends a question and gives its answer. */
  ask(text: string, answer: string, board = 0): Heard {
    const heard = this.sendTo(board, text).find((one) => one.is(answer));
    if (heard === undefined) throw new Error(`no '${answer}' came for '${text}'`);
    return heard;
  }

  /** The board's clock now, 32 bits. */
  clock(board = 0): number {
    return this.ask("get_clock", "clock", board).number("clock");
  }

  /** Configures a board with these commands, counting its objects. */
  configure(commands: readonly string[], board = 0): this {
    const count = 1 + Math.max(-1, ...commands.map((text) => Number(/ oid=(\d+)/.exec(text)?.[1] ?? -1)));
    this.sendTo(board, `allocate_oids count=${count}`, ...commands, "finalize_config crc=1");
    return this;
  }

  /** All texts that a board sent since `from`, without the regular statistics. */
  texts(board = 0, from = 0): string[] {
    return this.port(board)
      .heard.slice(from)
      .map(({ text }) => text)
      .filter((text) => !text.startsWith("stats "));
  }

  /** Why the board has shut down; undefined when it has not. */
  shutdownReason(board = 0): string | undefined {
    return this.sim.report().boards[board]?.shutdownReason;
  }

  /** Lets time pass. */
  run(duration: number): this {
    this.#runTo(this.#now + duration, () => false);
    return this;
  }

  /** Lets time pass until something is so, which is looked at often; an error when that takes too long. */
  runUntil(isDone: () => boolean, within: number): this {
    this.#runTo(this.#now + within, isDone);
    if (!isDone()) throw new Error(`it did not happen within ${within} s`);
    return this;
  }

  #runTo(end: number, isDone: () => boolean): void {
    for (;;) {
      let next = end;
      for (const port of this.ports) {
        next = Math.min(next, port.link.pump(hostTime(this.#now)), Math.max(this.#now, port.nextTime));
      }
      if (isDone() || this.#now >= end) return;
      next = Math.max(this.#now, Math.min(next, this.sim.nextTime, this.#now + LOOK_PERIOD));
      this.sim.runTo(hostTime(next));
      this.#now = next;
    }
  }
}
