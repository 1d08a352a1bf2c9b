import { expect, expectTypeOf, test } from "vitest";
import type { SectionReader } from "../../../host/config/section-reader.js";
import { celsius, type Mm, mm, mmPerS, ratio, seconds } from "../../../host/shared/units.js";
import { configOf, problemsOf } from "./support.js";

/** A section `[fan one]` with the given lines, and what is wrong once `read` has read it. */
async function reading(lines: string, read: (section: SectionReader) => unknown): Promise<[unknown, string]> {
  const config = await configOf(`[fan one]\n${lines}\n`);
  const value = read(config.section("fan one"));
  return [value, problemsOf(config)];
}

const FINE = "nothing was thrown";

test("reads each type from its text", async () => {
  const lines = [
    "s: some text",
    "i: -16",
    "f: 1e-3",
    "big: 10_000",
    "mm: .5",
    "speed: +5.",
    "accel: 3000",
    "point: 1, 2.5",
    "time: 2",
    "temp: 50",
    "share: 0.25",
    "on: Yes",
    "off: 0",
    "kind: pid",
    "names: a, b ,c,",
    "ints: 1,2",
    "floats: 1.5,\n  2",
    "gears: 50:17, 3:1",
    "pairs: A=PA1, B=<GND>,",
    "points:\n  1, 2\n  3, 4",
  ].join("\n");
  const [value, problems] = await reading(lines, (section) => [
    section.string("s"),
    section.int("i"),
    section.float("f"),
    section.int("big"),
    section.mm("mm"),
    section.mmPerS("speed"),
    section.mmPerS2("accel"),
    section.mmList("point", undefined, { count: 2 }),
    section.seconds("time"),
    section.celsius("temp"),
    section.ratio("share"),
    section.bool("on"),
    section.bool("off"),
    section.choice("kind", ["watermark", "pid"]),
    section.list("names"),
    section.ints("ints"),
    section.floats("floats", undefined, { count: 2 }),
    section.floatTable("gears", ",", undefined, { separator: ":", count: 2 }),
    section.table("pairs", ",", undefined, { separator: "=", count: 2 }),
    section.floatTable("points", "\n"),
  ]);
  expect(problems).toBe(FINE);
  expect(value).toEqual([
    "some text",
    -16,
    0.001,
    10000,
    0.5,
    5,
    3000,
    [1, 2.5],
    2,
    50,
    0.25,
    true,
    false,
    "pid",
    ["a", "b", "c"],
    [1, 2],
    [1.5, 2],
    [
      [50, 17],
      [3, 1],
    ],
    [
      ["A", "PA1"],
      ["B", "<GND>"],
    ],
    [
      [1, 2],
      [3, 4],
    ],
  ]);
});

test("an option that is not set reads as its default, or as null when it may be left out", async () => {
  const [value, problems] = await reading("", (section) => [
    section.celsius("heater_temp", celsius(50)),
    section.list("heater", ["extruder"]),
    section.ratio("fan_speed", ratio(1), { min: 0, max: 1 }),
    section.mm("position_endstop", null),
    section.choice("control", ["a", "b"], null),
    section.pin("pin", {}, null),
  ]);
  expect(problems).toBe(FINE);
  expect(value).toEqual([50, ["extruder"], 1, null, null, null]);
});

test("the types say whether a value can be null", () => {
  const check = (section: SectionReader) => {
    expectTypeOf(section.mm("x")).toEqualTypeOf<Mm>();
    expectTypeOf(section.mm("x", mm(1))).toEqualTypeOf<Mm>();
    expectTypeOf(section.mm("x", undefined, { above: 0 })).toEqualTypeOf<Mm>();
    expectTypeOf(section.mm("x", null)).toEqualTypeOf<Mm | null>();
    expectTypeOf(section.choice("x", ["a", "b"])).toEqualTypeOf<"a" | "b">();
    expectTypeOf(section.choice("x", ["a", "b"], null)).toEqualTypeOf<"a" | "b" | null>();
    // @ts-expect-error a speed is no length
    section.mm("x", mmPerS(1));
    // @ts-expect-error the default is none of the choices
    section.choice("x", ["a", "b"], "c");
  };
  expect(check).toBeTypeOf("function");
});

