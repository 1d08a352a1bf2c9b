// thread: any

import { TMC_DATAGRAM, TMC_REQUEST, tmcCrc } from "../../shared/tmc-datagram.js";
import type { DriverSetup } from "../setup.js";

// UART register addresses (TMC2208, TMC2209 and TMC2226 data sheets).
const GSTAT = 0x01;
const IFCNT = 0x02;
const IOIN = 0x06;
const MSCNT = 0x6a;
const DRV_STATUS = 0x6f;
const SYNC_NIBBLE = 0x05;
const MASTER_ADDRESS = 0xff;
const WRITE_FLAG = 0x80;

/** Registers of a driver, as its interface reads and writes them. */
export class DriverRegisters {
  readonly setup: DriverSetup;
  readonly #values = new Map<number, number>();
  #isSilent = false;

  constructor(setup: DriverSetup) {
    this.setup = setup;
    this.powerUp();
  }

  /** A driver that nobody hears: no power, or a broken wire. */
  set silent(isSilent: boolean) {
    this.#isSilent = isSilent;
  }

  get silent(): boolean {
    return this.#isSilent;
  }

  /** Values after the motor supply came on. */
  powerUp(): void {
    this.#values.clear();
    for (const [register, value] of RESET_VALUES[this.setup.chip]) this.#values.set(register, value);
  }

  read(register: number): number {
    return this.#values.get(register) ?? 0;
  }

  /** Writes as the chip does: status bits are cleared by a one, read-only registers stay. */
  write(register: number, value: number): void {
    if (register === GSTAT) this.#values.set(GSTAT, this.read(GSTAT) & ~value);
    else if (!READ_ONLY.has(register)) this.#values.set(register, value >>> 0);
  }

  /** Sets what the chip itself would: a status, a counter. */
  set(register: number, value: number): void {
    this.#values.set(register, value >>> 0);
  }
}

const READ_ONLY: ReadonlySet<number> = new Set([IFCNT, IOIN, MSCNT, DRV_STATUS]);

/** Reset values, by chip: register and value. `IOIN` carries the chip's version in its top byte. */
const RESET_VALUES: Readonly<Record<DriverSetup["chip"], readonly (readonly [number, number])[]>> = {
  tmc2208: [
    [0x00, 0x00000101],
    [GSTAT, 0x1],
    [IOIN, 0x20000000],
    [0x6c, 0x10000053],
    [0x70, 0xc10d0024],
    [DRV_STATUS, 0x80000000],
  ],
  tmc2209: [
    [0x00, 0x00000101],
    [GSTAT, 0x1],
    [IOIN, 0x21000040],
    [0x6c, 0x10000053],
    [0x70, 0xc10d0024],
    [DRV_STATUS, 0x80000000],
  ],
  tmc2226: [
    [0x00, 0x00000101],
    [GSTAT, 0x1],
    [IOIN, 0x21000040],
    [0x6c, 0x10000053],
    [0x70, 0xc10d0024],
    [DRV_STATUS, 0x80000000],
  ],
  tmc2130: [
    [GSTAT, 0x1],
    [0x04, 0x11000040],
    [0x6f, 0x80000000],
  ],
  tmc2240: [
    [GSTAT, 0x1],
    [0x04, 0x40000040],
    [0x6c, 0x14410153],
    [0x6f, 0x80000000],
  ],
  tmc2660: [],
  tmc5160: [
    [GSTAT, 0x1],
    [0x04, 0x30000040],
    [0x6c, 0x10410150],
    [0x6f, 0x80000000],
  ],
};

/** A driver on a single-wire UART. */
export class UartDriver extends DriverRegisters {
  /** Takes a datagram from the wire; gives its answer, if this driver is meant and has one. */
  exchange(datagram: Uint8Array, address: number): Uint8Array | undefined {
    const register = datagram[2] ?? 0;
    const isWrite = (register & WRITE_FLAG) !== 0;
    const length = isWrite ? TMC_DATAGRAM : TMC_REQUEST;
    if (this.silent || datagram.length !== length || datagram[1] !== address) return undefined;
    if (((datagram[0] ?? 0) & 0x0f) !== SYNC_NIBBLE || datagram[length - 1] !== tmcCrc(datagram, length - 1)) {
      return undefined;
    }
    if (!isWrite) return answer(register, this.read(register));
    this.write(register & ~WRITE_FLAG, word(datagram, 3));
    // Counts accepted writes: how a host knows that one has arrived.
    this.set(IFCNT, (this.read(IFCNT) + 1) & 0xff);
    return undefined;
  }
}

/** A driver on SPI with 40-bit datagrams: the answer to a read comes with the next datagram. */
export class SpiDriver extends DriverRegisters {
  #pending = 0;

  /** Exchanges one datagram: address and 32 bits in, status and the register asked for before out. */
  transfer(bytes: Uint8Array): Uint8Array {
    const out = new Uint8Array(bytes.length);
    if (this.silent) return out;
    if (this.setup.chip === "tmc2660" && bytes.length === 3) return this.#transfer2660(bytes);
    if (bytes.length !== 5) return out;
    writeWord(out, 1, this.#pending);
    // Status byte: the driver's GSTAT flags.
    out[0] = this.read(GSTAT) & 0x07;
    const register = (bytes[0] ?? 0) & 0x7f;
    const isWrite = ((bytes[0] ?? 0) & WRITE_FLAG) !== 0;
    if (isWrite) this.write(register, word(bytes, 1));
    this.#pending = isWrite ? word(bytes, 1) : this.read(register);
    return out;
  }

  /** A TMC2660 takes 20 bits and gives its flags: standing still, nothing wrong. */
  #transfer2660([high = 0, middle = 0, low = 0]: Uint8Array): Uint8Array {
    const value = ((high & 0x0f) << 16) | (middle << 8) | low;
    this.write(value >>> 17, value & 0x1ffff);
    return Uint8Array.of(0, 0x08, 0);
  }
}

function answer(register: number, value: number): Uint8Array {
  const bytes = new Uint8Array(TMC_DATAGRAM);
  bytes.set([SYNC_NIBBLE, MASTER_ADDRESS, register]);
  writeWord(bytes, 3, value);
  bytes[TMC_DATAGRAM - 1] = tmcCrc(bytes, TMC_DATAGRAM - 1);
  return bytes;
}

function word(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(at);
}

function writeWord(bytes: Uint8Array, at: number, value: number): void {
  new DataView(bytes.buffer, bytes.byteOffset).setUint32(at, value >>> 0);
}
