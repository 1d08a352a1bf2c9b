import { execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeAll, expect, test } from "vitest";
import { isRecord, member } from "../../host/feed/json-value.js";
import { Storage } from "../../host/feed/storage.js";
import { isHostError } from "../../host/shared/errors.js";
import { compile, compiled } from "../support/feed-build.js";

const folders: string[] = [];

beforeAll(compile);

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), "steadyhand-storage-"));
  folders.push(made);
  return made;
}

/** Runs the program until it has acknowledged `count` changes more, kills it in the middle, and says the last one. */
function runAndKill(path: string, first: number, count: number): Promise<number> {
  const program = fileURLToPath(compiled("test/support/feed-storage-program.js"));
  const child = spawn(process.execPath, [program, path, String(first)], { stdio: ["ignore", "pipe", "inherit"] });
  return new Promise((resolve, reject) => {
    let text = "";
    child.stdout.setEncoding("utf8");
    child.stdout.on("data", (piece: string) => {
      text += piece;
      if (text.split("\n").length > count) child.kill("SIGKILL");
    });
    child.on("error", reject);
    child.on("close", () => resolve(Math.max(...text.split("\n").slice(0, -1).map(Number))));
  });
}

test("whatever was acknowledged survives being killed at any moment, and sums fit their jobs", async () => {
  const path = folder();
  let last = -1;
  for (const count of [7, 30, 55, 90]) {
    const acknowledged = await runAndKill(path, last + 1, count);
    expect(acknowledged).toBeGreaterThan(last);
    last = acknowledged;
    const storage = await Storage.open(path);
    const items = storage.table("items", (value) => (isRecord(value) ? value : undefined));
    const kept = items.get(["mainsail", "a"]);
    const history = storage.table("history", (value) => (isRecord(value) ? value : undefined));
    for (let number = 0; number <= last; number++) {
      expect(isRecord(kept) ? member(kept, `k${number}`) : undefined).toEqual({ number });
      expect(history.get(number)).toEqual({ number });
    }
    const sums = storage.table("sums", (value) => (isRecord(value) ? value : undefined));
    const numbers = [...history.entries()].map(([key]) => Number(key));
    expect(numbers).toContain(Number(member(sums.get("all") ?? {}, "count")));
    await storage.close();
  }
});

/** A database with some records, closed. */
async function filled(path: string): Promise<string> {
  const storage = await Storage.open(path);
  const table = storage.table("t", (value) => (isRecord(value) ? value : undefined));
  await Promise.all(Array.from({ length: 2000 }, (_, i) => table.put(i, { text: "x".repeat(200) })));
  await storage.close();
  return join(path, "data.mdb");
}

test.each([
  ["is something else", (file: string) => writeFileSync(file, "this is no database".repeat(1000))],
  ["is too short", (file: string) => writeFileSync(file, "x")],
  ["is empty of content", (file: string) => writeFileSync(file, Buffer.alloc(100_000))],
  ["was cut off", (file: string) => truncateSync(file, Math.floor(statSync(file).size / 2))],
])("a database file that %s is moved aside, and a new one begun", async (_what, spoil) => {
  const path = join(folder(), "storage");
  spoil(await filled(path));
  const storage = await Storage.open(path);
  expect(storage.warning).toMatch(
    /^The database of history and settings could not be used \(its .+\)\. It is kept in /,
  );
  const table = storage.table("t", (value) => value);
  expect(table.get(1)).toBeUndefined();
  await table.put(1, { fresh: true });
  await storage.close();
  const aside = readdirSync(join(path, "..")).find((name) => name.startsWith("storage.damaged-"));
  expect(aside).toBeDefined();
  const again = await Storage.open(path);
  expect([again.warning, again.table("t", (value) => value).get(1)]).toEqual(["", { fresh: true }]);
  await again.close();
});

test("records that end the process that reads them are found before they end ours", async () => {
  const path = join(folder(), "storage");
  const file = await filled(path);
  const bytes = readFileSync(file);
  // Every page but the two heads and their roots points to nowhere.
  for (let page = 2; page < bytes.byteLength / 4096; page++) bytes.fill(0xff, page * 4096 + 24, page * 4096 + 600);
  writeFileSync(file, bytes);
  const program = fileURLToPath(compiled("host/feed/storage-check-main.js"));
  const { signal, status } = spawnSync(process.execPath, [program, path]);
  expect(signal !== null || status === 3).toBe(true);
});

// Only the superuser may make a disk that is small enough.
test.skipIf(process.getuid?.() !== 0)(
  "a full disk is told, and the database goes on when there is space again",
  async () => {
    const path = folder();
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=2m", "tmpfs", path]);
    try {
      const storage = await Storage.open(join(path, "storage"));
      const table = storage.table("t", (value) => (isRecord(value) ? value : undefined));
      let full: unknown;
      for (let i = 0; i < 200 && full === undefined; i++) {
        await table.put(i, { text: "x".repeat(20_000) }).catch((error: unknown) => {
          full = error;
        });
      }
      expect(full).toMatchObject({ status: 507, message: "the database could not be written: the disk may be full" });
      expect(table.get(0)).toHaveProperty("text");
      for (let i = 0; i < 20; i++) await table.remove(i);
      await table.put("after", { well: true });
      expect(table.get("after")).toEqual({ well: true });
      await storage.close();
    } finally {
      execFileSync("umount", ["-l", path]);
    }
  },
);

test("a folder that cannot be used is told as an error with a fix", async () => {
  const file = join(folder(), "file");
  writeFileSync(file, "");
  const error: unknown = await Storage.open(join(file, "storage")).catch((reason: unknown) => reason);
  expect(isHostError(error, "FEED_STORAGE") ? error.format().replaceAll(file, "FILE") : "").toMatchInlineSnapshot(`
    "cannot open the database in 'FILE/storage': ENOTDIR: not a directory, mkdir 'FILE/storage' (FEED_STORAGE)
      To fix: let the user that runs this program write to this folder, and check that the disk is not full."
  `);
});

test("changes that come after the end are refused", async () => {
  const storage = await Storage.open(folder());
  const table = storage.table("t", (value) => value);
  const last = table.put("a", 1);
  const closed = storage.close();
  await last;
  await closed;
  await expect(table.put("b", 2)).rejects.toMatchObject({ status: 503 });
});
