import fc from "fast-check";
import { expect, test } from "vitest";
import { Autosave } from "../../../host/config/autosave.js";
import { loadConfig } from "../../../host/config/load.js";
import { HostError } from "../../../host/shared/errors.js";
import { MemoryStore } from "./memory-store.js";
import { MAIN, messageOf } from "./support.js";

const NOW = new Date(2026, 10, 22, 19, 58, 18);
const BACKUP = "printer-20261122_195818.cfg";

async function valuesOf(store: MemoryStore): Promise<Record<string, Record<string, string>>> {
  const { sections } = await loadConfig(MAIN, store);
  return Object.fromEntries(
    [...sections].map(([name, { options }]) => [
      name,
      Object.fromEntries([...options.values()].map((option) => [option.name, option.value])),
    ]),
  );
}

/** Saves what `change` sets; returns the files afterwards. */
async function saved(text: string, change: (autosave: Autosave) => void, more: Readonly<Record<string, string>> = {}) {
  const store = new MemoryStore({ "printer.cfg": text, ...more });
  const autosave = new Autosave(MAIN, store);
  change(autosave);
  const report = await autosave.save(NOW);
  return { store, autosave, report, text: store.text("printer.cfg") };
}

test("the first value makes a block at the end, in the form that Klipper reads", async () => {
  const { text, report, store } = await saved("[stepper_z]\nstep_pin: PA1\n", (autosave) => {
    autosave.set("stepper_z", "Position_Endstop", "0.400");
    autosave.set("bed_mesh default", "points", "\n  0.1, 0.2\n  0.3, 0.4\n");
    autosave.set("bed_mesh default", "version", 1);
    autosave.set("probe", "active", true);
  });
  expect(text).toBe(
    [
      "[stepper_z]",
      "step_pin: PA1",
      "",
      "#*# <---------------------- SAVE_CONFIG ---------------------->",
      "#*# DO NOT EDIT THIS BLOCK OR BELOW. The contents are auto-generated.",
      "#*#",
      "#*# [stepper_z]",
      "#*# position_endstop = 0.400",
      "#*#",
      "#*# [bed_mesh default]",
      "#*# points =",
      "#*# \t0.1, 0.2",
      "#*# \t0.3, 0.4",
      "#*# version = 1",
      "#*#",
      "#*# [probe]",
      "#*# active = True",
      "",
    ].join("\n"),
  );
  expect(report).toEqual({ isWritten: true, backups: [`/cfg/${BACKUP}`], commentedOut: [] });
  expect(store.text(BACKUP)).toBe("[stepper_z]\nstep_pin: PA1\n");
});

test("a line of the owner that sets the same option is commented out, once", async () => {
  const before = "[stepper_z]\nposition_endstop: 0.5 # mine\nstep_pin: PA1\n";
  const first = await saved(before, (autosave) => autosave.set("stepper_z", "position_endstop", "0.4"));
  expect(first.text.split("\n").slice(0, 3)).toEqual(["[stepper_z]", "#position_endstop: 0.5 # mine", "step_pin: PA1"]);
  expect(first.report.commentedOut).toEqual([
    { file: "printer.cfg", line: 2, section: "stepper_z", option: "position_endstop" },
  ]);
  const second = await saved(first.text, (autosave) => autosave.set("stepper_z", "position_endstop", "0.3"));
  expect(second.text).toBe(first.text.replace("position_endstop = 0.4", "position_endstop = 0.3"));
  expect(second.report.commentedOut).toEqual([]);
});

test("every line of a long value is commented out, and only lines that are not comments", async () => {
  const before = "[bed_mesh]\npoints:\n  1, 2\n# note\n\n  ; more\n  3, 4\n# end\nx: 1\n";
  const { text } = await saved(before, (autosave) => autosave.set("bed_mesh", "points", "9"));
  expect(text.split("\n").slice(0, 9)).toEqual([
    "[bed_mesh]",
    "#points:",
    "#  1, 2",
    "# note",
    "",
    "#  ; more",
    "#  3, 4",
    "# end",
    "x: 1",
  ]);
});

