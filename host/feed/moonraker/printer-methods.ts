// thread: feed
import { cpus, hostname } from "node:os";
import type { ControlBlock } from "../../shared/control.js";
import type { HostTime } from "../../shared/units.js";
import { ApiError } from "../api-error.js";
import type { HostLink } from "../host-link.js";
import { isRecord, isStringList, type JsonRecord, RawJson } from "../json-value.js";
import type { FeedSetup } from "../messages.js";
import type { Printer } from "../printer.js";
import type { GcodeStore } from "../status/gcode-store.js";
import type { Selected, StatusObjects } from "../status/objects.js";
import {
  DEFAULT_INTERVAL_MS,
  type FrameStyle,
  MAX_INTERVAL_MS,
  MIN_INTERVAL_MS,
  type Subscriptions,
  toEventtime,
} from "../status/subscriptions.js";
import type { Args } from "./args.js";
import type { Caller } from "./caller.js";
import type { Handler, MethodSpec, Methods } from "./methods.js";
import type { Sessions } from "./sessions.js";

/** The level of Klipper's API that we speak: clients compare it with what they need. */
const COMPATIBLE_WITH = "v0.13.0-600";
const EMERGENCY = /^\s*M112\b/i;

/** How a websocket gets its updates. */
const WEBSOCKET_STYLE: FrameStyle = {
  key: "jsonrpc",
  wrap: (status, eventtime, ages) => {
    const more = ages === undefined ? "" : `,{"ages":${ages}}`;
    return `{"jsonrpc":"2.0","method":"notify_status_update","params":[${status},${eventtime}${more}]}`;
  },
};

export interface PrinterParts {
  readonly setup: FeedSetup;
  readonly printer: Printer;
  readonly link: HostLink;
  readonly control: ControlBlock;
  readonly objects: StatusObjects;
  readonly subscriptions: Subscriptions;
  readonly sessions: Sessions;
  readonly gcodeStore: GcodeStore;
  readonly now: () => HostTime;
  /** Starts a print for `username`; rejects with what the host says. */
  readonly startPrint: (filename: string, username: string | undefined) => Promise<void>;
}

/** What is asked of the objects: `{ name: null | [fields] }`; in a query string `name` or `name=field,field`. */
export function parseSelection(objects: JsonRecord): Selected[] {
  return Object.entries(objects).map(([name, wanted]) => {
    if (wanted === null || wanted === "") return { name, fields: null };
    if (typeof wanted === "string") return { name, fields: wanted.split(",").map((field) => field.trim()) };
    if (isStringList(wanted)) return { name, fields: wanted };
    throw new ApiError(400, `Invalid fields for object '${name}': null or a list of texts is needed`);
  });
}

function selectionOf(args: Args, caller: Caller): Selected[] {
  const asked = args.optional("objects");
  if (asked === undefined && caller.transport === "http") return parseSelection(args.record);
  const objects = args.any("objects");
  if (!isRecord(objects)) throw new ApiError(400, "Argument [objects] must be an object");
  return parseSelection(objects);
}

function intervalOf(args: Args): number {
  const rate = args.optionalNumber("rate");
  if (rate === undefined) return DEFAULT_INTERVAL_MS;
  if (rate <= 0) throw new ApiError(400, "Argument [rate] must be a number of updates per second above 0");
  return Math.min(MAX_INTERVAL_MS, Math.max(MIN_INTERVAL_MS, 1000 / rate));
}

/** The methods that see and steer the printer. What needs no host is answered from memory. */
export class PrinterMethods {
  readonly #parts: PrinterParts;
  readonly #cpuInfo: string;

  constructor(parts: PrinterParts) {
    this.#parts = parts;
    const cores = cpus();
    this.#cpuInfo = `${cores.length} core ${cores[0]?.model ?? "CPU"}`;
  }

