// thread: any
import { deflateSync } from "node:zlib";
import { Dictionary } from "../mcu/dictionary.js";
import { BLOCK_HEADER, BLOCK_MAX, BlockDecoder, type BlockSink, SEQUENCE_MODULUS, sealBlock } from "../mcu/frame.js";
import { type HostTime, hostTime } from "../shared/units.js";
import { BoardClock } from "./board-clock.js";
import { virtualDictionary } from "./dictionary.js";
import type { Direction, WireFault } from "./faults.js";
import { addAnalogIn } from "./firmware/analog-in.js";
import { addBaseCommands } from "./firmware/base.js";
import { addButtons } from "./firmware/buttons.js";
import { addCounter } from "./firmware/counter.js";
import { addDigitalOut } from "./firmware/digital-out.js";
import { addDisplays } from "./firmware/displays.js";
import { addEndstop } from "./firmware/endstop.js";
import { Firmware } from "./firmware/firmware.js";
import { addI2c } from "./firmware/i2c.js";
import { addNeopixel } from "./firmware/neopixel.js";
import { addPwmOut } from "./firmware/pwm-out.js";
import { addSpi } from "./firmware/spi.js";
import type { StepperReport, StepSink } from "./firmware/step-log.js";
import { addStepper, type Stepper } from "./firmware/stepper.js";
import { addTmcUart } from "./firmware/tmc-uart.js";
import { addTrsync } from "./firmware/trsync.js";
import type { Random } from "./random.js";
import type { BoardSetup } from "./setup.js";
import { Wire } from "./wire.js";
import type { BoardWorld } from "./world.js";

const DEFAULT_MOVES = 1024;
const DEFAULT_BOOT = 0.2;
/** Ticks for one step that a fast board takes, and an 8-bit one. */
const STEP_TICKS = 20;
const STEP_TICKS_AVR = 90;
/** Bytes that a board on a serial line can hold before they are sent. */
const SEND_BUFFER = 96;

const NEVER = Number.POSITIVE_INFINITY;

export interface VirtualBoardOptions {
  readonly setup: BoardSetup;
  /** Host time at which the board is switched on. */
  readonly origin: HostTime;
  /** Makes what its pins are connected to. */
  readonly world: (dictionary: Dictionary, clock: BoardClock) => BoardWorld;
  readonly random: Random;
  /** Takes what the board sends, when it arrives at the host; borrowed for the call. */
  readonly onBytes: (bytes: Uint8Array, time: HostTime) => void;
  readonly steps?: StepSink | undefined;
}

/** What a board has done and how it is, for tests and for the log. */
export interface BoardReport {
  readonly name: string;
  readonly clock: number;
  readonly isConfigured: boolean;
  readonly shutdownReason: string | undefined;
  readonly moveCount: number;
  /** Most move slots ever taken at once. */
  readonly movePeak: number;
  readonly commands: number;
  readonly blocks: number;
  /** Blocks that were refused: broken, or out of order. */
  readonly refused: number;
  readonly restarts: number;
  /** Commands that came but are not simulated. */
  readonly unsupported: readonly string[];
  readonly steppers: readonly StepperReport[];
}

/**
 * A board with Klipper firmware, speaking bytes: takes what the host sends, answers, and runs its timers on its own
 * clock. It has no thread and no timer: give it bytes with `receive`, and let time pass with `runTo`.
 *
 *   receive ─► wire ─► [receive buffer] ─► blocks in sequence ─► firmware ─► wire ─► onBytes
 */
export class VirtualBoard implements BlockSink {
  readonly name: string;
  readonly dictionary: Dictionary;
  readonly clock: BoardClock;
  readonly #options: VirtualBoardOptions;
  readonly #compressed: Uint8Array;
  readonly #decoder = new BlockDecoder(this);
  readonly #toBoard: Wire;
  readonly #fromBoard: Wire;
  readonly #block = new Uint8Array(BLOCK_MAX);
  readonly #receiveBuffer: number;
  readonly #world: BoardWorld;
  #firmware: Firmware;
  #steppers: readonly Stepper[] = [];
  #expected = 0;
  #hasComplained = false;
  #stalledUntil = Number.NEGATIVE_INFINITY;
  #stalled: Uint8Array[] = [];
  /** When it has started after a reset; it does nothing before. */
  #bootsAt: number | undefined;
  #wantsReset = false;
  #forgetsConfiguration = false;
  /** Host time up to which it has run. */
  #time: number;
  #isSilent = false;
  #isUnplugged = false;
  #blocks = 0;
  #refused = 0;
  #restarts = 0;

