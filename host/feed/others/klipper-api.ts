// thread: feed
import type { HostTime } from "../../shared/units.js";
import { toApiError } from "../api-error.js";
import type { HostLink } from "../host-link.js";
import { isRecord, type JsonRecord, parseJson, RawJson, toJson } from "../json-value.js";
import { Args } from "../moonraker/args.js";
import { type PrinterMethods, parseSelection } from "../moonraker/printer-methods.js";
import type { Printer } from "../printer.js";
import type { StatusObjects } from "../status/objects.js";
import {
  DEFAULT_INTERVAL_MS,
  type FrameStyle,
  type StatusSink,
  type Subscription,
  type Subscriptions,
  toEventtime,
} from "../status/subscriptions.js";

/** How a connection of Klipper's own API writes to its client. */
export interface KlipperLine extends StatusSink {
  write(text: string): void;
  end(): void;
}

export interface KlipperApiParts {
  readonly printer: Printer;
  readonly printerMethods: PrinterMethods;
  readonly objects: StatusObjects;
  readonly subscriptions: Subscriptions;
  readonly link: HostLink;
  readonly now: () => HostTime;
}

type Answer = (args: Args, connection: KlipperConnection) => unknown;

/** Requests that are passed on as they are, without parameters. */
const PLAIN = [
  ["gcode/restart", "restart"],
  ["gcode/firmware_restart", "firmware_restart"],
  ["pause_resume/pause", "print.pause"],
  ["pause_resume/resume", "print.resume"],
  ["pause_resume/cancel", "print.cancel"],
] as const;

/** A template with `params` added: how this API shapes what it sends by itself. */
const fill = (template: string, params: string): string =>
  template === "{}" ? `{"params":${params}}` : `${template.slice(0, -1)},"params":${params}}`;

/** Klipper's own interface, for programs that speak it: an existing Moonraker can sit on top of this host. */
export class KlipperApi {
  readonly #parts: KlipperApiParts;
  readonly #connections = new Set<KlipperConnection>();
  readonly #answers: ReadonlyMap<string, Answer>;

