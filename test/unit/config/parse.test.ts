import fc from "fast-check";
import { expect, test } from "vitest";
import { type FileSyntax, parseConfig } from "../../../host/config/parse.js";

/** Options by section; sections that occur twice are merged, later values count. */
function valuesOf(syntax: FileSyntax): Record<string, Record<string, string>> {
  const values: Record<string, Record<string, string>> = {};
  for (const statement of syntax.statements) {
    if (statement.kind === "include") continue;
    const own = values[statement.name] ?? {};
    values[statement.name] = own;
    for (const { name, value } of statement.options) own[name] = value;
  }
  return values;
}

const read = (text: string) => valuesOf(parseConfig("printer.cfg", text));
const problems = (text: string) => parseConfig("printer.cfg", text).errors.map((error) => error.format());

// The expected values of this file were checked against klippy, run as a black box.

test("a colon or an equals sign ends an option's name", () => {
  expect(read("[a]\nx:1\ny = 2\nz : a = b : c\nw:=q\n")).toEqual({ a: { x: "1", y: "2", z: "a = b : c", w: "=q" } });
});

test("option names are lower case, section names are not", () => {
  expect(read("[gcode_macro PAUSE]\nGCODE: x\n")).toEqual({ "gcode_macro PAUSE": { gcode: "x" } });
});

test("a # ends the line anywhere, a ; only at its start or after a space", () => {
  expect(read("[a]\nx: G1;c\ny: G1 # c\nz: a#b ; c\nw: a ;b\n# all\n; all\n  # all\n")).toEqual({
    a: { x: "G1;c", y: "G1", z: "a", w: "a" },
  });
});

test("indented lines go on with the value, each without its indentation", () => {
  expect(read("[a]\ngcode:\n    G1\n  G2\n      G3\n\tG4\n")).toEqual({ a: { gcode: "\nG1\nG2\nG3\nG4" } });
});

test("blank lines inside a value stay, blank lines behind it do not", () => {
  expect(read("[a]\ngcode:\n  G1\n\n      \n  G2\n\n\nx: 1\n")).toEqual({ a: { gcode: "\nG1\n\n\nG2", x: "1" } });
});

test("in a value a # comment leaves an empty line and a ; comment leaves none", () => {
  expect(read("[a]\ngcode:\n  # note\n  G1 X1 ; move\n  M117 a#b\n  ;full\n\n  G2\n\n\n  G3\n")).toEqual({
    a: { gcode: "\n\nG1 X1\nM117 a\n\nG2\n\n\nG3" },
  });
  expect(read('[a]\ngcode:\n  A ;c\n; x\n  f;g\n  "h ; i"\n# y\n  j\n')).toEqual({
    a: { gcode: '\nA\nf;g\n"h\n\nj' },
  });
});

test("templates keep their braces, and a percent sign means nothing", () => {
  expect(read("[a]\ngcode:\n  {% set x = 1 %}\n  M117 {x}%(y)s %%\n")).toEqual({
    a: { gcode: "\n{% set x = 1 %}\nM117 {x}%(y)s %%" },
  });
});

test("what counts as indented is measured against the option above", () => {
  expect(read("[a]\n  x: 1\n  y: 2\n    z: 3\n w: 4\n")).toEqual({ a: { x: "1", y: "2\nz: 3", w: "4" } });
  expect(read("[a]\nx: 1\n  [b]\n  y: 2\n")).toEqual({ a: { x: "1\n[b]\ny: 2" } });
  expect(read("[a]\n  [b]\nx: 1\n")).toEqual({ a: {}, b: { x: "1" } });
});

test("a section that occurs twice is read twice, a repeated option too", () => {
  const { statements } = parseConfig("printer.cfg", "[a]\nx: 1\nx: 2\n[b]\n[a]\nx: 3\n");
  expect(statements.map((statement) => (statement.kind === "section" ? statement.options.length : -1))).toEqual([
    2, 0, 1,
  ]);
});

test("text after the closing bracket of a section header is ignored", () => {
  expect(read("[a] # note\nx: 1\n[b]junk\ny: 2\n[c [d]]\n")).toEqual({ a: { x: "1" }, b: { y: "2" }, "c [d]": {} });
});

test("line ends may be LF, CRLF or CR", () => {
  const text = "[a]\ngcode:\n  G1\n\n  G2\nx: 1\n";
  expect(read(text.replaceAll("\n", "\r\n"))).toEqual(read(text));
  expect(read(text.replaceAll("\n", "\r"))).toEqual(read(text));
  expect(parseConfig("p", text.replaceAll("\n", "\r\n")).lineEnd).toBe("\r\n");
});

