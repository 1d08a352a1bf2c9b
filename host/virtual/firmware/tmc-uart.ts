// thread: any
import type { CommandEncoder } from "../../mcu/message-format.js";
import { decodeUartBits, encodeUartBits } from "../../shared/tmc-datagram.js";
import type { Timer } from "../timers.js";
import { type Firmware, FirmwareObject } from "./firmware.js";

/** Most bytes of line levels in one direction: eight bytes with start and stop bits. */
const MAX_BYTES = 10;

/** The single-wire UART of TMC drivers: sends line levels bit by bit and samples those of the answer. */
class TmcUart extends FirmwareObject {
  readonly #firmware: Firmware;
  readonly #oid: number;
  readonly #rxPin: number;
  readonly #txPin: number;
  readonly #bitTicks: number;
  readonly #reply: CommandEncoder | undefined;
  readonly #timer: Timer;
  #answer: Uint8Array = new Uint8Array(0);

  constructor(
    firmware: Firmware,
    oid: number,
    wire: { rxPin: number; txPin: number; bitTicks: number },
    reply: CommandEncoder | undefined,
  ) {
    super();
    this.#firmware = firmware;
    this.#oid = oid;
    this.#rxPin = wire.rxPin;
    this.#txPin = wire.txPin;
    this.#bitTicks = wire.bitTicks;
    this.#reply = reply;
    this.#timer = firmware.createTimer(() => this.#firmware.reply(this.#reply, this.#oid, this.#answer));
  }

  send(write: Uint8Array, readLength: number): void {
    if (write.length > MAX_BYTES || readLength > MAX_BYTES) this.#firmware.shutdown("tmcuart data too large");
    const datagram = decodeUartBits(write);
    const { world, now } = this.#firmware;
    const answer = datagram === undefined ? undefined : world.uart(this.#rxPin, this.#txPin, datagram, now);
    const heard = answer === undefined ? new Uint8Array(0) : encodeUartBits(answer);
    // An answer of another length than the host waits for is not complete: the board gives up on it.
    this.#answer = heard.length === readLength ? heard : new Uint8Array(0);
    const bits = (write.length + readLength) * 8;
    this.#timer.set(now + bits * this.#bitTicks);
  }
}

/** `config_tmcuart` and `tmcuart_send`. */
export function addTmcUart(firmware: Firmware): void {
  const reply = firmware.replyEncoder("tmcuart_response oid=%c read=%*s");
  firmware.on(
    "config_tmcuart oid=%c rx_pin=%u pull_up=%c tx_pin=%u bit_time=%u",
    ({ values: [oid = 0, rxPin = 0, _pullUp = 0, txPin = 0, bitTicks = 0] }) =>
      firmware.assign(oid, new TmcUart(firmware, oid, { rxPin, txPin, bitTicks }, reply)),
  );
  firmware.on("tmcuart_send oid=%c write=%*s read=%c", (args) => {
    firmware.lookup(args.number("oid"), TmcUart).send(args.bytes("write"), args.number("read"));
  });
}
