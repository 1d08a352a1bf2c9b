import { connect, type Socket } from "node:net";
import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { isRecord, member } from "../../host/feed/json-value.js";
import { ADAPTERS } from "../support/feed-adapters.js";
import { FeedWorld } from "../support/feed-world.js";

const worlds: FeedWorld[] = [];
const sockets: Socket[] = [];

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const world of worlds.splice(0)) await world.close();
});

const HANDSHAKE =
  "GET /websocket HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

describe.each(ADAPTERS)("over %s", (adapter) => {
  async function start(): Promise<FeedWorld> {
    const world = await FeedWorld.start(adapter);
    worlds.push(world);
    return world;
  }

  /** A connection that never reads what it is sent. */
  function deaf(world: FeedWorld, text: string): Promise<Socket> {
    const socket = connect(world.feed.address.port, "127.0.0.1");
    sockets.push(socket);
    socket.on("error", () => undefined);
    socket.pause();
    return new Promise((resolve) => {
      socket.on("connect", () => socket.write(text, () => resolve(socket)));
    });
  }

  test("whatever a client sends, the next good request is answered", async () => {
    const world = await start();
    const client = await world.connect();
    const request = fc.oneof(
      fc.json(),
      fc.string(),
      fc.record({ jsonrpc: fc.constantFrom("2.0", "1.0", 2), method: fc.anything(), id: fc.anything() }).map(safeJson),
      fc
        .record({
          jsonrpc: fc.constant("2.0"),
          method: fc.constantFrom(
            "server.database.post_item",
            "server.database.get_item",
            "printer.objects.query",
            "printer.objects.subscribe",
            "server.files.get_directory",
            "server.files.metadata",
            "server.history.list",
            "server.gcode_store",
            "server.job_queue.post_job",
            "server.webcams.post_item",
            "access.login",
            "server.connection.identify",
          ),
          params: fc.dictionary(
            fc.constantFrom(
              "namespace",
              "key",
              "value",
              "objects",
              "path",
              "filename",
              "limit",
              "filenames",
              "rate",
              "uid",
            ),
            fc.jsonValue(),
          ),
          id: fc.integer(),
        })
        .map(safeJson),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(request, { maxLength: 5 }), async (frames) => {
        for (const frame of frames) client.socket.send(frame);
        client.socket.send(safeJson(frames));
        expect(await client.get("server.info")).toHaveProperty("klippy_state");
      }),
      { numRuns: 60 },
    );
    expect(world.host.notices.filter((notice) => notice.type === "log" && notice.level === "error")).toEqual([]);
  });

  test("whatever comes in over HTTP, the next good request is answered", async () => {
    const world = await start();
    const { port } = world.feed.address;
    const line = fc.tuple(
      fc.constantFrom("GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD", "BREW"),
      fc.oneof(
        fc.webPath(),
        fc.string(),
        fc.constantFrom("/server/files/gcodes/%", "/server/files/upload", "//", "/.."),
      ),
      fc.constantFrom("HTTP/1.1", "HTTP/1.0", "HTTP/9"),
    );
    const text = fc.oneof(
      fc.string(),
      fc.tuple(line, fc.string()).map(([[verb, path, version], body]) => {
        return `${verb} ${path} ${version}\r\nHost: localhost\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
      }),
    );
    await fc.assert(
      fc.asyncProperty(text, async (bytes) => {
        const socket = connect(port, "127.0.0.1");
        sockets.push(socket);
        socket.on("error", () => undefined);
        await new Promise<void>((resolve) => socket.write(bytes, () => resolve()));
        socket.end();
        expect((await world.fetch("/server/info")).status).toBe(200);
      }),
      { numRuns: 60 },
    );
    expect(world.host.notices.filter((notice) => notice.type === "log" && notice.level === "error")).toEqual([]);
  });

  test("a frame that is too large ends its own connection and no other", async () => {
    const world = await start();
    const [big, other] = [await world.connect(), await world.connect()];
    big.socket.on("error", () => undefined);
    big.socket.send(`{"jsonrpc":"2.0","method":"${"x".repeat(9 * 1024 * 1024)}","id":1}`);
    await big.closed();
    expect(await other.get("server.info")).toHaveProperty("klippy_state");
  });

  test("deep nesting and binary frames are requests like any other", async () => {
    const world = await start();
    const client = await world.connect();
    const deep = `${'{"a":'.repeat(20_000)}1${"}".repeat(20_000)}`;
    const post = `{"jsonrpc":"2.0","method":"server.database.post_item","id":"d","params":{"namespace":"n","key":"k","value":${deep}}}`;
    expect(await client.raw(post)).toHaveProperty("id", "d");
    client.socket.send(Buffer.from('{"jsonrpc":"2.0","method":"server.info","id":"b"}'));
    expect(await client.next((frame) => isRecord(frame) && member(frame, "id") === "b")).toHaveProperty("result");
  });

  test("a client that does not read is disconnected and holds up nobody", async () => {
    const world = await start();
    await deaf(world, HANDSHAKE);
    const client = await world.identified();
    expect(await client.get("server.info")).toMatchObject({ websocket_count: 2 });
    const line = `// ${"x".repeat(64_000)}`;
    for (let i = 0; i < 400 && !isDropped(world); i++) {
      world.host.post({ type: "gcode-response", text: line });
      await client.notification("notify_gcode_response");
    }
    await world.host.logged("client disconnected");
    while (member(await client.get("server.info"), "websocket_count") !== 1);
    expect(await (await world.fetch("/metrics")).text()).toContain("steadyhand_clients_dropped_total 1\n");
  });

  test("updates for a client that reads slowly are merged, not piled up", async () => {
    const world = await start();
    world.host.publish("big", { text: "", count: 0 });
    await world.settled();
    const subscribe = `{"jsonrpc":"2.0","method":"printer.objects.subscribe","id":1,"params":{"objects":{"big":null},"rate":60}}`;
    const slow = new WebSocket(`${world.url.replace("http", "ws")}websocket`);
    await new Promise((resolve) => slow.on("open", resolve));
    let latest: unknown;
    let updates = 0;
    slow.on("message", (data) => {
      const frame = JSON.parse(data.toString()) as unknown;
      if (!isRecord(frame) || member(frame, "method") !== "notify_status_update") return;
      updates++;
      [latest] = member(frame, "params") as unknown[];
    });
    slow.send(subscribe);
    await new Promise((resolve) => slow.once("message", resolve));
    slow.pause();
    const client = await world.identified();
    await client.call("printer.objects.subscribe", { objects: { big: ["count"] }, rate: 60 });
    // More than all buffers on the way can hold.
    for (let count = 1; count <= 60; count++) {
      world.host.publish("big", { text: `${count} ${"x".repeat(300_000)}`, count });
      await client.next((frame) => JSON.stringify(frame).includes(`"count":${count}`));
    }
    const metrics = await (await world.fetch("/metrics")).text();
    expect(Number(/^steadyhand_updates_put_off_total (\d+)$/m.exec(metrics)?.[1])).toBeGreaterThan(0);
    expect(Number(/^steadyhand_client_backlog_bytes (\d+)$/m.exec(metrics)?.[1])).toBeLessThan(2_000_000);
    slow.resume();
    while (!isRecord(latest) || !JSON.stringify(latest).includes('"count":60')) {
      await new Promise((resolve) => slow.once("message", resolve));
    }
    expect(updates).toBeLessThan(60);
    slow.terminate();
  });

  test("connections that say nothing, or half of something, disturb nobody", async () => {
    const world = await start();
    const client = await world.identified();
    const halves = ["", "GET / HT", HANDSHAKE.slice(0, 60), "POST /server/files/upload HTTP/1.1\r\nHost: a\r\n"];
    for (let i = 0; i < 400; i++) await deaf(world, halves[i % halves.length] ?? "");
    expect(await client.get("server.info")).toHaveProperty("klippy_state", "ready");
    const attempts = Array.from({ length: 2000 }, (_, i) => i);
    for (const i of attempts) {
      const socket = connect(world.feed.address.port, "127.0.0.1");
      socket.on("error", () => undefined);
      await new Promise<void>((resolve) => socket.on("connect", () => resolve()));
      if (i % 2 === 0) socket.write(HANDSHAKE);
      socket.destroy();
    }
    expect((await world.fetch("/server/info")).status).toBe(200);
    while (member(await client.get("server.info"), "websocket_count") !== 1);
  });

  test("who asks too much is told to slow down", async () => {
    const world = await start();
    const client = await world.connect();
    const many = Array.from({ length: 1000 }, (_, id) => ({ jsonrpc: "2.0", method: "server.info", id }));
    for (let i = 0; i < 6; i++) client.socket.send(JSON.stringify(many));
    const refused = await client.next((frame) => isRecord(frame) && isRecord(member(frame, "error")));
    expect(refused).toMatchObject({ error: { code: 429 } });
    const guess = () => world.fetch("/printer/info", { headers: { "x-real-ip": "203.0.113.7" } });
    const statuses = await Promise.all(Array.from({ length: 400 }, async () => (await guess()).status));
    expect(new Set(statuses)).toEqual(new Set([401, 429]));
    expect((await world.fetch("/printer/info")).status).toBe(200);
  });
});

function isDropped(world: FeedWorld): boolean {
  return world.host.notices.some((notice) => notice.type === "log" && notice.text === "client disconnected");
}

function safeJson(value: unknown): string {
  try {
    return JSON.stringify(value) ?? "null";
  } catch {
    return "null";
  }
}
