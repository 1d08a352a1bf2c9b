import { execFileSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { UNFINISHED } from "../../host/feed/files/roots.js";
import { isRecord, type JsonRecord, member } from "../../host/feed/json-value.js";
import { ADAPTERS } from "../support/feed-adapters.js";
import { formOf, PRUSA } from "../support/feed-files.js";
import type { RpcClient } from "../support/feed-rpc.js";
import { FeedWorld, type SetupChanges } from "../support/feed-world.js";

const worlds: FeedWorld[] = [];
const cleanups: (() => void)[] = [];

afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close();
  for (const clean of cleanups.splice(0)) clean();
});

function post(
  world: FeedWorld,
  form: { body: Buffer; type: string },
  path = "/server/files/upload",
): Promise<Response> {
  return world.fetch(path, { method: "POST", headers: { "content-type": form.type }, body: new Uint8Array(form.body) });
}

const unfinished = (folder: string): string[] => readdirSync(folder).filter((name) => name.startsWith(UNFINISHED));

async function told(client: RpcClient): Promise<JsonRecord> {
  const [change] = await client.notification("notify_filelist_changed");
  return isRecord(change) ? change : {};
}

describe.each(ADAPTERS)("over %s", (adapter) => {
  async function start(changes: SetupChanges = {}): Promise<FeedWorld> {
    const world = await FeedWorld.start(adapter, changes);
    worlds.push(world);
    return world;
  }

  test("a file is answered with 201, and its metadata is there when it is told", async () => {
    const world = await start();
    const client = await world.identified();
    const response = await post(world, formOf("würfel 1.gcode", PRUSA, { root: "gcodes" }));
    expect(response.status).toBe(201);
    expect(response.headers.get("location")).toMatch(/\/server\/files\/gcodes\/w%C3%BCrfel%201\.gcode$/);
    expect(await response.json()).toEqual({
      action: "create_file",
      item: {
        path: "würfel 1.gcode",
        root: "gcodes",
        modified: expect.any(Number),
        size: Buffer.byteLength(PRUSA),
        permissions: "rw",
      },
      print_started: false,
      print_queued: false,
    });
    expect(await told(client)).toMatchObject({ action: "create_file", item: { path: "würfel 1.gcode" } });
    expect(await client.get("server.files.metadata", { filename: "würfel 1.gcode" })).toMatchObject({
      slicer: "PrusaSlicer",
      thumbnails: [{ width: 32 }, { width: 400 }],
    });
    expect(readFileSync(join(world.setup.paths.gcodes, "würfel 1.gcode"), "utf8")).toBe(PRUSA);
    // Again: it is replaced.
    expect((await post(world, formOf("würfel 1.gcode", "G28\n"))).status).toBe(201);
    expect(await told(client)).toMatchObject({ action: "modify_file", item: { size: 4 } });
    expect(unfinished(world.setup.paths.gcodes)).toEqual([]);
  });

  test("fields may come behind the file, and folders are made", async () => {
    const world = await start();
    const config = await post(world, formOf("printer.cfg", "[printer]\n", {}, { root: "config" }));
    expect(await config.json()).toMatchObject({ item: { root: "config", path: "printer.cfg" } });
    expect(readFileSync(join(world.setup.paths.config, "printer.cfg"), "utf8")).toBe("[printer]\n");
    const deep = await post(world, formOf("a.gcode", "G28\n", {}, { path: "one/two" }));
    expect(await deep.json()).toMatchObject({ item: { path: "one/two/a.gcode" } });
    const named = await post(world, formOf("sub/b.gcode", "G28\n"));
    expect(await named.json()).toMatchObject({ item: { path: "sub/b.gcode" } });
  });

  test("OctoPrint's way in is the same", async () => {
    const world = await start();
    world.host.on("print.start", () => ({ result: null }));
    const form = formOf("o.gcode", "G28\n", { print: "true", select: "true", path: "slicer" });
    const response = await post(world, form, "/api/files/local");
    expect([response.status, await response.json()]).toMatchObject([
      201,
      { item: { path: "slicer/o.gcode" }, print_started: true, print_queued: false },
    ]);
    expect((await world.host.request("print.start")).params).toEqual({ filename: "slicer/o.gcode" });
  });

  test("print=true starts the print when it can, and says when it cannot", async () => {
    const world = await start({ jobQueue: { queueUploads: true } });
    world.host.on("print.start", () => ({ status: 400, message: "no" }));
    const refused = await post(world, formOf("a.gcode", "G28\n", { print: "true" }));
    expect([refused.status, await refused.json()]).toMatchObject([201, { print_started: false, print_queued: false }]);
    world.host.publish("print_stats", { state: "printing", filename: "other.gcode" });
    await world.settled();
    const queued = await post(world, formOf("b.gcode", "G28\n", { print: "true" }));
    expect(await queued.json()).toMatchObject({ print_started: false, print_queued: true });
    const client = await world.identified();
    expect(await client.get("server.job_queue.status")).toMatchObject({ queued_jobs: [{ filename: "b.gcode" }] });
  });

  test("a checksum is compared, wherever it stands in the form", async () => {
    const world = await start();
    const content = randomBytes(300_000);
    const checksum = createHash("sha256").update(content).digest("hex");
    expect((await post(world, formOf("a.gcode", content, { checksum }))).status).toBe(201);
    expect((await post(world, formOf("b.gcode", content, {}, { checksum: checksum.toUpperCase() }))).status).toBe(201);
    for (const form of [
      formOf("c.gcode", content, { checksum: "00" }),
      formOf("c.gcode", content, {}, { checksum: "00" }),
    ]) {
      const response = await post(world, form);
      expect([response.status, await response.json()]).toEqual([
        422,
        { error: { code: 422, message: expect.stringContaining(checksum) } },
      ]);
    }
    expect(readdirSync(world.setup.paths.gcodes).sort()).toEqual(["a.gcode", "b.gcode"]);
  });

  test("what is no upload is refused and leaves nothing behind", async () => {
    const world = await start({ limits: { uploadBytes: 100_000 } });
    const twoFiles = formOf("a.gcode", "G28\n");
    const part = twoFiles.body.subarray(0, twoFiles.body.indexOf("\r\n--", 5) + 2);
    const cases: [{ body: Buffer; type: string }, number][] = [
      [{ body: Buffer.from("{}"), type: "application/json" }, 400],
      [{ body: Buffer.from("--x\r\n"), type: "multipart/form-data; boundary=x" }, 400],
      [{ body: Buffer.from("--x--\r\n"), type: "multipart/form-data; boundary=x" }, 400],
      [{ ...twoFiles, body: twoFiles.body.subarray(0, -20) }, 400],
      [{ ...twoFiles, body: Buffer.concat([part, twoFiles.body]) }, 400],
      [formOf("", "G28\n"), 400],
      [formOf("../a.gcode", "G28\n"), 403],
      [formOf("a.gcode", "G28\n", { path: "../config" }), 403],
      [formOf("a.gcode", "G28\n", {}, { path: "x/../../config" }), 403],
      [formOf("a\u0000b.gcode", "G28\n"), 400],
      [formOf("a\nb.gcode", "G28\n"), 400],
      [formOf(`${"x".repeat(300)}.gcode`, "G28\n"), 400],
      [formOf(`${UNFINISHED}x`, "G28\n"), 403],
      [formOf("a.gcode", "G28\n", { root: "logs" }), 400],
      [formOf("a.gcode", "G28\n", { root: "nowhere" }), 400],
      [formOf("a.gcode", "x".repeat(100_001)), 413],
      [formOf("a.gcode", "G28\n", { big: "x".repeat(70_000) }), 400],
    ];
    for (const [form, status] of cases) {
      const response = await post(world, form);
      expect([form.body.subarray(0, 120).toString("latin1"), response.status]).toEqual([
        form.body.subarray(0, 120).toString("latin1"),
        status,
      ]);
      expect(await response.json()).toEqual({ error: { code: status, message: expect.any(String) } });
    }
    expect(readdirSync(world.setup.paths.gcodes)).toEqual([]);
    expect(readdirSync(world.setup.paths.config)).toEqual([]);
  });

  test("an upload that breaks off leaves nothing behind and disturbs nobody", async () => {
    const world = await start();
    const { gcodes } = world.setup.paths;
    const form = formOf("cut.gcode", randomBytes(2_000_000));
    const client = await world.identified();
    const socket = connect(world.feed.address.port, "127.0.0.1");
    socket.write(
      `POST /server/files/upload HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${form.type}\r\n` +
        `Content-Length: ${form.body.byteLength}\r\n\r\n`,
    );
    socket.write(form.body.subarray(0, 1_000_000));
    while (unfinished(gcodes).length === 0) await client.call("server.info");
    const progress = { objects: { steadyhand: ["uploads"] } };
    expect(await client.get("printer.objects.query", progress)).toMatchObject({
      status: { steadyhand: { uploads: [{ filename: "cut.gcode", total: form.body.byteLength }] } },
    });
    socket.destroy();
    while (unfinished(gcodes).length > 0) await client.call("server.info");
    expect(readdirSync(gcodes)).toEqual([]);
    expect(await client.get("printer.objects.query", progress)).toMatchObject({
      status: { steadyhand: { uploads: [] } },
    });
  });

  test("a large upload arrives whole, piece by piece", async () => {
    const world = await start();
    const content = randomBytes(30_000_000);
    const response = await post(world, formOf("large.gcode", content));
    expect(response.status).toBe(201);
    const kept = readFileSync(join(world.setup.paths.gcodes, "large.gcode"));
    expect(kept.equals(content)).toBe(true);
  });

  // Only the superuser may make a disk that is small enough.
  test.skipIf(process.getuid?.() !== 0)("a full disk is told with 507, and what was there stays", async () => {
    const disk = mkdtempSync(join(tmpdir(), "steadyhand-disk-"));
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=24m", "tmpfs", disk]);
    cleanups.push(() => {
      execFileSync("umount", ["-l", disk]);
      rmSync(disk, { recursive: true });
    });
    mkdirSync(join(disk, "gcodes"));
    writeFileSync(join(disk, "gcodes", "a.gcode"), "G28\n");
    const world = await start({ paths: { gcodes: join(disk, "gcodes") } });
    // Larger than what is free: refused by its announced size.
    const early = await post(world, formOf("a.gcode", Buffer.alloc(26_000_000)));
    expect([early.status, await early.json()]).toMatchObject([507, { error: { message: /no space for this upload/ } }]);
    // Without an announced size the disk fills up on the way.
    const { body, type } = formOf("a.gcode", Buffer.alloc(26_000_000));
    const pieces = new ReadableStream<Uint8Array>({
      start(controller) {
        for (let at = 0; at < body.byteLength; at += 1_000_000) controller.enqueue(body.subarray(at, at + 1_000_000));
        controller.close();
      },
    });
    // The type of fetch does not know yet that a stream needs this.
    const request = { method: "POST", headers: { "content-type": type }, body: pieces, duplex: "half" };
    const late = await world.fetch("/server/files/upload", request);
    expect([late.status, await late.json()]).toMatchObject([507, { error: { message: /no space left/ } }]);
    expect(readdirSync(join(disk, "gcodes"))).toEqual(["a.gcode"]);
    expect(readFileSync(join(disk, "gcodes", "a.gcode"), "utf8")).toBe("G28\n");
    const client = await world.identified();
    expect(member(await client.get("server.info"), "klippy_state")).toBe("ready");
  });

  test("what an earlier run left unfinished is cleared away", async () => {
    const folder = mkdtempSync(join(tmpdir(), "steadyhand-left-"));
    cleanups.push(() => rmSync(folder, { recursive: true }));
    mkdirSync(join(folder, "sub"));
    writeFileSync(join(folder, `${UNFINISHED}1`), "x");
    writeFileSync(join(folder, "sub", `${UNFINISHED}2`), "x");
    const world = await start({ paths: { gcodes: folder } });
    await world.watching();
    expect([readdirSync(folder), readdirSync(join(folder, "sub"))]).toEqual([["sub"], []]);
  });
});
