// thread: feed
import type { HostLink } from "../host-link.js";
import { type HttpContext, readArguments, readBody, requireIdentity, sendJson } from "../http/context.js";
import type { HttpRoute } from "../http/http-api.js";
import type { JsonRecord } from "../json-value.js";
import { Args } from "../moonraker/args.js";
import type { Methods } from "../moonraker/methods.js";
import type { Printer } from "../printer.js";
import type { GcodeStore } from "../status/gcode-store.js";
import type { StatusObjects } from "../status/objects.js";

const API = "0.1";
/** The level of OctoPrint that slicers see. */
const SERVER = "1.5.0";

export interface OctoPrintParts {
  readonly version: string;
  readonly printer: Printer;
  readonly objects: StatusObjects;
  readonly link: HostLink;
  readonly gcodeStore: GcodeStore;
}

/** The small part of OctoPrint's interface that slicers use to find and feed a printer. Uploads have a route of their own. */
export class OctoPrintRoute implements HttpRoute {
  readonly #parts: OctoPrintParts;
  readonly #answers: ReadonlyMap<string, () => JsonRecord>;

  constructor(parts: OctoPrintParts) {
    this.#parts = parts;
    this.#answers = new Map([
      ["GET /api/version", () => ({ server: SERVER, api: API, text: `OctoPrint (Moonraker ${parts.version})` })],
      ["GET /api/server", () => ({ server: SERVER, safemode: parts.printer.state === "ready" ? null : "settings" })],
      ["GET /api/login", () => LOGIN],
      ["POST /api/login", () => LOGIN],
      ["GET /api/settings", () => SETTINGS],
      ["GET /api/job", () => this.#job()],
      ["GET /api/printer", () => this.#printer()],
      ["GET /api/printerprofiles", () => PROFILES],
    ]);
  }

  /** Shows the component to clients. */
  register(methods: Methods): void {
    methods.add("octoprint_compat", []);
  }

  matches(method: string, path: string): boolean {
    return this.#answers.has(`${method} ${path}`) || (method === "POST" && path === "/api/printer/command");
  }

  async handle(context: HttpContext): Promise<void> {
    const { exchange } = context;
    const answer = this.#answers.get(`${exchange.method} ${exchange.path}`);
    const body = await readBody(exchange);
    requireIdentity(context);
    if (answer !== undefined) {
      sendJson(context, 200, JSON.stringify(answer()));
      return;
    }
    await this.#command(new Args(readArguments(exchange, body)));
    sendJson(context, 200, "{}");
  }

  async #command(args: Args): Promise<void> {
    const { printer, gcodeStore, link } = this.#parts;
    printer.requireConnected();
    const commands = args.has("commands") ? args.strings("commands") : [args.string("command")];
    for (const script of commands) {
      gcodeStore.add("command", script);
      await link.request("gcode.script", { script });
    }
  }

  #value(name: string, field: string): unknown {
    return this.#parts.objects.value(name, field) ?? null;
  }

  #state(): string {
    const { printer } = this.#parts;
    if (printer.state !== "ready") return printer.isConnected ? "Error" : "Offline";
    const state = this.#value("print_stats", "state");
    return state === "printing" ? "Printing" : state === "paused" ? "Paused" : "Operational";
  }

  #job(): JsonRecord {
    const isJob = ["Printing", "Paused"].includes(this.#state());
    const filename = isJob ? this.#value("print_stats", "filename") : null;
    const progress = isJob ? Number(this.#value("virtual_sdcard", "progress") ?? 0) : null;
    const time = isJob ? Number(this.#value("print_stats", "print_duration") ?? 0) : null;
    return {
      job: { file: { name: filename }, estimatedPrintTime: null, filament: { length: null }, user: null },
      progress: {
        completion: progress === null ? null : progress * 100,
        filepos: isJob ? this.#value("virtual_sdcard", "file_position") : null,
        printTime: time,
        printTimeLeft: time === null || progress === null || progress <= 0 ? null : time / progress - time,
        printTimeOrigin: null,
      },
      state: this.#state(),
    };
  }

  #printer(): JsonRecord {
    const { objects } = this.#parts;
    const heaters = objects.value("heaters", "available_heaters");
    const temperature: Record<string, unknown> = {};
    let tools = 0;
    for (const heater of Array.isArray(heaters) ? heaters.map(String) : []) {
      const name = heater === "heater_bed" ? "bed" : heater.startsWith("extruder") ? `tool${tools++}` : heater;
      const actual = this.#value(heater, "temperature");
      temperature[name] = { actual, offset: 0, target: this.#value(heater, "target") };
    }
    const state = this.#state();
    const isReady = this.#parts.printer.state === "ready";
    return {
      temperature,
      state: {
        text: state,
        flags: {
          operational: isReady,
          paused: state === "Paused",
          printing: state === "Printing",
          cancelling: false,
          pausing: false,
          error: state === "Error",
          ready: state === "Operational",
          closedOrError: !isReady,
        },
      },
    };
  }
}

const LOGIN: JsonRecord = {
  _is_external_client: false,
  _login_mechanism: "apikey",
  name: "_api",
  active: true,
  user: true,
  admin: true,
  apikey: null,
  permissions: [],
  groups: ["admins", "users"],
};

const SETTINGS: JsonRecord = {
  plugins: {},
  feature: { sdSupport: false, temperatureGraph: false },
  webcam: { flipH: false, flipV: false, rotate90: false, streamUrl: "/webcam/?action=stream", webcamEnabled: false },
};

const PROFILES: JsonRecord = {
  profiles: {
    _default: {
      id: "_default",
      name: "Default",
      color: "default",
      model: "Default",
      default: true,
      current: true,
      heatedBed: true,
      heatedChamber: false,
    },
  },
};
