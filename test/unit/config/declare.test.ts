import { expect, test } from "vitest";
import { readAliases } from "../../../host/config/board-pins.js";
import { declareOptions } from "../../../host/config/declare.js";
import { PinTable } from "../../../host/config/pins.js";
import type { SectionReader } from "../../../host/config/section-reader.js";
import { readLinearMotor } from "../../../host/config/values.js";
import { celsius, ratio } from "../../../host/shared/units.js";

const names = (read: (section: SectionReader) => unknown) =>
  declareOptions("heater x", read).map(({ option, when }) => [option, ...when]);

test("options are found with type, default, limits and help, without any configuration", () => {
  const declared = declareOptions("heater_fan x", (section) => ({
    heaters: section.list("heater", ["extruder"], { help: "Heaters that the fan cools." }),
    temperature: section.celsius("heater_temp", celsius(50)),
    speed: section.ratio("fan_speed", ratio(1), { min: 0, max: 1, help: "How fast." }),
    pin: section.pin("pin"),
    endstop: section.mm("position_endstop", null),
  }));
  expect(declared).toMatchObject([
    { section: "heater_fan", option: "heater", type: "list", isRequired: false, fallback: ["extruder"] },
    { option: "heater_temp", type: "°C", fallback: 50, limits: {} },
    { option: "fan_speed", type: "0 to 1", fallback: 1, limits: { min: 0, max: 1, help: "How fast." } },
    { option: "pin", type: "pin", isRequired: true, fallback: undefined },
    { option: "position_endstop", type: "mm", isRequired: false, fallback: undefined, when: [] },
  ]);
  expect(declared[0]?.limits.help).toBe("Heaters that the fan cools.");
});

test("options behind a choice, a switch or the presence of another option are found too", () => {
  const found = names((section) => {
    if (section.choice("control", ["watermark", "pid"]) === "pid") {
      section.float("pid_kp");
      if (section.bool("adaptive", false)) section.float("rate");
    } else section.float("max_delta", 2);
    if (section.has("tune_file")) section.string("tune_file");
  });
  expect(found).toEqual([
    ["control"],
    ["max_delta"],
    ["pid_kp", "control: pid"],
    ["adaptive", "control: pid"],
    ["tune_file", "tune_file is set"],
    ["rate", "control: pid", "adaptive: True"],
  ]);
});

test("families of options appear once, and old names are listed", () => {
  const declared = declareOptions("gcode_macro x", (section) => {
    for (const name of section.optionsWith("variable_")) section.string(name);
    section.renamed("old", "new");
    section.int("new", 1);
  });
  expect(declared.map(({ option, oldNames }) => [option, oldNames])).toEqual([
    ["variable_<name>", []],
    ["new", ["old"]],
  ]);
});

test("options that a module reads in other sections are listed there", () => {
  const declared = declareOptions("tmc2209 stepper_x", (section) => {
    section.int("microsteps", null);
    section.config.section("stepper_x").int("microsteps");
    expect(section.config.optional("stepper_y")).toBeUndefined();
    expect(section.config.has("stepper_y")).toBe(false);
    expect(section.config.ofKind("extruder")).toEqual([]);
    expect(section.config.startingWith("stepper_")).toEqual([]);
  });
  expect(declared.map(({ section, option }) => [section, option])).toEqual([
    ["tmc2209", "microsteps"],
    ["stepper_x", "microsteps"],
  ]);
});

test("a module that never stops asking for more comes to an end", () => {
  let count = 0;
  const found = names((section) => {
    section.bool(`switch_${count++}`, false);
  });
  expect(found.length).toBeGreaterThan(1);
  expect(found.length).toBeLessThan(1000);
});

test("helpers that read several options can be declared on their own", () => {
  expect(declareOptions("stepper_x", readLinearMotor).map(({ option }) => option)).toEqual([
    "microsteps",
    "full_steps_per_rotation",
    "gear_ratio",
    "rotation_distance",
    "step_distance",
  ]);
  const pins = new PinTable(() => undefined);
  const aliases = declareOptions("board_pins x", (section) => readAliases(section, pins));
  expect(aliases.map(({ option }) => option)).toEqual(["mcu", "aliases", "aliases_<name>"]);
});