test("a byte order mark, tabs, umlauts and symbols are no problem", () => {
  expect(read("\ufeff[a]\n\tx:\tgröße 🚀\n")).toEqual({ a: { x: "größe 🚀" } });
});

test("includes are statements of their own", () => {
  const { statements } = parseConfig("printer.cfg", "[a]\n[include  macros/*.cfg ] # all\n[include_me]\n");
  expect(statements).toMatchObject([
    { kind: "section", name: "a" },
    { kind: "include", pattern: "macros/*.cfg", line: 2 },
    { kind: "section", name: "include_me" },
  ]);
});

test("each option knows its line, the line of each of its values, and its place in the text", () => {
  const text = "# top\n[a]\nx: 1\ngcode: G0\n  ; note\n  G1\n\n  G2 # two\n# end\n\n";
  const [section] = parseConfig("printer.cfg", text).statements;
  if (section?.kind !== "section") throw new Error("no section");
  const [x, gcode] = section.options;
  expect(x).toMatchObject({ line: 3, lines: [3] });
  expect(gcode).toMatchObject({ line: 4, lines: [4, 6, 7, 8], value: "G0\nG1\n\nG2" });
  expect(text.slice(gcode?.start, gcode?.end)).toBe("gcode: G0\n  ; note\n  G1\n\n  G2 # two");
});

test("the block of SAVE_CONFIG is read apart from the rest", () => {
  const text = [
    "[a]",
    "x: 1",
    "#*# <---------------------- SAVE_CONFIG ---------------------->",
    "#*# DO NOT EDIT THIS BLOCK OR BELOW. The contents are auto-generated.",
    "#*#",
    "#*# [bed_mesh default]",
    "#*# version = 1",
    "#*# points =",
    "#*# \t  0.1, 0.2",
    "#*# \t  0.3, 0.4",
    "#*#",
    "#*# [a]",
    "#*# y = 2",
    "",
  ].join("\n");
  const syntax = parseConfig("printer.cfg", text);
  expect(syntax.errors).toEqual([]);
  expect(valuesOf(syntax)).toEqual({ a: { x: "1" } });
  expect(syntax.saved?.sections.map(({ name }) => name)).toEqual(["bed_mesh default", "a"]);
  expect(syntax.saved?.sections[0]?.options[1]?.value).toBe("\n0.1, 0.2\n0.3, 0.4");
  expect(text.slice(syntax.saved?.start, syntax.saved?.end).split("\n")).toHaveLength(11);
});

test("text that an owner put below the block still counts, and the block with it", () => {
  const marker = "#*# <---------------------- SAVE_CONFIG ---------------------->";
  const syntax = parseConfig("printer.cfg", `[a]\nx: 1\n${marker}\n#*# [a]\n#*# y = 2\n\n[b]\nz: 3\n`);
  expect(valuesOf(syntax)).toEqual({ a: { x: "1" }, b: { z: "3" } });
  expect(syntax.saved?.sections[0]?.options[0]?.value).toBe("2");
});

test("in an included file the block is a comment", () => {
  const marker = "#*# <---------------------- SAVE_CONFIG ---------------------->";
  expect(parseConfig("more.cfg", `[a]\n${marker}\n#*# [b]\n`, false)).toMatchObject({ saved: undefined, errors: [] });
});

test("every line that makes no sense is reported with its number and what to do", () => {
  expect(problems("x: 1\n[a]\njunk\n: 5\n[b\n[]\ny: 2\n[include z.cfg]\nw: 1\n")).toMatchInlineSnapshot(`
    [
      "printer.cfg:1: option 'x' stands below no section (CFG_SYNTAX)
      To fix: put it below a section header such as [printer]; an include ends the section above it",
      "printer.cfg:3: 'junk' is neither a section nor an option (CFG_SYNTAX)
      To fix: start the line with spaces if it belongs to the option above, or with # if it is a note",
      "printer.cfg:4: ': 5' has no option name (CFG_SYNTAX)
      To fix: write a name before the colon",
      "printer.cfg:5: '[b' has no closing bracket (CFG_SYNTAX)
      To fix: end the section header with ]",
      "printer.cfg:6: a section header has no name (CFG_SYNTAX)
      To fix: write a name between the brackets, as in [fan]",
      "printer.cfg:7: option 'y' stands below no section (CFG_SYNTAX)
      To fix: put it below a section header such as [printer]; an include ends the section above it",
      "printer.cfg:9: option 'w' stands below no section (CFG_SYNTAX)
      To fix: put it below a section header such as [printer]; an include ends the section above it",
    ]
  `);
});

