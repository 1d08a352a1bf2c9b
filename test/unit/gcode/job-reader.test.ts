import fc from "fast-check";
import { expect, test } from "vitest";
import { JobReader } from "../../../host/gcode/job-reader.js";
import { memoryChunks } from "./memory-chunks.js";

interface Line {
  readonly text: string;
  readonly line: number;
  readonly position: number;
}

async function linesOf(reader: JobReader): Promise<readonly Line[]> {
  const lines: Line[] = [];
  for (;;) {
    while (reader.next()) lines.push({ text: reader.text(), line: reader.line, position: reader.position });
    if (!(await reader.fill())) return lines;
  }
}

const read = (text: string | Uint8Array, cut: number | readonly number[] = 1000) =>
  linesOf(new JobReader(memoryChunks(text, cut)));

test("lines come with number and position, whatever their line end", async () => {
  expect(await read("G1\n\r\n; é\r\nG2")).toEqual([
    { text: "G1", line: 1, position: 3 },
    { text: "", line: 2, position: 5 },
    { text: "; é", line: 3, position: 11 },
    { text: "G2", line: 4, position: 13 },
  ]);
});

test("a line end at the end of the file makes no further line", async () => {
  expect(await read("G1\n")).toEqual([{ text: "G1", line: 1, position: 3 }]);
  expect(await read("")).toEqual([]);
  expect(await read("\n")).toEqual([{ text: "", line: 1, position: 1 }]);
});

test("a byte order mark and bytes that are not UTF-8 are no problem", async () => {
  expect((await read("\ufeffG28\nG1\n")).map(({ text }) => text)).toEqual(["G28", "G1"]);
  expect((await read(new Uint8Array([0x3b, 0xff, 0x0a, 0x47, 0x31]))).map(({ text }) => text)).toEqual([
    ";\ufffd",
    "G1",
  ]);
});

test("the file may be cut anywhere", () => {
  const piece = fc.constantFrom("G1 X1", "\n", "\r\n", "é", ";", "\r", "M117 long text");
  const text = fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join(""));
  const cuts = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 });
  return fc.assert(
    fc.asyncProperty(text, cuts, async (whole, cut) => {
      const lines = await read(whole, cut);
      expect(lines).toEqual(await read(whole));
      const expected = whole.split("\n").map((line) => line.replace(/\r$/, ""));
      if (whole === "" || whole.endsWith("\n")) expected.pop();
      expect(lines.map(({ text: line }) => line)).toEqual(expected);
      expect(lines.map(({ line }) => line)).toEqual(expected.map((_, index) => index + 1));
    }),
  );
});

test("reading can go on behind any line, with or without knowing its number", () => {
  const text = "G1 X1\n\nG1 X22\r\n; é\nG1 X3";
  return fc.assert(
    fc.asyncProperty(
      fc.nat(5),
      fc.nat(5),
      fc.integer({ min: 1, max: 9 }),
      fc.boolean(),
      async (from, to, cut, isKnown) => {
        const all = await read(text);
        const reader = new JobReader(memoryChunks(text, cut));
        for (let count = 0; count < from; count++) if (!reader.next() && (await reader.fill())) count--;
        const before = all[to - 1];
        const position = before?.position ?? 0;
        await reader.seek(position, isKnown ? (before?.line ?? 0) : undefined);
        expect([reader.position, reader.line]).toEqual([
          position,
          Math.min(to, all.length) === 0 ? 0 : (before?.line ?? 0),
        ]);
        const rest = before === undefined ? all : all.slice(to);
        expect(await linesOf(reader)).toEqual(rest);
      },
    ),
  );
});

test("going on behind the end of the file ends the job", async () => {
  const reader = new JobReader(memoryChunks("G1\nG2\n", 4));
  await reader.seek(500);
  expect(await linesOf(reader)).toEqual([]);
});

test("the size is that of the file", () => {
  expect(new JobReader(memoryChunks("G1\nG2\n", 4)).size).toBe(6);
});

test("the next chunk is asked for while the present one is worked on, and never twice", async () => {
  const source = memoryChunks("G1\nG2\nG3\n", 3);
  let asked = 0;
  const reader = new JobReader({
    ...source,
    read: () => {
      asked++;
      return source.read();
    },
  });
  expect(await reader.fill()).toBe(true);
  expect(asked).toBe(2);
  expect(await linesOf(reader)).toHaveLength(3);
  expect(asked).toBe(4);
});

test("a failure to read ahead is thrown when the chunk is needed, not before", async () => {
  const source = memoryChunks("G1\nG2\n", 3);
  let reads = 0;
  const reader = new JobReader({
    ...source,
    read: () => (reads++ === 0 ? source.read() : Promise.reject(new Error("gone"))),
  });
  expect(await reader.fill()).toBe(true);
  expect([reader.next(), reader.text(), reader.next()]).toEqual([true, "G1", false]);
  await expect(reader.fill()).rejects.toThrow("gone");
  await reader.close();
});

test("a file without line ends is refused instead of filling the memory", async () => {
  const endless = { size: 1e12, read: () => Promise.resolve(new Uint8Array(300_000).fill(0x41)) };
  const reader = new JobReader({ ...memoryChunks("", 1), ...endless });
  await expect(linesOf(reader)).rejects.toThrow("line 1 is longer than 1 MB");
});
