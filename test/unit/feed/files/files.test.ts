import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, expect, test } from "vitest";
import { fsError } from "../../../../host/feed/files/fs-error.js";
import { checkPath, isLeftOver, Roots, UNFINISHED, unfinishedName } from "../../../../host/feed/files/roots.js";
import { type Disk, UnfinishedFile } from "../../../../host/feed/files/unfinished-file.js";
import { crc32 } from "../../../../host/feed/files/zip.js";

const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), "steadyhand-files-"));
  folders.push(made);
  return made;
}

test("CRC-32 has the known values and can be continued", () => {
  expect(crc32(Buffer.from(""))).toBe(0);
  expect(crc32(Buffer.from("123456789"))).toBe(0xcbf43926);
  expect(crc32(Buffer.from("The quick brown fox jumps over the lazy dog"))).toBe(0x414fa339);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(), (bytes, cut) => {
      const at = cut % (bytes.byteLength + 1);
      expect(crc32(bytes.subarray(at), crc32(bytes.subarray(0, at)))).toBe(crc32(bytes));
    }),
  );
});

test("no path that is accepted leaves its root", async () => {
  const base = folder();
  mkdirSync(join(base, "root"));
  mkdirSync(join(base, "root", "in"));
  symlinkSync(base, join(base, "root", "out"));
  symlinkSync("in", join(base, "root", "alias"));
  symlinkSync("loop", join(base, "root", "loop"));
  writeFileSync(join(base, "secret"), "x");
  const roots = new Roots([{ name: "gcodes", folder: join(base, "root"), permissions: "rw" }]);
  const part = fc.oneof(
    fc.constantFrom("..", ".", "out", "in", "alias", "loop", "secret", "", "a", "~", "%2e%2e", "\u0000", "\n", "\\"),
    fc.string({ maxLength: 5 }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(part, { maxLength: 6 }), async (parts) => {
      try {
        const place = await roots.locate(`gcodes/${parts.join("/")}`);
        expect(place.absolute.startsWith(roots.get("gcodes").folder)).toBe(true);
        expect(place.path.split("/")).not.toContain("..");
        expect(place.path.split("/")[0]).not.toBe("out");
      } catch (error) {
        expect(error).toMatchObject({ name: "ApiError" });
      }
    }),
    { numRuns: 300 },
  );
  expect(await roots.locate("gcodes//in///x.gcode/")).toMatchObject({ path: "in/x.gcode" });
  expect(await roots.locate("gcodes")).toMatchObject({ path: "" });
});

test("names that no file system keeps are refused", () => {
  for (const path of ["a\u0000", "a\nb", "a\u007f", "a\\b", "x".repeat(256), "ü".repeat(128), "../a", "a/..", "."]) {
    expect(() => checkPath(path)).toThrow();
  }
  for (const path of ["x".repeat(255), "a b", "grüße", "a..b", "...", "-rf", "a:b"]) checkPath(path);
});

test("unfinished files of this run are told from those that were left over", () => {
  expect(isLeftOver(unfinishedName())).toBe(false);
  expect(isLeftOver(`${UNFINISHED}0123`)).toBe(true);
  expect(isLeftOver("a.gcode")).toBe(false);
});

test("a root that cannot be made is told as an error with a fix", () => {
  const file = join(folder(), "file");
  writeFileSync(file, "");
  expect(() => new Roots([{ name: "gcodes", folder: join(file, "x"), permissions: "rw" }])).toThrow(
    expect.objectContaining({ code: "FEED_FOLDER" }),
  );
});

test("errors of the file system become what a client can be told", () => {
  const error = (code: string) => Object.assign(new Error(`${code}: secret details`), { code });
  const told = (code: string) => fsError(error(code), "write", "gcodes/a");
  expect([told("ENOSPC").status, told("EACCES").status, told("ENOENT").status]).toEqual([507, 403, 400]);
  expect(told("ENOSPC").message).toMatchInlineSnapshot(`"cannot write 'gcodes/a': there is no space left on the disk"`);
  expect(told("EXYZ")).toMatchObject({ status: 500 });
});

/** A real disk whose writes fail after so many bytes. */
function failingDisk(after: number, code: string): Disk {
  let written = 0;
  return {
    open: async (path) => {
      const file = await open(path, "wx");
      const write = ((bytes: Buffer, offset: number, length: number) => {
        written += length;
        if (written > after) return Promise.reject(Object.assign(new Error(code), { code }));
        return file.write(bytes, offset, length);
      }) as typeof file.write;
      return { write, sync: () => file.sync(), close: () => file.close() };
    },
  };
}

test("a file gets its place only when it is complete", async () => {
  const base = folder();
  const file = new UnfinishedFile(base, () => undefined);
  file.write(Buffer.from("one "));
  file.write(Buffer.from("two"));
  await file.finish();
  expect(readdirSync(base)).toEqual([file.path.slice(base.length + 1)]);
  await file.moveTo(join(base, "done.gcode"));
  expect([readdirSync(base), readFileSync(join(base, "done.gcode"), "utf8")]).toEqual([["done.gcode"], "one two"]);
});

test("a disk that fails in the middle is told at the end, and nothing is left", async () => {
  const base = folder();
  let drained = 0;
  const file = new UnfinishedFile(base, () => drained++, failingDisk(10, "EIO"));
  file.write(Buffer.alloc(8));
  file.write(Buffer.alloc(8));
  await expect(file.finish()).rejects.toMatchObject({ code: "EIO" });
  expect(file.failure).toMatchObject({ code: "EIO" });
  // The sender is let go, to be told.
  expect(drained).toBe(1);
  await file.discard();
  expect(readdirSync(base)).toEqual([]);
});

test("the sender is held back while the disk is slow, and let go again", async () => {
  const base = folder();
  let drained = 0;
  const file = new UnfinishedFile(base, () => drained++);
  const accepted = Array.from({ length: 10 }, () => file.write(Buffer.alloc(1024 * 1024)));
  expect(accepted).toEqual([true, true, true, ...Array.from({ length: 7 }, () => false)]);
  await file.finish();
  expect(drained).toBe(1);
  await file.discard();
  expect(readdirSync(base)).toEqual([]);
});

test("a folder that is gone fails the file, not the program", async () => {
  const file = new UnfinishedFile(join(folder(), "none"), () => undefined);
  file.write(Buffer.from("x"));
  await expect(file.finish()).rejects.toMatchObject({ code: "ENOENT" });
  await file.discard();
});
