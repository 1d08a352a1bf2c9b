// thread: host
import { SerialPort } from "serialport";
import type { PortRequest } from "../machine/setup.js";
import { HostError } from "../shared/errors.js";

/** How long a control line is held to reset a board, in ms. */
const PULSE_MS = 100;
const BITS = { dataBits: 8, parity: "none", stopBits: 1 } as const;

/** What a failed opening most often means, by the system's word for it. */
const FIXES: readonly { readonly found: RegExp; readonly fix: string }[] = [
  {
    found: /ENOENT|No such file/,
    fix: "check that the board is plugged in and powered; 'ls /dev/serial/by-id/' lists what is there.",
  },
  {
    found: /EACCES|EPERM|Permission denied/,
    fix: "this user may not open the port: add it to the group 'dialout' and log in again.",
  },
  {
    found: /EBUSY|Cannot lock|busy|temporarily unavailable/,
    fix: "another program uses the port: stop Klipper (sudo systemctl stop klipper) or whatever else has it open.",
  },
];
const ANY_FIX = "check 'serial' in printer.cfg, the cable and the board's power.";

function openError(mcu: string, path: string, error: unknown): HostError<"MCU_PORT_OPEN"> {
  const reason = error instanceof Error ? error.message.replace(/^Error:?\s*/, "") : String(error);
  return new HostError("MCU_PORT_OPEN", `the port ${path} cannot be opened: ${reason}`, {
    details: { mcu, port: path, reason },
    fix: FIXES.find(({ found }) => found.test(reason))?.fix ?? ANY_FIX,
    place: { device: `mcu '${mcu}'` },
    cause: error,
  });
}

/**
 * Opens and configures a serial port or pseudo-terminal, for the machine thread to read and write: this thread never
 * touches its bytes. The descriptor is the taker's to close. Rejects with `MCU_PORT_OPEN`.
 */
export async function openSerialPort(mcu: string, path: string, baud: number): Promise<PortRequest> {
  try {
    const port = await SerialPort.binding.open({ path, baudRate: baud, hupcl: false, ...BITS });
    const fd = "fd" in port ? port.fd : null;
    if (typeof fd !== "number") throw new Error("the system gives no descriptor for it");
    return { kind: "descriptor", fd, path, baud };
  } catch (error) {
    throw openError(mcu, path, error);
  }
}

/** Resets a board by its control lines: `arduino` pulses DTR, `cheetah` RTS as well. The port must not be in use. */
export async function pulseControlLines(
  mcu: string,
  path: string,
  baud: number,
  method: "arduino" | "cheetah",
): Promise<void> {
  try {
    const port = await SerialPort.binding.open({ path, baudRate: baud, hupcl: false, ...BITS });
    try {
      const rest = method === "cheetah" ? { rts: false } : { rts: true };
      await port.set({ ...rest, dtr: true });
      await new Promise((resolve) => setTimeout(resolve, PULSE_MS));
      await port.set({ ...rest, dtr: false });
      await new Promise((resolve) => setTimeout(resolve, PULSE_MS));
      if (method === "cheetah") await port.set({ rts: true, dtr: false });
    } finally {
      await port.close();
    }
  } catch (error) {
    throw openError(mcu, path, error);
  }
}
