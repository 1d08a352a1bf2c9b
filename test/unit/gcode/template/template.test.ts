import { expect, test } from "vitest";
import { PyDict } from "../../../../host/gcode/template/dict.js";
import { hostFunction } from "../../../../host/gcode/template/host-function.js";
import { parsePythonLiteral } from "../../../../host/gcode/template/literal.js";
import { pythonStr } from "../../../../host/gcode/template/repr.js";
import { fromStatus, HostMapping } from "../../../../host/gcode/template/status.js";
import { compileTemplate, type RenderOptions, type Template } from "../../../../host/gcode/template/template.js";
import type { Value } from "../../../../host/gcode/template/values.js";
import { errorText, HostError, isHostError } from "../../../../host/shared/errors.js";

const SOURCE = { name: "macro START_PRINT", file: "printer.cfg", line: 56 };

function compile(text: string): Template {
  return compileTemplate(text, SOURCE);
}

function printer(objects: Record<string, unknown>): HostMapping {
  return new HostMapping("printer", {
    get: (key) => (Object.hasOwn(objects, key) ? fromStatus(objects[key]) : undefined),
    has: (key) => Object.hasOwn(objects, key),
    keys: () => Object.keys(objects),
  });
}

const OBJECTS = { toolhead: { homed_axes: "xy", position: [1, 2] }, "output_pin light": { value: 1 }, heater_bed: {} };

function names(more: readonly (readonly [string, Value])[] = []): Map<string, Value> {
  return new Map<string, Value>([
    ["printer", printer(OBJECTS)],
    ["params", PyDict.of([["TEMP", "210"]])],
    ["speed", 100],
    ...more,
  ]);
}

function render(text: string, more: readonly (readonly [string, Value])[] = [], options: RenderOptions = {}): string {
  return compile(text).render(names(more), options);
}

/** What the owner of the printer reads. */
function complaint(text: string, more: readonly (readonly [string, Value])[] = [], options?: RenderOptions): string {
  try {
    return `rendered: ${render(text, more, options)}`;
  } catch (error) {
    return errorText(error);
  }
}

test("renders a macro as the config holds it", () => {
  const text = "\n{% set t = params.TEMP|float %}\nM104 S{t}\n{% for i in range(2) %}\nG1 X{i * 10.5}\n{% endfor %}\n";
  expect(render(text)).toBe("\n\nM104 S210.0\n\nG1 X0.0\n\nG1 X10.5\n");
});

test("renders one template again and again with different names", () => {
  const template = compile("{ x }{% set x = 5 %}{ x }");
  expect(template.render(new Map<string, Value>([["x", 1]]))).toBe("15");
  expect(template.render(new Map<string, Value>([["x", 2]]))).toBe("25");
});

test("reads no property of JavaScript objects", () => {
  expect(render("{ printer.constructor is defined }{ params.__proto__ is defined }{ ''.length is defined }")).toBe(
    "FalseFalseFalse",
  );
  expect(render("{ constructor is defined }{ toString is defined }{ params.hasOwnProperty is defined }")).toBe(
    "FalseFalseFalse",
  );
});

test("keeps what a macro does to its own variables between renders", () => {
  const list = parsePythonLiteral("[1, 2]");
  const template = compile("{% set _ = list.append(3) %}{ list }");
  expect(template.render(new Map([["list", list]]))).toBe("[1, 2, 3]");
  expect(template.render(new Map([["list", list]]))).toBe("[1, 2, 3, 3]");
});

test("gives functions of the host their arguments and prints what they return", () => {
  const seen: string[] = [];
  const call = hostFunction("action_call_remote_method", (args, named) => {
    seen.push(...args.map(pythonStr), ...[...named].map(([name, value]) => `${name}=${pythonStr(value)}`));
    return "";
  });
  expect(render("a{ call('paint', speed=1.0, on=true) }b", [["call", call]])).toBe("ab");
  expect(seen).toEqual(["paint", "speed=1.0", "on=True"]);
});

test("passes an error of a host function on with the place of the template", () => {
  const raise = hostFunction("action_raise_error", ([text]) => {
    throw new HostError("GCODE_FAILED", pythonStr(text ?? ""), { details: { command: "START_PRINT" }, fix: "heat up" });
  });
  expect(complaint("\n\n{ raise('too cold') }", [["raise", raise]])).toMatchInlineSnapshot(`
    "printer.cfg:58: too cold (GCODE_FAILED)
      To fix: heat up"
  `);
});