test("all wrong values of a section are reported together, in the order of the lines", async () => {
  const lines =
    "f: 5,0\ni: 400.0\nmm: 5 mm\non: maybe\nkind: Pid\nnames: a,,b\ntwo: 1,2,3\nshare: 1.5\nempty:\nn: nan\nh: 1e400";
  const [, problems] = await reading(lines, (section) => {
    section.float("h");
    section.float("f");
    section.int("i");
    section.mm("mm");
    section.bool("on");
    section.choice("kind", ["watermark", "pid"]);
    section.list("names");
    section.floats("two", undefined, { count: 2 });
    section.ratio("share");
    section.float("empty");
    section.float("n");
    section.float("gone");
  });
  expect(problems).toMatchInlineSnapshot(`
    "the configuration has 12 errors (CFG_INVALID)
      To fix: correct each of them, then run RESTART.
    printer.cfg:1: section 'fan one' has no option 'gone' (CFG_OPTION_MISSING)
      To fix: add a line 'gone: ...' below [fan one]
    printer.cfg:2: option 'f' in section 'fan one' is '5,0', which is not a number (CFG_OPTION_TYPE)
      To fix: write the decimals after a point, not a comma
    printer.cfg:3: option 'i' in section 'fan one' is '400.0', which is not a whole number (CFG_OPTION_TYPE)
      To fix: write a number without decimals, such as 16
    printer.cfg:4: option 'mm' in section 'fan one' is '5 mm', which is not a number (CFG_OPTION_TYPE)
      To fix: write the number without a unit
    printer.cfg:5: option 'on' in section 'fan one' is 'maybe', which is not True or False (CFG_OPTION_TYPE)
      To fix: write True or False
    printer.cfg:6: option 'kind' in section 'fan one' is 'Pid', which is not a choice (CFG_OPTION_CHOICE)
      To fix: did you mean 'pid'? Otherwise choose one of watermark, pid
    printer.cfg:7: option 'names' in section 'fan one' is 'a,,b', which is not a list with commas between its values (CFG_OPTION_TYPE)
      To fix: remove the empty value
    printer.cfg:8: option 'two' in section 'fan one' is '1,2,3', which is not 2 values with commas between them (CFG_OPTION_TYPE)
      To fix: write 2 values with commas between them
    printer.cfg:9: option 'share' in section 'fan one' is 1.5, above the maximum 1 (CFG_OPTION_RANGE)
      To fix: set share to a value from 0 to 1
    printer.cfg:10: option 'empty' in section 'fan one' is empty (CFG_OPTION_TYPE)
      To fix: write a number such as 12.5
    printer.cfg:11: option 'n' in section 'fan one' is 'nan', which is not a number (CFG_OPTION_TYPE)
      To fix: write a number such as 12.5
    printer.cfg:12: option 'h' in section 'fan one' is '1e400', which is not a number (CFG_OPTION_TYPE)
      To fix: write a number such as 12.5"
  `);
});

test("a value outside its limits is reported with the limit and what is allowed", async () => {
  const [, problems] = await reading("a: 1.5\nb: -1\nc: 0\nd: 9", (section) => {
    section.ratio("a", ratio(1), { min: 0, max: 1 });
    section.seconds("b", seconds(1), { min: 0 });
    section.mm("c", undefined, { above: 0 });
    section.int("d", undefined, { above: 0, below: 9 });
  });
  expect(problems).toMatchInlineSnapshot(`
    "the configuration has 4 errors (CFG_INVALID)
      To fix: correct each of them, then run RESTART.
    printer.cfg:2: option 'a' in section 'fan one' is 1.5, above the maximum 1 (CFG_OPTION_RANGE)
      To fix: set a to a value from 0 to 1
    printer.cfg:3: option 'b' in section 'fan one' is -1 s, below the minimum 0 s (CFG_OPTION_RANGE)
      To fix: set b to a value of at least 0 s
    printer.cfg:4: option 'c' in section 'fan one' is 0 mm, but must be above 0 mm (CFG_OPTION_RANGE)
      To fix: set c to a value above 0 mm
    printer.cfg:5: option 'd' in section 'fan one' is 9, but must be below 9 (CFG_OPTION_RANGE)
      To fix: set d to a value above 0 and below 9"
  `);
});

test("what is returned for a wrong value keeps to the limits", async () => {
  const [value] = await reading("a: x\nb: -5\nc: q", (section) => [
    section.mm("a", undefined, { above: 0 }),
    section.int("b", 3, { min: 1 }),
    section.choice("c", ["pid", "watermark"]),
    section.floats("d", undefined, { count: 3 }),
  ]);
  expect(value).toEqual([1, 3, "pid", [0, 0, 0]]);
});

test("one problem alone is thrown as itself", async () => {
  const config = await configOf("[fan]\nfan_speed: 1.5\n");
  config.section("fan").ratio("fan_speed");
  expect(problemsOf(config)).toMatchInlineSnapshot(`
    "printer.cfg:2: option 'fan_speed' in section 'fan' is 1.5, above the maximum 1 (CFG_OPTION_RANGE)
      To fix: set fan_speed to a value from 0 to 1"
  `);
});

