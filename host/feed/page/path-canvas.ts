// thread: browser
import { byId } from "./dom.js";
import { type Layer, MOVE_NUMBERS } from "./path-file.js";
import { PathView } from "./path-view.js";

/** Slow to fast; readable on light and dark, and with every kind of colour vision. */
const SPEED_COLOURS = ["#3b5bdb", "#1c7ed6", "#1098ad", "#0ca678", "#74b816", "#f59f00", "#f76707", "#e03131"];
/** Grid lines of the bed at these distances in mm, the first that is not too dense. */
const GRIDS = [10, 20, 50, 100];
const GRID_PX = 14;
const MAX_TRAIL = 1500;

/** A part of the print that can be left out. */
export interface PrintObject {
  readonly name: string;
  readonly polygon: readonly (readonly [number, number])[];
  readonly excluded: boolean;
  readonly current: boolean;
}

export interface BedShape {
  readonly minX: number;
  readonly minY: number;
  readonly maxX: number;
  readonly maxY: number;
  readonly round: boolean;
}

/** Draws the layer on two canvases: what is laid down below, the nozzle above. */
export class PathCanvas {
  readonly view = new PathView();
  readonly #base = byId("path-base", HTMLCanvasElement);
  readonly #top = byId("path-top", HTMLCanvasElement);
  #bed: BedShape = { minX: 0, minY: 0, maxX: 200, maxY: 200, round: false };
  #objects: readonly PrintObject[] = [];
  #layer: Layer | undefined;
  #drawn = 0;
  #done = 0;
  #ratio = 1;
  #nozzle: { x: number; y: number } | undefined;
  readonly #trail: { x: number; y: number }[] = [];

