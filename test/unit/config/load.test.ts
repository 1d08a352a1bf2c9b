import fc from "fast-check";
import { expect, test } from "vitest";
import { loadConfig } from "../../../host/config/load.js";
import { HostError } from "../../../host/shared/errors.js";
import { MemoryStore } from "./memory-store.js";
import { MAIN } from "./support.js";

const load = (files: Readonly<Record<string, string | Uint8Array>>) => loadConfig(MAIN, new MemoryStore(files));

async function valuesOf(files: Readonly<Record<string, string>>): Promise<unknown> {
  const { sections, errors } = await load(files);
  expect(errors.map((error) => error.format())).toEqual([]);
  return Object.fromEntries(
    [...sections].map(([name, { options }]) => [
      name,
      Object.fromEntries([...options.values()].map((option) => [option.name, option.value])),
    ]),
  );
}

async function problemsOf(files: Readonly<Record<string, string | Uint8Array>>): Promise<readonly string[]> {
  return (await load(files)).errors.map((error) => error.format());
}

const block = (lines: readonly string[]) =>
  ["#*# <---------------------- SAVE_CONFIG ---------------------->", ...lines.map((line) => `#*# ${line}`), ""].join(
    "\n",
  );

test("sections of the same name are one, and the later option wins", async () => {
  expect(await valuesOf({ "printer.cfg": "[a]\nx: 1\ny: 1\n[b]\nz: 1\n[a]\nx: 2\n" })).toEqual({
    a: { x: "2", y: "1" },
    b: { z: "1" },
  });
});

test("an include stands for the text of its file, so what comes later wins", async () => {
  const files = {
    "printer.cfg": "[a]\nx: 1\ny: 1\n[include more.cfg]\n[a]\ny: 3\n",
    "more.cfg": "[a]\nx: 2\ny: 2\nz: 2\n",
  };
  expect(await valuesOf(files)).toEqual({ a: { x: "2", y: "3", z: "2" } });
});

test("a pattern includes matching files in the order of their names, hidden ones left out", async () => {
  const files = {
    "printer.cfg": "[include d/*.cfg]\n[include e?.cfg]\n[include f[1-2].cfg]\n[include g/*/m.cfg]\n",
    "d/b.cfg": "[s]\nx: b\n",
    "d/a.cfg": "[s]\nx: a\n",
    "d/.hidden.cfg": "[s]\nx: hidden\n",
    "d/c.txt": "[s]\nx: text\n",
    "d/deep/z.cfg": "[s]\nx: deep\n",
    "e1.cfg": "[e]\n",
    "f1.cfg": "[f1]\n",
    "f3.cfg": "[f3]\n",
    "g/one/m.cfg": "[g1]\n",
    "g/two/m.cfg": "[g2]\n",
  };
  expect(await valuesOf(files)).toEqual({ s: { x: "b" }, e: {}, f1: {}, g1: {}, g2: {} });
});

test("a path in an included file is relative to that file", async () => {
  const files = { "printer.cfg": "[include d/a.cfg]\n", "d/a.cfg": "[include e/b.cfg]\n", "d/e/b.cfg": "[b]\nx: 1\n" };
  expect(await valuesOf(files)).toEqual({ b: { x: "1" } });
  const { sections } = await load(files);
  expect(sections.get("b")?.place).toEqual({ file: "d/e/b.cfg", line: 1 });
});

test("a file may be included twice", async () => {
  const files = { "printer.cfg": "[include a.cfg]\n[a]\nx: 2\n[include a.cfg]\n", "a.cfg": "[a]\nx: 1\n" };
  expect(await valuesOf(files)).toEqual({ a: { x: "1" } });
});

test("a pattern that matches nothing is a notice, a file that does not exist an error", async () => {
  const tree = await load({ "printer.cfg": "[include d/*.cfg]\n[include mainsai.cfg]\n", "mainsail.cfg": "" });
  expect(tree.notices).toEqual([{ place: { file: "printer.cfg", line: 1 }, text: "no file matches 'd/*.cfg'" }]);
  expect(tree.errors.map((error) => error.format())).toMatchInlineSnapshot(`
    [
      "printer.cfg:2: the included file 'mainsai.cfg' does not exist (CFG_FILE_UNREADABLE)
      To fix: did you mean 'mainsail.cfg'?",
    ]
  `);
});

test("a folder that cannot be looked into is reported at the include", async () => {
  const store = new MemoryStore({ "printer.cfg": "[include d/*.cfg]\n[x]\n" });
  const reason = "access is not allowed";
  const list = (folder: string) =>
    Promise.reject(
      new HostError("CFG_FILE_UNREADABLE", `'${folder}' cannot be read: ${reason}`, {
        details: { path: folder, reason },
        fix: "allow it",
      }),
    );
  const { errors, sections } = await loadConfig(MAIN, { read: store.read, list });
  expect(errors.map((error) => error.headline)).toEqual([
    "printer.cfg:1: '/cfg/d' cannot be read: access is not allowed (CFG_FILE_UNREADABLE)",
  ]);
  expect([...sections.keys()]).toEqual(["x"]);
});

