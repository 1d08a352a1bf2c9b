// thread: machine
import { inflateSync } from "node:zlib";
import { joinClock } from "../mcu/clock.js";
import { ClockSync } from "../mcu/clock-sync.js";
import { encodeCommandText } from "../mcu/command-text.js";
import { configCrc } from "../mcu/config-crc.js";
import type { Dictionary } from "../mcu/dictionary.js";
import { IdentifyFetcher } from "../mcu/identify.js";
import { DEFAULT_RECEIVE_WINDOW, McuLink } from "../mcu/link.js";
import type { SharedClock } from "../shared/clock.js";
import { HostError } from "../shared/errors.js";
import { type HostTime, hostTime, seconds } from "../shared/units.js";
import { type Answer, ask, numberOf } from "./ask.js";
import { Board } from "./board.js";
import { type BytePort, openPort } from "./port.js";
import type { BoardReport, BoardRequest, BoardSetup } from "./setup.js";
import type { Timers } from "./timers.js";

/** How long a board that says nothing is waited for. */
const IDENTIFY_TIMEOUT = seconds(8);
/** Bits that a byte takes on a serial line: start, eight, stop. */
const BITS_PER_BYTE = 10;
/** Time between two looks at a link that is being started. */
const LOOK_INTERVAL = 0.01;

/** What a start needs of its surroundings. */
export interface StartContext {
  readonly clock: SharedClock;
  readonly timers: Timers;
  /** Called when a board's cable is gone. */
  readonly onGone: (name: string, reason: string) => void;
  /** A board's link is there: from now on it is to be looked after in each turn. */
  readonly onLinked: (board: Board, port: BytePort) => void;
}

/** A board that has told its dictionary and its clock, ready to be configured. */
export interface StartedBoard {
  readonly board: Board;
  readonly port: BytePort;
  readonly report: BoardReport;
}

/** Opens a board's port, fetches its dictionary, starts its clock. Rejects with a `HostError`; the port is closed then. */
export async function startBoard(request: BoardRequest, index: number, context: StartContext): Promise<StartedBoard> {
  const { clock, timers } = context;
  const now = (): HostTime => clock.now();
  const identify = new IdentifyFetcher({ mcu: request.name, timeout: IDENTIFY_TIMEOUT });
  let receive: (bytes: Uint8Array, time: HostTime) => void = () => {};
  const port = openPort(request.port, clock, {
    onBytes: (bytes, time) => receive(bytes, time),
    onGone: (reason) => context.onGone(request.name, reason),
  });
  try {
    const link = new McuLink({
      source: identify,
      write: (bytes) => port.write(bytes),
      onPayload: (payload, _sent, received) => identify.onPayload(payload, received),
      receiveWindow: DEFAULT_RECEIVE_WINDOW,
    });
    receive = (bytes, time) => {
      link.receive(bytes, time);
      link.pump(time);
    };
    while (identify.check(now()).value === "fetching") {
      port.poll();
      link.pump(now());
      await timers.sleep(now(), seconds(LOOK_INTERVAL));
    }
    const { state } = identify;
    if (state.value !== "done") throw state.value === "failed" ? state.error : new Error("identify has not ended");
    const board = createBoard(request, index, state.dictionary, port);
    receive = (bytes, time) => {
      board.link.receive(bytes, time);
      board.pump(time);
    };
    context.onLinked(board, port);
    await startClock(board, timers, now);
    const config = await askConfig(board, timers, now);
    const dictionary = inflateSync(state.compressed).toString("utf8");
    return { board, port, report: { name: request.name, dictionary, state: stateOf(config) } };
  } catch (error) {
    port.close();
    throw error;
  }
}

function createBoard(request: BoardRequest, index: number, dictionary: Dictionary, port: BytePort): Board {
  const isSerial = request.port.kind === "descriptor" && dictionary.constants.has("SERIAL_BAUD");
  const baud = request.port.kind === "descriptor" ? request.port.baud : 0;
  const fallback = isSerial ? DEFAULT_RECEIVE_WINDOW : Number.POSITIVE_INFINITY;
  return new Board({
    name: request.name,
    index,
    dictionary,
    sync: new ClockSync(dictionary.clockFrequency),
    port,
    receiveWindow: dictionary.constantOr("RECEIVE_WINDOW", fallback),
    bytesPerSecond: isSerial && baud > 0 ? baud / BITS_PER_BYTE : Number.POSITIVE_INFINITY,
  });
}

