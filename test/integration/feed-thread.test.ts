import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { BroadcastChannel } from "node:worker_threads";
import { afterEach, beforeAll, expect, test } from "vitest";
import { FeedClient, type FeedHost, FeedRefusal } from "../../host/feed/client.js";
import type { FeedAddress, FeedSetup } from "../../host/feed/messages.js";
import { isHostError } from "../../host/shared/errors.js";
import { ADAPTERS } from "../support/feed-adapters.js";
import { compile, compiled } from "../support/feed-build.js";
import { FakeHost } from "../support/feed-host.js";
import { RpcClient } from "../support/feed-rpc.js";
import { type SetupChanges, testSetup } from "../support/feed-world.js";

const worker = compiled("host/feed/worker.js");
const faultyWorker = compiled("test/support/feed-faulty-worker.js");
const exitProgram = compiled("test/support/feed-exit-program.js");
const closers: (() => Promise<void> | void)[] = [];

beforeAll(compile);

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

interface Running {
  readonly client: FeedClient;
  readonly fake: FakeHost;
  readonly setup: FeedSetup;
  readonly logs: string[];
  /** Resolves at the next start of the thread. */
  restarted(): Promise<FeedAddress>;
}

function prepare(entry: URL, host: Partial<FeedHost> = {}, changes: SetupChanges = {}): Running {
  const folder = mkdtempSync(join(tmpdir(), "steadyhand-thread-"));
  const fake = new FakeHost();
  const setup = testSetup(folder, fake, changes);
  const logs: string[] = [];
  let notice: (address: FeedAddress) => void = () => undefined;
  const client = new FeedClient(
    setup,
    {
      request: () => Promise.resolve(null),
      log: (_level, text) => logs.push(text),
      listening: (address) => notice(address),
      ...host,
    },
    entry,
  );
  closers.push(async () => {
    await client.stop();
    fake.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const restarted = (): Promise<FeedAddress> =>
    new Promise((resolve) => {
      notice = resolve;
    });
  return { client, fake, setup, logs, restarted };
}

async function connect(url: string): Promise<RpcClient> {
  const client = await RpcClient.connect(url);
  closers.push(() => client.close());
  await client.call("server.connection.identify", { client_name: "t", version: "1", type: "other", url: "u" });
  return client;
}

test("the thread serves what the host publishes, and only fields that changed travel", async () => {
  const { client, fake } = prepare(worker);
  const { url } = await client.start();
  client.setState("startup", "Printer is starting");
  client.publish(fake.clock.now(), [["fan", { speed: 0.5, rpm: 900 }]]);
  client.setHelp({ G28: "Homes" });
  client.setState("ready", "Printer is ready");
  const rpc = await connect(url);
  expect(await rpc.call("printer.gcode.help")).toEqual({ G28: "Homes" });
  await rpc.call("printer.objects.subscribe", { objects: { fan: null } });
  client.publish(fake.clock.now(), [["fan", { speed: 0.6, rpm: 900 }]]);
  expect((await rpc.notification("notify_status_update"))[0]).toEqual({ fan: { speed: 0.6 } });
  client.publish(fake.clock.now(), [["fan", { speed: 0.6 }]]);
  expect((await rpc.notification("notify_status_update"))[0]).toEqual({ fan: { rpm: null } });
});

test("a status that cannot be posted keeps nothing else back", async () => {
  const { client, fake, logs } = prepare(worker);
  const { url } = await client.start();
  client.setState("ready", "Printer is ready");
  client.publish(fake.clock.now(), [
    ["good", { value: 1 }],
    ["bad", { value: () => 0, other: 2 }],
  ]);
  const rpc = await connect(url);
  const { status } = await rpc.get("printer.objects.query", { objects: { good: null, bad: null } });
  expect(status).toEqual({ good: { value: 1 }, bad: { other: 2 } });
  expect(logs).toContain("a status field cannot be published");
});

test("the host's errors reach the client with their status", async () => {
  const { client } = prepare(worker, {
    request: (_method, params) => {
      if (JSON.stringify(params).includes("G1")) return Promise.reject(new Error("Must home axis first"));
      return Promise.reject(new FeedRefusal(409, "not now"));
    },
  });
  const { url } = await client.start();
  client.setState("ready", "Printer is ready");
  const rpc = await connect(url);
  expect(await rpc.error("printer.gcode.script", { script: "G1 X1" })).toEqual({
    code: 400,
    message: "Must home axis first",
  });
  expect(await rpc.error("printer.gcode.script", { script: "G28" })).toEqual({ code: 409, message: "not now" });
  client.setState("startup", "Printer is starting");
  expect((await rpc.error("printer.gcode.script", { script: "G1 X1" })).code).toBe(503);
});

test("a feed that fails is restarted, and knows everything at once", async () => {
  const { client, fake, restarted, logs } = prepare(faultyWorker);
  const { url } = await client.start();
  client.publish(fake.clock.now(), [["fan", { speed: 0.5 }]]);
  client.setState("ready", "Printer is ready");
  const rpc = await connect(url);
  const again = restarted();
  const faults = new BroadcastChannel("feed-fault");
  faults.postMessage("now");
  await rpc.closed();
  const address = await again;
  faults.close();
  const second = await connect(address.url);
  expect(await second.get("printer.objects.query", { objects: { fan: null } })).toMatchObject({
    status: { fan: { speed: 0.5 } },
  });
  expect(logs).toContain("the feed failed and will be restarted");
});

test("server.restart brings up a new feed", async () => {
  const { client, restarted } = prepare(worker);
  const { url } = await client.start();
  const again = restarted();
  const rpc = await connect(url);
  expect(await rpc.call("server.restart")).toBe("ok");
  await rpc.closed();
  expect((await again).url).toMatch(/^http/);
});

test("a host that was busy does not start what was given up in the meantime", async () => {
  const started: string[] = [];
  let carriedOut: () => void = () => undefined;
  const done = new Promise<void>((resolve) => {
    carriedOut = resolve;
  });
  const { client, setup } = prepare(compiled("test/support/feed-abandon-worker.js"), {
    request: (_method, params) => {
      started.push(JSON.stringify(params));
      carriedOut();
      return Promise.resolve(null);
    },
  });
  const starting = client.start();
  // Busy until the feed has said all it has to say.
  Atomics.wait(new Int32Array(setup.control), 0, 0, 10_000);
  await starting;
  await done;
  expect(started).toEqual(['{"script":"wanted"}']);
});

test("a feed that ends before it serves anybody is told, and not waited for", async () => {
  const { client } = prepare(compiled("test/support/feed-broken-worker.js"));
  const error = await client.start().then(
    () => undefined,
    (problem: unknown) => problem,
  );
  expect(isHostError(error, "FEED_START")).toBe(true);
  expect(String(error)).toContain("this thread cannot start");
});

test("a port that is in use is told as an error with a fix", async () => {
  const { client } = prepare(worker);
  const { port } = await client.start();
  for (const adapter of ADAPTERS) {
    const second = prepare(worker, {}, { listen: { port, adapter } });
    const error: unknown = await second.client.start().catch((reason: unknown) => reason);
    expect(isHostError(error, "FEED_BIND")).toBe(true);
    expect(isHostError(error) ? error.format().replaceAll(String(port), "PORT") : "").toMatch(
      /^cannot listen on 127\.0\.0\.1:PORT: .+ \(FEED_BIND\)\n {2}To fix: stop the other program/,
    );
  }
});

test.each([
  ["exit", 7],
  ["throw", 1],
])("a host that ends by %s takes the feed down without an abort", (how, status) => {
  const result = spawnSync(process.execPath, [fileURLToPath(exitProgram), how], { timeout: 20_000 });
  expect(result.stdout.toString()).toContain("started");
  expect([result.signal, result.status]).toEqual([null, status]);
});
