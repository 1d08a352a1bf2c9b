// thread: browser
import { byId, say, show } from "./dom.js";
import { fixed, friendly } from "./format.js";
import { colour } from "./path-canvas.js";
import type { Series } from "./printer.js";

/** 20 minutes, one value a second. */
const LENGTH = 1200;
const LEFT = 34;
const BOTTOM = 18;
const TOP = 6;
const RIGHT = 6;
const MINUTES = [-20, -15, -10, -5, 0];

/** The chart of temperatures and targets. */
export class TemperatureChart {
  readonly #canvas = byId("chart", HTMLCanvasElement);
  readonly #readout = byId("chart-read", HTMLElement);
  #series = new Map<string, Series>();
  #colours: ReadonlyMap<string, string> = new Map();
  #hidden: ReadonlySet<string> = new Set();
  #pointerX: number | undefined;

  constructor() {
    new ResizeObserver(() => this.draw()).observe(this.#canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
    this.#canvas.addEventListener("pointermove", (event) => {
      this.#pointerX = event.offsetX;
      this.draw();
    });
    this.#canvas.addEventListener("pointerleave", () => {
      this.#pointerX = undefined;
      this.draw();
    });
  }

  fill(store: ReadonlyMap<string, Series>): void {
    this.#series = new Map(store);
    this.draw();
  }

  /** Adds this second's values. */
  add(name: string, temperature: number | undefined, target: number | undefined): void {
    let series = this.#series.get(name);
    if (series === undefined) {
      series = { temperatures: [], targets: [] };
      this.#series.set(name, series);
    }
    push(series.temperatures, temperature ?? null);
    if (target !== undefined || series.targets.length > 0) push(series.targets, target ?? null);
  }

  /** Which colour each line has, and which are not drawn. */
  style(colours: ReadonlyMap<string, string>, hidden: ReadonlySet<string>): void {
    this.#colours = colours;
    this.#hidden = hidden;
  }

  draw(): void {
    const canvas = this.#canvas;
    const context = canvas.getContext("2d");
    const { clientWidth: width, clientHeight: height } = canvas;
    if (context === null || width === 0) return;
    const ratio = window.devicePixelRatio || 1;
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
    }
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    const shown = [...this.#series].filter(([name]) => this.#colours.has(name) && !this.#hidden.has(name));
    const top = this.#ceiling(shown.map(([, series]) => series));
    const x = (index: number, length: number): number =>
      LEFT + ((LENGTH - length + index) / (LENGTH - 1)) * (width - LEFT - RIGHT);
    const y = (value: number): number => height - BOTTOM - (value / top) * (height - BOTTOM - TOP);
    this.#axes(context, width, height, top, x, y);
    for (const [name, series] of shown) {
      const stroke = this.#colours.get(name) ?? "";
      this.#line(context, series.targets, stroke, true, x, y);
      this.#line(context, series.temperatures, stroke, false, x, y);
    }
    this.#cursor(context, shown, width, height);
  }

  #ceiling(shown: readonly Series[]): number {
    let highest = 40;
    for (const { temperatures, targets } of shown) {
      for (const value of temperatures) if (value !== null && value > highest) highest = value;
      for (const value of targets) if (value !== null && value > highest) highest = value;
    }
    const step = highest > 120 ? 50 : 20;
    return Math.ceil((highest + 5) / step) * step;
  }

  #axes(
    context: CanvasRenderingContext2D,
    width: number,
    height: number,
    top: number,
    x: (index: number, length: number) => number,
    y: (value: number) => number,
  ): void {
    context.font = "11px system-ui, sans-serif";
    context.fillStyle = colour("--soft");
    context.strokeStyle = colour("--grid");
    context.lineWidth = 1;
    context.textBaseline = "middle";
    context.textAlign = "right";
    const step = top > 120 ? 50 : 20;
    for (let value = 0; value <= top; value += step) {
      const at = Math.round(y(value)) + 0.5;
      context.beginPath();
      context.moveTo(LEFT, at);
      context.lineTo(width - RIGHT, at);
      context.stroke();
      context.fillText(String(value), LEFT - 6, at);
    }
    context.textBaseline = "alphabetic";
    for (const minutes of MINUTES) {
      const at = x(LENGTH - 1 + minutes * 60, LENGTH);
      context.textAlign = minutes === 0 ? "right" : minutes === -20 ? "left" : "center";
      context.fillText(minutes === 0 ? "now" : `${minutes} min`, Math.max(LEFT, at), height - 4);
    }
  }

  #line(
    context: CanvasRenderingContext2D,
    values: readonly (number | null)[],
    stroke: string,
    isTarget: boolean,
    x: (index: number, length: number) => number,
    y: (value: number) => number,
  ): void {
    context.beginPath();
    let isDown = false;
    values.forEach((value, i) => {
      // A target of 0 is none.
      if (value === null || (isTarget && value === 0)) isDown = false;
      else if (isDown) context.lineTo(x(i, values.length), y(value));
      else {
        context.moveTo(x(i, values.length), y(value));
        isDown = true;
      }
    });
    context.strokeStyle = stroke;
    context.lineWidth = isTarget ? 1.2 : 1.8;
    context.lineJoin = "round";
    context.setLineDash(isTarget ? [4, 4] : []);
    context.stroke();
    context.setLineDash([]);
  }

  #cursor(
    context: CanvasRenderingContext2D,
    shown: readonly (readonly [string, Series])[],
    width: number,
    height: number,
  ): void {
    show(this.#readout, this.#pointerX !== undefined);
    if (this.#pointerX === undefined) return;
    const at = Math.min(width - RIGHT, Math.max(LEFT, this.#pointerX));
    const back = Math.round((1 - (at - LEFT) / (width - LEFT - RIGHT)) * (LENGTH - 1));
    context.beginPath();
    context.moveTo(at, TOP);
    context.lineTo(at, height - BOTTOM);
    context.strokeStyle = colour("--soft");
    context.lineWidth = 1;
    context.stroke();
    const parts = shown.flatMap(([name, { temperatures }]) => {
      const value = temperatures.at(-1 - back);
      return typeof value === "number" ? [`${friendly(name)} ${fixed(value, 1)} °C`] : [];
    });
    const when = back < 60 ? `${back} s ago` : `${Math.round(back / 60)} min ago`;
    say(this.#readout, [when, ...parts].join(" · "));
  }
}

function push(values: (number | null)[], value: number | null): void {
  values.push(value);
  if (values.length > LENGTH) values.shift();
}
