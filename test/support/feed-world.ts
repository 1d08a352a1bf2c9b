import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { get } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ClientOptions } from "ws";
import { Feed } from "../../host/feed/feed.js";
import type { FeedAdapter, FeedSetup } from "../../host/feed/messages.js";
import { FakeHost } from "./feed-host.js";
import { RpcClient } from "./feed-rpc.js";

/** Settings of a test feed that differ from the usual, one level deep. */
export type SetupChanges = { readonly [K in keyof FeedSetup]?: Partial<FeedSetup[K]> };

/** A setup with folders of its own below `folder`. */
export function testSetup(folder: string, host: FakeHost, changes: SetupChanges = {}): FeedSetup {
  const below = (name: string): string => {
    const path = join(folder, name);
    mkdirSync(path, { recursive: true });
    return path;
  };
  const base: FeedSetup = {
    listen: { host: "127.0.0.1", port: 0, adapter: "auto" },
    paths: {
      page: join(import.meta.dirname, "../../host/feed/page"),
      gcodes: below("gcodes"),
      config: below("config"),
      logs: below("logs"),
      storage: join(folder, "storage"),
      logFile: join(folder, "logs", "steadyhand.log"),
      configFile: join(folder, "config", "printer.cfg"),
    },
    version: "0.1.0",
    access: { trusted: [], cors: [], hosts: [], apiKey: true, forceLogins: false },
    limits: { uploadBytes: 2 ** 30, hostSilenceS: 1.5, sockets: 2000 },
    stores: { temperatures: 1200, gcode: 1000 },
    jobQueue: { automatic: false, loadOnStart: false, delayS: 0, transitionGcode: "", queueUploads: false },
    webcams: [],
    clock: host.clock.buffer,
    control: host.control.buffer,
  };
  return {
    ...base,
    ...changes,
    listen: { ...base.listen, ...changes.listen },
    paths: { ...base.paths, ...changes.paths },
    access: { ...base.access, ...changes.access },
    limits: { ...base.limits, ...changes.limits },
    stores: { ...base.stores, ...changes.stores },
    jobQueue: { ...base.jobQueue, ...changes.jobQueue },
  } as FeedSetup;
}

/** A running feed with a fake host, folders of its own, and clients. */
export class FeedWorld {
  readonly host = new FakeHost();
  readonly folder: string;
  readonly setup: FeedSetup;
  readonly clients: RpcClient[] = [];
  #feed: Feed | undefined;

  private constructor(changes: SetupChanges) {
    this.folder = mkdtempSync(join(tmpdir(), "steadyhand-feed-"));
    this.setup = testSetup(this.folder, this.host, changes);
  }

  /** Starts a feed on one adapter, after the folders were prepared; the printer is ready unless told otherwise. */
  static async start(
    adapter: FeedAdapter,
    changes: SetupChanges = {},
    ready = true,
    prepare: (setup: FeedSetup) => void = () => undefined,
  ): Promise<FeedWorld> {
    const world = new FeedWorld({ ...changes, listen: { adapter, ...changes.listen } });
    prepare(world.setup);
    world.#feed = await Feed.start(world.host.feedPort, world.setup, () => undefined);
    if (ready) {
      world.host.state("startup");
      world.host.state("ready", "Printer is ready");
      await world.settled();
    }
    return world;
  }

  get url(): string {
    return this.feed.address.url;
  }

  get feed(): Feed {
    if (this.#feed === undefined) throw new Error("the feed is not running");
    return this.#feed;
  }

  async connect(options: ClientOptions = {}): Promise<RpcClient> {
    const client = await RpcClient.connect(this.url, options);
    this.clients.push(client);
    return client;
  }

  /** A client that has identified itself. */
  async identified(type = "web", options: ClientOptions = {}): Promise<RpcClient> {
    const client = await this.connect(options);
    const who = { client_name: `test-${this.clients.length}`, version: "1", type, url: "http://localhost" };
    await client.call("server.connection.identify", who);
    return client;
  }

  fetch(path: string, init?: RequestInit): Promise<Response> {
    return fetch(new URL(path, this.url), init);
  }

  /** The `result` of a successful HTTP request. */
  async result(path: string, init?: RequestInit): Promise<unknown> {
    const response = await this.fetch(path, init);
    const body = (await response.json()) as { result?: unknown };
    if (response.status >= 300) throw new Error(`${path}: ${response.status} ${JSON.stringify(body)}`);
    return body.result;
  }

  /** GETs a path exactly as it is: `fetch` would resolve its dots. */
  rawGet(path: string): Promise<{ status: number; text: string }> {
    const { port } = this.feed.address;
    return new Promise((resolve, reject) => {
      const request = get({ host: "127.0.0.1", port, path, agent: false }, (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (piece: string) => {
          text += piece;
        });
        response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
      });
      request.on("error", reject);
    });
  }

  /** POSTs a JSON body. */
  post(path: string, body: unknown = {}): Promise<Response> {
    const headers = { "content-type": "application/json" };
    return this.fetch(path, { method: "POST", headers, body: JSON.stringify(body) });
  }

  /** Resolves when the feed has taken in everything that the host had sent. The printer must be connected by then. */
  async settled(): Promise<void> {
    // The answer comes over the same port as all that was sent before it.
    this.host.on("query_endstops", () => ({ result: {} }));
    for (;;) {
      const { ok, status } = await this.fetch("printer/query_endstops/status");
      if (ok) break;
      if (status !== 503) throw new Error(`the feed answers with ${status}: ${JSON.stringify(this.host.notices)}`);
    }
    this.host.requests.length = 0;
  }

  /** Resolves when changes that others make in the folders are noticed. */
  async watching(): Promise<void> {
    await this.host.logged("the folders are watched");
  }

  async close(): Promise<void> {
    for (const client of this.clients) client.close();
    await this.#feed?.stop();
    this.host.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