test("an option that is set several times is commented out everywhere", async () => {
  const { text, store } = await saved("[a]\nx: 1\nx: 2\n[a]\nX = 3\n", (autosave) => autosave.set("a", "x", "4"));
  expect(text.split("\n").slice(0, 5)).toEqual(["[a]", "#x: 1", "#x: 2", "[a]", "#X = 3"]);
  expect(await valuesOf(store)).toEqual({ a: { x: "4" } });
});

test("an option in an included file is commented out there, and the owner is told", async () => {
  const more = { "probe.cfg": "[probe]\nz_offset: 1\nspeed: 5\n" };
  const change = (autosave: Autosave) => autosave.set("probe", "z_offset", "1.25");
  const { store, report } = await saved("[include probe.cfg]\n", change, more);
  expect(store.text("probe.cfg")).toBe("[probe]\n#z_offset: 1\nspeed: 5\n");
  expect(await valuesOf(store)).toEqual({ probe: { speed: "5", z_offset: "1.25" } });
  expect(report.commentedOut).toEqual([{ file: "probe.cfg", line: 2, section: "probe", option: "z_offset" }]);
  expect(report.backups).toEqual([`/cfg/${BACKUP}`, "/cfg/probe.cfg.20261122_195818.bak"]);
  expect(store.text("probe.cfg.20261122_195818.bak")).toBe(more["probe.cfg"]);
});

test("nothing is written when the files say it already", async () => {
  const text = "[a]\nx: 1\n";
  for (const change of [
    () => undefined,
    (autosave: Autosave) => autosave.set("a", "x", "1"),
    (autosave: Autosave) => autosave.set("a", "x", " 1 \n"),
    (autosave: Autosave) => autosave.remove("a", "gone"),
  ]) {
    const { store, report, autosave } = await saved(text, change);
    expect(report).toEqual({ isWritten: false, backups: [], commentedOut: [] });
    expect([store.names, store.replacements, autosave.hasPending]).toEqual([["printer.cfg"], 0, false]);
  }
});

test("values are replaced, added and removed inside the block, the rest of it stays", async () => {
  const first = await saved("[mcu]\n", (autosave) => {
    autosave.set("a", "x", "1");
    autosave.set("a", "y", "\n1\n2");
    autosave.set("b", "z", "3");
  });
  const second = await saved(first.text, (autosave) => {
    autosave.set("a", "y", "2");
    autosave.set("a", "w", "5");
    autosave.remove("b", "z");
  });
  expect(second.text).toBe(
    first.text.replace("y =\n#*# \t1\n#*# \t2", "y = 2\n#*# w = 5").replace("#*#\n#*# [b]\n#*# z = 3\n", ""),
  );
});

test("an option that the block has twice is there once afterwards", async () => {
  const block = [
    "#*# <---------------------- SAVE_CONFIG ---------------------->",
    "#*# [a]",
    "#*# x = 1",
    "#*# y = 1",
    "#*# [a]",
    "#*# x = 2",
    "",
  ];
  const change = (autosave: Autosave) => {
    autosave.set("a", "x", "3");
    autosave.set("a", "z", "4");
  };
  const { text } = await saved(block.join("\n"), change);
  expect(text).toBe([block[0], "#*# [a]", "#*# y = 1", "#*# [a]", "#*# x = 3", "#*# z = 4", ""].join("\n"));
});

test("a save that would lose a line of the owner is refused", async () => {
  const marker = "#*# <---------------------- SAVE_CONFIG ---------------------->";
  const store = new MemoryStore({ "printer.cfg": `${marker}\n#*# [a]\n#*# x =\n[b]\ny: 1\n#*# \t1\n` });
  const autosave = new Autosave(MAIN, store);
  autosave.set("a", "x", "2");
  await expect(autosave.save(NOW)).rejects.toThrow("saving would change other options");
  expect(store.replacements).toBe(0);
  expect(autosave.get("a", "x")).toBe("2");
});

