import fc from "fast-check";
import { expect, test } from "vitest";
import { PyDict, PySet } from "../../../../host/gcode/template/dict.js";
import { parsePythonLiteral } from "../../../../host/gcode/template/literal.js";
import { pythonRepr } from "../../../../host/gcode/template/repr.js";
import {
  copyValue,
  fromStatus,
  HostMapping,
  isJsonValue,
  type MappingSource,
  type StatusShape,
  statusForm,
  toPlain,
} from "../../../../host/gcode/template/status.js";
import { compileTemplate } from "../../../../host/gcode/template/template.js";
import { PyList, PyTuple, pyFloat, type Value } from "../../../../host/gcode/template/values.js";

function shown(value: unknown, shape: StatusShape = {}): string {
  return pythonRepr(fromStatus(value, statusForm(shape)));
}

function render(text: string, names: Record<string, Value>): string {
  return compileTemplate(text, { name: "macro T", file: "printer.cfg", line: 1 }).render(
    new Map(Object.entries(names)),
  );
}

test("takes numbers for ints when they are integral and nothing was said", () => {
  expect(shown({ a: 10, b: 2.5, c: [1, true, null, "x"] })).toBe("{'a': 10, 'b': 2.5, 'c': [1, True, None, 'x']}");
  expect(shown([2 ** 60, Number.NaN, -0])).toBe("[1.152921504606847e+18, nan, 0]");
});

test("makes floats, tuples and coordinates where the shape says so", () => {
  const shape = {
    floats: ["temperature", "position", "profiles.*.points"],
    coordinates: ["position"],
    tuples: ["mesh_min", "colors.*"],
  };
  expect(shown({ temperature: 20, count: 20 }, shape)).toBe("{'temperature': 20.0, 'count': 20}");
  expect(shown({ position: [1, 2, 3, 0] }, shape)).toBe("{'position': (1.0, 2.0, 3.0, 0.0)}");
  expect(shown({ profiles: { a: { points: [[1]], count: 3 } } }, shape)).toBe(
    "{'profiles': {'a': {'points': [[1.0]], 'count': 3}}}",
  );
  expect(shown({ mesh_min: [1, 2], colors: [[1, 2], [3]] }, shape)).toBe(
    "{'mesh_min': (1, 2), 'colors': [(1, 2), (3,)]}",
  );
});

test("lets the longer path win", () => {
  const shape = { floats: ["*"], ints: ["stalls", "info.*"] };
  expect(shown({ stalls: 3, speed: 3, info: { layer: 4 }, other: { deep: [1] } }, shape)).toBe(
    "{'stalls': 3, 'speed': 3.0, 'info': {'layer': 4}, 'other': {'deep': [1.0]}}",
  );
  expect(shown({ a: { x: 1, y: 1 } }, { floats: ["*.x"], ints: ["a"] })).toBe("{'a': {'x': 1.0, 'y': 1}}");
});

test("names the elements of a coordinate", () => {
  const position = fromStatus([1, 2, 3, 4], statusForm({ floats: ["*"] }));
  const toolhead = fromStatus({ position: [1, 2, 3, 4] }, statusForm({ coordinates: ["position"] }));
  expect(
    render("{ t.position.x }{ t.position.e }{ t.position[2] }{ p.x is defined }", { t: toolhead, p: position }),
  ).toBe("143False");
});

test("converts only what a template looks at", () => {
  const looked: string[] = [];
  const source = {
    get used() {
      looked.push("used");
      return { a: 1 };
    },
    get unused() {
      looked.push("unused");
      return { b: 1 };
    },
  };
  const status = fromStatus(source);
  expect(render("{ s.used.a }{ s.used.a }{ s.nope is defined }{ 'unused' in s }", { s: status })).toBe("11FalseTrue");
  expect(looked).toEqual(["used"]);
  expect(render("{ s|length }", { s: status })).toBe("2");
  expect(looked).toEqual(["used", "unused"]);
});

test("lets a template change its copy of a status, and nobody else's", () => {
  const source = Object.freeze({ list: Object.freeze([1, 2]), nested: Object.freeze({ a: 1 }), other: 1 });
  const status = fromStatus(source);
  const text = "{% set _ = s.list.append(3) %}{% set _ = s.nested.update(b=2) %}{% set _ = s.update(c=5) %}{ s }";
  expect(render(text, { s: status })).toBe("{'list': [1, 2, 3], 'nested': {'a': 1, 'b': 2}, 'other': 1, 'c': 5}");
  expect(pythonRepr(fromStatus(source))).toBe("{'list': [1, 2], 'nested': {'a': 1}, 'other': 1}");
});

