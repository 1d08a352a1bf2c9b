// thread: feed
import type { MessagePort } from "node:worker_threads";
import { assemble, type FeedCore, type FeedParts } from "./assemble.js";
import type { HostMessage } from "./host-link.js";
import type { FeedAddress, FeedSetup } from "./messages.js";
import { openServer } from "./open-server.js";
import type { FeedServer, ServerHandlers } from "./server.js";
import { answerUpgrade } from "./upgrade.js";

const SECOND_MS = 1000;
const BEAT_MS = 100;
const WEBHOOKS = "webhooks";

/**
 * The status server: everything that runs in the feed thread.
 *
 *   host ─► HostLink ─► StatusObjects ◄─ snapshot ◄─ machine
 *                            │ commit
 *                            ▼
 *   clients ◄─ Sessions ◄─ Subscriptions      clients ─► JsonRpc, HttpApi ─► Methods ─► memory, files, HostLink
 */
export class Feed {
  readonly #parts: FeedParts;
  readonly #server: FeedServer;
  readonly #onStop: () => void;
  #stopping: Promise<void> | undefined;

  private constructor(parts: FeedParts, server: FeedServer, onStop: () => void) {
    this.#parts = parts;
    this.#server = server;
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
      onReady() {
        if (feed !== undefined) feed.#ready();
      },
      onShutdown() {
        if (feed !== undefined) feed.#shutdown();
      },
      onDisconnected() {
        if (feed !== undefined) feed.#disconnected();
      },
    };
    const parts = await assemble(port, setup, core);
    const server = await openServer(
      setup.listen.adapter,
      { host: setup.listen.host, port: setup.listen.port, tls: setup.listen.tls },
      handlersOf(parts),
      (adapter, reason) =>
        parts.log("info", "web server chosen", { adapter, ...(reason === undefined ? {} : { because: reason }) }),
    );
    feed = new Feed(parts, server, onStop);
    for (const message of early) feed.#receive(message);
    feed.#run();
    return feed;
  }

  get address(): FeedAddress {
    const { host, tls } = this.#parts.setup.listen;
    const { port, adapter } = this.#server;
    const name = host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host;
    return { url: `${tls === undefined ? "http" : "https"}://${name}:${port}/`, port, adapter };
  }

  /** Closes every socket at once. Safe to call from anywhere, more than once. */
  closeSockets(): void {
    this.#parts.timers.close();
    this.#server.close();
  }

  /** Closes every socket, then the storage. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    this.#parts.sessions.close();
    this.closeSockets();
    this.#parts.subscriptions.clear();
    this.#parts.link.close();
    await this.#parts.storage.close();
  }

  #run(): void {
    const { timers, control, clock, temperatures, subscriptions } = this.#parts;
    timers.every(BEAT_MS, () => control.beat("feed", clock.now()));
    timers.every(SECOND_MS, () => {
      subscriptions.commit();
      temperatures.sample();
    });
    this.#parts.link.post({ type: "listening", address: this.address });
  }

  #receive(message: HostMessage): void {
    const { objects, printer, sessions, gcodeStore, connections, clock } = this.#parts;
    switch (message.type) {
      case "objects":
        for (const update of message.updates) objects.apply(update, message.time);
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
        return;
      case "gcode-help":
        printer.help = message.help;
        return;
      case "endpoints":
        printer.endpoints = message.names;
        return;
      case "remote-call":
        connections.callRemote(message.method, message.params);
        return;
      case "stop":
        this.#onStop();
        return;
    }
  }

  #ready(): void {
    const { sessions, gcodeStore } = this.#parts;
    sessions.endSubscriptions();
    gcodeStore.add("response", "// Klipper state: Ready");
    sessions.broadcast("notify_klippy_ready");
  }

  #shutdown(): void {
    this.#parts.gcodeStore.add("response", "// Klipper state: Shutdown");
    this.#parts.sessions.broadcast("notify_klippy_shutdown");
  }

  #disconnected(): void {
    const { sessions, gcodeStore, objects, printer } = this.#parts;
    sessions.endSubscriptions();
    objects.clear();
    printer.endpoints = [];
    gcodeStore.add("response", "// Klipper state: Disconnect");
    sessions.broadcast("notify_klippy_disconnected");
  }
}

function handlersOf(parts: FeedParts): ServerHandlers {
  const { access, sessions, http, log } = parts;
  return {
    request: (exchange) => http.handle(exchange),
    upgrade: (request) => answerUpgrade(request, access, sessions),
    fault: (error) =>
      log("error", "fault in the feed", { error: error instanceof Error ? error.stack : String(error) }),
  };
}