test("a section is removed with every option, pending ones included", async () => {
  const first = await saved("[bed_mesh old]\nx: 1\n", (autosave) => autosave.set("bed_mesh old", "y", "2"));
  const tree = await loadConfig(MAIN, first.store);
  const { store } = await saved(first.text, (autosave) => {
    autosave.set("bed_mesh old", "z", "3");
    autosave.removeSection("bed_mesh old", tree);
  });
  expect(await valuesOf(store)).toEqual({ "bed_mesh old": {} });
});

test("line ends, byte order mark and odd letters stay as they are", async () => {
  const before = "\ufeff[größe]\r\nx: 1\r\ny: 2";
  const { text } = await saved(before, (autosave) => autosave.set("größe", "x", "3"));
  expect(text.startsWith("\ufeff[größe]\r\n#x: 1\r\ny: 2\r\n\r\n#*# <--")).toBe(true);
  expect(text.replaceAll("\r\n", "")).not.toMatch(/[\r\n]/);
});

test("text that the owner put below the block stays, and counts", async () => {
  const first = await saved("[a]\nx: 1\n", (autosave) => autosave.set("b", "y", "2"));
  const { text, store } = await saved(`${first.text}\n[c]\nz: 3\nx: 4\n`, (autosave) => {
    autosave.set("c", "z", "9");
    autosave.set("d", "w", "5");
  });
  expect(text).toContain("\n[c]\n#z: 3\nx: 4\n");
  expect(await valuesOf(store)).toEqual({ a: { x: "1" }, b: { y: "2" }, c: { z: "9", x: "4" }, d: { w: "5" } });
});

test("what the owner has edited since the start is kept", async () => {
  const store = new MemoryStore({ "printer.cfg": "[a]\nx: 1\n" });
  const autosave = new Autosave(MAIN, store);
  autosave.set("a", "x", "2");
  store.put("printer.cfg", "[a]\nx: 1\nnew: 7\n");
  await autosave.save(NOW);
  expect(await valuesOf(store)).toEqual({ a: { new: "7", x: "2" } });
});

test("backups of the same second do not overwrite each other", async () => {
  const store = new MemoryStore({ "printer.cfg": "[a]\n" });
  const autosave = new Autosave(MAIN, store);
  for (const value of ["1", "2", "3"]) {
    autosave.set("a", "x", value);
    await autosave.save(NOW);
  }
  expect(store.names.filter((name) => name !== "printer.cfg")).toEqual([
    BACKUP,
    "printer-20261122_195818-2.cfg",
    "printer-20261122_195818-3.cfg",
  ]);
});

test("a value that would not read back is refused", () => {
  const autosave = new Autosave(MAIN, new MemoryStore({}));
  for (const value of ["a # b", "a ; b", "; b", "a\n# b", "#"]) {
    expect(
      messageOf(() => autosave.set("a", "x", value)),
      value,
    ).toContain("CFG_SAVE");
  }
  for (const [section, option] of [
    ["a]\nb", "x"],
    ["include b", "x"],
    ["", "x"],
    ["a", ""],
    ["a", "x:y"],
    ["a", "#x"],
  ]) {
    expect(
      messageOf(() => autosave.set(section ?? "", option ?? "", "1")),
      `${section} ${option}`,
    ).toContain("CFG_SAVE");
  }
  expect(autosave.hasPending).toBe(false);
  expect(messageOf(() => autosave.set("respond", "prefix", "echo # 1"))).toMatchInlineSnapshot(`
    "the value of option 'prefix' in section 'respond' cannot be saved: it would not read back as it is (CFG_SAVE)
      To fix: use a text without # and without a ; after a space"
  `);
});

