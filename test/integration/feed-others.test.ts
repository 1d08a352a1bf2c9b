import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { Agent } from "node:https";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import mqtt, { type MqttClient } from "mqtt";
import { afterEach, describe, expect, test } from "vitest";
import { isRecord, type JsonRecord, member } from "../../host/feed/json-value.js";
import { isHostError } from "../../host/shared/errors.js";
import { ADAPTERS } from "../support/feed-adapters.js";
import { hasProgram } from "../support/feed-programs.js";
import { RpcClient } from "../support/feed-rpc.js";
import { FeedWorld, type SetupChanges } from "../support/feed-world.js";

const closers: (() => Promise<unknown> | unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

function temporary(): string {
  const folder = mkdtempSync(join(tmpdir(), "steadyhand-others-"));
  closers.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function start(changes: SetupChanges = {}, ready = true): Promise<FeedWorld> {
  const world = await FeedWorld.start("node", changes, ready);
  closers.push(() => world.close());
  return world;
}

/** A client of Klipper's own API. */
class KlipperClient {
  readonly frames: JsonRecord[] = [];
  readonly socket: Socket;
  readonly ended: Promise<void>;
  #rest = "";
  #wake: () => void = () => undefined;

  constructor(path: string) {
    this.socket = connect(path);
    closers.push(() => this.socket.destroy());
    this.socket.setEncoding("utf8");
    this.ended = new Promise((resolve) => this.socket.on("close", () => resolve()));
    this.socket.on("data", (data: string) => {
      const parts = (this.#rest + data).split("\u0003");
      this.#rest = parts.pop() ?? "";
      this.frames.push(...parts.map((part) => JSON.parse(part) as JsonRecord));
      this.#wake();
    });
  }

  send(request: unknown): void {
    this.socket.write(`${JSON.stringify(request)}\u0003`);
  }

  async next(fits: (frame: JsonRecord) => boolean): Promise<JsonRecord> {
    for (;;) {
      const index = this.frames.findIndex(fits);
      const [found] = index < 0 ? [] : this.frames.splice(index, 1);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** The result or the error of a request. */
  async call(method: string, params?: unknown): Promise<unknown> {
    this.send({ id: method, method, ...(params === undefined ? {} : { params }) });
    const reply = await this.next((frame) => member(frame, "id") === method);
    return member(reply, "result") ?? member(reply, "error");
  }
}

describe("Klipper's own API", () => {
  async function startWithSocket(): Promise<{ world: FeedWorld; client: KlipperClient; path: string }> {
    const path = join(temporary(), "api.sock");
    const world = await start({ listen: { apiSocket: path } });
    world.host.publish("toolhead", { homed_axes: "xy", position: [1, 2, 3, 4] });
    world.host.post({ type: "gcode-help", help: { G28: "Homes" } });
    world.host.post({ type: "endpoints", names: ["bed_mesh/dump_mesh"] });
    await world.settled();
    return { world, client: new KlipperClient(path), path };
  }

  test("answers what an existing Moonraker asks", async () => {
    const { world, client, path } = await startWithSocket();
    expect(statSync(path).mode & 0o777).toBe(0o660);
    expect(await client.call("info", { client_info: { program: "Moonraker" } })).toMatchObject({
      state: "ready",
      state_message: "Printer is ready",
      process_id: process.pid,
    });
    expect(await client.call("list_endpoints")).toMatchObject({
      endpoints: expect.arrayContaining(["info", "gcode/script", "pause_resume/pause", "bed_mesh/dump_mesh"]),
    });
    expect(await client.call("objects/list")).toMatchObject({ objects: expect.arrayContaining(["toolhead"]) });
    const objects = { toolhead: ["homed_axes", "none"], webhooks: null, nope: null };
    expect(await client.call("objects/query", { objects })).toMatchObject({
      eventtime: expect.any(Number),
      status: { toolhead: { homed_axes: "xy", none: null }, webhooks: { state: "ready" }, nope: {} },
    });
    expect(await client.call("gcode/help")).toEqual({ G28: "Homes" });
    for (const method of ["gcode.script", "print.pause", "print.resume", "print.cancel", "restart"] as const) {
      world.host.on(method, () => ({ result: null }));
    }
    world.host.on("firmware_restart", () => ({ result: null }));
    world.host.on("query_endstops", () => ({ result: { x: "open" } }));
    world.host.on("endpoint", ({ params }) => ({ result: params }));
    expect(await client.call("gcode/script", { script: "G28" })).toEqual({});
    for (const method of ["pause_resume/pause", "pause_resume/resume", "pause_resume/cancel"]) {
      expect(await client.call(method)).toEqual({});
    }
    expect([await client.call("gcode/restart"), await client.call("gcode/firmware_restart")]).toEqual([{}, {}]);
    expect(await client.call("query_endstops/status")).toEqual({ x: "open" });
    expect(await client.call("bed_mesh/dump_mesh", { a: 1 })).toEqual({ name: "bed_mesh/dump_mesh", params: { a: 1 } });
    expect(await client.call("emergency_stop")).toEqual({});
    expect(world.host.control.takeStop()).toBe(true);
  });

  test("subscriptions, command output and remote methods use the client's templates", async () => {
    const { world, client } = await startWithSocket();
    const template = { response_template: { method: "process_status_update" } };
    expect(await client.call("objects/subscribe", { objects: { toolhead: null }, ...template })).toMatchObject({
      status: { toolhead: { homed_axes: "xy", position: [1, 2, 3, 4] } },
    });
    world.host.publish("toolhead", { homed_axes: "xyz" });
    const update = await client.next((frame) => member(frame, "method") === "process_status_update");
    expect(update).toEqual({
      method: "process_status_update",
      params: { eventtime: expect.any(Number), status: { toolhead: { homed_axes: "xyz" } } },
    });
    expect(await client.call("gcode/subscribe_output", { response_template: { key: 345 } })).toEqual({});
    world.host.post({ type: "gcode-response", text: "ok B:22.8 /0.0" });
    expect(await client.next((frame) => member(frame, "key") === 345)).toEqual({
      key: 345,
      params: { response: "ok B:22.8 /0.0" },
    });
    const beep = { response_template: { action: "run_beep" }, remote_method: "beep" };
    expect(await client.call("register_remote_method", beep)).toEqual({});
    world.host.post({ type: "remote-call", method: "beep", params: { frequency: 300 } });
    expect(await client.next((frame) => member(frame, "action") === "run_beep")).toEqual({
      action: "run_beep",
      params: { frequency: 300 },
    });
    // A restart of the printer ends the connection.
    world.host.state("disconnected");
    await client.ended;
  });

  test("errors have their form, and what is no request gets no answer", async () => {
    const { world, client } = await startWithSocket();
    world.host.on("gcode.script", () => ({ status: 400, message: "Must home axis first" }));
    expect(await client.call("gcode/script", { script: "G1 X5" })).toEqual({
      error: "WebRequestError",
      message: "Must home axis first",
    });
    expect(await client.call("gcode/script", {})).toMatchObject({ message: "Missing Argument [script]" });
    expect(await client.call("no/such")).toMatchObject({ error: "WebRequestError" });
    client.socket.write("garbage\u0003[1]\u0003{}\u0003");
    client.send({ method: "info" });
    client.send({ method: "info", id: null });
    expect(await client.call("info")).toHaveProperty("state");
    expect(client.frames).toEqual([]);
  });

  test("it is spoken on a websocket too", async () => {
    const { world } = await startWithSocket();
    const { WebSocket } = await import("ws");
    const socket = new WebSocket(`${world.url.replace("http", "ws")}klippysocket`);
    closers.push(() => socket.terminate());
    await new Promise((resolve) => socket.on("open", resolve));
    socket.send('{"id":7,"method":"info"}');
    const reply = await new Promise<string>((resolve) => socket.on("message", (data) => resolve(data.toString())));
    expect(JSON.parse(reply)).toMatchObject({ id: 7, result: { state: "ready" } });
    const stranger = new WebSocket(`${world.url.replace("http", "ws")}klippysocket`, {
      headers: { "x-real-ip": "203.0.113.7" },
    });
    const error = await new Promise<Error>((resolve) => stranger.on("error", resolve));
    expect(error.message).toContain("401");
  });

  test("a socket file that is left over is replaced, one in use is not", async () => {
    const path = join(temporary(), "api.sock");
    writeFileSync(path, "");
    const world = await start({ listen: { apiSocket: path } });
    expect(await new KlipperClient(path).call("info")).toHaveProperty("state");
    const second = await start({ listen: { apiSocket: path } }).catch((error: unknown) => error);
    expect(isHostError(second, "FEED_BIND") ? second.format().replace(path, "PATH") : "").toMatchInlineSnapshot(`
      "cannot listen on the socket 'PATH': another program listens there (FEED_BIND)
        To fix: stop the other program that uses this socket, or choose another path with --api-socket."
    `);
    expect(await world.result("/server/info")).toBeDefined();
  });
});

describe.skipIf(!hasProgram("mosquitto"))("MQTT", () => {
  async function freePort(): Promise<number> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    await new Promise((resolve) => server.close(resolve));
    return isRecord(address) ? Number(member(address, "port")) : 0;
  }

  async function broker(port: number): Promise<ChildProcess> {
    const folder = temporary();
    writeFileSync(join(folder, "m.conf"), `listener ${port} 127.0.0.1\nallow_anonymous true\n`);
    const child = spawn("mosquitto", ["-c", join(folder, "m.conf")], { stdio: "ignore" });
    closers.push(() => {
      child.kill("SIGKILL");
    });
    await new Promise<void>((resolve) => {
      const probe = (): void => {
        const socket = connect(port, "127.0.0.1", () => {
          socket.destroy();
          resolve();
        });
        socket.on("error", () => setImmediate(probe));
      };
      probe();
    });
    return child;
  }

  class Listener {
    readonly client: MqttClient;
    readonly messages: { topic: string; value: unknown }[] = [];
    #wake: () => void = () => undefined;

    constructor(port: number) {
      this.client = mqtt.connect(`mqtt://127.0.0.1:${port}`);
      closers.push(() => this.client.endAsync(true));
      this.client.on("message", (topic, payload) => {
        const text = payload.toString();
        this.messages.push({ topic, value: text === "" ? "" : (JSON.parse(text) as unknown) });
        this.#wake();
      });
    }

    async next(topic: string): Promise<unknown> {
      for (;;) {
        const index = this.messages.findIndex((message) => message.topic === topic);
        const [found] = index < 0 ? [] : this.messages.splice(index, 1);
        if (found !== undefined) return found.value;
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }

  async function startWithBroker(split: boolean): Promise<{ world: FeedWorld; listener: Listener; port: number }> {
    const port = await freePort();
    await broker(port);
    const listener = new Listener(port);
    await listener.client.subscribeAsync("#");
    const setup = {
      url: `mqtt://127.0.0.1:${port}`,
      instance: "bench",
      objects: { fan: ["speed"], "heater bed": null },
      intervalS: 0.05,
      split,
      api: true,
    };
    const world = await start({ mqtt: setup as never }, false);
    return { world, listener, port };
  }

  test("status goes to the broker, complete first, then what changes", async () => {
    const { world, listener } = await startWithBroker(false);
    expect(await listener.next("bench/moonraker/status")).toEqual({ server: "online" });
    world.host.state("startup");
    world.host.publish("fan", { speed: 0.5, rpm: 100 });
    world.host.state("ready");
    expect(await listener.next("bench/klipper/status")).toMatchObject({
      eventtime: expect.any(Number),
      status: { fan: { speed: 0.5 } },
    });
    world.host.publish("fan", { speed: 0.6, rpm: 200 });
    expect(await listener.next("bench/klipper/status")).toMatchObject({ status: { fan: { speed: 0.6 } } });
    world.host.post({
      type: "remote-call",
      method: "publish_mqtt_topic",
      params: { topic: "alert", payload: { hot: true }, use_prefix: true },
    });
    expect(await listener.next("bench/alert")).toEqual({ hot: true });
    listener.client.publish("bench/moonraker/api/request", '{"jsonrpc":"2.0","method":"printer.info","id":9}');
    expect(await listener.next("bench/moonraker/api/response")).toMatchObject({ id: 9, result: { state: "ready" } });
    await world.feed.stop();
    expect(await listener.next("bench/moonraker/status")).toEqual({ server: "offline" });
  });

  test("each field can have a topic of its own", async () => {
    const { world, listener } = await startWithBroker(true);
    world.host.state("startup");
    world.host.publish("heater bed", { temperature: 60.5, target: 61 });
    world.host.state("ready");
    expect(await listener.next("bench/klipper/state/heater bed/temperature")).toMatchObject({ value: 60.5 });
    expect(await listener.next("bench/klipper/state/heater bed/target")).toMatchObject({ value: 61 });
  });

  test("a broker that is not there keeps nothing back", async () => {
    const setup = { url: `mqtt://127.0.0.1:${await freePort()}`, instance: "x", objects: { fan: null }, intervalS: 1 };
    const world = await start({ mqtt: { ...setup, split: false, api: true } as never });
    expect(await world.result("/server/info")).toMatchObject({ klippy_state: "ready" });
    await world.host.logged("mqtt broker refused or failed");
  });
});

describe.skipIf(!hasProgram("openssl")).each(ADAPTERS)("TLS over %s", (adapter) => {
  function certificate(): { certificate: string; key: string } {
    const folder = temporary();
    const files = { certificate: join(folder, "cert.pem"), key: join(folder, "key.pem") };
    const options = [
      "req",
      "-x509",
      "-newkey",
      "ec",
      "-pkeyopt",
      "ec_paramgen_curve:prime256v1",
      "-nodes",
      "-days",
      "2",
    ];
    execFileSync("openssl", [...options, "-subj", "/CN=localhost", "-keyout", files.key, "-out", files.certificate], {
      stdio: "ignore",
    });
    return files;
  }

  test("the same is served with certificate files", async () => {
    const world = await FeedWorld.start(adapter, { listen: { tls: certificate() } }, false);
    closers.push(() => world.close());
    expect(world.url).toMatch(/^https:/);
    const client = await RpcClient.connect(world.url, { rejectUnauthorized: false, agent: new Agent() });
    closers.push(() => client.close());
    expect(await client.get("server.info")).toHaveProperty("klippy_state");
  });

  test("files that cannot be used are told with a fix", async () => {
    const { certificate: good } = certificate();
    for (const tls of [
      { certificate: good, key: "/nonexistent/key.pem" },
      { certificate: good, key: good },
    ]) {
      const error: unknown = await FeedWorld.start(adapter, { listen: { tls } }, false).catch(
        (reason: unknown) => reason,
      );
      expect(isHostError(error, "FEED_TLS") ? error.fix : error).toMatchInlineSnapshot(
        `"give PEM files that this user may read: the certificate with its chain, and its private key."`,
      );
    }
  });
});
