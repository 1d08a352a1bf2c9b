import fc from "fast-check";
import { expect, test } from "vitest";
import { Config } from "../../../host/config/config.js";
import { HostError } from "../../../host/shared/errors.js";
import { MemoryStore } from "./memory-store.js";
import { configOf, messageOf, problemsOf } from "./support.js";

const KINDS = ["heater_fan", "fan", "extruder", "gcode_macro"];

test("an option that nobody has read is a typo", async () => {
  const config = await configOf("[heater_fan hotend]\npin: PA1\n\nheater_tmp: 50\nnonsense: 1\n");
  const section = config.section("heater_fan hotend");
  section.pin("pin");
  section.celsius("heater_temp", null);
  expect(problemsOf(config, KINDS)).toMatchInlineSnapshot(`
    "the configuration has 2 errors (CFG_INVALID)
      To fix: correct each of them, then run RESTART.
    printer.cfg:4: option 'heater_tmp' in section 'heater_fan hotend' is not known (CFG_OPTION_UNKNOWN)
      To fix: did you mean 'heater_temp'? Otherwise remove the line
    printer.cfg:5: option 'nonsense' in section 'heater_fan hotend' is not known (CFG_OPTION_UNKNOWN)
      To fix: remove the line, or put a # in front of it"
  `);
});

test("a section that nobody has opened is unknown", async () => {
  const config = await configOf("[heater_fna hotend]\nx: 1\n[Extruder]\n[banana]\n");
  expect(problemsOf(config, KINDS)).toMatchInlineSnapshot(`
    "the configuration has 3 errors (CFG_INVALID)
      To fix: correct each of them, then run RESTART.
    printer.cfg:1: section 'heater_fna hotend' is not known (CFG_SECTION_UNKNOWN)
      To fix: did you mean 'heater_fan hotend'? Otherwise remove the section
    printer.cfg:3: section 'Extruder' is not known (CFG_SECTION_UNKNOWN)
      To fix: did you mean 'extruder'? Otherwise remove the section
    printer.cfg:4: section 'banana' is not known (CFG_SECTION_UNKNOWN)
      To fix: remove the section, or put a # in front of each of its lines"
  `);
});

test("a G-code line that is not indented is recognised as such", async () => {
  const config = await configOf("[gcode_macro A]\ngcode:\nSET_PIN PIN=a VALUE=1\n");
  config.section("gcode_macro A").script("gcode");
  expect(problemsOf(config, KINDS)).toMatchInlineSnapshot(`
    "printer.cfg:3: option 'set_pin pin' in section 'gcode_macro A' is not known (CFG_OPTION_UNKNOWN)
      To fix: start the line with spaces if it belongs to the option above. Otherwise remove the line"
  `);
});

test("a section that does not affect a print can be accepted unread, with a warning", async () => {
  const config = await configOf("[display]\nlcd_type: st7920\n");
  config.accept("display", "displays are not supported yet; the section has no effect");
  expect(problemsOf(config)).toBe("nothing was thrown");
  expect(config.warnings.map(({ message }) => message)).toEqual([
    "section 'display': displays are not supported yet; the section has no effect",
  ]);
});

test("a missing section is reported once, and its options read as placeholders", async () => {
  const config = await configOf("[mcu]\n");
  expect(config.section("printer").int("max_velocity")).toBe(0);
  expect(config.section("printer").int("max_accel")).toBe(0);
  expect(config.optional("extruder")).toBeUndefined();
  expect(problemsOf(config)).toMatchInlineSnapshot(`
    "printer.cfg: there is no section 'printer' (CFG_SECTION_MISSING)
      To fix: add a section [printer]"
  `);
});

test("a main file that cannot be read is one problem, not one for each section", async () => {
  const config = await configOf("[include printer.cfg]");
  config.section("printer").int("max_velocity");
  expect(problemsOf(config)).toContain("CFG_INVALID");
  const empty = await Config.load("/cfg/gone.cfg", new MemoryStore({}));
  empty.section("printer").int("max_velocity");
  expect(problemsOf(empty)).toMatchInlineSnapshot(`
    "'/cfg/gone.cfg' cannot be read: there is no such file (CFG_FILE_UNREADABLE)
      To fix: check the path"
  `);
});

test("errors of files, options and sections come together, as data too", async () => {
  const config = await configOf("[fan]\nspeed: x\n[include more.cfg]\n", { "more.cfg": "junk\n[banana]\n" });
  config.section("fan").float("speed");
  try {
    config.finish(KINDS);
    expect.unreachable();
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    expect(error.format()).toMatchInlineSnapshot(`
      "the configuration has 3 errors (CFG_INVALID)
        To fix: correct each of them, then run RESTART.
      printer.cfg:2: option 'speed' in section 'fan' is 'x', which is not a number (CFG_OPTION_TYPE)
        To fix: write a number such as 12.5
      more.cfg:1: 'junk' is neither a section nor an option (CFG_SYNTAX)
        To fix: start the line with spaces if it belongs to the option above, or with # if it is a note
      more.cfg:2: section 'banana' is not known (CFG_SECTION_UNKNOWN)
        To fix: remove the section, or put a # in front of each of its lines"
    `);
    expect(error.details).toMatchObject({
      count: 3,
      problems: [
        { code: "CFG_OPTION_TYPE", file: "printer.cfg", line: 2 },
        { code: "CFG_SYNTAX", file: "more.cfg", line: 1 },
        { code: "CFG_SECTION_UNKNOWN", file: "more.cfg", line: 2 },
      ],
    });
  }
});

