// thread: browser
import { byId, forbid, make, onPress, say, show } from "./dom.js";
import { json, text } from "./json.js";
import type { Printer } from "./printer.js";

const PREFIX = "gcode_macro ";
const PARAMETER = /\bparams\.([A-Za-z_]\w*)(?:\s*\|\s*default\(\s*(?:'([^']*)'|"([^"]*)"|([^)'"]*))\s*[,)])?/g;

/** The parameters that a macro asks for, with what they are when they are not given. */
export function macroParameters(script: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const [, name = "", single, double, bare] of script.matchAll(PARAMETER)) {
    const key = name.toUpperCase();
    const value = (single ?? double ?? bare ?? "").trim();
    if (!found.has(key) || (found.get(key) === "" && value !== "")) found.set(key, value);
  }
  return found;
}

/** A button for each macro; one that takes parameters is written into the console, to be completed there. */
export class MacroPanel {
  readonly #printer: Printer;
  readonly #write: (command: string) => void;
  readonly #root = byId("macros-panel", HTMLElement);
  readonly #list = byId("macros", HTMLElement);
  readonly #why = byId("macros-why", HTMLElement);
  #buttons: readonly HTMLButtonElement[] = [];
  #key = "";

  constructor(printer: Printer, write: (command: string) => void) {
    this.#printer = printer;
    this.#write = write;
  }

  paint(): void {
    const { status } = this.#printer;
    const names = status.names
      .filter((name) => name.startsWith(PREFIX))
      .map((name) => name.slice(PREFIX.length))
      .filter((name) => !name.startsWith("_") && !("rename_existing" in json(this.#section(name))));
    const key = names.join("\n");
    if (key !== this.#key) {
      this.#key = key;
      this.#build(names);
    }
    show(this.#root, names.length > 0);
    const why = status.isReady ? "" : "The printer is not ready.";
    for (const button of this.#buttons) forbid(button, why);
    say(this.#why, why === "" && status.job === "printing" ? "A print is running: a macro waits for its turn." : "");
  }

  #section(name: string): unknown {
    return this.#printer.status.json("configfile", "settings")[`${PREFIX}${name}`.toLowerCase()];
  }

  #build(names: readonly string[]): void {
    this.#buttons = names.map((name) => {
      const section = json(this.#section(name));
      const parameters = macroParameters(text(section["gcode"]));
      const title = name.replaceAll("_", " ").toLowerCase();
      const label = title.charAt(0).toUpperCase() + title.slice(1);
      const button = make("button", { type: "button" }, parameters.size > 0 ? `${label} …` : label);
      const help = text(section["description"]);
      if (help !== "") button.setAttribute("aria-description", help);
      onPress(button, () => {
        if (parameters.size === 0) return this.#printer.run(name.toUpperCase());
        const words = [...parameters].map(([key, value]) => `${key}=${value}`);
        this.#write([name.toUpperCase(), ...words].join(" "));
        return undefined;
      });
      return button;
    });
    this.#list.replaceChildren(...this.#buttons);
  }
}
