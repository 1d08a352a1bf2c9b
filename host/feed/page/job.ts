// thread: browser
import { attribute, byId, forbid, onPress, onSurePress, say, show } from "./dom.js";
import { baseName, clockTime, duration, filament, fixed, folderOf, measure, UNKNOWN } from "./format.js";
import { progressOf, timeLeft } from "./job-time.js";
import { type Json, json, list, num, text } from "./json.js";
import type { Printer } from "./printer.js";
import type { Status } from "./status.js";

const SPEED_STEP = 5;
const FLOW_STEP = 1;
const LEAST_PERCENT = 1;
/** Wider than this is the picture for a big place. */
const BIG_THUMB = 100;

/** The thumbnail that fits a place of `width` pixels best. */
export function thumbnailPath(metadata: Json, file: string, width: number): string | undefined {
  const known = list(metadata["thumbnails"])
    .map((each) => ({ width: num(json(each)["width"]) ?? 0, path: text(json(each)["relative_path"]) }))
    .filter(({ path }) => path !== "")
    .sort((a, b) => a.width - b.width);
  const best = known.find((each) => each.width >= width) ?? known.at(-1);
  if (best === undefined) return undefined;
  const parts = `${folderOf(file)}${best.path}`.split("/").map(encodeURIComponent);
  return `/server/files/gcodes/${parts.join("/")}?timestamp=${Math.round(num(metadata["modified"]) ?? 0)}`;
}

/** The print: what, how far, how long, and what can be done with it. */
export class JobPanel {
  readonly #printer: Printer;
  readonly #status: Status;
  readonly #root = byId("job", HTMLElement);
  readonly #thumb = byId("job-thumb", HTMLImageElement);
  readonly #file = byId("job-file", HTMLElement);
  readonly #sub = byId("job-sub", HTMLElement);
  readonly #percent = byId("job-percent", HTMLElement);
  readonly #bar = byId("job-bar", HTMLElement);
  readonly #fill = byId("job-fill", HTMLElement);
  readonly #left = byId("job-left", HTMLElement);
  readonly #end = byId("job-end", HTMLElement);
  readonly #elapsed = byId("job-elapsed", HTMLElement);
  readonly #layer = byId("job-layer", HTMLElement);
  readonly #filament = byId("job-filament", HTMLElement);
  readonly #nozzle = byId("far-nozzle", HTMLElement);
  readonly #nozzleName = byId("far-nozzle-name", HTMLElement);
  readonly #bed = byId("far-bed", HTMLElement);
  readonly #speed = byId("speed", HTMLElement);
  readonly #flow = byId("flow", HTMLElement);
  readonly #again = byId("again", HTMLButtonElement);
  readonly #cancel = byId("cancel", HTMLButtonElement);
  readonly #factors: readonly HTMLButtonElement[];
  #metadata: Json = {};
  #metadataOf = "";
  #layerSeen: { layer: number; layers: number } | undefined;
  #wish: { field: string; percent: number; until: number } | undefined;