test("a script knows the line of each of its lines", async () => {
  const config = await configOf("[m]\ngcode:\n  ; note\n  G1\n\n  G2\n", {});
  const script = config.section("m").script("gcode");
  expect(script.value.split("\n").map((text, index) => [text, script.place(index + 1)?.line])).toEqual([
    ["", 2],
    ["G1", 4],
    ["", 5],
    ["G2", 6],
  ]);
  expect([script.file, script.line, script.lines]).toEqual(["printer.cfg", 2, [2, 4, 5, 6]]);
  const standard = config.section("m").script("other", "\nM84");
  expect([standard.value, standard.lines, standard.place(2)]).toEqual([
    "\nM84",
    [1, 1],
    { file: "printer.cfg", line: 1 },
  ]);
  expect(config.section("m").script("gone", null)).toBeNull();
});

test("names are asked for without their case, and split into kind and label", async () => {
  const config = await configOf("[heater_fan  Hot End]\nFan_Speed: 1\n");
  const section = config.section("heater_fan  Hot End");
  expect([section.kind, section.label, section.ratio("FAN_SPEED")]).toEqual(["heater_fan", "Hot End", 1]);
});

test("options with a prefix are listed in the order of the file", async () => {
  const [value] = await reading("variable_b: 1\nx: 2\nvariable_a: 3", (section) => {
    section.int("x");
    return section.optionsWith("variable_").map((name) => [name, section.string(name)]);
  });
  expect(value).toEqual([
    ["variable_b", "1"],
    ["variable_a", "3"],
  ]);
});

test("an old name still works, with a warning", async () => {
  const config = await configOf("[bltouch]\npin_move_time_old: 2\n");
  const section = config.section("bltouch");
  section.renamed("pin_move_time_old", "pin_move_time");
  expect(section.seconds("pin_move_time", seconds(1))).toBe(2);
  section.seconds("pin_move_time", seconds(1));
  expect(problemsOf(config)).toBe(FINE);
  expect(config.warnings).toMatchInlineSnapshot(`
    [
      {
        "message": "option 'pin_move_time_old' in section 'bltouch' is now called 'pin_move_time'",
        "option": "pin_move_time_old",
        "section": "bltouch",
        "type": "deprecated_option",
      },
    ]
  `);
});

test("the new name wins over an old one, which is then unknown", async () => {
  const config = await configOf("[b]\nold: 2\nnew: 3\n");
  const section = config.section("b");
  section.renamed("old", "new");
  expect(section.int("new")).toBe(3);
  expect(problemsOf(config)).toContain("option 'old' in section 'b' is not known");
});

test("an option that no longer does anything is accepted with a warning", async () => {
  const config = await configOf("[printer]\nmax_accel_to_decel: 100\n");
  const section = config.section("printer");
  section.obsolete("max_accel_to_decel", "has no effect: use minimum_cruise_ratio");
  section.obsolete("buffer_time_low", "has no effect");
  expect(problemsOf(config)).toBe(FINE);
  expect(config.warnings).toEqual([
    {
      type: "deprecated_option",
      message: "option 'max_accel_to_decel' in section 'printer' has no effect: use minimum_cruise_ratio",
      section: "printer",
      option: "max_accel_to_decel",
    },
  ]);
});

test("deprecated values and other warnings say where they come from", async () => {
  const config = await configOf("[Fan X]\nkind: old\n");
  const section = config.section("Fan X");
  section.string("kind");
  section.deprecateValue("kind", "should be 'new'");
  section.warn("looks odd");
  expect(config.warnings).toEqual([
    {
      type: "deprecated_value",
      message: "option 'kind' in section 'Fan X' should be 'new'",
      section: "fan x",
      option: "kind",
      value: "old",
    },
    { type: "runtime_warning", section: "fan x", message: "section 'Fan X': looks odd" },
  ]);
});

test("a module can report that options do not fit together", async () => {
  const [, problems] = await reading("min: 5\nmax: 3", (section) => {
    section.int("min");
    section.int("max");
    section.reject("max", "is 3, but must be above 'min', which is 5", "raise max");
    section.reject(undefined, "makes no sense", "remove it");
  });
  expect(problems).toMatchInlineSnapshot(`
    "the configuration has 2 errors (CFG_INVALID)
      To fix: correct each of them, then run RESTART.
    printer.cfg:1: section 'fan one' makes no sense (CFG_CONFLICT)
      To fix: remove it
    printer.cfg:3: option 'max' in section 'fan one' is 3, but must be above 'min', which is 5 (CFG_CONFLICT)
      To fix: raise max"
  `);
});