  /** Adds the methods, and answers the endpoints of the host's modules by their names. */
  register(methods: Methods): void {
    methods.add("klippy_apis", this.#specs());
    methods.fallback = (name) => this.#endpoint(name);
  }

  #specs(): MethodSpec[] {
    return [
      { name: "printer.info", http: ["GET /printer/info"], handler: () => this.#info() },
      { name: "printer.objects.list", http: ["GET /printer/objects/list"], handler: () => this.#list() },
      {
        name: "printer.objects.query",
        http: ["GET /printer/objects/query", "POST /printer/objects/query"],
        handler: (args, caller) => this.#query(args, caller),
      },
      {
        name: "printer.objects.subscribe",
        http: ["POST /printer/objects/subscribe"],
        handler: (args, caller) => this.#subscribe(args, caller),
      },
      { name: "printer.gcode.help", http: ["GET /printer/gcode/help"], handler: () => this.#help() },
      { name: "printer.gcode.script", http: ["POST /printer/gcode/script"], handler: (args) => this.#script(args) },
      {
        name: "printer.print.start",
        http: ["POST /printer/print/start"],
        handler: (args, caller) => this.#start(args, caller),
      },
      {
        name: "printer.print.pause",
        http: ["POST /printer/print/pause"],
        handler: () => this.#run("print.pause", "PAUSE"),
      },
      {
        name: "printer.print.resume",
        http: ["POST /printer/print/resume"],
        handler: () => this.#run("print.resume", "RESUME"),
      },
      {
        name: "printer.print.cancel",
        http: ["POST /printer/print/cancel"],
        handler: () => this.#run("print.cancel", "CANCEL_PRINT"),
      },
      { name: "printer.emergency_stop", http: ["POST /printer/emergency_stop"], handler: () => this.emergencyStop() },
      { name: "printer.restart", http: ["POST /printer/restart"], handler: () => this.#restart("restart", "RESTART") },
      {
        name: "printer.firmware_restart",
        http: ["POST /printer/firmware_restart"],
        handler: () => this.#restart("firmware_restart", "FIRMWARE_RESTART"),
      },
      {
        name: "printer.query_endstops.status",
        http: ["GET /printer/query_endstops/status"],
        handler: () => this.#endstops(),
      },
      { name: "server.status_ages", http: ["GET /server/status_ages"], handler: () => this.#ages() },
    ];
  }

  /** Stops the machine before anything else is done. Needs no other thread than the machine's own. */
  emergencyStop(): string {
    const { control, link, gcodeStore } = this.#parts;
    control.requestStop();
    gcodeStore.add("command", "M112");
    link.tell("emergency_stop", {});
    return "ok";
  }

  /** What `printer.info` says, whatever the state. */
  info(): JsonRecord {
    const { setup, printer } = this.#parts;
    return {
      state: printer.isConnected ? printer.state : "startup",
      state_message: printer.message,
      hostname: hostname(),
      software_version: `${COMPATIBLE_WITH}-steadyhand-${setup.version}`,
      cpu_info: this.#cpuInfo,
      klipper_path: process.cwd(),
      python_path: process.execPath,
      log_file: setup.paths.logFile,
      config_file: setup.paths.configFile,
      process_id: process.pid,
      user_id: process.getuid?.() ?? 0,
      group_id: process.getgid?.() ?? 0,
      app: "Steadyhand",
    };
  }

  #info(): JsonRecord {
    this.#parts.printer.requireConnected();
    return this.info();
  }

  #list(): { objects: string[] } {
    this.#parts.printer.requireConnected();
    this.#parts.subscriptions.commit();
    return { objects: this.#parts.objects.names() };
  }

  #query(args: Args, caller: Caller): RawJson {
    this.#parts.printer.requireConnected();
    const selection = selectionOf(args, caller);
    this.#parts.subscriptions.commit();
    return this.#state(selection, args.flag("ages"));
  }

  #subscribe(args: Args, caller: Caller): RawJson {
    this.#parts.printer.requireConnected();
    const { connection } = caller;
    if (connection === undefined) throw new ApiError(400, "a subscription needs a websocket");
    const selection = selectionOf(args, caller);
    const ages = args.flag("ages");
    const intervalMs = intervalOf(args);
    this.#parts.sessions.endSubscription(connection);
    if (selection.length === 0) return this.#state(selection, ages);
    const subscription = this.#parts.subscriptions.add(connection.sink, {
      selection,
      intervalMs,
      ages,
      style: WEBSOCKET_STYLE,
    });
    connection.subscription = subscription;
    caller.afterReply(() => {
      subscription.active = true;
    });
    return this.#state(selection, ages);
  }

  #state(selection: readonly Selected[], ages: boolean): RawJson {
    const now = this.#parts.now();
    const more = ages ? `,"ages":${this.#parts.subscriptions.agesText(now)}` : "";
    return new RawJson(`{"eventtime":${toEventtime(now)},"status":${this.#parts.objects.state(selection)}${more}}`);
  }

  #help(): Readonly<Record<string, string>> {
    this.#parts.printer.requireConnected();
    return this.#parts.printer.help;
  }

  async #script(args: Args): Promise<string> {
    const script = args.string("script");
    // Whoever types an emergency stop does not want to wait for its turn.
    if (EMERGENCY.test(script)) this.#parts.control.requestStop();
    this.#parts.printer.requireConnected();
    this.#parts.gcodeStore.add("command", script);
    await this.#parts.link.request("gcode.script", { script });
    return "ok";
  }

  async #start(args: Args, caller: Caller): Promise<string> {
    const filename = args.string("filename").replace(/^\/+/, "");
    await this.#parts.startPrint(filename, caller.identity?.username);
    return "ok";
  }

  async #run(method: "print.pause" | "print.resume" | "print.cancel", command: string): Promise<string> {
    this.#parts.printer.requireConnected();
    this.#parts.gcodeStore.add("command", command);
    await this.#parts.link.request(method, {});
    return "ok";
  }

  #restart(method: "restart" | "firmware_restart", command: string): string {
    this.#parts.gcodeStore.add("command", command);
    this.#parts.link.tell(method, {});
    return "ok";
  }

  async #endstops(): Promise<unknown> {
    this.#parts.printer.requireConnected();
    return await this.#parts.link.request("query_endstops", {});
  }

  #ages(): JsonRecord {
    const { objects, link, subscriptions, now } = this.#parts;
    subscriptions.commit();
    const time = now();
    return {
      eventtime: time,
      host_age: Number(link.silenceS.toFixed(3)),
      ages: objects.ages(time, link.confirmed),
      since_change: objects.sinceChange(time),
    };
  }

  #endpoint(name: string): Handler | undefined {
    if (!name.startsWith("printer.")) return undefined;
    const endpoint = name.slice("printer.".length).replaceAll(".", "/");
    if (!this.#parts.printer.endpoints.includes(endpoint)) return undefined;
    return async (args) => {
      this.#parts.printer.requireConnected();
      return await this.#parts.link.request("endpoint", { name: endpoint, params: args.record });
    };
  }
}
