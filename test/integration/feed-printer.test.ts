import { afterEach, describe, expect, test } from "vitest";
import { isRecord, member } from "../../host/feed/json-value.js";
import type { SnapshotLayout } from "../../host/shared/snapshot.js";
import { hostTime } from "../../host/shared/units.js";
import { ADAPTERS } from "../support/feed-adapters.js";
import { FeedWorld } from "../support/feed-world.js";

const worlds: FeedWorld[] = [];

afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close();
});

describe.each(ADAPTERS)("over %s", (adapter) => {
  async function start(ready = true): Promise<FeedWorld> {
    const world = await FeedWorld.start(adapter, {}, ready);
    worlds.push(world);
    return world;
  }

  async function startWithObjects(): Promise<FeedWorld> {
    const world = await start();
    world.host.publish("toolhead", { homed_axes: "xy", max_velocity: 300 });
    world.host.publish("fan", { speed: 0.5, rpm: null });
    world.host.publish("gcode_macro PAUSE", {});
    await world.settled();
    return world;
  }

  test("identify gives a connection its number, once, and needs all four arguments", async () => {
    const world = await start();
    const client = await world.connect();
    expect(await client.error("server.connection.identify", { client_name: "t" })).toEqual({
      code: 400,
      message: "Missing Argument [version]",
    });
    const who = { client_name: "t", version: "1", type: "web", url: "u" };
    const { connection_id: id } = await client.get("server.connection.identify", who);
    expect(id).toBeTypeOf("number");
    expect(await client.get("server.websocket.id")).toEqual({ websocket_id: id });
    expect((await client.error("server.connection.identify", who)).code).toBe(400);
  });

  test("server.info follows the printer's state", async () => {
    const world = await start(false);
    const client = await world.identified();
    expect(await client.get("server.info")).toMatchObject({
      klippy_connected: false,
      klippy_state: "disconnected",
      websocket_count: 1,
      api_version: [1, 5, 0],
    });
    world.host.state("startup");
    world.host.state("ready");
    await client.notification("notify_klippy_ready");
    expect(await client.get("server.info")).toMatchObject({ klippy_connected: true, klippy_state: "ready" });
    expect(await world.result("/server/info")).toMatchObject({ klippy_state: "ready" });
  });

  test("printer.info has what clients show", async () => {
    const world = await start();
    const client = await world.identified();
    const info = await client.get("printer.info");
    expect(info).toMatchObject({ state: "ready", state_message: "Printer is ready", app: "Steadyhand" });
    expect(member(info, "software_version")).toMatch(/^v\d+\.\d+\.\d+-\d+-/);
    expect(await world.result("/printer/info")).toEqual(info);
  });

  test("every call of a printer that is not there is answered with 503 and words", async () => {
    const world = await start(false);
    const client = await world.identified();
    for (const method of ["printer.info", "printer.objects.list", "printer.gcode.help", "printer.print.pause"]) {
      const { code, message } = await client.error(method);
      expect([method, code]).toEqual([method, 503]);
      expect(message).toContain("not connected");
    }
    expect((await world.fetch("/printer/info")).status).toBe(503);
  });

  test("objects are listed and queried from memory", async () => {
    const world = await startWithObjects();
    const client = await world.identified();
    const { objects } = await client.get("printer.objects.list");
    expect(objects).toEqual(expect.arrayContaining(["webhooks", "toolhead", "fan", "gcode_macro PAUSE", "steadyhand"]));
    const asked = { toolhead: ["homed_axes", "nonsense"], fan: null, no_such_thing: null, "gcode_macro PAUSE": null };
    const { status, eventtime } = await client.get("printer.objects.query", { objects: asked });
    expect(status).toEqual({
      toolhead: { homed_axes: "xy", nonsense: null },
      fan: { speed: 0.5, rpm: null },
      no_such_thing: {},
      "gcode_macro PAUSE": {},
    });
    expect(eventtime).toBeTypeOf("number");
    expect(await world.result("/printer/objects/query?toolhead=homed_axes&fan")).toMatchObject({
      status: { toolhead: { homed_axes: "xy" }, fan: { speed: 0.5, rpm: null } },
    });
    const posted = await world.post("/printer/objects/query", { objects: { fan: ["speed"] } });
    expect(await posted.json()).toMatchObject({ result: { status: { fan: { speed: 0.5 } } } });
  });

  test("a subscription answers with the complete state, then sends only what changed", async () => {
    const world = await startWithObjects();
    const client = await world.identified();
    const reply = await client.get("printer.objects.subscribe", { objects: { toolhead: null, fan: ["speed"] } });
    expect(member(reply, "status")).toEqual({ toolhead: { homed_axes: "xy", max_velocity: 300 }, fan: { speed: 0.5 } });
    world.host.publish("toolhead", { homed_axes: "xyz", max_velocity: 300 });
    world.host.publish("fan", { speed: 0.5, rpm: 1200 });
    const [status, eventtime] = await client.notification("notify_status_update");
    expect(status).toEqual({ toolhead: { homed_axes: "xyz" } });
    expect(eventtime).toBeTypeOf("number");
  });

  test("a new subscription replaces the former, and an empty one ends it", async () => {
    const world = await startWithObjects();
    const client = await world.identified();
    await client.call("printer.objects.subscribe", { objects: { toolhead: null } });
    await client.call("printer.objects.subscribe", { objects: { fan: null } });
    world.host.publish("toolhead", { homed_axes: "" });
    world.host.publish("fan", { speed: 1 });
    expect((await client.notification("notify_status_update"))[0]).toEqual({ fan: { speed: 1 } });
    await client.call("printer.objects.subscribe", { objects: {} });
    world.host.publish("fan", { speed: 0 });
    const other = await world.identified();
    await other.call("printer.objects.subscribe", { objects: { fan: null } });
    world.host.publish("fan", { speed: 0.25 });
    await other.notification("notify_status_update");
    expect(
      client.frames.filter((frame) => isRecord(frame) && member(frame, "method") === "notify_status_update"),
    ).toEqual([]);
  });

  test("subscriptions may be faster and say the ages of what they send", async () => {
    const world = await startWithObjects();
    const client = await world.identified();
    const reply = await client.get("printer.objects.subscribe", { objects: { fan: null }, rate: 60, ages: true });
    expect(member(reply, "ages")).toMatchObject({ fan: expect.any(Number) });
    for (let i = 1; i <= 5; i++) {
      world.host.publish("fan", { speed: i / 10 });
      const [, , more] = await client.notification("notify_status_update");
      expect(more).toMatchObject({ ages: { fan: expect.any(Number) } });
    }
    expect(await client.get("server.status_ages")).toMatchObject({ ages: { fan: expect.any(Number) } });
  });

  test("the machine's snapshot shows in the objects without a message", async () => {
    const world = await start();
    const layout: SnapshotLayout = {
      slots: 8,
      fields: [
        { object: "motion_report", field: "live_position", slot: 2, kind: "list", width: 4, digits: 3 },
        { object: "extruder", field: "temperature", slot: 6, kind: "number", width: 1, digits: 2 },
      ],
    };
    const writer = world.host.snapshot(layout);
    world.host.publish("extruder", { temperature: 1, can_extrude: false });
    writer.values.set([10, 20, 0.30004, 1, 211.456], 2);
    writer.publish(world.host.clock.now());
    await world.settled();
    const client = await world.identified();
    const ask = { objects: { motion_report: null, extruder: null }, ages: true };
    const first = await client.get("printer.objects.query", ask);
    expect(member(first, "status")).toEqual({
      motion_report: { live_position: [10, 20, 0.3, 1] },
      extruder: { temperature: 211.46, can_extrude: false },
    });
    writer.values[6] = Number.NaN;
    writer.publish(hostTime(world.host.clock.now() - 5));
    const second = await client.get("printer.objects.query", ask);
    expect(member(second, "status")).toMatchObject({ extruder: { temperature: null } });
    const { ages } = second;
    expect(isRecord(ages) ? Number(member(ages, "extruder")) : 0).toBeGreaterThan(4.9);
  });

  test("a script is answered when it has run, and holds up nothing else", async () => {
    const world = await start();
    const client = await world.identified();
    const script = client.call("printer.gcode.script", { script: "G28" });
    const request = await world.host.request("gcode.script");
    expect(request.params).toEqual({ script: "G28" });
    expect(await client.get("server.info")).toMatchObject({ klippy_state: "ready" });
    world.host.reply(request.id, null);
    expect(await script).toBe("ok");
    world.host.on("gcode.script", () => ({ status: 400, message: "Must home axis first" }));
    expect(await client.error("printer.gcode.script", { script: "G1 X5" })).toEqual({
      code: 400,
      message: "Must home axis first",
    });
    expect(await client.error("printer.gcode.script")).toEqual({ code: 400, message: "Missing Argument [script]" });
    const response = await world.post("/printer/gcode/script", { script: "G1 X5" });
    expect([response.status, await response.json()]).toEqual([
      400,
      { error: { code: 400, message: "Must home axis first" } },
    ]);
  });

  test("print control passes to the host with the file's name", async () => {
    const world = await start();
    for (const method of ["print.start", "print.pause", "print.resume", "print.cancel"] as const) {
      world.host.on(method, () => ({ result: null }));
    }
    const client = await world.identified();
    expect(await client.call("printer.print.start", { filename: "/sub/benchy.gcode" })).toBe("ok");
    expect((await world.host.request("print.start")).params).toEqual({ filename: "sub/benchy.gcode" });
    expect(await client.call("printer.print.pause")).toBe("ok");
    expect(await client.call("printer.print.resume")).toBe("ok");
    expect(await client.call("printer.print.cancel")).toBe("ok");
    expect((await world.post("/printer/print/cancel")).status).toBe(200);
    world.host.on("print.start", () => ({ status: 400, message: "SD busy" }));
    expect(await client.error("printer.print.start", { filename: "b.gcode" })).toEqual({
      code: 400,
      message: "SD busy",
    });
  });

  test("two clients that start a print at once get one ok and one error", async () => {
    const world = await start();
    let printing = false;
    world.host.on("print.start", () => {
      const busy = printing;
      printing = true;
      return busy ? { status: 400, message: "a print is running" } : { result: null };
    });
    const [one, two] = [await world.identified(), await world.identified()];
    const outcomes = await Promise.allSettled([
      one.call("printer.print.start", { filename: "a.gcode" }),
      two.call("printer.print.start", { filename: "b.gcode" }),
    ]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  });

  test("emergency stop sets the flag although the host hangs and a script is waiting", async () => {
    const world = await start();
    const client = await world.identified();
    world.host.hang();
    const script = client.call("printer.gcode.script", { script: "G4 P100000" });
    expect(await client.call("printer.emergency_stop")).toBe("ok");
    expect(world.host.control.takeStop()).toBe(true);
    expect((await world.post("/printer/emergency_stop")).status).toBe(200);
    expect(world.host.control.takeStop()).toBe(true);
    script.catch(() => undefined);
    const typed = client.call("printer.gcode.script", { script: "M112" });
    typed.catch(() => undefined);
    await client.call("server.info");
    expect(world.host.control.takeStop()).toBe(true);
  });

  test("restarts are answered at once and told to the host", async () => {
    const world = await start();
    const client = await world.identified();
    expect(await client.call("printer.restart")).toBe("ok");
    expect(await client.call("printer.firmware_restart")).toBe("ok");
    await world.host.request("restart");
    await world.host.request("firmware_restart");
    const { gcode_store: store } = await client.get("server.gcode_store", { count: 2 });
    expect(store).toMatchObject([{ message: "RESTART" }, { message: "FIRMWARE_RESTART", type: "command" }]);
  });

  test("a restart of the printer ends subscriptions and says so", async () => {
    const world = await startWithObjects();
    const client = await world.identified();
    await client.call("printer.objects.subscribe", { objects: { fan: null, webhooks: null } });
    world.host.state("disconnected", "restarting");
    await client.notification("notify_klippy_disconnected");
    expect((await client.error("printer.objects.query", { objects: { fan: null } })).code).toBe(503);
    world.host.state("startup", "Printer is starting");
    world.host.publish("fan", { speed: 0.1 });
    world.host.state("ready");
    expect(await client.notification("notify_klippy_ready")).toEqual([]);
    world.host.state("shutdown", "Lost communication");
    await client.notification("notify_klippy_shutdown");
    expect(member(await client.get("printer.info"), "state_message")).toBe("Lost communication");
    expect(await client.get("printer.objects.query", { objects: { webhooks: ["state"] } })).toMatchObject({
      status: { webhooks: { state: "shutdown" } },
    });
    expect(
      client.frames.filter((frame) => isRecord(frame) && member(frame, "method") === "notify_status_update"),
    ).toEqual([]);
    const { gcode_store: store } = await client.get("server.gcode_store");
    expect(store).toMatchObject([
      { message: "// Klipper state: Ready" },
      { message: "// Klipper state: Disconnect" },
      { message: "// Klipper state: Ready" },
      { message: "// Klipper state: Shutdown", type: "response" },
    ]);
  });

  test("command output goes to all clients and into the store", async () => {
    const world = await start();
    const [one, two] = [await world.identified(), await world.identified()];
    world.host.post({ type: "gcode-response", text: "// first\n// second" });
    expect(await one.notification("notify_gcode_response")).toEqual(["// first\n// second"]);
    expect(await two.notification("notify_gcode_response")).toEqual(["// first\n// second"]);
    expect(await one.get("server.gcode_store", { count: 1 })).toEqual({
      gcode_store: [{ message: "// first\n// second", time: expect.any(Number), type: "response" }],
    });
  });

  test("help, endstops and the endpoints of modules are answered", async () => {
    const world = await start();
    world.host.post({ type: "gcode-help", help: { G28: "Homes the axes" } });
    world.host.post({ type: "endpoints", names: ["system_monitor/status"] });
    world.host.on("query_endstops", () => ({ result: { x: "open", y: "TRIGGERED" } }));
    world.host.on("endpoint", ({ params }) => ({ result: { asked: params } }));
    const client = await world.identified();
    expect(await client.get("printer.query_endstops.status")).toEqual({ x: "open", y: "TRIGGERED" });
    expect(await client.get("printer.gcode.help")).toEqual({ G28: "Homes the axes" });
    expect(await world.result("/printer/query_endstops/status")).toEqual({ x: "open", y: "TRIGGERED" });
    const asked = { name: "system_monitor/status", params: { detail: 1 } };
    expect(await client.get("printer.system_monitor.status", { detail: 1 })).toEqual({ asked });
    expect(await world.result("/printer/system_monitor/status?detail:int=1")).toEqual({ asked });
    expect((await client.error("printer.no_such.thing")).code).toBe(-32601);
  });

  test("a hung host holds up only what needs it, and that only for a while", async () => {
    const world = await startWithObjects();
    const client = await world.identified();
    await client.call("printer.objects.subscribe", { objects: { steadyhand: null, extruder: null } });
    world.host.control.activity = "macro LOAD_FILAMENT";
    world.host.hang();
    const { code, message } = await client.error("printer.gcode.script", { script: "G28" });
    expect(code).toBe(503);
    expect(message).toMatch(/^host unresponsive for \d+ s, in macro LOAD_FILAMENT$/);
    expect(await client.get("printer.objects.query", { objects: { fan: null } })).toMatchObject({
      status: { fan: { speed: 0.5 } },
    });
    expect(await client.get("printer.objects.query", { objects: { steadyhand: null } })).toMatchObject({
      status: { steadyhand: { host_unresponsive: true, activity: "macro LOAD_FILAMENT" } },
    });
    await client.next((frame) => JSON.stringify(frame).includes('"host_unresponsive":true'));
    expect(member(await client.get("printer.info"), "state_message")).toBe("Printer is ready");
    world.host.recover();
    await world.host.notice("abandon");
    await client.next((frame) => JSON.stringify(frame).includes('"host_unresponsive":false'));
  });

  test("the built-in page is served at the root and at /lite", async () => {
    const world = await start();
    const page = await world.fetch("/");
    expect(page.headers.get("content-type")).toContain("text/html");
    expect(await page.text()).toContain("Steadyhand");
    expect((await world.fetch("/lite/")).status).toBe(200);
    expect((await world.fetch("/lite")).url).toMatch(/\/lite\/$/);
  });
});
