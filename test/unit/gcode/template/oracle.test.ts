import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { PyDict } from "../../../../host/gcode/template/dict.js";
import { parsePythonLiteral } from "../../../../host/gcode/template/literal.js";
import { fromStatus, HostMapping, statusForm } from "../../../../host/gcode/template/status.js";
import { compileTemplate } from "../../../../host/gcode/template/template.js";
import { PyTuple, pyFloat, type Value } from "../../../../host/gcode/template/values.js";
import { isHostError } from "../../../../host/shared/errors.js";

/** Recorded by templates.py: a template with its text, or with the exception that Python's jinja2 raised. */
type Case = readonly [template: string, text: string | null, exception?: string];

interface Recording {
  readonly context: string;
  readonly coordinate: readonly number[];
  readonly printer: string;
  readonly cases: readonly Case[];
}

const recording: Recording = JSON.parse(
  readFileSync(new URL("../../../golden/templates.json", import.meta.url), "utf8"),
);

const POSITIONS = statusForm({ floats: ["*"], coordinates: ["position", "axis_maximum"] });

/** Objects of the recording, with positions that have axes. */
function printer(): HostMapping {
  const objects = parsePythonLiteral(recording.printer);
  if (!(objects instanceof PyDict)) throw new Error("the recording has no printer");
  const status = (name: string): Value | undefined => {
    if (name !== "toolhead") return objects.get(name);
    const [x = 0, y = 0, z = 0, e = 0] = recording.coordinate;
    return fromStatus({ homed_axes: "xyz", position: [x, y, z, e], axis_maximum: [250, 210, 240.5, 0] }, POSITIONS);
  };
  return new HostMapping("printer", {
    get: status,
    has: (name) => objects.has(name),
    keys: () => objects.entries().map(({ key }) => String(key)),
  });
}

function names(): Map<string, Value> {
  const context = parsePythonLiteral(recording.context);
  if (!(context instanceof PyDict)) throw new Error("the recording has no context");
  const made = new Map(context.entries().map(({ key, value }) => [String(key), value]));
  made.set("pos", new PyTuple(recording.coordinate.map(pyFloat), ["x", "y", "z", "e"]));
  made.set("printer", printer());
  return made;
}

type Outcome = { readonly text: string } | { readonly exception: string };

function render(template: string): Outcome {
  try {
    return { text: compileTemplate(template, { name: "macro T", file: "printer.cfg", line: 1 }).render(names()) };
  } catch (error) {
    if (isHostError(error, "MACRO_SYNTAX")) return { exception: "TemplateSyntaxError" };
    if (isHostError(error, "MACRO_ERROR")) return { exception: error.details.kind };
    if (isHostError(error, "MACRO_LIMIT") && error.details.limit === "depth") return { exception: "RecursionError" };
    throw error;
  }
}

/** Exceptions that mean the same to the owner of a printer, and which of them we raise. */
const SAME: ReadonlyMap<string, readonly string[]> = new Map([
  ["TemplateAssertionError", ["TemplateSyntaxError"]],
  ["SyntaxError", ["TemplateSyntaxError"]],
  ["AssertionError", ["ValueError"]],
  ["AttributeError", ["TypeError", "UndefinedError"]],
  ["FilterArgumentError", ["TypeError"]],
  ["TypeError", ["UndefinedError", "TemplateRuntimeError"]],
  ["ValueError", ["TypeError"]],
]);

function agrees([, text, exception = ""]: Case, outcome: Outcome): boolean {
  if ("text" in outcome) return outcome.text === text;
  return (
    text === null && (outcome.exception === exception || (SAME.get(exception)?.includes(outcome.exception) ?? false))
  );
}

test("renders every recorded template as Python's jinja2 does", () => {
  const different = recording.cases.flatMap((recorded) => {
    const outcome = render(recorded[0]);
    return agrees(recorded, outcome) ? [] : [{ recorded, outcome }];
  });
  expect(different).toEqual([]);
  expect(recording.cases.length).toBeGreaterThan(4000);
});
