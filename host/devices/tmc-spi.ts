// thread: host
import type { ModuleContext, SectionReader } from "../printer/module.js";
import { Lock } from "./lock.js";
import { addSpiChip, readSpi, type SpiOptions } from "./spi.js";
import { silentError, type TmcBus } from "./tmc-bus.js";
import type { Registers } from "./tmc-fields.js";

declare module "../printer/module.js" {
  interface Parts {
    /** Chains of drivers on one chip select pin. */
    tmcChain: TmcChain;
  }
}

export interface TmcSpiOptions {
  readonly spi: SpiOptions;
  /** Place in a chain of drivers, from 1, and its length; 1 and 1 for a driver by itself. */
  readonly position: number;
  readonly chainLength: number;
}

const DEFAULT_SPEED = 4_000_000;
const SPI_MODE = 3;
const WRITE = 0x80;
/** An address and 32 bits. */
const DATAGRAM = 5;
const ATTEMPTS = 5;

/** Reads how the driver is reached over SPI, `chain_position` and `chain_length` included. */
export function readTmcSpi(section: SectionReader): TmcSpiOptions {
  const isChained = section.has("chain_length");
  const spi = readSpi(section, "cs_pin", DEFAULT_SPEED, isChained ? "driver chain" : undefined);
  if (!isChained) {
    section.int("chain_position", null, { min: 1, help: "Place of the driver in an SPI chain, 1 next to the board." });
    section.int("chain_length", null, { min: 2, help: "Number of drivers in an SPI chain." });
    return { spi, position: 1, chainLength: 1 };
  }
  const chainLength = section.int("chain_length", undefined, { min: 2, help: "Number of drivers in an SPI chain." });
  const position = section.int("chain_position", undefined, {
    min: 1,
    max: chainLength,
    help: "Place of the driver in an SPI chain, 1 next to the board.",
  });
  return { spi, position, chainLength };
}

/** Drivers that share a chip select pin: each shift moves one datagram through each of them. */
class TmcChain {
  readonly lock = new Lock();
  readonly #shift: (data: string) => Promise<Uint8Array | undefined>;
  readonly #length: number;
  readonly #configure: () => void;
  #isConfigured = false;

  constructor(ctx: ModuleContext, { spi, chainLength }: TmcSpiOptions) {
    const chip = addSpiChip(ctx, spi, SPI_MODE);
    this.#length = chainLength;
    this.#configure = () => chip.configure();
    this.#shift = async (data) => {
      const command = `spi_transfer oid=${chip.oid} data=${data}`;
      const { response } = await chip.board.query(command, "spi_transfer_response", chip.oid);
      return response instanceof Uint8Array && response.length === data.length / 2 ? response : undefined;
    };
  }

  configure(): void {
    if (this.#isConfigured) return;
    this.#isConfigured = true;
    this.#configure();
  }

  /** Gives one driver a datagram, the others one of zeros, and returns what that driver gives back. */
  async exchange(position: number, datagram: readonly number[]): Promise<Uint8Array | undefined> {
    const bytes = new Uint8Array(this.#length * DATAGRAM);
    // The first datagram that is sent ends in the driver farthest away.
    const at = (this.#length - position) * DATAGRAM;
    bytes.set(datagram, at);
    const answer = await this.#shift(Buffer.from(bytes).toString("hex"));
    return answer?.subarray(at, at + DATAGRAM);
  }
}

function chainOf(ctx: ModuleContext, options: TmcSpiOptions): TmcChain {
  const { chip, pin } = options.spi.select;
  const name = `${chip}:${pin}`;
  const known = ctx.findPart("tmcChain", name);
  if (known !== undefined) return known;
  const chain = new TmcChain(ctx, options);
  ctx.offerPart("tmcChain", name, chain);
  return chain;
}

/** The driver of `options` on its bus. In `create()`. */
export function createTmcSpi(ctx: ModuleContext, options: TmcSpiOptions, driver: string, registers: Registers): TmcBus {
  const chain = chainOf(ctx, options);
  const { position } = options;
  const place = (register: string): number => registers[register]?.address ?? 0;
  const number = (answer: Uint8Array | undefined): number | undefined =>
    answer === undefined ? undefined : new DataView(answer.buffer, answer.byteOffset).getUint32(1);

  /** The answer to a datagram comes with the next one. */
  async function read(register: string): Promise<number> {
    if (ctx.isDryRun) return 0;
    const request = [place(register), 0, 0, 0, 0];
    await chain.exchange(position, request);
    const value = number(await chain.exchange(position, request));
    if (value === undefined) throw silentError(driver, register, "read");
    return value;
  }

  /** The next datagram brings back what was written: so a lost write is seen. */
  async function write(register: string, value: number): Promise<void> {
    const bytes = [value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      await chain.exchange(position, [place(register) | WRITE, ...bytes]);
      if (ctx.isDryRun) return;
      const echo = number(await chain.exchange(position, [place("GCONF"), 0, 0, 0, 0]));
      if (echo === value >>> 0) return;
    }
    throw silentError(driver, register, "write");
  }

  return {
    configure: () => chain.configure(),
    read: (register) => chain.lock.run(() => read(register)),
    write: (values) =>
      chain.lock.run(async () => {
        for (const [register, value] of values) await write(register, value);
      }),
  };
}
