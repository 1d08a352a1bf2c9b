// thread: host
import { HostError } from "../shared/errors.js";

/** Reads and writes registers of one driver. */
export interface TmcBus {
  /** Adds its configuration. In `connect()`. */
  configure(): void;
  /** Throws TMC_SILENT when the driver does not answer. */
  read(register: string): Promise<number>;
  /** Writes registers in their order and makes sure that they have arrived. Throws TMC_SILENT. */
  write(values: Iterable<readonly [register: string, value: number]>): Promise<void>;
}

/** The error of a driver that does not answer, or that does not take what is written. */
export function silentError(driver: string, register: string, doing: "read" | "write"): HostError<"TMC_SILENT"> {
  return new HostError(
    "TMC_SILENT",
    `the driver does not answer: its register ${register} cannot be ${doing === "read" ? "read" : "written"}`,
    {
      details: { driver, register },
      fix: "make sure that the motor supply is on (drivers need it to answer), then check the wires, jumpers and pins of the driver; INIT_TMC tries again",
      place: { device: `driver '${driver}'` },
    },
  );
}
