// thread: feed
import type { MessagePort } from "node:worker_threads";
import { assemble, type FeedCore, type FeedParts } from "./assemble.js";
import type { HostMessage } from "./host-link.js";
import type { FeedAddress, FeedSetup } from "./messages.js";
import { openServer } from "./open-server.js";
import { Bridge } from "./others/bridge.js";
import type { MqttBridge } from "./others/mqtt.js";
import type { UnixSocketServer } from "./others/unix-socket.js";
import type { FeedServer } from "./server.js";
import { answerUpgrade } from "./upgrade.js";

const SECOND_MS = 1000;
const BEAT_MS = 100;
const WEBHOOKS = "webhooks";
const PRINT_STATS = "print_stats";
/** Method by which macros publish over MQTT. */
const PUBLISH_TOPIC = "publish_mqtt_topic";

/** What else the feed listens or talks to. */
interface Doors {
  readonly server: FeedServer;
  readonly unix: UnixSocketServer | undefined;
  readonly mqtt: MqttBridge | undefined;
}

/**
 * The status server: everything that runs in the feed thread.
 *
 * Host starts and stops it through `FeedClient` (client.ts): `new FeedClient(setup, host)`, `await start()` (rejects with
 * the `HostError` that keeps it from starting), `setState`, `setSnapshot` and `publish` as things happen, `await stop()`
 * last. The client starts the thread anew when it fails, and closes its sockets when the process exits. Within the
 * thread, worker.ts calls `Feed.start` and `stop`.
 *
 *   host ─► HostLink ─► StatusObjects ◄─ snapshot ◄─ machine
 *                            │ commit
 *                            ▼
 *   clients ◄─ Sessions ◄─ Subscriptions      clients ─► JsonRpc, HttpApi ─► Methods ─► memory, files, HostLink
 */
export class Feed {
  readonly #parts: FeedParts;
  readonly #doors: Doors;
  readonly #onStop: () => void;
  #stopping: Promise<void> | undefined;

  private constructor(parts: FeedParts, doors: Doors, onStop: () => void) {
    this.#parts = parts;
    this.#doors = doors;
    this.#onStop = onStop;
  }

  /**
   * Starts the feed on a port to the host. `onStop` is called when the host asks for the end. Throws `FEED_BIND`,
   * `FEED_TLS`, `FEED_STORAGE`, `FEED_FOLDER` or `FEED_SETTING`.
   */
  static async start(port: MessagePort, setup: FeedSetup, onStop: () => void): Promise<Feed> {
    let feed: Feed | undefined;
    const early: HostMessage[] = [];
    const core: FeedCore = {
      onMessage(message) {
        if (feed === undefined) early.push(message);
        else feed.#receive(message);
      },
      ready() {
        if (feed !== undefined) feed.#ready();
      },
      shutdown() {
        if (feed !== undefined) feed.#shutdown();
      },
      disconnected() {
        if (feed !== undefined) feed.#disconnected();
      },
    };
    const parts = await assemble(port, setup, core);
    try {
      feed = new Feed(parts, await openDoors(parts), onStop);
    } catch (error) {
      // The port stays open: the host is still to be told.
      parts.timers.close();
      await parts.storage.close();
      throw error;
    }
    for (const message of early) feed.#receive(message);
    feed.#run();
    return feed;
  }

  get address(): FeedAddress {
    const { host, tls } = this.#parts.setup.listen;
    const { port, adapter } = this.#doors.server;
    const name = host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host;
    return { url: `${tls === undefined ? "http" : "https"}://${name}:${port}/`, port, adapter };
  }

  /** Closes every socket at once. Safe to call from anywhere, more than once. */
  closeSockets(): void {
    this.#parts.timers.close();
    this.#doors.server.close();
    this.#doors.unix?.close();
  }

