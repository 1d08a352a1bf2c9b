import * as disk from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type ChunkSource, type OpenFile, openJobFile, PlainChunks } from "../../../host/gcode/job-file.js";
import { JobReader } from "../../../host/gcode/job-reader.js";
import { HostError } from "../../../host/shared/errors.js";

let folder = "";
let path = "";
/** Several chunks long, and each line is different. */
const TEXT = Array.from({ length: 60_000 }, (_, index) => `G1 X${index}`).join("\n");

beforeEach(async () => {
  folder = await disk.mkdtemp(join(tmpdir(), "job-"));
  path = join(folder, "cube.gcode");
});

afterEach(() => disk.rm(folder, { recursive: true }));

async function textOf(source: ChunkSource): Promise<string> {
  const chunks: Uint8Array[] = [];
  for (let chunk = await source.read(); chunk !== undefined; chunk = await source.read()) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

async function messageOf(promise: Promise<unknown>): Promise<string> {
  const error: unknown = await promise.catch((caught: unknown) => caught);
  if (!(error instanceof HostError)) throw error;
  return `${error.code} ${error.message.replaceAll(folder, "/jobs")}`;
}

test("reads a plain file, from the start or from anywhere", async () => {
  await disk.writeFile(path, TEXT);
  const source = await openJobFile(path);
  expect(source.size).toBe(TEXT.length);
  expect(await textOf(source)).toBe(TEXT);
  await source.restart(1000);
  expect(await textOf(source)).toBe(TEXT.slice(1000));
  await source.close();
});

test("reads a compressed file whatever it is called, with positions of the text", async () => {
  await disk.writeFile(path, gzipSync(TEXT));
  const source = await openJobFile(path);
  expect(source.size).toBe(TEXT.length);
  expect(await textOf(source)).toBe(TEXT);
  await source.restart(300_001);
  expect(await textOf(source)).toBe(TEXT.slice(300_001));
  await source.restart(0);
  expect((await source.read())?.length).toBeGreaterThan(0);
  await source.close();
});

test("a compressed file can be left and taken up again in the middle", async () => {
  await disk.writeFile(path, gzipSync(TEXT));
  const reader = await JobReader.open(path);
  while (reader.line < 100) if (!reader.next()) await reader.fill();
  await reader.seek(300_000);
  expect(reader.position).toBeGreaterThanOrEqual(300_000);
  const { line } = reader;
  while (!reader.next()) await reader.fill();
  expect(reader.text()).toBe(`G1 X${line}`);
  await reader.close();
});

test("a file that is deleted or replaced while it is printed is printed to its end", async () => {
  await disk.writeFile(path, TEXT);
  const source = await openJobFile(path);
  const first = await source.read();
  await disk.rm(path);
  await disk.writeFile(path, "other");
  expect((first?.length ?? 0) + (await textOf(source)).length).toBe(TEXT.length);
  await source.close();
});

test("a file that becomes shorter while it is printed is reported", async () => {
  await disk.writeFile(path, TEXT);
  const source = await openJobFile(path);
  await source.read();
  await disk.truncate(path, 300_000);
  expect(await messageOf(source.read())).toMatchInlineSnapshot(
    `"FILE_UNREADABLE '/jobs/cube.gcode' cannot be read: it has become shorter since the job was started"`,
  );
  await source.close();
});

test("a drive that is pulled is reported", async () => {
  const file: OpenFile = {
    read: () => Promise.reject(Object.assign(new Error("EIO: i/o error"), { code: "EIO" })),
    stat: () => Promise.reject(new Error("unused")),
    close: () => Promise.resolve(),
  };
  expect(await messageOf(new PlainChunks("cube.gcode", file, 100).read())).toMatchInlineSnapshot(
    `"FILE_UNREADABLE 'cube.gcode' cannot be read: the disk reports an error"`,
  );
});

test("a compressed file that is cut off or damaged is reported", async () => {
  const packed = gzipSync(TEXT);
  await disk.writeFile(path, packed.subarray(0, packed.length / 2));
  expect(await messageOf(openJobFile(path).then(textOf))).toMatchInlineSnapshot(
    `"FILE_UNREADABLE '/jobs/cube.gcode' cannot be read: the compressed file is cut off"`,
  );
  packed.fill(0x55, 20, 4000);
  await disk.writeFile(path, packed);
  expect(await messageOf(openJobFile(path).then(textOf))).toMatchInlineSnapshot(
    `"FILE_UNREADABLE '/jobs/cube.gcode' cannot be read: the compressed file is damaged"`,
  );
});

test("what is no file of G-code is refused at once", async () => {
  expect(await messageOf(openJobFile(path))).toMatchInlineSnapshot(
    `"FILE_UNREADABLE '/jobs/cube.gcode' cannot be read: there is no such file"`,
  );
  expect(await messageOf(openJobFile(folder))).toMatchInlineSnapshot(
    `"FILE_UNREADABLE '/jobs' cannot be read: it is not a file"`,
  );
  await disk.writeFile(path, "GCDE\u0001\0\0\0");
  expect(await messageOf(openJobFile(path))).toMatchInlineSnapshot(
    `"FILE_UNREADABLE '/jobs/cube.gcode' cannot be read: it is binary G-code"`,
  );
});

test("an empty file has no lines", async () => {
  await disk.writeFile(path, "");
  const reader = await JobReader.open(path);
  expect([reader.next(), await reader.fill(), reader.size]).toEqual([false, false, 0]);
  await reader.close();
});
