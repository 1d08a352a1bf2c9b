// thread: host
import type { Arguments, CommandSpec } from "./command-line.js";
import { LIVE_OPTIONS, readLiveOptions } from "./live-options.js";
import { LivePrinter } from "./live-printer.js";
import { untilSignal } from "./signals.js";
import type { Terminal } from "./terminal.js";

export const RUN: CommandSpec = {
  name: "run",
  summary: "the printer host: connects to the boards and serves clients until it is stopped",
  text: [
    "Takes the place of Klipper's host software and of Moonraker. It is in the foreground and ends in order with Ctrl-C",
    "or SIGTERM: stop Klipper and Moonraker first, they want the same boards and the same port.",
  ].join("\n"),
  operands: [],
  options: LIVE_OPTIONS,
  examples: [
    "steadyhand run --config ~/printer_data/config/printer.cfg",
    "steadyhand run --config printer.cfg --host 0.0.0.0 --trusted 192.168.1.0/24 --web ~/mainsail",
    "steadyhand run --config printer.cfg --virtual",
  ],
};

/** `steadyhand run`. */
export async function run(args: Arguments, terminal: Terminal): Promise<number> {
  const printer = await LivePrinter.create(readLiveOptions(args, terminal, { factor: 1, jobFolder: undefined }));
  const signal = untilSignal();
  try {
    const address = await printer.start();
    terminal.line(`page and clients: ${address.url}`);
    const { session } = printer;
    terminal.line(session.error === undefined ? "the printer is ready" : session.error.format());
    await signal.received;
    return 0;
  } finally {
    signal.forget();
    await printer.stop();
  }
}
