// thread: browser
import { byId, make, onPress, say, show } from "./dom.js";
import { fixed, UNKNOWN } from "./format.js";
import { json, num, text } from "./json.js";
import { colour } from "./path-canvas.js";
import type { Printer } from "./printer.js";
import type { Status } from "./status.js";

/** Samples of the last two minutes, two a second. */
const SAMPLES = 240;
const SAMPLE_MS = 500;
/** Less motion in hand than this is worth a warning, in s. */
const THIN_S = 0.25;
/** A turn later than this is worth a warning, in s. */
const LATE_S = 0.02;
const FULL_S = 0.8;
const STRESS = "STRESS_TEST";
const MAX_CULPRITS = 4;

/** What only this host can show: how far the printer is from trouble. */
export class SteadinessPanel {
  readonly #printer: Printer;
  readonly #status: Status;
  readonly #word = byId("steady-word", HTMLElement);
  readonly #facts = byId("steady-facts", HTMLElement);
  readonly #bars = byId("steady-bars", HTMLCanvasElement);
  readonly #boards = byId("boards", HTMLElement);
  readonly #culprits = byId("culprits", HTMLElement);
  readonly #culpritsTitle = byId("culprits-title", HTMLElement);
  readonly #stress = byId("stress", HTMLElement);
  readonly #cells = new Map<string, HTMLElement>();
  readonly #samples: number[] = [];
  #boardKey = "";

  constructor(printer: Printer) {
    this.#printer = printer;
    this.#status = printer.status;
    for (const name of ["Motion in hand", "Least of this job", "Worst lateness", "Longest turn"]) {
      const cell = make("dd", { class: "num" }, UNKNOWN);
      this.#cells.set(name, cell);
      this.#facts.append(make("div", {}, make("dt", {}, name), cell));
    }
    onPress(byId("stress-run", HTMLButtonElement), () => printer.run(STRESS));
    new ResizeObserver(() => this.#draw()).observe(this.#bars);
    setInterval(() => this.#sample(), SAMPLE_MS);
  }

  paint(): void {
    const status = this.#status;
    const own = (field: string): number | undefined => status.num("steadyhand", field);
    const smallest = own("smallest_horizon");
    const late = own("worst_lateness");
    this.#fact("Motion in hand", ms(own("horizon"), 0));
    this.#fact("Least of this job", ms(smallest, 0));
    this.#fact("Worst lateness", ms(late, 1));
    this.#fact("Longest turn", ms(own("longest_turn"), 1));
    const isThin = (smallest ?? FULL_S) < THIN_S;
    const isLate = (late ?? 0) > LATE_S;
    const isKnown = own("horizon") !== undefined;
    say(this.#word, !isKnown ? "" : isThin ? "came close to running dry" : isLate ? "had late turns" : "steady");
    this.#word.classList.toggle("old", isThin || isLate);
    this.#paintBoards();
    this.#paintCulprits();
    show(this.#stress, this.#printer.help.has(STRESS) && status.isVirtual);
  }

  #fact(name: string, value: string): void {
    const cell = this.#cells.get(name);
    if (cell !== undefined) say(cell, value);
  }

  #paintBoards(): void {
    const status = this.#status;
    const names = status.names.filter((name) => name === "mcu" || name.startsWith("mcu "));
    const key = names.join("\n");
    if (key !== this.#boardKey) {
      this.#boardKey = key;
      this.#boards.replaceChildren(
        ...names.map((name) => {
          const cells = [0, 1, 2].map(() => make("td", { class: "num" }));
          return make("tr", {}, make("th", { scope: "row" }, name === "mcu" ? "mcu" : name.slice(4)), ...cells);
        }),
      );
    }
    names.forEach((name, i) => {
      const stats = status.json(name, "last_stats");
      const row = this.#boards.children[i];
      const sent = num(stats["bytes_write"]);
      const again = num(stats["bytes_retransmit"]);
      const load = num(stats["mcu_task_avg"]);
      const awake = num(stats["mcu_awake"]);
      const words = [
        ms(num(stats["srtt"]), 1),
        again === undefined
          ? UNKNOWN
          : sent === undefined || sent === 0
            ? `${again} B`
            : `${fixed((again / sent) * 100, 2)} %`,
        awake === undefined ? UNKNOWN : `${fixed(awake * 100, 1)} %`,
      ];
      if (load === undefined && awake === undefined) words[2] = UNKNOWN;
      words.forEach((word, column) => {
        const cell = row?.children[column + 1];
        if (cell instanceof HTMLElement) say(cell, word);
      });
    });
  }

  #paintCulprits(): void {
    const found = this.#status.list("system_monitor", "culprits").slice(-MAX_CULPRITS).reverse();
    const words = found
      .map((each) => (typeof each === "string" ? each : text(json(each)["text"])))
      .filter((each) => each !== "");
    show(this.#culpritsTitle, words.length > 0);
    if (words.join("\n") === [...this.#culprits.children].map((each) => each.textContent).join("\n")) return;
    this.#culprits.replaceChildren(...words.map((each) => make("li", {}, each)));
  }

  #sample(): void {
    if (this.#status.line !== "open") return;
    this.#samples.push(this.#status.num("steadyhand", "horizon") ?? 0);
    if (this.#samples.length > SAMPLES) this.#samples.shift();
    this.#draw();
  }

  /** One bar for each sample, the newest at the right; thin ones stand out. */
  #draw(): void {
    const canvas = this.#bars;
    const context = canvas.getContext("2d");
    const { clientWidth: width, clientHeight: height } = canvas;
    if (context === null || width === 0) return;
    const ratio = window.devicePixelRatio || 1;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    const bar = width / SAMPLES;
    const full = Math.max(FULL_S, ...this.#samples);
    this.#samples.forEach((value, i) => {
      if (value <= 0) return;
      const tall = Math.max(1, (value / full) * (height - 1));
      context.fillStyle = colour(value < THIN_S ? "--warn" : "--accent");
      context.fillRect(width - (this.#samples.length - i) * bar, height - tall, Math.max(1, bar - 0.5), tall);
    });
    context.fillStyle = colour("--grid");
    context.fillRect(0, height - 1, width, 1);
  }
}

/** A time in s, as milliseconds. */
const ms = (seconds: number | undefined, digits: number): string =>
  seconds === undefined ? UNKNOWN : `${fixed(seconds * 1000, digits)} ms`;
