// thread: browser
import { TemperatureChart } from "./chart.js";
import { attribute, byId, forbid, make, onPress, say, show } from "./dom.js";
import { fixed, friendly, measure, UNKNOWN } from "./format.js";
import { num } from "./json.js";
import type { Printer, Series } from "./printer.js";
import type { Status } from "./status.js";

/** Usual temperatures of nozzle and bed, in degC. */
const PRESETS = [
  { name: "PLA", nozzle: 210, bed: 60 },
  { name: "PETG", nozzle: 240, bed: 80 },
  { name: "ABS", nozzle: 250, bed: 100 },
  { name: "TPU", nozzle: 225, bed: 50 },
] as const;

const COLOURS = ["--line-1", "--line-2", "--line-3", "--line-4", "--line-5", "--line-6", "--line-7", "--line-8"];

interface Row {
  readonly name: string;
  readonly now: HTMLElement;
  readonly power: HTMLElement;
  readonly target: HTMLInputElement | undefined;
}

/** The table of heaters and sensors, and the chart. */
export class TemperaturePanel {
  readonly #printer: Printer;
  readonly #status: Status;
  readonly #chart = new TemperatureChart();
  readonly #body = byId("temps", HTMLElement);
  readonly #preset = byId("preset", HTMLSelectElement);
  readonly #cool = byId("cool", HTMLButtonElement);
  readonly #hidden = new Set<string>();
  #rows: readonly Row[] = [];
  #key = "";

  constructor(printer: Printer) {
    this.#printer = printer;
    this.#status = printer.status;
    onPress(this.#cool, () => printer.run("TURN_OFF_HEATERS"));
    this.#preset.append(
      make("option", { value: "" }, "Preheat"),
      ...PRESETS.map(({ name, nozzle, bed }) => make("option", { value: name }, `${name} ${nozzle} / ${bed} °C`)),
    );
    this.#preset.addEventListener("change", () => this.#preheat());
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      this.#key = "";
      this.paint();
    });
    setInterval(() => this.#sample(), 1000);
  }

  fill(store: ReadonlyMap<string, Series>): void {
    this.#chart.fill(store);
  }

  paint(): void {
    const status = this.#status;
    const names = [...status.heaters, ...status.sensors];
    const key = names.join("\n");
    if (names.length > 0 && key !== this.#key) {
      this.#key = key;
      this.#build(names);
    }
    const why = status.isReady ? "" : "The printer is not ready.";
    forbid(this.#cool, why);
    this.#preset.disabled = why !== "";
    for (const { name, now, power, target } of this.#rows) {
      say(now, measure(status.num(name, "temperature"), 1, "°C"));
      const share = status.num(name, "power");
      const rpm = status.num(name, "rpm");
      say(power, share !== undefined ? `${fixed(share * 100, 0)} %` : rpm !== undefined ? `${fixed(rpm, 0)} rpm` : "");
      if (target === undefined) continue;
      target.disabled = why !== "";
      const wanted = fixed(status.num(name, "target"), 0);
      if (document.activeElement !== target && wanted !== UNKNOWN && target.value !== wanted) target.value = wanted;
      target.classList.toggle("on", (status.num(name, "target") ?? 0) > 0);
    }
  }

  #sample(): void {
    const status = this.#status;
    if (status.line !== "open") return;
    for (const { name } of this.#rows) {
      this.#chart.add(name, status.num(name, "temperature"), status.num(name, "target"));
    }
    this.#chart.draw();
  }

  #build(names: readonly string[]): void {
    const style = getComputedStyle(document.documentElement);
    const colours = new Map(
      names.map((name, i) => [name, style.getPropertyValue(COLOURS[i % COLOURS.length] ?? "").trim()]),
    );
    this.#rows = names.map((name) => this.#row(name));
    this.#body.replaceChildren(...this.#rows.map((row) => this.#rowElement(row, colours.get(row.name) ?? "")));
    this.#chart.style(colours, this.#hidden);
    this.#chart.draw();
  }

  #row(name: string): Row {
    const hasTarget = "target" in this.#status.object(name);
    const target = hasTarget
      ? make("input", {
          type: "number",
          inputmode: "numeric",
          min: "0",
          max: String(this.#limit(name)),
          step: "1",
          "aria-label": `Target of ${friendly(name)}, °C`,
        })
      : undefined;
    if (target !== undefined) this.#onTarget(name, target);
    return { name, now: make("td", { class: "num" }), power: make("td", { class: "num soft" }), target };
  }

  #rowElement(row: Row, stroke: string): HTMLElement {
    const { name } = row;
    const toggle = make("button", { type: "button", class: "swatch", "aria-pressed": String(!this.#hidden.has(name)) });
    attribute(toggle, "title", "Show or hide it in the chart");
    toggle.style.setProperty("--swatch", stroke);
    toggle.append(make("span", {}, friendly(name)));
    toggle.addEventListener("click", () => {
      if (!this.#hidden.delete(name)) this.#hidden.add(name);
      attribute(toggle, "aria-pressed", String(!this.#hidden.has(name)));
      this.#chart.draw();
    });
    const cell = make("td", { class: "num" });
    if (row.target !== undefined) cell.append(row.target, make("span", { class: "unit", "aria-hidden": "true" }, "°C"));
    return make("tr", {}, make("th", { scope: "row" }, toggle), row.now, cell, row.power);
  }

  #onTarget(name: string, input: HTMLInputElement): void {
    const set = (): void => {
      const value = input.value === "" ? 0 : Number(input.value);
      if (!Number.isFinite(value) || value === this.#status.num(name, "target")) return;
      this.#set(name, value);
    };
    input.addEventListener("change", set);
    input.addEventListener("keydown", (event) => {
      if (event.key === "Enter") input.blur();
      if (event.key !== "Escape") return;
      input.value = fixed(this.#status.num(name, "target"), 0);
      input.blur();
    });
    input.addEventListener("focus", () => input.select());
  }

  #set(name: string, value: number): void {
    const short = name.slice(name.indexOf(" ") + 1);
    const command = name.startsWith("temperature_fan ")
      ? `SET_TEMPERATURE_FAN_TARGET TEMPERATURE_FAN=${short} TARGET=${value}`
      : `SET_HEATER_TEMPERATURE HEATER=${short} TARGET=${value}`;
    this.#printer.run(command).catch(() => undefined);
  }

  #limit(name: string): number {
    return num(this.#status.setting(name.toLowerCase(), "max_temp")) ?? 500;
  }

  #preheat(): void {
    const chosen = PRESETS.find(({ name }) => name === this.#preset.value);
    this.#preset.value = "";
    if (chosen === undefined) return;
    const { heaters, extruder } = this.#status;
    if (heaters.includes("heater_bed")) this.#set("heater_bed", chosen.bed);
    if (heaters.includes(extruder)) this.#set(extruder, chosen.nozzle);
    show(this.#preset, true);
  }
}
