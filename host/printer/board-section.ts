// thread: host
import type { SectionReader } from "../config/section-reader.js";
import type { Place } from "../shared/errors.js";
import { type Seconds, seconds } from "../shared/units.js";

/** How a board is made to start anew. */
export type RestartMethod = "arduino" | "cheetah" | "rpi_usb" | "command";

/** How a board is reached, as its `[mcu]` section says. Whoever connects opens the port. */
export type BoardPort =
  | { readonly kind: "virtual" }
  | { readonly kind: "serial"; readonly path: string; readonly baud: number }
  | { readonly kind: "can"; readonly uuid: string; readonly interface: string };

/** An `[mcu]` or `[mcu NAME]` section. */
export interface BoardOptions {
  readonly name: string;
  /** Printer object: `mcu`, `mcu NAME`. */
  readonly object: string;
  readonly port: BoardPort;
  readonly restartMethod: RestartMethod;
  /** Time without its keep-alive after which a board stops homing moves by itself, with several boards. */
  readonly trsyncTimeout: Seconds;
  readonly place: Place;
}

/** Ports that are no serial lines: they have no control lines to reset a board with. */
const NO_CONTROL_LINES = /^\/dev\/rpmsg_|^\/tmp\/klipper_host_/;
const VIRTUAL = "virtual";

function readPort(section: SectionReader): BoardPort {
  if (section.has("canbus_uuid")) {
    return {
      kind: "can",
      uuid: section.string("canbus_uuid", undefined, { help: "Identifier of the board on the CAN bus." }),
      interface: section.string("canbus_interface", "can0", { help: "CAN interface of this computer." }),
    };
  }
  const path = section.string("serial", undefined, {
    help: "Port of the board, such as /dev/serial/by-id/...; 'virtual' for a simulated board.",
  });
  const baud = section.int("baud", 250_000, { min: 2400, help: "Speed of a serial line, in bits per second." });
  return path.trim() === VIRTUAL ? { kind: "virtual" } : { kind: "serial", path: path.trim(), baud };
}

/** Reads the section of a board called `name`. */
export function readBoard(section: SectionReader, name: string): BoardOptions {
  const port = readPort(section);
  const hasControlLines = port.kind === "serial" && !NO_CONTROL_LINES.test(port.path);
  return {
    name,
    object: section.name,
    port,
    restartMethod: section.choice(
      "restart_method",
      ["arduino", "cheetah", "rpi_usb", "command"],
      hasControlLines ? "arduino" : "command",
      { help: "How the board is reset: by its DTR line, by the power of its USB port, or by a command." },
    ),
    trsyncTimeout: section.seconds("trsync_timeout", seconds(0.025), {
      min: 0.01,
      max: 1,
      help: "With several boards: silence after which a board stops homing moves by itself.",
    }),
    place: section.place,
  };
}