test("turns a fault of a host function into an error that names it", () => {
  const broken = hostFunction("action_broken", () => {
    throw new TypeError("x is not a function");
  });
  expect(complaint("{ f() }", [["f", broken]])).toMatchInlineSnapshot(`
    "printer.cfg:56: action_broken() failed: x is not a function (MACRO_FUNCTION)
      To fix: this is a fault of the host, not of the macro: report it with the log"
  `);
});

test("names file, line and macro of an error, and what to do", () => {
  expect(complaint("\n\n{ printer.toolhead.possition.x }")).toMatchInlineSnapshot(`
    "printer.cfg:58: macro START_PRINT: 'dict object' has no attribute 'possition' (MACRO_ERROR)
      To fix: did you mean 'position'? Otherwise give a default: value|default(0)"
  `);
  expect(complaint("{ printer['output_pin lihgt'].value }")).toMatchInlineSnapshot(`
    "printer.cfg:56: macro START_PRINT: 'printer object' has no attribute 'output_pin lihgt' (MACRO_ERROR)
      To fix: did you mean 'output_pin light'? Otherwise add [output_pin lihgt] to the config, or ask first: {% if 'output_pin lihgt' in printer %}"
  `);
  expect(complaint("{ printer.fan.speed }")).toMatchInlineSnapshot(`
    "printer.cfg:56: macro START_PRINT: 'printer object' has no attribute 'fan' (MACRO_ERROR)
      To fix: add [fan] to the config, or ask first: {% if 'fan' in printer %}"
  `);
  expect(complaint("{ params.BED + 5 }")).toMatchInlineSnapshot(`
    "printer.cfg:56: macro START_PRINT: 'dict object' has no attribute 'BED' (MACRO_ERROR)
      To fix: call the macro with BED=..., or give a default: params.BED|default(0)"
  `);
  expect(complaint("{ params.TEM|float }")).toMatchInlineSnapshot(`
    "printer.cfg:56: macro START_PRINT: 'dict object' has no attribute 'TEM' (MACRO_ERROR)
      To fix: did you mean 'TEMP'? Otherwise call the macro with TEM=..., or give a default: params.TEM|default(0)"
  `);
  expect(complaint("{ params.TEMP + 5 }")).toMatchInlineSnapshot(`
    "printer.cfg:56: macro START_PRINT: can only concatenate str (not "int") to str (MACRO_ERROR)
      To fix: put texts and numbers together with ~ instead of +, or convert with |int or |float"
  `);
  expect(complaint("{ 5 + params.TEMP }")).toMatchInlineSnapshot(`
    "printer.cfg:56: macro START_PRINT: unsupported operand type(s) for +: 'int' and 'str' (MACRO_ERROR)
      To fix: a parameter is a text: convert it first, as in params.S|float; to put texts together use ~"
  `);
  expect(complaint("{ params.TEMP > 200 }")).toMatchInlineSnapshot(`
    "printer.cfg:56: macro START_PRINT: '>' not supported between instances of 'str' and 'int' (MACRO_ERROR)
      To fix: a parameter is a text: convert it first, as in params.S|float"
  `);
  expect(complaint("{ sped * 60 }")).toMatchInlineSnapshot(`
    "printer.cfg:56: macro START_PRINT: 'sped' is undefined (MACRO_ERROR)
      To fix: did you mean 'speed'? Otherwise set it first: {% set sped = 0 %}, or give a default: sped|default(0)"
  `);
  expect(complaint("{% for i in [1] %}{% set z = i %}{% endfor %}{ z + 1 }")).toMatchInlineSnapshot(`
    "printer.cfg:56: macro START_PRINT: 'z' is undefined (MACRO_ERROR)
      To fix: 'z' is set in a loop, in a macro, or after this line: set it before, and inside loops use namespace()"
  `);
  expect(complaint("{ 1 / 0 }")).toMatchInlineSnapshot(`
    "printer.cfg:56: macro START_PRINT: division by zero (MACRO_ERROR)
      To fix: check that the divisor is not 0 before dividing: {% if n != 0 %}"
  `);
  expect(complaint("{ [1, 2][5] + 1 }")).toMatchInlineSnapshot(`
    "printer.cfg:56: macro START_PRINT: list object has no element 5 (MACRO_ERROR)
      To fix: check the number of elements first, with |length"
  `);
  expect(complaint("{ {'a': 1}.pop('b') }")).toMatchInlineSnapshot(`
    "printer.cfg:56: macro START_PRINT: there is no key 'b' (MACRO_ERROR)
      To fix: it has a; give a value for the case that the key is missing, or ask first: {% if key in dict %}"
  `);
  expect(complaint("{ {'left': 1, 'right': 2}.middle.x }")).toMatchInlineSnapshot(`
    "printer.cfg:56: macro START_PRINT: 'dict object' has no attribute 'middle' (MACRO_ERROR)
      To fix: it has left, right; give a default: value|default(0)"
  `);
  expect(complaint("{% set d = {} %}{% set d.x = 1 %}")).toMatchInlineSnapshot(`
    "printer.cfg:56: macro START_PRINT: cannot assign attribute on non-namespace object (MACRO_ERROR)
      To fix: make it one with {% set d = namespace() %}; for a dict write {% set _ = d.update({'x': value}) %}"
  `);
});

