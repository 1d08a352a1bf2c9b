import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { afterEach, describe, expect, test } from "vitest";
import { ADAPTERS } from "../support/feed-adapters.js";
import { FeedWorld } from "../support/feed-world.js";

const worlds: FeedWorld[] = [];
const folders: string[] = [];

afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

const SCRIPT = "console.log('hello');\n".repeat(200);

/** A folder as the build of a web client leaves it. */
function build(): string {
  const folder = mkdtempSync(join(tmpdir(), "steadyhand-web-"));
  folders.push(folder);
  mkdirSync(join(folder, "assets"));
  writeFileSync(join(folder, "index.html"), "<title>client</title>");
  writeFileSync(join(folder, "config.json"), "{}");
  writeFileSync(join(folder, "assets", "index-a1B2c3D4.js"), SCRIPT);
  writeFileSync(join(folder, "assets", "index-a1B2c3D4.js.gz"), gzipSync(SCRIPT));
  writeFileSync(join(folder, "assets", "index-a1B2c3D4.js.br"), brotliCompressSync(SCRIPT));
  writeFileSync(join(folder, "assets", "plain.css"), "a{color:red}\n".repeat(200));
  return folder;
}

describe.each(ADAPTERS)("over %s", (adapter) => {
  async function start(web: string): Promise<FeedWorld> {
    const world = await FeedWorld.start(adapter, { paths: { web } });
    worlds.push(world);
    return world;
  }

  test("a web client's folder is served, and every view of it gets its index page", async () => {
    const world = await start(build());
    for (const path of ["/", "/index.html", "/dashboard", "/settings/x"]) {
      const response = await world.fetch(path);
      expect([path, response.status, await response.text()]).toEqual([path, 200, "<title>client</title>"]);
      expect(response.headers.get("cache-control")).toBe("no-cache");
    }
    expect(await (await world.fetch("/lite/")).text()).toContain("Steadyhand");
    expect((await world.fetch("/assets/none-a1B2c3D4.js")).status).toBe(404);
    expect((await world.fetch("/config.json")).headers.get("content-type")).toContain("application/json");
    expect((await world.fetch("/index.html", { method: "POST" })).status).toBe(405);
    for (const path of ["/../index.html", "/%2e%2e/x", "/assets/../../x.txt", "/a%00b"]) {
      expect([path, (await world.rawGet(path)).status]).toEqual([path, 404]);
    }
  });

  test("what is named by its content is kept for ever, and sent compressed as it lies there", async () => {
    const world = await start(build());
    const path = "/assets/index-a1B2c3D4.js";
    const packed = await world.fetch(path, { headers: { "accept-encoding": "gzip, br" } });
    expect(packed.headers.get("content-encoding")).toBe("br");
    expect(packed.headers.get("content-type")).toContain("text/javascript");
    expect(packed.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
    expect(packed.headers.get("vary")).toContain("Accept-Encoding");
    expect(await packed.text()).toBe(SCRIPT);
    const gzip = await world.fetch(path, { headers: { "accept-encoding": "gzip" } });
    expect([gzip.headers.get("content-encoding"), await gzip.text()]).toEqual(["gzip", SCRIPT]);
    const plain = await world.fetch(path, { headers: { "accept-encoding": "identity" } });
    expect([plain.headers.get("content-encoding"), await plain.text()]).toEqual([null, SCRIPT]);
    const etag = plain.headers.get("etag") ?? "";
    const again = await world.fetch(path, { headers: { "accept-encoding": "identity", "if-none-match": etag } });
    expect(again.status).toBe(304);
    const range = await world.fetch(path, { headers: { "accept-encoding": "identity", range: "bytes=0-6" } });
    expect([range.status, await range.text()]).toEqual([206, "console"]);
    const style = await world.fetch("/assets/plain.css", { headers: { "accept-encoding": "gzip" } });
    expect([style.headers.get("content-encoding"), style.headers.get("cache-control")]).toEqual(["gzip", "no-cache"]);
    expect(await style.text()).toContain("color:red");
    const head = await world.fetch(path, { method: "HEAD", headers: { "accept-encoding": "identity" } });
    expect([head.status, head.headers.get("content-length")]).toEqual([200, String(SCRIPT.length)]);
    expect((await world.fetch(path)).headers.get("x-content-type-options")).toBe("nosniff");
  });
});