test("pending values can be looked at and forgotten", async () => {
  const autosave = new Autosave(MAIN, new MemoryStore({ "printer.cfg": "[a]\nx: 1\n" }));
  autosave.set("a", "X", 2.5);
  autosave.remove("a", "y");
  expect([autosave.get("a", "x"), autosave.get("a", "y"), autosave.get("a", "z")]).toEqual(["2.5", null, undefined]);
  expect(autosave.pendingItems).toEqual({ a: { x: "2.5", y: null } });
  autosave.discard();
  expect(await autosave.save(NOW)).toMatchObject({ isWritten: false });
});

const boom = (path: string) =>
  new HostError("CFG_SAVE", `'${path}' cannot be written: the disk is full`, {
    details: { path, reason: "the disk is full" },
    fix: "make room",
  });

test("when any step fails, all files are as they were and the values still pending", async () => {
  const files = { "printer.cfg": "[include p.cfg]\n[a]\nx: 1\n", "p.cfg": "[probe]\nz: 1\n" };
  const steps = ["prepare", "copy", "commit"] as const;
  for (const step of steps) {
    const store = new MemoryStore(files);
    const autosave = new Autosave(MAIN, store);
    autosave.set("a", "x", "2");
    autosave.set("probe", "z", "2");
    store.before = (now, path) => {
      if (now === step) throw boom(path);
    };
    await expect(autosave.save(NOW)).rejects.toThrow("the disk is full");
    expect([store.text("printer.cfg"), store.text("p.cfg"), store.replacements]).toEqual([...Object.values(files), 0]);
    expect(autosave.pendingItems).toEqual({ a: { x: "2" }, probe: { z: "2" } });
    store.before = () => undefined;
    await autosave.save(NOW);
    expect(await valuesOf(store)).toEqual({ a: { x: "2" }, probe: { z: "2" } });
    expect(autosave.hasPending).toBe(false);
  }
});

test("when only an included file cannot be changed, the saved value is there and the owner is told what wins", async () => {
  const store = new MemoryStore({ "printer.cfg": "[include p.cfg]\n", "p.cfg": "[probe]\nz: 1\n" });
  const autosave = new Autosave(MAIN, store);
  autosave.set("probe", "z", "2");
  store.before = (step, path) => {
    if (step === "commit" && path === "/cfg/p.cfg") throw boom(path);
  };
  const error: unknown = await autosave.save(NOW).catch((caught: unknown) => caught);
  if (!(error instanceof HostError)) throw error;
  expect(error.format()).toMatchInlineSnapshot(`
    "'printer.cfg' could not be saved: lines of '/cfg/p.cfg' could not be changed and still win over what was saved (CFG_SAVE)
      To fix: put a # in front of the lines there that set the same options, or run SAVE_CONFIG again"
  `);
  expect(await valuesOf(store)).toEqual({ probe: { z: "1" } });
  store.before = () => undefined;
  await autosave.save(NOW);
  expect(await valuesOf(store)).toEqual({ probe: { z: "2" } });
});

test("a value that is set while a save runs is not lost", async () => {
  const store = new MemoryStore({ "printer.cfg": "[a]\n" });
  const autosave = new Autosave(MAIN, store);
  autosave.set("a", "x", "1");
  store.before = (step) => {
    if (step === "commit") autosave.set("a", "x", "2");
  };
  const running = autosave.save(NOW);
  expect([autosave.hasPending, autosave.get("a", "x")]).toEqual([true, "1"]);
  await running;
  expect(autosave.get("a", "x")).toBe("2");
  store.before = () => undefined;
  await Promise.all([autosave.save(NOW), autosave.save(NOW)]);
  expect(await valuesOf(store)).toEqual({ a: { x: "2" } });
});