test("includes that include each other are reported at the line that closes the loop", async () => {
  const files = {
    "printer.cfg": "[include a.cfg]\n[x]\n",
    "a.cfg": "\n[include b.cfg]\n",
    "b.cfg": "[include a.cfg]\n",
  };
  expect(await problemsOf(files)).toMatchInlineSnapshot(`
    [
      "b.cfg:1: 'a.cfg' includes itself, by way of this line (CFG_INCLUDE_LOOP)
      To fix: remove one of the includes",
    ]
  `);
  expect(await problemsOf({ "printer.cfg": "[include printer.cfg]\n" })).toMatchInlineSnapshot(`
    [
      "printer.cfg:1: 'printer.cfg' includes itself, by way of this line (CFG_INCLUDE_LOOP)
      To fix: remove one of the includes",
    ]
  `);
});

test("a main file that cannot be read is the only error", async () => {
  expect(await problemsOf({})).toMatchInlineSnapshot(`
    [
      "'/cfg/printer.cfg' cannot be read: there is no such file (CFG_FILE_UNREADABLE)
      To fix: check the path",
    ]
  `);
});

test("bytes that are not UTF-8 are reported with their line", async () => {
  const latin = new Uint8Array([...new TextEncoder().encode("[a]\nx: gr"), 0xf6, 0x0a]);
  expect(await problemsOf({ "printer.cfg": latin })).toMatchInlineSnapshot(`
    [
      "printer.cfg:2: the line has bytes that are not UTF-8 text (CFG_SYNTAX)
      To fix: save the file as UTF-8 in your editor",
    ]
  `);
});

test("what SAVE_CONFIG stored counts where nothing else sets the option", async () => {
  const text = `[extruder]\nmin_temp: 0\n#pid_kp: 1\n${block(["[extruder]", "pid_kp = 22.5", "", "[bed_mesh default]", "version = 1"])}`;
  expect(await valuesOf({ "printer.cfg": text })).toEqual({
    extruder: { min_temp: "0", pid_kp: "22.5" },
    "bed_mesh default": { version: "1" },
  });
});

// Checked against klippy: an owner's own line wins, wherever it stands.
test("a line of the owner wins over what SAVE_CONFIG stored, and a notice says so", async () => {
  const saved = block(["[probe]", "z_offset = 1.5"]);
  const own = await load({ "printer.cfg": `[probe]\nz_offset: 2\n${saved}` });
  expect(own.sections.get("probe")?.options.get("z_offset")?.value).toBe("2");
  expect(own.notices).toEqual([
    {
      place: { file: "printer.cfg", line: 5 },
      text: "saved option 'z_offset' does not count: printer.cfg:2 sets it too",
    },
  ]);
  const included = await load({ "printer.cfg": `[include p.cfg]\n${saved}`, "p.cfg": "[probe]\nz_offset: 3\n" });
  expect(included.sections.get("probe")?.options.get("z_offset")?.value).toBe("3");
});

test("when the block says the same option twice, the later one counts", async () => {
  const text = block(["[probe]", "z_offset = 1", "[probe]", "z_offset = 2"]);
  expect(await valuesOf({ "printer.cfg": text })).toEqual({ probe: { z_offset: "2" } });
});

test("an option that is set twice in one section is a notice", async () => {
  const { notices } = await load({ "printer.cfg": "[a]\nx: 1\nx: 2\n" });
  expect(notices).toEqual([
    { place: { file: "printer.cfg", line: 3 }, text: "option 'x' is also set in line 2; this line counts" },
  ]);
});

test("errors of all files are collected", async () => {
  const files = { "printer.cfg": "junk\n[include a.cfg]\n[include b.cfg]\n", "a.cfg": "junk\n" };
  expect((await load(files)).errors.map(({ code, place }) => [code, place?.file, place?.line])).toEqual([
    ["CFG_SYNTAX", "printer.cfg", 1],
    ["CFG_SYNTAX", "a.cfg", 1],
    ["CFG_FILE_UNREADABLE", "printer.cfg", 3],
  ]);
});

test("splitting a file at any of its sections into includes changes nothing", () => {
  const option = fc.tuple(fc.constantFrom("x", "y", "z"), fc.constantFrom("1", "2", "\n  a\n  b"));
  const section = fc.tuple(fc.constantFrom("a", "b", "c d"), fc.array(option, { maxLength: 3 }));
  const text = section.map(
    ([name, options]) => `[${name}]\n${options.map(([key, value]) => `${key}: ${value}\n`).join("")}`,
  );
  return fc.assert(
    fc.asyncProperty(fc.array(text, { maxLength: 6 }), fc.array(fc.boolean()), async (parts, apart) => {
      const files: Record<string, string> = {};
      const main = parts.map((part, index) => {
        if (apart[index] !== true) return part;
        files[`part${index}.cfg`] = part;
        return `[include part${index}.cfg]\n`;
      });
      expect(await valuesOf({ ...files, "printer.cfg": main.join("") })).toEqual(
        await valuesOf({ "printer.cfg": parts.join("") }),
      );
    }),
  );
});
