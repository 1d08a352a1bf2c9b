// thread: host
import type { GcodeCommand, JobState, StatusObject } from "../printer/module.js";
import type { HostTime } from "../shared/units.js";

declare module "../printer/module.js" {
  interface Services {
    printStats: PrintStats;
  }
}

/** Less filament than this, in mm, is none: the print proper has not begun. */
const NO_FILAMENT = 1e-6;

/** Layers as SET_PRINT_STATS_INFO tells them. */
export interface LayerInfo {
  readonly total_layer: number | null;
  readonly current_layer: number | null;
}

const NO_LAYERS: LayerInfo = Object.freeze({ total_layer: null, current_layer: null });

/** Seconds and mm as clients see them. */
function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}

/** What the surroundings of a print are asked for. */
export interface PrintStatsSources {
  readonly now: () => HostTime;
  /** Where the filament is, in mm, counted from anywhere. */
  readonly filament: () => number;
}

/** The numbers of a print job: how long, how much filament, which layer. */
export class PrintStats {
  readonly #sources: PrintStatsSources;
  #state: JobState = "standby";
  #file = "";
  #message = "";
  #layers = NO_LAYERS;
  /** What is on show, which follows the motion; `#layers` is what was said last. */
  #shownLayers = NO_LAYERS;
  /** When the job started, and when the present pause did; seconds of pauses before that. */
  #startedAt: number | undefined;
  #pausedAt: number | undefined;
  #paused = 0;
  #total = 0;
  /** Seconds until the first filament came out: heating, homing, purging without extrusion. */
  #preparing = 0;
  #filament = 0;
  #filamentAt = 0;
  #status: StatusObject;

  constructor(sources: PrintStatsSources) {
    this.#sources = sources;
    this.#status = this.#make();
  }

  get state(): JobState {
    return this.#state;
  }

  get printDuration(): number {
    return Math.max(0, this.#total - this.#paused - this.#preparing);
  }

  /** What macros see at once, ahead of what is on show. */
  get layers(): LayerInfo {
    return this.#layers;
  }

  get status(): StatusObject {
    return this.#status;
  }

  /** A file is loaded, and nothing of it done. */
  load(file: string): void {
    this.reset();
    this.#file = file;
    this.#publish();
  }

  reset(): void {
    this.#state = "standby";
    this.#file = "";
    this.#message = "";
    this.#layers = NO_LAYERS;
    this.#shownLayers = NO_LAYERS;
    this.#startedAt = undefined;
    this.#pausedAt = undefined;
    this.#paused = 0;
    this.#total = 0;
    this.#preparing = 0;
    this.#filament = 0;
    this.#publish();
  }

  /** Printing begins or goes on. */
  start(): void {
    const now = this.#sources.now();
    this.#startedAt ??= now;
    if (this.#pausedAt !== undefined) this.#paused += now - this.#pausedAt;
    this.#pausedAt = undefined;
    // What the pause has extruded and taken back is no part of the print.
    this.#filamentAt = this.#sources.filament();
    this.#state = "printing";
    this.#message = "";
    this.update();
  }

  pause(): void {
    if (this.#state !== "printing") return;
    this.update();
    this.#pausedAt = this.#sources.now();
    this.#state = "paused";
    this.#publish();
  }

  /** The job is over. */
  end(state: "complete" | "cancelled" | "error", message = ""): void {
    if (this.#startedAt === undefined && this.#file === "") return;
    if (this.#state === "printing" || this.#state === "paused") this.update();
    const now = this.#sources.now();
    if (this.#pausedAt !== undefined) this.#paused += now - this.#pausedAt;
    this.#pausedAt = undefined;
    this.#startedAt = undefined;
    this.#state = state;
    this.#message = message;
    this.#publish();
  }

  /** The filament is taken to be somewhere else without having moved. */
  filamentSet(): void {
    this.#filamentAt = this.#sources.filament();
  }

  /** Brings the numbers up to date: to be called a few times a second. */
  update(): void {
    if (this.#startedAt === undefined) return;
    const now = this.#sources.now();
    this.#total = now - this.#startedAt;
    if (this.#state === "printing") {
      const at = this.#sources.filament();
      this.#filament += at - this.#filamentAt;
      this.#filamentAt = at;
      if (this.#filament < NO_FILAMENT) this.#preparing = this.#total - this.#paused;
    }
    this.#publish();
  }

  /** SET_PRINT_STATS_INFO. Returns what puts it on show. */
  setLayers(command: GcodeCommand): () => void {
    const total = command.int("TOTAL_LAYER", null, { min: 0 });
    const current = command.int("CURRENT_LAYER", null, { min: 0 });
    const last = total ?? this.#layers.total_layer;
    if (total === 0) this.#layers = NO_LAYERS;
    else if (total !== null && total !== this.#layers.total_layer) {
      this.#layers = Object.freeze({ total_layer: total, current_layer: 0 });
    }
    if (current !== null && last !== null && last !== 0) {
      this.#layers = Object.freeze({ ...this.#layers, current_layer: Math.min(current, last) });
    }
    const layers = this.#layers;
    return () => {
      this.#shownLayers = layers;
      this.#publish();
    };
  }

  #publish(): void {
    this.#status = this.#make();
  }

  #make(): StatusObject {
    const paused =
      this.#pausedAt === undefined ? 0 : Math.max(0, (this.#startedAt ?? 0) + this.#total - this.#pausedAt);
    return Object.freeze({
      filename: this.#file,
      total_duration: rounded(this.#total),
      print_duration: rounded(Math.max(0, this.printDuration - paused)),
      filament_used: rounded(this.#filament),
      state: this.#state,
      message: this.#message,
      info: this.#shownLayers,
    });
  }
}