test("a main file that cannot be read or is not UTF-8 is never overwritten", async () => {
  const missing = new Autosave(MAIN, new MemoryStore({}));
  missing.set("a", "x", "1");
  await expect(missing.save(NOW)).rejects.toThrow("cannot be read");
  const store = new MemoryStore({ "printer.cfg": new Uint8Array([0x5b, 0xff]) });
  const garbled = new Autosave(MAIN, store);
  garbled.set("a", "x", "1");
  await expect(garbled.save(NOW)).rejects.toThrow("not UTF-8");
  expect(store.replacements).toBe(0);
});

const name = fc.string({ unit: fc.constantFrom("a", "b", "_", "1"), minLength: 1, maxLength: 3 });
const optionLine = fc
  .tuple(
    name,
    fc.constantFrom("1", "x y", "", "\n  a\n\n  b", " 5 # note", "\n  ; c\n  d\n"),
    fc.constantFrom(": ", " = ", ":"),
  )
  .map(([option, value, delimiter]) => `${option}${delimiter}${value}\n`);
const filler = fc.constantFrom("", "\n", "# note\n", "; note\n", "  \n", "junk\n");
const section = fc
  .tuple(name, fc.array(fc.tuple(optionLine, filler), { maxLength: 4 }))
  .map(([title, options]) => `[${title}]\n${options.flat().join("")}`);
const fileText = fc.tuple(filler, fc.array(section, { maxLength: 4 })).map(([top, all]) => top + all.join(""));
const newValue = fc.constantFrom("1", "2.5", "\na\nb", "x y", "\n1, 2\n\n3, 4", "");
const change = fc.tuple(name, name, fc.option(newValue, { nil: null }));

function apply(values: Record<string, Record<string, string>>, section: string, option: string, value: string | null) {
  const own = { ...values[section] };
  if (value === null) delete own[option];
  else own[option] = value;
  return { ...values, [section]: own };
}

const withoutEmpty = (values: Record<string, Record<string, string>>) =>
  Object.fromEntries(Object.entries(values).filter(([, own]) => Object.keys(own).length > 0));

test("whatever was set reads back, everything else reads as before, round after round", () => {
  const rounds = fc.array(fc.array(change, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 3 });
  return fc.assert(
    fc.asyncProperty(fileText, fileText, rounds, fc.constantFrom("\n", "\r\n"), async (main, more, all, lineEnd) => {
      const store = new MemoryStore({
        "printer.cfg": `${main}[include more.cfg]\n${main}`.replaceAll("\n", lineEnd),
        "more.cfg": more.replaceAll("\n", lineEnd),
      });
      const autosave = new Autosave(MAIN, store);
      for (const changes of all) {
        let wanted = await valuesOf(store);
        for (const [title, option, value] of changes) {
          if (value === null) autosave.remove(title, option);
          else autosave.set(title, option, value);
          wanted = apply(wanted, title, option, value);
        }
        const before = store.text("printer.cfg").length;
        const report = await autosave.save(NOW);
        expect(withoutEmpty(await valuesOf(store))).toEqual(withoutEmpty(wanted));
        if (!report.isWritten) expect(store.text("printer.cfg")).toHaveLength(before);
      }
    }),
    { numRuns: 300 },
  );
});

test("outside the block only a # is ever added, at the start of a line", () => {
  return fc.assert(
    fc.asyncProperty(fileText, fc.array(change, { minLength: 1, maxLength: 4 }), async (main, changes) => {
      const store = new MemoryStore({ "printer.cfg": main });
      const autosave = new Autosave(MAIN, store);
      for (const [title, option, value] of changes) {
        if (value === null) autosave.remove(title, option);
        else autosave.set(title, option, value);
      }
      await autosave.save(NOW);
      const after = store.text("printer.cfg").split("\n");
      for (const [index, line] of main.split("\n").slice(0, -1).entries()) {
        expect([line, `#${line}`]).toContain(after[index]);
      }
    }),
    { numRuns: 300 },
  );
});