  constructor(options: VirtualBoardOptions) {
    const { setup, random } = options;
    const baud = setup.baud ?? NEVER;
    const json = setup.dictionary ?? virtualDictionary({ hasSerialLine: setup.baud !== undefined });
    this.name = setup.name;
    this.#time = options.origin;
    this.#options = options;
    this.dictionary = Dictionary.parse(json, setup.name);
    this.#compressed = deflateSync(json);
    this.#receiveBuffer = this.dictionary.constantOr("RECEIVE_WINDOW", NEVER);
    const start = setup.startTicks ?? random.fork("clock").uint32();
    this.clock = new BoardClock(this.dictionary.clockFrequency, setup.clockErrorPpm ?? 0, options.origin, start);
    this.#world = options.world(this.dictionary, this.clock);
    const wire = { baud, latency: setup.latencyS ?? 0 };
    this.#toBoard = new Wire({ ...wire, buffer: NEVER, random: random.fork("to board") });
    const buffer = setup.baud === undefined ? NEVER : SEND_BUFFER;
    this.#fromBoard = new Wire({ ...wire, buffer, random: random.fork("from board") });
    this.#firmware = this.#start(start);
  }

  /** The host sends bytes at `time`; copied. They are taken when `runTo` gets to their arrival. */
  receive(bytes: Uint8Array, time: HostTime): void {
    if (!this.#isUnplugged && !this.#toBoard.send(bytes, time)) this.#toBoard.deliver(bytes.slice(), time);
  }

  /** When something happens next by itself; infinity when nothing does. */
  get nextTime(): HostTime {
    const timer = this.#bootsAt ?? this.clock.timeOf(this.#firmware.nextTimer);
    const wires = Math.min(this.#toBoard.next, this.#fromBoard.next);
    return hostTime(Math.min(wires, timer, this.#stalled.length > 0 ? this.#stalledUntil : NEVER));
  }

  /** Does what happens next, at its time: `next` is `nextTime`. */
  runNext(next: HostTime): void {
    const time = Math.max(this.#time, next);
    this.#time = time;
    if (this.#fromBoard.next <= time) {
      this.#handOver();
    } else if (this.#bootsAt !== undefined && this.#bootsAt <= time) {
      this.#boot();
    } else if (this.#stalled.length > 0 && this.#stalledUntil <= time) {
      this.#endStall(time);
    } else if (this.#toBoard.next <= time) {
      this.#take(this.#toBoard.receive(), time);
    } else {
      this.#firmware.fireTimer();
    }
    if (this.#wantsReset) this.#reset(time);
  }

  /** Lets time pass up to `time`. */
  runTo(time: HostTime): void {
    for (let next = this.nextTime; next <= time; next = this.nextTime) this.runNext(next);
    this.settle(time);
  }

  /** Moves the clock on when nothing happens up to `time`. */
  settle(time: HostTime): void {
    this.#time = Math.max(this.#time, time);
    if (this.#bootsAt === undefined) this.#firmware.advance(this.clock.ticksAt(this.#time));
  }

  report(): BoardReport {
    const firmware = this.#firmware;
    return {
      name: this.name,
      clock: firmware.now,
      isConfigured: firmware.moves.isReady,
      shutdownReason: firmware.shutdownReason,
      moveCount: firmware.moves.count,
      movePeak: firmware.moves.peak,
      commands: firmware.commandCount,
      blocks: this.#blocks,
      refused: this.#refused,
      restarts: this.#restarts,
      unsupported: firmware.unsupported,
      steppers: this.#steppers.map((stepper) => stepper.report()),
    };
  }

  /** Whether any stepper still has steps to make. */
  get isMoving(): boolean {
    return this.#steppers.some((stepper) => stepper.isMoving(this.#firmware.now));
  }

  // Faults.

  setWireFault(direction: Direction, fault: WireFault): void {
    (direction === "toBoard" ? this.#toBoard : this.#fromBoard).fault = fault;
  }

  /** Nothing that arrives is looked at before `until`; timers run on. */
  stall(until: HostTime): void {
    this.#stalledUntil = Math.max(this.#stalledUntil, until);
  }

  set silent(isSilent: boolean) {
    this.#isSilent = isSilent;
  }

  /** Pulls the cable out, or puts it back in: what is on its way is lost, the board runs on. */
  set unplugged(isUnplugged: boolean) {
    this.#isUnplugged = isUnplugged;
    this.#toBoard.clear();
    this.#fromBoard.clear();
    this.#decoder.reset();
  }

  get unplugged(): boolean {
    return this.#isUnplugged;
  }

  /** The board restarts by itself. */
  reset(time: HostTime): void {
    this.#reset(time);
  }

  // Blocks, from the decoder.

  onSkipped(): void {
    this.#refused++;
    // One complaint is enough until something good comes.
    if (!this.#hasComplained) this.#acknowledge();
    this.#hasComplained = true;
  }

  onBlock(sequence: number, bytes: Uint8Array, start: number, end: number): void {
    if (this.#wantsReset) return;
    this.#hasComplained = false;
    if (sequence !== this.#expected) {
      this.#refused++;
      this.#acknowledge();
      return;
    }
    this.#blocks++;
    this.#expected = (this.#expected + 1) % SEQUENCE_MODULUS;
    this.#firmware.dispatch(bytes, start, end);
    if (this.#forgetsConfiguration) this.#forget();
    if (!this.#wantsReset) this.#acknowledge();
  }

  #take(bytes: Uint8Array, time: number): void {
    if (this.#bootsAt !== undefined) return;
    if (time < this.#stalledUntil) {
      const held = this.#stalled.reduce((sum, chunk) => sum + chunk.length, 0);
      const room = Math.max(0, this.#receiveBuffer - held);
      if (room > 0) this.#stalled.push(bytes.subarray(0, room));
      return;
    }
    this.#firmware.advance(this.clock.ticksAt(time));
    this.#decoder.push(bytes);
  }

  #endStall(time: number): void {
    const chunks = this.#stalled;
    this.#stalled = [];
    for (const chunk of chunks) this.#take(chunk, time);
  }

  #handOver(): void {
    const time = this.#fromBoard.next;
    this.#options.onBytes(this.#fromBoard.receive(), hostTime(time));
  }

  #acknowledge(): void {
    this.#sendBlock(0);
  }

  #sendBlock(length: number): void {
    if (this.#isSilent || this.#isUnplugged) return;
    const size = sealBlock(this.#block, 0, length, this.#expected);
    const block = this.#block.subarray(0, size);
    if (!this.#fromBoard.send(block, this.#time)) this.#options.onBytes(block, hostTime(this.#time));
  }

  // Life.

  #start(startTicks: number): Firmware {
    const { setup, steps } = this.#options;
    const firmware = new Firmware({
      dictionary: this.dictionary,
      compressed: this.#compressed,
      world: this.#world,
      moveCount: setup.moveCount ?? DEFAULT_MOVES,
      send: (payload, length) => {
        this.#block.set(payload.subarray(0, length), BLOCK_HEADER);
        this.#sendBlock(length);
      },
      onReset: (what) => {
        if (what === "board") this.#wantsReset = true;
        else this.#forgetsConfiguration = true;
      },
      startTicks,
    });
    const isAvr = String(this.dictionary.constants.get("MCU")).startsWith("at");
    addBaseCommands(firmware);
    this.#steppers = addStepper(firmware, setup.stepTicks ?? (isAvr ? STEP_TICKS_AVR : STEP_TICKS), steps);
    addTrsync(firmware);
    addEndstop(firmware);
    addDigitalOut(firmware);
    addPwmOut(firmware);
    addAnalogIn(firmware);
    addButtons(firmware);
    addCounter(firmware);
    addNeopixel(firmware);
    addSpi(firmware);
    addI2c(firmware);
    addTmcUart(firmware);
    addDisplays(firmware);
    return firmware;
  }

  /** Begins anew without a restart: the link and the clock go on. */
  #forget(): void {
    this.#forgetsConfiguration = false;
    this.#world.reset(this.#firmware.now);
    this.#firmware = this.#start(this.#firmware.now);
  }

  #reset(time: number): void {
    this.#wantsReset = false;
    this.#restarts++;
    this.#world.reset(this.#firmware.now);
    this.#stalled = [];
    this.#stalledUntil = Number.NEGATIVE_INFINITY;
    this.#decoder.reset();
    this.#bootsAt = time + (this.#options.setup.bootS ?? DEFAULT_BOOT);
    this.clock.restart(this.#bootsAt);
    this.#firmware = this.#start(0);
    this.#expected = 0;
    this.#hasComplained = false;
  }

  #boot(): void {
    this.#bootsAt = undefined;
    this.#firmware.reply(this.#firmware.replyEncoder("starting"));
  }
}
