// thread: feed
import type { MqttClient } from "mqtt";
import { TRUSTED } from "../access/access.js";
import { isRecord, type JsonRecord, member, parseJson, toJson } from "../json-value.js";
import type { FeedLog } from "../log.js";
import type { MqttSetup } from "../messages.js";
import type { Caller } from "../moonraker/caller.js";
import type { JsonRpc } from "../moonraker/json-rpc.js";
import { parseSelection } from "../moonraker/printer-methods.js";
import type { StatusObjects } from "../status/objects.js";
import type { FrameStyle, StatusSink, Subscription, Subscriptions } from "../status/subscriptions.js";

const RECONNECT_MS = 5000;
/** Messages waiting for the broker before updates are put off, as bytes that a slow client would have. */
const MAX_WAITING = 100;
const BUSY_BYTES = Number.MAX_SAFE_INTEGER;

const STYLE: FrameStyle = {
  key: "mqtt",
  wrap: (status, eventtime) => `{"eventtime":${eventtime},"status":${status}}`,
};

export interface MqttParts {
  readonly setup: MqttSetup;
  readonly rpc: JsonRpc;
  readonly objects: StatusObjects;
  readonly subscriptions: Subscriptions;
  readonly log: FeedLog;
}

/** Publishes the printer's status to a broker, and answers requests that come over it. */
export class MqttBridge implements StatusSink {
  readonly #parts: MqttParts;
  readonly #client: MqttClient;
  #subscription: Subscription | undefined;
  #waiting = 0;

  private constructor(parts: MqttParts, client: MqttClient) {
    this.#parts = parts;
    this.#client = client;
  }

  /** Begins to connect; goes on trying for as long as it takes. */
  static async start(parts: MqttParts): Promise<MqttBridge> {
    const { default: mqtt } = await import("mqtt");
    const { setup } = parts;
    const client = mqtt.connect(setup.url, {
      reconnectPeriod: RECONNECT_MS,
      queueQoSZero: false,
      will: { topic: `${setup.instance}/moonraker/status`, payload: Buffer.from(OFFLINE), qos: 0, retain: true },
      ...(setup.username === undefined ? {} : { username: setup.username }),
      ...(setup.password === undefined ? {} : { password: setup.password }),
    });
    const bridge = new MqttBridge(parts, client);
    client.on("connect", () => bridge.#connected());
    client.on("message", (_topic, payload) => bridge.#request(payload.toString("utf8")));
    client.on("error", (error) => parts.log("warn", "mqtt broker refused or failed", { error: error.message }));
    return bridge;
  }

  /** Bytes that are not taken yet, as far as that is known: nothing, or too much. */
  get backlog(): number {
    return this.#client.connected && this.#waiting < MAX_WAITING ? 0 : BUSY_BYTES;
  }

  deliver(frame: Buffer): void {
    if (this.#parts.setup.split) this.#publishFields(frame.toString("utf8"));
    else this.#publish("klipper/status", frame, false);
  }

  /** The printer's objects are there: publishes their complete state, then what changes. */
  printerReady(): void {
    const { setup, subscriptions, objects } = this.#parts;
    if (Object.keys(setup.objects).length === 0) return;
    this.printerGone();
    const selection = parseSelection(setup.objects);
    const intervalMs = setup.intervalS * 1000;
    this.#subscription = subscriptions.add(this, { selection, intervalMs, ages: false, style: STYLE });
    // Nothing was seen yet: the first update is the complete state.
    this.#subscription.seen = 0;
    this.#subscription.active = objects.version > 0;
  }

  printerGone(): void {
    if (this.#subscription !== undefined) this.#parts.subscriptions.remove(this.#subscription);
    this.#subscription = undefined;
  }

  /** What a macro publishes with `publish_mqtt_topic`. */
  publishFromMacro(params: JsonRecord): void {
    const { topic, payload, qos, retain, use_prefix: prefix } = params;
    if (typeof topic !== "string" || topic === "") return;
    const text =
      payload === undefined || payload === null ? "" : typeof payload === "string" ? payload : toJson(payload);
    const level = qos === 1 || qos === 2 ? qos : 0;
    const full = prefix === true ? `${this.#parts.setup.instance}/${topic}` : topic;
    this.#client.publish(full, text, { qos: level, retain: retain === true });
  }

  /** Says goodbye to the broker. */
  async close(): Promise<void> {
    this.printerGone();
    if (this.#client.connected) {
      await this.#client.publishAsync(`${this.#parts.setup.instance}/moonraker/status`, OFFLINE, { retain: true });
    }
    await this.#client.endAsync(true);
  }

  #connected(): void {
    const { setup, log } = this.#parts;
    log("info", "mqtt broker connected", { instance: setup.instance });
    this.#waiting = 0;
    this.#publish("moonraker/status", ONLINE, true);
    if (setup.api) this.#client.subscribe(`${setup.instance}/moonraker/api/request`);
    // What the broker missed in the meantime.
    if (this.#subscription !== undefined) this.#subscription.seen = 0;
  }

  #publish(topic: string, payload: Buffer | string, retain: boolean): void {
    this.#waiting++;
    this.#client.publish(`${this.#parts.setup.instance}/${topic}`, payload, { retain }, () => {
      this.#waiting--;
    });
  }

  #publishFields(text: string): void {
    const update = parseJson(text);
    if (!isRecord(update)) return;
    const { eventtime, status } = update;
    if (!isRecord(status)) return;
    for (const [name, fields] of Object.entries(status)) {
      if (!isRecord(fields)) continue;
      for (const field of Object.keys(fields)) {
        const payload = toJson({ eventtime, value: member(fields, field) });
        this.#publish(`klipper/state/${topicPart(name)}/${topicPart(field)}`, payload, true);
      }
    }
  }

  #request(text: string): void {
    const caller: Caller = {
      transport: "mqtt",
      connection: undefined,
      // The broker decides who may write to the topic.
      identity: TRUSTED,
      isTrusted: true,
      address: "mqtt",
      afterReply: (run) => run(),
    };
    const finish = (reply: string | undefined): void => {
      if (reply !== undefined) this.#publish("moonraker/api/response", reply, false);
    };
    this.#parts.rpc.handle(text, caller, finish, () => this.#waiting < MAX_WAITING);
  }
}

const ONLINE = '{"server":"online"}';
const OFFLINE = '{"server":"offline"}';

/** A name without the characters that mean something in a topic. */
const topicPart = (name: string): string => name.replace(/[+#/]/g, "_");
