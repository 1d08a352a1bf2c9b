// thread: host
import type { CommandTable } from "../../gcode/command-table.js";
import type { GcodeCommand } from "../../gcode/gcode-command.js";
import type { PrinterState } from "../events.js";

/** What the basic commands do to the printer. */
export interface BasicActions {
  readonly state: () => PrinterState;
  readonly stateMessage: () => string;
  readonly version: string;
  readonly emergencyStop: () => void;
  readonly restart: (kind: "restart" | "firmware-restart") => void;
}

const ALWAYS = { always: true } as const;

/** Commands that work in every state, also when the configuration cannot be read. */
export function addBasicCommands(table: CommandTable, actions: BasicActions): void {
  const { state, stateMessage, version } = actions;

  function showStatus(command: GcodeCommand): void {
    if (state() === "ready") command.respondInfo("Klipper state: Ready");
    else command.respondInfo(`${stateMessage()}\nKlipper state: Not ready`);
  }

  function help(command: GcodeCommand): void {
    const lines = Object.entries(table.status).flatMap(([name, entry]) =>
      entry.help === undefined ? [] : [`${name.padEnd(10)}: ${entry.help}`],
    );
    const note = state() === "ready" ? [] : ["Printer is not ready - not all commands available."];
    command.respondInfo([...note, "Available extended commands:", ...lines.toSorted()].join("\n"));
  }

  table.register("M112", actions.emergencyStop, {
    ...ALWAYS,
    emergency: true,
    outOfBand: true,
    help: "Stop everything now",
  });
  table.register("RESTART", () => actions.restart("restart"), {
    ...ALWAYS,
    help: "Reload config file and restart host software",
  });
  table.register("FIRMWARE_RESTART", () => actions.restart("firmware-restart"), {
    ...ALWAYS,
    help: "Restart firmware, host, and reload config",
  });
  table.register("STATUS", showStatus, { ...ALWAYS, help: "Report the printer status" });
  table.register("HELP", help, { ...ALWAYS, help: "Report the list of available extended G-Code commands" });
  table.register("ECHO", (command) => command.respondInfo(`${command.name} ${command.raw}`.trim()), ALWAYS);
  table.register("M110", () => undefined, ALWAYS);
  table.register("M115", (command) => command.respondRaw(`FIRMWARE_NAME:Steadyhand FIRMWARE_VERSION:${version}`), {
    ...ALWAYS,
    help: "Show what runs this printer",
  });
}
