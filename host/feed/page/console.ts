// thread: browser
import { Completion } from "./completion.js";
import { byId, make } from "./dom.js";
import type { ConsoleLine, Printer } from "./printer.js";

const HISTORY = "steadyhand-console";
const MAX_HISTORY = 100;
const MAX_LINES = 500;
/** Reports of temperatures, and the question for them. */
const CHATTER = /^(?:ok )?(?:[BTC]\d*:-?\d+(?:\.\d+)? ?\/-?\d+|M105$)/;
/** Closer to the end than this counts as being there, in pixels. */
const END_PX = 24;

export const isChatter = (message: string): boolean => CHATTER.test(message);

/** What a line is: prefixes of the printer's messages become a kind. */
export function lineKind({ type, message }: ConsoleLine): "command" | "error" | "note" | "plain" {
  if (type === "command") return "command";
  if (message.startsWith("!!")) return "error";
  return message.startsWith("//") ? "note" : "plain";
}

/** Commands and answers, and the line to type in. */
export class ConsolePanel {
  readonly #printer: Printer;
  readonly #log = byId("console-log", HTMLElement);
  readonly #input = byId("console-input", HTMLInputElement);
  readonly #filter = byId("console-filter", HTMLInputElement);
  readonly #completion: Completion;
  readonly #history: string[];
  #lines: ConsoleLine[] = [];
  #at: number;
  #draft = "";

  constructor(printer: Printer) {
    this.#printer = printer;
    this.#history = storedHistory();
    this.#at = this.#history.length;
    this.#completion = new Completion(byId("completion", HTMLElement), this.#input, () => printer.help);
    this.#filter.addEventListener("change", () => this.fill(this.#lines));
    byId("console-form", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
    this.#input.addEventListener("keydown", (event) => this.#key(event));
  }

  fill(lines: readonly ConsoleLine[]): void {
    this.#lines = lines.slice(-MAX_LINES);
    this.#log.replaceChildren(...this.#lines.filter((line) => this.#isShown(line)).map(lineElement));
    this.#log.scrollTop = this.#log.scrollHeight;
  }

  add(line: ConsoleLine): void {
    this.#lines.push(line);
    if (this.#lines.length > MAX_LINES) this.#lines.shift();
    if (!this.#isShown(line)) return;
    const log = this.#log;
    const isAtEnd = log.scrollHeight - log.scrollTop - log.clientHeight < END_PX;
    log.append(lineElement(line));
    while (log.childElementCount > MAX_LINES) log.firstElementChild?.remove();
    if (isAtEnd) log.scrollTop = log.scrollHeight;
  }

  /** Puts a command into the input, to be completed by hand. */
  write(command: string): void {
    this.#input.value = command;
    this.#input.focus();
    const first = command.indexOf("=");
    if (first >= 0)
      this.#input.setSelectionRange(
        first + 1,
        command.indexOf(" ", first) < 0 ? command.length : command.indexOf(" ", first),
      );
  }

  #isShown({ message }: ConsoleLine): boolean {
    return !this.#filter.checked || !isChatter(message);
  }

  #send(): void {
    const command = this.#input.value.trim();
    if (command === "") return;
    this.#input.value = "";
    this.#completion.close();
    if (this.#history.at(-1) !== command) this.#history.push(command);
    if (this.#history.length > MAX_HISTORY) this.#history.shift();
    localStorage.setItem(HISTORY, JSON.stringify(this.#history));
    this.#at = this.#history.length;
    this.add({ type: "command", message: command, time: Date.now() / 1000 });
    this.#log.scrollTop = this.#log.scrollHeight;
    // The printer writes its refusals to every console; only a lost line is ours to tell.
    this.#printer.call("printer.gcode.script", { script: command }).catch((error: unknown) => {
      const isSilent = this.#printer.status.line !== "open" || this.#printer.status.state !== "ready";
      const message = error instanceof Error ? error.message : String(error);
      if (isSilent) this.add({ type: "response", message: `!! ${message}`, time: Date.now() / 1000 });
    });
  }

  #key(event: KeyboardEvent): void {
    const completion = this.#completion;
    switch (event.key) {
      case "Tab":
        if (completion.isOpen && !event.shiftKey && completion.accept(false)) event.preventDefault();
        return;
      case "Enter":
        if (completion.isOpen && completion.accept(true)) event.preventDefault();
        return;
      case "Escape":
        completion.close();
        return;
      case "ArrowUp":
      case "ArrowDown": {
        event.preventDefault();
        const by = event.key === "ArrowDown" ? 1 : -1;
        if (completion.isOpen) completion.move(by);
        else this.#recall(by);
        return;
      }
    }
  }

  #recall(by: 1 | -1): void {
    const { length } = this.#history;
    if (this.#at === length) this.#draft = this.#input.value;
    this.#at = Math.min(length, Math.max(0, this.#at + by));
    this.#input.value = this.#history[this.#at] ?? this.#draft;
  }
}

function lineElement(line: ConsoleLine): HTMLElement {
  const kind = lineKind(line);
  const time = new Date(line.time * 1000).toLocaleTimeString([], {
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  });
  const message = line.message.replace(/^(?:\/\/|!!) ?/gm, "");
  const mark = kind === "command" ? "›" : kind === "error" ? "!" : "";
  return make(
    "div",
    { class: `line ${kind}` },
    make("time", {}, time),
    make("span", { class: "mark", "aria-hidden": "true" }, mark),
    make("span", { class: "words" }, message),
  );
}

function storedHistory(): string[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(HISTORY) ?? "[]");
    return Array.isArray(stored) ? stored.filter((each) => typeof each === "string") : [];
  } catch {
    return [];
  }
}