  /** Closes every socket, then the storage. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    const { sessions, subscriptions, link, news, storage } = this.#parts;
    sessions.close();
    this.closeSockets();
    subscriptions.clear();
    news.close();
    link.close();
    await this.#doors.mqtt?.close();
    await storage.close();
  }

  #run(): void {
    const { timers, control, clock, temperatures, subscriptions, machine, news, link, log, fault } = this.#parts;
    timers.every(BEAT_MS, () => control.beat("feed", clock.now()));
    timers.every(SECOND_MS, () => {
      subscriptions.commit();
      temperatures.sample();
      this.#parts.history.observe();
    });
    machine.run();
    news
      .start()
      .then(() => log("debug", "the folders are watched"))
      .catch((error: unknown) => fault("watching the folders", error));
    link.post({ type: "listening", address: this.address });
  }

  #receive(message: HostMessage): void {
    const { objects, printer, sessions, gcodeStore, klipper, clock } = this.#parts;
    switch (message.type) {
      case "objects":
        for (const update of message.updates) objects.apply(update, message.time);
        if (message.updates.some(({ name }) => name === PRINT_STATS)) this.#parts.history.observe();
        return;
      case "objects-removed":
        objects.remove(message.names);
        return;
      case "snapshot":
        objects.attach(message.buffer, message.layout);
        return;
      case "snapshot-removed":
        objects.detach();
        return;
      case "state": {
        const fields = { state: message.state, state_message: message.message };
        if (message.state !== "disconnected") objects.apply({ name: WEBHOOKS, fields }, clock.now());
        printer.change(message.state, message.message);
        return;
      }
      case "gcode-response":
        gcodeStore.add("response", message.text);
        sessions.broadcast("notify_gcode_response", message.text);
        klipper.output(message.text);
        return;
      case "gcode-help":
        printer.help = message.help;
        return;
      case "endpoints":
        printer.endpoints = message.names;
        return;
      case "remote-call":
        this.#callRemote(message.method, message.params);
        return;
      case "stop":
        this.#onStop();
        return;
    }
  }

  #callRemote(method: string, params: Readonly<Record<string, unknown>>): void {
    if (method === PUBLISH_TOPIC) this.#doors.mqtt?.publishFromMacro(params);
    this.#parts.connections.callRemote(method, params);
    this.#parts.klipper.callRemote(method, params);
  }

  #ready(): void {
    const { sessions, gcodeStore, queue } = this.#parts;
    sessions.endSubscriptions();
    gcodeStore.add("response", "// Klipper state: Ready");
    sessions.broadcast("notify_klippy_ready");
    this.#doors.mqtt?.printerReady();
    queue.printerReady();
  }

  #shutdown(): void {
    const { sessions, gcodeStore, history } = this.#parts;
    history.abort("klippy_shutdown");
    gcodeStore.add("response", "// Klipper state: Shutdown");
    sessions.broadcast("notify_klippy_shutdown");
  }

  #disconnected(): void {
    const { sessions, gcodeStore, objects, printer, history, klipper } = this.#parts;
    history.abort("klippy_disconnect");
    sessions.endSubscriptions();
    klipper.endConnections();
    this.#doors.mqtt?.printerGone();
    objects.clear();
    printer.endpoints = [];
    gcodeStore.add("response", "// Klipper state: Disconnect");
    sessions.broadcast("notify_klippy_disconnected");
  }
}

/** Opens everything through which somebody may come in; when one cannot be opened, none stays open. */
async function openDoors(parts: FeedParts): Promise<Doors> {
  const { setup, access, sessions, http, klipper, log, fault } = parts;
  const { adapter, host, port, tls, apiSocket } = setup.listen;
  const server = await openServer(
    adapter,
    { host, port, tls },
    {
      request: (exchange) => http.handle(exchange),
      upgrade: (request) => answerUpgrade(request, access, sessions, () => new Bridge(klipper)),
      fault: (error) => fault("server", error),
    },
    (chosen, reason) => {
      if (reason === undefined) log("info", "web server chosen", { adapter: chosen });
      else log("info", "the fast web server does not load here, the portable one is used", { adapter: chosen, reason });
    },
  );
  try {
    const unix = apiSocket === undefined ? undefined : await openUnixSocket(apiSocket, parts);
    const mqtt = setup.mqtt === undefined ? undefined : await openMqtt({ ...parts, setup: setup.mqtt });
    return { server, unix, mqtt };
  } catch (error) {
    server.close();
    throw error;
  }
}

async function openUnixSocket(path: string, parts: FeedParts): Promise<UnixSocketServer> {
  const { UnixSocketServer } = await import("./others/unix-socket.js");
  return await UnixSocketServer.listen(path, parts.klipper);
}

async function openMqtt(parts: Parameters<typeof MqttBridge.start>[0]): Promise<MqttBridge> {
  const { MqttBridge } = await import("./others/mqtt.js");
  return await MqttBridge.start(parts);
}