  /** Fits the canvases to their place; true when it has changed. */
  resize(): boolean {
    const { clientWidth, clientHeight } = this.#base;
    const ratio = window.devicePixelRatio || 1;
    const width = Math.round(clientWidth * ratio);
    const height = Math.round(clientHeight * ratio);
    if (this.#base.width === width && this.#base.height === height && this.#ratio === ratio) return false;
    this.#ratio = ratio;
    for (const canvas of [this.#base, this.#top]) {
      canvas.width = width;
      canvas.height = height;
    }
    this.view.setSize(clientWidth, clientHeight);
    return true;
  }

  setBed(bed: BedShape): void {
    this.#bed = bed;
    this.view.setArea(bed);
  }

  setObjects(objects: readonly PrintObject[]): void {
    this.#objects = objects;
  }

  /** The object below a place on the bed. */
  objectAt(x: number, y: number): PrintObject | undefined {
    return this.#objects.find(({ polygon, excluded }) => !excluded && isInside(polygon, x, y));
  }

  /** Shows the first `done` moves of a layer as laid down, the rest as still to come. Draws only what is new. */
  showLayer(layer: Layer | undefined, done: number): void {
    const isNew = layer !== this.#layer || done < this.#done;
    this.#layer = layer;
    this.#done = done;
    if (isNew || (layer !== undefined && layer.count !== this.#drawn)) this.redraw();
    else this.#drawMoves(this.#lastDone, done);
    this.#lastDone = done;
  }

  #lastDone = 0;

  /** Where the nozzle is. Without a print, its way is drawn too. */
  setNozzle(x: number, y: number, keepsTrail: boolean): void {
    this.#nozzle = { x, y };
    if (!keepsTrail) this.#trail.length = 0;
    else {
      const last = this.#trail.at(-1);
      if (last === undefined || last.x !== x || last.y !== y) this.#trail.push({ x, y });
      if (this.#trail.length > MAX_TRAIL) this.#trail.shift();
    }
    this.#drawTop();
  }

  /** Draws everything anew. */
  redraw(): void {
    const context = this.#context(this.#base);
    if (context === undefined) return;
    context.clearRect(0, 0, this.#base.width, this.#base.height);
    this.#drawBed(context);
    this.#drawObjects(context);
    this.#drawn = this.#layer?.count ?? 0;
    if (this.#layer !== undefined) {
      this.#drawComing(context, this.#layer);
      this.#drawMoves(0, this.#done);
    }
    this.#lastDone = this.#done;
    this.#drawTop();
  }

  /** The scale of colours, slow to fast. */
  drawScale(canvas: HTMLCanvasElement): void {
    const context = canvas.getContext("2d");
    if (context === null) return;
    const width = canvas.width / SPEED_COLOURS.length;
    SPEED_COLOURS.forEach((colour, i) => {
      context.fillStyle = colour;
      context.fillRect(i * width, 0, width + 1, canvas.height);
    });
  }

  #context(canvas: HTMLCanvasElement): CanvasRenderingContext2D | undefined {
    const context = canvas.getContext("2d");
    if (context === null) return undefined;
    context.setTransform(this.#ratio, 0, 0, this.#ratio, 0, 0);
    return context;
  }

  #drawBed(context: CanvasRenderingContext2D): void {
    const { view } = this;
    const { minX, minY, maxX, maxY, round } = this.#bed;
    const [left, right, top, bottom] = [view.x(minX), view.x(maxX), view.y(maxY), view.y(minY)];
    const outline = new Path2D();
    if (round) outline.ellipse(view.x(0), view.y(0), (right - left) / 2, (bottom - top) / 2, 0, 0, 2 * Math.PI);
    else outline.rect(left, top, right - left, bottom - top);
    context.fillStyle = colour("--bed");
    context.fill(outline);
    context.save();
    context.clip(outline);
    const grid = GRIDS.find((mm) => mm * view.scale >= GRID_PX) ?? 100;
    context.beginPath();
    for (let x = Math.ceil(minX / grid) * grid; x <= maxX; x += grid) {
      context.moveTo(Math.round(view.x(x)) + 0.5, top);
      context.lineTo(Math.round(view.x(x)) + 0.5, bottom);
    }
    for (let y = Math.ceil(minY / grid) * grid; y <= maxY; y += grid) {
      context.moveTo(left, Math.round(view.y(y)) + 0.5);
      context.lineTo(right, Math.round(view.y(y)) + 0.5);
    }
    context.strokeStyle = colour("--grid");
    context.lineWidth = 1;
    context.stroke();
    context.restore();
    context.strokeStyle = colour("--bed-edge");
    context.lineWidth = 1;
    context.stroke(outline);
    context.fillStyle = colour("--soft");
    context.font = "11px system-ui, sans-serif";
    context.textBaseline = "bottom";
    context.fillText(`${minX}, ${minY}`, left + 4, bottom - 3);
    const far = `${maxX}, ${maxY} mm`;
    context.textBaseline = "top";
    context.fillText(far, right - context.measureText(far).width - 4, top + 4);
  }

  #drawObjects(context: CanvasRenderingContext2D): void {
    for (const { polygon, excluded, current } of this.#objects) {
      const outline = new Path2D();
      polygon.forEach(([x, y], i) => {
        if (i === 0) outline.moveTo(this.view.x(x), this.view.y(y));
        else outline.lineTo(this.view.x(x), this.view.y(y));
      });
      outline.closePath();
      context.lineWidth = current ? 2 : 1;
      context.strokeStyle = excluded ? colour("--bad") : colour(current ? "--accent" : "--bed-edge");
      context.setLineDash(excluded ? [5, 4] : []);
      context.stroke(outline);
      if (excluded) {
        context.fillStyle = colour("--bad-fill");
        context.fill(outline);
      }
    }
    context.setLineDash([]);
  }

  /** What the layer will become: faint. */
  #drawComing(context: CanvasRenderingContext2D, layer: Layer): void {
    const { view } = this;
    const { moves } = layer;
    context.beginPath();
    for (let i = this.#done; i < layer.count; i++) {
      const at = i * MOVE_NUMBERS;
      if ((moves[at + 4] ?? 0) < 0) continue;
      context.moveTo(view.x(moves[at] ?? 0), view.y(moves[at + 1] ?? 0));
      context.lineTo(view.x(moves[at + 2] ?? 0), view.y(moves[at + 3] ?? 0));
    }
    context.lineWidth = this.#lineWidth;
    context.lineCap = "round";
    context.strokeStyle = colour("--coming");
    context.stroke();
  }

  get #lineWidth(): number {
    return Math.min(6, Math.max(1.1, this.view.scale * 0.4));
  }

  /** What has been laid down: one stroke for each colour. */
  #drawMoves(from: number, to: number): void {
    const layer = this.#layer;
    const context = this.#context(this.#base);
    if (layer === undefined || context === undefined || to <= from) return;
    const { view } = this;
    const { moves, slowest, fastest } = layer;
    const span = Math.max(1e-6, fastest - slowest);
    const strokes = SPEED_COLOURS.map(() => new Path2D());
    const travel = new Path2D();
    for (let i = from; i < to; i++) {
      const at = i * MOVE_NUMBERS;
      const speed = moves[at + 4] ?? 0;
      const shade = Math.min(SPEED_COLOURS.length - 1, Math.floor(((speed - slowest) / span) * SPEED_COLOURS.length));
      const stroke = speed < 0 ? travel : (strokes[fastest - slowest < 0.5 ? 3 : shade] ?? travel);
      stroke.moveTo(view.x(moves[at] ?? 0), view.y(moves[at + 1] ?? 0));
      stroke.lineTo(view.x(moves[at + 2] ?? 0), view.y(moves[at + 3] ?? 0));
    }
    context.lineCap = "round";
    context.lineWidth = 0.7;
    context.strokeStyle = colour("--travel");
    context.stroke(travel);
    context.lineWidth = this.#lineWidth;
    strokes.forEach((stroke, i) => {
      context.strokeStyle = SPEED_COLOURS[i] ?? "";
      context.stroke(stroke);
    });
  }

  #drawTop(): void {
    const context = this.#context(this.#top);
    if (context === undefined) return;
    context.clearRect(0, 0, this.#top.width, this.#top.height);
    const { view } = this;
    if (this.#trail.length > 1) {
      context.beginPath();
      for (const { x, y } of this.#trail) context.lineTo(view.x(x), view.y(y));
      context.strokeStyle = colour("--accent");
      context.lineWidth = 1.2;
      context.globalAlpha = 0.6;
      context.stroke();
      context.globalAlpha = 1;
    }
    if (this.#nozzle === undefined) return;
    const [x, y] = [view.x(this.#nozzle.x), view.y(this.#nozzle.y)];
    context.beginPath();
    context.arc(x, y, 6, 0, 2 * Math.PI);
    context.fillStyle = colour("--panel");
    context.fill();
    context.lineWidth = 2.5;
    context.strokeStyle = colour("--text");
    context.stroke();
    context.beginPath();
    context.arc(x, y, 1.8, 0, 2 * Math.PI);
    context.fillStyle = colour("--text");
    context.fill();
  }
}

let colours = new Map<string, string>();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  colours = new Map();
});

/** A colour of the style sheet, for canvases. */
export function colour(name: string): string {
  const known = colours.get(name);
  if (known !== undefined) return known;
  const value = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  colours.set(name, value);
  return value;
}

function isInside(polygon: readonly (readonly [number, number])[], x: number, y: number): boolean {
  let inside = false;
  let [lastX, lastY] = polygon.at(-1) ?? [0, 0];
  for (const [nextX, nextY] of polygon) {
    if (nextY > y !== lastY > y && x < ((lastX - nextX) * (y - nextY)) / (lastY - nextY) + nextX) inside = !inside;
    [lastX, lastY] = [nextX, nextY];
  }
  return inside;
}
