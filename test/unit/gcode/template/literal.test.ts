import fc from "fast-check";
import { expect, test } from "vitest";
import { parsePythonLiteral } from "../../../../host/gcode/template/literal.js";
import { pythonRepr, pythonStr } from "../../../../host/gcode/template/repr.js";
import { fromStatus } from "../../../../host/gcode/template/status.js";
import { errorText, isHostError } from "../../../../host/shared/errors.js";

function read(text: string): string {
  return pythonRepr(parsePythonLiteral(text));
}

function complaint(text: string): string {
  try {
    return `read: ${read(text)}`;
  } catch (error) {
    return errorText(error);
  }
}

test.each([
  ["1", "1"],
  ["-1", "-1"],
  ["+1", "1"],
  ["- 1", "-1"],
  ["-(1)", "-1"],
  ["1.0", "1.0"],
  [".5", "0.5"],
  ["5.", "5.0"],
  ["1e-05", "1e-05"],
  ["1e16", "1e+16"],
  ["1e400", "inf"],
  ["1_000", "1000"],
  ["0x1F", "31"],
  ["0b11", "3"],
  ["0o17", "15"],
  ["00", "0"],
  ["-0.0", "-0.0"],
  ["123456789012345678901234567890", "123456789012345678901234567890"],
  ["True", "True"],
  ["None", "None"],
  ["'a'", "'a'"],
  ['"it\'s"', '"it\'s"'],
  ["'a' 'b'", "'ab'"],
  ["('a'\n'b')", "'ab'"],
  ["'\\x41\\u00e9\\U0001F389\\101\\q\\n'", "'Aé🎉A\\\\q\\n'"],
  ["r'\\n'", "'\\\\n'"],
  ["'''a\nb'''", "'a\\nb'"],
  ["()", "()"],
  ["(1)", "1"],
  ["(1,)", "(1,)"],
  ["1, 2", "(1, 2)"],
  ["1,", "(1,)"],
  ["[1, [2.0, 'x'],]", "[1, [2.0, 'x']]"],
  ["{'a': 1, 2: (3,), None: {}}", "{'a': 1, 2: (3,), None: {}}"],
  ["{1: 'a', 1.0: 'b', True: 'c'}", "{1: 'c'}"],
  ["{1, 2, 1}", "{1, 2}"],
  ["set()", "set()"],
  ["  [1]  # comment", "[1]"],
  ["\n[1,\n 2]\n", "[1, 2]"],
])("reads %j", (text, expected) => {
  expect(read(text)).toBe(expected);
});

test.each([
  "",
  "1 2",
  "1+1",
  "--1",
  "017",
  "1j",
  "1__0",
  "'abc",
  "'a\nb'",
  "b'x'",
  "f'x'",
  "[1 2]",
  "[,]",
  "(,)",
  "{1: 2, 3}",
  "{1, 2: 3}",
  "{[1]: 2}",
  "[1",
  "-[1]",
  "-True",
  "not True",
  "nan",
  "__import__('os')",
  "[x]",
  "'\\x4'",
  "'\\N{DEGREE SIGN}'",
  "1 if True else 2",
])("refuses %j", (text) => {
  expect(() => parsePythonLiteral(text)).toThrowError(expect.objectContaining({ code: "MACRO_LITERAL" }));
});

test("explains what is wrong with a value", () => {
  expect(complaint("PLA")).toMatchInlineSnapshot(`
    "cannot read 'PLA' as a value: 'PLA' is not a value (MACRO_LITERAL)
      To fix: put a text into quotes of its own inside the others, as in VALUE="'PLA'""
  `);
  expect(complaint("hello world")).toMatchInlineSnapshot(`
    "cannot read 'hello world' as a value: 'hello' is not a value (MACRO_LITERAL)
      To fix: put a text into quotes of its own inside the others, as in VALUE="'hello world'""
  `);
  expect(complaint("true")).toMatchInlineSnapshot(`
    "cannot read 'true' as a value: 'true' is not a value (MACRO_LITERAL)
      To fix: write True"
  `);
  expect(complaint("")).toMatchInlineSnapshot(`
    "cannot read '' as a value: it is empty (MACRO_LITERAL)
      To fix: for an empty text write "''""
  `);
  expect(complaint("[1, 2")).toMatchInlineSnapshot(`
    "cannot read '[1, 2' as a value: it ends too early (MACRO_LITERAL)
      To fix: close every bracket and quote"
  `);
  expect(complaint("5 + 5")).toMatchInlineSnapshot(`
    "cannot read '5 + 5' as a value: unexpected '+' at character 3 (MACRO_LITERAL)
      To fix: write one number, text, list, tuple or dict; nothing is calculated here"
  `);
  expect(complaint("{[1]: 2}")).toMatchInlineSnapshot(`
    "cannot read '{[1]: 2}' as a value: unhashable type: 'list' (MACRO_LITERAL)
      To fix: use a text, a number or a tuple as the key"
  `);
  expect(complaint(`[${"1, ".repeat(100)}`)).toMatchInlineSnapshot(`
    "cannot read '[1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,...' as a value: it ends too early (MACRO_LITERAL)
      To fix: close every bracket and quote"
  `);
});

test("refuses brackets inside brackets without end", () => {
  expect(complaint("[".repeat(100_000))).toContain("more than 100 levels of brackets");
  expect(complaint(`${"(".repeat(90)}1${")".repeat(90)}`)).toBe("read: 1");
});

test("reads back everything that it prints", () => {
  const anything = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom(null, true, false),
      fc.maxSafeInteger(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.string({ unit: "grapheme" }),
      fc.string({ unit: "binary" }),
      fc.array(tie("value"), { maxLength: 4 }),
      fc.dictionary(fc.string(), tie("value"), { maxKeys: 4 }),
    ),
  })).value;
  fc.assert(
    fc.property(anything, (value) => {
      const text = pythonRepr(fromStatus(value));
      expect(read(text)).toBe(text);
    }),
    { numRuns: 500 },
  );
});

test("either reads a text or explains why not", () => {
  const piece = fc.constantFrom(
    ..."0 1 . e - + ' \" \\ ( ) [ ] { } , : # a True None set r u 'x' 1.5 \n x".split(" "),
    " ",
    "\n",
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      try {
        pythonStr(parsePythonLiteral(pieces.join("")));
      } catch (error) {
        expect(isHostError(error, "MACRO_LITERAL")).toBe(true);
      }
    }),
    { numRuns: 2000 },
  );
});
