import { afterEach, describe, expect, test } from "vitest";
import { isRecord, member } from "../../host/feed/json-value.js";
import { ADAPTERS } from "../support/feed-adapters.js";
import { RpcClient } from "../support/feed-rpc.js";
import { FeedWorld, type SetupChanges } from "../support/feed-world.js";

const worlds: FeedWorld[] = [];

afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close();
});

/** As a reverse proxy on this computer shows a client elsewhere. */
const STRANGER = { "x-real-ip": "203.0.113.7" };

describe.each(ADAPTERS)("over %s", (adapter) => {
  async function start(changes: SetupChanges = {}): Promise<FeedWorld> {
    const world = await FeedWorld.start(adapter, changes);
    worlds.push(world);
    return world;
  }

  const text = (value: unknown, name: string): string => (isRecord(value) ? String(member(value, name)) : "");

  test("a trusted client needs nothing, a stranger is told to show credentials", async () => {
    const world = await start();
    const trusted = await world.connect();
    expect(await trusted.get("access.info")).toEqual({
      default_source: "moonraker",
      available_sources: ["moonraker"],
      login_required: false,
      trusted: true,
    });
    const stranger = await world.connect({ headers: STRANGER });
    expect(await stranger.get("access.info")).toMatchObject({ trusted: false });
    expect(await stranger.get("server.info")).toHaveProperty("klippy_state");
    for (const method of ["printer.info", "printer.emergency_stop", "server.files.roots", "access.get_api_key"]) {
      expect(await stranger.error(method)).toEqual({ code: -32602, message: "Unauthorized" });
    }
    expect(world.host.control.isStopRequested).toBe(false);
    const who = { client_name: "t", version: "1", type: "web", url: "u" };
    expect((await stranger.error("server.connection.identify", who)).message).toBe("Unauthorized");
    const response = await world.fetch("/printer/info", { headers: STRANGER });
    expect([response.status, await response.json()]).toEqual([401, { error: { code: 401, message: "Unauthorized" } }]);
    for (const path of ["/server/files/config/printer.cfg", "/metrics", "/api/version", "/server/files/upload"]) {
      const method = path.endsWith("upload") ? "POST" : "GET";
      expect([path, (await world.fetch(path, { method, headers: STRANGER })).status]).toEqual([path, 401]);
    }
    // Nothing is told to those who are not known.
    world.host.post({ type: "gcode-response", text: "// secret" });
    await trusted.notification("notify_gcode_response");
    expect(stranger.frames).toEqual([]);
  });

  test("only a trusted proxy is believed who its client is", async () => {
    const world = await start({ access: { trusted: ["203.0.113.0/24"] } });
    expect((await world.fetch("/printer/info", { headers: STRANGER })).status).toBe(200);
    const other = await start();
    const forwarded = { "x-forwarded-for": "203.0.113.7, 127.0.0.1" };
    expect((await other.fetch("/printer/info", { headers: forwarded })).status).toBe(401);
  });

  test("the API key opens everything, in a header and in identify", async () => {
    const world = await start();
    const key = String(await world.result("/access/api_key"));
    expect(key).toMatch(/^[0-9a-f]{32}$/);
    const headers = { ...STRANGER, "x-api-key": key };
    expect((await world.fetch("/printer/info", { headers })).status).toBe(200);
    expect((await world.fetch("/printer/info", { headers: { ...STRANGER, "x-api-key": "wrong" } })).status).toBe(401);
    expect((await world.fetch("/printer/info", { headers: { "x-api-key": "wrong" } })).status).toBe(200);
    const stranger = await world.connect({ headers: STRANGER });
    const who = { client_name: "t", version: "1", type: "mobile", url: "u" };
    await stranger.call("server.connection.identify", { ...who, api_key: key });
    expect(await stranger.get("printer.info")).toHaveProperty("state", "ready");
    const display = await world.connect({ headers: { ...STRANGER, "x-api-key": key } });
    expect(await display.get("printer.info")).toHaveProperty("state", "ready");
    const renewed = await (await world.fetch("/access/api_key", { method: "POST" })).json();
    expect(renewed).not.toEqual({ result: key });
    expect((await world.fetch("/printer/info", { headers })).status).toBe(401);
  });

  test("a one-shot token is good once", async () => {
    const world = await start();
    const token = String(await world.result("/access/oneshot_token"));
    expect(token).toMatch(/^[A-Z2-7]{32}$/);
    const path = `/printer/info?token=${token}`;
    expect((await world.fetch(path, { headers: STRANGER })).status).toBe(200);
    expect((await world.fetch(path, { headers: STRANGER })).status).toBe(401);
    const second = String(await world.result("/access/oneshot_token"));
    const url = `${world.url.replace("http", "ws")}websocket?token=${second}`;
    const { WebSocket } = await import("ws");
    const socket = new WebSocket(url, { headers: STRANGER });
    await new Promise((resolve) => socket.on("open", resolve));
    socket.send('{"jsonrpc":"2.0","method":"printer.info","id":1}');
    const reply = await new Promise<string>((resolve) => socket.on("message", (data) => resolve(data.toString())));
    expect(JSON.parse(reply)).toMatchObject({ result: { state: "ready" } });
    socket.terminate();
  });

  test("users log in with a password and stay in with tokens", async () => {
    const world = await start();
    const owner = await world.identified();
    const made = await owner.get("access.post_user", { username: "eva", password: "s3cret" });
    expect(made).toMatchObject({ username: "eva", action: "user_created", source: "moonraker" });
    expect(await owner.get("access.get_user")).toMatchObject({ username: "eva", created_on: expect.any(Number) });
    expect((await owner.error("access.post_user", { username: "eva", password: "x" })).code).toBe(400);
    expect(await owner.get("access.users.list")).toMatchObject({ users: [{ username: "eva" }] });
    const stranger = await world.connect({ headers: STRANGER });
    expect(await stranger.error("access.login", { username: "eva", password: "wrong" })).toEqual({
      code: -32602,
      message: "Invalid Username or Password",
    });
    expect((await stranger.error("access.login", { username: "nobody", password: "x" })).code).toBe(-32602);
    const login = await stranger.get("access.login", { username: "eva", password: "s3cret" });
    expect(login).toMatchObject({ username: "eva", action: "user_logged_in" });
    expect(await stranger.get("printer.info")).toHaveProperty("state");
    const bearer = (token: string) => ({ ...STRANGER, authorization: `Bearer ${token}` });
    const token = text(login, "token");
    expect((await world.fetch("/printer/info", { headers: bearer(token) })).status).toBe(200);
    expect((await world.fetch("/printer/info", { headers: bearer(`${token}x`) })).status).toBe(401);
    expect((await world.fetch("/printer/info", { headers: bearer(text(login, "refresh_token")) })).status).toBe(401);
    const refresh = { refresh_token: text(login, "refresh_token") };
    const renewed = await world.connect({ headers: STRANGER });
    const fresh = await renewed.get("access.refresh_jwt", refresh);
    expect((await world.fetch("/printer/info", { headers: bearer(text(fresh, "token")) })).status).toBe(200);
    expect((await renewed.error("access.refresh_jwt", { refresh_token: token })).code).toBe(-32602);
    const who = { client_name: "t", version: "1", type: "web", url: "u", access_token: text(fresh, "token") };
    await renewed.call("server.connection.identify", who);
    // A new password, and logging out, end what was handed out.
    expect((await stranger.error("access.user.password", { password: "wrong", new_password: "n" })).code).toBe(400);
    await stranger.call("access.user.password", { password: "s3cret", new_password: "new" });
    expect((await world.fetch("/printer/info", { headers: bearer(token) })).status).toBe(401);
    const second = await stranger.get("access.login", { username: "eva", password: "new" });
    expect(await stranger.get("access.logout")).toEqual({ username: "eva", action: "user_logged_out" });
    expect((await stranger.error("printer.info")).message).toBe("Unauthorized");
    expect((await world.fetch("/printer/info", { headers: bearer(text(second, "token")) })).status).toBe(401);
    expect(await owner.notification("notify_user_logged_out")).toEqual([{ username: "eva" }]);
    expect(await owner.get("access.delete_user", { username: "eva" })).toHaveProperty("action", "user_deleted");
  });

  test("who guesses passwords has to wait", async () => {
    const world = await start();
    const owner = await world.identified();
    await owner.call("access.post_user", { username: "eva", password: "s3cret" });
    const stranger = await world.connect({ headers: STRANGER });
    for (let i = 0; i < 10; i++) await stranger.error("access.login", { username: "eva", password: String(i) });
    const { message } = await stranger.error("access.login", { username: "eva", password: "s3cret" });
    expect(message).toBe("too many wrong passwords: wait five minutes");
    // Another address is not affected.
    const other = await world.connect({ headers: { "x-real-ip": "203.0.113.8" } });
    expect(await other.get("access.login", { username: "eva", password: "s3cret" })).toHaveProperty("token");
  });

  test("with forced logins even trusted clients log in once there is a user", async () => {
    const world = await start({ access: { forceLogins: true } });
    const first = await world.identified();
    expect(await first.get("access.info")).toMatchObject({ login_required: false });
    await first.call("access.post_user", { username: "eva", password: "s3cret" });
    expect((await world.fetch("/printer/info")).status).toBe(401);
    expect(await (await world.fetch("/access/info")).json()).toMatchObject({ result: { login_required: true } });
  });

  test("pages of other origins get nothing, on HTTP and on the websocket", async () => {
    const world = await start({ access: { cors: ["https://my.mainsail.xyz", "*.example.org"] } });
    const origin = (value: string, host?: string) => ({ origin: value, ...(host === undefined ? {} : { host }) });
    const bad = await world.fetch("/printer/gcode/script?script=G28", {
      method: "POST",
      headers: { origin: "http://evil.com" },
    });
    expect(bad.status).toBe(401);
    expect(bad.headers.get("access-control-allow-origin")).toBeNull();
    await expect(world.connect({ headers: origin("http://evil.com") })).rejects.toThrow("403");
    await expect(world.connect({ headers: origin("null") })).rejects.toThrow("403");
    // A foreign name that points at us (DNS rebinding) is not one of ours.
    await expect(world.connect({ headers: origin("http://evil.com", "evil.com") })).rejects.toThrow("403");
    for (const allowed of ["https://my.mainsail.xyz", "http://printer.example.org", "http://127.0.0.1:8080"]) {
      const client = await world.connect({ headers: origin(allowed) });
      expect(await client.get("printer.info")).toHaveProperty("state");
      const response = await world.fetch("/printer/info", { headers: { origin: allowed } });
      expect([response.status, response.headers.get("access-control-allow-origin")]).toEqual([200, allowed]);
    }
    const preflight = await world.fetch("/server/database/item", {
      method: "OPTIONS",
      headers: { origin: "https://my.mainsail.xyz", "access-control-request-method": "POST" },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get("access-control-allow-methods")).toContain("DELETE");
    const refused = await world.fetch("/server/info", { method: "OPTIONS", headers: { origin: "http://evil.com" } });
    expect(refused.headers.get("access-control-allow-methods")).toBeNull();
  });

  test("more connections than allowed are refused with 503", async () => {
    const world = await start({ limits: { sockets: 3 } });
    for (let i = 0; i < 3; i++) await world.connect();
    await expect(RpcClient.connect(world.url)).rejects.toThrow("503");
    expect((await world.fetch("/server/info")).status).toBe(200);
    world.clients[0]?.close();
    for (;;) {
      const next = await RpcClient.connect(world.url).catch(() => undefined);
      if (next === undefined) continue;
      next.close();
      break;
    }
  });

  test("a setting that is none is told with a fix", async () => {
    await expect(start({ access: { trusted: ["192.168.1.0/40"] } })).rejects.toMatchObject({
      code: "FEED_SETTING",
      message: "'192.168.1.0/40' is not an address or a range of addresses",
    });
  });
});