test("sections of one kind are found in the order of the file", async () => {
  const config = await configOf("[gcode_macro B]\n[gcode_macros]\n[gcode_macro A]\n[gcode_macro]\n");
  expect(config.ofKind("gcode_macro").map(({ label }) => label)).toEqual(["B", "A", ""]);
  expect(config.ofKind("fan")).toEqual([]);
  expect(config.startingWith("gcode_macro").map(({ name }) => name)).toEqual(config.names);
  expect(config.startingWith("gcode_macro ").map(({ label }) => label)).toEqual(["B", "A"]);
});

test("a section always has the same reader, so that options read by others count as read", async () => {
  const config = await configOf("[stepper_x]\nmicrosteps: 16\n");
  config.section("stepper_x").int("microsteps");
  expect(config.section("stepper_x").unread).toEqual([]);
  expect(problemsOf(config)).toBe("nothing was thrown");
});

test("configfile shows texts as in the file and values as read", async () => {
  const config = await configOf("[Printer X]\nMax: 300\ngears: 50:17\npin: !PA1\n[b]\nunread: 1\n");
  const section = config.section("Printer X");
  section.float("max");
  section.int("count", 3);
  section.bool("on", true);
  section.mm("left_out", null);
  section.floatTable("gears", ",", undefined, { separator: ":" });
  section.pin("pin");
  expect(config.raw()).toEqual({ "Printer X": { max: "300", gears: "50:17", pin: "!PA1" }, b: { unread: "1" } });
  expect(config.settings()).toEqual({
    "printer x": { max: 300, count: 3, on: true, gears: [[50, 17]], pin: "!PA1" },
  });
});

test("settings can be made into other values, with floats told from whole numbers", async () => {
  const config = await configOf("[a]\nf: 3\ni: 3\nlist: 1, 2\nints: 1\n");
  const section = config.section("a");
  section.float("f");
  section.int("i");
  section.floats("list");
  section.ints("ints");
  section.string("name", "x");
  const texts = config.mapSettings<string>({
    plain: String,
    float: (value) => value.toFixed(1),
    list: (items) => `(${items.join(", ")})`,
  });
  expect(texts).toEqual({ a: { f: "3.0", i: "3", list: "(1.0, 2.0)", ints: "(1)", name: "x" } });
});

test("finish throws nothing for a configuration that was read as a whole", async () => {
  const config = await configOf("[fan]\nspeed: 1\n");
  config.section("fan").float("speed");
  expect(messageOf(() => config.finish(KINDS))).toBe("nothing was thrown");
  expect(config.errorCount).toBe(0);
});

test("no configuration makes anything but a HostError, and every placeholder has the type that was asked for", () => {
  const piece = fc.constantFrom(
    "[a]",
    "[mcu]",
    "[board_pins]",
    "[duplicate_pin_override]",
    "[include x.cfg]",
    "[",
    "f: ",
    "i: ",
    "b: ",
  );
  const more = fc.constantFrom(
    "pin: ",
    "pins: ",
    "aliases: ",
    "list: ",
    "mcu: ",
    "1",
    "-1e9",
    "x",
    "^!PA1",
    "A=B, B=A",
    "<GND>",
    ",",
    ":",
    " ",
  );
  const text = fc.array(fc.oneof(piece, more, fc.constantFrom("\n", "\n  ", "#", ";", "é"), fc.string()), {
    maxLength: 40,
  });
  return fc.assert(
    fc.asyncProperty(text, async (pieces) => {
      const config = await configOf(pieces.join(""), { "x.cfg": "[b]\ny: 1\n" });
      const section = config.section("a");
      expect(Number.isFinite(section.float("f", undefined, { above: 0, below: 1 }))).toBe(true);
      expect(Number.isInteger(section.int("i", 2, { min: 1 }))).toBe(true);
      expect(typeof section.bool("b")).toBe("boolean");
      expect(typeof section.pin("pin", { pullup: true }).pin).toBe("string");
      expect(section.floats("list", undefined, { count: 2 })).toHaveLength(2);
      expect(section.floatTable("list", ",", [], { separator: ":" })).toEqual(expect.any(Array));
      config.settings();
      config.raw();
      problemsOf(config, KINDS);
    }),
    { numRuns: 300 },
  );
});