  constructor(parts: KlipperApiParts) {
    this.#parts = parts;
    const plain = PLAIN.map(([name, method]): [string, Answer] => [
      name,
      async () => {
        await parts.link.request(method, {});
        return {};
      },
    ]);
    this.#answers = new Map<string, Answer>([
      ["info", () => parts.printerMethods.info()],
      ["emergency_stop", () => this.#emergencyStop()],
      ["list_endpoints", () => ({ endpoints: this.#endpoints() })],
      ["register_remote_method", (args, connection) => connection.registerMethod(args)],
      ["objects/list", () => ({ objects: this.#objects() })],
      ["objects/query", (args) => this.#query(args)],
      ["objects/subscribe", (args, connection) => connection.subscribe(args)],
      ["gcode/help", () => parts.printer.help],
      ["gcode/script", (args) => this.#script(args)],
      ["gcode/subscribe_output", (args, connection) => connection.subscribeOutput(args)],
      ["query_endstops/status", () => parts.link.request("query_endstops", {})],
      ...plain,
    ]);
  }

  /** A new client; `receive` of the connection takes its frames. */
  connect(line: KlipperLine): KlipperConnection {
    const connection = new KlipperConnection(this, this.#parts, line);
    this.#connections.add(connection);
    return connection;
  }

  disconnect(connection: KlipperConnection): void {
    this.#connections.delete(connection);
    connection.endSubscription();
  }

  /** Output of commands. */
  output(text: string): void {
    for (const connection of this.#connections) connection.output(text);
  }

  callRemote(method: string, params: JsonRecord): void {
    for (const connection of this.#connections) connection.callRemote(method, params);
  }

  /** The printer restarts: clients of this API expect their connection to end with it. */
  endConnections(): void {
    for (const connection of [...this.#connections]) {
      this.disconnect(connection);
      connection.line.end();
    }
  }

  answer(method: string): Answer | undefined {
    const known = this.#answers.get(method);
    if (known !== undefined) return known;
    if (!this.#parts.printer.endpoints.includes(method)) return undefined;
    return (args) => this.#parts.link.request("endpoint", { name: method, params: args.record });
  }

  #endpoints(): string[] {
    return [...this.#answers.keys(), ...this.#parts.printer.endpoints];
  }

  #emergencyStop(): JsonRecord {
    this.#parts.printerMethods.emergencyStop();
    return {};
  }

  #objects(): string[] {
    this.#parts.subscriptions.commit();
    return this.#parts.objects.names();
  }

  #query(args: Args): RawJson {
    const selection = parseSelection(args.object("objects"));
    this.#parts.subscriptions.commit();
    return stateReply(this.#parts, selection);
  }

  async #script(args: Args): Promise<JsonRecord> {
    await this.#parts.link.request("gcode.script", { script: args.string("script") });
    return {};
  }
}

function stateReply(parts: KlipperApiParts, selection: ReturnType<typeof parseSelection>): RawJson {
  const eventtime = toEventtime(parts.now());
  return new RawJson(`{"eventtime":${eventtime},"status":${parts.objects.state(selection)}}`);
}

/** One client of Klipper's own API. */
export class KlipperConnection {
  readonly line: KlipperLine;
  readonly #api: KlipperApi;
  readonly #parts: KlipperApiParts;
  readonly #methods = new Map<string, string>();
  #subscription: Subscription | undefined;
  #output: string | undefined;

  constructor(api: KlipperApi, parts: KlipperApiParts, line: KlipperLine) {
    this.#api = api;
    this.#parts = parts;
    this.line = line;
  }

  /** Takes one frame. What is no request gets no answer, as this API has it. */
  receive(text: string): void {
    const request = parseJson(text);
    if (!isRecord(request)) return;
    const { id = null, method, params = {} } = request;
    if (typeof method !== "string" || !isRecord(params)) return;
    const answer = this.#api.answer(method);
    if (answer === undefined) {
      this.#fail(id, `webhooks: No registered callback for path '${method}'`);
      return;
    }
    let result: unknown;
    try {
      result = answer(new Args(params), this);
    } catch (error) {
      this.#fail(id, toApiError(error).message);
      return;
    }
    if (!(result instanceof Promise)) this.#reply(id, result);
    else {
      result
        .then((value: unknown) => this.#reply(id, value))
        .catch((error: unknown) => this.#fail(id, toApiError(error).message));
    }
  }

  subscribe(args: Args): RawJson {
    const selection = parseSelection(args.object("objects"));
    const template = this.#template(args, "{}");
    const style: FrameStyle = {
      key: `klipper ${template}`,
      wrap: (status, eventtime) => fill(template, `{"eventtime":${eventtime},"status":${status}}`),
    };
    this.endSubscription();
    const request = { selection, intervalMs: DEFAULT_INTERVAL_MS, ages: false, style };
    this.#subscription = this.#parts.subscriptions.add(this.line, request);
    return stateReply(this.#parts, selection);
  }

  subscribeOutput(args: Args): JsonRecord {
    this.#output = this.#template(args, "{}");
    return {};
  }

  registerMethod(args: Args): JsonRecord {
    args.any("response_template");
    this.#methods.set(args.string("remote_method"), this.#template(args, "{}"));
    return {};
  }

  output(text: string): void {
    if (this.#output !== undefined) this.line.write(fill(this.#output, JSON.stringify({ response: text })));
  }

  callRemote(method: string, params: JsonRecord): void {
    const template = this.#methods.get(method);
    if (template !== undefined) this.line.write(fill(template, toJson(params)));
  }

  endSubscription(): void {
    if (this.#subscription !== undefined) this.#parts.subscriptions.remove(this.#subscription);
    this.#subscription = undefined;
  }

  #template(args: Args, fallback: string): string {
    return args.has("response_template") ? JSON.stringify(args.object("response_template")) : fallback;
  }

  #reply(id: unknown, result: unknown): void {
    if (id !== null) this.line.write(`{"id":${toJson(id)},"result":${toJson(result)}}`);
    if (this.#subscription !== undefined) this.#subscription.active = true;
  }

  #fail(id: unknown, message: string): void {
    if (id === null) return;
    const error = { error: "WebRequestError", message };
    this.line.write(`{"id":${toJson(id)},"error":${JSON.stringify(error)}}`);
  }
}
