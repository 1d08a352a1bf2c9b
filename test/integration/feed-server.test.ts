import { afterEach, describe, expect, test } from "vitest";
import { isRecord, member } from "../../host/feed/json-value.js";
import { ADAPTERS } from "../support/feed-adapters.js";
import { FeedWorld, type SetupChanges } from "../support/feed-world.js";

const worlds: FeedWorld[] = [];

afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close();
});

describe.each(ADAPTERS)("over %s", (adapter) => {
  async function start(changes: SetupChanges = {}): Promise<FeedWorld> {
    const world = await FeedWorld.start(adapter, changes);
    worlds.push(world);
    return world;
  }

  test("no component is listed whose calls are not answered", async () => {
    const world = await start();
    const client = await world.identified();
    const { components } = await client.get("server.info");
    expect(components).toEqual(
      expect.arrayContaining(
        "authorization database file_manager klippy_apis machine data_store proc_stats job_queue history".split(" "),
      ),
    );
    expect(components).toEqual(expect.arrayContaining(["announcements", "webcam", "octoprint_compat"]));
    for (const absent of ["update_manager", "power", "spoolman", "timelapse", "sensor"]) {
      expect(components).not.toContain(absent);
    }
    for (const method of ["machine.update.status", "machine.device_power.devices", "server.spoolman.status"]) {
      expect(await client.error(method)).toEqual({ code: -32601, message: "Method not found" });
    }
  });

  test("server.config says the sizes of the stores", async () => {
    const world = await start();
    const client = await world.identified();
    const { config, orig } = await client.get("server.config");
    expect(config).toMatchObject({ data_store: { temperature_store_size: 1200, gcode_store_size: 1000 } });
    expect(orig).toMatchObject({ data_store: { temperature_store_size: "1200" } });
    expect(await world.result("/server/config")).toMatchObject({ config, files: [] });
  });

  test("the computer and its use are described", async () => {
    const world = await start();
    const client = await world.identified();
    const { system_info: info } = await client.get("machine.system_info");
    expect(info).toMatchObject({
      cpu_info: { cpu_count: expect.any(Number), memory_units: "kB", total_memory: expect.any(Number) },
      distribution: { name: expect.any(String), version_parts: { major: expect.any(String) } },
      network: expect.any(Object),
      instance_ids: { moonraker: expect.any(String) },
    });
    const [update] = await client.notification("notify_proc_stat_update");
    expect(update).toMatchObject({
      moonraker_stats: { cpu_usage: expect.any(Number), memory: expect.any(Number), mem_units: "kB" },
      system_cpu_usage: { cpu: expect.any(Number) },
      system_memory: { total: expect.any(Number), available: expect.any(Number), used: expect.any(Number) },
      websocket_connections: 1,
    });
    const stats = await client.get("machine.proc_stats");
    expect(stats).toMatchObject({ throttled_state: null, system_uptime: expect.any(Number) });
    expect(await world.result("/machine/proc_stats")).toMatchObject({ network: expect.any(Object) });
  });

  test("a batch is answered with one list, in order, errors included", async () => {
    const world = await start();
    world.host.publish("fan", { speed: 1 });
    const client = await world.connect();
    const reply = await client.raw(
      JSON.stringify([
        { jsonrpc: "2.0", method: "server.info", id: "a" },
        { jsonrpc: "2.0", method: "printer.query_endstops.status", id: "slow" },
        { jsonrpc: "2.0", method: "no.such.method", id: 1 },
        { jsonrpc: "2.0", method: "server.info" },
        { method: "server.info", id: 2 },
        7,
        { jsonrpc: "2.0", method: "server.gcode_store", params: [1], id: 3 },
      ]),
    );
    expect(reply).toMatchObject([
      { id: "a", result: { klippy_state: "ready" } },
      { id: "slow", result: {} },
      { id: 1, error: { code: -32601 } },
      { id: 2, error: { code: -32600 } },
      { id: null, error: { code: -32600 } },
      { id: 3, error: { code: -32602 } },
    ]);
  });

  test("what is no request gets the error that says why", async () => {
    const world = await start();
    const client = await world.connect();
    expect(await client.raw("{")).toMatchObject({ id: null, error: { code: -32700 } });
    expect(await client.raw("[]")).toMatchObject({ error: { code: -32600 } });
    expect(await client.raw('"text"')).toMatchObject({ error: { code: -32600 } });
    expect(await client.error("server.gcode_store", { count: "many" })).toMatchObject({ code: 400 });
    const missing = await client.raw('{"jsonrpc":"2.0","method":"printer.gcode.script","id":"x"}');
    expect(missing).toEqual({
      jsonrpc: "2.0",
      error: { code: 400, message: "Missing Argument [script]" },
      id: "x",
    });
  });

  test("JSON-RPC is spoken over HTTP too", async () => {
    const world = await start();
    const reply = await world.post("/server/jsonrpc", { jsonrpc: "2.0", method: "printer.info", id: 5153 });
    expect(await reply.json()).toMatchObject({ jsonrpc: "2.0", id: 5153, result: { state: "ready" } });
  });

  test("HTTP errors have their status and a JSON body", async () => {
    const world = await start();
    const cases: [string, RequestInit, number][] = [
      ["/server/no_such_thing", {}, 404],
      ["/server/info", { method: "DELETE" }, 405],
      ["/printer/gcode/script", { method: "POST" }, 400],
      ["/printer/gcode/script", { method: "POST", body: "{", headers: { "content-type": "application/json" } }, 400],
      ["/server/database/item?namespace=nobody", {}, 404],
      ["/server/gcode_store?count:int=x", {}, 400],
    ];
    for (const [path, init, status] of cases) {
      const response = await world.fetch(path, init);
      expect([path, response.status]).toEqual([path, status]);
      expect(await response.json()).toEqual({ error: { code: status, message: expect.any(String) } });
    }
    const huge = await world.fetch("/server/database/item", { method: "POST", body: "x".repeat(9 * 1024 * 1024) });
    expect(huge.status).toBe(413);
  });

  test("the temperature store has a value a second for every sensor, all lists of one length", async () => {
    const world = await start();
    world.host.publish("heaters", {
      available_heaters: ["extruder"],
      available_sensors: ["extruder", "temperature_sensor host"],
      available_monitors: ["tmc2240 stepper_x"],
    });
    world.host.publish("extruder", { temperature: 21.456, target: 0, power: 0.5 });
    world.host.publish("temperature_sensor host", { temperature: 40 });
    world.host.publish("tmc2240 stepper_x", { temperature: null });
    const client = await world.identified();
    await client.notification("notify_proc_stat_update");
    await client.notification("notify_proc_stat_update");
    const store = await client.get("server.temperature_store");
    expect(Object.keys(store).sort()).toEqual(["extruder", "temperature_sensor host"]);
    const { temperatures, targets, powers } = (isRecord(member(store, "extruder")) &&
      member(store, "extruder")) as Record<string, number[]>;
    expect(temperatures?.at(-1)).toBe(21.46);
    expect([targets?.length, powers?.length]).toEqual([temperatures?.length, temperatures?.length]);
    const all = await client.get("server.temperature_store", { include_monitors: true });
    expect(all["tmc2240 stepper_x"]).toMatchObject({ temperatures: expect.arrayContaining([null]) });
    expect(await world.result("/server/temperature_store?include_monitors=true")).toHaveProperty("extruder");
  });

  test("the console's memory holds commands and responses, oldest first", async () => {
    const world = await start();
    world.host.on("gcode.script", () => ({ result: null }));
    const client = await world.identified();
    await client.call("printer.gcode.script", { script: "M105" });
    world.host.post({ type: "gcode-response", text: "B:22.0 /0.0" });
    await client.notification("notify_gcode_response");
    const { gcode_store: store } = await client.get("server.gcode_store", { count: 2 });
    expect(store).toEqual([
      { message: "M105", time: expect.any(Number), type: "command" },
      { message: "B:22.0 /0.0", time: expect.any(Number), type: "response" },
    ]);
    expect(await world.result("/server/gcode_store?count=1")).toMatchObject({ gcode_store: [{ type: "response" }] });
  });

  test("clients keep settings in namespaces, by paths", async () => {
    const world = await start();
    const client = await world.identified();
    const ns = "mainsail";
    expect(await client.error("server.database.get_item", { namespace: ns })).toMatchObject({ code: -32601 });
    const posted = { namespace: ns, key: "view.tempchart.boolTempchart", value: true };
    expect(await client.get("server.database.post_item", posted)).toEqual(posted);
    await client.call("server.database.post_item", { namespace: ns, key: ["view", "a.b"], value: { c: [1] } });
    await client.call("server.database.post_item", { namespace: ns, key: "initVersion", value: "2.18" });
    expect(await client.get("server.database.get_item", { namespace: ns })).toEqual({
      namespace: ns,
      key: null,
      value: { view: { tempchart: { boolTempchart: true }, "a.b": { c: [1] } }, initVersion: "2.18" },
    });
    expect(await client.get("server.database.get_item", { namespace: ns, key: "view.tempchart" })).toEqual({
      namespace: ns,
      key: "view.tempchart",
      value: { boolTempchart: true },
    });
    expect((await client.error("server.database.get_item", { namespace: ns, key: "view.nope" })).code).toBe(-32601);
    expect(await client.get("server.database.list", { root: "config" })).toMatchObject({
      namespaces: expect.arrayContaining([ns, "gcode_metadata"]),
      backups: [],
    });
    expect(
      await client.get("server.database.delete_item", { namespace: ns, key: "view.tempchart.boolTempchart" }),
    ).toEqual(posted);
    await client.call("server.database.delete_item", { namespace: ns, key: "view" });
    await client.call("server.database.delete_item", { namespace: ns, key: "initVersion" });
    expect((await client.error("server.database.get_item", { namespace: ns })).code).toBe(-32601);
    const http = await world.fetch('/server/database/item?namespace=fluidd&key=ui&value:json={"a":1}', {
      method: "POST",
    });
    expect(await http.json()).toEqual({ result: { namespace: "fluidd", key: "ui", value: { a: 1 } } });
    const gone = await world.fetch("/server/database/item?namespace=fluidd&key=ui", { method: "DELETE" });
    expect(gone.status).toBe(200);
  });

  test("the server's own namespaces can be read and not written", async () => {
    const world = await start();
    const client = await world.identified();
    expect(await client.get("server.database.get_item", { namespace: "webcams" })).toMatchObject({ value: {} });
    for (const namespace of ["moonraker", "gcode_metadata", "webcams"]) {
      const refused = await client.error("server.database.post_item", { namespace, key: "a", value: 1 });
      expect(refused).toMatchObject({ code: 403 });
    }
  });

  test("names that mean something to JavaScript are names like any other", async () => {
    const world = await start();
    const client = await world.identified();
    for (const key of ["__proto__", "constructor", "toString"]) {
      expect((await client.error("server.database.get_item", { namespace: key })).code).toBe(-32601);
      await client.call("server.database.post_item", { namespace: "odd", key: [key, "x"], value: 1 });
      expect(await client.get("server.database.get_item", { namespace: "odd", key: [key, "x"] })).toMatchObject({
        value: 1,
      });
    }
    expect(Object.hasOwn(Object.prototype, "x")).toBe(false);
  });

  test("webcams are kept, found by number or name, and told to all", async () => {
    const configured = { name: "Bed", streamUrl: "/webcam/?action=stream", snapshotUrl: "", service: "mjpegstreamer" };
    const world = await start({ webcams: [configured] as never });
    const [client, other] = [await world.identified(), await world.identified()];
    const added = await client.get("server.webcams.post_item", { name: "Top", stream_url: "http://cam/stream" });
    const { webcam } = added;
    expect(webcam).toMatchObject({ name: "Top", source: "database", rotation: 0, extra_data: {} });
    const uid = isRecord(webcam) ? member(webcam, "uid") : undefined;
    const [told] = await other.notification("notify_webcams_changed");
    expect(told).toMatchObject({ webcams: [{ name: "Bed", source: "config" }, { name: "Top" }] });
    expect(await client.get("server.webcams.post_item", { uid, rotation: 90 })).toMatchObject({
      webcam: { name: "Top", rotation: 90 },
    });
    expect(await client.get("server.webcams.get_item", { name: "Top" })).toMatchObject({ webcam: { uid } });
    expect(await client.get("server.webcams.test", { uid: "config-0" })).toMatchObject({
      stream_url: "http://127.0.0.1/webcam/?action=stream",
      snapshot_reachable: false,
    });
    expect((await client.error("server.webcams.delete_item", { name: "Bed" })).code).toBe(400);
    expect((await client.error("server.webcams.post_item", { name: "Bed", stream_url: "x" })).code).toBe(400);
    await client.call("server.webcams.delete_item", { uid });
    expect(await world.result("/server/webcams/list")).toMatchObject({ webcams: [{ name: "Bed" }] });
  });

  test("there are no announcements", async () => {
    const world = await start();
    const client = await world.identified();
    expect(await client.get("server.announcements.list")).toMatchObject({ entries: [] });
    expect((await client.error("server.announcements.dismiss", { entry_id: "x/y" })).code).toBe(-32601);
  });

  test("logs are rolled over by the host, and can be fetched by their usual names", async () => {
    const world = await start();
    world.host.on("logs.rollover", () => ({ result: { rolled_over: ["klipper"], failed: {} } }));
    const client = await world.identified();
    expect(await client.get("server.logs.rollover", { application: "klipper" })).toMatchObject({ failed: {} });
    expect((await world.host.request("logs.rollover")).params).toEqual({ application: "klipper" });
    expect((await client.error("server.logs.rollover", { application: "nginx" })).code).toBe(400);
    expect((await world.fetch("/server/files/klippy.log")).status).toBe(404);
  });

  test("agents are called by clients and macros, and their events are told", async () => {
    const world = await start();
    const [agent, client] = [await world.identified("agent"), await world.identified()];
    await agent.call("connection.register_remote_method", { method_name: "alert" });
    world.host.post({ type: "remote-call", method: "alert", params: { heater: "extruder" } });
    expect(await agent.next((frame) => isRecord(frame) && member(frame, "method") === "alert")).toEqual({
      jsonrpc: "2.0",
      method: "alert",
      params: { heater: "extruder" },
    });
    expect(await agent.call("connection.send_event", { event: "hot", data: 5 })).toBe("ok");
    expect(await client.notification("notify_agent_event")).toEqual([{ agent: "test-1", event: "hot", data: 5 }]);
    expect(await client.get("server.extensions.list")).toMatchObject({ agents: [{ name: "test-1", type: "agent" }] });
    const asked = client.call("server.extensions.request", { agent: "test-1", method: "sum", arguments: { a: 1 } });
    const call = await agent.next((frame) => isRecord(frame) && member(frame, "method") === "sum");
    const id = isRecord(call) ? member(call, "id") : undefined;
    agent.socket.send(JSON.stringify({ jsonrpc: "2.0", id, result: 42 }));
    expect(await asked).toBe(42);
    agent.close();
    expect(await client.notification("notify_agent_event")).toEqual([{ agent: "test-1", event: "disconnected" }]);
  });

  test("slicers that look for OctoPrint find it", async () => {
    const world = await start();
    world.host.publish("heaters", { available_heaters: ["extruder", "heater_bed"], available_sensors: [] });
    world.host.publish("extruder", { temperature: 200, target: 210 });
    world.host.publish("heater_bed", { temperature: 60, target: 60 });
    world.host.on("gcode.script", () => ({ result: null }));
    await world.settled();
    const get = async (path: string): Promise<unknown> => (await world.fetch(path)).json();
    expect(await get("/api/version")).toMatchObject({ api: "0.1", text: expect.stringContaining("OctoPrint") });
    expect(await get("/api/server")).toMatchObject({ server: "1.5.0" });
    expect((await world.fetch("/api/version", { headers: { "x-api-key": "anything" } })).status).toBe(200);
    expect(await (await world.post("/api/login")).json()).toMatchObject({ name: "_api" });
    expect(await get("/api/settings")).toHaveProperty("webcam");
    expect(await get("/api/job")).toMatchObject({ state: "Operational", job: { file: { name: null } } });
    expect(await get("/api/printer")).toMatchObject({
      temperature: { tool0: { actual: 200, target: 210 }, bed: { actual: 60 } },
      state: { flags: { operational: true, printing: false } },
    });
    expect(await get("/api/printerprofiles")).toHaveProperty("profiles");
    const command = await world.post("/api/printer/command", { commands: ["G28", "M105"] });
    expect([command.status, await command.json()]).toEqual([200, {}]);
    expect((await world.host.request("gcode.script")).params).toEqual({ script: "G28" });
  });

  test("metrics are readable for Prometheus", async () => {
    const world = await start();
    world.host.publish("heaters", { available_sensors: ["extruder"] });
    world.host.publish("extruder", { temperature: 200.5, target: 210, power: 0.25 });
    await world.settled();
    const response = await world.fetch("/metrics");
    expect(response.headers.get("content-type")).toContain("version=0.0.4");
    const text = await response.text();
    expect(text).toContain('steadyhand_temperature_celsius{sensor="extruder"} 200.5\n');
    expect(text).toContain('steadyhand_printer_state{state="ready"} 1\n');
    for (const line of text.trimEnd().split("\n")) {
      expect(line).toMatch(/^(# (HELP|TYPE) steadyhand_\w+ .+|steadyhand_\w+(\{\w+="[^"]*"\})? -?[\d.e+-]+)$/);
    }
  });
});