test("explains what is wrong with the syntax", () => {
  expect(complaint("a\nb { 1|flot }")).toMatchInlineSnapshot(`
    "printer.cfg:57: macro START_PRINT: there is no filter 'flot' (MACRO_SYNTAX)
      To fix: did you mean 'float'?"
  `);
  expect(complaint("{ 1 is difined }")).toMatchInlineSnapshot(`
    "printer.cfg:56: macro START_PRINT: there is no test 'difined' (MACRO_SYNTAX)
      To fix: did you mean 'defined'?"
  `);
  expect(complaint("\n{% if speed %}\nG28\n")).toMatchInlineSnapshot(`
    "printer.cfg:57: macro START_PRINT: the template ends inside {% if %}, which is not closed (MACRO_SYNTAX)
      To fix: add {% endif %} where it should end"
  `);
  expect(complaint("{% if speed %}{% for i in [1] %}{% endif %}")).toMatchInlineSnapshot(`
    "printer.cfg:56: macro START_PRINT: {% endif %} stands inside {% for %}, which is open since line 56 (MACRO_SYNTAX)
      To fix: close {% for %} with {% endfor %} first"
  `);
  expect(complaint("{% endif %}")).toMatchInlineSnapshot(`
    "printer.cfg:56: macro START_PRINT: {% endif %} without its beginning (MACRO_SYNTAX)
      To fix: remove it, or add the statement that it closes"
  `);
  expect(complaint("{% esle %}")).toMatchInlineSnapshot(`
    "printer.cfg:56: macro START_PRINT: unknown statement 'esle' (MACRO_SYNTAX)
      To fix: did you mean 'else'?"
  `);
  expect(complaint("{% if speed = 5 %}{% endif %}")).toMatchInlineSnapshot(`
    "printer.cfg:56: macro START_PRINT: expected '%}', found '=' (MACRO_SYNTAX)
      To fix: compare with ==; a single = is for {% set name = value %}"
  `);
  expect(complaint("{% if speed && 1 %}{% endif %}")).toMatchInlineSnapshot(`
    "printer.cfg:56: macro START_PRINT: unexpected character '&' (MACRO_SYNTAX)
      To fix: write 'and' between conditions"
  `);
  expect(complaint("{ speed }\n{ (1, 2 }")).toMatchInlineSnapshot(`
    "printer.cfg:57: macro START_PRINT: unexpected '}', expected ')' (MACRO_SYNTAX)
      To fix: close the bracket with ')' before this '}'"
  `);
  expect(complaint("{ 'abc }")).toMatchInlineSnapshot(`
    "printer.cfg:56: macro START_PRINT: a text is not closed (MACRO_SYNTAX)
      To fix: end the text with '"
  `);
  expect(complaint("{ speed")).toMatchInlineSnapshot(`
    "printer.cfg:56: macro START_PRINT: the template ends before '}' (MACRO_SYNTAX)
      To fix: close what begins with '{' on this line with '}'"
  `);
  expect(complaint("{# comment")).toMatchInlineSnapshot(`
    "printer.cfg:56: macro START_PRINT: the comment is not closed (MACRO_SYNTAX)
      To fix: end it with #}"
  `);
  expect(complaint("{% set l[0] = 1 %}")).toMatchInlineSnapshot(`
    "printer.cfg:56: macro START_PRINT: cannot assign to an element of 'l' (MACRO_SYNTAX)
      To fix: for a dict write {% set _ = l.update({key: value}) %}"
  `);
  expect(complaint("{% include 'x' %}")).toMatchInlineSnapshot(`
    "printer.cfg:56: macro START_PRINT: {% include %} is not available in macros (MACRO_SYNTAX)
      To fix: call another macro by its name"
  `);
  expect(complaint("{% break %}")).toMatchInlineSnapshot(`
    "printer.cfg:56: macro START_PRINT: {% break %} stands outside a loop (MACRO_SYNTAX)
      To fix: use it between {% for %} and {% endfor %}"
  `);
  expect(complaint("{ speed speed }")).toMatchInlineSnapshot(`
    "printer.cfg:56: macro START_PRINT: expected '}', found 'speed' (MACRO_SYNTAX)
      To fix: check what stands before 'speed': an operator, a filter sign | or a comma may be missing"
  `);
  expect(complaint("{ }")).toMatchInlineSnapshot(`
    "printer.cfg:56: macro START_PRINT: expected a value, found '}' (MACRO_SYNTAX)
      To fix: complete the expression before it"
  `);
});

