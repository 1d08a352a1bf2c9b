// thread: feed
import type { HttpContext } from "../http/context.js";
import { requireIdentity } from "../http/context.js";
import type { HttpRoute } from "../http/http-api.js";
import { isStringList } from "../json-value.js";
import type { MachineInfo } from "../machine/machine-info.js";
import type { Sessions } from "../moonraker/sessions.js";
import type { Printer } from "../printer.js";
import type { Lateness } from "../status/lateness.js";
import type { StatusObjects } from "../status/objects.js";
import type { OwnStatus } from "../status/own-status.js";
import type { Subscriptions } from "../status/subscriptions.js";
import type { Timers } from "../timers.js";

const TYPE = "text/plain; version=0.0.4; charset=utf-8";
const STATES = ["disconnected", "startup", "ready", "error", "shutdown"] as const;
const JOB_STATES = ["standby", "printing", "paused", "complete", "cancelled", "error"] as const;
const WINDOW_S = 60;

export interface MetricsParts {
  readonly objects: StatusObjects;
  readonly printer: Printer;
  readonly sessions: Sessions;
  readonly subscriptions: Subscriptions;
  readonly lateness: Lateness;
  readonly machine: MachineInfo;
  readonly ownStatus: OwnStatus;
  readonly timers: Timers;
  readonly hostSilenceS: () => number;
  readonly requests: () => number;
}

type Labels = Readonly<Record<string, string>>;

/** Collects samples in Prometheus' text form: each name once, with its help and type, then its samples. */
class Exposition {
  readonly #lines: string[] = [];

  add(
    name: string,
    help: string,
    type: "gauge" | "counter",
    samples: readonly (readonly [value: number, labels?: Labels])[],
  ): void {
    const usable = samples.filter(([value]) => Number.isFinite(value));
    if (usable.length === 0) return;
    this.#lines.push(`# HELP steadyhand_${name} ${help}`, `# TYPE steadyhand_${name} ${type}`);
    for (const [value, labels = {}] of usable) {
      const inner = Object.entries(labels).map(([key, text]) => `${key}="${escapeLabel(text)}"`);
      this.#lines.push(`steadyhand_${name}${inner.length === 0 ? "" : `{${inner.join(",")}}`} ${value}`);
    }
  }

  toString(): string {
    return `${this.#lines.join("\n")}\n`;
  }
}

const escapeLabel = (text: string): string => text.replace(/[\\"\n]/g, (c) => (c === "\n" ? "\\n" : `\\${c}`));

/** `/metrics` for Prometheus. Read from memory, like everything else. */
export class MetricsRoute implements HttpRoute {
  readonly #parts: MetricsParts;

  constructor(parts: MetricsParts) {
    this.#parts = parts;
  }

  matches(method: string, path: string): boolean {
    return path === "/metrics" && (method === "GET" || method === "HEAD");
  }

  handle(context: HttpContext): void {
    requireIdentity(context);
    const text = this.text();
    const headers = { ...context.cors, "content-type": TYPE, "cache-control": "no-store" };
    if (context.exchange.method === "HEAD") context.exchange.replyHead(200, headers, Buffer.byteLength(text));
    else context.exchange.reply(200, headers, text);
  }

  /** The samples of this moment. */
  text(): string {
    this.#parts.subscriptions.commit();
    const out = new Exposition();
    this.#printer(out);
    this.#sensors(out);
    this.#feed(out);
    return out.toString();
  }

  #printer(out: Exposition): void {
    const { objects, printer } = this.#parts;
    const one = (name: string, state: unknown, states: readonly string[]): [number, Labels][] =>
      states.map((each) => [each === state ? 1 : 0, { [name]: each }]);
    out.add("printer_state", "State of the printer.", "gauge", one("state", printer.state, STATES));
    const job = objects.value("print_stats", "state");
    if (job !== undefined) out.add("job_state", "State of the print job.", "gauge", one("state", job, JOB_STATES));
    const number = (name: string, field: string): [number][] => {
      const value = objects.value(name, field);
      return typeof value === "number" ? [[value]] : [];
    };
    out.add("job_progress_ratio", "Progress of the print job, 0 to 1.", "gauge", number("virtual_sdcard", "progress"));
    out.add("job_print_seconds", "Time spent printing.", "gauge", number("print_stats", "print_duration"));
    out.add("job_filament_mm", "Filament used by the print job.", "gauge", number("print_stats", "filament_used"));
    out.add("stalls_total", "Times that motion ran out of moves.", "counter", number("toolhead", "stalls"));
  }

  #sensors(out: Exposition): void {
    const { objects } = this.#parts;
    const listed = objects.value("heaters", "available_sensors");
    const sensors = isStringList(listed) ? listed : [];
    const read = (field: string): [number, Labels][] =>
      sensors.flatMap((sensor) => {
        const value = objects.value(sensor, field);
        return typeof value === "number" ? [[value, { sensor }]] : [];
      });
    out.add("temperature_celsius", "Temperature.", "gauge", read("temperature"));
    out.add("temperature_target_celsius", "Target temperature, 0 when off.", "gauge", read("target"));
    out.add("heater_power_ratio", "Power of a heater, 0 to 1.", "gauge", read("power"));
  }

  #feed(out: Exposition): void {
    const { sessions, subscriptions, lateness, machine, ownStatus, timers, hostSilenceS, requests } = this.#parts;
    const { cpu, memory } = machine.own;
    out.add("host_silence_seconds", "Time since the host's last sign of life.", "gauge", [[hostSilenceS()]]);
    out.add("machine_age_seconds", "Age of the machine's last snapshot.", "gauge", [
      [ownStatus.machineAgeS ?? Number.NaN],
    ]);
    const late = lateness.worst(timers.now(), WINDOW_S);
    out.add("feed_lag_seconds", "Worst lateness of a status update in the last minute.", "gauge", [[late]]);
    out.add("clients", "Open websockets.", "gauge", [[sessions.count]]);
    out.add("client_backlog_bytes", "Bytes that clients have not read yet.", "gauge", [[sessions.backlog]]);
    out.add("clients_dropped_total", "Clients disconnected because they did not read.", "counter", [
      [sessions.droppedCount],
    ]);
    out.add("updates_put_off_total", "Updates put off for slow clients.", "counter", [[subscriptions.skipped]]);
    out.add("http_requests_total", "HTTP requests.", "counter", [[requests()]]);
    out.add("process_cpu_percent", "Use of one processor core by the whole program.", "gauge", [[cpu]]);
    out.add("process_resident_bytes", "Resident memory of the whole program.", "gauge", [[memory * 1024]]);
  }
}
