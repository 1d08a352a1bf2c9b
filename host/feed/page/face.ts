// thread: browser
import { attribute, byId, make, onPress, say, show } from "./dom.js";
import type { Printer } from "./printer.js";
import type { Status } from "./status.js";

/** What is shown over the page while the printer cannot work. */
export interface Face {
  readonly kind: "calm" | "warn" | "bad";
  readonly title: string;
  readonly text: string;
  /** What to do. */
  readonly fix: string;
  readonly canRestart: boolean;
  readonly canFirmwareRestart: boolean;
  readonly needsKey: boolean;
}

const CALM: Face = {
  kind: "calm",
  title: "",
  text: "",
  fix: "",
  canRestart: false,
  canFirmwareRestart: false,
  needsKey: false,
};

/** The message without its advice on commands: buttons stand beside it. */
function reason(message: string): string {
  return message
    .split("\n")
    .filter((line) => !/^(?:When that is done|Printer is (?:halted|shutdown))/.test(line))
    .join("\n");
}

const FIX = /^\s*To fix: /;

/** The lines of a message; what to do about an error stands out, right below it. */
function lineElements(message: string): HTMLElement[] {
  return message.split("\n").map((line) => {
    if (!FIX.test(line)) return make("span", {}, line);
    const fix = line.replace(FIX, "");
    return make("span", { class: "fix" }, fix.charAt(0).toUpperCase() + fix.slice(1));
  });
}

/** Why it stopped, as a title. */
function stopTitle(message: string): string {
  if (/emergency|M112/i.test(message)) return "Stopped by the emergency stop";
  if (/\(MCU_SHUTDOWN\)/.test(message)) return "A board stopped itself";
  if (/\((MCU|LINK|PORT|BOARD)_/.test(message)) return "The printer lost a board";
  if (/\((HEATER|HEAT|TEMP|SENSOR)_/.test(message)) return "Stopped to keep the heaters safe";
  return "The printer stopped itself";
}

/** The face for what is known; `undefined` when nothing is in the way. */
export function faceOf(status: Status): Face | undefined {
  switch (status.line) {
    case "locked":
      return {
        ...CALM,
        kind: "warn",
        title: "This printer asks who you are",
        text: "Your computer is not among those it trusts.",
        fix: "Enter its API key. You find it on a trusted computer in Mainsail or Fluidd, under settings.",
        needsKey: true,
      };
    case "lost":
      return {
        ...CALM,
        kind: "warn",
        title: "Reconnecting",
        text: "The line to the printer was lost. What you see is what was last known.",
        fix: "A print goes on without this page. If this takes long, check the network and that the printer's computer is on.",
      };
    case "connecting":
      return undefined;
    case "open":
      return stateFace(status);
  }
}

function stateFace(status: Status): Face | undefined {
  const text = reason(status.message);
  switch (status.state) {
    case "ready":
    case "unknown":
      return undefined;
    case "startup":
      return { ...CALM, title: "Starting", text };
    case "disconnected":
      return { ...CALM, title: "Restarting", text: "The printer comes back in a moment." };
    case "error":
      return { ...CALM, kind: "bad", title: "The printer could not start", text, canRestart: true };
    case "shutdown":
      return {
        ...CALM,
        kind: "bad",
        title: stopTitle(text),
        text: `${text}\nHeaters and motors are off. The axes must be homed again.`,
        fix: "When the cause is gone, press Firmware restart. Nothing moves by itself then.",
        canFirmwareRestart: true,
      };
  }
}

/** The panel below the header that says why nothing works, and what to do. */
export class FacePanel {
  readonly #status: Status;
  readonly #root = byId("face", HTMLElement);
  readonly #title = byId("face-title", HTMLElement);
  readonly #text = byId("face-text", HTMLElement);
  readonly #fix = byId("face-fix", HTMLElement);
  readonly #restart = byId("face-restart", HTMLButtonElement);
  readonly #firmware = byId("face-firmware", HTMLButtonElement);
  readonly #form = byId("face-key", HTMLFormElement);
  #shown = "";

  constructor(printer: Printer) {
    this.#status = printer.status;
    onPress(this.#restart, () => printer.ask("printer.restart"));
    onPress(this.#firmware, () => printer.ask("printer.firmware_restart"));
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      printer.unlock(byId("face-key-input", HTMLInputElement).value.trim());
    });
  }

  paint(): void {
    const face = faceOf(this.#status);
    show(this.#root, face !== undefined);
    if (face === undefined) return;
    attribute(this.#root, "data-kind", face.kind);
    say(this.#title, face.title);
    if (this.#shown !== face.text) {
      this.#shown = face.text;
      this.#text.replaceChildren(...lineElements(face.text));
    }
    say(this.#fix, face.fix);
    show(this.#fix, face.fix !== "");
    show(this.#restart, face.canRestart || face.canFirmwareRestart);
    show(this.#firmware, face.canFirmwareRestart);
    show(this.#form, face.needsKey);
  }
}
