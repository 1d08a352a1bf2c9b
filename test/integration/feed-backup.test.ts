import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { Storage } from "../../host/feed/storage.js";
import { FeedWorld } from "../support/feed-world.js";

const worlds: FeedWorld[] = [];

afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close();
});

async function start(): Promise<FeedWorld> {
  const world = await FeedWorld.start("node");
  worlds.push(world);
  return world;
}

const item = (value: string): object => ({ namespace: "test", key: "colour", value });

test("a backup is made, listed, brought back at the next start, and what it replaces is kept", async () => {
  const world = await start();
  await world.post("server/database/item", item("red"));
  expect((await world.post("server/database/backup", { filename: "one.mdb" })).status).toBe(200);
  expect(await world.result("server/database/list")).toMatchObject({ backups: ["one.mdb"] });
  await world.post("server/database/item", item("blue"));
  expect((await world.post("server/database/restore", { filename: "one.mdb" })).status).toBe(200);
  await world.host.notice("restart-feed");
  await world.feed.stop();

  const { storage } = world.setup.paths;
  const restored = await Storage.open(storage);
  const items = restored.table("items", (value) => value);
  expect([...items.entries()].map(([, value]) => value)).toEqual(["red"]);
  await restored.close();
  const replaced = readdirSync(dirname(storage)).filter((name) => name.startsWith("storage.replaced-"));
  expect(replaced).toHaveLength(1);
});

test("what is no backup is not brought back, and nothing is lost by trying", async () => {
  const world = await start();
  await world.post("server/database/item", item("red"));
  const folder = join(dirname(world.setup.paths.storage), "backup", "database");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "empty.mdb"), "");
  writeFileSync(join(folder, "noise.mdb"), Buffer.alloc(100_000, 7));
  for (const filename of ["empty.mdb", "noise.mdb", "none.mdb", "../storage/data.mdb", ""]) {
    const response = await world.post("server/database/restore", { filename });
    expect([filename, response.status >= 400 && response.status < 500]).toEqual([filename, true]);
  }
  expect(readdirSync(dirname(world.setup.paths.storage))).not.toContain("storage.restore");
  expect(await world.result("server/database/item?namespace=test&key=colour")).toMatchObject({ value: "red" });
});

test("no backup is made or brought back while a print is running", async () => {
  const world = await start();
  world.host.publish("print_stats", { state: "printing", filename: "a.gcode" });
  await world.settled();
  expect((await world.post("server/database/backup")).status).toBe(400);
  expect((await world.post("server/database/restore", { filename: "one.mdb" })).status).toBe(400);
});