/** Asks for the 64-bit clock once, then lets each answer to `get_clock` refine the relation to host time. */
async function startClock(board: Board, timers: Timers, now: () => HostTime): Promise<void> {
  const uptime = board.dictionary.command("get_uptime", "clock synchronisation").toBytes();
  const started = new Promise<void>((resolve) => {
    const stop = board.router.on("uptime", "clock synchronisation", (message, sent, received) => {
      const asked = Number.isNaN(sent) ? received : sent;
      board.sync.start(joinClock(message.number("high"), message.number("clock")), asked, received);
      stop();
      resolve();
    });
  });
  await ask({ board, bytes: uptime, response: "uptime", feature: "clock synchronisation" }, timers, now);
  await started;
  board.router.on("clock", "clock synchronisation", (message, sent, received) => {
    board.sync.onClock(message.number("clock"), sent, received);
  });
  while (!board.sync.isSettled) {
    pollClock(board, now());
    await timers.sleep(now(), seconds(LOOK_INTERVAL));
  }
}

/** Asks for the clock when that is due. Call in every turn. */
export function pollClock(board: Board, now: HostTime): void {
  if (now < board.sync.nextQuery) return;
  board.sendNow(board.device, board.dictionary.command("get_clock", "clock synchronisation").toBytes());
  board.sync.onQuery(now);
}

function askConfig(board: Board, timers: Timers, now: () => HostTime): Promise<Answer> {
  const bytes = board.dictionary.command("get_config", "configuration").toBytes();
  return ask({ board, bytes, response: "config", feature: "configuration" }, timers, now);
}

function stateOf(config: Answer): BoardReport["state"] {
  if (numberOf(config, "is_shutdown") === 1) return "shutdown";
  return numberOf(config, "is_config") === 1 ? "configured" : "fresh";
}

function needsReset(board: Board, reason: string): HostError<"MCU_NEEDS_RESET"> {
  return new HostError("MCU_NEEDS_RESET", `the board must be reset: ${reason}`, {
    details: { mcu: board.name, reason },
    fix: "run FIRMWARE_RESTART.",
    place: { device: `mcu '${board.name}'` },
  });
}

/**
 * Gives a board its configuration, or finds that it has it already (after a restart of the host). Returns how many moves
 * its queue holds. Rejects with `MCU_NEEDS_RESET` when it has another one or is shut down.
 */
export async function configureBoard(
  board: Board,
  setup: BoardSetup,
  timers: Timers,
  now: () => HostTime,
): Promise<number> {
  const encode = (text: string): Uint8Array => encodeCommandText(board.dictionary, text, "the configuration");
  const commands = [`allocate_oids count=${setup.oidCount}`, ...setup.config];
  const encoded = commands.map(encode);
  const init = setup.init.map(encode);
  const restart = setup.restart.map(encode);
  const crc = configCrc(commands);
  let config = await askConfig(board, timers, now);
  if (stateOf(config) === "shutdown") throw needsReset(board, "it is shut down");
  const isReused = stateOf(config) === "configured";
  if (isReused && numberOf(config, "crc") !== crc) throw needsReset(board, "it has another configuration");
  if (!isReused) {
    for (const bytes of encoded) board.sendNow(board.device, bytes);
    board.sendNow(board.device, encode(`finalize_config crc=${crc}`));
    config = await askConfig(board, timers, now);
    if (stateOf(config) !== "configured" || numberOf(config, "crc") !== crc) {
      const reason =
        stateOf(config) === "shutdown" ? "it shut down while it was configured" : "it did not take the configuration";
      throw new HostError("MCU_CONFIG", `the board cannot be used: ${reason}`, {
        details: { mcu: board.name, reason },
        fix: "check the pins of this board in printer.cfg; the log has its last messages. Then run FIRMWARE_RESTART.",
        place: { device: `mcu '${board.name}'` },
      });
    }
  }
  for (const bytes of isReused ? restart : init) board.sendNow(board.device, bytes);
  return numberOf(config, "move_count");
}

/** Asks a board to reset itself; false when its firmware has no command for that. */
export function resetBoard(board: Board, isShutdown: boolean, now: HostTime): boolean {
  const name = board.dictionary.has("reset")
    ? "reset"
    : isShutdown && board.dictionary.has("config_reset")
      ? "config_reset"
      : undefined;
  if (name === undefined) return false;
  board.queue.clearAll();
  board.sendNow(board.device, board.dictionary.command(name, "reset").toBytes());
  board.pump(hostTime(now));
  return true;
}