  constructor(printer: Printer) {
    this.#printer = printer;
    this.#status = printer.status;
    onSurePress(this.#cancel, "Really cancel?", () => printer.ask("printer.print.cancel"));
    onPress(this.#again, () =>
      printer.ask("printer.print.start", { filename: this.#status.text("print_stats", "filename") }),
    );
    this.#factors = [
      this.#factor("speed-less", "speed_factor", "M220", -SPEED_STEP),
      this.#factor("speed-more", "speed_factor", "M220", SPEED_STEP),
      this.#factor("flow-less", "extrude_factor", "M221", -FLOW_STEP),
      this.#factor("flow-more", "extrude_factor", "M221", FLOW_STEP),
    ];
    // The metadata of a file that is being scanned comes later.
    this.#thumb.addEventListener("error", () => show(this.#thumb, false));
  }

  /** What the slicer wrote about the file that is printed. */
  get metadata(): Json {
    return this.#metadata;
  }

  /** The path panel knows the layer from the file itself. */
  set layer(seen: { layer: number; layers: number } | undefined) {
    this.#layerSeen = seen;
  }

  /** Metadata may have come or changed. */
  forget(): void {
    this.#metadataOf = "";
  }

  paint(): void {
    const status = this.#status;
    const file = status.text("print_stats", "filename");
    if (status.line === "open" && file !== this.#metadataOf) this.#load(file);
    const { job } = status;
    attribute(this.#root, "data-state", job);
    say(this.#file, file === "" ? "No print is loaded" : baseName(file));
    say(this.#sub, this.#subtitle(file));
    this.#paintProgress(file);
    this.#paintFar();
    say(this.#speed, `${fixed((status.num("gcode_move", "speed_factor") ?? 1) * 100, 0)} %`);
    say(this.#flow, `${fixed((status.num("gcode_move", "extrude_factor") ?? 1) * 100, 0)} %`);
    const why = status.line === "open" && status.state === "ready" ? "" : "The printer is not ready.";
    for (const button of this.#factors) forbid(button, why);
    show(this.#cancel, status.isPrinting && status.state === "ready");
    show(this.#again, !status.isPrinting && file !== "" && job !== "standby");
    forbid(this.#again, status.isReady ? "" : "The printer is not ready.");
  }

  #paintProgress(file: string): void {
    const status = this.#status;
    const plain = status.num("virtual_sdcard", "progress") ?? 0;
    const start = num(this.#metadata["gcode_start_byte"]);
    const end = num(this.#metadata["gcode_end_byte"]);
    const isDone = status.job === "complete";
    const progress = isDone ? 1 : progressOf(status.num("virtual_sdcard", "file_position"), start, end, plain);
    const printed = status.num("print_stats", "print_duration") ?? 0;
    const left = timeLeft({ progress, printed, estimated: num(this.#metadata["estimated_time"]) });
    const hasJob = file !== "" && status.job !== "standby";
    const percent = Math.floor(progress * 100);
    say(this.#percent, hasJob ? `${percent} %` : "");
    this.#fill.style.transform = `scaleX(${hasJob ? progress : 0})`;
    attribute(this.#bar, "aria-valuenow", hasJob ? String(percent) : undefined);
    say(this.#left, status.isPrinting && !isDone ? duration(left) : UNKNOWN);
    say(this.#end, this.#endWords(left));
    say(this.#elapsed, hasJob ? duration(status.num("print_stats", "total_duration")) : UNKNOWN);
    say(this.#filament, hasJob ? this.#filamentWords() : UNKNOWN);
    say(this.#layer, hasJob ? this.#layerWords() : UNKNOWN);
  }

  #paintFar(): void {
    const status = this.#status;
    const nozzle = status.extruder;
    say(this.#nozzleName, nozzle === "extruder" ? "Nozzle" : nozzle.replace("extruder", "Nozzle "));
    say(this.#nozzle, measure(status.num(nozzle, "temperature"), 0, "°C"));
    say(this.#bed, measure(status.num("heater_bed", "temperature"), 0, "°C"));
  }

  #subtitle(file: string): string {
    const status = this.#status;
    const message = status.text("print_stats", "message");
    if (status.job === "error" && message !== "") return message;
    if (file === "") return "Choose a file below, or send one from the slicer.";
    const shown = status.text("display_status", "message");
    if (shown !== "" && status.isPrinting) return shown;
    const material = text(this.#metadata["filament_type"]).split(";")[0] ?? "";
    const height = num(this.#metadata["layer_height"]);
    const slicer = text(this.#metadata["slicer"]);
    return [material, height === undefined ? "" : `${height} mm layers`, slicer]
      .filter((each) => each !== "")
      .join(" · ");
  }

  #endWords(left: number | undefined): string {
    const status = this.#status;
    if (status.job !== "printing" || left === undefined) return UNKNOWN;
    const factor = status.num("steadyhand", "time_factor") ?? 1;
    return clockTime(new Date(Date.now() + (left / factor) * 1000), new Date());
  }

  #filamentWords(): string {
    const used = filament(this.#status.num("print_stats", "filament_used"));
    const total = num(this.#metadata["filament_total"]);
    return total === undefined ? used : `${used} of ${filament(total)}`;
  }

  #layerWords(): string {
    const info = this.#status.json("print_stats", "info");
    const layer = num(info["current_layer"]) ?? this.#layerSeen?.layer;
    const total = num(info["total_layer"]) ?? num(this.#metadata["layer_count"]) ?? this.#layerSeen?.layers;
    if (layer === undefined) return UNKNOWN;
    return total === undefined || total < layer ? String(layer) : `${layer} of ${total}`;
  }

  #load(file: string): void {
    this.#metadataOf = file;
    this.#metadata = {};
    show(this.#thumb, false);
    if (file === "") return;
    this.#fetch(file).catch(() => {
      // No metadata: the page does without.
    });
  }

  async #fetch(file: string): Promise<void> {
    const metadata = json(await this.#printer.call("server.files.metadata", { filename: file }));
    if (this.#metadataOf !== file) return;
    this.#metadata = metadata;
    const path = thumbnailPath(metadata, file, BIG_THUMB);
    if (path === undefined) return;
    this.#thumb.src = await this.#printer.picture(path);
    show(this.#thumb, true);
  }

  /** A button that changes a factor; presses in quick succession add up. */
  #factor(id: string, field: string, command: string, step: number): HTMLButtonElement {
    const button = byId(id, HTMLButtonElement);
    button.addEventListener("click", () => {
      const wished =
        this.#wish?.field === field && this.#wish.until > performance.now() ? this.#wish.percent : undefined;
      const now = wished ?? Math.round((this.#status.num("gcode_move", field) ?? 1) * 100);
      const percent = Math.max(LEAST_PERCENT, now + step);
      this.#wish = { field, percent, until: performance.now() + 1000 };
      this.#printer.run(`${command} S${percent}`).catch(() => undefined);
    });
    return button;
  }
}
