import * as disk from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Autosave } from "../../../host/config/autosave.js";
import { DiskStore, type FileOperations } from "../../../host/config/store.js";
import { HostError } from "../../../host/shared/errors.js";

let folder = "";
let path = "";
const NOW = new Date(2026, 10, 22, 19, 58, 18);
const BEFORE = "[a]\nx: 1\n";

beforeEach(async () => {
  folder = await disk.mkdtemp(join(tmpdir(), "store-"));
  path = join(folder, "printer.cfg");
  await disk.writeFile(path, BEFORE, { mode: 0o640 });
});

afterEach(() => disk.rm(folder, { recursive: true }));

const refused = (code: string) => Object.assign(new Error(`${code}: refused`), { code });

/** The real operations, of which one always fails. */
function failing(name: keyof FileOperations, code: string): FileOperations {
  const fail = () => Promise.reject(refused(code));
  return { ...disk, [name]: fail };
}

/** Opens files whose `method` fails, as on a disk that fills up while writing. */
function failingFiles(method: "writeFile" | "sync", code: string): FileOperations {
  const open: typeof disk.open = async (...args) => {
    const file = await disk.open(...args);
    file[method] = () => Promise.reject(refused(code));
    return file;
  };
  return { ...disk, open };
}

async function save(operations: FileOperations = disk) {
  const autosave = new Autosave(path, new DiskStore(operations));
  autosave.set("a", "x", "2");
  return await autosave.save(NOW);
}

test("the new file replaces the old one, with its permissions, and a copy of the old one stays", async () => {
  const report = await save();
  const names = ["printer-20261122_195818.cfg", "printer.cfg"];
  expect((await disk.readdir(folder)).sort()).toEqual(names);
  expect(report.backups).toEqual([join(folder, "printer-20261122_195818.cfg")]);
  expect(await disk.readFile(path, "utf8")).toContain("#*# x = 2\n");
  expect((await disk.stat(path)).mode & 0o777).toBe(0o640);
  expect(await disk.readFile(report.backups[0] ?? "", "utf8")).toBe(BEFORE);
});

test("a link to the configuration stays a link", async () => {
  const real = join(folder, "real.cfg");
  await disk.rename(path, real);
  await disk.symlink(real, path);
  await save();
  expect((await disk.lstat(path)).isSymbolicLink()).toBe(true);
  expect(await disk.readFile(real, "utf8")).toContain("#*# x = 2\n");
});

test("whichever operation fails, the old file is whole and no temporary file is left", async () => {
  const cases: readonly [string, FileOperations][] = [
    ["the disk is full", failingFiles("writeFile", "ENOSPC")],
    ["the disk reports an error", failingFiles("sync", "EIO")],
    ["the file system is read-only", failing("open", "EROFS")],
    ["the file system is read-only", failing("rename", "EROFS")],
    ["the disk is full", failing("copyFile", "ENOSPC")],
    ["access is not allowed", failing("realpath", "EACCES")],
    ["the disk quota is used up", failing("stat", "EDQUOT")],
  ];
  for (const [reason, operations] of cases) {
    const error: unknown = await save(operations).catch((caught: unknown) => caught);
    if (!(error instanceof HostError)) throw error;
    expect([error.code, error.message]).toEqual(["CFG_SAVE", expect.stringContaining(reason)]);
    expect(await disk.readFile(path, "utf8")).toBe(BEFORE);
    const names = await disk.readdir(folder);
    expect(names.filter((name) => name.endsWith(".tmp"))).toEqual([]);
    for (const name of names) expect(await disk.readFile(join(folder, name), "utf8")).toBe(BEFORE);
  }
});

test("the message says what happened and that nothing is lost", async () => {
  const error: unknown = await save(failingFiles("writeFile", "ENOSPC")).catch((caught: unknown) => caught);
  if (!(error instanceof HostError)) throw error;
  expect(error.format().replaceAll(folder, "/config")).toMatchInlineSnapshot(`
    "'/config/printer.cfg' cannot be written: the disk is full (CFG_SAVE)
      To fix: make room or allow writing, then run SAVE_CONFIG again; nothing was changed and the values are still pending"
  `);
});

test("a backup never overwrites another file", async () => {
  const store = new DiskStore();
  const other = join(folder, "other.cfg");
  await disk.writeFile(other, "keep");
  await expect(store.copy(path, other)).rejects.toThrow("cannot be written");
  expect(await disk.readFile(other, "utf8")).toBe("keep");
});

test("reading reports what is wrong with a path, and a folder that is not there has no names", async () => {
  const store = new DiskStore();
  await expect(store.read(join(folder, "gone.cfg"))).rejects.toThrow("there is no such file");
  await expect(store.read(folder)).rejects.toThrow("it is a folder");
  expect(await store.list(join(folder, "gone"))).toEqual([]);
  expect(await store.list(path)).toEqual([]);
  expect(await store.list(folder)).toEqual(["printer.cfg"]);
});