test("a macro that is not indented is one problem, not one for each line", () => {
  expect(problems("[gcode_macro A]\ngcode:\nG28\nG1 X0\nG1 X5\n[b]\nx: 1\n")).toMatchInlineSnapshot(`
    [
      "printer.cfg:3: 'G28' is neither a section nor an option, and so are the 2 lines below it (CFG_SYNTAX)
      To fix: start the line with spaces if it belongs to the option above, or with # if it is a note",
    ]
  `);
});

test("the rest of a file with errors is read all the same", () => {
  expect(read("[a]\ngcode: x\njunk\n  more\n[b]\ny: 2\n")).toEqual({ a: { gcode: "x\nmore" }, b: { y: "2" } });
});

test("problems of the saved block say that it is the block", () => {
  const marker = "#*# <---------------------- SAVE_CONFIG ---------------------->";
  expect(problems(`${marker}\n#*# [a]\n#*# junk\n#*# [include x]\n`)).toMatchInlineSnapshot(`
    [
      "printer.cfg:3: 'junk' is neither a section nor an option (CFG_SYNTAX)
      To fix: remove the line from the SAVE_CONFIG block",
      "printer.cfg:4: the SAVE_CONFIG block has an include (CFG_SYNTAX)
      To fix: move the include above the SAVE_CONFIG block",
    ]
  `);
});

const name = fc.string({ unit: fc.constantFrom("a", "b", "z", "_", "1", "ä"), minLength: 1, maxLength: 8 });
const line = fc
  .string({ unit: fc.constantFrom("a", "G", "1", " ", ":", "=", "{", "%", '"', "é", "[", "]"), maxLength: 12 })
  .map((text) => text.trim());
const value = fc.tuple(line, fc.array(line, { maxLength: 4 })).map(([first, more]) => {
  while (more.at(-1) === "") more.pop();
  return [first, ...more].join("\n");
});
const sections = fc.dictionary(name, fc.dictionary(name, value, { maxKeys: 4 }), { maxKeys: 4 });

function write(
  values: Record<string, Record<string, string>>,
  lineEnd: string,
  indent: string,
  comments: boolean,
): string {
  const lines: string[] = [];
  for (const [section, options] of Object.entries(values)) {
    if (comments) lines.push("# a note", "; another");
    lines.push(`[${section}]${comments ? " # header" : ""}`);
    for (const [option, text] of Object.entries(options)) {
      const [first = "", ...more] = text.split("\n");
      lines.push(`${option}: ${first}${comments ? " ; x" : ""}`);
      for (const next of more) lines.push(next === "" ? "" : `${indent}${next}${comments ? " # y" : ""}`);
    }
  }
  return lines.join(lineEnd) + lineEnd;
}

test("whatever is written reads back, with any line end, indentation and comments", () => {
  const lineEnd = fc.constantFrom("\n", "\r\n");
  const indent = fc.constantFrom(" ", "  ", "\t", "\u00a0");
  fc.assert(
    fc.property(sections, lineEnd, indent, fc.boolean(), (values, end, space, comments) => {
      const syntax = parseConfig("printer.cfg", write(values, end, space, comments));
      expect(syntax.errors).toEqual([]);
      expect(valuesOf(syntax)).toEqual(values);
    }),
  );
});

test("any text is parsed without throwing, and every option lies inside the text at its line", () => {
  const piece = fc.constantFrom(
    "[a]",
    "[",
    "]",
    "x",
    ":",
    "=",
    " ",
    "\t",
    "\n",
    "\r\n",
    "\r",
    "#",
    ";",
    "#*# ",
    "é",
    "\0",
  );
  const text = fc.oneof(
    fc.string(),
    fc.array(piece, { maxLength: 60 }).map((pieces) => pieces.join("")),
  );
  fc.assert(
    fc.property(text, (input) => {
      const { statements, saved } = parseConfig("printer.cfg", input);
      for (const statement of [...statements, ...(saved?.sections ?? [])]) {
        if (statement.kind === "include") continue;
        for (const option of statement.options) {
          expect(option.start).toBeLessThan(option.end);
          expect(option.end).toBeLessThanOrEqual(input.length);
          expect(input.slice(0, option.start).split(/\r\n|\n|\r/)).toHaveLength(option.line);
          expect(option.lines).toHaveLength(option.value.split("\n").length);
        }
      }
    }),
  );
});
