// thread: browser
import { attribute, byId, forbid, onPress, say, show } from "./dom.js";
import { ageText, fixed } from "./format.js";
import type { Printer } from "./printer.js";
import type { Status } from "./status.js";

/** Older than this is shown as a warning, in s. */
const OLD_S = 1;
/** The age is written this often: faster cannot be read. */
const AGE_MS = 500;

const JOB_WORDS: Readonly<Record<string, string>> = {
  printing: "Printing",
  paused: "Paused",
  complete: "Finished",
  cancelled: "Cancelled",
  error: "Print failed",
};

const STATE_WORDS: Readonly<Record<string, string>> = {
  startup: "Starting",
  disconnected: "Restarting",
  error: "Not configured",
  shutdown: "Stopped",
};

/** The state as a word, and as the key of its colour. */
export function stateWord(status: Status): { word: string; key: string } {
  if (status.line === "locked") return { word: "Locked", key: "error" };
  if (status.line === "lost") return { word: "Reconnecting", key: "lost" };
  if (status.line === "connecting") return { word: "Connecting", key: "unknown" };
  if (status.state !== "ready") return { word: STATE_WORDS[status.state] ?? "Unknown", key: status.state };
  if (status.flag("steadyhand", "host_unresponsive")) return { word: "Host busy", key: "paused" };
  const word = JOB_WORDS[status.job];
  if (word !== undefined) return { word, key: status.job };
  const isBusy = status.text("idle_timeout", "state") === "Printing";
  return isBusy ? { word: "Busy", key: "printing" } : { word: "Ready", key: "ready" };
}

/** How fresh the page is, in words; `isOld` asks for a colour. */
export function freshness(status: Status): { words: string; isOld: boolean } {
  if (status.line === "connecting") return { words: "", isOld: false };
  if (status.line !== "open") return { words: `last known ${ageText(status.pageAge)}`, isOld: true };
  if (status.flag("steadyhand", "host_unresponsive")) {
    const activity = status.text("steadyhand", "activity");
    const since = fixed(status.num("steadyhand", "host_age"), 0);
    return { words: `host busy ${since} s${activity === "" ? "" : ` in ${activity}`}, motion unaffected`, isOld: true };
  }
  if (status.state !== "ready") return { words: "live", isOld: false };
  const age = status.pageAge;
  return { words: ageText(age), isOld: age > OLD_S };
}

/** `virtual printer, 20x real time`; empty for a real printer at its own pace. */
export function virtualWords(status: Status): string {
  if (!status.isVirtual) return "";
  if (!("time_factor" in status.object("steadyhand"))) return "virtual printer";
  const factor = status.num("steadyhand", "time_factor");
  if (factor === undefined) return "virtual printer, as fast as it goes";
  return factor === 1 ? "virtual printer" : `virtual printer, ${factor}x real time`;
}

/** The bar at the top: who, state, age, pause and emergency stop. */
export class Header {
  readonly #status: Status;
  readonly #name = byId("name", HTMLElement);
  readonly #virtual = byId("virtual", HTMLElement);
  readonly #state = byId("state", HTMLElement);
  readonly #age = byId("age", HTMLElement);
  readonly #pause = byId("pause", HTMLButtonElement);

  constructor(printer: Printer) {
    this.#status = printer.status;
    // At once and without a question: whoever presses it has no time.
    byId("stop", HTMLButtonElement).addEventListener("click", () => printer.emergencyStop());
    onPress(this.#pause, () =>
      printer.ask(this.#status.job === "paused" ? "printer.print.resume" : "printer.print.pause"),
    );
    setInterval(() => this.#paintAge(), AGE_MS);
  }

  paint(): void {
    const status = this.#status;
    const { word, key } = stateWord(status);
    say(this.#state, word);
    attribute(this.#state, "data-state", key);
    attribute(document.body, "data-line", status.line);
    const name = status.hostname === "" ? "Steadyhand" : status.hostname;
    say(this.#name, name);
    const percent = status.num("virtual_sdcard", "progress");
    const share = status.isPrinting && percent !== undefined ? `${Math.floor(percent * 100)} % ` : "";
    const title = `${share}${word} · ${name}`;
    if (document.title !== title) document.title = title;
    const virtual = virtualWords(status);
    say(this.#virtual, virtual);
    show(this.#virtual, virtual !== "");
    show(this.#pause, status.isPrinting && status.state === "ready");
    say(this.#pause, status.job === "paused" ? "Resume" : "Pause");
    forbid(this.#pause, status.line === "open" ? "" : "The printer cannot be reached.");
    if (this.#age.textContent === "") this.#paintAge();
  }

  #paintAge(): void {
    const { words, isOld } = freshness(this.#status);
    say(this.#age, words);
    this.#age.classList.toggle("old", isOld);
  }
}
