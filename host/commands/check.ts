// thread: host

import { virtualDictionary } from "../virtual/dictionary.js";
import type { Arguments, CommandSpec } from "./command-line.js";
import { openDrySession, readDictionaries } from "./compile.js";
import type { Terminal } from "./terminal.js";

export const CHECK: CommandSpec = {
  name: "check",
  summary: "read a configuration and say everything that is wrong with it",
  text: [
    "Reads printer.cfg and its includes and reports every mistake at once, with file and line. With the dictionaries of the",
    "boards' firmware it also checks every pin and every command that the sections need.",
  ].join("\n"),
  operands: [],
  options: [
    { name: "config", value: "FILE", help: "the printer's configuration" },
    { name: "dictionary", value: "[MCU=]FILE", isList: true, help: "dictionary of a board's firmware (klipper.dict)" },
  ],
  examples: [
    "steadyhand check --config printer.cfg",
    "steadyhand check --config printer.cfg --dictionary klipper.dict",
  ],
};

/** `steadyhand check`. Throws the `HostError` that says what is wrong. */
export async function check(args: Arguments, terminal: Terminal): Promise<number> {
  const config = args.needText("config", "FILE");
  const dictionaries = await readDictionaries(args.list("dictionary"));
  const { session } = await openDrySession(
    config,
    dictionaries,
    () => () => undefined,
    virtualDictionary({ hasSerialLine: false }),
  );
  try {
    await session.start();
    if (session.error !== undefined) throw session.error;
    terminal.line(`${config} is fine`);
    return 0;
  } finally {
    await session.close();
  }
}
