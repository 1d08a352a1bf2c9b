// thread: host
import type { Board, ModuleContext, Pin, SectionReader } from "../printer/module.js";
import { decodeUartBits, encodeUartBits, TMC_DATAGRAM, tmcCrc } from "../shared/tmc-datagram.js";
import { Lock } from "./lock.js";
import { silentError, type TmcBus } from "./tmc-bus.js";
import type { Registers } from "./tmc-fields.js";

declare module "../printer/module.js" {
  interface Parts {
    /** Wires that drivers share, by the names of their pins. */
    tmcWire: TmcWire;
  }
}

export interface TmcUartOptions {
  readonly rx: Pin;
  readonly tx: Pin;
  /** Pins that switch the wire to the driver, and the levels that they must have. */
  readonly select: readonly Pin[];
  readonly address: number;
}

/** Words in the pin table: several drivers may share a wire and its switch. */
const WIRE_SHARE = "driver UART";
const SELECT_SHARE = "driver UART switch";

/** Bits per second; small boards make the bits slowly. */
const BAUD = 40_000;
const SLOW_BAUD = 9000;
const SLOW_BOARD_HZ = 20e6;
const SYNC = 0x05;
const ANSWER_ADDRESS = 0xff;
const WRITE = 0x80;
const ATTEMPTS = 5;
/** Start bit, eight bits, stop bit. */
const BITS_PER_BYTE = 10;

/** Reads `uart_pin`, `tx_pin`, `select_pins` and `uart_address`, which goes up to `lastAddress`. */
export function readTmcUart(section: SectionReader, lastAddress: number): TmcUartOptions {
  const rx = section.pin("uart_pin", { pullup: true, share: WIRE_SHARE, help: "Pin of the driver's UART." });
  const tx = section.pin("tx_pin", { share: WIRE_SHARE, help: "Pin that sends, when uart_pin only receives." }, null);
  const select = section.pins(
    "select_pins",
    { share: SELECT_SHARE, mayDiffer: true, help: "Pins that switch the UART to this driver." },
    [],
  );
  const help = "Address of the driver on a shared wire.";
  const address = section.int("uart_address", 0, { min: 0, max: lastAddress, help });
  if (tx !== null && tx.chip !== rx.chip) {
    section.reject("tx_pin", "is on another board than uart_pin", "use pins of one board");
  }
  return { rx, tx: tx ?? rx, select, address };
}

/** One wire of a board with one or several drivers on it. */
export class TmcWire {
  readonly lock = new Lock();
  readonly #board: Board;
  readonly #oid: number;
  readonly #rx: Pin;
  readonly #tx: Pin;
  #isConfigured = false;

  constructor(board: Board, rx: Pin, tx: Pin) {
    this.#board = board;
    this.#oid = board.createOid();
    this.#rx = rx;
    this.#tx = tx;
  }

  /** Adds its configuration, once. In `connect()`. */
  configure(): void {
    if (this.#isConfigured) return;
    this.#isConfigured = true;
    const board = this.#board;
    const baud = board.frequency < SLOW_BOARD_HZ ? SLOW_BAUD : BAUD;
    board.addConfig(
      `config_tmcuart oid=${this.#oid} rx_pin=${this.#rx.pin} pull_up=${Math.max(0, this.#rx.pullup)} ` +
        `tx_pin=${this.#tx.pin} bit_time=${board.ticks(1 / baud)}`,
    );
  }

  /** Sends a datagram and returns the answer of `readLength` bytes; `undefined` when there is none, or a broken one. */
  async exchange(datagram: Uint8Array, readLength: number): Promise<Uint8Array | undefined> {
    const bits = Buffer.from(encodeUartBits(datagram)).toString("hex");
    const length = Math.ceil((readLength * BITS_PER_BYTE) / 8);
    const command = `tmcuart_send oid=${this.#oid} write=${bits} read=${length}`;
    const answer = await this.#board.query(command, "tmcuart_response", this.#oid);
    const levels = answer["read"];
    return levels instanceof Uint8Array && levels.length === length ? decodeUartBits(levels) : undefined;
  }
}

/** The wire of these pins: that of another driver, or a new one. */
function wireOf(ctx: ModuleContext, { rx, tx }: TmcUartOptions): TmcWire {
  const name = `${rx.chip}:${rx.pin}/${tx.pin}`;
  const known = ctx.findPart("tmcWire", name);
  if (known !== undefined) return known;
  const wire = new TmcWire(ctx.mcu(rx.chip), rx, tx);
  ctx.offerPart("tmcWire", name, wire);
  return wire;
}

function checked(datagram: Uint8Array): Uint8Array {
  datagram[datagram.length - 1] = tmcCrc(datagram, datagram.length - 1);
  return datagram;
}

/** The driver of `options` on its wire. In `create()`. */
export function createTmcUart(
  ctx: ModuleContext,
  options: TmcUartOptions,
  driver: string,
  registers: Registers,
): TmcBus {
  const wire = wireOf(ctx, options);
  const board = ctx.mcu(options.rx.chip);
  const { address } = options;
  const place = (register: string): number => registers[register]?.address ?? 0;

  function select(): void {
    if (options.select.length === 0) return;
    board.send(...options.select.map(({ pin, invert }) => `set_digital_out pin=${pin} value=${invert ? 0 : 1}`));
  }

  async function read(register: string): Promise<number> {
    if (ctx.isDryRun) return 0;
    const request = checked(Uint8Array.of(SYNC, address, place(register), 0));
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const answer = await wire.exchange(request, TMC_DATAGRAM);
      if (answer !== undefined && isAnswer(answer, place(register))) {
        return new DataView(answer.buffer, answer.byteOffset).getUint32(3);
      }
    }
    throw silentError(driver, register, "read");
  }

  async function send(register: string, value: number): Promise<void> {
    const datagram = new Uint8Array(TMC_DATAGRAM);
    datagram.set([SYNC, address, place(register) | WRITE]);
    new DataView(datagram.buffer).setUint32(3, value >>> 0);
    await wire.exchange(checked(datagram), 0);
  }

  /** The driver counts what it has taken: so lost writes are seen. */
  async function write(values: readonly (readonly [string, number])[]): Promise<void> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const before = await read("IFCNT");
      for (const [register, value] of values) await send(register, value);
      if (ctx.isDryRun || (await read("IFCNT")) === (before + values.length) % 256) return;
    }
    throw silentError(driver, values[0]?.[0] ?? "IFCNT", "write");
  }

  return {
    configure: () => wire.configure(),
    read: (register) =>
      wire.lock.run(() => {
        select();
        return read(register);
      }),
    write: (values) =>
      wire.lock.run(() => {
        select();
        return write([...values]);
      }),
  };
}

function isAnswer(bytes: Uint8Array, register: number): boolean {
  return (
    bytes.length === TMC_DATAGRAM &&
    bytes[0] === SYNC &&
    bytes[1] === ANSWER_ADDRESS &&
    bytes[2] === register &&
    bytes[TMC_DATAGRAM - 1] === tmcCrc(bytes, TMC_DATAGRAM - 1)
  );
}
