import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { GLOBALS, REGISTRY } from "../../../../host/gcode/template/globals.js";
import { hostFunction } from "../../../../host/gcode/template/host-function.js";
import {
  DEFAULT_MAX_DEPTH,
  DEFAULT_MAX_OUTPUT,
  DEFAULT_MAX_SIZE,
  DEFAULT_MAX_STEPS,
} from "../../../../host/gcode/template/runtime.js";
import { fromStatus } from "../../../../host/gcode/template/status.js";
import { compileTemplate } from "../../../../host/gcode/template/template.js";
import { pyFloat, type Value } from "../../../../host/gcode/template/values.js";

const page = readFileSync(new URL("../../../../docs/macros.md", import.meta.url), "utf8");

/** The words in code style after a bold heading. */
function listed(heading: string): Set<string> {
  const paragraph = page.split(`**${heading}:**`)[1]?.split("\n\n")[0] ?? "";
  return new Set([...paragraph.matchAll(/`([^`]+)`/g)].flatMap(([, words = ""]) => words.split(/\s+/)));
}

test("the page on macros lists every filter, test and function, and no others", () => {
  expect([...listed("Filters")].sort()).toEqual([...REGISTRY.filters.keys()].sort());
  expect([...listed("Functions")].sort()).toEqual([...GLOBALS.keys()].sort());
  const tests = listed("Tests");
  const undocumented = [...REGISTRY.tests.keys()].filter((name) => /^\w+$/.test(name) && !tests.has(name));
  expect(undocumented).toEqual(["escaped"]); // asks for a kind of text that does not exist here
});

test("the page on macros names the limits that are in force", () => {
  for (const limit of [DEFAULT_MAX_STEPS, DEFAULT_MAX_OUTPUT, DEFAULT_MAX_SIZE, DEFAULT_MAX_DEPTH]) {
    expect(page).toContain(`| ${limit.toLocaleString("en")} |`);
  }
});

test("the first example of the page on macros does what it shows", () => {
  const example = /```\n\[gcode_macro PURGE_LINE\][^`]*?gcode:\n([^`]*)```/.exec(page)?.[1] ?? "";
  const template = compileTemplate(example, { name: "macro PURGE_LINE", file: "printer.cfg", line: 3 });
  const names = new Map<string, Value>([
    ["params", fromStatus({})],
    ["printer", fromStatus({ toolhead: { homed_axes: "xyz" } })],
    ["length", pyFloat(60)],
    ["action_raise_error", hostFunction("action_raise_error", () => "")],
  ]);
  const lines = template
    .render(names)
    .split("\n")
    .map((line) => line.trim());
  expect(lines.filter((line) => line !== "")).toEqual([
    "M109 S210.0",
    "G1 X5.0 Y60.0 E3.000 F1500",
    "G1 X5.4 Y0 E3.000 F1500",
    "G1 X5.8 Y60.0 E3.000 F1500",
  ]);
  expect(template.notices).toEqual([]);
});