test("counts lines inside statements that go over several lines", () => {
  expect(complaint("{% set d = {\n  'a': 1,\n  'b': 1 / 0\n} %}")).toContain("printer.cfg:58:");
  expect(complaint("{% set a = [\n1\n] %}\n{ 1 / 0 }")).toContain("printer.cfg:59:");
});

test("names the line inside a macro of the template, not the line that calls it", () => {
  expect(complaint("{% macro m(x) %}\n{ 1 / x }\n{% endmacro %}\n\n{ m(0) }")).toContain("printer.cfg:57:");
  expect(complaint("{% macro m(x) %}\n{ x }\n{% endmacro %}\n\n{ m(0) }{ 1 / 0 }")).toContain("printer.cfg:60:");
});

test("takes the file's line of each template line when they are given", () => {
  const template = compileTemplate("a\n{ 1 / 0 }", { ...SOURCE, lines: [56, 90] });
  expect(() => template.render(new Map())).toThrowError(
    expect.objectContaining({ place: { file: "printer.cfg", line: 90 } }),
  );
});

test("loads a template with an unknown filter inside a condition, and tells", () => {
  const template = compile("{% if false %}\n{ 1|nofilter }{% endif %}{ 1 is nontest if 0 }");
  expect(template.render(new Map())).toBe("");
  expect(template.notices.map(({ place, message }) => `${place.line}: ${message}`)).toEqual([
    "57: there is no filter 'nofilter'",
    "57: there is no test 'nontest'",
  ]);
  expect(complaint("{% if 1 %}{ 1|nofilter }{% endif %}")).toContain("there is no filter 'nofilter'");
});

test("tells that a minus right after a brace is no sign", () => {
  expect(compile("G1 X{-offset}").notices).toMatchInlineSnapshot(`
    [
      {
        "fix": "for a sign write { -value } with a blank before it",
        "message": "the '-' right after '{' controls white space, it is no sign",
        "place": {
          "file": "printer.cfg",
          "line": 56,
        },
      },
    ]
  `);
  expect(compile("G1 X{ -offset} {- offset }\n{-offset}").notices).toEqual([]);
});

test("computes a negative constant to a variable power as Jinja does, and tells", () => {
  const template = compile("{ (-1) ** n }");
  expect(template.render(new Map<string, Value>([["n", 2]]))).toBe("-1");
  expect(template.notices.map(({ message }) => message)).toEqual([
    "a negative constant to a power that is not constant is always negative in Jinja",
  ]);
});

test("runs do, break and continue, which Klipper does not have", () => {
  expect(render("{% set l = [] %}{% do l.append(1) %}{ l }")).toBe("[1]");
  expect(
    render(
      "{% for i in range(9) %}{% if i == 1 %}{% continue %}{% elif i == 3 %}{% break %}{% endif %}{ i }{% endfor %}",
    ),
  ).toBe("02");
});

test("draws random elements from the numbers it is given", () => {
  const random = () => 0.5;
  expect(render("{ [1, 2, 3]|random }{ 'abcd'|random }", [], { random })).toBe("2c");
});

test("stops an endless loop and says where", () => {
  expect(complaint("\n{% for i in range(10**12) %}\n{% endfor %}")).toMatchInlineSnapshot(`
    "printer.cfg:57: macro START_PRINT: stopped after 1000000 steps (MACRO_LIMIT)
      To fix: check the loop on this line: its list may grow while it runs, or its range may be too large"
  `);
  expect(complaint("{% set l = [1] %}\n{% for x in l %}{% set _ = l.append(x) %}{% endfor %}")).toContain(
    "printer.cfg:57:",
  );
});

test("stops a render that passes its deadline", () => {
  let asked = 0;
  const limits = { deadline: () => ++asked > 3 };
  expect(complaint("{% for i in range(10**6) %}{ i }{% endfor %}", [], { limits })).toMatchInlineSnapshot(`
    "printer.cfg:56: macro START_PRINT: stopped after 1024 steps, because it took too long (MACRO_LIMIT)
      To fix: check the loop on this line: do less in one macro, or split it into several"
  `);
  expect(asked).toBe(4);
});

