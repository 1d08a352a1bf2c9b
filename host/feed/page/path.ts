// thread: browser
import { attribute, byId, onPress, say, show } from "./dom.js";
import { fixed } from "./format.js";
import { json, num, nums, text } from "./json.js";
import { type BedShape, PathCanvas, type PrintObject } from "./path-canvas.js";
import { type Layer, PathFile } from "./path-file.js";
import type { Area } from "./path-view.js";
import { type Printer, socketUrl } from "./printer.js";
import { Rpc } from "./rpc.js";
import type { Status } from "./status.js";

/** Updates a second while the path can be seen. */
const RATE = 60;
const ZOOM_STEP = 1.5;
const PAN_PX = 40;
const NOZZLE_ZOOM = 5;
/** A press that moves less than this is a touch, not a drag, in pixels. */
const TOUCH_PX = 6;
const ROUND_BEDS = new Set(["delta", "polar", "rotary_delta", "winch", "deltesian"]);

/** Larger files are looked through for their layers only when somebody asks for one, in bytes. */
const SCAN_BYTES = 32 * 1024 * 1024;

/** What the view keeps in sight: the bed, the print, the nozzle, or what somebody has moved it to. */
type Mode = "bed" | "print" | "nozzle" | "free";

/** The current layer from above, as it is laid down. */
export class PathPanel {
  readonly #printer: Printer;
  readonly #status: Status;
  readonly #canvas = new PathCanvas();
  readonly #fast: Rpc;
  readonly #box = byId("path-box", HTMLElement);
  readonly #title = byId("path-layer", HTMLElement);
  readonly #layers = byId("layers", HTMLElement);
  readonly #slider = byId("layer-slider", HTMLInputElement);
  readonly #number = byId("layer-number", HTMLElement);
  readonly #find = byId("layer-find", HTMLButtonElement);
  readonly #live = byId("layer-live", HTMLButtonElement);
  readonly #modes: Readonly<Record<Exclude<Mode, "free">, HTMLButtonElement>> = {
    bed: byId("path-bed", HTMLButtonElement),
    print: byId("path-print", HTMLButtonElement),
    nozzle: byId("path-follow", HTMLButtonElement),
  };
  readonly #ask = byId("exclude", HTMLElement);
  readonly #onLayer: (layer: { layer: number; layers: number } | undefined) => void;
  #isVisible = false;
  #mode: Mode = "print";
  #fitted: Area | undefined;
  #position: readonly number[] = [];
  #jobPosition: number | undefined;
  #file: PathFile | undefined;
  #fileKey = "";
  /** The layer that somebody chose; `undefined` shows the present one. */
  #chosen: { number: number; layer: Layer | undefined } | undefined;
  #bedKey = "";
  #objectsKey = "";
  #touched = "";
  #scheduled = false;

  constructor(printer: Printer, onLayer: (layer: { layer: number; layers: number } | undefined) => void) {
    this.#printer = printer;
    this.#status = printer.status;
    this.#onLayer = onLayer;
    this.#fast = new Rpc(socketUrl, {
      opened: () => this.#subscribe(),
      closed: () => undefined,
      notified: (_method, params) => this.#take(json(json(params[0])["motion_report"])),
    });
    this.#watch();
    this.#controls();
    this.#pointer();
    this.#canvas.drawScale(byId("legend-scale", HTMLCanvasElement));
  }

  /** The line is up, or the printer has started anew: subscriptions are gone then. */
  entered(): void {
    if (!this.#isVisible || this.#status.line !== "open") return;
    if (this.#fast.isOpen) this.#subscribe();
    else this.#fast.open();
  }

  paint(): void {
    this.#paintBed();
    this.#paintObjects();
    this.#openFile();
    const status = this.#status;
    if (!this.#fast.isOpen) this.#take(status.object("motion_report"));
    this.#schedule();
  }

  /** The layer that the nozzle is in, and how far. */
  #draw(): void {
    this.#scheduled = false;
    if (!this.#isVisible) return;
    const isResized = this.#canvas.resize();
    if (this.#aim(isResized) || isResized) this.#canvas.redraw();
    const position = this.#jobPosition ?? this.#status.num("virtual_sdcard", "file_position") ?? 0;
    const present = this.#file?.layerAt(position);
    const number = present === undefined ? undefined : this.#file?.numberOf(present);
    const shown = this.#chosen === undefined ? present : this.#chosen.layer;
    if (shown !== undefined) {
      const isWhole =
        this.#status.job === "complete" || (this.#chosen !== undefined && shown.offset < (present?.offset ?? 0));
      this.#canvas.showLayer(shown, isWhole ? shown.count : shown.countBefore(position));
    } else if (this.#file === undefined) this.#canvas.showLayer(undefined, 0);
    const [x, y] = this.#position;
    if (x !== undefined && y !== undefined) {
      if (this.#mode === "nozzle") {
        this.#canvas.view.centre(x, y);
        this.#canvas.redraw();
      }
      this.#canvas.setNozzle(x, y, this.#file === undefined);
    }
    this.#words(shown, number);
  }

  /** Points the view at what it is to show; true when that has changed. */
  #aim(isResized: boolean): boolean {
    if (this.#mode !== "bed" && this.#mode !== "print") return false;
    const { view } = this.#canvas;
    const part = (this.#mode === "print" ? this.#file?.bounds : undefined) ?? view.area;
    if (part === this.#fitted && !isResized) return false;
    this.#fitted = part;
    view.fit(part);
    this.#box.classList.toggle("zoomed", false);
    return true;
  }

  #words(shown: Layer | undefined, present: number | undefined): void {
    const layers = this.#file?.layers;
    const number = this.#chosen?.number ?? present;
    this.#onLayer(present !== undefined && layers !== undefined ? { layer: present, layers } : undefined);
    const height = shown === undefined ? "" : `Z ${fixed(shown.z, 2)} mm`;
    say(this.#title, number === undefined ? height : `layer ${number}, ${height}`);
    show(this.#layers, this.#file !== undefined && layers !== 1 && layers !== 0);
    show(this.#slider, layers !== undefined);
    show(this.#find, layers === undefined && (this.#file?.size ?? 0) > SCAN_BYTES);
    if (layers !== undefined) {
      attribute(this.#slider, "max", String(layers));
      if (this.#chosen === undefined && present !== undefined) this.#slider.value = String(present);
      say(this.#number, `${number ?? "–"} / ${layers}`);
    }
    attribute(this.#live, "aria-pressed", String(this.#chosen === undefined));
    const isScaled = shown !== undefined && shown.fastest > 0;
    byId("legend", HTMLElement).classList.toggle("none", !isScaled);
    if (!isScaled) return;
    say(byId("legend-low", HTMLElement), `${fixed(shown.slowest, 0)}`);
    say(byId("legend-high", HTMLElement), `${fixed(shown.fastest, 0)} mm/s`);
  }

  #schedule(): void {
    if (this.#scheduled || !this.#isVisible) return;
    this.#scheduled = true;
    requestAnimationFrame(() => this.#draw());
  }

  #take(report: Readonly<Record<string, unknown>>): void {
    if ("live_position" in report) this.#position = nums(report["live_position"]);
    if ("job_position" in report) this.#jobPosition = num(report["job_position"]);
    this.#schedule();
  }

  #subscribe(): void {
    const who = { client_name: "steadyhand-path", version: "1", type: "web", url: location.origin };
    const key = localStorage.getItem("steadyhand-api-key");
    this.#fast
      .call("server.connection.identify", key === null ? who : { ...who, api_key: key })
      .catch(() => undefined)
      .then(() => this.#fast.call("printer.objects.subscribe", { objects: { motion_report: null }, rate: RATE }))
      .then((reply) => this.#take(json(json(json(reply)["status"])["motion_report"])))
      .catch(() => {
        // No printer yet: `entered` tries again.
      });
  }

  #openFile(): void {
    const status = this.#status;
    const path = status.text("print_stats", "filename");
    const size = status.num("virtual_sdcard", "file_size") ?? 0;
    const isShown = path !== "" && status.job !== "standby" && size > 0;
    const key = isShown
      ? `${path}:${size}`
      : this.#fileKey === "" || status.state !== "ready"
        ? this.#fileKey
        : this.#kept();
    if (key === this.#fileKey) return;
    this.#file?.drop();
    this.#fileKey = key;
    this.#chosen = undefined;
    this.#file = key === "" ? undefined : new PathFile(this.#printer, path, size);
    this.#fitted = undefined;
    if (size <= SCAN_BYTES) this.#file?.findLayers().catch(() => undefined);
  }

  /** A finished print stays on the page until another one is loaded. */
  #kept(): string {
    return this.#status.job === "standby" ? "" : this.#fileKey;
  }

  #paintBed(): void {
    const minimum = this.#status.nums("toolhead", "axis_minimum");
    const maximum = this.#status.nums("toolhead", "axis_maximum");
    const [minX = Number.NaN, minY = Number.NaN] = minimum;
    const [maxX = Number.NaN, maxY = Number.NaN] = maximum;
    if (!(maxX > minX && maxY > minY)) return;
    const round = ROUND_BEDS.has(text(this.#status.setting("printer", "kinematics")));
    const bed: BedShape = { minX, minY, maxX, maxY, round };
    const key = JSON.stringify(bed);
    if (key === this.#bedKey) return;
    this.#bedKey = key;
    this.#canvas.setBed(bed);
    this.#fitted = undefined;
    this.#canvas.redraw();
  }

  #paintObjects(): void {
    const status = this.#status;
    const state = status.object("exclude_object");
    const key = JSON.stringify(state);
    if (key === this.#objectsKey) return;
    this.#objectsKey = key;
    const excluded = new Set(status.list("exclude_object", "excluded_objects"));
    const current = state["current_object"];
    const objects = status.list("exclude_object", "objects").map((each): PrintObject => {
      const name = text(json(each)["name"]);
      const points = json(each)["polygon"];
      const polygon = Array.isArray(points) ? points.map((point): [number, number] => pair(point)) : [];
      return { name, polygon, excluded: excluded.has(name), current: name === current };
    });
    this.#canvas.setObjects(objects);
    this.#canvas.redraw();
  }

  #watch(): void {
    const seen = (isVisible: boolean): void => {
      this.#isVisible = isVisible && document.visibilityState === "visible";
      if (!this.#isVisible) this.#fast.close();
      else this.entered();
      this.#schedule();
    };
    let isInside = false;
    new IntersectionObserver(([entry]) => {
      isInside = entry?.isIntersecting ?? false;
      seen(isInside);
    }).observe(this.#box);
    document.addEventListener("visibilitychange", () => seen(isInside));
    new ResizeObserver(() => this.#schedule()).observe(this.#box);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#canvas.redraw());
  }

  #controls(): void {
    const { view } = this.#canvas;
    byId("path-in", HTMLButtonElement).addEventListener("click", () => this.#zoom(ZOOM_STEP));
    byId("path-out", HTMLButtonElement).addEventListener("click", () => this.#zoom(1 / ZOOM_STEP));
    this.#modes.bed.addEventListener("click", () => this.#setMode("bed"));
    this.#modes.print.addEventListener("click", () => this.#setMode("print"));
    this.#modes.nozzle.addEventListener("click", () => {
      this.#setMode("nozzle");
      if (view.zoom < NOZZLE_ZOOM) view.zoomAt(NOZZLE_ZOOM / view.zoom);
    });
    this.#setMode("print");
    this.#slider.addEventListener("input", () => this.#choose(Number(this.#slider.value)));
    onPress(this.#find, () => this.#file?.findLayers());
    this.#live.addEventListener("click", () => {
      this.#chosen = undefined;
      this.#schedule();
    });
    this.#box.addEventListener("keydown", (event) => this.#key(event));
    onPress(byId("exclude-yes", HTMLButtonElement), () => {
      show(this.#ask, false);
      return this.#printer.run(`EXCLUDE_OBJECT NAME=${this.#touched}`);
    });
    byId("exclude-no", HTMLButtonElement).addEventListener("click", () => show(this.#ask, false));
  }

  #zoom(factor: number, x?: number, y?: number): void {
    // Where the nozzle is followed, it stays in the middle.
    if (this.#mode !== "nozzle") this.#setMode("free");
    this.#canvas.view.zoomAt(factor, x, y);
    this.#canvas.redraw();
  }

  #pan(dx: number, dy: number): void {
    this.#setMode("free");
    this.#canvas.view.pan(dx, dy);
    this.#canvas.redraw();
  }

  #setMode(mode: Mode): void {
    this.#mode = mode;
    this.#fitted = undefined;
    for (const [name, button] of Object.entries(this.#modes)) {
      attribute(button, "aria-pressed", String(name === mode));
    }
    this.#box.classList.toggle("zoomed", mode === "free" || mode === "nozzle");
    this.#schedule();
  }

  #choose(number: number): void {
    const file = this.#file;
    if (file === undefined) return;
    this.#chosen = { number, layer: this.#chosen?.layer };
    file
      .layer(number)
      .then((layer) => {
        if (this.#chosen?.number !== number || this.#file !== file) return;
        this.#chosen = { number, layer };
        this.#schedule();
      })
      .catch(() => undefined);
    this.#schedule();
  }

  #key(event: KeyboardEvent): void {
    if (event.target !== this.#box) return;
    const acts: Readonly<Record<string, () => void>> = {
      ArrowLeft: () => this.#pan(PAN_PX, 0),
      ArrowRight: () => this.#pan(-PAN_PX, 0),
      ArrowUp: () => this.#pan(0, PAN_PX),
      ArrowDown: () => this.#pan(0, -PAN_PX),
      "+": () => this.#zoom(ZOOM_STEP),
      "-": () => this.#zoom(1 / ZOOM_STEP),
      "0": () => this.#setMode("print"),
    };
    const act = acts[event.key];
    if (act === undefined) return;
    event.preventDefault();
    act();
  }

  /** One finger or the mouse drags, two fingers zoom, the wheel zooms while a key is held or the view has the focus. */
  #pointer(): void {
    const fingers = new Map<number, { x: number; y: number }>();
    let moved = 0;
    this.#box.addEventListener("pointerdown", (event) => {
      if (event.target instanceof HTMLButtonElement) return;
      fingers.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
      moved = 0;
      if (event.pointerType === "mouse") this.#box.setPointerCapture(event.pointerId);
    });
    this.#box.addEventListener("pointermove", (event) => {
      const before = fingers.get(event.pointerId);
      if (before === undefined) return;
      const at = { x: event.offsetX, y: event.offsetY };
      moved += Math.hypot(at.x - before.x, at.y - before.y);
      const other = [...fingers].find(([id]) => id !== event.pointerId)?.[1];
      if (other !== undefined) {
        const ratio = Math.hypot(at.x - other.x, at.y - other.y) / Math.hypot(before.x - other.x, before.y - other.y);
        if (Number.isFinite(ratio)) this.#zoom(ratio, (at.x + other.x) / 2, (at.y + other.y) / 2);
      }
      // Until the view has been moved once, by two fingers or a button, one finger scrolls the page.
      const isFree = this.#mode === "free" || this.#mode === "nozzle";
      if (moved > TOUCH_PX && (event.pointerType === "mouse" || isFree || other !== undefined)) {
        const share = other === undefined ? 1 : 0.5;
        this.#pan((at.x - before.x) * share, (at.y - before.y) * share);
      }
      fingers.set(event.pointerId, at);
    });
    const up = (event: PointerEvent): void => {
      if (fingers.delete(event.pointerId) && moved <= TOUCH_PX && event.type === "pointerup") {
        this.#touch(event.offsetX, event.offsetY);
      }
    };
    this.#box.addEventListener("pointerup", up);
    this.#box.addEventListener("pointercancel", up);
    this.#box.addEventListener(
      "wheel",
      (event) => {
        if (!event.ctrlKey && document.activeElement !== this.#box) return;
        event.preventDefault();
        this.#zoom(event.deltaY < 0 ? ZOOM_STEP : 1 / ZOOM_STEP, event.offsetX, event.offsetY);
      },
      { passive: false },
    );
  }

  #touch(x: number, y: number): void {
    const bed = this.#canvas.view.bed(x, y);
    const object = this.#status.isPrinting ? this.#canvas.objectAt(bed.x, bed.y) : undefined;
    show(this.#ask, object !== undefined);
    if (object === undefined) return;
    this.#touched = object.name;
    say(byId("exclude-text", HTMLElement), `Stop printing “${object.name}”? The rest goes on.`);
    byId("exclude-no", HTMLButtonElement).focus();
  }
}

function pair(point: unknown): [number, number] {
  const [x = 0, y = 0] = nums(point);
  return [x, y];
}
