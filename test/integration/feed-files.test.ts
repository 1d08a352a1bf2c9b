import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { isRecord, type JsonRecord, member } from "../../host/feed/json-value.js";
import { ADAPTERS } from "../support/feed-adapters.js";
import { PNG, PRUSA } from "../support/feed-files.js";
import { hasProgram } from "../support/feed-programs.js";
import type { RpcClient } from "../support/feed-rpc.js";
import { FeedWorld } from "../support/feed-world.js";

const worlds: FeedWorld[] = [];

afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close();
});

/** The next notice of a change that fits, whatever else changes besides. */
async function change(client: RpcClient, action: string, path: string): Promise<JsonRecord> {
  const frame = await client.next((value) => {
    if (!isRecord(value) || member(value, "method") !== "notify_filelist_changed") return false;
    const [params] = member(value, "params") as JsonRecord[];
    const item = params === undefined ? undefined : member(params, "item");
    return (
      params !== undefined && member(params, "action") === action && isRecord(item) && member(item, "path") === path
    );
  });
  return (member(frame as JsonRecord, "params") as JsonRecord[])[0] as JsonRecord;
}

describe.each(ADAPTERS)("over %s", (adapter) => {
  async function start(prepare: (gcodes: string, config: string) => void = () => undefined): Promise<FeedWorld> {
    const world = await FeedWorld.start(adapter, {}, true, ({ paths }) => prepare(paths.gcodes, paths.config));
    worlds.push(world);
    return world;
  }

  test("roots, folders and files are listed with what clients show", async () => {
    const world = await start((gcodes, config) => {
      mkdirSync(join(gcodes, "sub"));
      writeFileSync(join(gcodes, "sub", "a.gcode"), "G28\n");
      writeFileSync(join(gcodes, "notes.txt"), "x");
      writeFileSync(join(config, "printer.cfg"), "[printer]\n");
    });
    const client = await world.identified();
    expect(await client.call("server.files.roots")).toEqual([
      { name: "config", path: expect.any(String), permissions: "rw" },
      { name: "logs", path: expect.any(String), permissions: "r" },
      { name: "gcodes", path: expect.any(String), permissions: "rw" },
    ]);
    expect(await client.get("server.info")).toHaveProperty("registered_directories", ["config", "logs", "gcodes"]);
    expect(await client.get("server.files.get_directory", { path: "gcodes" })).toEqual({
      dirs: [{ dirname: "sub", modified: expect.any(Number), size: expect.any(Number), permissions: "rw" }],
      files: [{ filename: "notes.txt", modified: expect.any(Number), size: 1, permissions: "rw" }],
      disk_usage: { total: expect.any(Number), used: expect.any(Number), free: expect.any(Number) },
      root_info: { name: "gcodes", permissions: "rw" },
    });
    expect(await client.call("server.files.list", { root: "gcodes" })).toEqual([
      { path: "sub/a.gcode", modified: expect.any(Number), size: 4, permissions: "rw" },
    ]);
    expect(await world.result("/server/files/list?root=config")).toMatchObject([{ path: "printer.cfg" }]);
    expect(await world.result("/server/files/directory?path=gcodes/sub")).toMatchObject({
      files: [{ filename: "a.gcode" }],
    });
    expect((await client.error("server.files.get_directory", { path: "nowhere" })).code).toBe(400);
    expect((await client.error("server.files.get_directory", { path: "gcodes/nope" })).code).toBe(400);
  });

  test("metadata tells what the slicer knows, and where the pictures are", async () => {
    const world = await start((gcodes) => {
      mkdirSync(join(gcodes, "sub"));
      writeFileSync(join(gcodes, "sub", "cube.gcode"), PRUSA);
    });
    const client = await world.identified();
    const known = await client.get("server.files.metadata", { filename: "sub/cube.gcode" });
    expect(known).toMatchObject({
      filename: "sub/cube.gcode",
      slicer: "PrusaSlicer",
      estimated_time: 95_947,
      print_start_time: null,
      job_id: null,
      thumbnails: [{ relative_path: ".thumbs/cube-32x32.png" }, { relative_path: ".thumbs/cube-400x300.png" }],
    });
    const picture = await world.fetch("/server/files/gcodes/sub/.thumbs/cube-32x32.png?timestamp=1");
    expect(picture.headers.get("content-type")).toBe("image/png");
    expect(Buffer.from(await picture.arrayBuffer())).toEqual(PNG);
    expect(await client.call("server.files.thumbnails", { filename: "sub/cube.gcode" })).toEqual([
      { width: 32, height: 32, size: PNG.byteLength, thumbnail_path: "sub/.thumbs/cube-32x32.png" },
      { width: 400, height: 300, size: PNG.byteLength, thumbnail_path: "sub/.thumbs/cube-400x300.png" },
    ]);
    const extended = await client.get("server.files.get_directory", { path: "gcodes/sub", extended: true });
    const uuid = member(known, "uuid");
    expect(extended).toMatchObject({ files: [{ filename: "cube.gcode", slicer: "PrusaSlicer", uuid }] });
    const again = await client.get("server.files.metascan", { filename: "sub/cube.gcode" });
    expect(member(again, "uuid")).not.toBe(uuid);
    expect((await client.error("server.files.metadata", { filename: "no.gcode" })).code).toBe(-32601);
    expect((await client.error("server.files.metadata", { filename: "../x.gcode" })).code).toBe(-32601);
    expect((await world.fetch("/server/files/metadata?filename=no.gcode")).status).toBe(404);
  });

  test("folders are made and deleted, a full one only by force", async () => {
    const world = await start();
    const [client, other] = [await world.identified(), await world.identified()];
    expect(await client.get("server.files.post_directory", { path: "gcodes/new" })).toEqual({
      action: "create_dir",
      item: { path: "new", root: "gcodes", modified: expect.any(Number), size: expect.any(Number), permissions: "rw" },
    });
    await change(other, "create_dir", "new");
    writeFileSync(join(world.setup.paths.gcodes, "new", "a.gcode"), "G28\n");
    const refused = await client.error("server.files.delete_directory", { path: "gcodes/new" });
    expect(refused).toEqual({ code: 400, message: "cannot delete 'gcodes/new': the folder is not empty" });
    expect(await world.result("/server/files/directory?path=gcodes/new&force=true", { method: "DELETE" })).toEqual({
      action: "delete_dir",
      item: { path: "new", root: "gcodes", modified: 0, size: 0, permissions: "" },
    });
    await change(other, "delete_dir", "new");
    expect((await client.error("server.files.post_directory", { path: "logs/new" })).code).toBe(400);
    expect((await client.error("server.files.post_directory", { path: "gcodes" })).code).toBe(400);
  });

  test("files are moved, copied and deleted with their metadata and pictures", async () => {
    const world = await start((gcodes) => {
      writeFileSync(join(gcodes, "cube.gcode"), PRUSA);
      mkdirSync(join(gcodes, "sub"));
    });
    const { gcodes } = world.setup.paths;
    const client = await world.identified();
    await client.call("server.files.metadata", { filename: "cube.gcode" });
    const moved = await client.get("server.files.move", { source: "gcodes/cube.gcode", dest: "gcodes/sub/box.gcode" });
    expect(moved).toMatchObject({
      action: "move_file",
      item: { path: "sub/box.gcode", root: "gcodes" },
      source_item: { path: "cube.gcode", root: "gcodes" },
    });
    await change(client, "move_file", "sub/box.gcode");
    expect(await client.get("server.files.metadata", { filename: "sub/box.gcode" })).toMatchObject({
      thumbnails: [{ relative_path: ".thumbs/box-32x32.png" }, { relative_path: ".thumbs/box-400x300.png" }],
    });
    expect(readdirSync(join(gcodes, "sub", ".thumbs"))).toEqual(["box-32x32.png", "box-400x300.png"]);
    // Into a folder keeps the name.
    await client.call("server.files.post_directory", { path: "gcodes/other" });
    const copied = await client.get("server.files.copy", { source: "gcodes/sub/box.gcode", dest: "gcodes/other" });
    expect(copied).toMatchObject({ action: "create_file", item: { path: "other/box.gcode" } });
    expect(await client.get("server.files.metadata", { filename: "other/box.gcode" })).toHaveProperty("slicer");
    const folder = await client.get("server.files.move", { source: "gcodes/sub", dest: "gcodes/renamed" });
    expect(folder).toMatchObject({ action: "move_dir", source_item: { path: "sub" } });
    expect(await client.get("server.files.metadata", { filename: "renamed/box.gcode" })).toHaveProperty("slicer");
    const deleted = await world.fetch("/server/files/gcodes/renamed/box.gcode", { method: "DELETE" });
    expect(await deleted.json()).toEqual({
      result: {
        action: "delete_file",
        item: { path: "renamed/box.gcode", root: "gcodes", modified: 0, size: 0, permissions: "" },
      },
    });
    expect(readdirSync(join(gcodes, "renamed", ".thumbs"))).toEqual([]);
    expect(await client.get("server.files.delete_file", { path: "gcodes/other/box.gcode" })).toMatchObject({
      action: "delete_file",
    });
    for (const path of ["gcodes/none.gcode", "gcodes/../x", "nowhere/x", "logs/x.log"]) {
      expect([400, 403]).toContain((await client.error("server.files.delete_file", { path })).code);
    }
    expect(await client.error("server.files.move", { source: "gcodes/other", dest: "gcodes/other/in" })).toEqual({
      code: 400,
      message: "a folder cannot go into itself",
    });
  });

  test("a file that is being printed, and its folder, are left alone", async () => {
    const world = await start((gcodes) => {
      mkdirSync(join(gcodes, "sub"));
      writeFileSync(join(gcodes, "sub", "a.gcode"), "G28\n");
    });
    world.host.publish("print_stats", { state: "printing", filename: "sub/a.gcode" });
    await world.settled();
    const client = await world.identified();
    const attempts: [string, JsonRecord][] = [
      ["server.files.delete_file", { path: "gcodes/sub/a.gcode" }],
      ["server.files.delete_directory", { path: "gcodes/sub", force: true }],
      ["server.files.move", { source: "gcodes/sub", dest: "gcodes/other" }],
      ["server.files.move", { source: "gcodes/sub/a.gcode", dest: "gcodes/b.gcode" }],
    ];
    for (const [method, params] of attempts) {
      expect(await client.error(method, params)).toMatchObject({
        code: 403,
        message: expect.stringContaining("is being printed"),
      });
    }
    await client.call("server.files.copy", { source: "gcodes/sub/a.gcode", dest: "gcodes/b.gcode" });
    world.host.publish("print_stats", { state: "complete" });
    await world.settled();
    await client.call("server.files.delete_directory", { path: "gcodes/sub", force: true });
  });

  test.skipIf(!hasProgram("python3"))(
    "files of several roots are packed into an archive that others can read",
    async () => {
      const world = await start((gcodes, config) => {
        mkdirSync(join(gcodes, "sub"));
        writeFileSync(join(gcodes, "sub", "grüße.gcode"), "G1 X1\n".repeat(10_000));
        writeFileSync(join(gcodes, "empty.gcode"), "");
        writeFileSync(join(config, "printer.cfg"), "[printer]\n");
      });
      const client = await world.identified();
      const items = ["gcodes/sub", "gcodes/empty.gcode", "config"];
      const packed = await client.get("server.files.zip", { dest: "config/all.zip", items });
      expect(packed).toMatchObject({ action: "zip_files", destination: { path: "all.zip", root: "config" } });
      await change(client, "create_file", "all.zip");
      const archive = join(world.setup.paths.config, "all.zip");
      expect(statSync(archive).size).toBeLessThan(5000);
      const listing = execFileSync("python3", [
        "-c",
        "import sys,zipfile\nz=zipfile.ZipFile(sys.argv[1])\nprint(z.testzip())\n" +
          "for n in sorted(z.namelist()): print(n, len(z.read(n)))",
        archive,
      ]);
      expect(listing.toString()).toBe(
        "None\nconfig/printer.cfg 10\ngcodes/empty.gcode 0\ngcodes/sub/grüße.gcode 60000\n",
      );
      const stored = await world.post("/server/files/zip", { items: ["gcodes/sub"], store_only: true });
      const { result } = (await stored.json()) as { result: { destination: { path: string; size: number } } };
      expect(result.destination.path).toMatch(/^collection-\d{8}-\d{6}\.zip$/);
      expect(result.destination.size).toBeGreaterThan(60_000);
      expect((await client.error("server.files.zip", { items: ["gcodes/none"] })).code).toBe(400);
      expect((await client.error("server.files.zip", { items: ["config"], dest: "logs/x.zip" })).code).toBe(400);
    },
  );

  test("downloads know ranges, conditions and compression", async () => {
    const text = "G1 X1 Y1\n".repeat(1000);
    const world = await start((gcodes) => writeFileSync(join(gcodes, "ä b%.gcode"), text));
    const path = "/server/files/gcodes/%C3%A4%20b%25.gcode";
    const whole = await world.fetch(path, { headers: { "accept-encoding": "identity" } });
    expect(await whole.text()).toBe(text);
    expect(whole.headers.get("content-type")).toContain("text/plain");
    expect(whole.headers.get("content-length")).toBe(String(text.length));
    expect(whole.headers.get("content-disposition")).toBe(
      "attachment; filename=\"_ b%.gcode\"; filename*=UTF-8''%C3%A4%20b%25.gcode",
    );
    const etag = whole.headers.get("etag") ?? "";
    const cases: [HeadersInit, number, string][] = [
      [{ range: "bytes=0-3" }, 206, text.slice(0, 4)],
      [{ range: "bytes=-4" }, 206, text.slice(-4)],
      [{ range: "bytes=8995-" }, 206, text.slice(8995)],
      [{ range: "bytes=9000-" }, 416, ""],
      [{ range: "bytes=5-2" }, 416, ""],
      [{ range: "bytes=0-1", "if-range": '"other"' }, 200, text],
      [{ "if-none-match": etag }, 304, ""],
      [{ "if-none-match": '"other"' }, 200, text],
      [{ "if-modified-since": whole.headers.get("last-modified") ?? "" }, 304, ""],
    ];
    for (const [headers, status, body] of cases) {
      const response = await world.fetch(path, { headers: { "accept-encoding": "identity", ...headers } });
      expect([headers, response.status, await response.text()]).toEqual([headers, status, body]);
    }
    const head = await world.fetch(path, { method: "HEAD" });
    expect([head.status, head.headers.get("content-length")]).toEqual([200, String(text.length)]);
    const packed = await world.fetch(path, { headers: { "accept-encoding": "gzip" } });
    expect([packed.headers.get("content-encoding"), await packed.text()]).toEqual(["gzip", text]);
    expect((await world.fetch("/server/files/gcodes/none.gcode")).status).toBe(404);
    expect((await world.fetch("/server/files/config/.theme/default.json")).status).toBe(404);
  });

  test("no path and no link leads out of a root", async () => {
    const outside = join(tmpdir(), `steadyhand-secret-${process.pid}-${adapter}`);
    writeFileSync(outside, "secret");
    const world = await start((gcodes, config) => {
      symlinkSync(outside, join(gcodes, "link.gcode"));
      symlinkSync(tmpdir(), join(gcodes, "folder"));
      symlinkSync("/nonexistent/dangling", join(gcodes, "dangling.gcode"));
      mkdirSync(join(gcodes, "real"));
      symlinkSync(join(gcodes, "real"), join(gcodes, "inner"));
      writeFileSync(join(gcodes, "real", "a.gcode"), "G28\n");
      writeFileSync(join(config, "printer.cfg"), "[printer]\n");
    });
    const client = await world.identified();
    const name = outside.slice(tmpdir().length + 1);
    for (const path of [
      "link.gcode",
      `folder/${name}`,
      "..%2fconfig%2fprinter.cfg",
      "%2e%2e/config/printer.cfg",
      "../config/printer.cfg",
      "../../../../etc/passwd",
      "dangling.gcode",
      "a%00.gcode",
      "a%0a.gcode",
      "%5c..%5cx",
      "x".repeat(300),
      "%zz",
    ]) {
      const { status, text } = await world.rawGet(`/server/files/gcodes/${path}`);
      expect([path, status]).toEqual([path, status === 403 ? 403 : 404]);
      expect(text).not.toContain("secret");
    }
    for (const path of [
      "gcodes/folder/x",
      "gcodes/../config/printer.cfg",
      "gcodes/dangling.gcode",
      `gcodes/${"x".repeat(300)}`,
    ]) {
      expect([400, 403]).toContain((await client.error("server.files.post_directory", { path })).code);
      expect([400, 403]).toContain((await client.error("server.files.delete_file", { path })).code);
      const copy = await client.error("server.files.copy", { source: "config/printer.cfg", dest: path });
      expect([400, 403]).toContain(copy.code);
    }
    // A link inside the root is a path like any other.
    expect((await world.fetch("/server/files/gcodes/inner/a.gcode")).status).toBe(200);
    const { dirs, files } = await client.get("server.files.get_directory", { path: "gcodes" });
    expect(dirs).toMatchObject([{ dirname: "inner" }, { dirname: "real" }]);
    expect(files).toEqual([]);
    rmSync(outside);
  });

  test("changes that others make on the disk are told, with metadata at hand", async () => {
    const world = await start((gcodes) => writeFileSync(join(gcodes, "old.gcode"), "G28\n"));
    const { gcodes } = world.setup.paths;
    const client = await world.identified();
    await client.get("server.files.metadata", { filename: "old.gcode" });
    await world.watching();
    writeFileSync(join(gcodes, "new.gcode"), PRUSA);
    expect(await change(client, "create_file", "new.gcode")).toMatchObject({ item: { size: PRUSA.length } });
    expect(
      await client.get("server.database.get_item", { namespace: "gcode_metadata", key: ["new.gcode"] }),
    ).toHaveProperty("value.slicer", "PrusaSlicer");
    renameSync(join(gcodes, "new.gcode"), join(gcodes, "renamed.gcode"));
    expect(await change(client, "move_file", "renamed.gcode")).toMatchObject({ source_item: { path: "new.gcode" } });
    mkdirSync(join(gcodes, "folder"));
    await change(client, "create_dir", "folder");
    writeFileSync(join(gcodes, "folder", "deep.gcode"), "G28\n");
    await change(client, "create_file", "folder/deep.gcode");
    writeFileSync(join(gcodes, "old.gcode"), "G28\nG1 X1\n");
    await change(client, "modify_file", "old.gcode");
    rmSync(join(gcodes, "folder"), { recursive: true });
    await change(client, "delete_dir", "folder");
    rmSync(join(gcodes, "old.gcode"));
    await change(client, "delete_file", "old.gcode");
    expect((await client.error("server.files.metadata", { filename: "old.gcode" })).code).toBe(-32601);
    // What we do ourselves is told once.
    await client.call("server.files.post_directory", { path: "gcodes/mine" });
    writeFileSync(join(gcodes, "last.gcode"), "G28\n");
    await change(client, "create_file", "last.gcode");
    const told = client.frames.filter((frame) => JSON.stringify(frame).includes('"path":"mine"'));
    expect(told).toHaveLength(1);
  });
});
