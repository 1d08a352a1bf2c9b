// thread: browser
import { isJson, type Json, json, list, num, nums, text } from "./json.js";

/** How the page stands to the feed. `locked`: the feed wants to know who we are. */
export type Line = "connecting" | "open" | "lost" | "locked";

/** State of the printer, as the feed says it. */
export type PrinterState = "unknown" | "disconnected" | "startup" | "ready" | "error" | "shutdown";

const STATES: readonly PrinterState[] = ["disconnected", "startup", "ready", "error", "shutdown"];

export const printerState = (value: unknown): PrinterState => STATES.find((state) => state === value) ?? "unknown";

/** Everything that is known about the printer. What was known stays when the line is lost. */
export class Status {
  line: Line = "connecting";
  state: PrinterState = "unknown";
  message = "";
  /** Name of the machine that the printer hangs on. */
  hostname = "";
  #objects = new Map<string, Record<string, unknown>>();
  #ages: Json = {};
  /** When the last update came, in ms of `performance.now()`. */
  #updatedAt = 0;
  #offsetS = 0;

  /** The complete state of everything. */
  replace(status: Json): void {
    this.#objects = new Map(Object.entries(status).map(([name, fields]) => [name, { ...json(fields) }]));
    this.#updatedAt = performance.now();
  }

  /** What has changed. */
  merge(status: Json, eventtime: unknown, ages: unknown): void {
    for (const [name, fields] of Object.entries(status)) {
      const known = this.#objects.get(name);
      if (known === undefined) this.#objects.set(name, { ...json(fields) });
      else Object.assign(known, json(fields));
    }
    this.#updatedAt = performance.now();
    this.#offsetS = (num(eventtime) ?? 0) - this.#updatedAt / 1000;
    if (isJson(ages)) this.#ages = ages;
  }

  /** An update came that had nothing to say. */
  touch(): void {
    this.#updatedAt = performance.now();
  }

  get names(): string[] {
    return [...this.#objects.keys()];
  }

  has(name: string): boolean {
    return this.#objects.has(name);
  }

  object(name: string): Json {
    return this.#objects.get(name) ?? {};
  }

  num(name: string, field: string): number | undefined {
    return num(this.object(name)[field]);
  }

  text(name: string, field: string): string {
    return text(this.object(name)[field]);
  }

  flag(name: string, field: string): boolean {
    return this.object(name)[field] === true;
  }

  nums(name: string, field: string): number[] {
    return nums(this.object(name)[field]);
  }

  list(name: string, field: string): readonly unknown[] {
    return list(this.object(name)[field]);
  }

  json(name: string, field: string): Json {
    return json(this.object(name)[field]);
  }

  /** An option of printer.cfg, parsed; section and option in lower case. */
  setting(section: string, option: string): unknown {
    return json(this.json("configfile", "settings")[section])[option];
  }

  hasSection(section: string): boolean {
    return section in this.json("configfile", "settings");
  }

  /** Nothing of this printer is real. */
  get isVirtual(): boolean {
    return this.flag("steadyhand", "virtual") || this.setting("mcu", "serial") === "virtual";
  }

  /** Age in s of an object's values at this moment. */
  age(name: string): number {
    return (performance.now() - this.#updatedAt) / 1000 + (num(this.#ages[name]) ?? 0);
  }

  /** The printer's time at this moment, as far as it is known. */
  get eventtime(): number {
    return this.#offsetS + performance.now() / 1000;
  }

  /** Age in s of what is on the page: since the last frame, and how old its values were then. */
  get pageAge(): number {
    return this.age(this.has("motion_report") ? "motion_report" : "webhooks");
  }

  /** State of the print job: `standby`, `printing`, `paused`, `complete`, `cancelled`, `error`. */
  get job(): string {
    return this.text("print_stats", "state") || "standby";
  }

  get isReady(): boolean {
    return this.line === "open" && this.state === "ready";
  }

  get isPrinting(): boolean {
    return this.job === "printing" || this.job === "paused";
  }

  /** Heaters that take a target, in the printer's own order. */
  get heaters(): string[] {
    return this.list("heaters", "available_heaters").filter((name) => typeof name === "string");
  }

  /** All else that measures a temperature. */
  get sensors(): string[] {
    const heaters = new Set(this.heaters);
    const listed = this.list("heaters", "available_sensors").filter((name) => typeof name === "string");
    const measuring = this.names.filter((name) => this.num(name, "temperature") !== undefined);
    return [...new Set([...listed, ...measuring])].filter((name) => !heaters.has(name));
  }

  /** The active extruder's object. */
  get extruder(): string {
    return this.text("toolhead", "extruder") || "extruder";
  }

  /** Why commands that move cannot be given now; empty when they can. */
  get whyNot(): string {
    if (this.line !== "open") return "The printer cannot be reached.";
    if (this.state === "ready") return this.job === "printing" ? "A print is running: pause it first." : "";
    if (this.state === "startup") return "The printer is still starting.";
    return "The printer is stopped: restart it first.";
  }
}