test("stops a render that takes more steps than allowed", () => {
  const limits = { maxSteps: 100 };
  expect(render("{% for i in range(20) %}x{% endfor %}", [], { limits })).toBe("x".repeat(20));
  expect(complaint("{% for i in range(200) %}x{% endfor %}", [], { limits })).toContain("stopped after 100 steps");
});

test("stops texts, lists and results that get too large", () => {
  expect(complaint("{ 'ab' * 10**9 }")).toMatchInlineSnapshot(`
    "printer.cfg:56: macro START_PRINT: stopped because a text or list got larger than 1000000 (MACRO_LIMIT)
      To fix: check what is added or repeated on this line"
  `);
  expect(complaint("{ [0] * 10**9 }")).toContain("MACRO_LIMIT");
  expect(complaint("{ '%999999999d' % 1 }")).toContain("MACRO_LIMIT");
  expect(complaint("{ '{:>999999999}'.format(1) }")).toContain("MACRO_LIMIT");
  expect(complaint("{ 'x'.center(10**9) }")).toContain("MACRO_LIMIT");
  expect(complaint("{ 'aaaa'|replace('a', 'a' * 900000) }")).toContain("MACRO_LIMIT");
  expect(complaint("{ 10 ** 100000 }")).toContain("MACRO_ERROR");
  expect(complaint("{ 'abc' * 100 }", [], { limits: { maxOutput: 200 } })).toMatchInlineSnapshot(`
    "printer.cfg:56: macro START_PRINT: stopped because its text got longer than 200 characters (MACRO_LIMIT)
      To fix: check the loop on this line: it makes more G-code than a macro should"
  `);
});

test("stops values that contain each other many times", () => {
  const grow = "{% set ns = namespace(x=[1]) %}{% for i in range(60) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}";
  const limits = { maxSteps: 50_000, maxSize: 50_000 };
  expect(complaint(`${grow}{ ns.x }`, [], { limits })).toContain("MACRO_LIMIT");
  expect(complaint(`${grow}{ ns.x|tojson }`, [], { limits })).toContain("MACRO_LIMIT");
  expect(complaint(`${grow}{ ns.x|pprint }`, [], { limits })).toContain("MACRO_LIMIT");
  expect(complaint(`${grow}{% set a = ns.x %}${grow}{ a == ns.x }`, [], { limits })).toContain("MACRO_LIMIT");
  expect(complaint(`${grow.replaceAll("[ns.x, ns.x]", "(ns.x, ns.x)").replace("[1]", "1")}{ {ns.x: 1} }`)).toContain(
    "a tuple is too large to be a key",
  );
});

test("stops macros and expressions that go too deep", () => {
  expect(complaint("{% macro m() %}\n{ m() }{% endmacro %}{ m() }")).toMatchInlineSnapshot(`
    "printer.cfg:57: macro START_PRINT: stopped because macros, loops or values are nested too deeply (MACRO_LIMIT)
      To fix: check what is called on this line: a macro may call itself without end"
  `);
  expect(complaint("{% for i in [1] recursive %}{ loop([i]) }{% endfor %}")).toContain("nested too deeply");
  expect(complaint(`{ ${"(".repeat(5000)}1${")".repeat(5000)} }`)).toContain("MACRO_SYNTAX");
  expect(complaint(`{ 1${"+1".repeat(50_000)} }`)).toContain("MACRO_SYNTAX");
  expect(complaint("{% if 1 %}".repeat(500))).toContain("MACRO_SYNTAX");
  expect(complaint(`{ ${"[".repeat(60)}1${"]".repeat(60)} }`)).toBe(`rendered: ${"[".repeat(60)}1${"]".repeat(60)}`);
});

test("counts work on long texts, not only operations", () => {
  const loop = "{% set s = 'abc' * 300000 %}{% for i in range(10**6) %}{% set _ = s|upper %}{% endfor %}";
  let steps = 0;
  const limits = { maxSteps: 200_000, deadline: () => ++steps > 10_000 };
  expect(complaint(loop, [], { limits })).toContain("stopped after 200000 steps");
  expect(steps).toBeLessThan(200);
});

test("errors carry what code needs to know", () => {
  try {
    render("\n{ sped }{ sped + 1 }");
    expect.unreachable();
  } catch (error) {
    expect(isHostError(error, "MACRO_ERROR") && error.details).toEqual({
      macro: "macro START_PRINT",
      kind: "UndefinedError",
      suggestion: "speed",
    });
  }
});
