// thread: host
import type { ModuleContext } from "../printer/module.js";
import { Lock } from "./lock.js";
import { addSpiChip, type SpiOptions } from "./spi.js";
import { silentError, type TmcBus } from "./tmc-bus.js";
import type { Registers } from "./tmc-fields.js";

const SPI_MODE = 3;
/** A register has 17 bits behind its address of three, in 24 clocks of which the first four do not count. */
const ADDRESS_SHIFT = 17;
/** Bits of DRVCONF that choose what the next answers show. */
const READ_SELECT = 4;

/** A TMC2660: it takes registers of 20 bits, and answers each with what DRVCONF has chosen. It cannot be read otherwise. */
export function createTmc2660(ctx: ModuleContext, spi: SpiOptions, driver: string, registers: Registers): TmcBus {
  const lock = new Lock();
  const chip = addSpiChip(ctx, spi, SPI_MODE);
  /** As written last: choosing an answer writes it too. */
  let driverConfig = 0;

  /** Sends a register and returns the 20 bits that come back; `undefined` when nothing does. */
  async function exchange(register: string, value: number): Promise<number | undefined> {
    const word = ((registers[register]?.address ?? 0) << ADDRESS_SHIFT) | value;
    const command = `spi_transfer oid=${chip.oid} data=${word.toString(16).padStart(6, "0")}`;
    const { response } = await chip.board.query(command, "spi_transfer_response", chip.oid);
    if (!(response instanceof Uint8Array) || response.length !== 3) return undefined;
    const [high = 0, middle = 0, low = 0] = response;
    return ((high << 16) | (middle << 8) | low) >>> 4;
  }

  async function read(register: string): Promise<number> {
    if (ctx.isDryRun) return 0;
    const select = registers[register]?.address ?? 0;
    const config = (driverConfig & ~(0x3 << READ_SELECT)) | (select << READ_SELECT);
    await exchange("DRVCONF", config);
    const answer = await exchange("DRVCONF", config);
    // A line that nobody drives reads as all zeros or all ones.
    if (answer === undefined || answer === 0 || answer === 0xfffff) throw silentError(driver, register, "read");
    return answer;
  }

  return {
    configure: () => chip.configure(),
    read: (register) => lock.run(() => read(register)),
    write: (values) =>
      lock.run(async () => {
        for (const [register, value] of values) {
          if (register === "DRVCONF") driverConfig = value;
          await exchange(register, value);
        }
        // It does not say what it holds: an answer at all is what can be asked for.
        await read("READRSP2");
      }),
  };
}