test("copies values of templates inside a status", () => {
  const list = new PyList([1]);
  const status = fromStatus({ list, speed: pyFloat(5), big: 10n ** 20n });
  expect(render("{% set _ = s.list.append(2) %}{ s }", { s: status })).toBe(
    "{'list': [1, 2], 'speed': 5.0, 'big': 100000000000000000000}",
  );
  expect(pythonRepr(list)).toBe("[1]");
});

test("keeps keys that are no texts when a status holds a Map", () => {
  expect(
    shown(
      new Map<unknown, unknown>([
        [1, "a"],
        ["b", { c: 2 }],
      ]),
    ),
  ).toBe("{1: 'a', 'b': {'c': 2}}");
});

test("copies lists and dicts at every level, keeping what is shared", () => {
  const inner = new PyList([1]);
  const outer = new PyDict();
  outer.set("a", inner);
  outer.set("b", new PyTuple([inner]));
  outer.set("me", outer);
  const copy = copyValue(outer);
  inner.items.push(2);
  expect(pythonRepr(copy)).toBe("{'a': [1], 'b': ([1],), 'me': {...}}");
  expect(copy instanceof PyDict && copy.get("me") === copy).toBe(true);
});

test("gives plain data for JSON", () => {
  const value = parsePythonLiteral("{'a': (1, 2.5, None), 1: [True, 'x'], 2.5: {1}, None: 1e400, (1, 2): 10.0}");
  expect(JSON.stringify(toPlain(value))).toBe('{"1":[true,"x"],"a":[1,2.5,null],"2.5":[1],"null":null,"[1,2]":10}');
  expect(JSON.stringify({ temperature: pyFloat(20) })).toBe('{"temperature":20}');
});

test("knows what SET_GCODE_VARIABLE may store", () => {
  expect(isJsonValue(parsePythonLiteral("{'a': [1, (2.5, None)], 1: True}"))).toBe(true);
  expect(isJsonValue(new PyList([new PySet([1])]))).toBe(false);
  expect(isJsonValue(parsePythonLiteral("{(1, 2): 3}"))).toBe(false);
});

test("what JSON holds comes back unchanged", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(JSON.stringify(toPlain(fromStatus(value)))).toBe(JSON.stringify(value));
    }),
  );
});

function source(objects: Record<string, Value>, asked: string[] = []): MappingSource {
  return {
    get(key) {
      asked.push(key);
      return objects[key];
    },
    has: (key) => Object.hasOwn(objects, key),
    keys: () => Object.keys(objects),
  };
}

test("asks a lazy mapping once for each object, by computed keys too", () => {
  const asked: string[] = [];
  const printer = new HostMapping("printer", source({ fan: fromStatus({ speed: 1 }), "output_pin a": 5 }, asked));
  const text =
    "{ printer.fan.speed }{ printer['fan'].speed }{ printer['output' ~ '_pin a'] }{ printer[' fan '].speed }";
  expect(render(text, { printer })).toBe("1151");
  expect(asked).toEqual(["fan", "output_pin a"]);
});

test("iterates a lazy mapping and answers 'in' without asking for objects", () => {
  const asked: string[] = [];
  const printer = new HostMapping("printer", source({ fan: 1, bed: 2 }, asked));
  expect(render("{% for k in printer %}{ k },{% endfor %}{ 'fan' in printer }{ 'x' in printer }", { printer })).toBe(
    "fan,bed,TrueFalse",
  );
  expect(asked).toEqual([]);
});

test("lets nobody change a lazy mapping", () => {
  const printer = new HostMapping("printer", source({ fan: 1 }));
  for (const text of ["{ printer.update({'a': 1}) }", "{ printer.__setitem__('a', 1) }", "{ printer.pop('fan') }"]) {
    expect(() => render(text, { printer })).toThrowError(expect.objectContaining({ code: "MACRO_ERROR" }));
  }
  expect(() => render("{% set printer.fan = 2 %}", { printer })).toThrowError(/cannot assign attribute/);
});
